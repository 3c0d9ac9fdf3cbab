//! A store of realistic contents that faults damage, and what is true of it.

use super::heard;
use super::layout::{Group, groups};
use super::script::{self, Script};
use crate::common::folder;
use domain::ids::{Position, StreamId};
use ledger::fsck::fsck;
use ledger::journal::{Journal, ReadError};
use ledger::record::StoredRecord;
use ledger::{Ledger, LedgerError, Recorded};
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::task::JoinSet;

/// Rows in flight while the store is filled: some groups hold several requests.
const IN_FLIGHT: usize = 16;
/// Records of one read.
const READ: usize = 1_000;

/// A store, as it was before anything was damaged.
pub struct Store {
    /// Where it is.
    pub data: PathBuf,
    segment: u64,
    /// Each file, by its path in the folder.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// By segment file, its groups.
    pub groups: BTreeMap<PathBuf, Vec<Group>>,
    /// The log, in order.
    pub records: Vec<StoredRecord>,
    /// The same with its sealed values open.
    opened: Vec<Recorded>,
    _outer: tempfile::TempDir,
}

/// The folders of indexes: what is there may be lost.
const DERIVED: &[&str] = &["log/index", "log/lookups", "keys/index"];

/// Whether a file is made again when it is lost.
pub fn is_derived(path: &Path) -> bool {
    DERIVED.iter().any(|folder| path.starts_with(folder))
}

/// What a damaged store showed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Records served that are not what was written.
    pub wrong: usize,
    /// Records not served, and nobody said so.
    pub hidden: usize,
    /// Records not served, and an error or a warning named where.
    pub reported: usize,
}

impl Store {
    /// Fills a store until its log has so many bytes of records.
    pub fn fill(seed: u64, apprentices: u32, segment: u64, bytes: usize) -> Self {
        let outer = tempfile::tempdir().unwrap();
        let data = outer.path().join("data");
        let script = Arc::new(Script::whole(seed, apprentices));
        let ledger = Arc::new(script::open(&data, segment).unwrap());
        let runtime = script::runtime();
        let mut rows = 0..script.len();
        // The estimate needs no reading: segments that are full, and one that is not.
        while used(&data.join("log")) < bytes {
            let mut sending = JoinSet::new();
            for row in rows.by_ref().take(IN_FLIGHT) {
                let (script, ledger) = (Arc::clone(&script), Arc::clone(&ledger));
                sending.spawn_on(
                    async move { script.send(&ledger, row).await.map(drop) },
                    runtime.handle(),
                );
            }
            assert!(!sending.is_empty(), "{apprentices} apprentices do not fill {bytes} bytes");
            runtime.block_on(sending.join_all()).into_iter().collect::<Result<(), _>>().unwrap();
        }
        let records = all(&ledger);
        let opened = opened(&ledger).unwrap();
        drop(Arc::into_inner(ledger).unwrap());
        // Once more, so that what an opening settles is settled.
        drop(script::open(&data, segment).unwrap());
        let files = files(&data);
        let segments = files.iter().filter(|(path, _)| is_segment(path));
        let groups = segments.map(|(path, bytes)| (path.clone(), groups(bytes))).collect();
        Self { data, segment, files, groups, records, opened, _outer: outer }
    }

    /// The same in a folder of its own.
    pub fn twin(&self) -> Self {
        let outer = tempfile::tempdir().unwrap();
        let data = outer.path().join("data");
        for path in self.files.keys() {
            std::fs::create_dir_all(data.join(path).parent().unwrap()).unwrap();
        }
        let twin = Self {
            data,
            segment: self.segment,
            files: self.files.clone(),
            groups: self.groups.clone(),
            records: self.records.clone(),
            opened: self.opened.clone(),
            _outer: outer,
        };
        twin.files.iter().for_each(|(path, bytes)| twin.write(path, bytes));
        twin
    }

    /// The newest segment file.
    pub fn last_segment(&self) -> &Path {
        self.groups.keys().next_back().unwrap()
    }

    /// The used bytes of a file: a segment's zeros at its end are not.
    pub fn used(&self, path: &Path) -> usize {
        let all = self.files[path].len();
        self.groups.get(path).map_or(all, |groups| groups.last().map_or(0, |g| g.bytes.end))
    }

    /// Positions of the records that have bytes in a part of a file.
    pub fn records_in(&self, path: &Path, part: &Range<usize>) -> Vec<u64> {
        let groups = self.groups.get(path).into_iter().flatten();
        let records = groups.flat_map(|group| &group.records);
        let inside = records.filter(|(_, at)| at.start < part.end && part.start < at.end);
        inside.map(|(position, _)| *position).collect()
    }

    /// Replaces a file.
    pub fn write(&self, path: &Path, bytes: &[u8]) {
        std::fs::write(self.data.join(path), bytes).unwrap();
    }

    /// Puts everything back as it was.
    pub fn restore(&self) {
        for (path, bytes) in files(&self.data) {
            match self.files.get(&path) {
                None => std::fs::remove_file(self.data.join(&path)).unwrap(),
                Some(before) if *before != bytes => self.write(&path, before),
                Some(_) => {}
            }
        }
        for (path, bytes) in &self.files {
            if !self.data.join(path).exists() {
                self.write(path, bytes);
            }
        }
    }

