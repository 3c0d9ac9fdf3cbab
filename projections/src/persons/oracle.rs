//! The view against the same rules over maps in memory, which keep everything.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::found::SearchKey;
use super::log::{Entry, SourceTag};
use super::matching::{Decision, Member, classes};
use super::state::MOST_BEARERS;
use super::{INDEX, Persons, PersonsError};
use crate::headcount::{Partition, PersonGroup, PersonGroups};
use crate::source::PersonKeys;
use domain::ids::{Position, StreamKey};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::path::Path;

type Key = [u8; 16];

/// What a key of a statement proves: by an INE, or by names and a birth date.
const PROOFS: [fn(&PersonKeys) -> Option<Key>; 2] =
    [|keys| keys.ine, |keys| keys.names_and_birth.filter(|_| !keys.first_of_january)];

#[derive(Default)]
struct Stream {
    source: SourceTag,
    statements: Vec<(Position, PersonKeys)>,
    decisions: Vec<Decision>,
}

#[derive(Default)]
struct Oracle {
    streams: BTreeMap<StreamKey, Stream>,
    /// Everyone who ever stated a key, in the order in which they did first.
    bearers: [BTreeMap<Key, Vec<(StreamKey, Position)>>; 2],
    /// Everyone who ever stated an INE, names, an e-mail address, whatever it proves.
    stating: [BTreeMap<Key, BTreeSet<StreamKey>>; 3],
}

impl Oracle {
    fn add(&mut self, entry: Entry) {
        match entry {
            Entry::Stated { position, stream, source, keys } => {
                let of = self.streams.entry(stream).or_default();
                if of.statements.is_empty() {
                    of.source = source;
                }
                of.statements.push((position, keys));
                for (key, stating) in
                    [keys.ine, keys.names_and_birth].into_iter().zip(&mut self.stating)
                {
                    if let Some(key) = key {
                        stating.entry(key).or_default().insert(stream);
                    }
                }
                for (proof, bearers) in PROOFS.iter().zip(&mut self.bearers) {
                    let Some(key) = proof(&keys) else { continue };
                    let bearers = bearers.entry(key).or_default();
                    if bearers.iter().all(|(bearer, _)| *bearer != stream) {
                        bearers.push((stream, position));
                    }
                }
            }
            Entry::Decided { position, pair: [one, other], linked } => {
                for (from, with) in [(one, other), (other, one)] {
                    let decision = Decision { position, with, linked };
                    self.streams.entry(from).or_default().decisions.push(decision);
                }
            }
            Entry::Reached { stream, email, .. } => {
                self.stating[2].entry(email).or_default().insert(stream);
            }
        }
    }

    fn stated(&self, stream: StreamKey) -> PersonKeys {
        let last = self.streams.get(&stream).and_then(|of| of.statements.last());
        last.map(|(_, keys)| *keys).unwrap_or_default()
    }

    fn proofs(&self, stream: StreamKey) -> impl Iterator<Item = (usize, Key, Position)> {
        self.streams.get(&stream).into_iter().flat_map(|of| &of.statements).flat_map(
            |(position, keys)| {
                let proofs = PROOFS.iter().enumerate();
                proofs.filter_map(|(n, proof)| Some((n, proof(keys)?, *position)))
            },
        )
    }

    fn may_have_company(&self, stream: StreamKey) -> bool {
        let shared = |(n, key, _): (usize, Key, Position)| self.bearers[n][&key].len() > 1;
        self.proofs(stream).any(shared)
            || self.streams.get(&stream).is_some_and(|of| !of.decisions.is_empty())
    }

    fn reach(&self, from: StreamKey, up_to: Position) -> BTreeSet<StreamKey> {
        let mut members = BTreeSet::new();
        let mut waiting = vec![from];
        while let Some(stream) = waiting.pop() {
            if !members.insert(stream) {
                continue;
            }
            for (n, key, _) in self.proofs(stream).filter(|(.., position)| *position <= up_to) {
                let bearers = self.bearers[n][&key].iter().take(MOST_BEARERS + 1);
                let known: Vec<_> = bearers.filter(|(_, since)| *since <= up_to).collect();
                if known.iter().any(|(bearer, _)| *bearer == stream) {
                    waiting.extend(known.iter().map(|(bearer, _)| *bearer));
                }
            }
            let decisions = self.streams.get(&stream).into_iter().flat_map(|of| &of.decisions);
            waiting.extend(decisions.filter(|d| d.position <= up_to).map(|d| d.with));
        }
        members
    }

