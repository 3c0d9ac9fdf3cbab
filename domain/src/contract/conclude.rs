//! What follows from the time that passed. It is computed for a day, and never an event.

use super::state::{Phase, Round};
use crate::law::days::after_days;
use chrono::NaiveDate;

/// Days that the deposit body has from the complete file (D6224-2, D6275-3); the first is not counted.
const DECISION: u16 = 20;

/// What silence means once the time is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Silence {
    /// Acceptance: the public sector that is neither industrial nor commercial.
    Acceptance,
    /// Refusal: everybody else.
    Refusal,
}

/// Where the decision on a deposit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decision {
    /// It was not asked for.
    NotAsked,
    /// The clock stands still until a document comes.
    Stopped,
    /// It is due on a day, this one included.
    Due(NaiveDate),
    /// The body was silent until a day: from the next one on, silence says it.
    Silent(NaiveDate, Silence),
    /// It was taken on a day.
    Taken(NaiveDate),
}

/// The decision on a round's deposit, as it stands on a day.
#[must_use]
pub fn decision(round: &Round, on: NaiveDate) -> Decision {
    if let Some(day) = round.decided_on {
        return Decision::Taken(day);
    }
    match (round.phase, round.complete_on.and_then(|day| after_days(day, DECISION))) {
        (Phase::Incomplete, _) => Decision::Stopped,
        (Phase::Submitted, Some(last)) if on <= last => Decision::Due(last),
        (Phase::Submitted, Some(last)) => {
            let public = round.form.is_public_law() == Some(true);
            Decision::Silent(last, if public { Silence::Acceptance } else { Silence::Refusal })
        }
        _ => Decision::NotAsked,
    }
}
