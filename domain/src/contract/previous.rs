//! The apprentice's contract before one, from what an enrolment knows: the contracts that its CFA declares, and those
//! that are written here.

use super::rupture::{Initiator, Mode, Rupture};
use super::state::{Contract, Life};
use crate::cerfa::codes::Diploma;
use crate::enrolment::Contract as Declared;
use crate::law::Previous;
use chrono::NaiveDate;

/// A contract that began, as far as it is known to have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// Its first day.
    pub begun_on: NaiveDate,
    /// Its end.
    pub end: Previous,
}

/// The contract before one that starts on a day: of those that began before, the one that began last, unless it goes on
/// beyond that day. Where its end is not known, that is said: no rule may suppose it.
#[must_use]
pub fn before(start: NaiveDate, known: impl IntoIterator<Item = Known>) -> Option<Previous> {
    let ended = |one: &Known| one.end.ended_on.is_none_or(|end| end < start);
    let begun = known.into_iter().filter(|one| one.begun_on < start && ended(one));
    // The same one may be declared, and written here: then the end that is known counts, and the diploma.
    begun.max_by_key(|one| (one.begun_on, one.end.ended_on, one.end.level)).map(|one| one.end)
}

/// What a CFA declares of a contract. Its term is its end as long as nobody declared another.
#[must_use]
pub fn of_declared(contract: &Declared) -> Known {
    let span = contract.span();
    let by_others = |(_, rupture): &(_, crate::enrolment::Rupture)| {
        is_by_others(rupture.mode, rupture.initiator)
    };
    Known {
        begun_on: span.start_on,
        end: Previous {
            ended_on: span.broken_on.map(before_rupture).or(span.end_on),
            broken_by_others: contract.rupture.as_ref().is_some_and(by_others),
            // What a CFA declares of a contract does not say which diploma it prepares.
            level: None,
        },
    }
}

/// What a contract that is written here says, as it stands on a day; `None` of one that not all have signed, and of one
/// that was cancelled.
#[must_use]
pub fn of_written(contract: &Contract, as_of: NaiveDate) -> Option<Known> {
    let form = contract.in_force(as_of)?;
    let terms = &form.terms;
    let (ended_on, broken_by_others) = match &contract.life {
        Life::Pending | Life::Cancelled => return None,
        Life::Running | Life::Suspended => (terms.end_on, false),
        Life::Broken(on, Rupture { mode, initiator, .. }) => {
            (Some(before_rupture(*on)), is_by_others(*mode, *initiator))
        }
        Life::Completed(on, _) => (Some(*on), false),
    };
    // What is compared is what was obtained at its end (L6222-2, 1°). A result that nobody told is not known; whoever
    // left before has nothing of it, unless the diploma is why.
    let obtained = match &contract.life {
        Life::Completed(_, completion) => completion.diploma == Some(true),
        Life::Broken(_, rupture) => rupture.mode == Mode::Diploma,
        _ => false,
    };
    let level = form.training.diploma.filter(|_| obtained).map(Diploma::level);
    Some(Known { begun_on: terms.start_on?, end: Previous { ended_on, broken_by_others, level } })
}

/// The last day of a contract that was broken: the day of a rupture is the first one without it.
fn before_rupture(on: NaiveDate) -> NaiveDate {
    on.pred_opt().unwrap_or(on)
}

/// Whether a contract was broken for a reason that is not the apprentice's (L6222-2, 2°), as far as its mode tells: not
/// by a fault of theirs, nor by leave of theirs.
const fn is_by_others(mode: Mode, initiator: Initiator) -> bool {
    match initiator {
        Initiator::Employer => {
            !matches!(mode, Mode::SeriousFault | Mode::CfaExclusion | Mode::Unknown)
        }
        Initiator::Liquidator | Initiator::Administration => true,
        Initiator::Apprentice | Initiator::Both | Initiator::Court | Initiator::Unknown => false,
    }
}
