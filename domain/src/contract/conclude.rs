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

impl Silence {
    /// What it did, for messages.
    pub(super) const fn did(self) -> &'static str {
        match self {
            Self::Acceptance => "accepted",
            Self::Refusal => "refused",
        }
    }

    /// What is still possible then, for messages.
    pub(super) const fn leaves(self) -> &'static str {
        match self {
            Self::Acceptance => {
                "its number is still recorded (Deposit), and the parties mend what is wrong by an amendment"
            }
            Self::Refusal => {
                "it still deposits it or says why not (Deposit, RefuseDeposit), or the parties open it again (Reopen)"
            }
        }
    }
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

/// What the decision on a round's deposit depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deposit {
    /// Where the round is.
    pub phase: Phase,
    /// Since when the file is complete.
    pub complete_on: Option<NaiveDate>,
    /// When it was decided on.
    pub decided_on: Option<NaiveDate>,
    /// Whether the contract is one of public law.
    pub public_law: bool,
}

impl Deposit {
    /// Of a round.
    #[must_use]
    pub fn of(round: &Round) -> Self {
        let Round { phase, complete_on, decided_on, .. } = *round;
        let public_law = round.form.is_public_law() == Some(true);
        Self { phase, complete_on, decided_on, public_law }
    }

    /// The decision, as it stands on a day.
    #[must_use]
    pub fn decision(&self, on: NaiveDate) -> Decision {
        if let Some(day) = self.decided_on {
            return Decision::Taken(day);
        }
        match (self.phase, self.complete_on.and_then(last_day)) {
            (Phase::Incomplete, _) => Decision::Stopped,
            (Phase::Submitted, Some(last)) if on <= last => Decision::Due(last),
            (Phase::Submitted, Some(last)) => {
                let silence = if self.public_law { Silence::Acceptance } else { Silence::Refusal };
                Decision::Silent(last, silence)
            }
            _ => Decision::NotAsked,
        }
    }
}

/// The decision on a round's deposit, as it stands on a day.
#[must_use]
pub fn decision(round: &Round, on: NaiveDate) -> Decision {
    Deposit::of(round).decision(on)
}

/// Whether the deposit body's silence has refused a round by a day.
#[must_use]
pub fn is_refused_by_silence(round: &Round, on: NaiveDate) -> bool {
    matches!(decision(round, on), Decision::Silent(_, Silence::Refusal))
}

/// The day from which silence refuses a round, unless the deposit body decides before.
#[must_use]
pub fn refused_from(round: &Round) -> Option<NaiveDate> {
    let from = last_day_to_decide(round)?.succ_opt()?;
    is_refused_by_silence(round, from).then_some(from)
}

/// The last day on which the deposit body decides, counted from the complete file; `None` while it is not complete.
#[must_use]
pub fn last_day_to_decide(round: &Round) -> Option<NaiveDate> {
    round.complete_on.and_then(last_day)
}

fn last_day(complete_on: NaiveDate) -> Option<NaiveDate> {
    after_days(complete_on, DECISION)
}
