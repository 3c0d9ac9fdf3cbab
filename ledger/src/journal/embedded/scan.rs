//! Reads every group of a segment, recomputing the tree.

use super::layout::{GROUP_HEADER, GroupHeader, SEGMENT_HEADER, TRAILER, Trailer};
use super::segment::{Segment, Window, is_zero};
use crate::journal::sequence::Edge;
use crate::journal::{OpenError, ReadError, Unfit};
use crate::limits::READ_CHUNK_BYTES;
use crate::record::{StoredRecord, decode_frame, frame_length};
use bytes::Bytes;
use domain::ids::Position;
use seal::Hash;
use std::io;
use std::sync::Arc;

/// Where the valid groups of a journal end.
#[derive(Debug)]
pub(super) struct End {
    /// The state after the last whole group.
    pub(super) edge: Edge,
    /// Offset in the last segment after the last whole group.
    pub(super) offset: u64,
    /// Whether bytes of an unfinished group follow.
    pub(super) torn: bool,
    /// The last group of the last segment, when that has one.
    pub(super) last: Option<LastGroup>,
}

/// A group as it was read and checked.
#[derive(Debug)]
pub(super) struct LastGroup {
    /// Where in its segment.
    pub(super) offset: u64,
    pub(super) bytes: Bytes,
}

/// A record that the scan shows.
pub(super) struct Scanned<'a> {
    pub(super) record: &'a StoredRecord,
    /// Where in its segment.
    pub(super) offset: u32,
    /// Leaf hash of its header.
    pub(super) leaf: Hash,
}

/// Sees each record; a reason ends the scan.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Scanned<'_>) -> Result<(), Unfit>;

/// What is at an offset.
enum Found {
    Group { records: Vec<(StoredRecord, u32)>, bytes: Bytes, trailer: Trailer },
    Nothing,
}

impl End {
    /// Before the first segment that is scanned, after which state.
    pub(super) const fn before(edge: Edge) -> Self {
        Self { edge, offset: SEGMENT_HEADER as u64, torn: false, last: None }
    }
}

/// Scans one of the segments of a log, all of those before being what `end`
/// says, and shows each record.
///
/// Only the last group of the last segment may be unfinished: everything before
/// was synced before the next group was written. Anything else is an error that
/// names the position. Another process may be writing meanwhile: what it has
/// not written whole is taken for unfinished.
pub(super) fn scan(
    segments: &[Arc<Segment>],
    rank: usize,
    end: &mut End,
    visit: Visit<'_>,
) -> Result<(), OpenError> {
    scan_groups(segments, rank, end, visit, &mut |_, _| {})
}

/// The same; shows each group after its records too.
pub(super) fn scan_groups(
    segments: &[Arc<Segment>],
    rank: usize,
    end: &mut End,
    visit: Visit<'_>,
    show: &mut dyn FnMut(&Bytes, &Trailer),
) -> Result<(), OpenError> {
    let Some(segment) = segments.get(rank) else { return Ok(()) };
    let first = segments.first().map(AsRef::as_ref);
    check_header(segment, first, rank, &end.edge)?;
    scan_segment(segment, rank + 1 == segments.len(), end, visit, show)?;
    // Who goes on with what was found here may believe it: nothing is missing at its end.
    segments.get(rank + 1).map_or(Ok(()), |next| check_header(next, first, rank + 1, &end.edge))
}

fn foreign(segment: &Segment, what: &'static str) -> OpenError {
    OpenError::Segment { path: segment.path.clone(), what }
}

/// Each segment starts where the one before ends.
fn check_header(
    segment: &Segment,
    first: Option<&Segment>,
    rank: usize,
    edge: &Edge,
) -> Result<(), OpenError> {
    let header = &segment.header;
    if first.is_some_and(|first| first.header.journal != header.journal) {
        return Err(foreign(segment, "it belongs to another journal"));
    }
    let next = edge.frontier.size() + 1;
    if header.number != rank as u64 + 1 || header.first.0 != next {
        return Err(damaged(segment, Position(next), SEGMENT_HEADER as u64, Unfit::Order));
    }
    if header.root != edge.frontier.root() {
        return Err(foreign(segment, "the root in its header is not that of the events before"));
    }
    Ok(())
}

