//! The files of the key store.
//!
//! `subjects`: 32 bytes of header, then entries of 116 bytes, only ever added.
//! `master`: one wrapped key, from which naming keys are derived.
//! All numbers are little endian; `docs/formats/journal.md` has the tables.

use super::Label;
use super::VaultError;
use super::crypto::{KEY, Key, NONCE, TAG, open, seal};
use super::kek::write_private;
use crate::journal::embedded::sync_folder;
use crate::random::Random;
use crc32c::crc32c;
use domain::ids::SubjectId;
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

const HEADER: usize = 32;
const HEADER_MAGIC: [u8; 8] = *b"RGSTKEYS";
const MASTER_MAGIC: [u8; 8] = *b"RGSTMAST";
const FORMAT: u8 = 1;
/// Nonce, key and tag.
const WRAPPED: usize = NONCE + KEY + TAG;
/// Bytes of an entry.
pub(super) const ENTRY: usize = 116;
/// Offset of an entry's batch, after the wrapped key.
const AT_BATCH: usize = 108;
/// Offset of an entry's checksum.
const AT_CRC: usize = 112;

/// One wrapped key.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) subject: SubjectId,
    pub(super) role: u8,
    pub(super) label: Label,
    /// First bytes of a hash of the key-encryption key that wraps it.
    kek: [u8; 2],
    wrapped: [u8; WRAPPED],
}

/// Names a key-encryption key without telling it, so that a rotation knows
/// which key wraps what.
fn kek_id(kek: &Key) -> [u8; 2] {
    let hash = Sha256::digest(kek.derive(b"kek id").bytes());
    [hash[0], hash[1]]
}

impl Entry {
    /// Wraps a key for a subject.
    pub(super) fn wrap(
        kek: &Key,
        subject: SubjectId,
        role: u8,
        label: Label,
        key: &Key,
        random: &dyn Random,
    ) -> Result<Self, VaultError> {
        let mut nonce = [0; NONCE];
        random.fill(&mut nonce)?;
        let sealed = seal(kek, &nonce, &bound_to(subject, role, &label), key.bytes())?;
        let wrapped = sealed.try_into().map_err(|_| VaultError::Unsealable)?;
        Ok(Self { subject, role, label, kek: kek_id(kek), wrapped })
    }

    pub(super) fn unwrap_key(&self, kek: &Key) -> Result<Key, VaultError> {
        let aad = bound_to(self.subject, self.role, &self.label);
        let clear = open(kek, &aad, &self.wrapped)
            .map_err(|_| VaultError::Damaged("a key does not open under the key-encryption key"))?;
        let key = <[u8; KEY]>::try_from(clear.as_slice());
        key.map(Key::new).map_err(|_| VaultError::Damaged("a key has another length"))
    }

