//! The one writer: checks, numbers, copies, syncs, then acknowledges.
//!
//! There is no timer. What waits while a sync runs goes together in the next
//! group, so groups size themselves by the load. A small group is written here, a
//! large one by a thread beside while the next is built; never two at a time.

use super::beside::{Beside, Written, write};
use super::group::{Answer, Group, ToTell, Waiter};
use super::index::{Tail, end_segment};
use super::layout::{GROUP_HEADER, SEGMENT_HEADER, SegmentHeader, TRAILER};
use super::segment::{self, Segment};
use super::{Options, Shared};
use crate::disk::{Disk, is_full};
use crate::journal::AppendError;
use crate::journal::sequence::{Edge, Offer, Sequence};
use crate::limits::{GROUP_BYTES_MAX, GROUP_REQUESTS_MAX};
use crate::record::AppendRequest;
use crate::time::Clock;
use domain::ids::Position;
use futures::executor::block_on;
use futures::future::{Either, select};
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use tables::Indexing;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

/// Bytes that a segment prepared early leaves to others: meanwhile they want keys, write
/// views and quarantine rows, and must not meet a disk that is full for a moment.
const LEFT_TO_OTHERS: u64 = 16 * 1024 * 1024;

/// A request that waits for the writer.
pub(super) struct Job {
    pub(super) request: AppendRequest,
    pub(super) answer: oneshot::Sender<Answer>,
    /// Its share of the bytes that may wait; given back when it is answered.
    pub(super) permit: OwnedSemaphorePermit,
}

/// The writer's own state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    clock: Arc<dyn Clock>,
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    segment_size: u64,
    /// Bytes of a group from which on it is written beside.
    beside_from: usize,
    sequence: Sequence,
    /// The segment that is written.
    segment: Arc<Segment>,
    /// Where the group that is built goes.
    offset: u64,
    group: Group,
    /// The group before it, on its way to the disk.
    leaving: Option<Leaving>,
    beside: Beside,
    /// The bytes of a group before, to be written over.
    spare: Vec<u8>,
    /// The next segment, being filled with zeros.
    preparing: Option<JoinHandle<io::Result<()>>>,
    /// Writes the tables of full segments.
    indexing: Indexing<Tail>,
}

/// A group that is written beside.
struct Leaving {
    written: oneshot::Receiver<Written>,
    to_tell: ToTell,
}

/// What the writer waited for.
enum Next {
    Job(Job),
    Written(Option<Written>),
}

impl Writer {
    /// The writer of a log that ends with `edge`, at an offset of a segment.
    pub(super) fn new(
        shared: Arc<Shared>,
        folder: PathBuf,
        options: &Options,
        edge: Edge,
        (segment, offset): (Arc<Segment>, u64),
        indexing: Indexing<Tail>,
    ) -> Self {
        Self {
            shared,
            clock: Arc::clone(&options.clock),
            disk: Arc::clone(&options.disk),
            folder,
            segment_size: options.segment_bytes,
            beside_from: options.beside_bytes,
            group: Group::after(Position(edge.frontier.size()), Vec::new()),
            sequence: Sequence::after(edge),
            segment,
            offset,
            leaving: None,
            beside: Beside::default(),
            spare: Vec::new(),
            preparing: None,
            indexing,
        }
    }

