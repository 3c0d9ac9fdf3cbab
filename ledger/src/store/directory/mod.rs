//! Lookup keys and contracts to their streams: what the log says, followed at
//! open and after each commit.
//!
//! Both ways are one: the log is followed in its order, so that what is said
//! after a commit is what a restart says. What the newest events say is in
//! memory, what those before said is in tables beside the log; memory keeps
//! the few ids that learners were given later.
//!
//! | module | holds |
//! |---|---|
//! | `said` | what one event says |
//! | `written` | what those who write know already |
//! | `tail` | what the newest events say |
//! | `acts` | ids that were given later, corrected or taken back |
//! | `mark` | what a table goes with: the log and the keys that it was made beside |

mod acts;
mod mark;
mod said;
mod tail;
mod written;

pub(super) use mark::Mark;
pub(super) use said::{Said, alias};
pub(super) use written::Written;

use crate::codec::{self, TypeCode};
use crate::disk::{Disk, SystemDisk};
use crate::error::LedgerError;
use crate::journal::{Journal, ReadError};
use crate::record::StoredRecord;
use crate::vault::{Label, Unsettled, Vault};
use acts::{Acts, Claim};
use domain::enrolment::LookupKey;
use domain::ids::{Category, ContractId, Position, Source, StreamKey, SubjectId, Version};
use said::{said_by, source_of};
use seal::Hash;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use tables::{Indexer, Indexing, Layered, Shelf};
use tail::{
    Found, Tail, act_hash, contract_hash, decision_hash, drafted_hash, erased_hash,
    erasure_request_hash, lookup_hash, run_hash, source_hash,
};
use written::Waiting;

/// Records read at once.
const BATCH: usize = 4096;

/// What the tables are an index of.
const OWNER: [u8; 16] = *b"registre lookup2";

/// The tables of a folder, as far as they go with the log and the keys.
#[derive(Debug)]
pub(super) struct Known {
    folder: PathBuf,
    shelf: Shelf,
}

impl Known {
    /// Reads what is known; the log after [`Known::position`] is not.
    ///
    /// # Errors
    /// When a file cannot be read; a damaged one is made again.
    pub(super) fn open(
        folder: &Path,
        journal: &dyn Journal,
        keys: &Unsettled,
    ) -> Result<Self, LedgerError> {
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
        let shelf = Shelf::open(&disk, folder, &|table| {
            let mark = Mark::decode(table.mark());
            *table.owner() == OWNER
                && mark.is_some_and(|mark| mark.holds(table.last(), journal, keys))
        })?;
        Ok(Self { folder: folder.to_owned(), shelf })
    }

    /// Up to where the log was followed, and every person of it had a key.
    pub(super) fn position(&self) -> Position {
        Position(u64::from(self.shelf.last()))
    }
}

/// Where enrolments and contracts are.
pub(super) struct Directory {
    acts: RwLock<Acts>,
    index: Arc<Layered<Tail>>,
    /// Positions after which a table is made.
    in_memory: u32,
    /// Held by the one who reads on.
    follower: Mutex<Follower>,
    /// [`Follower::read`], for who need not wait.
    read: AtomicU64,
}

/// Who reads on.
struct Follower {
    /// Up to where the log is followed.
    read: Position,
    indexing: Indexing<Tail>,
    waiting: Waiting,
}

impl Directory {
    /// Follows the log to its head. A table is made after each `in_memory` positions or some more.
    ///
    /// # Errors
    /// When the log or a table cannot be read.
    pub(super) fn open(
        known: Known,
        journal: &dyn Journal,
        vault: &Vault,
        in_memory: u32,
    ) -> Result<Self, LedgerError> {
        let (read, Known { folder, shelf }) = (known.position(), known);
        let acts = acts_of(&shelf, journal, vault)?;
        let live = Tail::after(shelf.last());
        let index = Arc::new(Layered::new(shelf, live));
        let indexer = Indexer::new(Arc::new(SystemDisk), folder, OWNER, Arc::clone(&index));
        let indexing = indexer.start("directory-indexer")?;
        let follower = Mutex::new(Follower { read, indexing, waiting: Waiting::default() });
        let (acts, read) = (RwLock::new(acts), AtomicU64::new(read.0));
        let directory = Self { acts, index, in_memory, follower, read };
        directory.follow(journal, vault, journal.head().position)?;
        Ok(directory)
    }

