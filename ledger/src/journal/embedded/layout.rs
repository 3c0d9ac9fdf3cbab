//! The bytes of a segment file around its frames; `docs/formats/journal.md` is their description.

use crate::journal::Unfit;
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
const SEGMENT_MAGIC: [u8; 8] = *b"RGSTRJNL";
const GROUP_MAGIC: [u8; 4] = *b"GRP1";
const TRAILER_MAGIC: [u8; 4] = *b"END1";

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

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk::<N>().copied()
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    array_at(bytes, at).map(u32::from_le_bytes)
}
