//! What the ledger names. All are 16 opaque bytes, written as a UUID.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
        pub struct $name(pub [u8; 16]);

        impl $name {
            /// The 16 bytes as stored.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 16] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Uuid::from_bytes(self.0).fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(s: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(s).map(|u| Self(u.into_bytes()))
            }
        }

        impl From<Uuid> for $name {
            fn from(u: Uuid) -> Self {
                Self(u.into_bytes())
            }
        }
    };
}

id!(
    /// Names one event for ever: HMAC(naming key, source ‖ request id ‖ index).
    EventId
);
id!(
    /// The key part of a stream's name; see [`StreamId`].
    StreamKey
);
id!(
    /// Names one contract of one enrolment: HMAC(naming key, stream ‖ ordinal of first appearance).
    ContractId
);
id!(
    /// Names one natural person in one role; random, so that it says nothing.
    SubjectId
);
id!(
    /// Names one push run; chosen by the sender, who repeats it when it retries.
    RunId
);
id!(
    /// Names one request of one sender (AIP-155); chosen by the sender.
    RequestId
);

/// What kind of thing a stream tells the story of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub enum Category {
    /// What one source declares of one dossier, contracts included.
    Enrolment = 1,
    /// The workflow of one contract that runs in the ledger.
    Contract = 2,
    /// One push run.
    Run = 3,
    /// One pair of enrolments that a human linked or parted.
    PersonLink = 4,
    /// The reference sets that were loaded (one stream).
    Reference = 5,
    /// One erasure of persons: its request, its decision, and that it was done.
    Erasure = 6,
}

impl Category {
    /// The category of a stored code, or `None` when this version does not know it.
    #[must_use]
    pub const fn from_code(code: u8) -> Option<Self> {
        match code {
            1 => Some(Self::Enrolment),
            2 => Some(Self::Contract),
            3 => Some(Self::Run),
            4 => Some(Self::PersonLink),
            5 => Some(Self::Reference),
            6 => Some(Self::Erasure),
            _ => None,
        }
    }

    /// The collection name in resource names: `enrolments/{key}`.
    #[must_use]
    pub const fn collection(self) -> &'static str {
        match self {
            Self::Enrolment => "enrolments",
            Self::Contract => "contracts",
            Self::Run => "pushRuns",
            Self::PersonLink => "personLinks",
            Self::Reference => "referenceSets",
            Self::Erasure => "erasures",
        }
    }
}

/// The name of a stream: a category and 16 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StreamId {
    /// What the stream is about.
    pub category: Category,
    /// Which one.
    pub key: StreamKey,
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.category.collection(), self.key)
    }
}

/// The rank of an event in the whole log: the first event is 1, without gaps.
///
/// As a bound ("the answer reflects position P") it means events 1 to P
/// included, so 0 is the empty log and P is also the size of the Merkle tree;
/// the leaf index of an event is its position minus 1.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Position(pub u64);

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The rank of an event in its stream: the first is 1; 0 means "no event yet".
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Version(pub u64);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An instant, in microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Instant(pub i64);

/// Who declares: one management system of one training organisation.
///
/// 1 to 64 bytes of `a-z 0-9 . _ -` (so it can stand in a resource name and
/// never carries a person's name); see [`Source::parse`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Source(String);

/// Why a source name was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a source is 1 to 64 characters among a-z, 0-9, '.', '_' and '-', not {0:?}")]
pub struct SourceError(pub String);

impl Source {
    /// The longest source name, in bytes.
    pub const MAX_BYTES: usize = 64;

    /// Checks a source name.
    ///
    /// # Errors
    /// When it is empty, too long, or holds another character.
    pub fn parse(s: &str) -> Result<Self, SourceError> {
        let fits = !s.is_empty()
            && s.len() <= Self::MAX_BYTES
            && s.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-'));
        if fits {
            Ok(Self(s.to_owned()))
        } else {
            Err(SourceError(s.chars().take(Self::MAX_BYTES).collect()))
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
