//! Where everything is: rebuilt by the scan at open, a later issue puts it on
//! disk. It costs 12 bytes an event, about 40 a stream and 40 a request.

use domain::ids::{Position, RequestId, Source, StreamId, Version};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Where a record is: a segment's rank (high 32 bits) and an offset (low 32).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place(u64);

impl Place {
    pub(super) const fn new(segment: u32, offset: u32) -> Self {
        Self((segment as u64) << 32 | offset as u64)
    }

    /// The segment's rank, from 0.
    pub(super) const fn segment(self) -> usize {
        (self.0 >> 32) as usize
    }

    pub(super) const fn offset(self) -> u64 {
        self.0 & 0xFFFF_FFFF
    }
}

/// The first position of a request and how many events it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Requested {
    pub(super) first: u32,
    pub(super) count: u16,
}

/// The index of one journal.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// By position.
    places: Vec<Place>,
    /// By position: the position of the previous event of the same stream, 0 for the first.
    previous: Vec<u32>,
    /// The last position and the version of each stream.
    streams: HashMap<StreamId, (u32, u32)>,
    /// By a hash of (source, request id).
    requests: HashMap<[u8; 16], Requested>,
}

impl Index {
    /// Adds the next record.
    pub(super) fn push(&mut self, place: Place, stream: StreamId) {
        self.places.push(place);
        // The sequencer refuses positions above 32 bits.
        let position = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        let entry = self.streams.entry(stream).or_insert((0, 0));
        self.previous.push(entry.0);
        *entry = (position, entry.1 + 1);
    }

    /// Notes that the record just added belongs to a request.
    pub(super) fn note_request(&mut self, source: &Source, request: RequestId, index: u32) {
        let position = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        // A forged header may tell any rank.
        let count = u16::try_from(index.saturating_add(1)).unwrap_or(u16::MAX);
        self.requests
            .entry(request_key(source, request))
            .and_modify(|known| known.count = count.max(known.count))
            .or_insert(Requested { first: position, count });
    }

    pub(super) fn place(&self, position: Position) -> Option<Place> {
        let index = usize::try_from(position.0.checked_sub(1)?).ok()?;
        self.places.get(index).copied()
    }

    /// Bytes between the records at two positions, as far as one segment has both.
    pub(super) fn span(&self, first: u64, last: u64) -> usize {
        let place = |position| self.place(Position(position));
        let (Some(first), Some(last)) = (place(first), place(last)) else { return 0 };
        if first.segment() != last.segment() {
            return usize::MAX;
        }
        usize::try_from(last.offset().saturating_sub(first.offset())).unwrap_or(usize::MAX)
    }

    /// The last position and the version of a stream.
    pub(super) fn tip(&self, stream: StreamId) -> Option<(Position, Version)> {
        let (last, version) = self.streams.get(&stream)?;
        Some((Position(u64::from(*last)), Version(u64::from(*version))))
    }

    pub(super) fn request(&self, source: &Source, request: RequestId) -> Option<Requested> {
        self.requests.get(&request_key(source, request)).copied()
    }

    /// The positions of a stream's events, oldest first.
    pub(super) fn positions(&self, stream: StreamId) -> Vec<Position> {
        let Some((mut at, version)) = self.streams.get(&stream).copied() else { return Vec::new() };
        let mut positions = Vec::with_capacity(version as usize);
        while at != 0 {
            positions.push(Position(u64::from(at)));
            at = self.previous.get(at as usize - 1).copied().unwrap_or(0);
        }
        positions.reverse();
        positions
    }
}

fn request_key(source: &Source, request: RequestId) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update(request.as_bytes());
    hasher.update(source.as_str());
    let hash: [u8; 32] = hasher.finalize().into();
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use domain::ids::{Category, StreamKey};

    #[test]
    fn a_forged_rank_in_a_request_is_no_panic() {
        let (source, request) = (Source::parse("erp-one").unwrap(), RequestId([1; 16]));
        let mut index = Index::default();
        let stream = StreamId { category: Category::Run, key: StreamKey([1; 16]) };
        index.push(Place::new(0, 128), stream);
        index.note_request(&source, request, u32::MAX);
        assert_eq!(index.request(&source, request).unwrap().count, u16::MAX);
    }
}
