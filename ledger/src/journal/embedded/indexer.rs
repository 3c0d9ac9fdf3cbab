//! The thread that writes the tables of full segments, so that the writer does
//! not wait for it.

use super::Shared;
use super::index::Tail;
use crate::disk::Disk;
use crate::index::shelf::Merged;
use crate::index::{Span, Table, write};
use crate::journal::sequence::Edge;
use domain::ids::Instant;
use seal::Frontier;
use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};

/// Full segments that may wait; then the writer does.
const WAITING: usize = 2;
/// Bytes of the time in a mark.
const TIME: usize = 8;

/// The state after a segment, as its table keeps it.
pub(super) fn mark(edge: &Edge) -> Vec<u8> {
    let mut bytes = edge.recorded_at.0.to_le_bytes().to_vec();
    bytes.extend(edge.frontier.to_bytes());
    bytes
}

/// The state that a table keeps; `None` when its mark is none.
pub(super) fn edge_of(table: &Table) -> Option<Edge> {
    let (time, frontier) = table.mark().split_first_chunk::<TIME>()?;
    let frontier = Frontier::from_bytes(frontier).ok()?;
    Some(Edge { frontier, recorded_at: Instant(i64::from_le_bytes(*time)) })
}

/// A segment that is full, and the state after it.
pub(super) struct Full {
    pub(super) tail: Arc<Tail>,
    pub(super) mark: Vec<u8>,
}

/// Writes tables.
pub(super) struct Indexer {
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) journal: [u8; 16],
    pub(super) shared: Arc<Shared>,
    /// What has no table yet, oldest first.
    waiting: VecDeque<Full>,
}

impl Indexer {
    pub(super) fn new(
        disk: Arc<dyn Disk>,
        folder: PathBuf,
        journal: [u8; 16],
        shared: Arc<Shared>,
    ) -> Self {
        Self { disk, folder, journal, shared, waiting: VecDeque::new() }
    }

    /// Takes full segments until the writer is gone.
    pub(super) fn start(mut self) -> io::Result<Indexing> {
        let (full, segments) = mpsc::sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("journal-indexer".to_owned());
        let thread = thread.spawn(move || {
            while let Ok(full) = segments.recv() {
                self.add(full);
            }
        })?;
        Ok(Indexing { full: Some(full), thread: Some(thread) })
    }

    /// Writes the table of one more segment, and of those that could not be
    /// written before. What fails stays in memory and is tried at the next one.
    pub(super) fn add(&mut self, full: Full) {
        self.waiting.push_back(full);
        let written = self.write_waiting().and_then(|()| self.merge());
        if let Err(error) = written
            && !self.shared.is_closing()
        {
            tracing::warn!(%error, "an index was not written; memory has it until the next segment");
        }
    }

    fn write_waiting(&mut self) -> io::Result<()> {
        while let Some(full) = self.waiting.front() {
            let table = self.write(full)?;
            self.waiting.pop_front();
            let mut index = self.shared.index_mut();
            index.shelf = index.shelf.with(table);
            index.full.pop_front();
        }
        Ok(())
    }

    fn write(&self, Full { tail, mark }: &Full) -> io::Result<Table> {
        let (pairs, hashes) = tail.pairs();
        let span = Span {
            owner: self.journal,
            first: tail.first(),
            last: tail.next().saturating_sub(1),
            units: 1,
            mark: mark.clone(),
        };
        let mut offsets = tail.offsets().iter().copied().map(Ok);
        let pairs = pairs.into_iter().map(Ok);
        write(&self.disk, &self.folder, span, hashes, pairs, Some(&mut offsets))
    }

    fn merge(&self) -> io::Result<()> {
        loop {
            let shelf = self.shared.index().shelf.clone();
            let closing = &self.shared.closing;
            let Some(Merged { shelf, replaced }) =
                shelf.merged(&self.disk, &self.folder, closing)?
            else {
                return Ok(());
            };
            self.shared.index_mut().shelf = shelf;
            for path in replaced {
                // Readers that have it open read on.
                self.disk.remove(&path)?;
            }
        }
    }
}

/// The running thread. Dropping it ends the thread after what it writes.
pub(super) struct Indexing {
    full: Option<mpsc::SyncSender<Full>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Indexing {
    /// Hands over a full segment; waits when too many do.
    pub(super) fn add(&self, full: Full) {
        if let Some(sender) = &self.full
            && sender.send(full).is_err()
        {
            tracing::error!("the thread that writes the index is gone; memory has the index");
        }
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        drop(self.full.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
