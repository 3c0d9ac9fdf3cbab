//! Checkpoints (C2SP tlog-checkpoint): the text in which a log says how large it is and what is in it.

use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::note::{Note, NoteError};
use crate::text::{base64, decimal, hash_from_base64};
use std::fmt;

/// What a log says of itself, and signs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Names the log: a name without a scheme, like that of its key.
    pub origin: String,
    /// Leaves of the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why text is no checkpoint, or one is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// It is no signed note, or not signed by the log.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// It does not begin with three lines: origin, size, root.
    #[error(
        "a checkpoint is a line each for origin, size and root, and extension lines, none of them empty"
    )]
    Form,
    /// Another log's.
    #[error("the checkpoint is of {found}, not of {asked}")]
    Origin {
        /// Whose was asked for.
        asked: String,
        /// Whose it is.
        found: String,
    },
}

impl Checkpoint {
    /// Reads the text of a checkpoint. Extension lines are signed with it, and passed over.
    ///
    /// # Errors
    /// When a line is missing, or written otherwise than [`fmt::Display`] would.
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let parse = || {
            let mut lines = text.strip_suffix('\n')?.split('\n');
            let origin = lines.next().filter(|origin| !origin.is_empty())?.to_owned();
            let size = decimal(lines.next()?)?;
            let root = hash_from_base64(lines.next()?)?;
            lines.all(|extension| !extension.is_empty()).then_some(Self { origin, size, root })
        };
        parse().ok_or(CheckpointError::Form)
    }

    /// Reads a signed checkpoint and believes it: its log signed it, whose key has the log's name.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn open(bytes: &[u8], log: &VerifierKey) -> Result<(Self, Note), CheckpointError> {
        Self::open_by(bytes, std::slice::from_ref(log))
    }

    /// The same, by any of some keys: a log that changes its key has two for a while.
    ///
    /// # Errors
    /// See [`CheckpointError`].
    pub fn open_by(bytes: &[u8], logs: &[VerifierKey]) -> Result<(Self, Note), CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Self::parse(&note.text)?;
        if logs.iter().all(|log| log.name() != checkpoint.origin) {
            let asked = logs.first().map(|log| log.name().to_owned()).unwrap_or_default();
            return Err(CheckpointError::Origin { asked, found: checkpoint.origin });
        }
        note.verify_any(&checkpoint.origin, logs)?;
        Ok((checkpoint, note))
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}", self.origin, self.size, base64(&self.root))
    }
}
