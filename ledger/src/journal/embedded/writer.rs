//! The one writer: checks, numbers, copies, syncs, then acknowledges.
//!
//! There is no timer. What waits while a sync runs goes together in the next
//! group, so groups size themselves by the load.

use super::Shared;
use super::index::{Indexed, Tail, end_segment};
use super::layout::{
    GROUP_HEADER, GroupHeader, SEGMENT_HEADER, SegmentHeader, TRAILER, Trailer, encode_frame,
    frames_bytes,
};
use super::segment::{self, Segment};
use crate::disk::{Disk, DiskFile, is_full};
use crate::journal::sequence::{Edge, Group, Offer, Tip};
use crate::journal::{AppendError, Receipt};
use crate::limits::{GROUP_BYTES_MAX, GROUP_REQUESTS_MAX};
use crate::record::AppendRequest;
use crate::time::Clock;
use domain::ids::Position;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use tables::Indexing;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// Bytes that a segment prepared early leaves to others: meanwhile they want keys, write
/// views and quarantine rows, and must not meet a disk that is full for a moment.
const LEFT_TO_OTHERS: u64 = 16 * 1024 * 1024;

type Answer = Result<Receipt, AppendError>;

/// A request that waits for the writer.
pub(super) struct Job {
    pub(super) request: AppendRequest,
    pub(super) answer: oneshot::Sender<Answer>,
    /// Its share of the bytes that may wait; given back when it is answered.
    pub(super) permit: OwnedSemaphorePermit,
}

/// The writer's own state.
pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) folder: PathBuf,
    pub(super) segment_size: u64,
    pub(super) edge: Edge,
    /// The segment that is written.
    pub(super) segment: Arc<Segment>,
    /// Where the next group goes.
    pub(super) offset: u64,
    /// The bytes of the group before, to be written over.
    pub(super) spare: Vec<u8>,
    /// The next segment, being filled with zeros.
    pub(super) preparing: Option<JoinHandle<io::Result<()>>>,
    /// Writes the tables of full segments.
    pub(super) indexing: Indexing<Tail>,
}

/// A group being built.
struct Pending {
    group: Group,
    bytes: Vec<u8>,
    crcs: Vec<u32>,
    entries: Vec<Indexed>,
    first: Position,
    answers: Vec<(oneshot::Sender<Answer>, Receipt, OwnedSemaphorePermit)>,
}