    fn partition(&self, members: &BTreeSet<StreamKey>, at: Position) -> Vec<Vec<StreamKey>> {
        let members = members.iter().map(|stream| {
            let of = &self.streams[stream];
            let stated = of.statements.iter().rev().find(|(position, _)| *position <= at);
            let keys = stated.map(|(_, keys)| *keys).unwrap_or_default();
            let worth = |n: usize| {
                let key = PROOFS[n](&keys)?;
                let worthless = self.bearers[n][&key].get(MOST_BEARERS);
                worthless.is_none_or(|(_, from)| at < *from).then_some(key)
            };
            let decisions = of.decisions.iter().filter(|d| d.position <= at);
            Member {
                stream: *stream,
                source: of.source,
                stated_names: keys.names_and_birth,
                ine: worth(0),
                verified_ine: keys.ine,
                names: worth(1),
                decisions: decisions.copied().collect(),
            }
        });
        classes(members.collect())
    }

    fn group(&self, stream: StreamKey, at: Position) -> Vec<StreamKey> {
        if !self.streams.contains_key(&stream) {
            return vec![stream];
        }
        let mut classes = self.partition(&self.reach(stream, at), at).into_iter();
        classes.find(|class| class.contains(&stream)).unwrap_or_else(|| vec![stream])
    }

    /// Looks at every position: what changed is seen.
    fn history(&self, stream: StreamKey, up_to: Position) -> PersonGroup {
        let members = self.reach(stream, up_to);
        let mut history: Vec<Partition> = Vec::new();
        if members.len() > 1 {
            for from in (1..=up_to.0).map(Position) {
                let classes = self.partition(&members, from);
                if history.last().map_or(!classes.is_empty(), |last| last.classes != classes) {
                    history.push(Partition { from, classes });
                }
            }
        }
        PersonGroup { members: members.into_iter().collect(), history }
    }
}

/// A view, the oracle, and what they have in common.
struct Both {
    folder: tempfile::TempDir,
    in_memory: u32,
    view: Option<Persons>,
    oracle: Oracle,
    position: Position,
}

/// Few dossiers, so that they meet.
const STREAMS: u8 = 40;

fn stream(n: u8) -> StreamKey {
    StreamKey([n % STREAMS; 16])
}

impl Both {
    fn new(in_memory: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let view = Some(Persons::open_with(folder.path(), in_memory).unwrap());
        Self { folder, in_memory, view, oracle: Oracle::default(), position: Position(0) }
    }

    fn view(&self) -> &Persons {
        self.view.as_ref().unwrap()
    }

    fn add(&mut self, acts: &[Act]) {
        let mut entries = Vec::new();
        for act in acts {
            self.position.0 += 1;
            entries.extend(act.entry(self.position));
        }
        self.view().add(&entries, self.position).unwrap();
        entries.into_iter().for_each(|entry| self.oracle.add(entry));
    }

    /// The tables are written when it has been closed.
    fn open_again(&mut self) {
        drop(self.view.take());
        self.view = Some(Persons::open_with(self.folder.path(), self.in_memory).unwrap());
    }

    /// The view knows nothing any more.
    fn forget(&mut self) {
        (self.oracle, self.position) = (Oracle::default(), Position(0));
    }

