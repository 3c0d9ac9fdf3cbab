//! A segment of the journal, as somebody left it: any bytes, and any whose checksums were repaired.

use crate::disk::MemoryDisk;
use crc32c::{crc32c, crc32c_append};
use domain::ids::{Instant, Position};
use ledger::ManualClock;
use ledger::journal::embedded::{EmbeddedJournal, Options};
use ledger::journal::{Head, Journal};
use ledger::random::SeededRandom;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a new segment.
const SEGMENT_BYTES: u64 = 16 * 1024;
const HEADER: usize = 128;
const GROUP: usize = 28;
const TRAILER: usize = 48;

/// The bytes of the first segment of a log.
pub fn run(bytes: &[u8]) {
    open(bytes.to_vec());
    let mut repaired = bytes.to_vec();
    repair(&mut repaired);
    open(repaired);
}

/// Opens a journal of that segment. What opens shows all that it has, or says what is damaged;
/// and opens again as it was left.
fn open(bytes: Vec<u8>) {
    let disk = MemoryDisk::default();
    disk.put(Path::new("/log").join(format!("{:020}.segment", 1)), bytes);
    if let Some(head) = read(&disk) {
        assert_eq!(read(&disk), Some(head), "it opens as it was left");
    }
}

/// The head and the number of records that can be read; `None` when it does not open.
fn read(disk: &MemoryDisk) -> Option<(Head, usize)> {
    let options = Options {
        segment_bytes: SEGMENT_BYTES,
        disk: Arc::new(disk.clone()),
        ..Options::new(Arc::new(ManualClock::new(Instant(0))), Arc::new(SeededRandom::new(1)))
    };
    let journal = EmbeddedJournal::open(Path::new("/log"), &options).ok()?;
    let head = journal.head();
    let mut seen = Position(0);
    let mut readable = 0;
    while let Ok(page) = journal.read_after(seen, 100) {
        let Some(last) = page.last() else { break };
        assert_eq!(last.position.0, seen.0 + page.len() as u64, "no gap");
        seen = last.position;
        readable += page.len();
    }
    assert!(seen <= head.position);
    Some((head, readable))
}

/// Makes every checksum right that can be found by the lengths before it, as a forger would.
pub fn repair(bytes: &mut [u8]) {
    let Some(header) = bytes.first_chunk_mut::<HEADER>() else { return };
    let crc = crc32c(&header[..HEADER - 4]);
    header[HEADER - 4..].copy_from_slice(&crc.to_le_bytes());
    let journal = header[16..32].to_vec();
    let mut at = HEADER;
    while let Some(length) = group(bytes, at, &journal) {
        at += length;
    }
}

/// Repairs a group; gives its bytes, or `None` when there is none.
fn group(bytes: &mut [u8], at: usize, journal: &[u8]) -> Option<usize> {
    let length = u32_at(bytes, at + 4)?;
    let whole = bytes.get_mut(at..at.checked_add(length)?)?;
    let frames_end = length.checked_sub(TRAILER).filter(|end| *end >= GROUP)?;
    let crc = crc32c_append(crc32c(journal), &whole[..GROUP - 4]);
    whole[GROUP - 4..GROUP].copy_from_slice(&crc.to_le_bytes());
    let mut crc = crc32c(&whole[..GROUP]);
    let mut frame_at = GROUP;
    while frame_at < frames_end {
        let Some((length, of_frame)) = frame(whole.get_mut(frame_at..frames_end)?) else { break };
        crc = crc32c_append(crc, &of_frame.to_le_bytes());
        frame_at += length;
    }
    let crc = crc32c_append(crc, &whole[frames_end..length - 4]);
    whole[length - 4..].copy_from_slice(&crc.to_le_bytes());
    Some(length)
}

/// Repairs the frame at the front; gives its bytes and its checksum.
fn frame(bytes: &mut [u8]) -> Option<(usize, u32)> {
    let length = u32_at(bytes, 0).filter(|length| *length > 0)?;
    let frame = bytes.get_mut(..length)?;
    let header_end = 12 + usize::from(u16::from_le_bytes([*frame.get(4)?, *frame.get(5)?]));
    let sections = usize::from(*frame.get(13)?);
    let crc_at = header_end.checked_add(4 * sections)?.checked_add(u32_at(frame, 8)?)?;
    let crc = crc32c(frame.get(..crc_at)?);
    frame.get_mut(crc_at..crc_at + 4)?.copy_from_slice(&crc.to_le_bytes());
    let mut at = crc_at + 4;
    for section in 0..sections {
        let length = u32_at(frame, header_end + 4 * section)?;
        let of_section = crc32c(frame.get(at + 5..at.checked_add(5)?.checked_add(length)?)?);
        frame.get_mut(at + 1..at + 5)?.copy_from_slice(&of_section.to_le_bytes());
        at += 5 + length;
    }
    Some((length, crc))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<usize> {
    let four = bytes.get(at..)?.first_chunk::<4>()?;
    usize::try_from(u32::from_le_bytes(*four)).ok()
}
