//! A key store that was read and is not in use yet.
//!
//! A torn or damaged entry may be a key that was never used, or one on which
//! years of a person's data depend. The file cannot tell; the log can: it names
//! the subject of every sealed section. So the store is read first, the log is
//! compared with it, and only then is anything cut or used.

use super::crypto::Key;
use super::destroy::{self, Place};
use super::fences::Fences;
use super::file::{KeyFile, MASTER, SUBJECTS, fingerprint, master, offset, open_master};
use super::roster::{INDEX, OWNER, Roster, Tail, end_large_part, entry_of};
use super::scan::{Extent, Scanned, scan};
use super::{KeyProvider, Shared, Vault, VaultError};
use crate::disk::{Disk, DiskFile, SystemDisk};
use crate::random::Random;
use domain::ids::SubjectId;
use std::collections::HashMap;
use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use tables::{Indexer, Shelf};

/// The key store of a folder as it was found. It shows nothing of the keys.
pub struct Unsettled {
    folder: PathBuf,
    kek: Key,
    master: Key,
    random: Arc<dyn Random>,
    disk: Arc<dyn Disk>,
    fences: Fences,
    extent: Extent,
    /// As it was found; `None` when there is none.
    file: Option<KeyFile>,
    roster: Arc<Roster>,
    indexer: Indexer<Tail>,
    in_memory: u32,
}

