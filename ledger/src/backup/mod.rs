//! A copy of a data folder that can be put back, taken while a server writes.
//!
//! The end of the log is fixed first and the keys are read last: a key is
//! durable before a section is sealed under it, so every section of the copy
//! has its key in the copy. `docs/formats/backup.md` says what a backup holds
//! and what it does not: above all not the key-encryption key.
//!
//! | module | holds |
//! |---|---|
//! | `take` | a backup, whole or on top of the one before |
//! | `restore` | a backup put back as a data folder |
//! | `verify` | a backup, or what was put back, checked again |
//! | `manifest` | `backup.json`: what a backup holds; without it there is none |
//! | `files` | files copied and hashed, durable |
//! | `error` | every refusal |

mod error;
mod files;
mod manifest;
mod restore;
mod take;
mod verify;

pub use error::BackupError;
pub use restore::{Restored, restore};
pub use take::{Taken, backup};
pub use verify::{Verified, verify};

/// How far the work is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The log is about to be read; where it ends then is where the copy ends.
    Log,
    /// So many of the log's files are done, of so many.
    Files(usize, usize),
    /// The log is done, and the keys are about to be read.
    Keys,
    /// Everything is there and is about to be declared whole.
    Last,
}
