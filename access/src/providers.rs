//! Who outside verifies signatures of contracts: `access/providers`, trust services by their public keys.
//!
//! The command line writes the file, whole, while the server runs, as it does that of the keys. There is no secret in
//! it: a provider signs what it sends (Standard Webhooks, asymmetric), and its public key checks it.
//!
//! An entry is one key. A provider that changes its key has two for a while, of one name and one level.

use crate::limits;
use crate::list::List;
use base64ct::{Base64, Encoding};
use domain::contract::signing::Level;
use domain::ids::Instant;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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

/// A key of a provider that is trusted here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderEntry {
    /// What contracts name it by, and its path at the door.
    pub name: String,
    /// What its messages are checked with.
    pub key: ProviderKey,
    /// What its signatures are worth.
    pub level: Worth,
    /// When the key was registered.
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
    /// It has that key.
    #[error("{0} is registered with that key already")]
    Registered(String),
    /// It has another level, which is of all its keys.
    #[error(
        "{name} is registered as {level}, and a second key is of the same level: register it as {level}, or remove the \
         provider first",
        level = .level.name()
    )]
    OtherLevel {
        /// Of which provider.
        name: String,
        /// Its level.
        level: Worth,
    },
    /// It has as many keys as it may.
    #[error(
        "{0} has {most} keys already, and no more at once: take one away first (`registre provider remove {0} --key \
         whpk_…`)",
        most = limits::SIGNATURE_PROVIDER_KEYS
    )]
    Keys(String),
    /// There is none of that name.
    #[error("there is no provider of that name: `registre provider list` shows them")]
    Unknown,
    /// It has no such key.
    #[error("{0} has no such key: `registre provider list` shows those that it has")]
    NoSuchKey(String),
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

    /// Every key of every provider, oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<ProviderEntry>, ProviderError> {
        Ok(Self::read(&self.path())?)
    }

    /// Trusts a provider from now on; one that is trusted already, under this key too. How many keys it has then.
    ///
    /// # Errors
    /// See [`ProviderError`].
    pub fn add(
        &self,
        name: &str,
        key: ProviderKey,
        level: Worth,
        now: Instant,
    ) -> Result<usize, ProviderError> {
        if !is_name(name) {
            return Err(ProviderError::Name);
        }
        self.0.change(|all| {
            let name = name.to_owned();
            let (mut known, mut keys) = (BTreeSet::new(), 0);
            for one in all.iter() {
                known.insert(&one.name);
                if one.name != name {
                    continue;
                }
                if one.level != level {
                    return Err(ProviderError::OtherLevel { name, level: one.level });
                }
                if one.key == key {
                    return Err(ProviderError::Registered(name));
                }
                keys += 1;
            }
            if keys >= limits::SIGNATURE_PROVIDER_KEYS {
                return Err(ProviderError::Keys(name));
            }
            if keys == 0 && known.len() >= limits::SIGNATURE_PROVIDERS {
                return Err(ProviderError::TooMany);
            }
            all.push(ProviderEntry { name, key, level, created_at: now });
            Ok(keys + 1)
        })
    }

    /// Trusts one key of a provider no more, or the whole provider when none is said. What was signed stays signed. How
    /// many keys it has left.
    ///
    /// # Errors
    /// See [`ProviderError`].
    pub fn remove(&self, name: &str, key: Option<ProviderKey>) -> Result<usize, ProviderError> {
        self.0.change(|all| {
            let of_name = |all: &[ProviderEntry]| all.iter().filter(|one| one.name == name).count();
            let had = of_name(all);
            all.retain(|one| one.name != name || key.is_some_and(|key| one.key != key));
            match (had, of_name(all)) {
                (0, _) => Err(ProviderError::Unknown),
                (had, left) if had == left => Err(ProviderError::NoSuchKey(name.to_owned())),
                (_, left) => Ok(left),
            }
        })
    }

    /// Every key of a file.
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
        let again = list.add("signe-ici", key, Worth::Advanced, Instant(6));
        assert!(matches!(again, Err(ProviderError::Registered(_))));
        let long = "x".repeat(limits::PROVIDER_NAME_BYTES + 1);
        for name in ["", "Signe", "a/b", "ed25519", "x509", "é", &long] {
            let refused = list.add(name, key, Worth::Simple, Instant(6));
            assert!(matches!(refused, Err(ProviderError::Name)), "{name}");
        }
        let kept = list.list().unwrap();
        assert_eq!((kept.len(), kept[0].level, kept[0].key), (1, Worth::Advanced, key));
        assert!(matches!(list.remove("other", None), Err(ProviderError::Unknown)));
        list.remove("signe-ici", None).unwrap();
        assert!(list.list().unwrap().is_empty());
        for n in 0..limits::SIGNATURE_PROVIDERS {
            list.add(&format!("p-{n}"), key, Worth::Simple, Instant(7)).unwrap();
        }
        let full = list.add("more", key, Worth::Simple, Instant(8));
        assert!(matches!(full, Err(ProviderError::TooMany)));
    }

    #[test]
    fn a_provider_has_two_keys_of_one_level_at_most_and_each_is_taken_away_alone() {
        let folder = tempfile::tempdir().unwrap();
        let list = ProviderList::of(folder.path());
        let [first, second, third] = [1, 2, 3].map(|n| ProviderKey([n; 32]));
        let add = |key, level| list.add("signe-ici", key, level, Instant(5));
        let keys = || list.list().unwrap().into_iter().map(|one| one.key).collect::<Vec<_>>();
        assert_eq!(add(first, Worth::Advanced).unwrap(), 1);
        let other = add(second, Worth::Simple);
        assert!(
            matches!(other, Err(ProviderError::OtherLevel { level: Worth::Advanced, .. })),
            "{other:?}"
        );
        assert_eq!(add(second, Worth::Advanced).unwrap(), 2);
        assert!(matches!(add(second, Worth::Advanced), Err(ProviderError::Registered(_))));
        let refused = add(third, Worth::Advanced).unwrap_err();
        assert!(refused.to_string().contains("signe-ici --key whpk_"), "{refused}");
        assert_eq!(keys(), [first, second]);
        let none = list.remove("signe-ici", Some(third));
        assert!(matches!(none, Err(ProviderError::NoSuchKey(_))));
        assert_eq!(list.remove("signe-ici", Some(first)).unwrap(), 1);
        assert_eq!(keys(), [second]);
        assert_eq!(add(third, Worth::Advanced).unwrap(), 2);
        // Others are others, and a second key is no other provider.
        for n in 1..limits::SIGNATURE_PROVIDERS {
            list.add(&format!("p-{n}"), first, Worth::Simple, Instant(7)).unwrap();
        }
        assert_eq!(list.add("p-1", second, Worth::Simple, Instant(8)).unwrap(), 2);
        assert!(matches!(
            list.add("more", first, Worth::Simple, Instant(8)),
            Err(ProviderError::TooMany)
        ));
        assert_eq!(list.remove("signe-ici", None).unwrap(), 0);
        assert!(
            !keys().contains(&third) && list.list().unwrap().len() == limits::SIGNATURE_PROVIDERS
        );
        assert_eq!(list.remove("p-2", Some(first)).unwrap(), 0);
        assert!(matches!(list.remove("p-2", None), Err(ProviderError::Unknown)));
    }

    #[test]
    fn a_key_is_whpk_and_the_base64_of_32_bytes() {
        let short = format!("whpk_{}", Base64::encode_string(&[7; 31]));
        for text in ["", "whpk_", "whsk_AAAA", "whpk_####", short.as_str()] {
            assert!(matches!(text.parse::<ProviderKey>(), Err(ProviderError::Key)), "{text}");
        }
    }
}