impl Writer {
    /// Serves requests until every sender is gone.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut bytes = first.request.bytes;
            let mut batch = vec![first];
            while batch.len() < GROUP_REQUESTS_MAX && bytes < GROUP_BYTES_MAX {
                let Ok(job) = jobs.try_recv() else { break };
                bytes += job.request.bytes;
                batch.push(job);
            }
            self.commit(batch);
        }
        if let Some(preparing) = self.preparing.take() {
            let _ = preparing.join();
        }
    }

    fn commit(&mut self, batch: Vec<Job>) {
        let mut pending = self.begin();
        // On a full disk one attempt a batch is enough: each fills what is left of it first.
        let mut full = false;
        for job in batch {
            if self.shared.read_only.load(Ordering::Acquire) {
                let _ = job.answer.send(Err(AppendError::ReadOnly));
                continue;
            }
            let bytes = frames_bytes(&job.request);
            match self.room(bytes, &pending) {
                Room::Here => {}
                Room::Never(segment) => {
                    let _ = job.answer.send(Err(AppendError::TooLarge { bytes, segment }));
                    continue;
                }
                Room::NextSegment if full => {
                    let _ = job.answer.send(Err(AppendError::NoSpace));
                    continue;
                }
                Room::NextSegment => {
                    let finished = self.finish(pending);
                    pending = self.begin();
                    // After a failed write the edge is not known: a segment that starts here
                    // could contradict what the file already has, and the log would not open.
                    let moved = finished.and_then(|()| self.next_segment());
                    if let Err(error) = moved {
                        full = matches!(error, AppendError::NoSpace);
                        let _ = job.answer.send(Err(error));
                        continue;
                    }
                }
            }
            self.take(&mut pending, job);
        }
        if self.finish(pending).is_ok() {
            self.prepare_early();
        }
    }

    fn begin(&mut self) -> Pending {
        let mut bytes = std::mem::take(&mut self.spare);
        bytes.clear();
        bytes.resize(GROUP_HEADER, 0);
        Pending {
            group: Group::after(&self.edge),
            bytes,
            crcs: Vec::new(),
            entries: Vec::new(),
            first: Position(self.edge.frontier.size() + 1),
            answers: Vec::new(),
        }
    }

    fn room(&self, bytes: usize, pending: &Pending) -> Room {
        let size = self.segment.header.size;
        let alone = (SEGMENT_HEADER + GROUP_HEADER + bytes + TRAILER) as u64;
        if alone > self.segment_size {
            return Room::Never(self.segment_size);
        }
        let end = self.offset + (pending.bytes.len() + bytes + TRAILER) as u64;
        if end <= size {
            return Room::Here;
        }
        // An empty segment of an older, smaller size is not left for another of the same name.
        let empty = self.offset == SEGMENT_HEADER as u64 && pending.entries.is_empty();
        if empty { Room::Never(size) } else { Room::NextSegment }
    }

    /// Offers a request to the group; a refusal is answered at once and forces no sync.
    fn take(&self, pending: &mut Pending, job: Job) {
        let Job { request, answer, permit } = job;
        let (stream, key) = (request.stream, request.key);
        match pending.group.offer(self.shared.as_ref(), request, self.clock.now()) {
            Err(error) => {
                let _ = answer.send(Err(error));
            }
            Ok(Offer::Repeated(receipt)) => {
                let _ = answer.send(Ok(receipt));
            }
            Ok(Offer::RepeatedInGroup(receipt)) => pending.answers.push((answer, receipt, permit)),
            Ok(Offer::Accepted(receipt, placed)) => {
                let mut request = Some(key);
                for (record, line) in placed.iter().zip(&receipt.lines) {
                    let offset = self.offset + pending.bytes.len() as u64;
                    // Segments have at most 2^30 bytes, and limits keep lengths in 32 bits.
                    let offset = u32::try_from(offset).unwrap_or(u32::MAX);
                    let tip = Tip { version: line.version, leaf: line.leaf };
                    pending.crcs.push(encode_frame(&mut pending.bytes, record));
                    pending.entries.push(Indexed { offset, stream, tip, request: request.take() });
                }
                pending.answers.push((answer, receipt, permit));
            }
        }
    }

    /// Writes the group, syncs it, publishes it and answers, in that order. An
    /// error has been answered to those of the group, and makes it read-only.
    fn finish(&mut self, mut pending: Pending) -> Result<(), AppendError> {
        if pending.entries.is_empty() {
            self.spare = pending.bytes;
            return Ok(());
        }
        let head = pending.group.edge().head();
        let trailer = Trailer { size: head.position.0, root: head.root };
        let length = pending.bytes.len() + TRAILER;
        let header = GroupHeader {
            length: u32::try_from(length).unwrap_or(u32::MAX),
            first: pending.first,
            count: u32::try_from(pending.entries.len()).unwrap_or(u32::MAX),
        };
        let header = header.encode(&self.segment.header.journal);
        pending.bytes[..GROUP_HEADER].copy_from_slice(&header);
        pending.bytes.extend_from_slice(&trailer.encode(&header, &pending.crcs));
        let file = &self.segment.file;
        let written = file.write_all_at(&pending.bytes, self.offset);
        let written = written.and_then(|()| sync(file.as_ref()));
        if let Err(error) = written {
            // The kernel may have dropped the pages: a second sync would lie.
            self.shared.read_only.store(true, Ordering::Release);
            tracing::error!(%error, "a write of the journal failed; it is read-only until a restart");
            for (answer, _, _) in pending.answers {
                let _ = answer.send(Err(AppendError::Unknown));
            }
            return Err(AppendError::ReadOnly);
        }
        self.offset += length as u64;
        self.spare = pending.bytes;
        self.edge = pending.group.into_edge();
        self.shared.publish(&pending.entries, head);
        for (answer, receipt, _) in pending.answers {
            let _ = answer.send(Ok(receipt));
        }
        Ok(())
    }

    /// Starts the next segment; a full disk refuses without a harm.
    fn next_segment(&mut self) -> Result<(), AppendError> {
        match self.try_next_segment() {
            Ok(segment) => {
                self.segment = Arc::clone(&segment);
                self.offset = SEGMENT_HEADER as u64;
                self.shared.add_segment(segment);
                self.indexing.add(end_segment(&self.shared.index, &self.edge));
                Ok(())
            }
            Err(error) if is_full(&error) => {
                tracing::warn!(%error, "no space for the next segment of the journal");
                Err(AppendError::NoSpace)
            }
            Err(error) => {
                self.shared.read_only.store(true, Ordering::Release);
                tracing::error!(%error, "the next segment failed; read-only until a restart");
                Err(AppendError::ReadOnly)
            }
        }
    }

    fn try_next_segment(&mut self) -> io::Result<Arc<Segment>> {
        let early = self.preparing.take().map(JoinHandle::join);
        if !matches!(early, Some(Ok(Ok(())))) {
            segment::prepare(self.disk.as_ref(), &self.folder, self.segment_size)?;
        }
        let before = &self.segment.header;
        let header = SegmentHeader {
            journal: before.journal,
            number: before.number + 1,
            first: Position(self.edge.frontier.size() + 1),
            size: self.segment_size,
            root: self.edge.frontier.root(),
        };
        segment::activate(self.disk.as_ref(), &self.folder, header).map(Arc::new)
    }

    /// Fills the next segment with zeros while the second half of this one is written. On a
    /// disk that is nearly full it is prepared when it is needed, or when there is more room.
    fn prepare_early(&mut self) {
        if self.preparing.is_some() || self.offset < self.segment.header.size / 2 {
            return;
        }
        let wanted = self.segment_size + LEFT_TO_OTHERS;
        if self.disk.room(&self.folder).is_ok_and(|room| room < wanted) {
            return;
        }
        let (disk, folder) = (Arc::clone(&self.disk), self.folder.clone());
        let size = self.segment_size;
        let thread = std::thread::Builder::new().name("journal-prepare".to_owned());
        // Without a thread the segment is prepared when it is needed.
        self.preparing = thread.spawn(move || segment::prepare(disk.as_ref(), &folder, size)).ok();
    }
}

enum Room {
    Here,
    NextSegment,
    Never(u64),
}

#[cfg(not(feature = "no-sync"))]
fn sync(file: &dyn DiskFile) -> io::Result<()> {
    file.sync_data()
}

/// The build that the crash test must catch.
#[cfg(feature = "no-sync")]
fn sync(_file: &dyn DiskFile) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
