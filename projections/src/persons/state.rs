//! What the view of persons knows, in memory: found by stream and by key.
//!
//! Each key stands once, in its statement; the tables that find by key hold only
//! ranks, so that a dossier takes about 100 bytes.

use super::log::{Entry, SourceTag};
use super::matching::{Decision, Member, classes};
use crate::files::{KeyHasher, KeyMap, KeySet};
use crate::headcount::{Partition, PersonGroup};
use crate::source::PersonKeys;
use domain::ids::{Position, StreamKey};
use hashbrown::HashTable;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault};

/// Dossiers that may bear one key. A key that more dossiers than this have
/// borne is a default value of some software: from then on it proves nothing.
const MOST_BEARERS: usize = 16;

type Key = [u8; 16];
/// Rank of a stream in [`State::streams`].
type Rank = u32;
/// Rank of a statement in [`State::statements`].
type Said = u32;
/// No statement.
const NOTHING: Said = Said::MAX;

/// An enrolment.
#[derive(Debug, Clone, Copy)]
struct Stream {
    key: StreamKey,
    /// Its last statement.
    last: Said,
    /// The source of its first statement.
    source: SourceTag,
}

/// What a stream stated from a position on.
#[derive(Debug, Clone, Copy)]
struct Statement {
    ine: Key,
    names: Key,
    /// The position, and in the three lowest bits which keys there are and
    /// whether the learner is born on a 1 January.
    stamp: u64,
    stream: Rank,
    /// The statement before it of the same stream.
    before: Said,
}

impl Statement {
    fn new(position: Position, keys: PersonKeys, stream: Rank, before: Said) -> Self {
        let PersonKeys { ine, names_and_birth, first_of_january } = keys;
        let flags = u64::from(ine.is_some())
            | u64::from(names_and_birth.is_some()) << 1
            | u64::from(first_of_january) << 2;
        let (ine, names) = (ine.unwrap_or_default(), names_and_birth.unwrap_or_default());
        Self { ine, names, stamp: position.0 << 3 | flags, stream, before }
    }

    const fn position(&self) -> Position {
        Position(self.stamp >> 3)
    }

    fn keys(&self) -> PersonKeys {
        PersonKeys {
            ine: self.ine(),
            names_and_birth: (self.stamp & 2 != 0).then_some(self.names),
            first_of_january: self.stamp & 4 != 0,
        }
    }

    fn ine(&self) -> Option<Key> {
        (self.stamp & 1 != 0).then_some(self.ine)
    }

    fn proof_of_names(&self) -> Option<Key> {
        proof_of_names(&self.keys())
    }
}

/// Who has borne a key. The first bearer is kept apart: most keys have one.
#[derive(Debug)]
struct Bearers {
    /// The key that a statement proves somebody by.
    proof: fn(&Statement) -> Option<Key>,
    /// The first statement of each key.
    first: HashTable<Said>,
    others: KeyMap<Key, Vec<(Rank, Position)>>,
}

/// Everything known.
#[derive(Debug)]
pub(super) struct State {
    streams: Vec<Stream>,
    ranks: HashTable<Rank>,
    statements: Vec<Statement>,
    by_ine: Bearers,
    by_names: Bearers,
    decisions: KeyMap<Rank, Vec<Decision>>,
    company: KeySet<Rank>,
}

fn hash_of(key: &Key) -> u64 {
    BuildHasherDefault::<KeyHasher>::default().hash_one(key)
}

impl Bearers {
    fn by(proof: fn(&Statement) -> Option<Key>) -> Self {
        Self { proof, first: HashTable::new(), others: KeyMap::default() }
    }

    fn first(&self, key: &Key, statements: &[Statement]) -> Option<Rank> {
        let is_of_key = |said: &Said| (self.proof)(&statements[*said as usize]) == Some(*key);
        self.first.find(hash_of(key), is_of_key).map(|said| statements[*said as usize].stream)
    }

    /// Adds the bearer of a statement; gives back the first one when there are two or more.
    fn add(&mut self, said: Said, statements: &[Statement]) -> Option<Rank> {
        let statement = &statements[said as usize];
        let (proof, rank) = (self.proof, statement.stream);
        let key = proof(statement)?;
        let Some(first) = self.first(&key, statements) else {
            let hash = |said: &Said| proof(&statements[*said as usize]).map_or(0, |k| hash_of(&k));
            self.first.insert_unique(hash_of(&key), said, hash);
            return None;
        };
        if first == rank {
            return None;
        }
        let others = self.others.entry(key).or_default();
        if others.len() < MOST_BEARERS && others.iter().all(|(other, _)| *other != rank) {
            others.push((rank, statement.position()));
        }
        Some(first)
    }

