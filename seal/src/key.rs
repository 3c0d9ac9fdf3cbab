//! Names and keys of who signs (C2SP signed-note): `name+hash+key`, one line each.

use crate::text::{base64, from_base64, from_hex, hex};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use std::fmt;
use std::str::FromStr;
use zeroize::Zeroizing;

/// Bytes of an Ed25519 public key, and of the seed of a private one.
const KEY: usize = 32;
/// The longest name, in bytes: this version's own limit, the format has none.
pub const NAME_BYTES_MAX: usize = 128;
/// What a private key begins with.
const PRIVATE: &str = "PRIVATE+KEY";

/// What a key signs with. The byte is part of each key and of its id, which leaves room for others: 0x06
/// is ML-DSA-44.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    /// Ed25519 over the text of a note.
    Ed25519 = 0x01,
    /// Ed25519 of a witness over a time and a checkpoint (C2SP tlog-cosignature).
    Cosignature = 0x04,
}

impl Kind {
    const fn of(code: u8) -> Option<Self> {
        match code {
            0x01 => Some(Self::Ed25519),
            0x04 => Some(Self::Cosignature),
            _ => None,
        }
    }
}

/// Which key of a name: the first bytes of SHA-256(name, 0x0A, kind, public key).
pub type KeyId = [u8; 4];

/// Why text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not of the form `name+hash+key`.
    #[error("a key is written NAME+HASH+KEY")]
    Form,
    /// A name that cannot stand in a signature line.
    #[error("the name of a key is 1 to {NAME_BYTES_MAX} bytes without spaces and '+'")]
    Name,
    /// A signature scheme that this version does not know.
    #[error("the key is of kind {0:#04x}, which this version does not know")]
    Kind(u8),
    /// Not a point of the curve, or of small order.
    #[error("the key is no Ed25519 key")]
    Key,
    /// The hash is of another name or key: something was mistyped.
    #[error("the hash in the key is not that of its name and key")]
    Id,
}

/// Whether a name can stand in a signature line: no space (of Unicode), no plus.
pub(crate) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+')
}

/// Whether a key of ours may have a name.
fn is_fit(name: &str) -> bool {
    is_name(name) && name.len() <= NAME_BYTES_MAX && !name.chars().any(char::is_control)
}

fn key_id(name: &str, kind: Kind, public: &[u8; KEY]) -> KeyId {
    let hash = Sha256::new()
        .chain_update(name)
        .chain_update([b'\n', kind as u8])
        .chain_update(public)
        .finalize();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// `name+hash+key`, taken apart.
struct Parts<'a> {
    name: &'a str,
    id: KeyId,
    kind: Kind,
    key: Zeroizing<[u8; KEY]>,
}

fn parts(text: &str) -> Result<Parts<'_>, KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Form)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Form)?;
    let id = from_hex(id).ok_or(KeyError::Form)?;
    let key = Zeroizing::new(from_base64(key).ok_or(KeyError::Form)?);
    let (kind, key) = key.split_first().ok_or(KeyError::Form)?;
    let kind = Kind::of(*kind).ok_or(KeyError::Kind(*kind))?;
    if !is_fit(name) {
        return Err(KeyError::Name);
    }
    let key = <[u8; KEY]>::try_from(key).map_err(|_| KeyError::Key)?;
    Ok(Parts { name, id, kind, key: Zeroizing::new(key) })
}

/// A public key under a name: checks signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    kind: Kind,
    id: KeyId,
    key: VerifyingKey,
}

impl VerifierKey {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it signs with.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Which key of the name.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// Whether whoever signs with one signs with the other, whatever their names.
    pub(crate) fn has_same_secret(&self, other: &Self) -> bool {
        self.key == other.key
    }

    /// Whether a signature line is this key's.
    pub(crate) fn is(&self, name: &str, id: KeyId) -> bool {
        self.name == name && self.id == id
    }

    /// Whether this key made a signature, of 64 bytes, over a message. A signature that another
    /// verifier could judge otherwise is refused.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        self.key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let Parts { name, id, kind, key } = parts(text)?;
        let point = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::Key)?;
        if point.is_weak() {
            return Err(KeyError::Key);
        }
        if key_id(name, kind, &key) != id {
            return Err(KeyError::Id);
        }
        Ok(Self { name: name.to_owned(), kind, id, key: point })
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[self.kind as u8][..], self.key.as_bytes()].concat();
        write!(f, "{}+{}+{}", self.name, hex(&self.id), base64(&bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({self})")
    }
}

/// A private key under a name. It shows nothing and is wiped when dropped.
pub struct SignerKey {
    public: VerifierKey,
    key: SigningKey,
}

impl SignerKey {
    /// Of a seed of 32 random bytes.
    ///
    /// # Errors
    /// [`KeyError::Name`] when the name cannot stand in a signature line.
    pub fn new(name: &str, kind: Kind, seed: &[u8; KEY]) -> Result<Self, KeyError> {
        if !is_fit(name) {
            return Err(KeyError::Name);
        }
        let key = SigningKey::from_bytes(seed);
        let point = key.verifying_key();
        let id = key_id(name, kind, point.as_bytes());
        Ok(Self { public: VerifierKey { name: name.to_owned(), kind, id, key: point }, key })
    }

    /// The key that checks its signatures.
    #[must_use]
    pub const fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// As kept in a file, to be read with [`str::parse`].
    #[must_use]
    pub fn to_secret(&self) -> Zeroizing<String> {
        let seed = Zeroizing::new(self.key.to_bytes());
        let bytes = Zeroizing::new([&[self.public.kind as u8][..], seed.as_slice()].concat());
        let key = Zeroizing::new(base64(&bytes));
        Zeroizing::new(format!(
            "{PRIVATE}+{}+{}+{}",
            self.public.name,
            hex(&self.public.id),
            key.as_str()
        ))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl FromStr for SignerKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.strip_prefix(PRIVATE).and_then(|rest| rest.strip_prefix('+'));
        let Parts { name, id, kind, key } = parts(text.ok_or(KeyError::Form)?)?;
        let key = Self::new(name, kind, &key)?;
        if key.public.id == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}, …)", self.public.name)
    }
}
