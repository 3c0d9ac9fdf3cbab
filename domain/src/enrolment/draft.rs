//! The events of one decision, while it is being taken.

use super::command::Decision;
use super::events::{EnrolmentEvent, Fact, Provenance, Stated};
use super::state::Enrolment;
use crate::ids::{ContractId, EventId};
use chrono::NaiveDate;

/// Names that the ledger gives to what a request creates.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    /// The id of the i-th event of the request.
    pub(super) event: &'a dyn Fn(u32) -> EventId,
    /// The id of the contract of that ordinal.
    pub(super) contract: &'a dyn Fn(u16) -> ContractId,
}

/// Collects the events of one request.
pub(super) struct Draft<'a> {
    names: Names<'a>,
    provenance: Option<Provenance>,
    events: Vec<EnrolmentEvent>,
}

impl<'a> Draft<'a> {
    pub(super) const fn new(names: Names<'a>, provenance: Option<Provenance>) -> Self {
        Self { names, provenance, events: Vec::new() }
    }

    pub(super) fn contract_id(&self, ordinal: u16) -> ContractId {
        (self.names.contract)(ordinal)
    }

    pub(super) fn say(&mut self, effective_on: NaiveDate, fact: Fact) {
        self.correct(None, effective_on, fact);
    }

    pub(super) fn correct(
        &mut self,
        corrects: Option<EventId>,
        effective_on: NaiveDate,
        fact: Fact,
    ) {
        let index = u32::try_from(self.events.len()).unwrap_or(u32::MAX);
        self.events.push(EnrolmentEvent {
            id: (self.names.event)(index),
            corrects,
            effective_on,
            provenance: self.provenance.clone(),
            fact,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// What a first full row states: all that is known after it and every
    /// absence, but for the bits of values that it had and could not use.
    pub(super) fn states_but(&self, denied: u128) -> Stated {
        let state = self.events.iter().cloned().fold(Enrolment::default(), Enrolment::evolve);
        let known = state.current.map_or(0, |current| current.known() | current.absences());
        Stated::Only(known & !denied)
    }

    /// The decision, each event of a push saying what its row stated.
    pub(super) fn finish(self, stated: Stated) -> Decision {
        let mut events = self.events;
        for provenance in events.iter_mut().filter_map(|event| event.provenance.as_mut()) {
            provenance.stated = stated;
        }
        Decision { events, stated, vanished: Vec::new(), stale: false, unchanged: None }
    }
}
