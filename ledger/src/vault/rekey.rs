//! The key-encryption key replaced by another: every data key and the master are
//! wrapped anew, and no event is touched.
//!
//! The order of steps is fixed; each is durable before the next, and each is whole
//! or not there:
//!
//! 1. `kek.next`: the new key, when the old one is in `kek` (another provider keeps its own);
//! 2. `rekeying`: from here to step 6 both keys are needed;
//! 3. `subjects`: a copy wrapped under the new key takes the place of the file;
//! 4. `master`: likewise;
//! 5. `kek.next` takes the place of `kek`, whose bytes are overwritten;
//! 6. `rekeying` is removed.
//!
//! Killed anywhere, the old key and the new one open everything between them, and
//! doing all of it again ends it: what is under the new key already is left as it is.

use super::crypto::{Key, NONCE};
use super::entry::{ENTRY, Entry, Slot, kek_id};
use super::file::{MASTER, SUBJECTS, open_master, seal_master};
use super::kek::{FileKek, KEK, Kek, KeyProvider, write_whole};
use super::scan::{HEADER, header};
use super::{KEY, VaultError};
use crate::disk::{Disk, DiskFile, SystemDisk};
use crate::random::Random;
use std::io;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The new key, until it takes the place of the old one.
const NEXT: &str = "kek.next";
/// There as long as a rotation is under way.
const REKEYING: &str = "rekeying";
/// The copy of the entries that is being made.
pub(super) const SUBJECTS_NEXT: &str = "subjects.next";
/// What is torn may be a key that is needed: opening asks the log.
const TORN: VaultError = VaultError::Damaged(
    "keys/subjects has bytes that are no whole entry: open the ledger once, which judges them by \
     the log, then replace the key",
);
/// Entries read at once.
const CHUNK: usize = 4096;

/// What a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rekeyed {
    /// Keys of persons that are wrapped under the new key.
    pub keys: usize,
    /// Files of torn entries that were deleted: they held keys under the old one.
    pub torn: usize,
}

/// Whether a rotation of a key store is under way: it was interrupted, or runs now.
///
/// # Errors
/// When the folder cannot be read.
pub fn is_under_way(keys: &Path) -> Result<bool, VaultError> {
    Ok(keys.join(REKEYING).try_exists()? || keys.join(NEXT).try_exists()?)
}

/// Whether the key is kept beside the keys that it wraps.
fn is_own(keys: &Path, provider: &dyn KeyProvider) -> bool {
    provider.file().is_some_and(|file| file == keys.join(KEK))
}

/// Ends a rotation that was interrupted before the keys are read.
///
/// # Errors
/// [`VaultError::Rekeying`] when another provider keeps the key: it gives one of the two that
/// are needed.
pub(crate) fn end_at_open(
    keys: &Path,
    provider: &dyn KeyProvider,
    random: &dyn Random,
) -> Result<(), VaultError> {
    if !is_own(keys, provider) {
        return if is_under_way(keys)? { Err(VaultError::Rekeying) } else { Ok(()) };
    }
    if finish(keys, &SystemDisk, random)?.is_some() {
        tracing::warn!("a replacement of the key-encryption key was interrupted; it is ended now");
    }
    Ok(())
}

/// Ends a rotation that was interrupted, when there is one and the key is kept in `keys/kek`.
fn finish(
    keys: &Path,
    disk: &dyn Disk,
    random: &dyn Random,
) -> Result<Option<Rekeyed>, VaultError> {
    if !is_under_way(keys)? {
        return Ok(None);
    }
    let next = FileKek(keys.join(NEXT)).key()?;
    let rotation = Rotation { keys, disk, random };
    match next {
        Some(next) => rotation.own(&next).map(Some),
        // All but the last step was done.
        None => {
            let kek = FileKek(keys.join(KEK)).key()?.ok_or(VaultError::NoKek)?;
            rotation.between(&kek, &kek).map(Some)
        }
    }
}