    /// Opens it.
    ///
    /// # Errors
    /// What the ledger says.
    pub fn open(&self) -> Result<Ledger, LedgerError> {
        script::open(&self.data, self.segment)
    }

    /// Opens the damaged store and reads everything that it shows.
    ///
    /// `decode` says whether sealed values are opened and streams asked too.
    pub fn show(&self, decode: bool) -> Shown {
        let (opened, heard) = heard::while_doing(|| self.open());
        match opened {
            Err(error) => {
                must_name_a_place(&error.to_string());
                Shown { reported: self.records.len(), ..Shown::default() }
            }
            Ok(ledger) => self.read(&ledger, &heard, decode),
        }
    }

    fn read(&self, ledger: &Ledger, heard: &str, decode: bool) -> Shown {
        let mut shown = Shown::default();
        let head = ledger.head().position.0;
        let count = self.records.len() as u64;
        shown.wrong += usize::try_from(head.saturating_sub(count)).unwrap();
        if head < count {
            let missing = usize::try_from(count - head).unwrap();
            let said = heard.contains(&format!("position={head} "));
            *if said { &mut shown.reported } else { &mut shown.hidden } += missing;
        }
        let (mut after, mut limit) = (0, READ);
        while after < head.min(count) {
            match ledger.journal().read_after(Position(after), limit) {
                Ok(records) => {
                    assert!(
                        !records.is_empty(),
                        "nothing is after {after}, and the head is {head}"
                    );
                    let true_ones = &self.records[usize::try_from(after).unwrap()..];
                    let differ = records.iter().zip(true_ones).filter(|(a, b)| a != b);
                    shown.wrong += differ.count();
                    after += records.len() as u64;
                    limit = READ;
                }
                // A page is refused whole: what is before the place is asked again without it.
                Err(ReadError::Damaged { position, .. }) if position.0 > after + 1 => {
                    limit = usize::try_from(position.0 - 1 - after).unwrap();
                }
                Err(_) if limit > 1 => limit = 1,
                Err(error) => {
                    must_be_of(&error, after + 1);
                    shown.reported += 1;
                    after += 1;
                }
            }
        }
        if decode {
            shown.wrong += self.wrongly_decoded(ledger);
        }
        shown
    }

    /// Events and streams that are shown otherwise than they are; an error is none of them.
    fn wrongly_decoded(&self, ledger: &Ledger) -> usize {
        let mut wrong = 0;
        let mut streams: HashMap<StreamId, Vec<u64>> = HashMap::new();
        for recorded in &self.opened {
            streams.entry(recorded.header.stream).or_default().push(recorded.position.0);
            match ledger.read_at(recorded.position, true) {
                Ok(Some(found)) => wrong += usize::from(found != *recorded),
                Ok(None) => wrong += 1,
                Err(error) => must_name_a_place(&error.to_string()),
            }
        }
        let everything = Position(u64::MAX);
        for (stream, positions) in streams {
            match ledger.read_stream(stream, Some(everything), false) {
                Ok(events) => {
                    let found: Vec<u64> = events.iter().map(|event| event.position.0).collect();
                    wrong += usize::from(found != positions);
                }
                Err(error) => must_name_a_place(&error.to_string()),
            }
        }
        wrong
    }

    /// Whether a whole check sees that something is not right.
    pub fn fsck_sees(&self) -> bool {
        folder::once_unlocked(|| match fsck(&self.data) {
            Err(ledger::journal::OpenError::Locked(_)) => None,
            Err(_) => Some(true),
            Ok(report) => Some(!report.is_right() || report.torn || report.keys.damaged > 0),
        })
    }
}

/// A reader learns which record of which file is concerned, or which file.
fn must_name_a_place(error: &str) {
    let places = ["position", ".segment", "keys/", "log/", ".table"];
    assert!(places.iter().any(|place| error.contains(place)), "it names no place: {error}");
}

fn must_be_of(error: &ReadError, position: u64) {
    match error {
        ReadError::Damaged { position: named, .. } => assert_eq!(named.0, position),
        other => must_name_a_place(&other.to_string()),
    }
}

/// Bytes that hold records, judged from the files' names and first zeros.
fn used(log: &Path) -> usize {
    let segments = ledger::journal::embedded::segment_files(log).unwrap();
    let full: u64 = segments.iter().rev().skip(1).map(|path| path.metadata().unwrap().len()).sum();
    let last = std::fs::read(segments.last().unwrap()).unwrap();
    let end = last.iter().rposition(|byte| *byte != 0).unwrap_or(0);
    usize::try_from(full).unwrap() + end
}

fn all(ledger: &Ledger) -> Vec<StoredRecord> {
    let journal: &Arc<dyn Journal> = ledger.journal();
    let mut records = Vec::new();
    loop {
        let more = journal.read_after(Position(records.len() as u64), READ).unwrap();
        if more.is_empty() {
            return records;
        }
        records.extend(more);
    }
}

fn opened(ledger: &Ledger) -> Result<Vec<Recorded>, LedgerError> {
    let each = |position| ledger.read_at(Position(position), true).transpose().unwrap();
    (1..=ledger.head().position.0).map(each).collect()
}

fn is_segment(path: &Path) -> bool {
    path.extension().is_some_and(|suffix| suffix == "segment")
}

/// The files of the log and of the keys.
fn files(data: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in ["log", "keys"].iter().chain(DERIVED) {
        for entry in std::fs::read_dir(data.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = path.strip_prefix(data).unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}
