//! Where everything is: of the segment that is written in memory, of those
//! before in tables that are written once.
//!
//! Memory has about 100 bytes an event of the newest segments, and of the
//! others 3 to 4 bytes an event. Nothing of it is part of the log: a table that
//! is missing or damaged is made again from its segment.

use crate::journal::sequence::{Edge, Tip};
use crate::record::RequestKey;
use domain::ids::{Instant, Position, StreamId};
use foldhash::{HashMap, HashMapExt};
use seal::Frontier;
use std::sync::Arc;
use tables::{IndexError, Layered, Layers, PageCache, Shelf, Table, hash};

const OF_STREAM: u8 = 1;
const OF_REQUEST: u8 = 2;

fn stream_hash(stream: StreamId) -> u64 {
    hash(OF_STREAM + ((stream.category as u8) << 2), stream.key.0)
}

fn request_hash(key: RequestKey) -> u64 {
    hash(OF_REQUEST, key)
}

/// A position, and the offset of its record in its segment.
pub(super) type Place = (u32, u32);

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
    /// The state after the segment; empty while it is written.
    mark: Vec<u8>,
}

impl Tail {
    pub(super) fn new(first: u32) -> Self {
        Self {
            first,
            offsets: Vec::new(),
            previous: Vec::new(),
            hashes: Vec::new(),
            streams: HashMap::new(),
            requests: HashMap::new(),
            mark: Vec::new(),
        }
    }

    /// The one after it, with room for as much: a map that grows holds up the writer.
    fn next_one(&self) -> Self {
        let count = self.offsets.len();
        Self {
            offsets: Vec::with_capacity(count),
            previous: Vec::with_capacity(count),
            hashes: Vec::with_capacity(count),
            streams: HashMap::with_capacity(self.streams.len()),
            requests: HashMap::with_capacity(self.requests.len()),
            ..Self::new(tables::Tail::next(self))
        }
    }

    /// Adds the next record.
    pub(super) fn push(&mut self, record: &Indexed) {
        let position = tables::Tail::next(self);
        self.offsets.push(record.offset);
        self.hashes.push(stream_hash(record.stream));
        let before = self.streams.insert(record.stream, (position, record.tip));
        self.previous.push(before.map_or(0, |(position, _)| position));
        if let Some(key) = record.request {
            self.requests.entry(key).or_insert(position);
        }
    }

    fn place(&self, position: u32) -> Option<Place> {
        Some((position, self.offset(position)?))
    }

    fn offset(&self, position: u32) -> Option<u32> {
        self.offsets.get(position.checked_sub(self.first)? as usize).copied()
    }

    /// Where the events of a stream are here, added in ascending order.
    fn events(&self, stream: StreamId, found: &mut Vec<Place>) {
        let start = found.len();
        let mut at = self.streams.get(&stream).map_or(0, |(last, _)| *last);
        while at != 0 {
            found.extend(self.place(at));
            at = self.previous.get((at - self.first) as usize).copied().unwrap_or(0);
        }
        found[start..].reverse();
    }
}

impl tables::Tail for Tail {
    fn first(&self) -> u32 {
        self.first
    }

    fn next(&self) -> u32 {
        let count = u32::try_from(self.offsets.len()).unwrap_or(u32::MAX);
        self.first.saturating_add(count)
    }

    fn pairs(&self) -> (Vec<(u64, u32)>, u64) {
        let streams = self.hashes.iter().copied().zip(self.first..);
        let requests = self.requests.iter().map(|(key, position)| (request_hash(*key), *position));
        let mut pairs: Vec<_> = streams.chain(requests).collect();
        pairs.sort_unstable();
        (pairs, (self.streams.len() + self.requests.len()) as u64)
    }

    fn values(&self) -> Option<&[u32]> {
        Some(&self.offsets)
    }

    fn mark(&self) -> Vec<u8> {
        self.mark.clone()
    }
}

/// The state that a table keeps of the moment after its segment; `None` when
/// its mark is none.
pub(super) fn edge_of(table: &Table) -> Option<Edge> {
    let (time, frontier) = table.mark().split_first_chunk()?;
    let frontier = Frontier::from_bytes(frontier).ok()?;
    Some(Edge { frontier, recorded_at: Instant(i64::from_le_bytes(*time)) })
}

/// The index of one journal.
pub(super) type Index = Layered<Tail>;

/// Ends the segment that was written, after which the log's state is `edge`.
/// The index of the segment stays in memory until its table is there.
pub(super) fn end_segment(index: &Index, edge: &Edge) -> Arc<Tail> {
    let mut layers = index.write();
    layers.live.mark = edge.recorded_at.0.to_le_bytes().to_vec();
    layers.live.mark.extend(edge.frontier.to_bytes());
    let next = layers.live.next_one();
    layers.end_part(next)
}

/// Where a position may be found.
pub(super) enum Whereabouts {
    /// At this offset of its segment.
    Offset(u32),
    /// A table tells.
    Tables(Shelf),
    Nowhere,
}

/// Where a position is, without reading a file.
pub(super) fn place(layers: &Layers<Tail>, position: Position) -> Whereabouts {
    let Ok(position) = u32::try_from(position.0) else { return Whereabouts::Nowhere };
    if position <= layers.shelf.last() {
        return Whereabouts::Tables(layers.shelf.clone());
    }
    let offset = layers.tails().find_map(|tail| tail.offset(position));
    offset.map_or(Whereabouts::Nowhere, Whereabouts::Offset)
}

/// The end of a stream, when one of the newest segments has an event of it; and
/// the tables that know it else, with the hash to ask for.
pub(super) fn tip(layers: &Layers<Tail>, stream: StreamId) -> Result<Tip, (Shelf, u64)> {
    let known = layers.tails().rev().find_map(|tail| tail.streams.get(&stream));
    known.map(|(_, tip)| *tip).ok_or_else(|| (layers.shelf.clone(), stream_hash(stream)))
}

/// Where the events of a stream are, ascending; others may be among them.
pub(super) fn events(index: &Index, stream: StreamId) -> Result<Vec<Place>, IndexError> {
    index.find_valued(stream_hash(stream), |tail, found| tail.events(stream, found))
}

/// Where the first event of a request may be.
pub(super) fn requested(index: &Index, key: RequestKey) -> Result<Vec<Place>, IndexError> {
    index.find_valued(request_hash(key), |tail, found| {
        found.extend(tail.requests.get(&key).and_then(|position| tail.place(*position)));
    })
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
