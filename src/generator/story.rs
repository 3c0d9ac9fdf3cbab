//! The stories that make a dossier more than one row of one system.

use super::calendar::day_of;
use super::country::Country;
use super::dice::Dice;
use super::life::Life;
use super::tables::LEVELS;
use chrono::{NaiveDate, TimeDelta};

/// What is out of the ordinary with a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Story {
    /// Nothing.
    Ordinary,
    /// Goes on in another CFA, with another system, from this day on.
    ChangesCfa {
        /// First day there.
        on: NaiveDate,
        /// Rank of the other CFA.
        to: usize,
    },
    /// Goes on in another CFA of the network: the same dossier, another trainer.
    Transfer {
        /// First day there.
        on: NaiveDate,
        /// Rank of the other CFA.
        to: usize,
    },
    /// The CFA and the network both declare the same learner.
    TwoSources,
    /// Gets another learner id on this day.
    Remapped {
        /// The day.
        on: NaiveDate,
    },
    /// Does the first year twice.
    RepeatsYear,
}

impl Story {
    /// The story of a person. Stories are spread by rank, so that even a small
    /// population has some of each.
    pub(super) fn of(dice: &mut Dice, country: &Country, person: u32, life: &Life) -> Self {
        let on = life.entry.max(day_of(2025, 9, 15)) + TimeDelta::days(dice.between(40, 150));
        let level = LEVELS[life.level].0;
        let in_network = country.cfas[life.cfa].source == country.network;
        if person % 67 == 5 && !life.contracts.is_empty() && on < life.end {
            let to = country.pick_cfa(dice, level, Some(life.cfa));
            if country.cfas[to].source != country.cfas[life.cfa].source {
                return Self::ChangesCfa { on, to };
            }
        }
        if in_network && person % 5 == 3 && on < life.end {
            let other = (0..country.cfas.len())
                .find(|c| *c != life.cfa && country.cfas[*c].source == country.network);
            return other.map_or(Self::Ordinary, |to| Self::Transfer { on, to });
        }
        match person % 113 {
            11 if !in_network => Self::TwoSources,
            37 => Self::Remapped { on },
            59 if life.year == 1 && life.entry < day_of(2025, 10, 1) => Self::RepeatsYear,
            _ => Self::Ordinary,
        }
    }
}