/// Replaces the key-encryption key of a key store that nobody has open.
///
/// The key that is in `keys/kek` is replaced there by `new`, or by one that is made. One that
/// another provider keeps is replaced by `new` alone, and the caller puts that where the provider
/// finds it. A rotation that was interrupted is ended first, and is the one asked for.
///
/// # Errors
/// When neither key opens an entry: then nothing was changed. When the disk fails: then doing it
/// again ends it.
pub fn rekey(
    keys: &Path,
    disk: &dyn Disk,
    random: &dyn Random,
    old: &dyn KeyProvider,
    new: Option<Kek>,
) -> Result<Rekeyed, VaultError> {
    let rotation = Rotation { keys, disk, random };
    if is_own(keys, old) {
        if let Some(done) = finish(keys, disk, random)? {
            let now = old.key()?.ok_or(VaultError::NoKek)?;
            // Whoever files the asked key away must not believe that it opens anything.
            return match new {
                Some(new) if new.0.bytes() != now.0.bytes() => Err(VaultError::Damaged(
                    "an earlier rotation was interrupted: it is finished, under its own key; the key \
                     that you gave is not in use. Run the command again to change to it",
                )),
                _ => Ok(done),
            };
        }
        let new = match new {
            Some(new) => new,
            None => rotation.made(old)?,
        };
        rotation.must_differ(old, &new)?;
        rotation.try_all(&old.key()?.ok_or(VaultError::NoKek)?, &new)?;
        write_whole(disk, &keys.join(NEXT), new.0.bytes())?;
        return rotation.own(&new);
    }
    let what = "this provider makes no key: give the new one with --new-kek FILE";
    let new = new.ok_or(VaultError::Damaged(what))?;
    let old_key = old.key()?.ok_or(VaultError::NoKek)?;
    rotation.must_differ(old, &new)?;
    rotation.try_all(&old_key, &new)?;
    rotation.between(&old_key, &new)
}

struct Rotation<'a> {
    keys: &'a Path,
    disk: &'a dyn Disk,
    random: &'a dyn Random,
}

/// An entry's key under one of two key-encryption keys.
fn unwrap_key(entry: &Entry, keks: [&Kek; 2]) -> Result<Key, VaultError> {
    let fits = keks.into_iter().find(|kek| entry.is_under(kek_id(&kek.0)));
    let what = "a key is under neither key-encryption key";
    entry.unwrap_key(&fits.ok_or(VaultError::Damaged(what))?.0)
}

