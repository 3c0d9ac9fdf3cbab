//! The bytes of a segment file; `docs/formats/journal.md` is their description.

use crate::journal::Unfit;
use crate::journal::sequence::Placed;
use crate::record::{AppendRequest, Content, Damage, Header, StoredRecord};
use bytes::Bytes;
use crc32c::{crc32c, crc32c_append};
use domain::ids::Position;
use seal::Hash;

/// The format of segments that this version writes.
pub(super) const SEGMENT_FORMAT: u16 = 1;
/// Bytes before the first group.
pub(super) const SEGMENT_HEADER: usize = 128;
/// Bytes of a group's header.
pub(super) const GROUP_HEADER: usize = 28;
/// Bytes of a group's trailer.
pub(super) const TRAILER: usize = 48;
/// Bytes of a frame before its header.
pub(super) const FRAME_PREFIX: usize = 12;

const SEGMENT_MAGIC: [u8; 8] = *b"RGSTRJNL";
const GROUP_MAGIC: [u8; 4] = *b"GRP1";
const TRAILER_MAGIC: [u8; 4] = *b"END1";
const CRC: usize = 4;
/// State and checksum before each section.
const SECTION_PREFIX: usize = 5;
const PRESENT: u8 = 1;
const ERASED: u8 = 2;

/// The head of a segment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SegmentHeader {
    /// Random, the same in all segments of one journal.
    pub(super) journal: [u8; 16],
    /// From 1.
    pub(super) number: u64,
    /// Position of the first record that it may hold.
    pub(super) first: Position,
    /// Bytes of the file.
    pub(super) size: u64,
    /// Root of the tree of all records before.
    pub(super) root: Hash,
}

/// Why bytes are no segment header.
pub(super) enum NoSegment {
    Magic,
    Version(u16),
    Checksum,
}

impl SegmentHeader {
    pub(super) fn encode(&self) -> [u8; SEGMENT_HEADER] {
        let mut out = [0; SEGMENT_HEADER];
        out[..8].copy_from_slice(&SEGMENT_MAGIC);
        out[8..10].copy_from_slice(&SEGMENT_FORMAT.to_le_bytes());
        out[16..32].copy_from_slice(&self.journal);
        out[32..40].copy_from_slice(&self.number.to_le_bytes());
        out[40..48].copy_from_slice(&self.first.0.to_le_bytes());
        out[48..56].copy_from_slice(&self.size.to_le_bytes());
        out[64..96].copy_from_slice(&self.root);
        let crc = crc32c(&out[..124]);
        out[124..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, NoSegment> {
        if bytes.len() < SEGMENT_HEADER || bytes[..8] != SEGMENT_MAGIC {
            return Err(NoSegment::Magic);
        }
        let version = u16::from_le_bytes([bytes[8], bytes[9]]);
        if version != SEGMENT_FORMAT {
            return Err(NoSegment::Version(version));
        }
        if u32_at(bytes, 124) != Some(crc32c(&bytes[..124])) {
            return Err(NoSegment::Checksum);
        }
        let part = || {
            Some(Self {
                journal: array_at(bytes, 16)?,
                number: u64::from_le_bytes(array_at(bytes, 32)?),
                first: Position(u64::from_le_bytes(array_at(bytes, 40)?)),
                size: u64::from_le_bytes(array_at(bytes, 48)?),
                root: array_at(bytes, 64)?,
            })
        };
        part().ok_or(NoSegment::Magic)
    }
}

/// The head of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct GroupHeader {
    /// Bytes of the group, this header and the trailer included.
    pub(super) length: u32,
    /// Position of its first record.
    pub(super) first: Position,
    /// Records in it.
    pub(super) count: u32,
}

impl GroupHeader {
    pub(super) fn encode(&self, journal: &[u8; 16]) -> [u8; GROUP_HEADER] {
        let mut out = [0; GROUP_HEADER];
        out[..4].copy_from_slice(&GROUP_MAGIC);
        out[4..8].copy_from_slice(&self.length.to_le_bytes());
        out[8..16].copy_from_slice(&self.first.0.to_le_bytes());
        out[16..20].copy_from_slice(&self.count.to_le_bytes());
        // Keyed with the journal's random id: no content can imitate a group.
        let crc = crc32c_append(crc32c(journal), &out[..24]);
        out[24..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    pub(super) fn decode(journal: &[u8; 16], bytes: &[u8]) -> Result<Self, Unfit> {
        let bytes = bytes.get(..GROUP_HEADER).ok_or(Unfit::Length)?;
        let crc = crc32c_append(crc32c(journal), &bytes[..24]);
        if bytes[..4] != GROUP_MAGIC || u32_at(bytes, 24) != Some(crc) {
            return Err(Unfit::Checksum);
        }
        let length = u32_at(bytes, 4).ok_or(Unfit::Length)?;
        let first = Position(u64::from_le_bytes(array_at(bytes, 8).ok_or(Unfit::Length)?));
        let count = u32_at(bytes, 16).ok_or(Unfit::Length)?;
        Ok(Self { length, first, count })
    }

    /// The first four bytes, to look for a group.
    pub(super) const fn magic() -> [u8; 4] {
        GROUP_MAGIC
    }
}

/// The end of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trailer {
    /// Leaves of the tree after the group.
    pub(super) size: u64,
    /// Its root.
    pub(super) root: Hash,
}

impl Trailer {
    /// `crcs` are the checksums of the group's frames, in order.
    pub(super) fn encode(&self, header: &[u8], crcs: &[u32]) -> [u8; TRAILER] {
        let mut out = [0; TRAILER];
        out[..4].copy_from_slice(&TRAILER_MAGIC);
        out[4..12].copy_from_slice(&self.size.to_le_bytes());
        out[12..44].copy_from_slice(&self.root);
        let crc = group_crc(header, crcs, &out[..44]);
        out[44..].copy_from_slice(&crc.to_le_bytes());
        out
    }

