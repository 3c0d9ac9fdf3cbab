//! A proof in a file of its own (C2SP tlog-proof): which leaf, its siblings, and the checkpoint that
//! they lead to. What a sender keeps as the receipt of an event.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::note::{NOTE_BYTES_MAX, Note};
use crate::proof::{PROOF_HASHES_MAX, ProofError, verify_inclusion};
use crate::text::{base64, decimal, from_base64, hash_from_base64};
use std::fmt;

const HEAD: &str = "c2sp.org/tlog-proof@v1";

/// A proof file, read and not believed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// What its application adds; nothing here reads it.
    pub extra: Option<Vec<u8>>,
    /// Of the leaf, from 0.
    pub index: u64,
    /// Siblings, from the leaf up.
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, as it was.
    pub checkpoint: String,
}

/// Why text is no proof file, or proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlogProofError {
    /// Another format, or a later version of it.
    #[error("a proof begins with the line {HEAD}")]
    Head,
    /// Lines are missing, too many, or written otherwise than they would be.
    #[error("a proof is its index, its hashes, an empty line and a checkpoint")]
    Form,
    /// Its checkpoint is not believed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It does not lead from the leaf to the root.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl TlogProof {
    /// Reads a proof file.
    ///
    /// # Errors
    /// When it is written otherwise than [`fmt::Display`] would.
    pub fn parse(bytes: &[u8]) -> Result<Self, TlogProofError> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(TlogProofError::Form);
        }
        let text = std::str::from_utf8(bytes).map_err(|_| TlogProofError::Form)?;
        let rest = text.strip_prefix(HEAD).and_then(|rest| rest.strip_prefix('\n'));
        let rest = rest.ok_or(TlogProofError::Head)?;
        let parse = || {
            let (proof, checkpoint) = rest.split_once("\n\n")?;
            let mut lines = proof.split('\n').peekable();
            let extra = lines.next_if(|line| line.starts_with("extra "));
            let extra = match extra.and_then(|line| line.strip_prefix("extra ")) {
                Some(extra) => Some(from_base64(extra)?),
                None => None,
            };
            let index = decimal(lines.next()?.strip_prefix("index ")?)?;
            let hashes: Option<Vec<Hash>> = lines.map(hash_from_base64).collect();
            let hashes = hashes.filter(|hashes| hashes.len() <= PROOF_HASHES_MAX)?;
            Some(Self { extra, index, hashes, checkpoint: checkpoint.to_owned() })
        };
        parse().ok_or(TlogProofError::Form)
    }

    /// Checks that a leaf is where the proof says, in a tree that its log signed.
    ///
    /// # Errors
    /// See [`TlogProofError`].
    pub fn verify(
        &self,
        leaf: &Hash,
        log: &VerifierKey,
    ) -> Result<(Checkpoint, Note), TlogProofError> {
        let (checkpoint, note) = Checkpoint::open(self.checkpoint.as_bytes(), log)?;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.hashes, &checkpoint.root)?;
        Ok((checkpoint, note))
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEAD}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", base64(hash))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}
