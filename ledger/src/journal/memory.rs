//! A journal that forgets: the same rules, no file. For tests.

use super::sequence::{Durable, Edge, Offer, Sequence, Tip};
use super::{
    AppendError, Capabilities, Head, Journal, Ordering, ReadError, Receipt, Unfit, Wiped, Witness,
    page,
};
use crate::record::{
    AppendRequest, Content, FrameError, Frames, RequestKey, StoredRecord, decode_frame, request_key,
};
use crate::time::Clock;
use bytes::Bytes;
use domain::ids::{Instant, Position, RequestId, Source, StreamId, Version};
use futures::future::BoxFuture;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// A journal in memory.
pub struct MemoryJournal {
    clock: Arc<dyn Clock>,
    /// One lock for all: tests do not contend.
    log: Mutex<Log>,
    head: watch::Sender<Head>,
}

struct Log {
    sequence: Sequence,
    kept: Kept,
}

/// What is as durable as memory is.
#[derive(Default)]
struct Kept {
    records: Vec<StoredRecord>,
    streams: HashMap<StreamId, Vec<usize>>,
    requests: HashMap<(Source, RequestId), ([u8; 16], Receipt)>,
}

impl fmt::Debug for MemoryJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryJournal").field("head", &self.head()).finish_non_exhaustive()
    }
}

impl MemoryJournal {
    /// An empty journal.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let edge = Edge::empty();
        let head = watch::Sender::new(edge.head());
        let log = Log { sequence: Sequence::after(edge), kept: Kept::default() };
        Self { clock, log: Mutex::new(log), head }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Durable for Kept {
    fn tip(&self, stream: StreamId) -> Result<Option<Tip>, ReadError> {
        let last = self.streams.get(&stream).and_then(|of| of.last());
        Ok(last
            .and_then(|index| self.records.get(*index))
            .map(|record| Tip { version: record.header.version, leaf: record.leaf() }))
    }

    fn receipt(
        &self,
        source: &Source,
        request: RequestId,
        _: RequestKey,
    ) -> Result<Option<([u8; 16], Receipt)>, ReadError> {
        Ok(self.requests.get(&(source.clone(), request)).cloned())
    }
}

impl Log {
    fn append(&mut self, request: AppendRequest, now: Instant) -> Result<Receipt, AppendError> {
        let (origin, stream) = (request.origin.clone(), request.stream);
        match self.sequence.offer(&self.kept, request, now)? {
            Offer::Repeated(receipt) => Ok(receipt),
            Offer::Pending(answer) => answer,
            Offer::Accepted(receipt, frames) => {
                self.sequence.leave();
                let kept = self.kept.keep(stream, &frames, &receipt);
                self.sequence.arrived();
                kept?;
                let key = (origin.source, origin.request_id);
                self.kept.requests.insert(key, (origin.digest, receipt.clone()));
                Ok(receipt)
            }
        }
    }
}

impl Kept {
    fn keep(
        &mut self,
        stream: StreamId,
        frames: &Frames,
        receipt: &Receipt,
    ) -> Result<(), ReadError> {
        for (frame, line) in frames.each().zip(&receipt.lines) {
            let position = line.position;
            let decoded = decode_frame(&Bytes::copy_from_slice(frame), position);
            let damaged = |error: FrameError| ReadError::Damaged { position, damage: error.into() };
            let (record, _) = decoded.map_err(damaged)?;
            self.streams.entry(stream).or_default().push(self.records.len());
            self.records.push(record);
        }
        Ok(())
    }
}

impl Journal for MemoryJournal {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            name: "memory",
            durable: false,
            ordering: Ordering::InAppend,
            local_reads: true,
            several_writers: false,
        }
    }

    fn append(&self, request: AppendRequest) -> BoxFuture<'_, Result<Receipt, AppendError>> {
        Box::pin(async move {
            let mut log = self.log();
            let receipt = log.append(request, self.clock.now())?;
            // Under the lock, so that heads are told in order.
            self.head.send_replace(log.sequence.edge().head());
            Ok(receipt)
        })
    }

    fn head(&self) -> Head {
        *self.head.borrow()
    }

    fn watch(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        let skip = usize::try_from(after.0).unwrap_or(usize::MAX);
        page(self.log().kept.records.iter().skip(skip).take(limit).cloned().map(Ok))
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: Version,
        up_to: Position,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let log = &self.log().kept;
        let of = log.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        let records = of.iter().filter_map(|index| log.records.get(*index));
        let wanted =
            records.filter(|r| r.header.version > after && r.position <= up_to).take(limit);
        page(wanted.cloned().map(Ok))
    }

    fn stream_version(&self, stream: StreamId) -> Result<Version, ReadError> {
        let log = self.log();
        Ok(Version(log.kept.streams.get(&stream).map_or(0, Vec::len) as u64))
    }

    fn receipt(
        &self,
        source: &Source,
        request: RequestId,
    ) -> Result<Option<([u8; 16], Receipt)>, ReadError> {
        Durable::receipt(&self.log().kept, source, request, request_key(source, request))
    }

    fn erase(&self, sections: &[(Position, u8)]) -> Result<Wiped, ReadError> {
        let records = &mut self.log().kept.records;
        for (position, rank) in sections {
            let index = position.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
            let record = index.and_then(|index| records.get_mut(index));
            let section = record.and_then(|record| record.sections.get_mut(usize::from(*rank)));
            let nowhere = ReadError::Damaged { position: *position, damage: Unfit::Length };
            *section.ok_or(nowhere)? = Content::Erased;
        }
        let witness = |(position, section): &(Position, u8)| Witness {
            file: 0,
            position: *position,
            section: *section,
        };
        let witnesses = sections.last().map(witness).into_iter().collect();
        Ok(Wiped { sections: sections.len() as u64, witnesses })
    }

    fn position_at(&self, instant: Instant) -> Result<Position, ReadError> {
        let log = self.log();
        let before = log.kept.records.partition_point(|r| r.header.recorded_at <= instant);
        Ok(Position(before as u64))
    }

    fn recorded_at(&self, position: Position) -> Result<Option<Instant>, ReadError> {
        let log = self.log();
        let index = position.0.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        Ok(index.and_then(|index| log.kept.records.get(index)).map(|r| r.header.recorded_at))
    }
}
