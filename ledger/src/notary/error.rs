//! Why the log signs nothing.

use crate::tree::TreeError;
use seal::{CheckpointError, KeyError};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why the log signs nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum NotaryError {
    /// The file system failed.
    #[error("{} failed: {source}", path.display())]
    Io {
        /// Which file or folder.
        path: PathBuf,
        /// How.
        source: Arc<io::Error>,
    },
    /// Another process signs for this log.
    #[error("another process has {} open", .0.display())]
    Locked(PathBuf),
    /// The key that signs cannot be read.
    #[error("{}: {error}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: KeyError,
    },
    /// One of the key and the newest checkpoint is there, the other is not.
    #[error(
        "{} is missing beside {}: put it back; a log that signed goes on only with both",
        missing.display(), beside.display()
    )]
    Missing {
        /// Which file.
        missing: PathBuf,
        /// What is there.
        beside: PathBuf,
    },
    /// The newest checkpoint is damaged, or another log's.
    #[error("{}: {error}", path.display())]
    Checkpoint {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: CheckpointError,
    },
    /// The log is shorter than what it signed.
    #[error(
        "the log has {found} events, and signed that it had {signed}: its end was cut, or an old copy was put \
         back; nothing is written. Put the newest copy back"
    )]
    Shorter {
        /// As the newest checkpoint says.
        signed: u64,
        /// Events of the log.
        found: u64,
    },
    /// What follows the last whole group was signed, and is damaged.
    #[error(
        "the log has {found} whole events and damage after them, and signed that it had {signed}: that is no write \
         that did not end; nothing is cut or written. Put the newest copy back"
    )]
    Torn {
        /// As the newest checkpoint says.
        signed: u64,
        /// Events of the log that are whole.
        found: u64,
    },
    /// The log is not the one that it signed.
    #[error(
        "the first {size} events of the log are not those that it signed: one was changed, removed, added or \
         moved; nothing is written. `registre fsck` tells more; put a right copy back"
    )]
    Differs {
        /// As the newest checkpoint says.
        size: u64,
    },
    /// Somebody else replaced the newest checkpoint meanwhile.
    #[error("{} was replaced by another process: nothing is signed until a restart", .0.display())]
    Replaced(PathBuf),
    /// The tree cannot be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A stream that has no event.
    #[error("there is no such history")]
    NoHistory,
}