    fn must_agree(&self, at: Position) {
        assert_eq!(self.view().position(), self.position);
        for stream in (0..=STREAMS).map(|n| StreamKey([n; 16])) {
            let (view, oracle) = (self.view(), &self.oracle);
            assert_eq!(view.group(stream, at).unwrap(), oracle.group(stream, at));
            assert_eq!(view.group_of(stream, at).unwrap(), oracle.history(stream, at));
            let company = view.state().in_company(stream).unwrap();
            assert_eq!(company, oracle.may_have_company(stream));
            assert_eq!(view.state().stated(stream).unwrap(), oracle.stated(stream));
        }
        for key in (0..30).map(|n| [n; 16]) {
            let searches = [SearchKey::Ine(key), SearchKey::Names(key), SearchKey::Email(key)];
            for (by, stating) in searches.into_iter().zip(&self.oracle.stating) {
                let (found, more) = self.view().bearing(by, usize::from(STREAMS)).unwrap();
                assert!(!more);
                let found: BTreeSet<_> = found.into_iter().collect();
                assert_eq!(found, stating.get(&key).cloned().unwrap_or_default(), "{by:?}");
            }
        }
    }

    fn tables(&self) -> usize {
        tables_of(self.folder.path()).len()
    }
}

fn tables_of(folder: &Path) -> Vec<std::path::PathBuf> {
    let listed = std::fs::read_dir(folder.join(INDEX)).unwrap().map(|entry| entry.unwrap().path());
    let mut tables: Vec<_> = listed.filter(|path| path.extension().unwrap() == "table").collect();
    tables.sort_unstable();
    tables
}

/// What happens at a position, as numbers.
#[derive(Debug, Clone, Copy)]
struct Act {
    kind: u8,
    stream: u8,
    other: u8,
    ine: u8,
    names: u8,
}

impl Act {
    fn entry(self, position: Position) -> Option<Entry> {
        let key = |n: u8| (n > 0).then_some([n; 16]);
        let (one, other) = (stream(self.stream), stream(self.other));
        match self.kind {
            0 if one != other => {
                let pair = [one.min(other), one.max(other)];
                Some(Entry::Decided { position, pair, linked: self.ine.is_multiple_of(2) })
            }
            // Events that say nothing of persons.
            0 => None,
            1 if self.ine == 0 => None,
            1 => Some(Entry::Reached { position, stream: one, email: [self.ine; 16] }),
            _ => {
                let keys = PersonKeys {
                    ine: key(self.ine),
                    names_and_birth: key(self.names),
                    first_of_january: self.kind == 2,
                };
                let source = SourceTag::from(self.other % 3);
                Some(Entry::Stated { position, stream: one, source, keys })
            }
        }
    }
}

/// Mostly keys of few; now and then one that many bear.
fn act() -> impl Strategy<Value = Act> {
    let key = || prop_oneof![3 => 0_u8..12, 1 => Just(1)];
    let acts = (0_u8..24, any::<u8>(), any::<u8>(), key(), key());
    acts.prop_map(|(kind, stream, other, ine, names)| Act { kind, stream, other, ine, names })
}

