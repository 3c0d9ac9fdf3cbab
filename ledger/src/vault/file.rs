//! The files of the key store.
//!
//! `subjects`: 32 bytes of header, then entries of 116 bytes, only ever added.
//! `master`: one wrapped key, from which naming keys are derived.
//! All numbers are little endian; `docs/formats/journal.md` has the tables.

use super::VaultError;
use super::crypto::{KEY, Key, NONCE, open, seal};
use super::entry::{ENTRY, Entry, Slot, void};
use super::kek::write_whole;
use super::scan::{Extent, HEADER, header};
use crate::disk::{Disk, DiskFile, SystemDisk, is_full};
use crate::random::Random;
use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock, RwLockWriteGuard};

const MASTER_MAGIC: [u8; 8] = *b"RGSTMAST";

/// The name of the file of wrapped keys.
pub(super) const SUBJECTS: &str = "subjects";

/// The name of the file of the master of naming keys.
pub(super) const MASTER: &str = "master";

/// How files of what was put aside are named, before their number.
const TORN: &str = "subjects.torn-";

/// How entries were not written.
pub(super) enum Unwritten {
    /// No room: nothing of them is left in the file, and they may be tried again.
    Full(io::Error),
    /// What the disk has of them is not known.
    Unsure(io::Error),
}

/// The append-only file of wrapped keys.
pub(super) struct KeyFile {
    file: Box<dyn DiskFile>,
    /// An entry is not to be read while it is written over.
    overwriting: RwLock<()>,
    /// Entries that are durable; only the keeper adds.
    count: AtomicU32,
}

impl KeyFile {
    /// Makes a scanned file fit for use, once it is known that no record needs
    /// what is not whole in it: that is put aside, holes are closed where they
    /// are, and the file ends after its last whole entry.
    ///
    /// The last batch is written again, whole entries as they were, and synced:
    /// after a crash or a failed sync the kernel may show pages that the disk
    /// does not have, and a key must be durable before its first use.
    pub(super) fn settle(folder: &Path, extent: &Extent) -> Result<Self, VaultError> {
        put_aside(folder, extent)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(folder.join(SUBJECTS))?;
        let disk: &dyn DiskFile = &file;
        if !extent.begun {
            file.set_len(0)?;
            disk.write_all_at(&header(), 0)?;
        }
        let mut bytes = [0; ENTRY];
        for slot in extent.last_batch..extent.slots {
            disk.read_exact_at(&mut bytes, offset(slot))?;
            if matches!(Slot::decode(&bytes)?, Slot::Bad) {
                bytes = void(extent.last_batch);
            }
            disk.write_all_at(&bytes, offset(slot))?;
        }
        file.set_len(offset(extent.slots))?;
        file.sync_all()?;
        SystemDisk.sync_folder(folder)?;
        Ok(Self::on(Box::new(file), extent.slots))
    }

    /// A file of that many slots.
    pub(super) fn on(file: Box<dyn DiskFile>, slots: u32) -> Self {
        Self { file, overwriting: RwLock::new(()), count: AtomicU32::new(slots) }
    }

    /// Adds entries, durable when this returns; gives the slot of the first.
    pub(super) fn append(&self, entries: &[Entry]) -> Result<u32, Unwritten> {
        let first = self.count.load(Ordering::Acquire);
        let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.encode(first)).collect();
        if let Err(error) = self.file.write_all_at(&bytes, offset(first)) {
            // Nobody was told of what was written of it before the room ended.
            let cut = is_full(&error) && self.file.set_len(offset(first)).is_ok();
            return Err(if cut { Unwritten::Full(error) } else { Unwritten::Unsure(error) });
        }
        // Of a failed sync, a full disk included, nobody knows what reached the disk.
        self.file.sync_data().map_err(Unwritten::Unsure)?;
        let added = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        self.count.store(first.saturating_add(added), Ordering::Release);
        Ok(first)
    }

    /// How many slots are durable.
    pub(super) fn slots(&self) -> u32 {
        self.count.load(Ordering::Acquire)
    }

    /// As [`fingerprint`].
    pub(super) fn fingerprint(&self, slots: u32) -> Result<Option<[u8; 16]>, VaultError> {
        fingerprint(self.file.as_ref(), slots)
    }

    /// Keeps readers waiting as long as entries are written over.
    pub(super) fn overwriting(&self) -> RwLockWriteGuard<'_, ()> {
        self.overwriting.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn read(&self, slot: u32) -> Result<Entry, VaultError> {
        self.read_in_batch(slot).map(|(entry, _)| entry)
    }

    /// An entry, and the slot of the first one of its batch.
    pub(super) fn read_in_batch(&self, slot: u32) -> Result<(Entry, u32), VaultError> {
        let _whole = self.overwriting.read().unwrap_or_else(PoisonError::into_inner);
        match read_slot(self.file.as_ref(), slot)? {
            Slot::Entry(entry, batch) => Ok((*entry, batch)),
            Slot::Void | Slot::Bad => {
                Err(VaultError::Damaged("an entry of keys/subjects is damaged"))
            }
        }
    }
}