impl fmt::Debug for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsettled").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Unsettled {
    pub(super) fn read(
        folder: &Path,
        provider: &dyn KeyProvider,
        (random, changing): (Arc<dyn Random>, Arc<dyn Disk>),
        in_memory: u32,
    ) -> Result<Self, VaultError> {
        fs_err::create_dir_all(folder)?;
        destroy::redo(Place { keys: folder, disk: changing.as_ref() })?;
        let fences = Fences::read(folder)?;
        let subjects = folder.join(SUBJECTS);
        let file = match File::open(&subjects) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened?),
        };
        let disk: Arc<dyn Disk> = Arc::new(SystemDisk);
        let index = folder.join(INDEX);
        let shelf = Shelf::open(&disk, &index, &|table| {
            let file: Option<&dyn DiskFile> = file.as_ref().map(|file| file as _);
            let newest = file.and_then(|file| fingerprint(file, table.last()).ok().flatten());
            *table.owner() == OWNER && newest.is_some_and(|newest| table.mark() == newest)
        })?;
        let known = shelf.last();
        let roster = Arc::new(Roster::new(shelf, Tail::after(known)));
        let mut indexer = Indexer::new(disk, index, OWNER, Arc::clone(&roster));
        let extent = scan(&subjects, known, &mut |Scanned { slot, batch, entry }| {
            // Between two batches: all before is durable.
            if batch == slot
                && let Some(full) = end_large_part(&roster, in_memory)
            {
                indexer.add(full);
            }
            roster.write().live.note(entry, slot);
        })?;
        let file = file.map(|file| KeyFile::on(Box::new(file), extent.slots));
        let has_master = folder.join(MASTER).try_exists()?;
        if !has_master && extent.holds_something() {
            return Err(VaultError::Damaged(
                "keys/master is missing beside keys/subjects: put the backup of keys/ back",
            ));
        }
        let kek = match provider.key()? {
            Some(kek) => kek.0,
            None if has_master => return Err(VaultError::NoKek),
            None => provider.make(random.as_ref())?.0,
        };
        let master = master(folder, &kek, random.as_ref())?;
        let folder = folder.to_owned();
        let disk = changing;
        Ok(Self {
            folder,
            kek,
            master,
            random,
            disk,
            fences,
            extent,
            file,
            roster,
            indexer,
            in_memory,
        })
    }

    /// Whether nobody has an entry, nor had one that is damaged now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.extent.holds_something()
    }

    /// Whether the store has a key of a subject, or knows that the person was
    /// erased: data of the subject is not lost.
    ///
    /// # Errors
    /// When the key store cannot be read.
    pub fn accounts_for(&self, subject: SubjectId) -> Result<bool, VaultError> {
        if self.fences.erased_by(subject).is_some() {
            return Ok(true);
        }
        let Some(file) = &self.file else { return Ok(false) };
        match entry_of(&self.roster, file, subject) {
            Ok(_) | Err(VaultError::Erased(_)) => Ok(true),
            Err(VaultError::NoKey(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How many slots there are, up to the last whole entry.
    pub(crate) const fn slots(&self) -> u32 {
        self.extent.slots
    }

    /// What tells the newest of that many slots from any other; `None` when
    /// there are fewer.
    pub(crate) fn fingerprint(&self, slots: u32) -> Result<Option<[u8; 16]>, VaultError> {
        self.file.as_ref().map_or(Ok(None), |file| file.fingerprint(slots))
    }

    /// Puts the store to use. `lost` is how many persons have data in the log
    /// that the store does not [account for](Self::accounts_for): when there is
    /// one, nothing is changed. Else what is no whole entry was needed by no
    /// record, and is put aside.
    ///
    /// # Errors
    /// [`VaultError::Lost`], or when the file system fails.
    pub fn settle(self, lost: usize) -> Result<Vault, VaultError> {
        if lost > 0 {
            return Err(VaultError::Lost { persons: lost, damaged: self.extent.damaged() });
        }
        let file = KeyFile::settle(&self.folder, &self.extent)?;
        let (roster, in_memory) = (self.roster, self.in_memory);
        let (keys, disk, kek) = (self.folder, self.disk, self.kek);
        let (fences, closing) = (RwLock::new(self.fences), RwLock::default());
        let shared = Shared { keys, disk, file, kek, roster, in_memory, fences, closing };
        let indexing = self.indexer.start("vault-indexer")?;
        Vault::start(shared, indexing, &self.master, self.random)
    }
}

/// What can be said of a key store without any key.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Who has an entry.
    subjects: HashMap<SubjectId, Entries>,
    /// Places that hold what is neither an entry nor zeros.
    pub(crate) damaged: usize,
    /// Bytes of the file up to its last whole entry; 0 of a file that is not begun.
    pub(crate) bytes: u64,
}

/// What the entries of one subject say together.
#[derive(Debug, Default)]
struct Entries {
    /// One of them at least says that the person was erased.
    erased: bool,
    /// One of them at least holds a key.
    key: bool,
}

impl Survey {
    /// Whether a subject has an entry.
    pub(crate) fn accounts_for(&self, subject: SubjectId) -> bool {
        self.subjects.contains_key(&subject)
    }

    /// Whether a subject has an entry that holds a key, be it beside one that says erased.
    pub(crate) fn has_a_key(&self, subject: SubjectId) -> bool {
        self.subjects.get(&subject).is_some_and(|entries| entries.key)
    }

    /// How many persons have a key, and how many were erased.
    pub(crate) fn persons(&self) -> (usize, usize) {
        let erased = self.subjects.values().filter(|entries| entries.erased).count();
        (self.subjects.len() - erased, erased)
    }
}

/// Looks at a file of keys and changes nothing.
pub(crate) fn survey(path: &Path) -> Result<Survey, VaultError> {
    let mut subjects: HashMap<SubjectId, Entries> = HashMap::new();
    let extent = scan(path, 0, &mut |Scanned { entry, .. }| {
        let entries = subjects.entry(entry.subject).or_default();
        entries.erased |= entry.is_erased();
        entries.key |= !entry.is_erased();
    })?;
    let bytes = if extent.begun { offset(extent.slots) } else { 0 };
    Ok(Survey { subjects, damaged: extent.damaged(), bytes })
}

/// Tries a key-encryption key on a master and on every key of a file; gives how many it opened.
///
/// # Errors
/// When there is none, or it is not the one that they were wrapped with.
pub(crate) fn try_kek(
    provider: &dyn KeyProvider,
    master: &Path,
    subjects: &Path,
) -> Result<usize, VaultError> {
    let kek = provider.key()?.ok_or(VaultError::NoKek)?.0;
    open_master(&fs_err::read(master)?, &kek)?;
    let (mut opened, mut failed) = (0, None);
    scan(subjects, 0, &mut |Scanned { entry, .. }| {
        if entry.is_erased() || failed.is_some() {
            return;
        }
        match entry.unwrap_key(&kek) {
            Ok(_) => opened += 1,
            Err(error) => failed = Some(error),
        }
    })?;
    failed.map_or(Ok(opened), Err)
}
