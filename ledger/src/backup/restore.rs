//! Putting a backup back.

use super::files::copy;
use super::manifest::{KEYS, Kept, LOG, Manifest};
use super::verify::{Verified, contents, must_be, must_fit, try_kek};
use super::{BackupError, Step};
use crate::disk::{Disk, SystemDisk};
use crate::journal::Head;
use crate::journal::embedded::fill_up;
use crate::store::make;
use crate::vault::FileKek;
use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A ledger that was put back.
#[derive(Debug)]
pub struct Restored {
    /// Where its log ends.
    pub head: Head,
    /// What was checked again, when that was asked.
    pub verified: Option<Verified>,
}

/// Makes a data folder of a backup. It appears whole or not at all: the work is
/// done in a folder beside it, every file is compared with the manifest while
/// it is copied, and a rename ends it. Nothing opens the folder before.
///
/// With the key-encryption key, that is tried on every key and put where the
/// ledger looks for it.
///
/// # Errors
/// See [`BackupError`]; then nothing is left of the attempt.
pub fn restore(
    backup: &Path,
    to: &Path,
    kek: Option<&Path>,
    verify: bool,
    on: &mut dyn FnMut(Step),
) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(backup)?;
    let to = std::path::absolute(to)?;
    let (Some(name), Some(above)) = (to.file_name(), to.parent()) else {
        return Err(BackupError::Nameless(to));
    };
    if is_occupied(&to)? {
        return Err(BackupError::Occupied(to));
    }
    make(above)?;
    if to.try_exists()? && fs_err::metadata(&to)?.dev() != fs_err::metadata(above)?.dev() {
        return Err(BackupError::MountPoint(to));
    }
    let work = above.join(format!("{}.restoring", name.to_string_lossy()));
    match fs_err::create_dir(&work) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(BackupError::Leftover(work));
        }
        made => made?,
    }
    let built = build(&manifest, backup, &work, kek, verify, on).and_then(|verified| {
        on(Step::Last);
        fs_err::rename(&work, &to)?;
        SystemDisk.sync_folder(above)?;
        Ok(Restored { head: manifest.head(), verified })
    });
    if built.is_err() {
        // Why it failed says more than that something is left.
        let _ = fs_err::remove_dir_all(&work);
    }
    built
}

fn is_occupied(folder: &Path) -> io::Result<bool> {
    Ok(folder.try_exists()? && (!folder.is_dir() || fs_err::read_dir(folder)?.next().is_some()))
}

fn build(
    manifest: &Manifest,
    backup: &Path,
    work: &Path,
    kek: Option<&Path>,
    verify: bool,
    on: &mut dyn FnMut(Step),
) -> Result<Option<Verified>, BackupError> {
    let mut folders = BTreeSet::from([work.to_owned(), work.join(LOG), work.join(KEYS)]);
    for (rank, file) in manifest.files.iter().enumerate() {
        let path = work.join(&file.name);
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        make(&folder)?;
        folders.insert(folder);
        let from = must_fit(file, backup)?;
        must_be(file, &from, copy(&from, &path, file.bytes)?)?;
        on(Step::Files(rank + 1, manifest.files.len()));
    }
    for file in manifest.segments() {
        fill_up(&work.join(&file.name))?;
    }
    if let Some(kek) = kek {
        let keys = work.join(KEYS);
        try_kek(kek, &keys.join("master"), &keys.join("subjects"))?;
        FileKek(kek.to_owned()).copy_to(&keys.join("kek"))?;
    }
    folders.iter().try_for_each(|folder| SystemDisk.sync_folder(folder))?;
    let place = |file: &Kept| work.join(&file.name);
    if verify { contents(manifest, &place, kek).map(Some) } else { Ok(None) }
}