fn damaged(segment: &Segment, position: Position, offset: u64, damage: Unfit) -> OpenError {
    OpenError::Damaged { position, path: segment.path.clone(), offset, damage }
}

fn scan_segment(
    segment: &Segment,
    last: bool,
    end: &mut End,
    visit: Visit<'_>,
    show: &mut dyn FnMut(&Bytes, &Trailer),
) -> Result<(), OpenError> {
    let mut window = Window::new(READ_CHUNK_BYTES);
    let mut read_again = None;
    end.offset = SEGMENT_HEADER as u64;
    end.last = None;
    loop {
        let next = Position(end.edge.frontier.size() + 1);
        let fail = |damage| damaged(segment, next, end.offset, damage);
        let found = read_group(segment, &mut window, end.offset, next)?;
        let (records, bytes, trailer) = match found {
            Ok(Found::Group { records, bytes, trailer }) => (records, bytes, trailer),
            Ok(Found::Nothing) if !last => return Ok(()),
            // A section may be erased while it is read: its state first, then its bytes.
            Err(Unfit::Checksum) if !last && read_again != Some(end.offset) => {
                read_again = Some(end.offset);
                window = Window::new(READ_CHUNK_BYTES);
                continue;
            }
            // A group whose checksums hold was written whole: it is no torn tail.
            Err(damage) if !last || matches!(damage, Unfit::Order | Unfit::Record(_)) => {
                return Err(fail(damage));
            }
            Ok(Found::Nothing) | Err(_) if !group_after(segment, end.offset, next)? => {
                end.torn = found.is_err() || !is_clear(segment, end.offset)?;
                return Ok(());
            }
            // A group is written once the one before is whole. So this one is whole by now, if
            // somebody writes while we read; read twice, it is damaged.
            Ok(Found::Nothing) | Err(_) if read_again != Some(end.offset) => {
                read_again = Some(end.offset);
                window = Window::new(READ_CHUNK_BYTES);
                continue;
            }
            Ok(Found::Nothing) => return Err(fail(Unfit::Checksum)),
            Err(damage) => return Err(fail(damage)),
        };
        for (record, offset) in &records {
            let (leaf, offset) = (record.leaf(), *offset);
            end.edge.frontier.append(leaf);
            end.edge.recorded_at = record.header.recorded_at;
            visit(Scanned { record, offset, leaf })
                .map_err(|damage| damaged(segment, record.position, u64::from(offset), damage))?;
        }
        let frontier = &end.edge.frontier;
        if trailer.size != frontier.size() || trailer.root != frontier.root() {
            return Err(fail(Unfit::Order));
        }
        show(&bytes, &trailer);
        let offset = end.offset;
        end.offset += bytes.len() as u64;
        end.last = Some(LastGroup { offset, bytes });
    }
}

/// Reads the group at an offset. The outer error is the file system's.
fn read_group(
    segment: &Segment,
    window: &mut Window,
    offset: u64,
    next: Position,
) -> Result<Result<Found, Unfit>, OpenError> {
    let head = window.get(segment, offset, GROUP_HEADER)?;
    if head.len() < GROUP_HEADER || head.iter().all(|byte| *byte == 0) {
        return Ok(Ok(Found::Nothing));
    }
    let header = match GroupHeader::decode(&segment.header.journal, &head) {
        Ok(header) => header,
        Err(damage) => return Ok(Err(damage)),
    };
    let length = header.length as usize;
    let fits = offset + u64::from(header.length) <= segment.header.size;
    if header.first != next || !fits || length < GROUP_HEADER + TRAILER {
        return Ok(Err(Unfit::Order));
    }
    let bytes = window.get(segment, offset, length)?;
    if bytes.len() < length {
        return Ok(Err(Unfit::Length));
    }
    Ok(decode_group(&bytes, &header, offset))
}

