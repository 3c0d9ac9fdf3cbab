//! Small JSON files that one process writes and another reads: a draft renamed over the old one, so
//! that a reader has one or the other, and a lock so that two writers take turns.

use crate::limits;
use domain::ids::Instant;
use fs_err as fs;
use fs_err::os::unix::fs::OpenOptionsExt;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::SystemTime;

/// What tells one content of a file from the next: inode, length and time of change.
type Stamp = Option<(u64, u64, Option<SystemTime>)>;

/// The stamp of a file; `None` when there is none.
fn stamp(path: &Path) -> Stamp {
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.len(), metadata.modified().ok()))
}

/// What a file says, read anew a moment after somebody else wrote it.
#[derive(Debug)]
pub(crate) struct Watched<T> {
    path: PathBuf,
    read: fn(&Path) -> io::Result<T>,
    known: RwLock<(Stamp, Arc<T>)>,
    /// When the file was looked at last, in microseconds.
    looked_at: AtomicI64,
    /// Of whoever looks at it: the others wait for what they see.
    looking: Mutex<()>,
}

impl<T> Watched<T> {
    pub(crate) fn open(path: PathBuf, read: fn(&Path) -> io::Result<T>) -> io::Result<Self> {
        // Before the content: what changes in between is read again.
        let stamp = stamp(&path);
        let known = RwLock::new((stamp, Arc::new(read(&path)?)));
        let (looked_at, looking) = (AtomicI64::new(i64::MIN), Mutex::default());
        Ok(Self { path, read, known, looked_at, looking })
    }

    /// What it says at an instant. What cannot be read is told, and what was known before stays.
    pub(crate) fn at(&self, now: Instant) -> Arc<T> {
        if self.is_fresh(now) {
            return self.known().1;
        }
        let _turn = self.looking.lock().unwrap_or_else(PoisonError::into_inner);
        let (before, value) = self.known();
        if self.is_fresh(now) {
            return value;
        }
        let stamp = stamp(&self.path);
        let value = if stamp == before { value } else { self.renewed(stamp, value) };
        // Last: until then whoever comes waits, and is not told of what was.
        self.looked_at.store(now.0, Ordering::Release);
        value
    }

    fn is_fresh(&self, now: Instant) -> bool {
        let passed = now.0.saturating_sub(self.looked_at.load(Ordering::Acquire)).unsigned_abs();
        u128::from(passed) < limits::LOOK_EVERY.as_micros()
    }

    fn known(&self) -> (Stamp, Arc<T>) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.0, Arc::clone(&known.1))
    }

    /// What the file says now; what was known before, when it cannot be read.
    fn renewed(&self, stamp: Stamp, before: Arc<T>) -> Arc<T> {
        match (self.read)(&self.path) {
            Ok(fresh) => {
                let fresh = Arc::new(fresh);
                let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
                *known = (stamp, Arc::clone(&fresh));
                fresh
            }
            Err(error) => {
                tracing::error!(%error, "who may call cannot be read: what was known before stays");
                before
            }
        }
    }
}

/// Reads a file; what there is before the first writing is the default.
pub(crate) fn read<T: DeserializeOwned + Default>(path: &Path) -> io::Result<T> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| io::Error::other(format!("{} is damaged: {error}", path.display()))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error),
    }
}

/// Writes a file whole, for its owner's eyes only, and syncs it and its folder.
pub(crate) fn write(path: &Path, content: &impl Serialize) -> io::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(content)?;
    bytes.push(b'\n');
    write_private(path, &bytes)
}

/// Writes bytes whole, for their owner's eyes only, and syncs them and their folder.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = draft_of(path);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    match path.parent() {
        Some(folder) => fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn draft_of(path: &Path) -> PathBuf {
    path.with_extension("draft")
}

/// Holds the turn of a folder's writers until it is dropped.
pub(crate) fn turn(folder: &Path) -> io::Result<std::fs::File> {
    fs::create_dir_all(folder)?;
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    let file = options.open(folder.join("lock"))?.into_file();
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use std::time::Duration;

    fn slowly(path: &Path) -> io::Result<String> {
        std::thread::sleep(Duration::from_millis(50));
        fs::read_to_string(path)
    }

    #[test]
    fn whoever_comes_while_a_file_is_read_anew_waits_for_what_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        fs::write(&path, "old").unwrap();
        let watched = Arc::new(Watched::open(path.clone(), slowly).unwrap());
        assert_eq!(*watched.at(Instant(0)), "old");
        fs::write(&path, "newer").unwrap();
        let later = Instant(2 * limits::LOOK_EVERY.as_micros() as i64);
        let asking = (0..8).map(|_| {
            let watched = Arc::clone(&watched);
            std::thread::spawn(move || watched.at(later).to_string())
        });
        for asked in asking.collect::<Vec<_>>() {
            assert_eq!(asked.join().unwrap(), "newer");
        }
    }
}