    /// Follows the log up to a position at least.
    ///
    /// # Errors
    /// When the log cannot be read; the next call tries from the same place.
    pub(super) fn follow(
        &self,
        journal: &dyn Journal,
        vault: &Vault,
        up_to: Position,
    ) -> Result<(), LedgerError> {
        if self.read() >= up_to {
            return Ok(());
        }
        let mut follower = self.follower();
        let followed = self.follow_on(&mut follower, journal, vault, up_to);
        if followed.is_err() {
            // What waits behind an event that cannot be read would wait, and be more, for ever.
            follower.waiting.clear();
        }
        followed
    }

    fn follow_on(
        &self,
        follower: &mut Follower,
        journal: &dyn Journal,
        vault: &Vault,
        up_to: Position,
    ) -> Result<(), LedgerError> {
        while follower.read < up_to {
            let gap = follower.waiting.gap_after(follower.read).unwrap_or(BATCH);
            let limit = gap.clamp(1, BATCH);
            let records = journal.read_after(follower.read, limit)?;
            if records.is_empty() {
                break;
            }
            for record in &records {
                // Read before the index is locked: who looks something up does not wait for it.
                let said = said_by(record, journal, vault)?;
                let owner = owner_of(record, journal)?;
                let drafted_of = codec::enrolment_of_contract(record)?;
                self.note(record, said, (owner.as_ref(), drafted_of));
                self.reached(follower, record.position);
            }
            if let Some(last) = records.last() {
                self.end_large_part(follower, last.leaf(), vault)?;
            }
            self.take_waiting(follower, journal, vault)?;
        }
        Ok(())
    }

    fn follower(&self) -> MutexGuard<'_, Follower> {
        self.follower.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Up to where the log is followed.
    fn read(&self) -> Position {
        Position(self.read.load(Ordering::Acquire))
    }

    fn reached(&self, follower: &mut Follower, position: Position) {
        follower.read = position;
        self.read.store(position.0, Ordering::Release);
    }

    /// Notes a record: what it says, the source that it belongs to, and the enrolment of the contract that it begins.
    fn note(
        &self,
        record: &StoredRecord,
        said: Option<Said>,
        (owner, drafted_of): (Option<&Source>, Option<StreamKey>),
    ) {
        let (position, stream) = (record.position, record.header.stream.key);
        self.note_said(position, stream, said, owner.map(source_hash));
        let at = ordinal(position);
        let live = &mut self.index.write().live;
        match TypeCode::from_code(record.header.type_code) {
            Some(TypeCode::PushRunClosed) => {
                live.name(run_hash(None), at);
                live.name(run_hash(Some(&record.header.source)), at);
            }
            Some(TypeCode::PushRunHoldDecided) => live.name(decision_hash(), at),
            Some(TypeCode::ErasureRequested) => live.name(erasure_request_hash(), at),
            Some(TypeCode::PersonErased) => live.name(erased_hash(), at),
            Some(TypeCode::ContractDrafted) => {
                live.name(drafted_hash(None), at);
                if drafted_of.is_some() {
                    live.name(drafted_hash(drafted_of), at);
                }
            }
            _ => {}
        }
    }

    /// Notes what an event says, whose owner has that hash.
    fn note_said(
        &self,
        position: Position,
        stream: StreamKey,
        said: Option<Said>,
        owner: Option<u64>,
    ) {
        let at = ordinal(position);
        let acted = match said {
            Some(Said::Act(act)) => {
                let mut acts = self.acts.write().unwrap_or_else(PoisonError::into_inner);
                acts.note(act, position)
            }
            _ => false,
        };
        let live = &mut self.index.write().live;
        live.reach(position);
        match said {
            Some(Said::Lookup(lookup)) => {
                live.lookups.entry(lookup).or_insert((at, stream));
            }
            Some(Said::Contract(contract)) => {
                live.contracts.entry(contract).or_insert((at, stream));
            }
            Some(Said::Act(_)) if acted => live.name(act_hash(), at),
            Some(Said::Act(_)) | None => {}
        }
        if let Some(owner) = owner {
            live.name(owner, at);
        }
    }

