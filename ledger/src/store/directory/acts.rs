//! Ids that learners were given later, and what they lead by: a fold in memory.

use crate::vault::Label;
use domain::enrolment::LookupKey;
use domain::ids::{EventId, Position, StreamKey, SubjectId};
use std::collections::HashMap;

/// What an id that a learner was given later leads by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) lookup: LookupKey,
    /// The label that leads to the learner's key, while the id can be read.
    pub(super) alias: Option<(Label, SubjectId)>,
}

/// An event that gives a learner another id, corrects one that did, or takes it back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) struct Act {
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

/// Who claims a lookup key by an id that was given later, and from when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) since: Position,
    pub(super) stream: StreamKey,
}

/// Ids that were given later, corrected or taken back: few learners have one.
#[derive(Debug, Default)]
pub(super) struct Acts {
    /// Claims that stand, oldest first.
    claims: HashMap<LookupKey, Vec<Claim>>,
    acts: HashMap<(StreamKey, EventId), Done>,
    /// What stands, by the root of its chain.
    standing: HashMap<(StreamKey, EventId), Given>,
    aliases: HashMap<Label, Alias>,
}

impl Acts {
    /// The oldest claim to a lookup key that stands.
    pub(super) fn oldest(&self, lookup: &LookupKey) -> Option<Claim> {
        self.claims.get(lookup)?.first().copied()
    }

    /// Whose key a label led to by an id that was taken back.
    pub(super) fn taken_back(&self, label: &Label) -> Option<SubjectId> {
        self.aliases.get(label).filter(|alias| alias.standing == 0).map(|alias| alias.subject)
    }

    /// A stream has one claim less; of several the oldest stays.
    fn release(&mut self, lookup: LookupKey, stream: StreamKey) {
        let Some(claims) = self.claims.get_mut(&lookup) else { return };
        if let Some(rank) = claims.iter().rposition(|claim| claim.stream == stream) {
            claims.remove(rank);
        }
        if claims.is_empty() {
            self.claims.remove(&lookup);
        }
    }

    /// Notes an act at a position; whether it changed something. A retraction
    /// of something else than an id does not.
    pub(super) fn note(&mut self, act: Act, since: Position) -> bool {
        let Act { stream, id, corrects, gives } = act;
        let aim = corrects.and_then(|of| self.acts.get(&(stream, of))).copied();
        let (root, now) = match (aim, gives) {
            (Some(aim), gives) => (aim.root, gives.or(aim.before)),
            (None, Some(given)) => (id, Some(given)),
            (None, None) => return false,
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
            return true;
        };
        self.standing.insert(chain, given);
        self.claims.entry(given.lookup).or_default().push(Claim { since, stream });
        if let Some((label, subject)) = given.alias {
            self.aliases.entry(label).or_insert(Alias { subject, standing: 0 }).standing += 1;
        }
        true
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

    fn owner(acts: &Acts, lookup: u8) -> Option<StreamKey> {
        acts.oldest(&[lookup; 16]).map(|claim| claim.stream)
    }

    /// Notes acts at the positions 1 and on.
    fn after(noted: &[Act]) -> Acts {
        let mut acts = Acts::default();
        for (act, position) in noted.iter().zip(1..) {
            acts.note(*act, Position(position));
        }
        acts
    }

    #[test]
    fn a_key_passes_to_the_next_claimant_when_its_owner_lets_it_go() {
        let told = [
            act(A, 1, None, Some(5)),
            act(B, 9, None, Some(5)),
            act(A, 2, Some(1), None),
            act(A, 3, Some(2), None),
        ];
        assert_eq!(owner(&after(&told[..2]), 5), Some(A));
        assert_eq!(owner(&after(&told[..3]), 5), Some(B));
        assert_eq!(owner(&after(&told), 5), Some(B), "who has a key keeps it");
    }

    #[test]
    fn a_key_that_a_stream_has_twice_is_kept_until_both_are_taken_back() {
        let told = [
            act(A, 1, None, Some(6)),
            act(A, 2, None, Some(6)),
            act(A, 3, Some(2), None),
            act(A, 4, Some(1), None),
        ];
        let acts = after(&told[..3]);
        assert_eq!(acts.oldest(&[6; 16]), Some(Claim { since: Position(1), stream: A }));
        assert_eq!(acts.taken_back(&LABEL), None, "one of the two stands");
        let acts = after(&told);
        assert_eq!(owner(&acts, 6), None);
        assert_eq!(acts.taken_back(&LABEL), Some(SubjectId([7; 16])));
        assert!(acts.claims.is_empty());
    }

    #[test]
    fn a_retraction_of_something_else_or_of_another_stream_changes_nothing() {
        let mut acts = after(&[act(A, 1, None, Some(5))]);
        assert!(!acts.note(act(A, 2, Some(8), None), Position(2)));
        assert!(!acts.note(act(B, 3, Some(1), None), Position(3)));
        assert_eq!(owner(&acts, 5), Some(A));
        assert_eq!(acts.acts.len(), 1);
    }
}
