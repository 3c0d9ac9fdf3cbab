//! Where everything is: of the segment that is written in memory, of those
//! before in tables that are written once.
//!
//! Memory has about 100 bytes an event of the newest segments, and of the
//! others 3 to 4 bytes an event. Nothing of it is part of the log: a table that
//! is missing or damaged is made again from its segment.

use crate::index::{IndexError, PageCache, Shelf, hash};
use crate::journal::ReadError;
use crate::journal::sequence::Tip;
use domain::ids::{Position, RequestId, Source, StreamId};
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

const OF_STREAM: u8 = 1;
const OF_REQUEST: u8 = 2;

/// Names a request of a source, in 128 bits.
pub(super) type RequestKey = [u8; 16];

/// The name of a request.
pub(super) fn request_key(source: &Source, request: RequestId) -> RequestKey {
    let digest = Sha256::new().chain_update(request.as_bytes()).chain_update(source.as_str());
    let hash: [u8; 32] = digest.finalize().into();
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

fn stream_hash(stream: StreamId) -> u64 {
    hash(OF_STREAM + ((stream.category as u8) << 2), stream.key.0)
}

fn request_hash(key: RequestKey) -> u64 {
    hash(OF_REQUEST, key)
}

/// A record that became durable.
#[derive(Debug, Clone, Copy)]
pub(super) struct Indexed {
    /// Where in its segment.
    pub(super) offset: u32,
    pub(super) stream: StreamId,
    /// The end of the stream with it.
    pub(super) tip: Tip,
    /// The request that it is the first event of.
    pub(super) request: Option<RequestKey>,
}

/// The records of one segment, in memory.
#[derive(Debug)]
pub(super) struct Tail {
    /// Position of its first record.
    first: u32,
    /// By rank: offset in the segment.
    offsets: Vec<u32>,
    /// By rank: the position of the previous event of the stream in this segment, 0 for none.
    previous: Vec<u32>,
    /// By rank: the hash of its stream.
    hashes: Vec<u64>,
    /// The last position of each stream here, and its end.
    streams: HashMap<StreamId, (u32, Tip)>,
    requests: HashMap<RequestKey, u32>,
}

impl Tail {
    pub(super) fn new(first: u32) -> Self {
        let (offsets, previous, hashes) = (Vec::new(), Vec::new(), Vec::new());
        Self { first, offsets, previous, hashes, streams: HashMap::new(), requests: HashMap::new() }
    }

    /// The position after its last record.
    pub(super) fn next(&self) -> u32 {
        let count = u32::try_from(self.offsets.len()).unwrap_or(u32::MAX);
        self.first.saturating_add(count)
    }

    pub(super) const fn first(&self) -> u32 {
        self.first
    }

    fn push(&mut self, record: &Indexed) {
        let position = self.next();
        self.offsets.push(record.offset);
        self.hashes.push(stream_hash(record.stream));
        let before = self.streams.insert(record.stream, (position, record.tip));
        self.previous.push(before.map_or(0, |(position, _)| position));
        if let Some(key) = record.request {
            self.requests.entry(key).or_insert(position);
        }
    }

    fn offset(&self, position: u32) -> Option<u32> {
        self.offsets.get(position.checked_sub(self.first)? as usize).copied()
    }

    /// The positions of a stream here, added in ascending order.
    fn positions(&self, stream: StreamId, found: &mut Vec<u32>) {
        let start = found.len();
        let mut at = self.streams.get(&stream).map_or(0, |(last, _)| *last);
        while at != 0 {
            found.push(at);
            at = self.previous.get((at - self.first) as usize).copied().unwrap_or(0);
        }
        found[start..].reverse();
    }

    /// What its table has: pairs in order, and how many different hashes.
    pub(super) fn pairs(&self) -> (Vec<(u64, u32)>, u64) {
        let streams = self.hashes.iter().copied().zip(self.first..);
        let requests = self.requests.iter().map(|(key, position)| (request_hash(*key), *position));
        let mut pairs: Vec<_> = streams.chain(requests).collect();
        pairs.sort_unstable();
        let hashes = (self.streams.len() + self.requests.len()) as u64;
        (pairs, hashes)
    }

    /// Offsets in the segment, by rank.
    pub(super) fn offsets(&self) -> &[u32] {
        &self.offsets
    }
}

/// The index of one journal.
#[derive(Debug)]
pub(super) struct Index {
    /// Of the segments whose table is written.
    pub(super) shelf: Shelf,
    /// Of the segments that are full and whose table is not written yet, oldest first.
    pub(super) full: VecDeque<Arc<Tail>>,
    /// Of the segment that is written.
    live: Tail,
}

/// Where a position may be found.
pub(super) enum Whereabouts {
    /// At this offset of its segment.
    Offset(u32),
    /// A table tells.
    Tables(Shelf),
    Nowhere,
}

/// What is known of a stream or a request without reading a file.
pub(super) struct Lookup {
    /// To be asked for the hash.
    pub(super) shelf: Shelf,
    pub(super) hash: u64,
    /// Positions of the newest segments, ascending.
    pub(super) positions: Vec<u32>,
}

impl Lookup {
    /// The positions that the hash leads to, ascending; others may be among them.
    pub(super) fn positions(self) -> Result<Vec<u32>, ReadError> {
        let mut found = Vec::new();
        for table in self.shelf.tables() {
            table.find(self.hash, &mut found)?;
        }
        found.extend(self.positions);
        Ok(found)
    }
}

impl Index {
    pub(super) fn new(shelf: Shelf) -> Self {
        let live = Tail::new(shelf.last().saturating_add(1));
        Self { shelf, full: VecDeque::new(), live }
    }

    /// Adds the next record.
    pub(super) fn push(&mut self, record: &Indexed) {
        self.live.push(record);
    }

    /// Ends the segment that was written. Its tail stays until its table is there.
    pub(super) fn end_segment(&mut self) -> Arc<Tail> {
        let next = Tail::new(self.live.next());
        let full = Arc::new(std::mem::replace(&mut self.live, next));
        self.full.push_back(Arc::clone(&full));
        full
    }

    fn tails(&self) -> impl DoubleEndedIterator<Item = &Tail> {
        self.full.iter().map(Arc::as_ref).chain([&self.live])
    }

    pub(super) fn place(&self, position: Position) -> Whereabouts {
        let Ok(position) = u32::try_from(position.0) else { return Whereabouts::Nowhere };
        if position <= self.shelf.last() {
            return Whereabouts::Tables(self.shelf.clone());
        }
        let offset = self.tails().find_map(|tail| tail.offset(position));
        offset.map_or(Whereabouts::Nowhere, Whereabouts::Offset)
    }

    /// The end of a stream, when one of the newest segments has an event of it.
    pub(super) fn tip(&self, stream: StreamId) -> Option<Tip> {
        self.tails().rev().find_map(|tail| tail.streams.get(&stream)).map(|(_, tip)| *tip)
    }

    pub(super) fn stream(&self, stream: StreamId) -> Lookup {
        let mut positions = Vec::new();
        self.tails().for_each(|tail| tail.positions(stream, &mut positions));
        Lookup { shelf: self.shelf.clone(), hash: stream_hash(stream), positions }
    }

    pub(super) fn request(&self, key: RequestKey) -> Lookup {
        let positions = self.tails().filter_map(|tail| tail.requests.get(&key).copied()).collect();
        Lookup { shelf: self.shelf.clone(), hash: request_hash(key), positions }
    }
}

/// The offset of a position that a shelf covers; `None` for one that it does not.
pub(super) fn offset_in(
    shelf: &Shelf,
    position: Position,
    cache: &mut PageCache,
) -> Result<Option<u32>, IndexError> {
    let Ok(position) = u32::try_from(position.0) else { return Ok(None) };
    let Some(table) = shelf.covering(position) else { return Ok(None) };
    table.value(position, cache)
}