    /// Ends the part in memory when it has so many positions; `leaf` is that of the last one.
    fn end_large_part(
        &self,
        follower: &Follower,
        leaf: Hash,
        vault: &Vault,
    ) -> Result<(), LedgerError> {
        if self.index.read().live.length() < self.in_memory {
            return Ok(());
        }
        let mark = Mark::of(leaf, vault)?.encode();
        let full = {
            let mut layers = self.index.write();
            layers.live.mark = mark;
            layers.end_part(Tail::after(ordinal(follower.read)))
        };
        follower.indexing.add(full);
        Ok(())
    }

    fn acts(&self) -> RwLockReadGuard<'_, Acts> {
        self.acts.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The stream that a lookup key leads to: of those that claim it, the one
    /// that has done so longest.
    ///
    /// # Errors
    /// When a table or the log cannot be read.
    pub(super) fn enrolment(
        &self,
        lookup: &LookupKey,
        journal: &dyn Journal,
        vault: &Vault,
    ) -> Result<Option<StreamKey>, LedgerError> {
        let declared = self.first(
            lookup_hash(lookup),
            |tail| tail.lookups.get(lookup),
            |at| {
                let record = record_at(journal, at)?;
                let said = said_by(&record, journal, vault)?;
                let is_it = matches!(said, Some(Said::Lookup(known)) if known == *lookup);
                Ok(is_it.then_some(record.header.stream.key))
            },
        )?;
        let given = self.acts().oldest(lookup);
        Ok(match (declared, given) {
            (Some((at, stream)), Some(claim)) if u64::from(at) < claim.since.0 => Some(stream),
            (_, Some(Claim { stream, .. })) | (Some((_, stream)), None) => Some(stream),
            (None, None) => None,
        })
    }

    /// The stream of a contract.
    ///
    /// # Errors
    /// As for [`Directory::enrolment`].
    pub(super) fn contract(
        &self,
        contract: ContractId,
        journal: &dyn Journal,
        vault: &Vault,
    ) -> Result<Option<StreamKey>, LedgerError> {
        let found = self.first(
            contract_hash(contract),
            |tail| tail.contracts.get(&contract),
            |at| {
                let record = record_at(journal, at)?;
                let said = said_by(&record, journal, vault)?;
                let is_it = matches!(said, Some(Said::Contract(known)) if known == contract);
                Ok(is_it.then_some(record.header.stream.key))
            },
        )?;
        Ok(found.map(|(_, stream)| stream))
    }

    /// The first event that says where something is: one that a table leads to
    /// and `read` finds to say it, else one that memory knows.
    fn first(
        &self,
        hash: u64,
        in_memory: impl Fn(&Tail) -> Option<&Found>,
        read: impl Fn(u32) -> Result<Option<StreamKey>, LedgerError>,
    ) -> Result<Option<Found>, LedgerError> {
        let (newest, shelf) = {
            let layers = self.index.read();
            (layers.tails().find_map(in_memory).copied(), layers.shelf.clone())
        };
        let mut positions = Vec::new();
        for table in shelf.tables() {
            positions.clear();
            table.find(hash, &mut positions)?;
            for at in &positions {
                if let Some(stream) = read(*at)? {
                    return Ok(Some((*at, stream)));
                }
            }
        }
        Ok(newest)
    }

    /// Positions after one, ascending, at most `limit`: of the events of the
    /// dossiers and runs of a source. Of another one may be among them.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn of_source(
        &self,
        source: &Source,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, LedgerError> {
        self.named_after(source_hash(source), after, limit)
    }

