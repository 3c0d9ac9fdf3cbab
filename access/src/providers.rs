//! Who outside verifies signatures of contracts: `access/providers`, trust services by their public keys.
//!
//! The command line writes the file, whole, while the server runs, as it does that of the keys. There is no secret in
//! it: a provider signs what it sends (Standard Webhooks, asymmetric), and its public key checks it.

use crate::limits;
use crate::list::List;
use base64ct::{Base64, Encoding};
use domain::contract::signing::Level;
use domain::ids::Instant;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What a public key begins with (Standard Webhooks).
const PREFIX: &str = "whpk_";
/// Names of what verifies without anybody outside.
const BUILT_IN: [&str; 2] = ["ed25519", "x509"];

/// An Ed25519 public key, written `whpk_` and base64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ProviderKey(pub [u8; 32]);

impl fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", Base64::encode_string(&self.0))
    }
}

impl FromStr for ProviderKey {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        let bytes = text.strip_prefix(PREFIX).and_then(|rest| Base64::decode_vec(rest).ok());
        bytes.and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(ProviderError::Key)
    }
}

impl From<ProviderKey> for String {
    fn from(key: ProviderKey) -> Self {
        key.to_string()
    }
}

impl TryFrom<String> for ProviderKey {
    type Error = ProviderError;

    fn try_from(text: String) -> Result<Self, ProviderError> {
        text.parse()
    }
}

/// What the signatures of a provider are worth, as whoever registers it vouches (eIDAS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Worth {
    /// Simple.
    Simple,
    /// Advanced.
    Advanced,
    /// Qualified.
    Qualified,
}

impl Worth {
    /// Every worth.
    pub const ALL: [Self; 3] = [Self::Simple, Self::Advanced, Self::Qualified];

    /// Its name, as files and options write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simple => "simple",
            Self::Advanced => "advanced",
            Self::Qualified => "qualified",
        }
    }
}

impl From<Worth> for Level {
    fn from(worth: Worth) -> Self {
        match worth {
            Worth::Simple => Self::Simple,
            Worth::Advanced => Self::Advanced,
            Worth::Qualified => Self::Qualified,
        }
    }
}

impl FromStr for Worth {
    type Err = ProviderError;

    fn from_str(text: &str) -> Result<Self, ProviderError> {
        Self::ALL.into_iter().find(|one| one.name() == text).ok_or(ProviderError::Level)
    }
}

/// A provider that is trusted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderEntry {
    /// What contracts name it by, and its path at the door.
    pub name: String,
    /// What its messages are checked with.
    pub key: ProviderKey,
    /// What its signatures are worth.
    pub level: Worth,
    /// When it was registered.
    pub created_at: Instant,
}

/// Why a provider was not registered or removed.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The folder cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A name that does not fit in a path, or is taken.
    #[error(
        "a provider is named by 1 to {most} of a-z, 0-9 and -, and neither ed25519 nor x509",
        most = limits::PROVIDER_NAME_BYTES
    )]
    Name,
    /// No public key of Standard Webhooks.
    #[error("a public key is whpk_ and the base64 of 32 bytes")]
    Key,
    /// No level that a provider's signatures may have.
    #[error("a level is simple, advanced or qualified")]
    Level,
    /// There is one of that name.
    #[error("{0} is registered already: remove it first")]
    Registered(String),
    /// There is none of that name.
    #[error("there is no provider of that name: `registre provider list` shows them")]
    Unknown,
    /// Too many.
    #[error("a ledger trusts {most} providers at most", most = limits::SIGNATURE_PROVIDERS)]
    TooMany,
}

/// The providers of a data folder.
#[derive(Debug, Clone)]
pub struct ProviderList(List<ProviderEntry>);

impl ProviderList {
    /// Those of that data folder.
    #[must_use]
    pub fn of(data: &Path) -> Self {
        Self(List::of(data, "providers"))
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.0.path()
    }

    /// Every provider, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<ProviderEntry>, ProviderError> {
        Ok(Self::read(&self.path())?)
    }

    /// Trusts a provider from now on.
    ///
    /// # Errors
    /// See [`ProviderError`].
    pub fn add(
        &self,
        name: &str,
        key: ProviderKey,
        level: Worth,
        now: Instant,
    ) -> Result<(), ProviderError> {
        if !is_name(name) {
            return Err(ProviderError::Name);
        }
        self.0.change(|all| {
            if all.iter().any(|one| one.name == name) {
                return Err(ProviderError::Registered(name.to_owned()));
            }
            if all.len() >= limits::SIGNATURE_PROVIDERS {
                return Err(ProviderError::TooMany);
            }
            all.push(ProviderEntry { name: name.to_owned(), key, level, created_at: now });
            Ok(())
        })
    }

    /// Trusts a provider no more. What it signed stays signed.
    ///
    /// # Errors
    /// See [`ProviderError`].
    pub fn remove(&self, name: &str) -> Result<(), ProviderError> {
        self.0.change(|all| {
            let at = all.iter().position(|one| one.name == name).ok_or(ProviderError::Unknown)?;
            all.remove(at);
            Ok(())
        })
    }

    /// Every provider of a file.
    pub(crate) fn read(path: &Path) -> io::Result<Vec<ProviderEntry>> {
        List::read(path)
    }
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=limits::PROVIDER_NAME_BYTES).contains(&name.len())
        && name.bytes().all(fits)
        && !BUILT_IN.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_registered_once_under_a_name_that_fits_and_removed() {
        let folder = tempfile::tempdir().unwrap();
        let list = ProviderList::of(folder.path());
        let key: ProviderKey = ProviderKey([7; 32]).to_string().parse().unwrap();
        assert_eq!(key, ProviderKey([7; 32]));
        list.add("signe-ici", key, Worth::Advanced, Instant(5)).unwrap();
        let again = list.add("signe-ici", key, Worth::Simple, Instant(6));
        assert!(matches!(again, Err(ProviderError::Registered(_))));
        let long = "x".repeat(limits::PROVIDER_NAME_BYTES + 1);
        for name in ["", "Signe", "a/b", "ed25519", "x509", "é", &long] {
            let refused = list.add(name, key, Worth::Simple, Instant(6));
            assert!(matches!(refused, Err(ProviderError::Name)), "{name}");
        }
        let kept = list.list().unwrap();
        assert_eq!((kept.len(), kept[0].level, kept[0].key), (1, Worth::Advanced, key));
        assert!(matches!(list.remove("other"), Err(ProviderError::Unknown)));
        list.remove("signe-ici").unwrap();
        assert!(list.list().unwrap().is_empty());
        for n in 0..limits::SIGNATURE_PROVIDERS {
            list.add(&format!("p-{n}"), key, Worth::Simple, Instant(7)).unwrap();
        }
        let full = list.add("more", key, Worth::Simple, Instant(8));
        assert!(matches!(full, Err(ProviderError::TooMany)));
    }

    #[test]
    fn a_key_is_whpk_and_the_base64_of_32_bytes() {
        let short = format!("whpk_{}", Base64::encode_string(&[7; 31]));
        for text in ["", "whpk_", "whsk_AAAA", "whpk_####", short.as_str()] {
            assert!(matches!(text.parse::<ProviderKey>(), Err(ProviderError::Key)), "{text}");
        }
    }
}
