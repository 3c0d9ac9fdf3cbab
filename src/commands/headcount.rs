//! `registre headcount`: how many learners have which status, where.

use super::Outcome;
use crate::remote::{
    Basis, Filter, Output, Printable, Rules, Server, Split, Times, answer, count, table,
};
use proto::v1;
use serde::Serialize;

/// Count learners by status, by day or by month
///
/// "apprentis" have a contract or have finished; "rupturants" had one and have none; "apprenants"
/// are apprentis, inscrits and rupturants. A person counts once, whatever the dossiers.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  registre headcount --as-of 2026-03-01 --by region
  registre headcount --as-of 2026-03-01 --known-at 2026-03-05 --cfa 0759930L
  registre headcount --from-month 2025-09 --to-month 2026-08 --known-at each")]
pub(crate) struct Args {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    times: Times,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    filter: Filter,
    /// Split by one dimension
    #[arg(long, value_enum)]
    by: Option<Split>,
    /// Count raw dossiers rather than persons
    #[arg(long)]
    raw_dossiers: bool,
    /// First month of an evolution, YYYY-MM (--known-at each: as each month could be published)
    #[arg(long, value_name = "MONTH", requires = "to_month", conflicts_with_all = ["as_of", "by", "raw_dossiers"])]
    from_month: Option<String>,
    /// Last month of an evolution, YYYY-MM
    #[arg(long, value_name = "MONTH", requires = "from_month")]
    to_month: Option<String>,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut dashboard = args.server.connect().await?.dashboard();
    if let (Some(from), Some(to)) = (&args.from_month, &args.to_month) {
        let request = v1::ComputeEvolutionRequest {
            from_month: from.clone(),
            to_month: to.clone(),
            known_at: args.times.known_at.clone().unwrap_or_default(),
            rule_set: args.rules.code(),
            filter: Some(args.filter.message()),
            min_position: 0,
        };
        let response = answer(dashboard.compute_evolution(request).await)?;
        args.output.print(&Evolution::of(response))?;
    } else {
        let request = v1::ComputeHeadcountRequest {
            time: Some(args.times.query()),
            rule_set: args.rules.code(),
            filter: Some(args.filter.message()),
            group_by: Split::code(args.by),
            raw_dossiers: args.raw_dossiers,
        };
        let response = answer(dashboard.compute_headcount(request).await)?;
        args.output.print(&Counts::of(response))?;
    }
    Ok(Outcome::Done)
}

/// The figures of one cell.
#[derive(Debug, Serialize)]
struct Cell {
    key: String,
    apprentis: u64,
    inscrits_sans_contrat: u64,
    rupturants: u64,
    abandons: u64,
    apprenants: u64,
    fins_de_formation: u64,
    cfa_transmitting: u64,
    cfa_known: u64,
}

impl From<v1::Headcount> for Cell {
    fn from(figures: v1::Headcount) -> Self {
        Self {
            key: figures.key,
            apprentis: figures.apprentis,
            inscrits_sans_contrat: figures.inscrits_sans_contrat,
            rupturants: figures.rupturants,
            abandons: figures.abandons,
            apprenants: figures.apprenants,
            fins_de_formation: figures.fins_de_formation,
            cfa_transmitting: figures.cfa_transmitting,
            cfa_known: figures.cfa_known,
        }
    }
}

impl Cell {
    const HEADER: [&str; 7] = [
        "apprenants",
        "apprentis",
        "of which\nfinished",
        "inscrits",
        "rupturants",
        "abandons",
        "CFA\ntransmitting",
    ];

    fn row(&self, key: String) -> Vec<String> {
        vec![
            key,
            count(self.apprenants),
            count(self.apprentis),
            count(self.fins_de_formation),
            count(self.inscrits_sans_contrat),
            count(self.rupturants),
            count(self.abandons),
            format!("{} / {}", self.cfa_transmitting, self.cfa_known),
        ]
    }

    fn table(first: &str, rows: Vec<Vec<String>>) -> String {
        let mut header = vec![first];
        header.extend(Self::HEADER);
        table(&header, rows, 1)
    }
}

/// A head-count of one day.
#[derive(Debug, Serialize)]
struct Counts {
    total: Cell,
    groups: Vec<Cell>,
    basis: Basis,
}

impl Counts {
    fn of(response: v1::ComputeHeadcountResponse) -> Self {
        Self {
            total: response.total.unwrap_or_default().into(),
            groups: response.groups.into_iter().map(Into::into).collect(),
            basis: Basis::of(response.basis),
        }
    }
}

impl Printable for Counts {
    fn table(&self) -> String {
        let mut rows: Vec<Vec<String>> =
            self.groups.iter().map(|cell| cell.row(cell.key.clone())).collect();
        rows.push(self.total.row("total".to_owned()));
        format!("{}\n{}", Cell::table("", rows), self.basis.line())
    }
}

/// Head-counts of the first days of months.
#[derive(Debug, Serialize)]
pub(crate) struct Evolution {
    months: Vec<Month>,
    basis: Basis,
}

#[derive(Debug, Serialize)]
struct Month {
    day: String,
    position: u64,
    #[serde(flatten)]
    headcount: Cell,
}

impl Evolution {
    pub(crate) fn of(response: v1::ComputeEvolutionResponse) -> Self {
        let month = |month: v1::MonthHeadcount| Month {
            day: month.day,
            position: month.position,
            headcount: month.headcount.unwrap_or_default().into(),
        };
        Self {
            months: response.months.into_iter().map(month).collect(),
            basis: Basis::of(response.basis),
        }
    }
}

impl Printable for Evolution {
    fn table(&self) -> String {
        let rows = self.months.iter().map(|m| m.headcount.row(m.day.clone())).collect();
        format!("{}\n{}", Cell::table("day", rows), self.basis.line())
    }
}
