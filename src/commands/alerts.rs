//! `registre alerts`: what somebody should act on.

use super::Outcome;
use crate::remote::{Basis, Output, Printable, Server, Times, answer, count, table};
use clap::ValueEnum;
use proto::v1;
use serde::Serialize;

/// The most alerts that one call gives.
const PAGE: i32 = 1_000;

/// List what somebody should act on
///
/// Open alerts, most urgent first: what, since when, who should act.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  registre alerts --summary
  registre alerts --kind rupture-90-days --cfa 0759930L
  registre alerts --kind contract-late
  registre alerts --as-of 2026-02-01 --known-at 2026-02-01 --format json")]
pub(crate) struct Args {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    times: Times,
    /// Only this kind
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// Only this CFA
    #[arg(long, value_name = "UAI")]
    cfa: Option<String>,
    /// Only this département
    ///
    /// What is due of a contract (contract-due, contract-late) is of that of the place of work, or of the CFA's while
    /// the form names no place; all other alerts, ruptures too, are of the CFA's.
    #[arg(long, value_name = "CODE")]
    departement: Option<String>,
    /// Print at most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
    /// Only count them, by kind
    #[arg(long)]
    summary: bool,
    #[command(flatten)]
    output: Output,
}

/// Kinds of alerts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A rupture without a new contract, under 45 days: the CFA acts
    RuptureRecent,
    /// 45 days or more: the mission locale takes over, or France Travail from 26 on
    #[value(name = "rupture-45-days")]
    Rupture45Days,
    /// 90 days or more
    #[value(name = "rupture-90-days")]
    Rupture90Days,
    /// 180 days or more: the right to stay in the CFA is over
    #[value(name = "rupture-180-days")]
    Rupture180Days,
    /// Enrolled without contract for 60 days or more
    NoContract,
    /// A CFA that has not transmitted for a month
    CfaSilent,
    /// A learner who is no longer transmitted
    NotTransmitted,
    /// Dates or values that cannot be, or hardly
    DoubtfulData,
    /// A full run that waits for the CFA's word
    RunHeld,
    /// What somebody must do for a contract within 7 days, or at once
    ContractDue,
    /// A contract that was not signed or not sent in time, or of which the deposit body was silent
    ContractLate,
}

impl Kind {
    fn code(self) -> v1::AlertKind {
        match self {
            Self::RuptureRecent => v1::AlertKind::RuptureRecent,
            Self::Rupture45Days => v1::AlertKind::Rupture45Days,
            Self::Rupture90Days => v1::AlertKind::Rupture90Days,
            Self::Rupture180Days => v1::AlertKind::Rupture180Days,
            Self::NoContract => v1::AlertKind::NoContract,
            Self::CfaSilent => v1::AlertKind::CfaSilent,
            Self::NotTransmitted => v1::AlertKind::NotTransmitted,
            Self::DoubtfulData => v1::AlertKind::DoubtfulData,
            Self::RunHeld => v1::AlertKind::RunHeld,
            Self::ContractDue => v1::AlertKind::ContractDue,
            Self::ContractLate => v1::AlertKind::ContractLate,
        }
    }
}

/// The option's name of a kind.
fn kind_name(kind: v1::AlertKind) -> String {
    Kind::value_variants()
        .iter()
        .find(|known| known.code() == kind)
        .and_then(ValueEnum::to_possible_value)
        .map_or_else(|| "unknown".to_owned(), |value| value.get_name().to_owned())
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut alerts = args.server.connect().await?.alerts();
    let cfa = args.cfa.clone().unwrap_or_default();
    let departement = args.departement.clone().unwrap_or_default();
    if args.summary {
        let time = Some(args.times.query());
        let request = v1::SummarizeAlertsRequest { time, trainer_uai: cfa, departement };
        let response = answer(alerts.summarize_alerts(request).await)?;
        args.output.print(&Summary::of(response))?;
        return Ok(Outcome::Done);
    }
    let mut list = List { alerts: Vec::new(), more: false, basis: Basis::of(None) };
    let mut page_token = String::new();
    loop {
        let left = args.limit.saturating_sub(list.alerts.len());
        let request = v1::ListAlertsRequest {
            time: Some(args.times.query()),
            kind: args.kind.map_or(v1::AlertKind::Unspecified, Kind::code).into(),
            trainer_uai: cfa.clone(),
            departement: departement.clone(),
            page_size: i32::try_from(left).unwrap_or(PAGE).clamp(1, PAGE),
            page_token,
        };
        let response = answer(alerts.list_alerts(request).await)?;
        list.alerts.extend(response.alerts.into_iter().take(left).map(Into::into));
        list.basis = Basis::of(response.basis);
        page_token = response.next_page_token;
        list.more = !page_token.is_empty();
        if !list.more || list.alerts.len() >= args.limit {
            break;
        }
    }
    args.output.print(&list)?;
    Ok(Outcome::Done)
}