fn read_slot(file: &dyn DiskFile, slot: u32) -> Result<Slot, VaultError> {
    let mut bytes = [0; ENTRY];
    file.read_exact_at(&mut bytes, offset(slot))?;
    Slot::decode(&bytes)
}

/// What tells the newest of that many slots of a file from any other: random
/// bytes, or zeros when it holds nothing. `None` when there are fewer slots.
pub(super) fn fingerprint(file: &dyn DiskFile, slots: u32) -> Result<Option<[u8; 16]>, VaultError> {
    let Some(newest) = slots.checked_sub(1) else { return Ok(Some([0; 16])) };
    if file.length()? < offset(slots) {
        return Ok(None);
    }
    Ok(match read_slot(file, newest)? {
        Slot::Entry(entry, _) => Some(entry.subject.0),
        Slot::Void => Some([0; 16]),
        Slot::Bad => None,
    })
}

/// Where a slot begins.
pub(super) fn offset(slot: u32) -> u64 {
    HEADER as u64 + ENTRY as u64 * u64::from(slot)
}

/// Keeps the bytes that are no whole entry in a file of their own,
/// `subjects.torn-1` and so on. Zeros are nothing to keep.
fn put_aside(folder: &Path, extent: &Extent) -> Result<(), VaultError> {
    let holes = extent.bad.len();
    if extent.damaged() == 0 {
        if holes > 0 || !extent.rest.is_empty() {
            tracing::warn!(holes, "zeros that a crash left in keys/subjects are passed over");
        }
        return Ok(());
    }
    let bytes = extent.bad.iter().map(|(_, bytes)| bytes).chain([&extent.rest]);
    let bytes: Vec<u8> = bytes.flatten().copied().collect();
    let mut options = OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    for number in 1_u32.. {
        let path = folder.join(format!("{TORN}{number}"));
        let mut file = match options.open(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            opened => opened?,
        };
        file.write_all(&bytes)?;
        file.sync_all()?;
        SystemDisk.sync_folder(folder)?;
        tracing::warn!(
            holes, aside = %path.display(),
            "the last batch of keys/subjects was torn; what no record needs is put aside"
        );
        return Ok(());
    }
    Ok(())
}

/// The master of naming keys: made at the first open, wrapped by the
/// key-encryption key. Losing it loses every name, so it is never replaced.
pub(super) fn master(folder: &Path, kek: &Key, random: &dyn Random) -> Result<Key, VaultError> {
    let path = folder.join(MASTER);
    match fs_err::read(&path) {
        Ok(bytes) => open_master(&bytes, kek),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; KEY];
            random.fill(&mut key)?;
            let key = Key::new(key);
            write_whole(&SystemDisk, &path, &seal_master(&key, kek, random)?)?;
            Ok(key)
        }
        Err(error) => Err(error.into()),
    }
}

/// The bytes of `master`: the key wrapped.
pub(super) fn seal_master(
    key: &Key,
    kek: &Key,
    random: &dyn Random,
) -> Result<Vec<u8>, VaultError> {
    let mut nonce = [0; NONCE];
    random.fill(&mut nonce)?;
    let sealed = seal(kek, &nonce, &MASTER_MAGIC, key.bytes())?;
    Ok([MASTER_MAGIC.as_slice(), &sealed].concat())
}

/// Files of what was put aside.
pub(super) fn torn_files(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = disk.list(folder)?;
    files.retain(|path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with(TORN))
    });
    Ok(files)
}

/// Unwraps the bytes of `master`.
pub(super) fn open_master(bytes: &[u8], kek: &Key) -> Result<Key, VaultError> {
    let sealed = bytes.strip_prefix(&MASTER_MAGIC);
    let sealed = sealed.ok_or(VaultError::Damaged("keys/master is damaged"))?;
    let what = "keys/master does not open under the key-encryption key";
    let clear = open(kek, &MASTER_MAGIC, sealed).map_err(|_| VaultError::Damaged(what))?;
    let key = <[u8; KEY]>::try_from(clear.as_slice());
    key.map(Key::new).map_err(|_| VaultError::Damaged("keys/master is damaged"))
}