impl Rotation<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.keys.join(name)
    }

    /// A new key whose name differs from the old one's.
    fn made(&self, old: &dyn KeyProvider) -> Result<Kek, VaultError> {
        let old = old.key()?.ok_or(VaultError::NoKek)?;
        loop {
            let mut bytes = Zeroizing::new([0; KEY]);
            self.random.fill(bytes.as_mut_slice())?;
            let new = Kek::new(*bytes);
            if kek_id(&new.0) != kek_id(&old.0) {
                return Ok(new);
            }
        }
    }

    /// Entries tell the two keys apart by two bytes.
    fn must_differ(&self, old: &dyn KeyProvider, new: &Kek) -> Result<(), VaultError> {
        let old = old.key()?.ok_or(VaultError::NoKek)?;
        if kek_id(&old.0) != kek_id(&new.0) {
            return Ok(());
        }
        Err(VaultError::Damaged(
            "the new key-encryption key has the name of the old one: make another",
        ))
    }

    /// Opens everything before anything is changed.
    fn try_all(&self, old: &Kek, new: &Kek) -> Result<(), VaultError> {
        self.master([old, new])?;
        let rest = self.each_slot(&mut |bytes| match Slot::decode(bytes)? {
            Slot::Entry(entry, _) if !entry.is_erased() => unwrap_key(&entry, [old, new]).map(drop),
            Slot::Bad if bytes.iter().any(|byte| *byte != 0) => Err(TORN),
            _ => Ok(()),
        })?;
        if rest.iter().any(|byte| *byte != 0) { Err(TORN) } else { Ok(()) }
    }

    /// Steps 2 to 6 where the keys are in `kek` and `kek.next`.
    fn own(&self, new: &Kek) -> Result<Rekeyed, VaultError> {
        let old = FileKek(self.path(KEK)).key()?.ok_or(VaultError::NoKek)?;
        self.begin()?;
        let keys = self.subjects([&old, new])?;
        self.replace_master([&old, new])?;
        let torn = self.remove_torn()?;
        // The old key is not to stay on the disk when its name is gone.
        let file = self.disk.open(&self.path(KEK))?;
        self.disk.rename(&self.path(NEXT), &self.path(KEK))?;
        self.disk.sync_folder(self.keys)?;
        file.write_all_at(&[0; KEY], 0)?;
        file.sync_data()?;
        self.end()?;
        Ok(Rekeyed { keys, torn })
    }

    /// Steps 2 to 6 where another provider keeps the keys.
    fn between(&self, old: &Kek, new: &Kek) -> Result<Rekeyed, VaultError> {
        self.begin()?;
        let keys = self.subjects([old, new])?;
        self.replace_master([old, new])?;
        let torn = self.remove_torn()?;
        self.end()?;
        Ok(Rekeyed { keys, torn })
    }

    fn begin(&self) -> Result<(), VaultError> {
        Ok(write_whole(self.disk, &self.path(REKEYING), &[])?)
    }

    fn end(&self) -> Result<(), VaultError> {
        self.disk.remove(&self.path(REKEYING))?;
        Ok(self.disk.sync_folder(self.keys)?)
    }

    /// Shows every slot of the entries; gives what follows the last.
    fn each_slot(
        &self,
        show: &mut dyn FnMut(&[u8; ENTRY]) -> Result<(), VaultError>,
    ) -> Result<Vec<u8>, VaultError> {
        let file = match self.disk.open(&self.path(SUBJECTS)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            opened => opened?,
        };
        let mut first = [0; HEADER];
        let length = file.read_up_to(&mut first, 0)?;
        if length < HEADER {
            return Ok(first[..length].to_vec());
        }
        if first != header() {
            return Err(VaultError::Damaged("keys/subjects is no key file of this version"));
        }
        let (mut at, mut bytes) = (HEADER as u64, vec![0; CHUNK * ENTRY]);
        loop {
            let filled = file.read_up_to(&mut bytes, at)?;
            let (slots, rest) = bytes[..filled].as_chunks::<ENTRY>();
            slots.iter().try_for_each(&mut *show)?;
            if filled < bytes.len() {
                return Ok(rest.to_vec());
            }
            at += filled as u64;
        }
    }

    /// Puts a copy under the new key in the place of the entries. What is no whole entry stays as
    /// it is: the next opening judges it. Gives how many keys there are.
    fn subjects(&self, [old, new]: [&Kek; 2]) -> Result<usize, VaultError> {
        if !self.path(SUBJECTS).try_exists()? {
            return Ok(0);
        }
        let id = kek_id(&new.0);
        let draft = self.path(SUBJECTS_NEXT);
        let mut copy = Copy { file: self.disk.create_private(&draft)?, at: 0, waiting: Vec::new() };
        let (mut keys, mut begun) = (0, false);
        let rest = self.each_slot(&mut |bytes| {
            if !begun {
                copy.put(&header())?;
                begun = true;
            }
            let Ok(Slot::Entry(entry, batch)) = Slot::decode(bytes) else {
                return copy.put(bytes);
            };
            if entry.is_erased() {
                return copy.put(bytes);
            }
            keys += 1;
            if entry.is_under(id) {
                entry.unwrap_key(&new.0)?;
                return copy.put(bytes);
            }
            let mut nonce = [0; NONCE];
            self.random.fill(&mut nonce)?;
            let key = unwrap_key(&entry, [old, new])?;
            let (subject, role, label) = (entry.subject, entry.role, entry.label);
            let wrapped = Entry::wrap((&new.0, id), subject, role, label, &key, &nonce)?;
            copy.put(&wrapped.encode(batch))
        })?;
        if !begun {
            // Nothing but a beginning: it holds no key.
            self.disk.remove(&draft)?;
            return Ok(0);
        }
        copy.put(&rest)?;
        copy.flush()?;
        copy.file.sync_all()?;
        self.disk.rename(&draft, &self.path(SUBJECTS))?;
        self.disk.sync_folder(self.keys)?;
        Ok(keys)
    }

    /// The master, and whether it is under the second key already.
    fn master(&self, [old, new]: [&Kek; 2]) -> Result<(Key, bool), VaultError> {
        let bytes = fs_err::read(self.path(MASTER))?;
        match open_master(&bytes, &new.0) {
            Ok(master) => Ok((master, true)),
            Err(_) => Ok((open_master(&bytes, &old.0)?, false)),
        }
    }

    fn replace_master(&self, keks: [&Kek; 2]) -> Result<(), VaultError> {
        let (master, done) = self.master(keks)?;
        if done {
            return Ok(());
        }
        let bytes = seal_master(&master, &keks[1].0, self.random)?;
        Ok(write_whole(self.disk, &self.path(MASTER), &bytes)?)
    }

    /// Deletes files put aside: no record needs them, and they may hold keys under the old one.
    fn remove_torn(&self) -> Result<usize, VaultError> {
        let torn = super::file::torn_files(self.disk, self.keys)?;
        for path in &torn {
            self.disk.remove(path)?;
        }
        if !torn.is_empty() {
            self.disk.sync_folder(self.keys)?;
        }
        Ok(torn.len())
    }
}

/// A file that is written from its front.
struct Copy {
    file: Box<dyn DiskFile>,
    at: u64,
    waiting: Vec<u8>,
}

impl Copy {
    fn put(&mut self, bytes: &[u8]) -> Result<(), VaultError> {
        self.waiting.extend_from_slice(bytes);
        if self.waiting.len() >= CHUNK * ENTRY {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), VaultError> {
        self.file.write_all_at(&self.waiting, self.at)?;
        self.at += self.waiting.len() as u64;
        self.waiting.clear();
        Ok(())
    }
}
