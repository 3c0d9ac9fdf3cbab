//! One row of the view: some days of one cell, believed from a position on.

use super::cell::Cell;
use super::quarter::Quarter;
use domain::rules::{RuleSet, Status};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Population {
    /// Persons: linked enrolments count once a day.
    #[default]
    Persons,
    /// Raw dossiers: every enrolment counts.
    Dossiers,
}

/// For which (population, rule set) couples a row holds: bit
/// `3 × population + rule set`, persons first, R1 first. Most rows hold for
/// all six. A fourth rule set needs a new tile format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mask(pub u8);

impl Mask {
    /// The bit of one couple.
    #[must_use]
    pub const fn of(population: Population, rules: RuleSet) -> Self {
        let first = match population {
            Population::Persons => 0,
            Population::Dossiers => 3,
        };
        let rule = match rules {
            RuleSet::R1 => 0,
            RuleSet::R2 => 1,
            RuleSet::R3 => 2,
        };
        Self(1 << (first + rule))
    }
}

/// A row. Rows are only ever added: what is no longer believed gets a second
/// row, equal but for its sign and position.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Row {
    /// The quarter of its days.
    pub quarter: Quarter,
    /// The status on its days.
    pub status: Status,
    /// Who and where.
    pub cell: Cell,
    /// From which log position on it counts; a log has fewer than 2^32 events here.
    pub known: u32,
    /// First day, as a rank in the quarter.
    pub from: u8,
    /// The day after the last, as a rank in the quarter.
    pub to: u8,
    /// 1, or −1 for what is no longer believed.
    pub sign: i8,
    /// For which populations and rule sets.
    pub mask: Mask,
}
