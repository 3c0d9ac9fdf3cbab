//! The default journal: segment files in a folder, one writer, and a thread beside it that
//! writes large groups.
//!
//! Readers never wait for the writer: they read durable bytes through an index
//! that is extended after each sync.

mod begins;
mod beside;
mod erase;
mod group;
mod index;
mod layout;
mod reader;
mod recover;
mod scan;
mod segment;
mod survey;
mod writer;

pub use begins::Begins;

pub(crate) use begins::begins_with;
pub(crate) use survey::{Extent, fill_up, lasting_files, survey};

use super::sequence::{Durable, Tip};
use super::{
    AppendError, Capabilities, Head, Journal, OpenError, Ordering, ReadError, Receipt, ReceiptLine,
    Unfit, Wiped, page,
};
use crate::disk::{Disk, SystemDisk};
use crate::limits::{
    QUEUE_KIB_MAX, QUEUE_REQUESTS_MAX, READ_CHUNK_BYTES, READ_RECORDS_MAX, SEGMENT_BYTES_DEFAULT,
};
use crate::random::Random;
use crate::record::{AppendRequest, Header, RequestKey, StoredRecord, request_key};
use crate::time::Clock;
use domain::ids::{Instant, Position, RequestId, Source, StreamId, Version};
use futures::future::BoxFuture;
use index::{Index, Indexed, Place};
use reader::Cursor;
use recover::{read_all, recover};
use segment::{ONE_RECORD_BYTES, Segment};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering as Atomic};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};
use writer::Job;

/// Below it, handing a group to another thread takes longer than building the next one.
const BESIDE_BYTES: usize = 64 * 1024;

/// How a journal is opened.
#[derive(Clone)]
pub struct Options {
    /// Bytes of a new segment file.
    pub segment_bytes: u64,
    /// Bytes of a group from which on it is written on a thread beside the writer's.
    pub beside_bytes: usize,
    /// The clock of `recorded_at`.
    pub clock: Arc<dyn Clock>,
    /// Names a new journal.
    pub random: Arc<dyn Random>,
    /// Where its files are.
    pub disk: Arc<dyn Disk>,
}

impl Options {
    /// The default size of segments, on the machine's file system.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let disk = Arc::new(SystemDisk);
        let (segment_bytes, beside_bytes) = (SEGMENT_BYTES_DEFAULT, BESIDE_BYTES);
        Self { segment_bytes, beside_bytes, clock, random, disk }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("segment_bytes", &self.segment_bytes)
            .finish_non_exhaustive()
    }
}

/// The embedded journal. Dropping it lets the writer finish what waits.
pub struct EmbeddedJournal {
    shared: Arc<Shared>,
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    /// Bounds the bytes that wait, in KiB.
    room: Arc<Semaphore>,
    writer: Option<JoinHandle<()>>,
    disk: Arc<dyn Disk>,
}

impl fmt::Debug for EmbeddedJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmbeddedJournal").field("head", &self.head()).finish_non_exhaustive()
    }
}

/// What readers and the writer share.
struct Shared {
    /// Only ever grows; readers clone an `Arc` and read without the lock.
    segments: RwLock<Vec<Arc<Segment>>>,
    /// Written after each sync, for as short as it takes to push.
    index: Arc<Index>,
    head: watch::Sender<Head>,
    /// Set for good when a write or a sync fails.
    read_only: AtomicBool,
}

impl EmbeddedJournal {
    /// Opens the journal of a folder, or makes one. The caller holds the lock
    /// of the data folder.
    ///
    /// A torn tail is cut at the last whole group and its bytes are zeroed. The
    /// last group, which the process before may not have synced, is written
    /// again and synced before anything is shown.
    ///
    /// # Errors
    /// See [`OpenError`]; damage to acknowledged records is never repaired.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, OpenError> {
        let writer = recover(folder, options)?;
        let shared = Arc::clone(writer.shared());
        let (jobs, waiting) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let thread = std::thread::Builder::new().name("journal-writer".to_owned());
        let writer = thread.spawn(move || writer.run(waiting))?;
        let room = Arc::new(Semaphore::new(QUEUE_KIB_MAX));
        let disk = Arc::clone(&options.disk);
        Ok(Self { shared, jobs: Some(jobs), room, writer: Some(writer), disk })
    }

    /// Whether a failed write made the journal read-only until a restart.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.shared.read_only.load(Atomic::Acquire)
    }
}