fn decode_group(bytes: &Bytes, header: &GroupHeader, offset: u64) -> Result<Found, Unfit> {
    let records_end = bytes.len() - TRAILER;
    let mut at = GROUP_HEADER;
    let mut records = Vec::new();
    let mut crcs = Vec::new();
    for rank in 0..u64::from(header.count) {
        let length = frame_length(bytes.get(at..records_end).ok_or(Unfit::Length)?)?;
        if length > records_end - at {
            return Err(Unfit::Length);
        }
        let frame = bytes.slice(at..at + length);
        let (record, crc) = decode_frame(&frame, Position(header.first.0 + rank))?;
        let offset = u32::try_from(offset + at as u64).map_err(|_| Unfit::Length)?;
        records.push((record, offset));
        crcs.push(crc);
        at += length;
    }
    if at != records_end {
        return Err(Unfit::Length);
    }
    let trailer = Trailer::decode(&bytes[at..], &bytes[..GROUP_HEADER], &crcs)?;
    Ok(Found::Group { records, bytes: bytes.clone(), trailer })
}

/// Whether the header of a later group stands somewhere after an offset.
fn group_after(segment: &Segment, offset: u64, next: Position) -> io::Result<bool> {
    let mut window = Window::new(READ_CHUNK_BYTES);
    let mut at = offset;
    loop {
        let bytes = window.get(segment, at, READ_CHUNK_BYTES)?;
        let magic = GroupHeader::magic();
        // Nearly always only zeros follow.
        let searched = if is_zero(&bytes) { &[][..] } else { &bytes[..] };
        for (start, four) in searched.windows(magic.len()).enumerate() {
            if four[0] != magic[0] || four != magic {
                continue;
            }
            let head = Window::new(GROUP_HEADER).get(segment, at + start as u64, GROUP_HEADER)?;
            let header = GroupHeader::decode(&segment.header.journal, &head);
            if header.is_ok_and(|header| header.first > next) {
                return Ok(true);
            }
        }
        if bytes.len() < READ_CHUNK_BYTES {
            return Ok(false);
        }
        // Chunks overlap, so that no header is cut in two.
        at += (bytes.len() - magic.len()) as u64;
    }
}

/// Whether only zeros follow, to the segment's full size.
fn is_clear(segment: &Segment, offset: u64) -> io::Result<bool> {
    let mut window = Window::new(READ_CHUNK_BYTES);
    let mut at = offset;
    loop {
        let bytes = window.get(segment, at, READ_CHUNK_BYTES)?;
        if !is_zero(&bytes) {
            return Ok(false);
        }
        at += bytes.len() as u64;
        if bytes.len() < READ_CHUNK_BYTES {
            return Ok(at >= segment.header.size);
        }
    }
}

/// Reads the frame at an offset of a segment.
pub(super) fn read_frame(
    segment: &Segment,
    window: &mut Window,
    offset: u64,
    position: Position,
) -> Result<StoredRecord, ReadError> {
    let damaged = |damage| ReadError::Damaged { position, damage };
    let get = |window: &mut Window, length| {
        window.get(segment, offset, length).map_err(|error| segment.error(error))
    };
    let length = frame_length(&get(window, 4)?).map_err(|error| damaged(error.into()))?;
    if offset + length as u64 > segment.header.size {
        return Err(damaged(Unfit::Length));
    }
    let frame = get(window, length)?;
    // Records of one page share what was read for all of them; a record that was asked for alone
    // keeps its own bytes and no more.
    let frame = if window.is_shared() { frame } else { Bytes::copy_from_slice(&frame) };
    let decoded = decode_frame(&frame, position);
    decoded.map(|(record, _)| record).map_err(|error| damaged(error.into()))
}
