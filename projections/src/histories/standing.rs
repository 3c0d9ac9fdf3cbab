//! Which events stand after corrections and retractions.
//!
//! An event that corrects nothing begins a chain. A correction displaces the
//! value that stands in the chain of the event that it names; a retraction
//! displaces the event that it names and puts back what that one had displaced.

use crate::source::Recorded;
use domain::enrolment::{EnrolmentEvent, Fact};
use domain::event::Event;
use domain::ids::{ContractId, EventId};
use std::collections::HashMap;

/// The chains of a stream; numbers are ranks in the stream.
#[derive(Debug, Default)]
struct Chains {
    /// The chain of each event: the rank of its first event.
    root: Vec<usize>,
    /// What each event displaced when it came.
    displaced: Vec<Option<usize>>,
    /// What displaced each event and still does.
    by: Vec<Option<usize>>,
    /// What stands in each chain, by root.
    standing: HashMap<usize, Option<usize>>,
}

impl Chains {
    fn of(stream: &[Recorded]) -> Self {
        let mut chains = Self::default();
        let mut ranks: HashMap<EventId, usize> = HashMap::new();
        for (rank, recorded) in stream.iter().enumerate() {
            let event = enrolment_event(recorded);
            let target = event.and_then(|e| e.corrects).and_then(|id| ranks.get(&id).copied());
            chains.by.push(None);
            match target {
                None => chains.begin(rank),
                Some(target) => {
                    let retracts = event.is_some_and(|e| matches!(e.fact, Fact::Retracted { .. }));
                    chains.act(rank, target, retracts);
                }
            }
            if let Some(event) = event {
                ranks.insert(event.id, rank);
            }
        }
        chains
    }

    fn begin(&mut self, rank: usize) {
        self.root.push(rank);
        self.displaced.push(None);
        self.standing.insert(rank, Some(rank));
    }

    fn act(&mut self, rank: usize, target: usize, retracts: bool) {
        let root = self.root[target];
        self.root.push(root);
        let stood = self.standing.get(&root).copied().flatten();
        if retracts {
            // What the withdrawn event had displaced stands again.
            let revived = self.displaced[target];
            self.displaced.push(Some(target));
            self.by[target] = Some(rank);
            if let Some(revived) = revived {
                self.by[revived] = None;
            }
            self.standing.insert(root, revived);
        } else {
            self.displaced.push(stood);
            if let Some(stood) = stood {
                self.by[stood] = Some(rank);
            }
            self.standing.insert(root, Some(rank));
        }
    }
}

/// The ranks of the events whose values stand, each at the place of its chain's first.
pub(crate) fn standing(stream: &[Recorded]) -> Vec<usize> {
    let chains = Chains::of(stream);
    let mut standing: Vec<(usize, usize)> =
        chains.standing.iter().filter_map(|(root, rank)| Some((*root, (*rank)?))).collect();
    standing.sort_unstable();
    standing.into_iter().map(|(_, rank)| rank).collect()
}

/// For each event, the rank of the one that displaced it, when one does.
pub(super) fn superseded(stream: &[Recorded]) -> Vec<Option<usize>> {
    Chains::of(stream).by
}

/// For each event, the contract that its chain is about.
pub(super) fn contracts(stream: &[Recorded]) -> Vec<Option<ContractId>> {
    let roots = Chains::of(stream).root;
    let contract = |rank: usize| match &stream.get(rank)?.event {
        Event::Contract(..) => Some(ContractId(stream.get(rank)?.stream.key.0)),
        _ => enrolment_event(stream.get(rank)?)?.fact.contract(),
    };
    roots.into_iter().map(contract).collect()
}

fn enrolment_event(recorded: &Recorded) -> Option<&EnrolmentEvent> {
    match &recorded.event {
        Event::Enrolment(event) => Some(event),
        Event::Contract(..)
        | Event::Run(_)
        | Event::PersonLink(_)
        | Event::ReferenceSetLoaded(_)
        | Event::Erasure(_) => None,
    }
}