    /// What readers see of its log.
    pub(super) const fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Serves requests until every sender is gone.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(next) = self.next(&mut jobs) {
            match next {
                Next::Job(job) => self.fill(job, &mut || jobs.try_recv().ok()),
                Next::Written(written) => self.arrive(written),
            }
            if self.leaving.is_none() {
                self.send(self.beside_from);
            }
        }
        if let Some(preparing) = self.preparing.take() {
            let _ = preparing.join();
        }
    }

    /// Waits for a job, or for the group that is on its way; `None` when neither can come.
    fn next(&mut self, jobs: &mut mpsc::Receiver<Job>) -> Option<Next> {
        let Some(Leaving { written, .. }) = &mut self.leaving else {
            return jobs.blocking_recv().map(Next::Job);
        };
        if !self.group.is_full() {
            match block_on(select(&mut *written, pin!(jobs.recv()))) {
                Either::Left((written, _)) => return Some(Next::Written(written.ok())),
                Either::Right((Some(job), _)) => return Some(Next::Job(job)),
                Either::Right((None, _)) => {}
            }
        }
        Some(Next::Written(block_on(written).ok()))
    }

    /// Takes jobs into the group until none waits or it is full.
    fn fill(&mut self, first: Job, waiting: &mut dyn FnMut() -> Option<Job>) {
        // On a full disk one attempt is enough: each fills what is left of it first.
        let mut full = false;
        let (mut next, mut taken) = (Some(first), 0);
        while let Some(job) = next {
            self.accept(job, &mut full);
            taken += 1;
            // Refused ones count too: they are not to keep the others waiting. Nor is a group that
            // has arrived to wait for its answers.
            let enough = taken == GROUP_REQUESTS_MAX || self.group.is_full() || self.has_arrived();
            next = if enough { None } else { waiting() };
        }
    }

    fn has_arrived(&self) -> bool {
        self.leaving.as_ref().is_some_and(|leaving| !leaving.written.is_empty())
    }

    fn accept(&mut self, job: Job, full: &mut bool) {
        let refuse = |job: Job, error| {
            let _ = job.answer.send(Err(error));
        };
        if self.is_read_only() {
            return refuse(job, AppendError::ReadOnly);
        }
        let bytes = job.request.frames.bytes().len();
        let room = self.room(bytes);
        // What is answered without a write needs no room.
        if !matches!(room, Room::Here) && self.sequence.accepts(self.shared.as_ref(), &job.request)
        {
            match room {
                Room::Never(segment) => {
                    return refuse(job, AppendError::TooLarge { bytes, segment });
                }
                Room::NextSegment if *full => return refuse(job, AppendError::NoSpace),
                Room::NextSegment => {
                    if let Err(error) = self.next_segment() {
                        *full = matches!(error, AppendError::NoSpace);
                        return refuse(job, error);
                    }
                }
                Room::Here => {}
            }
        }
        self.take(job);
    }

    fn is_read_only(&self) -> bool {
        self.shared.read_only.load(Ordering::Acquire)
    }

    fn room(&self, bytes: usize) -> Room {
        let size = self.segment.header.size;
        let alone = (SEGMENT_HEADER + GROUP_HEADER + bytes + TRAILER) as u64;
        if alone > self.segment_size {
            return Room::Never(self.segment_size);
        }
        let end = self.offset + (self.group.length() + bytes + TRAILER) as u64;
        if end <= size {
            return Room::Here;
        }
        // An empty segment of an older, smaller size is not left for another of the same name.
        let empty = self.offset == SEGMENT_HEADER as u64 && self.group.is_empty();
        if empty { Room::Never(size) } else { Room::NextSegment }
    }

    /// Offers a request to the group. A refusal for what is durable is answered at once and forces
    /// no sync.
    fn take(&mut self, job: Job) {
        let Job { request, answer, permit } = job;
        let of = (request.stream, request.key);
        let offer = self.sequence.offer(self.shared.as_ref(), request, self.clock.now());
        let told = match offer {
            Err(error) => {
                let _ = answer.send(Err(error));
                return;
            }
            Ok(Offer::Repeated(receipt)) => {
                let _ = answer.send(Ok(receipt));
                return;
            }
            Ok(Offer::Pending(told)) => told,
            Ok(Offer::Accepted(receipt, frames)) => {
                self.group.add(of, &frames, &receipt, self.offset);
                Ok(receipt)
            }
        };
        self.group.wait(Waiter { answer, told, _permit: permit });
    }

    /// Sends the group to the disk, once the one before it has arrived: beside when it has that
    /// many bytes, else here. Then the next one can be built.
    fn send(&mut self, beside_from: usize) {
        if self.group.is_empty() {
            // What they wait for has arrived and was published.
            return answer(self.group.take_waiters());
        }
        let head = self.sequence.edge().head();
        let next = Group::after(head.position, std::mem::take(&mut self.spare));
        let group = std::mem::replace(&mut self.group, next);
        let beside = group.length() >= beside_from;
        let (bytes, to_tell) = group.close(&self.segment.header.journal, head);
        let offset = self.offset;
        self.offset += bytes.len() as u64;
        self.sequence.leave();
        if beside {
            let written = self.beside.write(Arc::clone(&self.segment), offset, bytes);
            self.leaving = Some(Leaving { written, to_tell });
        } else {
            let written = write(&self.segment, offset, bytes);
            self.settle(to_tell, written);
        }
    }

    /// The group on its way has arrived, or never will.
    fn arrive(&mut self, written: Option<Written>) {
        if let Some(Leaving { to_tell, .. }) = self.leaving.take() {
            let gone = || Err(io::Error::other("the thread that writes is gone"));
            let written = written.unwrap_or_else(|| Written { bytes: Vec::new(), result: gone() });
            self.settle(to_tell, written);
        }
    }

    /// Publishes a group that is durable and answers, in that order. After an error the journal
    /// is read-only.
    fn settle(&mut self, ToTell { head, entries, waiters }: ToTell, written: Written) {
        if let Err(error) = written.result {
            // The kernel may have dropped the pages: a second sync would lie.
            self.shared.read_only.store(true, Ordering::Release);
            tracing::error!(%error, "a write of the journal failed; it is read-only until a restart");
            // What was built upon it is not written either.
            let mut built = Group::after(head.position, Vec::new());
            std::mem::swap(&mut built, &mut self.group);
            for waiter in waiters.into_iter().chain(built.take_waiters()) {
                let _ = waiter.answer.send(Err(AppendError::Unknown));
            }
            return;
        }
        if written.bytes.capacity() <= 2 * GROUP_BYTES_MAX {
            self.spare = written.bytes;
        }
        self.sequence.arrived();
        // The disk is not to wait while this thread tells of what it has.
        if !self.group.is_empty() && self.group.length() >= self.beside_from {
            self.send(self.beside_from);
        }
        self.shared.publish(&entries, head);
        answer(waiters);
        self.prepare_early();
    }

    /// Writes what was accepted, all of it, and answers; an error when it could not be.
    fn drain(&mut self) -> Result<(), AppendError> {
        // One that arrives may send the next.
        while let Some(Leaving { written, .. }) = &mut self.leaving {
            let written = block_on(written).ok();
            self.arrive(written);
        }
        self.send(usize::MAX);
        if self.is_read_only() { Err(AppendError::ReadOnly) } else { Ok(()) }
    }

    /// Starts the next segment; a full disk refuses without a harm.
    fn next_segment(&mut self) -> Result<(), AppendError> {
        // After a failed write the edge is not known: a segment that starts here could
        // contradict what the file already has, and the log would not open.
        self.drain()?;
        match self.try_next_segment() {
            Ok(segment) => {
                self.segment = Arc::clone(&segment);
                self.offset = SEGMENT_HEADER as u64;
                self.shared.add_segment(segment);
                self.indexing.add(end_segment(&self.shared.index, self.sequence.edge()));
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
        let (before, edge) = (&self.segment.header, self.sequence.edge());
        let header = SegmentHeader {
            journal: before.journal,
            number: before.number + 1,
            first: Position(edge.frontier.size() + 1),
            size: self.segment_size,
            root: edge.frontier.root(),
        };
        segment::activate(self.disk.as_ref(), &self.folder, header).map(Arc::new)
    }

    /// Fills the next segment with zeros while the second half of this one is written. On a
    /// disk that is nearly full it is prepared when it is needed, or when there is more room.
    fn prepare_early(&mut self) {
        let early = self.offset < self.segment.header.size / 2;
        if early || self.preparing.is_some() || self.is_read_only() {
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

/// Answers all of them; those who left do not hear it.
fn answer(waiters: Vec<Waiter>) {
    for Waiter { answer, told, .. } in waiters {
        let _ = answer.send(told);
    }
}

#[cfg(test)]
mod tests;