/// An alert.
#[derive(Debug, Serialize)]
struct Alert {
    kind: String,
    subject: String,
    enrolment: String,
    trainer_uai: String,
    since: String,
    days: u32,
    acts_next: &'static str,
    text_en: String,
    text_fr: String,
    first_load: bool,
    rule: String,
}

impl From<v1::Alert> for Alert {
    fn from(alert: v1::Alert) -> Self {
        let text = alert.text.clone().unwrap_or_default();
        Self {
            kind: kind_name(alert.kind()),
            acts_next: match alert.acts_next() {
                v1::ActsNext::Unspecified => "-",
                v1::ActsNext::Cfa => "CFA",
                v1::ActsNext::MissionLocale => "mission locale",
                v1::ActsNext::FranceTravail => "France Travail",
                v1::ActsNext::Support => "support",
                v1::ActsNext::Employer => "employer",
                v1::ActsNext::DepositBody => "deposit body",
            },
            subject: alert.subject,
            enrolment: alert.enrolment,
            trainer_uai: alert.trainer_uai,
            since: alert.since,
            days: alert.days,
            text_en: text.en,
            text_fr: text.fr,
            first_load: alert.first_load,
            rule: alert.rule,
        }
    }
}

/// Open alerts.
#[derive(Debug, Serialize)]
pub(crate) struct List {
    alerts: Vec<Alert>,
    more: bool,
    basis: Basis,
}

impl List {
    pub(crate) fn of(response: v1::ListAlertsResponse) -> Self {
        Self {
            alerts: response.alerts.into_iter().map(Into::into).collect(),
            more: !response.next_page_token.is_empty(),
            basis: Basis::of(response.basis),
        }
    }
}

impl Printable for List {
    fn table(&self) -> String {
        let row = |alert: &Alert| {
            vec![
                alert.kind.clone(),
                if alert.subject.is_empty() { "-".to_owned() } else { alert.subject.clone() },
                alert.trainer_uai.clone(),
                alert.since.clone(),
                alert.days.to_string(),
                alert.acts_next.to_owned(),
                alert.text_fr.clone(),
            ]
        };
        let rows = self.alerts.iter().map(row).collect();
        let header = ["kind", "about", "CFA", "since", "days", "who acts", "what to do"];
        let more = if self.more { "\nthere are more: raise --limit, or filter" } else { "" };
        format!("{}{more}\n{}", table(&header, rows, 7), self.basis.line())
    }
}

/// Open alerts by kind.
#[derive(Debug, Serialize)]
pub(crate) struct Summary {
    counts: Vec<Count>,
    basis: Basis,
}

#[derive(Debug, Serialize)]
struct Count {
    kind: String,
    open: u64,
    first_load: u64,
}

impl Summary {
    pub(crate) fn of(response: v1::SummarizeAlertsResponse) -> Self {
        let count = |count: v1::AlertCount| Count {
            kind: kind_name(count.kind()),
            open: count.count,
            first_load: count.first_load,
        };
        Self {
            counts: response.counts.into_iter().map(count).collect(),
            basis: Basis::of(response.basis),
        }
    }
}

impl Printable for Summary {
    fn table(&self) -> String {
        let row = |c: &Count| vec![c.kind.clone(), count(c.open), count(c.first_load)];
        let rows = self.counts.iter().map(row).collect();
        let header = ["kind", "open", "of the first load"];
        format!("{}\n{}", table(&header, rows, 1), self.basis.line())
    }
}
