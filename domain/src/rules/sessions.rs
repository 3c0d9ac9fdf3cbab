//! A training in several sessions: what the rules read in them together
//! (interpretation 22).

use super::facts::{ContractSpan, StatusFacts};
use super::set::RuleSet;
use super::status::Status;
use super::terminal::last_effective_day;
use super::timeline::{Step, Trajectory};
use super::trajectory;
use chrono::{Datelike, Days, NaiveDate};
use serde::{Deserialize, Serialize};

/// A session that another one has followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// First day.
    pub entry_on: NaiveDate,
    /// Last day.
    pub end_on: NaiveDate,
}

/// The facts of each stretch of the training, oldest first, the last being that
/// of `facts`, whose session is the newest; `former` are the sessions before it,
/// oldest first.
///
/// A session is one stretch with the next when no day lies between them, or
/// when a contract begun by its last day leaves the learner APPRENTI or
/// RUPTURANT (rules 3 and 5) as the next begins. Otherwise it is another one,
/// with the contracts begun by its last day.
#[must_use]
pub fn stretches(former: &[Session], facts: StatusFacts, rules: RuleSet) -> Vec<StatusFacts> {
    let rupturant_days = rules.choices().rupturant_days;
    let mut older = Vec::new();
    let mut next = facts;
    for session in former.iter().rev() {
        let touches = session.end_on.succ_opt().is_none_or(|after| next.entry_on <= after);
        let begun = |contract: &ContractSpan| contract.start_on <= session.end_on;
        let mut of_session = next.contracts.iter().filter(|contract| begun(contract));
        if touches || of_session.any(|contract| reaches(contract, &next, rupturant_days)) {
            next.entry_on = next.entry_on.min(session.entry_on);
            continue;
        }
        let (before, since) = next.contracts.into_iter().partition(begun);
        let Session { entry_on, end_on } = *session;
        // Who was excluded and comes back is INSCRIT again; who is excluded later was not then.
        let excluded = |after: bool| next.excluded_on.filter(|day| (*day > end_on) == after);
        older.push(StatusFacts { contracts: since, excluded_on: excluded(true), ..next });
        next = StatusFacts { entry_on, end_on, contracts: before, excluded_on: excluded(false) };
    }
    older.push(next);
    older.reverse();
    older
}

/// Whether the days of a contract, or those RUPTURANT after it, reach the first
/// day of the session.
fn reaches(contract: &ContractSpan, next: &StatusFacts, rupturant_days: i32) -> bool {
    let last = last_effective_day(contract, next.end_on.num_days_from_ce());
    let has_days = contract.start_on.num_days_from_ce() <= last;
    has_days && next.entry_on.num_days_from_ce() - last <= rupturant_days
}

/// The trajectory through all sessions: that of each stretch, one after the
/// other; nobody is RUPTURANT for longer than rule 5 allows while there is no
/// session. With no former session it is [`trajectory`].
#[must_use]
pub fn trajectory_through(former: &[Session], facts: StatusFacts, rules: RuleSet) -> Trajectory {
    let mut steps: Vec<Step> = Vec::new();
    for stretch in stretches(former, facts, rules) {
        let next = trajectory(&stretch, rules).0;
        let given_up = steps.last().and_then(|last| given_up(*last, rules));
        let before = |step: &Step| next.first().is_some_and(|first| step.from < first.from);
        for step in given_up.filter(before).into_iter().chain(next.iter().copied()) {
            if steps.last().is_none_or(|last| last.status != step.status) {
                steps.push(step);
            }
        }
    }
    Trajectory(steps)
}

/// The end of the days RUPTURANT, when a stretch ends in them.
fn given_up(last: Step, rules: RuleSet) -> Option<Step> {
    let days = Days::new(u64::try_from(rules.choices().rupturant_days).ok()?);
    let from = last.from.checked_add_days(days)?;
    (last.status == Status::Rupturant).then_some(Step { from, status: Status::Abandon })
}
