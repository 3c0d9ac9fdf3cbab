//! What the view of persons knows, in memory: found by stream and by key.

use super::log::{Entry, SourceTag};
use super::matching::{Decision, Member, classes};
use crate::files::{KeyMap, KeySet};
use crate::headcount::{Partition, PersonGroup};
use crate::source::PersonKeys;
use domain::ids::{Position, StreamKey};
use std::collections::BTreeSet;

/// Dossiers that may bear one key. A key that more dossiers than this have
/// borne is a default value of some software: from then on it proves nothing.
const MOST_BEARERS: usize = 16;

type Key = [u8; 16];
/// Rank of a stream in [`State::streams`].
type Rank = u32;

/// What a stream stated from a position on.
#[derive(Debug, Clone, Copy)]
struct Statement {
    position: Position,
    keys: PersonKeys,
    /// The statement before it of the same stream.
    before: Option<u32>,
}

/// Who has borne a key. The first bearer is kept apart: most keys have one.
#[derive(Debug, Default)]
struct Bearers {
    first: KeyMap<Key, Rank>,
    others: KeyMap<Key, Vec<(Rank, Position)>>,
}

/// Everything known.
#[derive(Debug, Default)]
pub(super) struct State {
    streams: Vec<StreamKey>,
    ranks: KeyMap<StreamKey, Rank>,
    /// The last statement of each stream, by rank.
    last: Vec<Option<u32>>,
    /// The source of each stream, that of its first statement, by rank.
    sources: Vec<SourceTag>,
    statements: Vec<Statement>,
    by_ine: Bearers,
    by_names: Bearers,
    decisions: KeyMap<Rank, Vec<Decision>>,
    company: KeySet<Rank>,
}

impl Bearers {
    /// Adds a bearer; gives back the first one when there are two or more.
    fn add(&mut self, key: Key, rank: Rank, position: Position) -> Option<Rank> {
        let first = *self.first.entry(key).or_insert(rank);
        if first == rank {
            return None;
        }
        let others = self.others.entry(key).or_default();
        if others.len() < MOST_BEARERS && others.iter().all(|(other, _)| *other != rank) {
            others.push((rank, position));
        }
        Some(first)
    }

    /// Those who bore the key up to a position while it still proved something, and
    /// the one who made it worthless: who reads that dossier has the others to part.
    fn of(&self, key: &Key, up_to: Position) -> impl Iterator<Item = Rank> {
        let others = self.others.get(key).map_or(&[][..], Vec::as_slice);
        let known = others.iter().filter(move |(_, position)| *position <= up_to);
        self.first.get(key).copied().into_iter().chain(known.map(|(rank, _)| *rank))
    }

    /// When the key became worthless, if it did.
    fn worthless_from(&self, key: &Key) -> Option<Position> {
        self.others.get(key)?.get(MOST_BEARERS - 1).map(|(_, position)| *position)
    }
}

impl State {
    fn rank(&mut self, stream: StreamKey) -> Rank {
        if let Some(rank) = self.ranks.get(&stream) {
            return *rank;
        }
        let rank = self.streams.len() as Rank;
        self.streams.push(stream);
        self.last.push(None);
        self.sources.push(0);
        self.ranks.insert(stream, rank);
        rank
    }

    /// Whether an entry says something new.
    pub(super) fn is_new(&self, entry: &Entry) -> bool {
        let Entry::Stated { stream, keys, .. } = entry else { return true };
        let before =
            self.ranks.get(stream).and_then(|rank| self.keys_at(*rank, Position(u64::MAX)));
        before.unwrap_or_default() != *keys
    }

