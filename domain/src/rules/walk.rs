//! The walk over a session: interval arithmetic, one pass over the contracts
//! by start, no loop over days. It allocates the steps, and a sorted copy of
//! the contracts only when they do not come in order.

use super::facts::{ContractSpan, StatusFacts};
use super::set::{Choices, Closing};
use super::status::Status;
use super::terminal::{Ending, ending, last_effective_day};
use super::timeline::{Step, Trajectory};
use chrono::{Datelike, NaiveDate};
use std::borrow::Cow;

/// The trajectory that these choices read in the facts.
pub(super) fn walk(facts: &StatusFacts, choices: &Choices) -> Trajectory {
    let contracts = by_start(&facts.contracts);
    let entry = facts.entry_on.num_days_from_ce();
    let first = contracts.first().map_or(entry, |c| entry.min(c.start_on.num_days_from_ce()));
    let last = facts.end_on.num_days_from_ce();
    if last < first {
        return Trajectory::default();
    }
    let terminal = match choices.closing {
        Closing::Always => None,
        Closing::Unless(rule) => ending(facts, rule),
    };
    let natural = terminal.filter(|t| !t.broken && facts.excluded_on.is_none());
    let mut painter = Painter {
        excluded_from: facts.excluded_on.map_or(i32::MAX, |day| day.num_days_from_ce()),
        over_from: over_from(natural, last, choices),
        steps: Vec::with_capacity(2 * contracts.len() + 3),
    };
    painter.paint_days(&contracts, first, last, choices);
    painter.close(last, matches!(choices.closing, Closing::Always) || natural.is_some());
    Trajectory(painter.steps)
}

/// Rule 7: the day from which a learner without contract is at the end of the
/// training; `i32::MAX` for never.
fn over_from(natural: Option<Ending>, last: i32, choices: &Choices) -> i32 {
    match (natural, choices.tolerance_days) {
        (Some(end), Some(tolerance)) if last - end.last_day <= tolerance => end.last_day + 1,
        _ => i32::MAX,
    }
}

/// The contracts by start, borrowed when they already come so.
fn by_start(contracts: &[ContractSpan]) -> Cow<'_, [ContractSpan]> {
    if contracts.is_sorted_by_key(|contract| contract.start_on) {
        return Cow::Borrowed(contracts);
    }
    let mut sorted = contracts.to_vec();
    sorted.sort_unstable_by_key(|contract| contract.start_on);
    Cow::Owned(sorted)
}

/// Receives the status of each stretch of days, from left to right and
/// without a hole, and keeps the steps.
struct Painter {
    /// Rule 4: from this day every day is ABANDON.
    excluded_from: i32,
    /// Rule 7: from this day INSCRIT and RUPTURANT are FIN_DE_FORMATION.
    over_from: i32,
    /// The steps so far, no two neighbours equal.
    steps: Vec<Step>,
}

impl Painter {
    /// Rules 2, 3 and 5 over the whole horizon; contracts must come by start.
    fn paint_days(&mut self, contracts: &[ContractSpan], first: i32, last: i32, rule: &Choices) {
        let mut next = first;
        let mut waiting = (Status::Inscrit, rule.inscrit_days);
        for contract in contracts {
            let start = contract.start_on.num_days_from_ce();
            let end = last_effective_day(contract, last).min(last);
            if end < start || end < next {
                continue;
            }
            self.paint_gap(next, start, waiting);
            self.paint(next.max(start), end + 1, Status::Apprenti);
            waiting = (Status::Rupturant, rule.rupturant_days);
            next = end + 1;
        }
        self.paint_gap(next, last + 1, waiting);
    }

    /// Rule 5: days `[from, until)` without contract, ABANDON after `limit` days.
    fn paint_gap(&mut self, from: i32, until: i32, (status, limit): (Status, i32)) {
        let abandon_from = (from + limit).min(until);
        let over_from = self.over_from.clamp(from, abandon_from.max(from));
        self.paint(from, over_from, status);
        self.paint(over_from, abandon_from, Status::FinDeFormation);
        self.paint(abandon_from, until, Status::Abandon);
    }

    /// Days `[from, until)`, none when they cross; rule 4 wins over `status`.
    fn paint(&mut self, from: i32, until: i32, status: Status) {
        let excluded_from = self.excluded_from.clamp(from, until.max(from));
        if from < excluded_from {
            self.step(from, status);
        }
        if excluded_from < until {
            self.step(excluded_from, Status::Abandon);
        }
    }

    /// Rule 8: the last session day, once all days are painted.
    fn close(&mut self, last: i32, always: bool) {
        let unhappy = matches!(
            self.steps.last().map(|step| step.status),
            Some(Status::Rupturant | Status::Abandon)
        );
        if always || !unhappy {
            self.step(last, Status::FinDeFormation);
        }
    }

    /// A step at a day, in place of one of the same day, unless it changes nothing.
    fn step(&mut self, from: i32, status: Status) {
        // Every day painted lies between two dates that exist, so it exists.
        let Some(from) = NaiveDate::from_num_days_from_ce_opt(from) else { return };
        if self.steps.last().is_some_and(|last| last.from == from) {
            self.steps.pop();
        }
        if self.steps.last().is_none_or(|last| last.status != status) {
            self.steps.push(Step { from, status });
        }
    }
}