    /// Positions after one, ascending, at most `limit`. Tables that end before are not read, nor those that begin behind
    /// enough of them.
    fn named_after(
        &self,
        hash: u64,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, LedgerError> {
        let (hash, shelf, newest) = self.named(hash, after);
        let (mut found, mut positions) = (Vec::new(), Vec::new());
        let follows = |at: &u32| u64::from(*at) > after.0;
        for table in shelf.tables().iter().filter(|table| follows(&table.last())) {
            if found.len() >= limit {
                break;
            }
            positions.clear();
            table.find(hash, &mut positions)?;
            found.extend(positions.iter().copied().filter(follows));
        }
        found.extend(newest);
        found.truncate(limit);
        Ok(found.into_iter().map(|at| Position(u64::from(at))).collect())
    }

    /// Positions before one, descending, at most `limit`: of closed runs, those
    /// of a source or all. Of another source some may be among them.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn runs_before(
        &self,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<Position>, LedgerError> {
        let (hash, shelf, newest) = self.named(run_hash(source), Position(0));
        let mut found: Vec<Position> = Vec::new();
        let mut add = |positions: &[u32]| {
            let positions = positions.iter().rev().map(|at| Position(u64::from(*at)));
            found.extend(positions.filter(|at| *at < before));
            found.len() >= limit
        };
        let mut enough = add(&newest);
        let mut positions = Vec::new();
        for table in shelf.tables().iter().rev() {
            if enough {
                break;
            }
            positions.clear();
            table.find(hash, &mut positions)?;
            enough = add(&positions);
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The positions of all decisions on held runs, ascending.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn decisions(&self) -> Result<Vec<Position>, LedgerError> {
        self.all_of(decision_hash())
    }

    /// The positions of all requests of erasures, ascending.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn erasure_requests(&self) -> Result<Vec<Position>, LedgerError> {
        self.all_of(erasure_request_hash())
    }

    /// The positions of the events by which persons were erased, ascending.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn erased(&self) -> Result<Vec<Position>, LedgerError> {
        self.all_of(erased_hash())
    }

    /// The positions of the events that begin a contract here and name an enrolment, ascending; of another one may be
    /// among them.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn drafted_of(&self, enrolment: StreamKey) -> Result<Vec<Position>, LedgerError> {
        self.all_of(drafted_hash(Some(enrolment)))
    }

    /// The positions after one of the events that begin a contract here, ascending, at most `limit`.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn drafted_after(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Position>, LedgerError> {
        self.named_after(drafted_hash(None), after, limit)
    }

    fn all_of(&self, hash: u64) -> Result<Vec<Position>, LedgerError> {
        let (hash, shelf, newest) = self.named(hash, Position(0));
        let mut found = Vec::new();
        for table in shelf.tables() {
            table.find(hash, &mut found)?;
        }
        found.extend(newest);
        Ok(found.into_iter().map(|at| Position(u64::from(at))).collect())
    }

    /// A hash, the tables to ask for it, and its positions in memory that follow one.
    fn named(&self, hash: u64, after: Position) -> (u64, Shelf, Vec<u32>) {
        let layers = self.index.read();
        let newest = layers.tails().flat_map(|tail| {
            let all = tail.positions(hash);
            &all[all.partition_point(|at| u64::from(*at) <= after.0)..]
        });
        (hash, layers.shelf.clone(), newest.copied().collect())
    }

    /// Whose key a learner's label led to by an id that was taken back.
    pub(super) fn taken_back(&self, label: &Label) -> Option<SubjectId> {
        self.acts().taken_back(label)
    }
}

/// The acts that tables name, noted again in their order.
fn acts_of(shelf: &Shelf, journal: &dyn Journal, vault: &Vault) -> Result<Acts, LedgerError> {
    let (mut acts, mut positions) = (Acts::default(), Vec::new());
    for table in shelf.tables() {
        table.find(act_hash(), &mut positions)?;
    }
    for at in positions {
        let record = record_at(journal, at)?;
        if let Some(Said::Act(act)) = said_by(&record, journal, vault)? {
            acts.note(act, record.position);
        }
    }
    Ok(acts)
}

/// The sequencer refuses positions above 32 bits.
fn ordinal(position: Position) -> u32 {
    u32::try_from(position.0).unwrap_or(u32::MAX)
}

/// The source whose dossier or run an event is of.
fn owner_of(record: &StoredRecord, journal: &dyn Journal) -> Result<Option<Source>, ReadError> {
    let header = &record.header;
    match header.stream.category {
        Category::Run => Ok(Some(header.source.clone())),
        Category::Enrolment if is_pushed(header.version, &header.actor) => {
            Ok(Some(header.source.clone()))
        }
        Category::Enrolment => source_of(journal, header.stream),
        _ => Ok(None),
    }
}

/// What nobody acts in is pushed, and a source pushes its own dossiers.
fn is_pushed(version: Version, actor: &str) -> bool {
    version == Version(1) || actor.is_empty()
}

/// The record at a position that a table names.
fn record_at(journal: &dyn Journal, at: u32) -> Result<StoredRecord, LedgerError> {
    let before = Position(u64::from(at).saturating_sub(1));
    let record = journal.read_after(before, 1)?.pop();
    record.ok_or(LedgerError::Invalid("a table names a position after the end of the log"))
}