    pub(super) fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Stated { position, stream, source, keys } => {
                let rank = self.rank(stream);
                let before = self.last[rank as usize].replace(self.statements.len() as u32);
                if before.is_none() {
                    self.sources[rank as usize] = source;
                }
                self.statements.push(Statement { position, keys, before });
                let ine = keys.ine.and_then(|key| self.by_ine.add(key, rank, position));
                let names =
                    proof_of_names(&keys).and_then(|key| self.by_names.add(key, rank, position));
                for first in [ine, names].into_iter().flatten() {
                    self.company.extend([first, rank]);
                }
            }
            Entry::Decided { position, pair, linked } => {
                let [one, other] = pair.map(|stream| self.rank(stream));
                for (from, to) in [(one, other), (other, one)] {
                    let decision = Decision { position, with: to, linked };
                    self.decisions.entry(from).or_default().push(decision);
                }
                self.company.extend([one, other]);
            }
        }
    }

    pub(super) fn may_have_company(&self, stream: StreamKey) -> bool {
        self.ranks.get(&stream).is_some_and(|rank| self.company.contains(rank))
    }

    pub(super) fn group(&self, stream: StreamKey, at: Position) -> Vec<StreamKey> {
        let alone = vec![stream];
        let Some(rank) = self.ranks.get(&stream).filter(|rank| self.company.contains(rank)) else {
            return alone;
        };
        let members = self.reach(*rank, at);
        let class = self.partition(&members, at).into_iter().find(|class| class.contains(&stream));
        class.unwrap_or(alone)
    }

    pub(super) fn history(&self, stream: StreamKey, up_to: Position) -> PersonGroup {
        let alone = PersonGroup { members: vec![stream], history: Vec::new() };
        let Some(rank) = self.ranks.get(&stream).filter(|rank| self.company.contains(rank)) else {
            return alone;
        };
        let members = self.reach(*rank, up_to);
        if members.len() == 1 {
            return alone;
        }
        let mut history: Vec<Partition> = Vec::new();
        for from in self.changes(&members, up_to) {
            let classes = self.partition(&members, from);
            if history.last().map_or(!classes.is_empty(), |last| last.classes != classes) {
                history.push(Partition { from, classes });
            }
        }
        let mut members: Vec<StreamKey> =
            members.iter().map(|m| self.streams[*m as usize]).collect();
        members.sort_unstable();
        PersonGroup { members, history }
    }

    /// Everyone ever joined to a stream by a key or a decision, directly or not.
    fn reach(&self, from: Rank, up_to: Position) -> BTreeSet<Rank> {
        let mut members = BTreeSet::from([from]);
        let mut waiting = vec![from];
        while let Some(rank) = waiting.pop() {
            for other in self.neighbours(rank, up_to) {
                if members.insert(other) {
                    waiting.push(other);
                }
            }
        }
        members
    }

    fn neighbours(&self, rank: Rank, up_to: Position) -> BTreeSet<Rank> {
        let mut found = BTreeSet::new();
        for statement in self.statements_of(rank).filter(|s| s.position <= up_to) {
            let proofs = [
                (&self.by_ine, statement.keys.ine),
                (&self.by_names, proof_of_names(&statement.keys)),
            ];
            for (bearers, key) in proofs {
                let Some(key) = key else { continue };
                let ranks: Vec<Rank> = bearers.of(&key, up_to).collect();
                if ranks.contains(&rank) {
                    found.extend(ranks);
                }
            }
        }
        let decided = self.decisions.get(&rank).into_iter().flatten();
        found.extend(decided.filter(|d| d.position <= up_to).map(|d| d.with));
        found
    }

    /// Every position at which the persons among the members may change.
    fn changes(&self, members: &BTreeSet<Rank>, up_to: Position) -> BTreeSet<Position> {
        let mut changes = BTreeSet::new();
        for rank in members {
            for statement in self.statements_of(*rank) {
                changes.insert(statement.position);
                let ine = statement.keys.ine.and_then(|k| self.by_ine.worthless_from(&k));
                let names =
                    proof_of_names(&statement.keys).and_then(|k| self.by_names.worthless_from(&k));
                changes.extend(ine.into_iter().chain(names));
            }
            changes.extend(self.decisions.get(rank).into_iter().flatten().map(|d| d.position));
        }
        changes.retain(|position| *position <= up_to);
        changes
    }

    /// The persons among the members at a position: classes of two or more, sorted.
    fn partition(&self, members: &BTreeSet<Rank>, at: Position) -> Vec<Vec<StreamKey>> {
        let worth = |bearers: &Bearers, key: Option<Key>| {
            key.filter(|key| bearers.worthless_from(key).is_none_or(|from| at < from))
        };
        let members: Vec<Member> = members
            .iter()
            .map(|rank| {
                let keys = self.keys_at(*rank, at).unwrap_or_default();
                let decided = self.decisions.get(rank).into_iter().flatten();
                Member {
                    rank: *rank,
                    stream: self.streams[*rank as usize],
                    source: self.sources[*rank as usize],
                    stated_names: keys.names_and_birth,
                    ine: worth(&self.by_ine, keys.ine),
                    verified_ine: keys.ine,
                    names: worth(&self.by_names, proof_of_names(&keys)),
                    decisions: decided.filter(|d| d.position <= at).copied().collect(),
                }
            })
            .collect();
        classes(members)
    }

    fn keys_at(&self, rank: Rank, at: Position) -> Option<PersonKeys> {
        self.statements_of(rank).find(|s| s.position <= at).map(|s| s.keys)
    }

    /// The statements of a stream, newest first.
    fn statements_of(&self, rank: Rank) -> impl Iterator<Item = &Statement> {
        let last = self.last.get(rank as usize).copied().flatten();
        let get = |index: u32| self.statements.get(index as usize);
        std::iter::successors(last.and_then(get), move |s| s.before.and_then(get))
    }
}

/// Names and birth date, when they prove something: never on a 1 January.
fn proof_of_names(keys: &PersonKeys) -> Option<Key> {
    keys.names_and_birth.filter(|_| !keys.first_of_january)
}
