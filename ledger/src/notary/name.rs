//! The keys that a log signed with, kept in its data: another log's folder apart, or an emptied one, is told.

use super::NotaryError;
use crate::disk::SystemDisk;
use crate::vault::kek::write_whole;
use seal::VerifierKey;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The keys in a file, one a line, the one in use last; none when there is no file.
pub(super) fn read(path: &Path) -> Result<Vec<VerifierKey>, NotaryError> {
    let text = match fs_err::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => String::new(),
        Err(error) => return Err(failed(path, error)),
    };
    let keys: Result<Vec<VerifierKey>, _> = text.lines().map(str::parse).collect();
    match keys {
        Ok(keys) if !keys.is_empty() && text.ends_with('\n') => Ok(keys),
        _ => Err(NotaryError::Name(path.to_owned())),
    }
}

/// Adds the key that is in use from now on.
pub(super) fn add(path: &Path, keys: &[VerifierKey], key: &VerifierKey) -> Result<(), NotaryError> {
    let lines: String = keys.iter().chain([key]).map(|key| format!("{key}\n")).collect();
    write_whole(&SystemDisk, path, lines.as_bytes()).map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> NotaryError {
    NotaryError::Io { path: path.to_owned(), source: Arc::new(error) }
}
