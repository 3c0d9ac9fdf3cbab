//! The frame: a record with the lengths and checksums under which it is kept;
//! `docs/formats/journal.md` has it byte by byte.
//!
//! A request is encoded into frames by whoever asks, all of them in one buffer.
//! The writer stamps them where they lie.

use super::header::{Header, HeaderError, Stamp};
use super::new::SealedSection;
use super::stored::{Content, Damage, StoredRecord};
use bytes::Bytes;
use crc32c::crc32c;
use domain::ids::{EventId, Position};
use seal::{Hash, leaf_hash};

/// Bytes of a frame before its header.
const FRAME_PREFIX: usize = 12;

const CRC: usize = 4;
/// State and checksum before each section.
pub(crate) const SECTION_PREFIX: usize = 5;
const PRESENT: u8 = 1;
/// The state of a section that was erased.
pub(crate) const ERASED: u8 = 2;

/// Why bytes are no frame.
#[derive(Debug)]
pub(crate) enum FrameError {
    /// A length leads outside the frame or contradicts another.
    Length,
    /// A checksum does not match.
    Checksum,
    /// The header cannot be read.
    Record(Damage),
}

/// The bytes that frame a record of so many sections.
pub(crate) const fn framing(sections: usize) -> usize {
    FRAME_PREFIX + CRC + sections * (CRC + SECTION_PREFIX)
}

/// The frames of a request, one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    frames: Vec<Frame>,
}

/// Where a frame and its parts are in the buffer, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    event_id: EventId,
    start: usize,
    end: usize,
    header_end: usize,
    /// Of the checksum, which covers what is before it.
    crc: usize,
}

impl Frames {
    /// No frame, and room for so many of so many bytes in all.
    pub(crate) fn with_capacity(frames: usize, bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), frames: Vec::with_capacity(frames) }
    }

    /// Appends a frame, whose stamp and checksum are still missing. The limits of records keep
    /// every length far below 32 bits, and that of a header below 16.
    ///
    /// # Errors
    /// Those of [`Header::encode`]; what was appended is no frame then.
    pub(crate) fn push(
        &mut self,
        header: &Header,
        body: &[u8],
        sections: &[SealedSection],
    ) -> Result<(), HeaderError> {
        let out = &mut self.bytes;
        let start = out.len();
        out.extend_from_slice(&[0; FRAME_PREFIX]);
        header.encode_into(out)?;
        let header_end = out.len();
        for section in sections {
            out.extend_from_slice(&length_bytes(section.bytes.len()));
        }
        out.extend_from_slice(body);
        let crc = out.len();
        out.extend_from_slice(&[0; CRC]);
        for section in sections {
            out.push(PRESENT);
            out.extend_from_slice(&crc32c(&section.bytes).to_le_bytes());
            out.extend_from_slice(&section.bytes);
        }
        let end = out.len();
        let header_length = length_bytes(header_end - start - FRAME_PREFIX);
        let prefix = &mut out[start..start + FRAME_PREFIX];
        prefix[..4].copy_from_slice(&length_bytes(end - start));
        prefix[4..6].copy_from_slice(&header_length[..2]);
        prefix[8..].copy_from_slice(&length_bytes(body.len()));
        self.frames.push(Frame { event_id: header.event_id, start, end, header_end, crc });
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.frames.len()
    }

    /// All of them, as they are kept.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes the writer's fields and the checksum of a frame, and gives its event and its leaf;
    /// `None` when there are not so many.
    pub(crate) fn stamp(&mut self, rank: usize, stamp: &Stamp) -> Option<(EventId, Hash)> {
        let frame = *self.frames.get(rank)?;
        let header = &mut self.bytes[frame.start + FRAME_PREFIX..frame.header_end];
        Header::stamp(header, stamp);
        let leaf = leaf_hash(header);
        let crc = crc32c(&self.bytes[frame.start..frame.crc]).to_le_bytes();
        self.bytes[frame.crc..frame.crc + CRC].copy_from_slice(&crc);
        Some((frame.event_id, leaf))
    }

    /// Where each starts, and its checksum.
    pub(crate) fn stamped(&self) -> impl Iterator<Item = (usize, u32)> {
        let crc = |at| u32_at(&self.bytes, at).unwrap_or_default();
        self.frames.iter().map(move |frame| (frame.start, crc(frame.crc)))
    }

    /// The bytes of each.
    pub(crate) fn each(&self) -> impl Iterator<Item = &[u8]> {
        self.frames.iter().map(|frame| &self.bytes[frame.start..frame.end])
    }
}

