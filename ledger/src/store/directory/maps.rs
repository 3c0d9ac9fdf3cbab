//! What leads to an enrolment, and what led there once: a fold in memory.

use crate::vault::Label;
use domain::enrolment::LookupKey;
use domain::ids::{ContractId, EventId, StreamKey, SubjectId};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What an id that a learner was given later leads by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) lookup: LookupKey,
    /// The label that leads to the learner's key, while the id can be read.
    pub(super) alias: Option<(Label, SubjectId)>,
}

/// An event that gives a learner another id, corrects one that did, or takes it back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Act {
    pub(super) stream: StreamKey,
    pub(super) id: EventId,
    pub(super) corrects: Option<EventId>,
    /// `None` for a retraction.
    pub(super) gives: Option<Given>,
}

/// What came of an act: its chain is named by its root, as in
/// `domain::enrolment::corrections`, whose rule this follows.
#[derive(Debug, Clone, Copy)]
struct Done {
    root: EventId,
    /// What stood before it; its retraction puts that back.
    before: Option<Given>,
}

#[derive(Debug)]
struct Alias {
    subject: SubjectId,
    /// How many ids that stand give it.
    standing: usize,
}

/// Lookup keys, contracts and ids. Only ids that were given later cost more
/// than an entry: few learners have one.
#[derive(Debug, Default)]
pub(super) struct Maps {
    lookups: HashMap<LookupKey, StreamKey>,
    /// Who else may claim a key, oldest first: the owner keeps it while it may.
    waiting: HashMap<LookupKey, Vec<StreamKey>>,
    contracts: HashMap<ContractId, StreamKey>,
    acts: HashMap<(StreamKey, EventId), Done>,
    /// What stands, by the root of its chain.
    standing: HashMap<(StreamKey, EventId), Given>,
    aliases: HashMap<Label, Alias>,
}

impl Maps {
    pub(super) fn enrolment(&self, lookup: &LookupKey) -> Option<StreamKey> {
        self.lookups.get(lookup).copied()
    }

    pub(super) fn contract(&self, contract: ContractId) -> Option<StreamKey> {
        self.contracts.get(&contract).copied()
    }

    /// Whose key a label led to by an id that was taken back.
    pub(super) fn taken_back(&self, label: &Label) -> Option<SubjectId> {
        self.aliases.get(label).filter(|alias| alias.standing == 0).map(|alias| alias.subject)
    }

    pub(super) fn note_contract(&mut self, contract: ContractId, stream: StreamKey) {
        self.contracts.entry(contract).or_insert(stream);
    }

    /// A stream leads by a lookup key until it releases it.
    pub(super) fn claim(&mut self, lookup: LookupKey, stream: StreamKey) {
        match self.lookups.entry(lookup) {
            Entry::Vacant(free) => {
                free.insert(stream);
            }
            Entry::Occupied(_) => self.waiting.entry(lookup).or_default().push(stream),
        }
    }

    fn release(&mut self, lookup: LookupKey, stream: StreamKey) {
        let waiting = self.waiting.entry(lookup).or_default();
        if let Some(rank) = waiting.iter().rposition(|other| *other == stream) {
            waiting.remove(rank);
        } else if self.lookups.get(&lookup) == Some(&stream) {
            if waiting.is_empty() {
                self.lookups.remove(&lookup);
            } else {
                self.lookups.insert(lookup, waiting.remove(0));
            }
        }
        if waiting.is_empty() {
            self.waiting.remove(&lookup);
        }
    }

    /// Notes an act. A retraction of something else than an id changes nothing.
    pub(super) fn act(&mut self, act: Act) {
        let Act { stream, id, corrects, gives } = act;
        let aim = corrects.and_then(|of| self.acts.get(&(stream, of))).copied();
        let (root, now) = match (aim, gives) {
            (Some(aim), gives) => (aim.root, gives.or(aim.before)),
            (None, Some(given)) => (id, Some(given)),
            (None, None) => return,
        };
        let chain = (stream, root);
        let before = self.standing.get(&chain).copied();
        self.acts.insert((stream, id), Done { root, before });
        if let Some(given) = before {
            self.release(given.lookup, stream);
            if let Some(alias) = given.alias.and_then(|(label, _)| self.aliases.get_mut(&label)) {
                alias.standing = alias.standing.saturating_sub(1);
            }
        }
        let Some(given) = now else {
            self.standing.remove(&chain);
            return;
        };
        self.standing.insert(chain, given);
        self.claim(given.lookup, stream);
        if let Some((label, subject)) = given.alias {
            self.aliases.entry(label).or_insert(Alias { subject, standing: 0 }).standing += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: StreamKey = StreamKey([1; 16]);
    const B: StreamKey = StreamKey([2; 16]);
    const LABEL: Label = [9; 16];

    fn id(n: u8) -> EventId {
        EventId([n; 16])
    }

    fn act(stream: StreamKey, n: u8, corrects: Option<u8>, lookup: Option<u8>) -> Act {
        let alias = Some((LABEL, SubjectId([7; 16])));
        let gives = lookup.map(|n| Given { lookup: [n; 16], alias });
        Act { stream, id: id(n), corrects: corrects.map(id), gives }
    }

    #[test]
    fn a_key_passes_to_the_next_claimant_when_its_owner_lets_it_go() {
        let mut maps = Maps::default();
        maps.act(act(A, 1, None, Some(5)));
        maps.claim([5; 16], B);
        assert_eq!(maps.enrolment(&[5; 16]), Some(A));
        maps.act(act(A, 2, Some(1), None));
        assert_eq!(maps.enrolment(&[5; 16]), Some(B));
        maps.act(act(A, 3, Some(2), None));
        assert_eq!(maps.enrolment(&[5; 16]), Some(B), "who has a key keeps it");
    }

    #[test]
    fn a_key_that_a_stream_has_twice_is_kept_until_both_are_taken_back() {
        let mut maps = Maps::default();
        maps.claim([5; 16], A);
        maps.act(act(A, 1, None, Some(6)));
        maps.act(act(A, 2, None, Some(5)));
        maps.act(act(A, 3, Some(2), None));
        assert_eq!(maps.enrolment(&[5; 16]), Some(A), "it was declared with it");
        assert_eq!(maps.enrolment(&[6; 16]), Some(A));
        assert_eq!(maps.taken_back(&LABEL), None, "one of the two stands");
        maps.act(act(A, 4, Some(1), None));
        assert_eq!(maps.enrolment(&[6; 16]), None);
        assert_eq!(maps.taken_back(&LABEL), Some(SubjectId([7; 16])));
        assert!(maps.waiting.is_empty());
    }

    #[test]
    fn a_retraction_of_something_else_or_of_another_stream_changes_nothing() {
        let mut maps = Maps::default();
        maps.act(act(A, 1, None, Some(5)));
        maps.act(act(A, 2, Some(8), None));
        maps.act(act(B, 3, Some(1), None));
        assert_eq!(maps.enrolment(&[5; 16]), Some(A));
        assert_eq!(maps.acts.len(), 1);
    }
}
