//! What a batch does to each enrolment: its state after each request.
//!
//! What one request wrote became known together, at the position of its last
//! event: the states between were never to be seen, and make no row.
//!
//! A stream is reloaded when it changes, never kept: memory holds one dossier
//! at a time, and the events of the batch.

use crate::source::{EventSource, Recorded, SourceError, requests};
use domain::enrolment::{Current, Enrolment, Fact};
use domain::event::Event;
use domain::ids::{Category, Position, RunId, Source, StreamKey};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One request and what it made of the dossier.
#[derive(Debug)]
pub(crate) struct Step<'a> {
    /// Its last event, from which on it is known.
    pub(crate) recorded: &'a Recorded,
    pub(crate) after: Option<Arc<Current>>,
}

/// The events of a batch in one enrolment stream.
#[derive(Debug)]
pub(crate) struct StreamSteps<'a> {
    pub(crate) stream: StreamKey,
    pub(crate) source: Source,
    /// The position of the stream's first event: the dossier's number.
    pub(crate) dossier: Position,
    /// Whether the dossier begins in this batch.
    pub(crate) is_new: bool,
    /// The last position of what the run that declared the dossier said at first.
    pub(crate) loaded_to: Position,
    /// The positions at which contracts were declared, by ordinal: their numbers.
    pub(crate) contracts: BTreeMap<u16, Position>,
    pub(crate) before: Option<Arc<Current>>,
    /// The events of the batch, at least one.
    pub(crate) events: &'a [&'a Recorded],
    pub(crate) steps: Vec<Step<'a>>,
}

/// The events of each enrolment that a batch touches, by stream key.
pub(crate) fn of_streams(batch: &[Recorded]) -> Vec<Vec<&Recorded>> {
    let mut touched: BTreeMap<StreamKey, Vec<&Recorded>> = BTreeMap::new();
    for recorded in batch.iter().filter(|r| r.stream.category == Category::Enrolment) {
        touched.entry(recorded.stream.key).or_default().push(recorded);
    }
    touched.into_values().collect()
}

/// What events of one enrolment, at least one, do to it.
pub(crate) fn steps_of<'a>(
    events: &'a [&'a Recorded],
    source: &dyn EventSource,
) -> Result<StreamSteps<'a>, SourceError> {
    let first = events[0];
    let earlier = if first.version.0 > 1 {
        source.read_stream(first.stream, Position(first.position.0 - 1))?
    } else {
        Vec::new()
    };
    let mut contracts = BTreeMap::new();
    let mut state = Enrolment::default();
    for recorded in &earlier {
        state = fold(state, recorded, &mut contracts);
    }
    let before = state.current.clone().map(Arc::new);
    let mut steps = Vec::new();
    for request in requests(events) {
        for recorded in request {
            state = fold(state, recorded, &mut contracts);
        }
        let after = state.current.clone().map(Arc::new);
        steps.extend(request.last().map(|recorded| Step { recorded, after }));
    }
    let origin = earlier.first().unwrap_or(first);
    let of_first_run = |r: &&Recorded| run_of(r).is_some_and(|run| run_of(origin) == Some(run));
    let loaded = earlier.iter().chain(events.iter().copied()).take_while(of_first_run).last();
    Ok(StreamSteps {
        stream: first.stream.key,
        source: origin.source.clone(),
        dossier: origin.position,
        is_new: earlier.is_empty(),
        loaded_to: loaded.unwrap_or(origin).position,
        contracts,
        before,
        events,
        steps,
    })
}

/// The run that an event comes from.
fn run_of(recorded: &Recorded) -> Option<RunId> {
    let Event::Enrolment(event) = &recorded.event else { return None };
    event.provenance.as_ref().map(|provenance| provenance.run)
}

/// The state of an enrolment after the given events of its stream.
pub(crate) fn state_of(stream: &[Recorded]) -> Enrolment {
    let mut contracts = BTreeMap::new();
    stream.iter().fold(Enrolment::default(), |state, r| fold(state, r, &mut contracts))
}

fn fold(
    state: Enrolment,
    recorded: &Recorded,
    contracts: &mut BTreeMap<u16, Position>,
) -> Enrolment {
    let Event::Enrolment(event) = &recorded.event else { return state };
    if let Fact::ContractDeclared { ordinal, .. } = &event.fact {
        contracts.entry(*ordinal).or_insert(recorded.position);
    }
    state.evolve(event.clone())
}
