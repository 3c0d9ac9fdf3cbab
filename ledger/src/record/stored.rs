//! A record as the journal gives it back.

use super::digest;
use super::header::{Header, HeaderError};
use bytes::Bytes;
use domain::ids::Position;
use seal::{Hash, leaf_hash};

/// The bytes of a section, or that they were erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Nonce and ciphertext.
    Sealed(Bytes),
    /// Zeroed in place: the header still holds the digest of what was there.
    Erased,
}

/// A record of the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Rank in the log.
    pub position: Position,
    /// The header, read.
    pub header: Header,
    /// The header's bytes: what the leaf hashes.
    pub header_bytes: Bytes,
    /// The public body.
    pub body: Bytes,
    /// The sections, in the order of the header.
    pub sections: Vec<Content>,
}

/// How a record contradicts its own header.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The header cannot be read.
    #[error("its header cannot be read: {0}")]
    Header(#[from] HeaderError),
    /// Another body than the one hashed.
    #[error("its body is not the one that its header names")]
    Body,
    /// Another section than the one hashed.
    #[error("its section {0} is not the one that its header names")]
    Section(usize),
    /// Another number of sections.
    #[error("it has {found} sections where its header names {named}")]
    Sections {
        /// In the header.
        named: usize,
        /// In the file.
        found: usize,
    },
}

impl StoredRecord {
    /// The leaf of the Merkle tree.
    #[must_use]
    pub fn leaf(&self) -> Hash {
        leaf_hash(&self.header_bytes)
    }

    /// What it holds in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let sections = self.sections.iter().map(|content| match content {
            Content::Sealed(bytes) => bytes.len(),
            Content::Erased => 0,
        });
        self.header_bytes.len() + self.body.len() + sections.sum::<usize>()
    }

    /// Compares the body and the sections with the digests of the header.
    ///
    /// # Errors
    /// When one differs; erased sections cannot be compared and pass.
    pub fn verify(&self) -> Result<(), Damage> {
        if digest(&self.body) != self.header.body_hash {
            return Err(Damage::Body);
        }
        let (named, found) = (self.header.sections.len(), self.sections.len());
        if named != found {
            return Err(Damage::Sections { named, found });
        }
        let pairs = self.header.sections.iter().zip(&self.sections).enumerate();
        for (index, (named, content)) in pairs {
            if matches!(content, Content::Sealed(bytes) if digest(bytes) != named.hash) {
                return Err(Damage::Section(index));
            }
        }
        Ok(())
    }
}
