//! An index that grows: its newest part in memory, the rest in tables.

use super::shelf::{Merged, Shelf};
use super::table::Pair;
use super::write::{Span, write};
use super::{IndexError, Table};
use crate::disk::Disk;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, mpsc};

/// Full parts that may wait for their table; then who fills the next one waits.
const WAITING: usize = 2;

/// The part of an index that is in memory. It covers a dense range of ordinals.
pub trait Tail: Send + Sync + 'static {
    /// The first ordinal that it covers.
    fn first(&self) -> u32;
    /// The ordinal after the last one.
    fn next(&self) -> u32;
    /// Pairs (hash, ordinal) in ascending order, and how many different hashes there are at most.
    fn pairs(&self) -> (Vec<(u64, u32)>, u64);
    /// A value for each ordinal, when they have values.
    fn values(&self) -> Option<&[u32]>;
    /// What its owner wants to find again of the moment after the last ordinal.
    fn mark(&self) -> Vec<u8>;
}

/// The parts of an index.
#[derive(Debug)]
pub struct Layers<T> {
    /// Tables.
    pub shelf: Shelf,
    /// Parts whose table is not written yet, oldest first.
    full: VecDeque<Arc<T>>,
    /// What grows.
    pub live: T,
}

impl<T: Tail> Layers<T> {
    /// What is in memory, oldest first.
    pub fn tails(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.full.iter().map(Arc::as_ref).chain([&self.live])
    }

    /// Ends the live part; it stays in memory until its table is there.
    pub fn end_part(&mut self, next: T) -> Arc<T> {
        let full = Arc::new(std::mem::replace(&mut self.live, next));
        self.full.push_back(Arc::clone(&full));
        full
    }
}

/// An index, shared by those who ask, who adds and who writes its tables.
#[derive(Debug)]
pub struct Layered<T> {
    layers: RwLock<Layers<T>>,
    /// Long work that can be done again stops.
    closing: AtomicBool,
}

impl<T: Tail> Layered<T> {
    /// Of tables, and a part that follows the last of them.
    pub fn new(shelf: Shelf, live: T) -> Self {
        let layers = RwLock::new(Layers { shelf, full: VecDeque::new(), live });
        Self { layers, closing: AtomicBool::new(false) }
    }

    /// To ask; held as short as no file is read.
    pub fn read(&self) -> RwLockReadGuard<'_, Layers<T>> {
        self.layers.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To add.
    pub fn write(&self) -> RwLockWriteGuard<'_, Layers<T>> {
        self.layers.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The ordinals of a hash, ascending: those of the tables, then those that
    /// `known` gives of each part in memory. Others may be among them.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn find(
        &self,
        hash: u64,
        known: impl Fn(&T, &mut Vec<u32>),
    ) -> Result<Vec<u32>, IndexError> {
        self.find_in(Table::find, hash, known)
    }

    /// The same with their values.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn find_valued(
        &self,
        hash: u64,
        known: impl Fn(&T, &mut Vec<(u32, u32)>),
    ) -> Result<Vec<(u32, u32)>, IndexError> {
        self.find_in(Table::find_valued, hash, known)
    }

    fn find_in<F>(
        &self,
        find: impl Fn(&Table, u64, &mut Vec<F>) -> Result<(), IndexError>,
        hash: u64,
        known: impl Fn(&T, &mut Vec<F>),
    ) -> Result<Vec<F>, IndexError> {
        let mut newest = Vec::new();
        let shelf = {
            let layers = self.read();
            layers.tails().for_each(|tail| known(tail, &mut newest));
            layers.shelf.clone()
        };
        let mut found = Vec::new();
        for table in shelf.tables() {
            find(table, hash, &mut found)?;
        }
        found.append(&mut newest);
        Ok(found)
    }
}

