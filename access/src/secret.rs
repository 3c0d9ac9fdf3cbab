//! The text of an API key, and what is kept of it.
//!
//! `reg_<environment>_<key id>_<32 random bytes in hex>_<CRC-32C of all before, in hex>`. A scanner
//! finds it by its beginning and knows by its end that it is one. The server keeps its SHA-256:
//! 256 bits of chance need no slow hash.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Random bytes of a key.
const SECRET: usize = 32;
/// Random bytes of its id.
const ID: usize = 6;

/// What an API key is known by: 12 hexadecimal digits, no secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyId([u8; ID]);

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl From<KeyId> for String {
    fn from(id: KeyId) -> Self {
        id.to_string()
    }
}

/// A text that is no key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key id is 12 hexadecimal digits")]
pub struct KeyIdError;

impl TryFrom<String> for KeyId {
    type Error = KeyIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl std::str::FromStr for KeyId {
    type Err = KeyIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        unhex(text).map(Self).ok_or(KeyIdError)
    }
}

/// What is kept of a key: the SHA-256 of its text.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// Of a key's text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// Whether both are of one key; takes the same time whatever they hold.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let differs = self.0.iter().zip(&other.0).fold(0, |differs, (a, b)| differs | (a ^ b));
        std::hint::black_box(differs) == 0
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest")
    }
}

impl From<KeyDigest> for String {
    fn from(digest: KeyDigest) -> Self {
        hex(&digest.0)
    }
}

impl TryFrom<String> for KeyDigest {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        unhex(&text).map(Self).ok_or("the digest of a key is 64 hexadecimal digits")
    }
}

/// An API key, whole: shown once, to whoever made it.
#[derive(Clone)]
pub struct ApiKey {
    id: KeyId,
    text: String,
}

impl ApiKey {
    /// A new one. `environment` is 1 to 8 of a-z and 0-9.
    ///
    /// # Errors
    /// When the system has no chance to give.
    pub fn make(environment: &str) -> Result<Self, getrandom::Error> {
        let (mut id, mut secret) = ([0; ID], [0; SECRET]);
        getrandom::fill(&mut id)?;
        getrandom::fill(&mut secret)?;
        let id = KeyId(id);
        let before = format!("reg_{environment}_{id}_{}", hex(&secret));
        let text = format!("{before}_{:08x}", crc32c::crc32c(before.as_bytes()));
        Ok(Self { id, text })
    }

    /// What it is known by.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is kept of it.
    #[must_use]
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(&self.text)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey({})", self.id)
    }
}

/// Whether a text looks like an API key rather than a token.
#[must_use]
pub fn is_key(text: &str) -> bool {
    text.starts_with("reg_")
}

/// The id in a key's text, when the text is whole.
#[must_use]
pub fn id_of(text: &str) -> Option<KeyId> {
    let (before, crc) = text.rsplit_once('_')?;
    let crc: [u8; 4] = unhex(crc)?;
    if u32::from_be_bytes(crc) != crc32c::crc32c(before.as_bytes()) {
        return None;
    }
    before.strip_prefix("reg_")?.split('_').nth(1)?.parse().ok()
}

/// Whether a text may name an environment in a key.
#[must_use]
pub fn is_environment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=8).contains(&text.len()) && text.bytes().all(is_plain)
}

/// Hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Bytes of lower-case hexadecimal, exactly so many.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? * 16 + digit(*low)?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_tells_its_id_and_any_changed_character_is_seen() {
        let key = ApiKey::make("test").unwrap();
        assert!(is_key(key.text()) && key.text().starts_with("reg_test_"));
        assert_eq!(id_of(key.text()), Some(key.id()));
        for at in 0..key.text().len() {
            let mut altered = key.text().to_owned().into_bytes();
            altered[at] = if altered[at] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(id_of(&altered), None, "{at}");
            assert!(!KeyDigest::of(&altered).is(&key.digest()));
        }
        assert!(KeyDigest::of(key.text()).is(&key.digest()));
        assert!(!format!("{key:?}").contains(&key.text()[25..60]));
    }

    #[test]
    fn other_texts_are_no_keys() {
        for text in ["", "reg_", "reg_a_b_c", "reg_test_000000000000__00000000", "Bearer x"] {
            assert_eq!(id_of(text), None, "{text}");
        }
        assert!(is_environment("prod") && !is_environment("") && !is_environment("a_b"));
    }
}
