//! A disk of the machine that stops at a step: that one and those after it do not happen. What a
//! process that is killed there leaves. A write may stop half way.

use crate::support::ledger_options;
use ledger::Ledger;
use ledger::disk::{Disk, DiskFile, SystemDisk};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Debug, Clone)]
pub struct Stops {
    left: Arc<AtomicU64>,
    /// Whether the write at which it stops is half done.
    torn: bool,
}

/// The ledger of a folder on such a disk, which lets everything through until it is told to stop.
pub fn stoppable(folder: &Path) -> (Stops, Ledger) {
    let disk = Stops::after(u64::MAX, false);
    let options = ledger::Options { disk: Arc::new(disk.clone()), ..ledger_options(9) };
    let ledger = Ledger::open(folder, &options).unwrap();
    (disk, ledger)
}

impl Stops {
    /// Lets so many changing steps through.
    pub fn after(steps: u64, torn: bool) -> Self {
        Self { left: Arc::new(AtomicU64::new(steps)), torn }
    }

    /// Lets so many more through, from now on.
    pub fn stop_after(&self, steps: u64) {
        self.left.store(steps, Ordering::SeqCst);
    }

    fn step(&self) -> io::Result<()> {
        let one_less = |left: u64| left.checked_sub(1);
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less);
        taken.map(drop).map_err(|_| io::Error::other("stopped"))
    }
}

#[derive(Debug)]
struct File {
    file: Box<dyn DiskFile>,
    stops: Stops,
}

impl Disk for Stops {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        SystemDisk.create_folder(folder)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        SystemDisk.list(folder)
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File { file: SystemDisk.open(path)?, stops: self.clone() }))
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.step()?;
        Ok(Box::new(File { file: SystemDisk.create(path)?, stops: self.clone() }))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        SystemDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        SystemDisk.remove(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        SystemDisk.sync_folder(folder)
    }
    fn room(&self, folder: &Path) -> io::Result<u64> {
        SystemDisk.room(folder)
    }
}

impl DiskFile for File {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(bytes, offset)
    }
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.stops.step().inspect_err(|_| {
            if self.stops.torn {
                self.file.write_all_at(&bytes[..bytes.len() / 2], offset).unwrap();
            }
        })?;
        self.file.write_all_at(bytes, offset)
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.stops.step()?;
        self.file.set_len(length)
    }
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }
    fn sync_data(&self) -> io::Result<()> {
        self.stops.step()?;
        self.file.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.stops.step()?;
        self.file.sync_all()
    }
}
