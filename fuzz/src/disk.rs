//! A file system in memory: ten thousand openings a second, and nothing to clean up.

use ledger::disk::{Disk, DiskFile};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes that a file may have: what asks for more was fooled by a number in a file.
const FILE_BYTES_MAX: u64 = 1 << 20;

type Bytes = Arc<Mutex<Vec<u8>>>;

/// All files, by path.
#[derive(Debug, Clone, Default)]
pub(crate) struct MemoryDisk(Arc<Mutex<BTreeMap<PathBuf, Bytes>>>);

#[derive(Debug)]
struct File(Bytes);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MemoryDisk {
    /// Puts a file there.
    pub(crate) fn put(&self, path: PathBuf, bytes: Vec<u8>) {
        lock(&self.0).insert(path, Arc::new(Mutex::new(bytes)));
    }
}

impl Disk for MemoryDisk {
    fn create_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        Ok(lock(&self.0).keys().filter(|path| path.parent() == Some(folder)).cloned().collect())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = lock(&self.0).get(path).cloned();
        Ok(Box::new(File(file.ok_or(io::ErrorKind::NotFound)?)))
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.put(path.to_owned(), Vec::new());
        self.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = lock(&self.0);
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        lock(&self.0).remove(path);
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn room(&self, _: &Path) -> io::Result<u64> {
        Ok(FILE_BYTES_MAX)
    }
}

impl DiskFile for File {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        let file = lock(&self.0);
        let rest = file.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
        let now = rest.len().min(bytes.len());
        bytes[..now].copy_from_slice(&rest[..now]);
        Ok(now)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let end = offset.saturating_add(bytes.len() as u64);
        if end > FILE_BYTES_MAX {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let (start, end) = (offset as usize, end as usize);
        let mut file = lock(&self.0);
        let length = file.len().max(end);
        file.resize(length, 0);
        file[start..end].copy_from_slice(bytes);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        if length > FILE_BYTES_MAX {
            return Err(io::ErrorKind::StorageFull.into());
        }
        lock(&self.0).resize(length as usize, 0);
        Ok(())
    }

    fn length(&self) -> io::Result<u64> {
        Ok(lock(&self.0).len() as u64)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn sync_all(&self) -> io::Result<()> {
        Ok(())
    }
}