/// Writes the tables of an index.
#[derive(Debug)]
pub struct Indexer<T> {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    owner: [u8; 16],
    index: Arc<Layered<T>>,
    /// What has no table yet, oldest first.
    waiting: VecDeque<Arc<T>>,
}

impl<T: Tail> Indexer<T> {
    /// Of an index whose tables are in a folder and name their owner.
    pub fn new(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        owner: [u8; 16],
        index: Arc<Layered<T>>,
    ) -> Self {
        Self { disk, folder, owner, index, waiting: VecDeque::new() }
    }

    /// Writes the table of one more part, and of those that could not be
    /// written before. What fails stays in memory and is tried at the next one.
    pub fn add(&mut self, full: Arc<T>) {
        self.waiting.push_back(full);
        let written = self.write_waiting().and_then(|()| self.merge());
        if let Err(error) = written
            && !self.index.closing.load(Ordering::Acquire)
        {
            let folder = self.folder.display();
            tracing::warn!(%folder, %error, "an index was not written; memory has it for now");
        }
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        while let Some(full) = self.waiting.front() {
            let table = self.table_of(full.as_ref())?;
            self.waiting.pop_front();
            let mut layers = self.index.write();
            layers.shelf = layers.shelf.with(table);
            layers.full.pop_front();
        }
        Ok(())
    }

    fn table_of(&self, tail: &T) -> io::Result<Table> {
        let (pairs, hashes) = tail.pairs();
        let (first, last) = (tail.first(), tail.next().saturating_sub(1));
        let span = Span { owner: self.owner, first, last, units: 1, mark: tail.mark() };
        let values = tail.values();
        let value = |ordinal: u32| {
            let rank = ordinal.checked_sub(first).map(|rank| rank as usize);
            rank.and_then(|rank| values?.get(rank).copied()).unwrap_or_default()
        };
        let pairs = pairs.into_iter();
        let pairs = pairs.map(|(hash, ordinal)| Ok(Pair { hash, ordinal, value: value(ordinal) }));
        let mut values = values.map(|values| values.iter().copied().map(Ok));
        let values = values.as_mut().map(|values| values as &mut dyn Iterator<Item = _>);
        write(&self.disk, &self.folder, span, hashes, pairs, values)
    }

    fn merge(&self) -> io::Result<()> {
        loop {
            let shelf = self.index.read().shelf.clone();
            let merged = shelf.merged(&self.disk, &self.folder, &self.index.closing)?;
            let Some(Merged { shelf, replaced }) = merged else { return Ok(()) };
            self.index.write().shelf = shelf;
            for path in replaced {
                // Readers that have it open read on.
                self.disk.remove(&path)?;
            }
        }
    }

    /// Takes full parts in a thread of its own, until what is given back is dropped.
    ///
    /// # Errors
    /// When there is no thread.
    pub fn start(mut self, name: &str) -> io::Result<Indexing<T>> {
        let (full, parts) = mpsc::sync_channel(WAITING);
        let index = Arc::clone(&self.index);
        let thread = std::thread::Builder::new().name(name.to_owned());
        let thread = thread.spawn(move || {
            while let Ok(full) = parts.recv() {
                self.add(full);
            }
        })?;
        Ok(Indexing { index, full: Some(full), thread: Some(thread) })
    }
}

/// The thread that writes tables. Dropping it ends the thread after the table
/// that it writes.
#[derive(Debug)]
pub struct Indexing<T> {
    index: Arc<Layered<T>>,
    full: Option<mpsc::SyncSender<Arc<T>>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl<T> Indexing<T> {
    /// Hands over a full part; waits when too many do.
    pub fn add(&self, full: Arc<T>) {
        if let Some(sender) = &self.full
            && sender.send(full).is_err()
        {
            tracing::error!("the thread that writes an index is gone; memory has the index");
        }
    }
}

impl<T> Drop for Indexing<T> {
    fn drop(&mut self) {
        self.index.closing.store(true, Ordering::Release);
        drop(self.full.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
