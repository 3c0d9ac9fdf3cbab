//! The rows of push runs and of reference sets.

use super::rows::number;
use crate::source::Recorded;
use crate::time::day_number;
use crate::views::{ReferenceView, RunView};
use domain::calendar::paris_day;
use domain::event::Event;
use domain::runs::{HoldDecision, PushRunClosed, RunEvent};

/// What an event does to these tables.
#[derive(Debug)]
pub(super) enum RunChange {
    /// A run is closed.
    Closed(Box<ClosedRun>),
    /// What it held is decided: the run's stream, the position, the word.
    Decided([u8; 16], i64, &'static str),
    /// A reference set is in force.
    Reference(ReferenceView),
}

/// The row of a run, and its rows by trainer.
#[derive(Debug)]
pub(super) struct ClosedRun {
    pub(super) stream: [u8; 16],
    pub(super) extracted_on: i64,
    pub(super) held: i64,
    pub(super) view: RunView,
    /// UAI, SIRET, rows.
    pub(super) trainers: Vec<(String, String, i64)>,
}

/// What an event does to the tables of runs and reference sets, if anything.
pub(super) fn change_of(recorded: &Recorded) -> Option<RunChange> {
    match &recorded.event {
        Event::Run(RunEvent::Closed(closed)) => {
            Some(RunChange::Closed(Box::new(closed_run(recorded, closed))))
        }
        Event::Run(RunEvent::HoldDecided { decision }) => {
            let word = decision_word(*decision);
            Some(RunChange::Decided(recorded.stream.key.0, number(recorded.position), word))
        }
        Event::ReferenceSetLoaded(loaded) => Some(RunChange::Reference(ReferenceView {
            hash: loaded.hash,
            name: loaded.name.clone(),
            summary: loaded.summary.clone(),
            position: recorded.position,
        })),
        Event::Enrolment(_) | Event::Contract(..) | Event::PersonLink(_) | Event::Erasure(_) => {
            None
        }
    }
}

const fn decision_word(decision: HoldDecision) -> &'static str {
    match decision {
        HoldDecision::Confirmed => "confirmed",
        HoldDecision::Rejected => "rejected",
    }
}

/// The decision of a stored word.
pub(super) fn decision_of(word: &str) -> Option<HoldDecision> {
    [HoldDecision::Confirmed, HoldDecision::Rejected]
        .into_iter()
        .find(|decision| decision_word(*decision) == word)
}

fn closed_run(recorded: &Recorded, closed: &PushRunClosed) -> ClosedRun {
    let said = &closed.declaration;
    let held = u32::try_from(closed.held.len()).unwrap_or(u32::MAX);
    let trainer = |rows: &domain::runs::EstablishmentRows| {
        let establishment = &rows.establishment;
        let (uai, siret) = (establishment.uai.as_str(), establishment.siret.as_str());
        (uai.to_owned(), siret.to_owned(), i64::from(rows.rows))
    };
    ClosedRun {
        stream: recorded.stream.key.0,
        extracted_on: day_number(paris_day(said.extracted_at)),
        held: i64::from(held),
        view: RunView {
            position: recorded.position,
            recorded_at: recorded.recorded_at,
            id: said.id,
            source: said.source.clone(),
            software: said.software.clone(),
            extracted_at: said.extracted_at,
            extent: said.extent,
            rows: said.rows,
            counts: closed.counts,
            held_disappearances: held,
            hold: closed.hold,
            decision: None,
        },
        trainers: closed.establishments.iter().map(trainer).collect(),
    }
}
