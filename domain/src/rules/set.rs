//! The versions of the rules, each one a constant: a set of choices that the
//! walk applies. A new version is a new constant; an old one never changes.

use super::names::{UnknownName, short};
use super::terminal::Terminal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A version of the rules; later sets are added, none is changed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum RuleSet {
    /// 2025-07-01: day by day; the last session day always ends the training.
    R1,
    /// 2026-05-11: the last day depends on the contract that started last.
    R2,
    /// 2026-08-20: the last effective end decides, with 60 days of tolerance.
    #[default]
    R3,
}

impl RuleSet {
    /// Every rule set, oldest first.
    pub const ALL: [Self; 3] = [Self::R1, Self::R2, Self::R3];

    /// The name in files, flags and answers: `R1`, `R2`, `R3`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::R1 => "R1",
            Self::R2 => "R2",
            Self::R3 => "R3",
        }
    }

    /// What this version chooses.
    pub(super) const fn choices(self) -> Choices {
        match self {
            Self::R1 => Choices { closing: Closing::Always, tolerance_days: None, ..FIRST },
            Self::R2 => Choices {
                closing: Closing::Unless(Terminal::LatestStart),
                tolerance_days: None,
                ..FIRST
            },
            Self::R3 => Choices {
                closing: Closing::Unless(Terminal::LatestEnd),
                tolerance_days: Some(60),
                ..FIRST
            },
        }
    }
}

/// What a rule set decides beyond rules 1 to 4 and 9, which all sets share.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choices {
    /// Rule 5: days without any contract yet before ABANDON. Three months
    /// are allowed in a CFA without contract (L6222-12-1 of the labour code).
    pub(super) inscrit_days: i32,
    /// Rule 5: days since the last contract day before ABANDON. Six months
    /// are allowed after a rupture (L6222-18-2 of the labour code).
    pub(super) rupturant_days: i32,
    /// Rule 8: what the last session day becomes.
    pub(super) closing: Closing,
    /// Rule 7: how many days before the session's end a contract may end
    /// naturally and still be called the end of the training.
    pub(super) tolerance_days: Option<i32>,
}

/// The last session day.
#[derive(Debug, Clone, Copy)]
pub(super) enum Closing {
    /// FIN_DE_FORMATION, whatever happened.
    Always,
    /// FIN_DE_FORMATION, unless the learner was RUPTURANT or ABANDON and the
    /// terminal contract, found in this way, excuses neither.
    Unless(Terminal),
}

/// The limits of R1, kept by R2 and R3.
const FIRST: Choices = Choices {
    inscrit_days: 90,
    rupturant_days: 180,
    closing: Closing::Always,
    tolerance_days: None,
};

impl fmt::Display for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for RuleSet {
    type Err = UnknownName;

    /// Reads exactly what `Display` writes.
    ///
    /// # Errors
    /// [`UnknownName::RuleSet`] for any other text.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|rules| rules.name() == text)
            .ok_or_else(|| UnknownName::RuleSet { given: short(text) })
    }
}