/// The same acts each time, with keys that few share, and one that soon all do.
fn acts(from: u32, count: u32) -> Vec<Act> {
    let drawn = |n: u32| n.wrapping_mul(2_654_435_761) >> 16;
    (from..from + count)
        .map(|n| Act {
            kind: (drawn(n) % 20) as u8,
            stream: (drawn(n + 1) % 251) as u8,
            other: (drawn(n + 2) % 251) as u8,
            ine: (drawn(n + 3) % 30) as u8,
            names: (drawn(n + 4) % 9) as u8,
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn tables_and_records_say_what_memory_would(
        batches in prop::collection::vec((prop::collection::vec(act(), 0..20), any::<bool>()), 1..6),
        in_memory in 1_u32..20,
        cut in 0.0..1.0_f64,
    ) {
        let mut both = Both::new(in_memory);
        for (acts, again) in &batches {
            both.add(acts);
            if *again {
                both.open_again();
            }
            both.must_agree(both.position);
        }
        both.must_agree(Position((both.position.0 as f64 * cut) as u64));
        both.open_again();
        both.must_agree(both.position);
    }
}

#[test]
fn many_tables_are_merged_and_say_the_same() {
    let mut both = Both::new(4);
    for round in 0..80 {
        both.add(&acts(7 * round, 7));
    }
    both.must_agree(both.position);
    both.open_again();
    assert!((2..20).contains(&both.tables()), "{} tables of about 70", both.tables());
    for at in [100, 300, 560].map(Position) {
        both.must_agree(at);
    }
}

#[test]
fn what_is_missing_or_damaged_or_of_others_is_made_again() {
    let mut other = Both::new(4);
    other.add(&acts(1_000, 60));
    other.open_again();
    let foreign = tables_of(other.folder.path());
    let mut both = Both::new(4);
    both.add(&acts(0, 60));
    type Harm<'a> = &'a dyn Fn(&Path);
    let harms: [Harm<'_>; 4] = [
        &|folder| std::fs::remove_dir_all(folder.join(INDEX)).unwrap(),
        &|folder| drop(std::fs::remove_file(&tables_of(folder)[0])),
        &|folder| damage(&tables_of(folder)[0], 0),
        &|folder| {
            for table in &foreign {
                std::fs::copy(table, folder.join(INDEX).join(table.file_name().unwrap())).unwrap();
            }
        },
    ];
    for harm in harms {
        both.open_again();
        drop(both.view.take());
        harm(both.folder.path());
        both.open_again();
        both.must_agree(both.position);
        both.add(&acts(60, 10));
        both.must_agree(both.position);
    }
}

/// Changes a bit of a page of a file.
fn damage(path: &Path, page: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[page * 4096 + 20] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_table_that_is_damaged_while_it_is_asked_stops_the_view_until_a_restart() {
    let mut both = Both::new(4);
    both.add(&acts(0, 60));
    both.open_again();
    let table = &tables_of(both.folder.path())[0];
    damage(table, 1);
    let asked = (0..STREAMS).map(|n| both.view().group(stream(n), both.position));
    let error = asked.filter_map(Result::err).next().unwrap();
    assert!(matches!(error, PersonsError::Index(_)), "{error}");
    assert!(error.to_string().contains("restart the server"), "{error}");
    both.open_again();
    both.must_agree(both.position);
}

#[test]
fn a_record_that_is_damaged_rebuilds_the_view_at_the_next_opening() {
    let mut both = Both::new(4);
    both.add(&acts(0, 60));
    drop(both.view.take());
    damage(&both.folder.path().join("persons.records"), 0);
    both.open_again();
    assert_eq!(both.view().position(), both.position, "no opening reads what has a table");
    let asked = (0..STREAMS).map(|n| both.view().group(stream(n), both.position));
    let error = asked.filter_map(Result::err).next().unwrap();
    assert!(matches!(error, PersonsError::Damaged(1)), "{error}");
    let more = both.view().add(&[], Position(61)).unwrap_err();
    assert!(matches!(more, PersonsError::Damaged(1)), "the checkpoint must not come back: {more}");
    both.open_again();
    assert_eq!(both.view().position(), Position(0));
    both.forget();
    both.add(&acts(0, 60));
    both.must_agree(both.position);
}

#[test]
fn tables_that_find_no_room_are_written_when_there_is_some() {
    let mut both = Both::new(4);
    let making = both.folder.path().join(INDEX).join("table.making");
    symlink("/dev/full", &making).unwrap();
    for from in [0, 10] {
        both.add(&acts(from, 10));
        both.must_agree(both.position);
    }
    both.open_again();
    assert!(both.tables() > 0 && std::fs::symlink_metadata(&making).is_err());
    both.must_agree(both.position);
}

#[test]
fn a_view_that_is_cleared_knows_nothing_and_begins_again() {
    let mut both = Both::new(4);
    both.add(&acts(0, 60));
    let in_the_way = both.folder.path().join("persons.new");
    std::fs::create_dir(&in_the_way).unwrap();
    both.view().clear().unwrap_err();
    let half = both.view().add(&[], Position(61)).unwrap_err();
    assert!(matches!(half, PersonsError::HalfCleared), "{half}");
    std::fs::remove_dir(in_the_way).unwrap();
    both.view().clear().unwrap();
    both.forget();
    both.must_agree(Position(60));
    both.add(&acts(100, 60));
    both.must_agree(both.position);
    both.open_again();
    both.must_agree(both.position);
}