    /// Those who bore the key up to a position while it still proved something, and
    /// the one who made it worthless: who reads that dossier has the others to part.
    fn of(
        &self,
        key: &Key,
        up_to: Position,
        statements: &[Statement],
    ) -> impl Iterator<Item = Rank> {
        let others = self.others.get(key).map_or(&[][..], Vec::as_slice);
        let known = others.iter().filter(move |(_, position)| *position <= up_to);
        self.first(key, statements).into_iter().chain(known.map(|(rank, _)| *rank))
    }

    /// When the key became worthless, if it did.
    fn worthless_from(&self, key: &Key) -> Option<Position> {
        self.others.get(key)?.get(MOST_BEARERS - 1).map(|(_, position)| *position)
    }
}

impl Default for State {
    fn default() -> Self {
        Self {
            streams: Vec::new(),
            ranks: HashTable::new(),
            statements: Vec::new(),
            by_ine: Bearers::by(Statement::ine),
            by_names: Bearers::by(Statement::proof_of_names),
            decisions: KeyMap::default(),
            company: KeySet::default(),
        }
    }
}

impl State {
    fn known(&self, stream: StreamKey) -> Option<Rank> {
        let is_it = |rank: &Rank| self.streams[*rank as usize].key == stream;
        self.ranks.find(hash_of(&stream.0), is_it).copied()
    }

    fn rank(&mut self, stream: StreamKey) -> Rank {
        if let Some(rank) = self.known(stream) {
            return rank;
        }
        let rank = self.streams.len() as Rank;
        self.streams.push(Stream { key: stream, last: NOTHING, source: 0 });
        let hash = |rank: &Rank| hash_of(&self.streams[*rank as usize].key.0);
        self.ranks.insert_unique(hash_of(&stream.0), rank, hash);
        rank
    }

    /// What a stream stated last.
    pub(super) fn stated(&self, stream: StreamKey) -> PersonKeys {
        let stated = self.known(stream).and_then(|rank| self.keys_at(rank, Position(u64::MAX)));
        stated.unwrap_or_default()
    }

    pub(super) fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Stated { position, stream, source, keys } => {
                let (rank, said) = (self.rank(stream), self.statements.len() as Said);
                let stream = &mut self.streams[rank as usize];
                let before = std::mem::replace(&mut stream.last, said);
                if before == NOTHING {
                    stream.source = source;
                }
                self.statements.push(Statement::new(position, keys, rank, before));
                let bearers = [&mut self.by_ine, &mut self.by_names];
                let firsts = bearers.map(|bearers| bearers.add(said, &self.statements));
                for first in firsts.into_iter().flatten() {
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
        self.in_company(stream).is_some()
    }

    fn in_company(&self, stream: StreamKey) -> Option<Rank> {
        self.known(stream).filter(|rank| self.company.contains(rank))
    }

    pub(super) fn group(&self, stream: StreamKey, at: Position) -> Vec<StreamKey> {
        let alone = vec![stream];
        let Some(rank) = self.in_company(stream) else { return alone };
        let members = self.reach(rank, at);
        let class = self.partition(&members, at).into_iter().find(|class| class.contains(&stream));
        class.unwrap_or(alone)
    }

    pub(super) fn history(&self, stream: StreamKey, up_to: Position) -> PersonGroup {
        let alone = PersonGroup { members: vec![stream], history: Vec::new() };
        let Some(rank) = self.in_company(stream) else { return alone };
        let members = self.reach(rank, up_to);
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
            members.iter().map(|m| self.streams[*m as usize].key).collect();
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
        for statement in self.statements_of(rank).filter(|s| s.position() <= up_to) {
            for bearers in [&self.by_ine, &self.by_names] {
                let Some(key) = (bearers.proof)(statement) else { continue };
                let ranks: Vec<Rank> = bearers.of(&key, up_to, &self.statements).collect();
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
                changes.insert(statement.position());
                for bearers in [&self.by_ine, &self.by_names] {
                    let key = (bearers.proof)(statement);
                    changes.extend(key.and_then(|key| bearers.worthless_from(&key)));
                }
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
                    stream: self.streams[*rank as usize].key,
                    source: self.streams[*rank as usize].source,
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
        self.statements_of(rank).find(|s| s.position() <= at).map(Statement::keys)
    }

    /// The statements of a stream, newest first.
    fn statements_of(&self, rank: Rank) -> impl Iterator<Item = &Statement> {
        let get = |said: Said| self.statements.get(said as usize);
        let last = self.streams.get(rank as usize).and_then(|stream| get(stream.last));
        std::iter::successors(last, move |statement| get(statement.before))
    }
}

/// Names and birth date, when they prove something: never on a 1 January.
fn proof_of_names(keys: &PersonKeys) -> Option<Key> {
    keys.names_and_birth.filter(|_| !keys.first_of_january)
}
