//! How a backup, or putting it back, is refused.

use crate::journal::{Head, OpenError};
use crate::vault::VaultError;
use std::io;
use std::path::PathBuf;

/// Why there is no backup, or why it was not put back.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The file system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The log is damaged, or a folder is in use.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The key store is damaged, lacks keys, or the key-encryption key is another one.
    #[error(transparent)]
    Keys(#[from] VaultError),
    /// There is no log to copy.
    #[error("{} holds no ledger", .0.display())]
    NoLedger(PathBuf),
    /// A log whose names cannot be made again.
    #[error("{} is missing beside a log: put the backup of keys/ back", .0.display())]
    NoMaster(PathBuf),
    /// The backup would be lost with what it is a backup of, or overwrite it.
    #[error(
        "{} is in a ledger's data folder: a backup there is lost with it; name a folder on another \
         disk",
        .0.display()
    )]
    Inside(PathBuf),
    /// The folder has the backup of another ledger.
    #[error(
        "{} holds a backup of another journal ({theirs}, not {ours}): name another folder",
        folder.display()
    )]
    OtherJournal {
        /// Of the backup.
        folder: PathBuf,
        /// Its journal, in hexadecimal.
        theirs: String,
        /// The ledger's.
        ours: String,
    },
    /// The backup has events that the ledger has not.
    #[error(
        "{} holds {backup} events and the ledger {ledger}: the ledger is older than its backup. Keep \
         this backup, find out which events are missing, and name another folder",
        folder.display()
    )]
    Ahead {
        /// Of the backup.
        folder: PathBuf,
        /// Its last position.
        backup: u64,
        /// The ledger's.
        ledger: u64,
    },
    /// Backup and ledger were the same once and differ since.
    #[error(
        "the ledger's first {position} events are not those of the backup in {}: one of the two is \
         not what was acknowledged. Keep this backup, and name another folder",
        folder.display()
    )]
    Contradicts {
        /// Of the backup.
        folder: PathBuf,
        /// Its last position.
        position: u64,
    },
    /// A file of the ledger was changed in place while it was copied.
    #[error("{} was changed while it was copied: take the backup again", .0.display())]
    Changed(PathBuf),
    /// Persons were erased all the while.
    #[error("persons are being erased: take the backup again once that is done")]
    Erasing,
    /// There is no manifest: a backup that was never completed, or no backup.
    #[error(
        "{} is no complete backup: backup.json is missing. If a backup was interrupted there, take \
         it again into the same folder; what is copied already is kept",
        .0.display()
    )]
    Incomplete(PathBuf),
    /// The manifest cannot be trusted.
    #[error("{} is damaged ({what}): use another backup", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A manifest of a later version.
    #[error("{} has format {format}, which this version does not know: upgrade", path.display())]
    Version {
        /// Which file.
        path: PathBuf,
        /// Its format.
        format: u64,
    },
    /// A file of the backup is not what the manifest says.
    #[error(
        "{} {what}, so this backup cannot be used: take the file from another copy of it, or use \
         another backup",
        path.display()
    )]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// Every file is right, and the log in them is not what the manifest says.
    #[error(
        "the log ends at position {} with root {} and the manifest says {} and {}: use another backup",
        found.position, super::manifest::hex(&found.root), said.position,
        super::manifest::hex(&said.root)
    )]
    OtherHead {
        /// Of the manifest.
        said: Box<Head>,
        /// Of the log.
        found: Box<Head>,
    },
    /// A ledger is never put over something else.
    #[error("{} exists and is not empty: restore into a new folder", .0.display())]
    Occupied(PathBuf),
    /// A folder that cannot be replaced by a rename.
    #[error("{} is a disk of its own: restore into a new folder on it", .0.display())]
    MountPoint(PathBuf),
    /// A path without a name, such as `/`.
    #[error("{} cannot be made: name the new folder", .0.display())]
    Nameless(PathBuf),
    /// Another restore runs, or was killed.
    #[error(
        "{} is there: another restore to this place runs, or was killed. If none runs, delete that \
         folder",
        .0.display()
    )]
    Leftover(PathBuf),
    /// The file that should hold the key-encryption key is not there.
    #[error("there is no key-encryption key at {}", .0.display())]
    NoKek(PathBuf),
}
