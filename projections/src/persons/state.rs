//! What the view of persons knows: its records, found by stream and by key.
//!
//! The newest records are in memory, those before in the file; tables beside it lead to
//! them. What a hash leads to is read, and passed over when it is not what was meant.

use super::PersonsError;
use super::found::SearchKey;
use super::log::{Entry, Log, Records};
use super::tail::{Key, Proof, Tail, beyond_hash, company_hash, email_hash, stream_hash};
use crate::source::PersonKeys;
use domain::ids::{Position, StreamKey};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use tables::disk::{Disk, SystemDisk};
use tables::{Indexer, Indexing, Layered, Shelf};

/// Dossiers that may bear one key. A key that more dossiers than this have
/// borne is a default value of some software: from then on it proves nothing.
pub(super) const MOST_BEARERS: usize = 16;

/// What the tables are an index of.
const OWNER: [u8; 16] = *b"registre matched";

/// Who bears a key, and since when.
pub(super) type Bearer = (StreamKey, Position);

/// Everything known.
#[derive(Debug)]
pub(super) struct State {
    records: Records,
    index: Arc<Layered<Tail>>,
    /// None once the view is being cleared.
    indexing: Option<Indexing<Tail>>,
    /// Records after which a table is made.
    in_memory: u32,
}

impl State {
    /// Opens the tables of a folder as far as they lead into the records, and reads the
    /// records after them.
    pub(super) fn open(folder: &Path, log: &Log, in_memory: u32) -> Result<Self, PersonsError> {
        let records = log.records()?;
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
        let shelf = Shelf::open(&disk, folder, &|table| {
            *table.owner() == OWNER
                && table.last() <= records.count()
                && records.is(table.last(), table.mark())
        })?;
        let live = Tail::after(shelf.last());
        let index = Arc::new(Layered::new(shelf, live));
        let indexer = Indexer::new(disk, folder.to_owned(), OWNER, Arc::clone(&index));
        let indexing = Some(indexer.start("persons-indexer")?);
        let state = Self { records, index, indexing, in_memory };
        state.read_on()?;
        Ok(state)
    }

    fn read_on(&self) -> Result<(), PersonsError> {
        let mut last = self.last();
        if self.records.count() - last >= self.in_memory {
            // What has a table is not read again: it must not be lost with the power.
            self.records.sync()?;
        }
        while last < self.records.count() {
            let end = last.saturating_add(self.in_memory).min(self.records.count());
            let entries = (last + 1..=end).map(|number| self.records.read(number));
            let entries: Vec<Entry> = entries.collect::<Result<_, _>>()?;
            self.index(self.add(self.draft(&entries)?));
            last = end;
        }
        Ok(())
    }

    /// Writes no more tables.
    pub(super) fn end(&mut self) {
        self.indexing = None;
    }

    /// The last record.
    fn last(&self) -> u32 {
        self.index.read().live.last()
    }

    /// An error once the view must be rebuilt.
    pub(super) fn is_whole(&self) -> Result<(), PersonsError> {
        self.indexing.as_ref().ok_or(PersonsError::HalfCleared)?;
        self.records.are_whole()
    }

    /// What entries that follow the last record are to be found by. Nothing is added.
    pub(super) fn draft(&self, entries: &[Entry]) -> Result<Tail, PersonsError> {
        let mut draft = Tail::after(self.last());
        for entry in entries {
            let hashes = With { state: self, draft: Some(&draft) }.hashes_of(entry)?;
            draft.push(*entry, &hashes);
        }
        Ok(draft)
    }

    /// Whether a table is due once a draft is added: its records are to be durable before.
    pub(super) fn ends_part(&self, draft: &Tail) -> bool {
        let layers = self.index.read();
        layers.live.entries().len() + draft.entries().len() >= self.in_memory as usize
    }

    /// Adds what the file has now. Gives the part that is full with it.
    pub(super) fn add(&self, draft: Tail) -> Option<Arc<Tail>> {
        let ends = self.ends_part(&draft);
        let mut layers = self.index.write();
        layers.live.append(draft);
        let next = Tail::after(layers.live.last());
        ends.then(|| layers.end_part(next))
    }

    /// Has a table written of a full part; waits while many are due.
    pub(super) fn index(&self, full: Option<Arc<Tail>>) {
        if let (Some(full), Some(indexing)) = (full, &self.indexing) {
            indexing.add(full);
        }
    }

