//! `registre outcomes`: what became of contracts and learners.

use super::Outcome;
use crate::remote::{
    Basis, Filter, Output, Printable, Server, Split, Times, answer, count, percent, table,
};
use chrono::NaiveDate;
use proto::v1;
use serde::Serialize;

/// Show what became of contracts and learners
///
/// First outcomes of the contracts that started in a period: share broken within 3, 6, 9 and 12
/// months, return to a contract, diploma, still in training.
///
/// Contracts that are still running, or that came to their term, leave the set at risk on that
/// day, so that a young cohort is not flattered. "Broken" contracts are not "rupturants", who also
/// count natural ends.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre outcomes --started-from 2025-09-01 --started-to 2025-12-31 --by level")]
pub(crate) struct Args {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    times: Times,
    /// First day of the starts; 1 September of the school year before --as-of when absent
    #[arg(long, value_name = "DAY", value_parser = super::day::parse)]
    started_from: Option<NaiveDate>,
    /// Last day of the starts; --as-of when absent
    #[arg(long, value_name = "DAY", value_parser = super::day::parse)]
    started_to: Option<NaiveDate>,
    #[command(flatten)]
    filter: Filter,
    /// Split by one dimension
    #[arg(long, value_enum)]
    by: Option<Split>,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let mut outcomes = args.server.connect().await?.outcomes();
    let as_of = args.times.as_of.unwrap_or_else(crate::console::today);
    let from = args.started_from.unwrap_or_else(|| last_september(as_of));
    let request = v1::ComputeOutcomesRequest {
        time: Some(args.times.query()),
        started_from: from.to_string(),
        started_to: args.started_to.unwrap_or(as_of).to_string(),
        filter: Some(args.filter.message()),
        group_by: Split::code(args.by),
    };
    let response = answer(outcomes.compute_outcomes(request).await)?;
    args.output.print(&Answer::of(response))?;
    Ok(Outcome::Done)
}

/// The last 1 September that is at least nine months old, so that something can be said.
fn last_september(as_of: NaiveDate) -> NaiveDate {
    use chrono::Datelike;
    let year = if as_of.month() >= 6 { as_of.year() - 1 } else { as_of.year() - 2 };
    NaiveDate::from_ymd_opt(year, 9, 1).unwrap_or(as_of)
}

/// A share with what it stands on.
#[derive(Debug, Serialize)]
struct Share {
    value: Option<f64>,
    yes: u64,
    observed: u64,
    censored: u64,
}

impl From<Option<v1::Share>> for Share {
    fn from(share: Option<v1::Share>) -> Self {
        let share = share.unwrap_or_default();
        Self {
            value: share.value,
            yes: share.yes,
            observed: share.observed,
            censored: share.censored,
        }
    }
}

#[derive(Debug, Serialize)]
struct Within {
    months: u32,
    #[serde(flatten)]
    share: Share,
}

/// Outcomes of one group.
#[derive(Debug, Serialize)]
struct Group {
    key: String,
    contracts: u64,
    broken: u64,
    reached_term: u64,
    broken_within: Vec<Within>,
    back_within_2_months: Share,
    back_within_6_months: Share,
    diploma: Share,
    still_in_training: Share,
}

impl From<v1::Outcomes> for Group {
    fn from(group: v1::Outcomes) -> Self {
        let within = |w: v1::RuptureShare| Within { months: w.months, share: Share::from(w.share) };
        Self {
            key: group.key,
            contracts: group.contracts,
            broken: group.broken,
            reached_term: group.reached_term,
            broken_within: group.broken_within.into_iter().map(within).collect(),
            back_within_2_months: group.back_within_2_months.into(),
            back_within_6_months: group.back_within_6_months.into(),
            diploma: group.diploma.into(),
            still_in_training: group.still_in_training.into(),
        }
    }
}

impl Group {
    fn row(&self, key: &str) -> Vec<String> {
        let mut row = vec![key.to_owned(), count(self.contracts), count(self.broken)];
        row.extend(self.broken_within.iter().map(|within| percent(within.share.value)));
        let others = [
            &self.back_within_2_months,
            &self.back_within_6_months,
            &self.diploma,
            &self.still_in_training,
        ];
        row.extend(others.iter().map(|share| percent(share.value)));
        row
    }
}

/// Outcomes, whole and split.
#[derive(Debug, Serialize)]
pub(crate) struct Answer {
    total: Group,
    groups: Vec<Group>,
    basis: Basis,
}

impl Answer {
    pub(crate) fn of(response: v1::ComputeOutcomesResponse) -> Self {
        Self {
            total: response.total.unwrap_or_default().into(),
            groups: response.groups.into_iter().map(Into::into).collect(),
            basis: Basis::of(response.basis),
        }
    }
}

impl Printable for Answer {
    fn table(&self) -> String {
        let months: Vec<String> = self
            .total
            .broken_within
            .iter()
            .map(|within| format!("broken in\n{} months", within.months))
            .collect();
        let mut header = vec!["", "contracts", "broken"];
        header.extend(months.iter().map(String::as_str));
        header.extend(["back in\n2 months", "back in\n6 months", "diploma", "still in\ntraining"]);
        let mut rows: Vec<Vec<String>> = self.groups.iter().map(|g| g.row(&g.key)).collect();
        rows.push(self.total.row("total"));
        format!("{}\n{}", table(&header, rows, 1), self.basis.line())
    }
}
