//! What a witness answers to a new checkpoint (C2SP tlog-witness): pure; who keeps its state is elsewhere.
//!
//! A witness signs a tree only if it contains, in their order, all the leaves of the tree that it signed before. So
//! a log that rewrites its history finds no witness for the new one.

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::hash::{Hash, empty_root};
use crate::key::VerifierKey;
use crate::note::{NOTE_BYTES_MAX, Note, NoteError};
use crate::proof::verify_consistency;
use crate::text::{base64, decimal, hash_from_base64};
use std::fmt;

/// The most hashes of a consistency proof that a witness reads.
pub const CONSISTENCY_HASHES_MAX: usize = 63;

/// The body of `POST add-checkpoint`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the log takes the witness's newest tree to have.
    pub old: u64,
    /// That the new tree follows from it.
    pub proof: Vec<Hash>,
    /// The new checkpoint, signed by its log.
    pub checkpoint: String,
}

/// Why a witness does not sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// 400: not as the protocol has it.
    #[error("the request is `old SIZE`, hashes, an empty line and a checkpoint")]
    Malformed,
    /// 400: the old size is above that of the checkpoint.
    #[error("the old size {old} is above the checkpoint's {new}")]
    Shrunk {
        /// As the request says.
        old: u64,
        /// As the checkpoint says.
        new: u64,
    },
    /// 404: a log that the witness does not watch.
    #[error("the log {0} is not watched here")]
    UnknownLog(String),
    /// 403: the log did not sign it.
    #[error("the checkpoint is not signed by its log: {0}")]
    Unsigned(NoteError),
    /// 409: the witness knows another size: ask again from there.
    #[error("the newest tree known here has {size} leaves")]
    OtherSize {
        /// The witness's.
        size: u64,
    },
    /// 409: two roots of one size: the log has two histories.
    #[error("the log signed another tree of {size} leaves before")]
    OtherRoot {
        /// Of both.
        size: u64,
    },
    /// 422: the new tree does not follow from the old one, or the proof is wrong.
    #[error("the proof does not show that the tree only grew from {old} leaves to {new}")]
    Inconsistent {
        /// The witness's size.
        old: u64,
        /// The new size.
        new: u64,
    },
}

impl Refusal {
    /// The status of HTTP that the protocol gives it.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Malformed | Self::Shrunk { .. } => 400,
            Self::Unsigned(_) => 403,
            Self::UnknownLog(_) => 404,
            Self::OtherSize { .. } | Self::OtherRoot { .. } => 409,
            Self::Inconsistent { .. } => 422,
        }
    }

    /// Whether the log signed what contradicts itself, or could not show that it does not.
    #[must_use]
    pub const fn is_alarm(&self) -> bool {
        // Of the tree that it signed itself anybody can send a wrong proof.
        match self {
            Self::OtherRoot { .. } => true,
            Self::Inconsistent { old, new } => *old < *new,
            _ => false,
        }
    }
}

impl AddCheckpoint {
    /// Reads a request.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let parse = || {
            let text =
                std::str::from_utf8(body).ok().filter(|text| text.len() <= NOTE_BYTES_MAX)?;
            let (head, checkpoint) = text.split_once("\n\n")?;
            let mut lines = head.split('\n');
            let old = decimal(lines.next()?.strip_prefix("old ")?)?;
            let proof: Option<Vec<Hash>> = lines.map(hash_from_base64).collect();
            let proof = proof.filter(|proof| proof.len() <= CONSISTENCY_HASHES_MAX)?;
            Some(Self { old, proof, checkpoint: checkpoint.to_owned() })
        };
        parse().ok_or(Refusal::Malformed)
    }

    /// The log that it says to be of; nothing is believed yet.
    ///
    /// # Errors
    /// [`Refusal::Malformed`] when it has no checkpoint.
    pub fn origin(&self) -> Result<String, Refusal> {
        let read = || Checkpoint::parse(&Note::parse(self.checkpoint.as_bytes()).ok()?.text).ok();
        read().map(|checkpoint| checkpoint.origin).ok_or(Refusal::Malformed)
    }

    /// Whether a witness that knows a log's newest tree, or none, signs this one; gives what it signs. `log` are the
    /// log's keys, one at least.
    ///
    /// # Errors
    /// See [`Refusal`].
    pub fn judge(
        &self,
        log: &[VerifierKey],
        known: Option<&Checkpoint>,
    ) -> Result<(Checkpoint, Note), Refusal> {
        let opened = Checkpoint::open_by(self.checkpoint.as_bytes(), log);
        let (new, note) = opened.map_err(|error| match error {
            CheckpointError::Note(error @ (NoteError::Signature(_) | NoteError::Unsigned(_))) => {
                Refusal::Unsigned(error)
            }
            CheckpointError::Origin { found, .. } => Refusal::UnknownLog(found),
            CheckpointError::Note(_) | CheckpointError::Form => Refusal::Malformed,
        })?;
        if self.old > new.size {
            return Err(Refusal::Shrunk { old: self.old, new: new.size });
        }
        let (size, root) = known.map_or((0, empty_root()), |known| (known.size, known.root));
        if self.old != size {
            return Err(Refusal::OtherSize { size });
        }
        if size == new.size && root != new.root {
            return Err(Refusal::OtherRoot { size });
        }
        let grown = verify_consistency((size, &root), (new.size, &new.root), &self.proof);
        grown.map_err(|_| Refusal::Inconsistent { old: size, new: new.size })?;
        Ok((new, note))
    }
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{}", base64(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}
