//! One entry of `keys/subjects`, byte by byte.

use super::crypto::{KEY, Key, NONCE, TAG, open, seal};
use super::{Label, VaultError};
use crc32c::crc32c;
use domain::ids::SubjectId;
use sha2::{Digest, Sha256};

/// Bytes of an entry.
pub(super) const ENTRY: usize = 116;
/// States of an entry. Zero is none: what never reached the disk is no entry.
const KEY_STATE: u8 = 1;
const ERASED_STATE: u8 = 2;
const VOID_STATE: u8 = 3;
/// Nonce, key and tag.
const WRAPPED: usize = NONCE + KEY + TAG;
/// Offset of the wrapped key.
const AT_WRAPPED: usize = 36;
/// Offset of an entry's batch, after the wrapped key.
const AT_BATCH: usize = 108;
/// Offset of an entry's checksum.
const AT_CRC: usize = 112;

/// A person under one label.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) subject: SubjectId,
    pub(super) role: u8,
    pub(super) label: Label,
    /// `None`: the person was erased. The label stays, so that the person is
    /// recognised and not begun anew.
    key: Option<Wrapped>,
}

/// A key under the key-encryption key.
#[derive(Clone)]
struct Wrapped {
    /// First bytes of a hash of the key-encryption key.
    kek: [u8; 2],
    bytes: [u8; WRAPPED],
}

/// What a slot of the file holds.
pub(super) enum Slot {
    /// A person's entry, and the slot of the first entry of its batch.
    Entry(Box<Entry>, u32),
    /// Nothing, on purpose: a crash left a hole there, which was closed since.
    Void,
    /// Bytes whose checksum is not right: zeros, a torn write, or damage.
    Bad,
}

/// Names a key-encryption key without telling it, so that a rotation knows
/// which key wraps what.
pub(super) fn kek_id(kek: &Key) -> [u8; 2] {
    let hash = Sha256::digest(kek.derive(b"kek id").bytes());
    [hash[0], hash[1]]
}

impl Entry {
    /// Wraps a key for a subject, under a key-encryption key and its [`kek_id`].
    pub(super) fn wrap(
        (kek, kek_id): (&Key, [u8; 2]),
        subject: SubjectId,
        role: u8,
        label: Label,
        key: &Key,
        nonce: &[u8; NONCE],
    ) -> Result<Self, VaultError> {
        let sealed = seal(kek, nonce, &bound_to(subject, role, &label), key.bytes())?;
        let bytes = sealed.try_into().map_err(|_| VaultError::Unsealable)?;
        Ok(Self { subject, role, label, key: Some(Wrapped { kek: kek_id, bytes }) })
    }

    /// An entry of a subject without a key.
    pub(super) const fn of_erased(subject: SubjectId, role: u8, label: Label) -> Self {
        Self { subject, role, label, key: None }
    }

    /// The same entry once its key is destroyed.
    pub(super) const fn erased(&self) -> Self {
        Self::of_erased(self.subject, self.role, self.label)
    }

    pub(super) const fn is_erased(&self) -> bool {
        self.key.is_none()
    }

    /// Whether its key is wrapped by the key-encryption key of a [`kek_id`].
    pub(super) fn is_under(&self, kek: [u8; 2]) -> bool {
        self.key.as_ref().is_some_and(|wrapped| wrapped.kek == kek)
    }

    pub(super) fn unwrap_key(&self, kek: &Key) -> Result<Key, VaultError> {
        let wrapped = self.key.as_ref().ok_or(VaultError::Erased(self.subject))?;
        let aad = bound_to(self.subject, self.role, &self.label);
        let clear = open(kek, &aad, &wrapped.bytes)
            .map_err(|_| VaultError::Damaged("a key does not open under the key-encryption key"))?;
        let key = <[u8; KEY]>::try_from(clear.as_slice());
        key.map(Key::new).map_err(|_| VaultError::Damaged("a key has another length"))
    }

    /// `batch` is the slot of the first entry that was written in the same go.
    pub(super) fn encode(&self, batch: u32) -> [u8; ENTRY] {
        let mut out = [0; ENTRY];
        out[0] = ERASED_STATE;
        out[1] = self.role;
        out[4..20].copy_from_slice(self.subject.as_bytes());
        out[20..AT_WRAPPED].copy_from_slice(&self.label);
        if let Some(wrapped) = &self.key {
            out[0] = KEY_STATE;
            out[2..4].copy_from_slice(&wrapped.kek);
            out[AT_WRAPPED..AT_BATCH].copy_from_slice(&wrapped.bytes);
        }
        finish(out, batch)
    }
}

/// Bytes that say that a slot holds nothing.
pub(super) fn void(batch: u32) -> [u8; ENTRY] {
    let mut out = [0; ENTRY];
    out[0] = VOID_STATE;
    finish(out, batch)
}

/// Writes the batch and the checksum.
fn finish(mut out: [u8; ENTRY], batch: u32) -> [u8; ENTRY] {
    out[AT_BATCH..AT_CRC].copy_from_slice(&batch.to_le_bytes());
    let crc = crc32c(&out[..AT_CRC]);
    out[AT_CRC..].copy_from_slice(&crc.to_le_bytes());
    out
}

impl Slot {
    /// Reads the bytes of a slot.
    ///
    /// # Errors
    /// When the checksum is right and the state is not known: a later version
    /// wrote it, and what it says must not be lost. Also when an entry says
    /// erased and is not.
    pub(super) fn decode(bytes: &[u8; ENTRY]) -> Result<Self, VaultError> {
        if bytes[AT_CRC..] != crc32c(&bytes[..AT_CRC]).to_le_bytes() {
            return Ok(Self::Bad);
        }
        match bytes[0] {
            KEY_STATE => {
                let wrapped = Wrapped { kek: part(bytes, 2), bytes: part(bytes, AT_WRAPPED) };
                Ok(Self::Entry(Box::new(entry_of(bytes, Some(wrapped))), batch_of(bytes)))
            }
            ERASED_STATE
                if bytes[2..4] == [0; 2] && bytes[AT_WRAPPED..AT_BATCH] == [0; WRAPPED] =>
            {
                Ok(Self::Entry(Box::new(entry_of(bytes, None)), batch_of(bytes)))
            }
            ERASED_STATE => {
                Err(VaultError::Damaged("an entry of keys/subjects says erased and holds a key"))
            }
            VOID_STATE => Ok(Self::Void),
            state => Err(VaultError::UnknownState(state)),
        }
    }
}

fn entry_of(bytes: &[u8; ENTRY], key: Option<Wrapped>) -> Entry {
    let (subject, label) = (SubjectId(part(bytes, 4)), part(bytes, 20));
    Entry { role: bytes[1], subject, label, key }
}

fn batch_of(bytes: &[u8; ENTRY]) -> u32 {
    u32::from_le_bytes(part(bytes, AT_BATCH))
}

/// The bytes of a field.
fn part<const N: usize>(bytes: &[u8; ENTRY], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

/// A wrapped key opens only beside its own subject, role and label.
fn bound_to(subject: SubjectId, role: u8, label: &Label) -> [u8; 33] {
    let mut aad = [0; 33];
    aad[..16].copy_from_slice(subject.as_bytes());
    aad[16] = role;
    aad[17..].copy_from_slice(label);
    aad
}