    const fn all(&self) -> With<'_> {
        With { state: self, draft: None }
    }

    /// What a stream stated last.
    pub(super) fn stated(&self, stream: StreamKey) -> Result<PersonKeys, PersonsError> {
        for number in self.all().find(stream_hash(stream))?.into_iter().rev() {
            match self.all().entry(number)? {
                Entry::Stated { stream: of, keys, .. } if of == stream => return Ok(keys),
                _ => {}
            }
        }
        Ok(PersonKeys::default())
    }

    /// Whether a stream stated an e-mail address.
    pub(super) fn reached(&self, stream: StreamKey, email: Key) -> Result<bool, PersonsError> {
        let is = |entry: &Entry| matches!(entry, Entry::Reached { email: of, .. } if *of == email);
        Ok(self.entries_of(stream)?.iter().any(is))
    }

    /// Whether a stream shares a key or a decision with another one. Most do not, and the
    /// filters of the tables say so.
    pub(super) fn in_company(&self, stream: StreamKey) -> Result<bool, PersonsError> {
        self.all().in_company(stream)
    }

    /// What a stream stated and what was decided of it, in the order of the log.
    pub(super) fn entries_of(&self, stream: StreamKey) -> Result<Vec<Entry>, PersonsError> {
        let found = self.all().find(stream_hash(stream))?;
        let entries = found.into_iter().map(|number| self.all().entry(number));
        let is_of = |entry: &Entry| match entry {
            Entry::Stated { stream: of, .. } | Entry::Reached { stream: of, .. } => *of == stream,
            Entry::Decided { pair, .. } => pair.contains(&stream),
        };
        entries.filter(|entry| entry.as_ref().map_or(true, is_of)).collect()
    }

    /// The records that a key which somebody is searched by leads to, ascending.
    pub(super) fn searched(&self, by: SearchKey) -> Result<Vec<u32>, PersonsError> {
        let hashes = match by {
            SearchKey::Ine(key) => vec![Proof::Ine.hash(key), beyond_hash(key)],
            SearchKey::Names(key) => vec![Proof::Names.hash(key), beyond_hash(key)],
            SearchKey::Email(key) => vec![email_hash(key)],
        };
        let mut found = Vec::new();
        for hash in hashes {
            found.extend(self.all().find(hash)?);
        }
        found.sort_unstable();
        Ok(found)
    }

    /// A record.
    pub(super) fn entry(&self, number: u32) -> Result<Entry, PersonsError> {
        self.all().entry(number)
    }

    /// The first dossiers that bore a key, at most one more than [`MOST_BEARERS`]: that
    /// one made it worthless.
    pub(super) fn bearers(&self, proof: Proof, key: Key) -> Result<Vec<Bearer>, PersonsError> {
        self.all().bearers(proof, key)
    }
}

/// What is known, with records that are not in the file yet.
#[derive(Clone, Copy)]
struct With<'a> {
    state: &'a State,
    draft: Option<&'a Tail>,
}

impl With<'_> {
    /// The records that a hash leads to, ascending.
    fn find(self, hash: u64) -> Result<Vec<u32>, PersonsError> {
        let mut found = self.state.index.find(hash, |tail, found| tail.find(hash, found))?;
        self.draft.into_iter().for_each(|draft| draft.find(hash, &mut found));
        Ok(found)
    }

    fn entry(self, number: u32) -> Result<Entry, PersonsError> {
        let drafted = self.draft.and_then(|draft| draft.entry(number));
        let in_memory = || {
            let layers = self.state.index.read();
            layers.tails().find_map(|tail| tail.entry(number))
        };
        drafted.or_else(in_memory).map_or_else(|| self.state.records.read(number), Ok)
    }

    fn in_company(self, stream: StreamKey) -> Result<bool, PersonsError> {
        Ok(!self.find(company_hash(stream))?.is_empty())
    }

    fn bearers(self, proof: Proof, key: Key) -> Result<Vec<Bearer>, PersonsError> {
        let mut bearers: Vec<Bearer> = Vec::new();
        for number in self.find(proof.hash(key))? {
            if let Entry::Stated { position, stream, keys, .. } = self.entry(number)?
                && proof.of(&keys) == Some(key)
            {
                bearers.push((stream, position));
            }
        }
        Ok(bearers)
    }

    /// What the next record is found by: the streams that it names, each key that it is the
    /// first of its stream to state, or that proves nothing, and each stream that has no company
    /// before it.
    fn hashes_of(self, entry: &Entry) -> Result<BTreeSet<u64>, PersonsError> {
        let mut hashes = BTreeSet::new();
        let mut together = Vec::new();
        match *entry {
            Entry::Stated { stream, keys, .. } => {
                hashes.insert(stream_hash(stream));
                for proof in Proof::ALL {
                    let Some(key) = proof.of(&keys) else { continue };
                    let bearers = self.bearers(proof, key)?;
                    if bearers.iter().all(|(b, _)| *b != stream) {
                        let proves = bearers.len() <= MOST_BEARERS;
                        hashes.insert(if proves { proof.hash(key) } else { beyond_hash(key) });
                    }
                    if let Some((first, _)) = bearers.first().filter(|(first, _)| *first != stream)
                    {
                        together.extend([*first, stream]);
                    }
                }
                if let Some(key) = keys.names_and_birth.filter(|_| keys.first_of_january) {
                    hashes.insert(beyond_hash(key));
                }
            }
            Entry::Reached { stream, email, .. } => {
                hashes.extend([stream_hash(stream), email_hash(email)]);
            }
            Entry::Decided { pair, .. } => {
                hashes.extend(pair.map(stream_hash));
                together.extend(pair);
            }
        }
        for stream in together {
            if !self.in_company(stream)? {
                hashes.insert(company_hash(stream));
            }
        }
        Ok(hashes)
    }
}