    pub(super) fn decode(bytes: &[u8], header: &[u8], crcs: &[u32]) -> Result<Self, Unfit> {
        let bytes = bytes.get(..TRAILER).ok_or(Unfit::Length)?;
        let crc = group_crc(header, crcs, &bytes[..44]);
        if bytes[..4] != TRAILER_MAGIC || u32_at(bytes, 44) != Some(crc) {
            return Err(Unfit::Checksum);
        }
        let size = u64::from_le_bytes(array_at(bytes, 4).ok_or(Unfit::Length)?);
        Ok(Self { size, root: array_at(bytes, 12).ok_or(Unfit::Length)? })
    }
}

fn group_crc(header: &[u8], crcs: &[u32], trailer: &[u8]) -> u32 {
    let start = crc32c(header);
    let crc = crcs.iter().fold(start, |crc, frame| crc32c_append(crc, &frame.to_le_bytes()));
    crc32c_append(crc, trailer)
}

/// Bytes of the frames of a request.
pub(super) fn frames_bytes(request: &AppendRequest) -> usize {
    let sections: usize = request.drafts.iter().map(|draft| draft.sections.len()).sum();
    request.bytes + request.drafts.len() * (FRAME_PREFIX + CRC) + sections * (CRC + SECTION_PREFIX)
}

/// Appends the frame of a record and gives its checksum. The limits of records
/// keep every length far below 32 bits, and that of a header below 16.
pub(super) fn encode_frame(out: &mut Vec<u8>, record: &Placed) -> u32 {
    let start = out.len();
    let sealed: usize = record.sections.iter().map(|section| SECTION_PREFIX + section.len()).sum();
    let lengths = CRC * record.sections.len();
    let clear = FRAME_PREFIX + record.header.len() + lengths + record.body.len() + CRC;
    out.extend_from_slice(&length_bytes(clear + sealed));
    out.extend_from_slice(&length_bytes(record.header.len())[..2]);
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(&length_bytes(record.body.len()));
    out.extend_from_slice(&record.header);
    for section in &record.sections {
        out.extend_from_slice(&length_bytes(section.len()));
    }
    out.extend_from_slice(&record.body);
    let crc = crc32c(&out[start..]);
    out.extend_from_slice(&crc.to_le_bytes());
    for section in &record.sections {
        out.push(PRESENT);
        out.extend_from_slice(&crc32c(section).to_le_bytes());
        out.extend_from_slice(section);
    }
    crc
}

fn length_bytes(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

/// The length that a frame says of itself.
pub(super) fn frame_length(bytes: &[u8]) -> Result<usize, Unfit> {
    let length = u32_at(bytes, 0).ok_or(Unfit::Length)? as usize;
    if length < FRAME_PREFIX + CRC { Err(Unfit::Length) } else { Ok(length) }
}

/// Reads a whole frame and checks its checksums; gives its own checksum too.
pub(super) fn decode_frame(
    bytes: &Bytes,
    position: Position,
) -> Result<(StoredRecord, u32), Unfit> {
    if frame_length(bytes)? != bytes.len() {
        return Err(Unfit::Length);
    }
    let header_end = FRAME_PREFIX + usize::from(u16_at(bytes, 4).ok_or(Unfit::Length)?);
    let body_length = u32_at(bytes, 8).ok_or(Unfit::Length)? as usize;
    let header_bytes = slice(bytes, FRAME_PREFIX, header_end)?;
    // The second byte of a header is its number of sections.
    let count = usize::from(*header_bytes.get(1).ok_or(Unfit::Length)?);
    let body_start = header_end + CRC * count;
    let body_end = body_start.checked_add(body_length).ok_or(Unfit::Length)?;
    let body = slice(bytes, body_start, body_end)?;
    let crc = u32_at(bytes, body_end).ok_or(Unfit::Length)?;
    if crc32c(&bytes[..body_end]) != crc {
        return Err(Unfit::Checksum);
    }
    let mut at = body_end + CRC;
    let mut sections = Vec::with_capacity(count);
    for index in 0..count {
        let length = u32_at(bytes, header_end + CRC * index).ok_or(Unfit::Length)? as usize;
        let start = at + SECTION_PREFIX;
        let end = start.checked_add(length).ok_or(Unfit::Length)?;
        let content = slice(bytes, start, end)?;
        sections.push(match bytes[at] {
            ERASED => Content::Erased,
            PRESENT if u32_at(bytes, at + 1) == Some(crc32c(&content)) => Content::Sealed(content),
            _ => return Err(Unfit::Checksum),
        });
        at = end;
    }
    if at != bytes.len() {
        return Err(Unfit::Length);
    }
    let header = Header::decode(&header_bytes).map_err(Damage::Header)?;
    Ok((StoredRecord { position, header, header_bytes, body, sections }, crc))
}

fn slice(bytes: &Bytes, start: usize, end: usize) -> Result<Bytes, Unfit> {
    if start <= end && end <= bytes.len() {
        Ok(bytes.slice(start..end))
    } else {
        Err(Unfit::Length)
    }
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    array_at(bytes, at).map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}