    /// `batch` is the slot of the first entry that was written in the same go.
    fn encode(&self, batch: u32) -> [u8; ENTRY] {
        let mut out = [0; ENTRY];
        out[0] = FORMAT;
        out[1] = self.role;
        out[2..4].copy_from_slice(&self.kek);
        out[4..20].copy_from_slice(self.subject.as_bytes());
        out[20..36].copy_from_slice(&self.label);
        out[36..36 + WRAPPED].copy_from_slice(&self.wrapped);
        out[AT_BATCH..AT_CRC].copy_from_slice(&batch.to_le_bytes());
        let crc = crc32c(&out[..AT_CRC]);
        out[AT_CRC..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    /// `None` when the checksum or the format is not right.
    fn decode(bytes: &[u8; ENTRY]) -> Option<Self> {
        if bytes[0] != FORMAT || bytes[AT_CRC..] != crc32c(&bytes[..AT_CRC]).to_le_bytes() {
            return None;
        }
        Some(Self {
            role: bytes[1],
            kek: [bytes[2], bytes[3]],
            subject: SubjectId(*bytes[4..].first_chunk()?),
            label: *bytes[20..].first_chunk()?,
            wrapped: *bytes[36..].first_chunk()?,
        })
    }
}

/// The batch of a whole entry.
fn batch_of(bytes: &[u8; ENTRY]) -> Option<u32> {
    Entry::decode(bytes)?;
    bytes[AT_BATCH..].first_chunk().copied().map(u32::from_le_bytes)
}

/// A wrapped key opens only beside its own subject, role and label.
fn bound_to(subject: SubjectId, role: u8, label: &Label) -> [u8; 33] {
    let mut aad = [0; 33];
    aad[..16].copy_from_slice(subject.as_bytes());
    aad[16] = role;
    aad[17..].copy_from_slice(label);
    aad
}

/// The append-only file of wrapped keys.
pub(super) struct KeyFile {
    file: File,
    /// Entries that are durable; only the keeper adds.
    count: AtomicU32,
}

impl KeyFile {
    /// Opens or makes the file and reads all entries. An unfinished one at the
    /// end is cut; a damaged one before the end is an error.
    pub(super) fn open(folder: &Path) -> Result<(Self, Vec<Entry>), VaultError> {
        let path = folder.join("subjects");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let file = options.open(&path)?;
        let bytes = fs_err::read(&path)?;
        let damaged = VaultError::Damaged;
        if bytes.len() < HEADER {
            let mut header = [0; HEADER];
            header[..8].copy_from_slice(&HEADER_MAGIC);
            header[8] = FORMAT;
            file.set_len(0)?;
            file.write_all_at(&header, 0)?;
            file.sync_all()?;
            sync_folder(folder)?;
            return Ok((Self { file, count: AtomicU32::new(0) }, Vec::new()));
        }
        if bytes[..8] != HEADER_MAGIC || bytes[8] != FORMAT {
            return Err(damaged("keys/subjects is no key file of this version"));
        }
        let (chunks, rest) = bytes[HEADER..].as_chunks::<ENTRY>();
        let mut entries = Vec::with_capacity(chunks.len());
        for chunk in chunks {
            let Some(entry) = Entry::decode(chunk) else { break };
            entries.push(entry);
        }
        let count = u32::try_from(entries.len()).map_err(|_| damaged("too many keys"))?;
        let rejected = chunks.get(entries.len()..).unwrap_or_default();
        if rejected.iter().filter_map(batch_of).any(|batch| batch > count) {
            // A crash may leave a hole in the last batch, which nobody used; but a batch that
            // starts after the hole was written once everything before it was durable.
            return Err(damaged("keys/subjects is damaged before its end; restore a backup"));
        }
        if !rejected.is_empty() || !rest.is_empty() {
            tracing::warn!(entries = count, "the tail of the key store was torn; cut");
            file.set_len((HEADER + ENTRY * entries.len()) as u64)?;
            file.sync_all()?;
        }
        Ok((Self { file, count: AtomicU32::new(count) }, entries))
    }

    /// Adds entries, durable when this returns; gives the slot of the first.
    pub(super) fn append(&self, entries: &[Entry]) -> io::Result<u32> {
        let first = self.count.load(Ordering::Acquire);
        let bytes: Vec<u8> = entries.iter().flat_map(|entry| entry.encode(first)).collect();
        self.file.write_all_at(&bytes, offset(first))?;
        self.file.sync_data()?;
        let added = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        self.count.store(first.saturating_add(added), Ordering::Release);
        Ok(first)
    }

    pub(super) fn read(&self, slot: u32) -> Result<Entry, VaultError> {
        let mut bytes = [0; ENTRY];
        self.file.read_exact_at(&mut bytes, offset(slot))?;
        Entry::decode(&bytes).ok_or(VaultError::Damaged("an entry of keys/subjects is damaged"))
    }
}

fn offset(slot: u32) -> u64 {
    HEADER as u64 + ENTRY as u64 * u64::from(slot)
}

/// The master of naming keys: made at the first open, wrapped by the
/// key-encryption key. Losing it loses every name, so it is never replaced.
pub(super) fn master(folder: &Path, kek: &Key, random: &dyn Random) -> Result<Key, VaultError> {
    let path = folder.join("master");
    match fs_err::read(&path) {
        Ok(bytes) => {
            let sealed = bytes.strip_prefix(&MASTER_MAGIC);
            let sealed = sealed.ok_or(VaultError::Damaged("keys/master is damaged"))?;
            let what = "keys/master does not open under the key-encryption key";
            let clear = open(kek, &MASTER_MAGIC, sealed).map_err(|_| VaultError::Damaged(what))?;
            let key = <[u8; KEY]>::try_from(clear.as_slice());
            key.map(Key::new).map_err(|_| VaultError::Damaged("keys/master is damaged"))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut key = [0; KEY];
            random.fill(&mut key)?;
            let mut nonce = [0; NONCE];
            random.fill(&mut nonce)?;
            let sealed = seal(kek, &nonce, &MASTER_MAGIC, &key)?;
            let bytes = [MASTER_MAGIC.as_slice(), &sealed].concat();
            write_private(&path, &bytes)?;
            Ok(Key::new(key))
        }
        Err(error) => Err(error.into()),
    }
}
