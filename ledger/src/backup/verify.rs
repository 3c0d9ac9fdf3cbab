//! A backup checked again, where it is or once it was put back.

use super::files::digest;
use super::manifest::{Kept, Manifest};
use super::{BackupError, Step};
use crate::fsck::{Report, check};
use crate::vault::{self, FileKek};
use seal::Hash;
use std::io;
use std::path::{Path, PathBuf};

/// What a check found right.
#[derive(Debug)]
pub struct Verified {
    /// As fsck would tell it.
    pub report: Report,
    /// Keys that were opened under the key-encryption key, when it was given.
    pub opened: Option<usize>,
}

/// Checks a backup where it is: every file, then everything that fsck checks of
/// the log and the keys in them, and that it is the log which the manifest
/// tells. With the key-encryption key, that it opens every key.
///
/// # Errors
/// The first thing that is not right.
pub fn verify(
    backup: &Path,
    kek: Option<&Path>,
    on: &mut dyn FnMut(Step),
) -> Result<Verified, BackupError> {
    let manifest = Manifest::read(backup)?;
    for (rank, file) in manifest.files.iter().enumerate() {
        let (path, bytes) = (must_fit(file, backup)?, file.bytes);
        must_be(file, &path, digest(&path, bytes)?)?;
        on(Step::Files(rank + 1, manifest.files.len()));
    }
    on(Step::Last);
    contents(&manifest, &|file| file.path(backup), kek)
}

/// Where a file is in a backup, once its length is the right one.
pub(super) fn must_fit(file: &Kept, backup: &Path) -> Result<PathBuf, BackupError> {
    let path = file.path(backup);
    let damaged = |what| Err(BackupError::Damaged { path: path.clone(), what });
    match fs_err::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => damaged("is missing"),
        Ok(found) if found.len() != file.bytes => {
            damaged("has not the length that backup.json says")
        }
        found => found.map(|_| path).map_err(Into::into),
    }
}

/// Refuses content that is not what the manifest says.
pub(super) fn must_be(file: &Kept, path: &Path, found: Hash) -> Result<(), BackupError> {
    if found == file.sha256 {
        return Ok(());
    }
    let what = "has not the SHA-256 that backup.json says";
    Err(BackupError::Damaged { path: path.to_owned(), what })
}

/// Checks what is in files that are known to be those of a manifest.
pub(super) fn contents(
    manifest: &Manifest,
    place: &dyn Fn(&Kept) -> PathBuf,
    kek: Option<&Path>,
) -> Result<Verified, BackupError> {
    let segments: Vec<PathBuf> = manifest.segments().map(place).collect();
    let key_file = |name| manifest.key_file(name).map(place).unwrap_or_default();
    let subjects = key_file("subjects");
    let mut report = check(&segments, (&subjects, key_file("fences")), &[])?;
    if let Some(problem) = report.problem.take() {
        return Err(problem.into());
    }
    if let Some(problem) = report.keys.problem.take() {
        return Err(problem.into());
    }
    let said = manifest.head();
    if let Some(found) = report.head.filter(|found| *found != said) {
        return Err(BackupError::OtherHead { said: Box::new(said), found: Box::new(found) });
    }
    // Segments are stored short: that no zeros follow is how it should be.
    report.torn = false;
    let opened = match kek {
        None => None,
        Some(kek) => Some(try_kek(kek, &key_file("master"), &subjects)?),
    };
    Ok(Verified { report, opened })
}

/// Tries a key-encryption key on the keys of a backup.
pub(super) fn try_kek(kek: &Path, master: &Path, subjects: &Path) -> Result<usize, BackupError> {
    if !kek.try_exists()? {
        return Err(BackupError::NoKek(kek.to_owned()));
    }
    Ok(vault::try_kek(&FileKek(kek.to_owned()), master, subjects)?)
}
