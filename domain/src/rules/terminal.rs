//! Rule 3's last effective day and rule 6's terminal contract.
//!
//! Days are counted from the common era (`i32`), so that a date at the edge
//! of the calendar can have a day before and a day after.

use super::facts::{ContractSpan, StatusFacts};
use chrono::Datelike;

/// How a rule set finds the contract that tells how the training ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum Terminal {
    /// R2: the latest start.
    LatestStart,
    /// R3: the latest last effective day.
    LatestEnd,
}

/// What rules 7 and 8 ask of the terminal contract.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ending {
    /// Its last effective day; may lie before its start or after the session.
    pub(super) last_day: i32,
    /// Whether it was broken.
    pub(super) broken: bool,
}

/// Rule 3: the day before the rupture, else the contract's end, else the
/// session's end. Before the start when the contract has no day at all.
pub(super) fn last_effective_day(contract: &ContractSpan, session_end: i32) -> i32 {
    match (contract.broken_on, contract.end_on) {
        (Some(broken), _) => broken.num_days_from_ce() - 1,
        (None, Some(end)) => end.num_days_from_ce(),
        (None, None) => session_end,
    }
}

/// The ending of the terminal contract, `None` without contract. On a tie the
/// broken one wins, so the order of the contracts never matters.
pub(super) fn ending(facts: &StatusFacts, terminal: Terminal) -> Option<Ending> {
    let session_end = facts.end_on.num_days_from_ce();
    let last = facts.contracts.iter().max_by_key(|contract| {
        let key = match terminal {
            Terminal::LatestStart => contract.start_on.num_days_from_ce(),
            Terminal::LatestEnd => last_effective_day(contract, session_end),
        };
        (key, contract.is_broken())
    })?;
    Some(Ending { last_day: last_effective_day(last, session_end), broken: last.is_broken() })
}
