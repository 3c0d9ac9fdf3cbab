//! A disk of the machine whose changing steps wait to be let through, one by one.

use ledger::disk::{Disk, DiskFile, SystemDisk};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex};

#[derive(Debug, Default)]
struct State {
    /// Steps that may still be done; `None`: all.
    left: Option<u64>,
    done: u64,
    /// A step waits.
    waits: bool,
    /// Whoever made the steps has ended.
    ended: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Gate(Arc<(Mutex<State>, Condvar)>);

impl Gate {
    /// Lets nothing through any more.
    pub fn close(&self) {
        self.0.0.lock().unwrap().left = Some(0);
    }

    /// Lets so many steps through; gives how many were done, fewer when there are no more.
    pub fn advance(&self, steps: u64) -> u64 {
        let (state, changed) = &*self.0;
        let mut now = state.lock().unwrap();
        let before = now.done;
        now.left = now.left.map(|left| left + steps);
        changed.notify_all();
        while !now.ended && (now.left.is_some_and(|left| left > 0) || !now.waits) {
            now = changed.wait(now).unwrap();
        }
        now.done - before
    }

    /// Lets everything through.
    pub fn open(&self) {
        self.0.0.lock().unwrap().left = None;
        self.0.1.notify_all();
    }

    /// Says that no step comes any more.
    pub fn end(&self) {
        self.0.0.lock().unwrap().ended = true;
        self.0.1.notify_all();
    }

    fn step(&self) {
        let (state, changed) = &*self.0;
        let mut now = state.lock().unwrap();
        while now.left == Some(0) {
            now.waits = true;
            changed.notify_all();
            now = changed.wait(now).unwrap();
        }
        now.waits = false;
        now.left = now.left.map(|left| left - 1);
        now.done += 1;
        changed.notify_all();
    }
}

#[derive(Debug)]
struct File(Box<dyn DiskFile>, Gate);

impl Disk for Gate {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        SystemDisk.create_folder(folder)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        SystemDisk.list(folder)
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(File(SystemDisk.open(path)?, self.clone())))
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        self.step();
        Ok(Box::new(File(SystemDisk.create(path)?, self.clone())))
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step();
        SystemDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step();
        SystemDisk.remove(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step();
        SystemDisk.sync_folder(folder)
    }
    fn room(&self, folder: &Path) -> io::Result<u64> {
        SystemDisk.room(folder)
    }
}

impl DiskFile for File {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.0.read_at(bytes, offset)
    }
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.1.step();
        self.0.write_all_at(bytes, offset)
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.1.step();
        self.0.set_len(length)
    }
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
    fn sync_data(&self) -> io::Result<()> {
        self.1.step();
        self.0.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.1.step();
        self.0.sync_all()
    }
}