impl Drop for EmbeddedJournal {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Reads a whole journal from its segment files, oldest first, without changing
/// it, showing every record.
///
/// Gives the head after the last whole group, and whether an unfinished one
/// follows.
///
/// # Errors
/// See [`OpenError`]; also when `visit` finds a record unfit.
pub fn examine(
    files: &[PathBuf],
    visit: &mut dyn FnMut(&StoredRecord) -> Result<(), Unfit>,
) -> Result<(Head, bool), OpenError> {
    read_all(&survey::open_to_read(files)?, visit)
}

/// The segment files of a journal's folder, oldest first.
///
/// # Errors
/// When the folder cannot be listed.
pub fn segment_files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    segment::list(&SystemDisk, folder)
}

impl Shared {
    fn publish(&self, records: &[Indexed], head: Head) {
        let mut index = self.index.write();
        records.iter().for_each(|record| index.live.push(record));
        drop(index);
        self.head.send_replace(head);
    }

    fn add_segment(&self, segment: Arc<Segment>) {
        self.segments.write().unwrap_or_else(PoisonError::into_inner).push(segment);
    }

    /// The first of some records, read newest first, that is of a stream.
    fn newest_of(
        &self,
        stream: StreamId,
        places: Vec<Place>,
    ) -> Result<Option<StoredRecord>, ReadError> {
        for (position, offset) in places.into_iter().rev() {
            let position = Position(u64::from(position));
            let record = self.read_at(&mut Cursor::scattered(), position, offset)?;
            if record.header.stream == stream {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// The records of a request, the first of which may be at a place.
    fn request_at(
        &self,
        (first, offset): Place,
        asked: (&Source, RequestId),
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let head = self.head.borrow().position.0;
        let mut records: Vec<StoredRecord> = Vec::new();
        let mut cursor = Cursor::scattered();
        let rank_of = |header: &Header| {
            ((&header.source, header.request_id) == asked).then_some(header.request_index)
        };
        for position in u64::from(first)..=head {
            let record = if position == u64::from(first) {
                self.read_at(&mut cursor, Position(position), offset)?
            } else {
                self.read(&mut cursor, Position(position))?
            };
            if rank_of(&record.header) != u32::try_from(records.len()).ok() {
                break;
            }
            records.push(record);
        }
        Ok(records)
    }
}

impl Durable for Shared {
    fn tip(&self, stream: StreamId) -> Result<Option<Tip>, ReadError> {
        let known = index::tip(&self.index.read(), stream);
        let (shelf, hash) = match known {
            Ok(tip) => return Ok(Some(tip)),
            Err(tables) => tables,
        };
        for table in shelf.tables().iter().rev() {
            let mut places = Vec::new();
            table.find_valued(hash, &mut places)?;
            if let Some(record) = self.newest_of(stream, places)? {
                let version = record.header.version;
                return Ok(Some(Tip { version, leaf: record.leaf() }));
            }
        }
        Ok(None)
    }

    fn receipt(
        &self,
        source: &Source,
        request: RequestId,
        key: RequestKey,
    ) -> Result<Option<([u8; 16], Receipt)>, ReadError> {
        for place in index::requested(&self.index, key)? {
            let records = self.request_at(place, (source, request))?;
            let Some(header) = records.first().map(|record| &record.header) else { continue };
            let (digest, stream, recorded_at) =
                (header.request_digest, header.stream, header.recorded_at);
            let lines = records.iter().map(|record| ReceiptLine {
                position: record.position,
                version: record.header.version,
                event_id: record.header.event_id,
                leaf: record.leaf(),
            });
            return Ok(Some((digest, Receipt { stream, recorded_at, lines: lines.collect() })));
        }
        Ok(None)
    }
}

impl Journal for EmbeddedJournal {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "embedded",
            durable: cfg!(not(feature = "no-sync")),
            ordering: Ordering::InAppend,
            local_reads: true,
            several_writers: false,
        }
    }

    fn append(&self, request: AppendRequest) -> BoxFuture<'_, Result<Receipt, AppendError>> {
        Box::pin(async move {
            if self.is_read_only() {
                return Err(AppendError::ReadOnly);
            }
            let kib = u32::try_from(request.bytes / 1024 + 1).unwrap_or(u32::MAX);
            let permit = Arc::clone(&self.room).try_acquire_many_owned(kib);
            let permit = permit.map_err(|_| AppendError::Busy)?;
            let (answer, wait) = oneshot::channel();
            let jobs = self.jobs.as_ref().ok_or(AppendError::Closed)?;
            jobs.try_send(Job { request, answer, permit }).map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => AppendError::Busy,
                mpsc::error::TrySendError::Closed(_) => AppendError::Closed,
            })?;
            wait.await.unwrap_or(Err(AppendError::Unknown))
        })
    }

    fn head(&self) -> Head {
        *self.shared.head.borrow()
    }

    fn watch(&self) -> watch::Receiver<Head> {
        self.shared.head.subscribe()
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        let head = self.head().position.0;
        let limit = limit.min(READ_RECORDS_MAX) as u64;
        let last = head.min(after.0.saturating_add(limit));
        let first = after.0.saturating_add(1);
        // Who follows the log record by record reads no large chunk for each.
        let count = usize::try_from(last.saturating_sub(after.0)).unwrap_or(usize::MAX);
        let chunk = count.saturating_mul(ONE_RECORD_BYTES / 2).max(ONE_RECORD_BYTES);
        let mut cursor = Cursor::new(chunk.min(READ_CHUNK_BYTES));
        page((first..=last).map(|position| self.shared.read(&mut cursor, Position(position))))
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: Version,
        up_to: Position,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let up_to = up_to.min(self.head().position);
        let places = index::events(&self.shared.index, stream)?;
        // Versions are dense and what is not of the stream only comes between, so the events up
        // to a version are never after that rank.
        let skip = usize::try_from(after.0).unwrap_or(usize::MAX);
        let places = places.into_iter().skip(skip);
        let places = places.map(|(position, offset)| (Position(u64::from(position)), offset));
        let places = places.take_while(|(position, _)| *position <= up_to);
        let mut cursor = Cursor::scattered();
        let records =
            places.map(|(position, offset)| self.shared.read_at(&mut cursor, position, offset));
        let wanted = records.filter(|record| {
            record.as_ref().map_or(true, |record| {
                record.header.stream == stream && record.header.version > after
            })
        });
        page(wanted.take(limit.min(READ_RECORDS_MAX)))
    }

    fn stream_version(&self, stream: StreamId) -> Result<Version, ReadError> {
        Ok(self.shared.tip(stream)?.map_or(Version(0), |tip| tip.version))
    }

    fn receipt(
        &self,
        source: &Source,
        request: RequestId,
    ) -> Result<Option<([u8; 16], Receipt)>, ReadError> {
        let key = request_key(source, request);
        Durable::receipt(self.shared.as_ref(), source, request, key)
    }

    fn erase(&self, sections: &[(Position, u8)]) -> Result<Wiped, ReadError> {
        erase::erase(&self.shared, self.disk.as_ref(), sections)
    }

    fn position_at(&self, instant: Instant) -> Result<Position, ReadError> {
        // `recorded_at` never decreases: a binary search over headers on disk.
        let (mut low, mut high) = (0, self.head().position.0);
        let mut cursor = Cursor::scattered();
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            let record = self.shared.read(&mut cursor, Position(middle))?;
            if record.header.recorded_at <= instant {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        Ok(Position(low))
    }

    fn recorded_at(&self, position: Position) -> Result<Option<Instant>, ReadError> {
        if position.0 == 0 || position > self.head().position {
            return Ok(None);
        }
        let record = self.shared.read(&mut Cursor::scattered(), position)?;
        Ok(Some(record.header.recorded_at))
    }
}