/// Where the state of each section stands in a frame, and how many bytes follow its checksum.
/// The frame is one that [`decode_frame`] reads.
pub(crate) fn section_places(frame: &[u8]) -> Result<Vec<(usize, usize)>, FrameError> {
    let header_end = FRAME_PREFIX + usize::from(u16_at(frame, 4).ok_or(FrameError::Length)?);
    let body = u32_at(frame, 8).ok_or(FrameError::Length)? as usize;
    let count = usize::from(*frame.get(FRAME_PREFIX + 1).ok_or(FrameError::Length)?);
    let mut at = header_end + CRC * count + body + CRC;
    let mut places = Vec::with_capacity(count);
    for index in 0..count {
        let length = u32_at(frame, header_end + CRC * index).ok_or(FrameError::Length)? as usize;
        places.push((at, length));
        at += SECTION_PREFIX + length;
    }
    if at == frame.len() { Ok(places) } else { Err(FrameError::Length) }
}

/// The length that a frame says of itself.
pub(crate) fn frame_length(bytes: &[u8]) -> Result<usize, FrameError> {
    let length = u32_at(bytes, 0).ok_or(FrameError::Length)? as usize;
    if length < FRAME_PREFIX + CRC { Err(FrameError::Length) } else { Ok(length) }
}

/// Reads a whole frame and checks its checksums; gives its own checksum too.
pub(crate) fn decode_frame(
    bytes: &Bytes,
    position: Position,
) -> Result<(StoredRecord, u32), FrameError> {
    if frame_length(bytes)? != bytes.len() {
        return Err(FrameError::Length);
    }
    let header_end = FRAME_PREFIX + usize::from(u16_at(bytes, 4).ok_or(FrameError::Length)?);
    let body_length = u32_at(bytes, 8).ok_or(FrameError::Length)? as usize;
    let header_bytes = slice(bytes, FRAME_PREFIX, header_end)?;
    // The second byte of a header is its number of sections.
    let count = usize::from(*header_bytes.get(1).ok_or(FrameError::Length)?);
    let body_start = header_end + CRC * count;
    let body_end = body_start.checked_add(body_length).ok_or(FrameError::Length)?;
    let body = slice(bytes, body_start, body_end)?;
    let crc = u32_at(bytes, body_end).ok_or(FrameError::Length)?;
    if crc32c(&bytes[..body_end]) != crc {
        return Err(FrameError::Checksum);
    }
    let mut at = body_end + CRC;
    let mut sections = Vec::with_capacity(count);
    for index in 0..count {
        let length = u32_at(bytes, header_end + CRC * index).ok_or(FrameError::Length)? as usize;
        let start = at + SECTION_PREFIX;
        let end = start.checked_add(length).ok_or(FrameError::Length)?;
        let content = slice(bytes, start, end)?;
        sections.push(match bytes[at] {
            ERASED => Content::Erased,
            PRESENT if u32_at(bytes, at + 1) == Some(crc32c(&content)) => Content::Sealed(content),
            _ => return Err(FrameError::Checksum),
        });
        at = end;
    }
    if at != bytes.len() {
        return Err(FrameError::Length);
    }
    let header =
        Header::decode(&header_bytes).map_err(|error| FrameError::Record(Damage::Header(error)))?;
    Ok((StoredRecord { position, header, header_bytes, body, sections }, crc))
}

fn length_bytes(length: usize) -> [u8; 4] {
    u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes()
}

fn slice(bytes: &Bytes, start: usize, end: usize) -> Result<Bytes, FrameError> {
    if start <= end && end <= bytes.len() {
        Ok(bytes.slice(start..end))
    } else {
        Err(FrameError::Length)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)
}
