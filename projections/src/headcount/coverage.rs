//! Coverage: how many of the known CFAs had transmitted.
//!
//! A CFA transmits from the Paris day on which the first run that lists it was
//! extracted. Known are the CFAs of the reference set, and those that any run
//! listed.

use crate::source::Recorded;
use chrono::NaiveDate;
use domain::calendar::paris_day;
use domain::event::Event;
use domain::identifiers::Uai;
use domain::ids::Position;
use domain::runs::RunEvent;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// First transmissions by CFA: a fold of `PushRunClosed`.
///
/// A run that was extracted earlier may arrive later, so each CFA has a list of
/// (position, day), days strictly falling: the first day known at a position is
/// that of the last entry up to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage(BTreeMap<Uai, Vec<(Position, NaiveDate)>>);

impl Coverage {
    /// Folds one event; others than `PushRunClosed` change nothing.
    pub fn fold(&mut self, recorded: &Recorded) {
        let Event::Run(RunEvent::Closed(run)) = &recorded.event else { return };
        let day = paris_day(run.declaration.extracted_at);
        for rows in run.establishments.iter().filter(|rows| rows.rows > 0) {
            let firsts = self.0.entry(rows.establishment.uai).or_default();
            if firsts.last().is_none_or(|(_, first)| day < *first) {
                firsts.push((recorded.position, day));
            }
        }
    }

    /// The CFAs seen at a position, with the first day each transmitted.
    pub fn seen(&self, known_at: Position) -> impl Iterator<Item = (Uai, NaiveDate)> {
        self.0.iter().filter_map(move |(uai, firsts)| {
            let begun = firsts.partition_point(|(position, _)| *position <= known_at);
            let (_, day) = firsts.get(begun.checked_sub(1)?)?;
            Some((*uai, *day))
        })
    }
}
