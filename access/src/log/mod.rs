//! Who read whose data, and why: `access/log/YYYY-MM-DD.jsonl`.
//!
//! One line a read, written before it is answered; each has the SHA-256 of the line before, so that
//! a line that is changed, dropped or inserted shows. It is synced by nobody: a page is not worth a
//! sync, and what a power cut takes are the last moments. Principals are pseudonyms.
//!
//! | file | does |
//! |---|---|
//! | `write.rs` | appends, and deletes what is older than a year |
//! | `read.rs` | reads it whole and checks its chain |
//!
//! Lines are in the order of the files' names and, in a file, in that in which they were written. A
//! clock that goes back opens no file of an earlier day: the newest one goes on.
//!
//! What is older than [`crate::limits::LOG_KEPT_MONTHS`] is deleted, day by day; a line says so
//! first, with the hash of the last line that goes. So the first line that stays still stands after
//! something that the log itself tells.
//!
//! A read that cannot be recorded is refused, and reading must go on when the disk is full: so there
//! is always room reserved for the next few thousand lines.

mod read;
mod write;

pub use read::{Broken, Checked, read};
pub use write::AccessLog;

use crate::secret::hex;
use chrono::NaiveDate;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};

/// What stands before the first line of all.
const BEGINNING: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// A line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// When, RFC 3339, UTC.
    pub at: String,
    /// Who: a pseudonym.
    pub principal: String,
    /// In which role.
    pub role: String,
    /// Which call.
    pub call: String,
    /// Of whom: a resource name or a filter.
    pub of: String,
    /// Why, in the reader's words; empty for one who need not say.
    pub reason: String,
    /// The lines that were deleted then, of a line that tells that instead of a read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<Dropped>,
    /// SHA-256 of the line before, in hex.
    pub before: String,
}

/// Lines that were kept for long enough, and are gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dropped {
    /// The first day of which lines stay, YYYY-MM-DD.
    pub until: String,
    /// How many.
    pub lines: u64,
    /// What the first of them said that stood before it.
    pub after: String,
    /// SHA-256 of the last of them, in hex.
    pub last: String,
    /// How often one of them did not follow the one before.
    pub broken: usize,
}

fn folder_of(data: &Path) -> PathBuf {
    data.join("access").join("log")
}

/// The files, oldest first.
fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let paths = fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<io::Result<_>>()?;
    paths.retain(|path| {
        path.extension().is_some_and(|extension| extension == "jsonl")
            && day_of(path).parse::<NaiveDate>().is_ok()
    });
    paths.sort();
    Ok(paths)
}

/// The files, oldest first, opened: what is deleted from here on is read all the same. One that was
/// deleted after it was listed is no longer there; the line that says so may be in a file that was not
/// there yet, so they are listed again.
fn opened(folder: &Path) -> io::Result<Vec<(PathBuf, fs::File)>> {
    let mut listed = Vec::new();
    loop {
        let before = std::mem::replace(&mut listed, files(folder)?);
        let mut opened = Vec::with_capacity(listed.len());
        for path in &listed {
            match fs::File::open(path) {
                Ok(file) => opened.push((path.clone(), file)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        if opened.len() == listed.len() || listed == before {
            return Ok(opened);
        }
    }
}

/// The day of a file.
fn day_of(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

fn digest(line: &[u8]) -> String {
    hex(&Sha256::digest(line))
}
