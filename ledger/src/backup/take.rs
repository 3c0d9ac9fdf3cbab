//! Taking a backup.

use super::files::{copy, digest, private};
use super::manifest::{KEYS, Kept, LOG, Manifest, NAMES, PART, REFERENCES, hex, is_named_by_us};
use super::{BackupError, Step};
use crate::disk::{Disk, SystemDisk};
use crate::journal::Head;
use crate::journal::embedded::{Extent, lasting_files, segment_files, survey};
use crate::store::{Lost, lock, make};
use crate::vault::{self, FENCES, Fences, VaultError};
use seal::Hash;
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a backup has.
#[derive(Debug)]
pub struct Taken {
    /// Where the log ends in it.
    pub head: Head,
    /// Segments of the log.
    pub segments: usize,
    /// Segments that were there already, with the same content.
    pub kept: usize,
    /// Bytes of all its files.
    pub bytes: u64,
    /// Bytes that were copied.
    pub copied: u64,
    /// Persons who have a key.
    pub persons: usize,
}

/// How often a backup is begun anew because persons were erased meanwhile.
const ATTEMPTS: usize = 50;
/// How long it waits then.
const PAUSE: Duration = Duration::from_millis(200);

/// Copies a data folder, which a server may have open, into a folder that may
/// hold an older backup of the same ledger. Until the new one is whole, the
/// older one is.
///
/// The log is read once, checked and hashed; then each segment is read again to
/// be copied, or its copy that is there already is, to be compared.
///
/// When persons are erased meanwhile it is begun anew: files change in place under it, and no
/// backup ends after a fence without having it.
///
/// # Errors
/// See [`BackupError`]; when the ledger is damaged, or not the one of the
/// backup that is there, that one stays as it is.
pub fn backup(data: &Path, to: &Path, on: &mut dyn FnMut(Step)) -> Result<Taken, BackupError> {
    let path = data.join(KEYS).join(FENCES);
    for _ in 0..ATTEMPTS {
        let before = Fenced::read(&path)?;
        match once(data, to, on) {
            Ok(taken) if Fenced::read(&path)?.bytes == before.bytes => return Ok(taken),
            Ok(_) => {}
            Err(error) => {
                let now = Fenced::read(&path)?;
                if now.bytes == before.bytes && !now.is_one_under_way {
                    return Err(error);
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
    Err(BackupError::Erasing)
}

/// Who is fenced at a moment.
struct Fenced {
    bytes: Vec<u8>,
    is_one_under_way: bool,
}

impl Fenced {
    fn read(path: &Path) -> Result<Self, BackupError> {
        let bytes = match fs_err::read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read?,
        };
        let is_one_under_way = Fences::read_file(path.to_owned())?.is_one_under_way();
        Ok(Self { bytes, is_one_under_way })
    }
}

/// One attempt.
fn once(data: &Path, to: &Path, on: &mut dyn FnMut(Step)) -> Result<Taken, BackupError> {
    let log = data.join(LOG);
    if !log.try_exists()? || segment_files(&log)?.is_empty() {
        return Err(BackupError::NoLedger(data.to_owned()));
    }
    let mut copies = Copies::begin(data, to)?;
    let before = Manifest::find(to)?;
    on(Step::Log);
    let mut lost = Lost::default();
    let mut known = Known::of(before.as_ref());
    let found = survey(
        &lasting_files(&log)?,
        &mut |record| {
            // Of nobody is it known yet that there is a key: there is nothing to fail.
            let _ = lost.note(record, &|_| Ok(false));
            Ok(())
        },
        &mut |position, root| known.note(position, root),
    )?;
    known.must_be_in(to, &found.journal, found.head)?;
    if let Some(last) = found.segments.last() {
        // What was read of the last group may not be on the ledger's disk yet. The copy never has
        // events that the ledger could still lose.
        fs_err::File::open(&last.path)?.sync_data()?;
    }
    for (rank, segment) in found.segments.iter().enumerate() {
        copies.segment(segment)?;
        on(Step::Files(rank + 1, found.segments.len()));
    }
    copies.names()?;
    on(Step::Keys);
    let persons = copies.keys(lost)?;
    copies.references()?;
    on(Step::Last);
    copies.publish(found.journal, found.head, persons)
}

/// The log of the backup that is there, looked for in the ledger's.
struct Known<'a> {
    before: Option<&'a Manifest>,
    /// Whether the ledger had that root at that position.
    met: bool,
}

impl<'a> Known<'a> {
    fn of(before: Option<&'a Manifest>) -> Self {
        Self { before, met: before.is_none_or(|before| before.position == 0) }
    }

    fn note(&mut self, position: u64, root: Hash) {
        self.met |= self.before.is_some_and(|b| b.position == position && b.root == root);
    }

    fn must_be_in(&self, to: &Path, journal: &[u8; 16], head: Head) -> Result<(), BackupError> {
        let Some(before) = self.before else { return Ok(()) };
        let (folder, position) = (to.to_owned(), before.position);
        if before.journal != *journal {
            let (theirs, ours) = (hex(&before.journal), hex(journal));
            return Err(BackupError::OtherJournal { folder, theirs, ours });
        }
        if position > head.position.0 {
            let ledger = head.position.0;
            return Err(BackupError::Ahead { folder, backup: position, ledger });
        }
        if self.met { Ok(()) } else { Err(BackupError::Contradicts { folder, position }) }
    }
}

/// Files on their way into a backup.
struct Copies<'a> {
    data: &'a Path,
    to: &'a Path,
    files: Vec<Kept>,
    segments: usize,
    /// Segments that were there.
    kept: usize,
    copied: u64,
    /// Nobody else writes into the backup as long as this is held.
    _lock: std::fs::File,
}

impl<'a> Copies<'a> {
    fn begin(data: &'a Path, to: &'a Path) -> Result<Self, BackupError> {
        let (whole, target) = (fs_err::canonicalize(data)?, std::path::absolute(to)?);
        let real = target.ancestors().find_map(|path| path.canonicalize().ok());
        if real.is_some_and(|real| real.starts_with(&whole)) || is_ledger(to)? {
            return Err(BackupError::Inside(to.to_owned()));
        }
        let lock = lock(to)?;
        for folder in [LOG, KEYS, REFERENCES] {
            make(&to.join(folder))?;
        }
        Ok(Self { data, to, files: Vec::new(), segments: 0, kept: 0, copied: 0, _lock: lock })
    }

    fn segment(&mut self, segment: &Extent) -> Result<(), BackupError> {
        let name = segment.path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{LOG}/{name}");
        let (bytes, sha256) = (segment.bytes, segment.sha256);
        let was_there = self.put(&segment.path, Kept { name, bytes, sha256 })?;
        self.segments += 1;
        self.kept += usize::from(was_there);
        Ok(())
    }

    /// The keys that the log signed with, of one that did.
    fn names(&mut self) -> Result<(), BackupError> {
        let names = self.data.join(NAMES);
        if names.try_exists()? { self.whole(&names, NAMES.to_owned()) } else { Ok(()) }
    }

    /// The master, and the entries of persons up to the last whole one: opening judges what is
    /// torn among them by the log, and the log of the copy needs none that is not whole now.
    fn keys(&mut self, mut lost: Lost) -> Result<usize, BackupError> {
        // Half of the keys would be under one key-encryption key, half under the next.
        if vault::rekey::is_under_way(&self.data.join(KEYS))? {
            return Err(VaultError::Rekeying.into());
        }
        let master = self.data.join(KEYS).join("master");
        if !master.try_exists()? {
            return Err(BackupError::NoMaster(master));
        }
        self.whole(&master, format!("{KEYS}/master"))?;
        let (subjects, part) = (self.data.join(KEYS).join("subjects"), self.part("keys/subjects"));
        // To the length of this moment, so that there is no later batch behind a torn one. What is
        // copied is judged, and not what may have grown meanwhile.
        if subjects.try_exists()? {
            copy(&subjects, &part, fs_err::metadata(&subjects)?.len())?;
        } else {
            private(&part)?;
        }
        let found = vault::survey(&part)?;
        lost.without(&|subject| found.accounts_for(subject));
        if lost.persons() > 0 {
            let (persons, damaged) = (lost.persons(), found.damaged);
            return Err(VaultError::Lost { persons, damaged }.into());
        }
        let file = fs_err::OpenOptions::new().write(true).open(&part)?;
        file.set_len(found.bytes)?;
        file.sync_all()?;
        let (name, bytes) = (format!("{KEYS}/subjects"), found.bytes);
        self.adopt(&part, Kept { name, bytes, sha256: digest(&part, bytes)? })?;
        // After the keys: of whoever has none in the copy, the copy says why.
        let fences = self.data.join(KEYS).join(FENCES);
        if fences.try_exists()? {
            self.whole(&fences, format!("{KEYS}/{FENCES}"))?;
        }
        Ok(found.persons().0)
    }

    /// Reference tables, each named by its hash and never edited.
    fn references(&mut self) -> Result<(), BackupError> {
        let folder = self.data.join(REFERENCES);
        if !folder.try_exists()? {
            return Ok(());
        }
        let mut tables = Vec::new();
        for entry in fs_err::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|suffix| suffix == "json") {
                tables.push(path);
            }
        }
        tables.sort();
        for path in tables {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.whole(&path, format!("{REFERENCES}/{name}"))?;
        }
        Ok(())
    }

    /// A small file that is never changed.
    fn whole(&mut self, path: &Path, name: String) -> Result<(), BackupError> {
        let bytes = fs_err::metadata(path)?.len();
        self.put(path, Kept { name, bytes, sha256: digest(path, bytes)? })?;
        Ok(())
    }

    /// Copies a file, unless it is there already, its content verified; gives whether it was.
    fn put(&mut self, from: &Path, file: Kept) -> Result<bool, BackupError> {
        let path = file.path(self.to);
        if path.try_exists()?
            && fs_err::metadata(&path)?.len() == file.bytes
            && digest(&path, file.bytes)? == file.sha256
        {
            self.files.push(file);
            return Ok(true);
        }
        let part = self.part(&file.name);
        if copy(from, &part, file.bytes)? != file.sha256 {
            return Err(BackupError::Changed(from.to_owned()));
        }
        self.adopt(&part, file)?;
        Ok(false)
    }

    /// Gives a copy that is durable its name.
    fn adopt(&mut self, part: &Path, file: Kept) -> io::Result<()> {
        fs_err::rename(part, file.path(self.to))?;
        self.copied += file.bytes;
        self.files.push(file);
        Ok(())
    }

    fn part(&self, name: &str) -> PathBuf {
        self.to.join(format!("{name}.{PART}"))
    }

    fn publish(self, journal: [u8; 16], head: Head, persons: usize) -> Result<Taken, BackupError> {
        let folders = [LOG, KEYS, REFERENCES].map(|folder| self.to.join(folder));
        folders.iter().try_for_each(|folder| SystemDisk.sync_folder(folder))?;
        let wanted: HashSet<PathBuf> = self.files.iter().map(|file| file.path(self.to)).collect();
        let taken = Taken {
            head,
            segments: self.segments,
            kept: self.kept,
            bytes: self.files.iter().map(|file| file.bytes).sum(),
            copied: self.copied,
            persons,
        };
        Manifest::new(journal, head, self.files).publish(self.to)?;
        // What only older backups named, or one that was interrupted.
        for folder in folders {
            for entry in fs_err::read_dir(folder)? {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if is_named_by_us(&name) && !wanted.contains(&path) {
                    fs_err::remove_file(&path)?;
                }
            }
        }
        Ok(taken)
    }
}

/// Whether a folder is a ledger's own, in which nothing else may be put.
fn is_ledger(folder: &Path) -> io::Result<bool> {
    let log = folder.join(LOG);
    Ok(log.try_exists()? && !segment_files(&log)?.is_empty())
}
