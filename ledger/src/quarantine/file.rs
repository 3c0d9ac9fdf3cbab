//! A file: entries end to end, each a sealed head and sealed content.
//!
//! | bytes | field |
//! |---|---|
//! | 4 | n: bytes of the entry after this field |
//! | 4 | h: bytes of the head |
//! | h | the head: nonce, ciphertext |
//! | n − 4 − h | the row as it was sent, without any NIR: nonce, ciphertext; nothing when it is not kept |

use crate::vault::{NONCE, TAG};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes of the two lengths.
const LENGTHS: u64 = 8;
/// Bytes of the first, which it does not count.
const LENGTH: u64 = 4;

/// A whole entry of a file.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) offset: u64,
    length: u32,
    head: u32,
}

impl Entry {
    fn end(self) -> u64 {
        self.offset + LENGTH + u64::from(self.length)
    }

    /// An entry by its first bytes, when it can be one and ends in time.
    fn decode(offset: u64, lengths: [u8; LENGTHS as usize], end: u64) -> Option<Self> {
        let [a, b, c, d, e, f, g, h] = lengths;
        let length = u32::from_le_bytes([a, b, c, d]);
        let head = u32::from_le_bytes([e, f, g, h]);
        // Zeros that a crash left are no entry.
        let fits = length as usize > LENGTH as usize + NONCE + TAG;
        // A head that is too long for its entry does not open, and is skipped.
        let entry = Self { offset, length, head: head.min(length.saturating_sub(4)) };
        (fits && entry.end() <= end).then_some(entry)
    }

    /// The sealed head.
    pub(super) fn head(self, file: &fs_err::File) -> io::Result<Vec<u8>> {
        read(file, self.offset + LENGTHS, self.head as usize)
    }

    /// Where the sealed content begins.
    pub(super) fn content_at(self) -> u64 {
        self.offset + LENGTHS + u64::from(self.head)
    }

    /// Bytes of all but the content.
    pub(super) fn beside_content(self) -> u64 {
        LENGTHS + u64::from(self.head)
    }

    /// The sealed content.
    pub(super) fn content(self, file: &fs_err::File) -> io::Result<Vec<u8>> {
        let start = self.content_at();
        read(file, start, (self.length - 4 - self.head) as usize)
    }

    /// The entry at an offset that somebody names.
    pub(super) fn at(file: &fs_err::File, offset: u64) -> io::Result<Option<Self>> {
        let end = file.metadata()?.len();
        if offset.checked_add(LENGTHS).is_none_or(|after| after > end) {
            return Ok(None);
        }
        let lengths = read(file, offset, LENGTHS as usize)?;
        Ok(lengths.first_chunk().and_then(|lengths| Self::decode(offset, *lengths, end)))
    }
}

fn read(mut file: &fs_err::File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; length];
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// The bytes of an entry; `None` when they are too many to be counted.
pub(super) fn encode(head: &[u8], content: &[u8]) -> Option<Vec<u8>> {
    let length = u32::try_from(4 + head.len() + content.len()).ok()?;
    let head_length = u32::try_from(head.len()).ok()?;
    Some([&length.to_le_bytes(), &head_length.to_le_bytes(), head, content].concat())
}

/// The whole entries at the front of a file just opened, up to an offset. Their
/// contents are passed over: a day may have more of them than fit in memory.
pub(super) fn entries(file: &fs_err::File, end: u64) -> io::Result<Vec<Entry>> {
    let end = file.metadata()?.len().min(end);
    let mut reader = BufReader::new(file);
    let (mut found, mut offset) = (Vec::new(), 0);
    while offset + LENGTHS <= end {
        let mut lengths = [0; LENGTHS as usize];
        reader.read_exact(&mut lengths)?;
        let Some(entry) = Entry::decode(offset, lengths, end) else { break };
        reader.seek_relative(i64::from(entry.length) - 4)?;
        offset = entry.end();
        found.push(entry);
    }
    Ok(found)
}

/// Cuts what follows the last whole entry of a file, when there is a file.
pub(super) fn cut_torn_tail(path: &Path) -> io::Result<()> {
    if !path.try_exists()? {
        return Ok(());
    }
    let file = fs_err::OpenOptions::new().read(true).write(true).open(path)?;
    let whole = entries(&file, u64::MAX)?.last().map_or(0, |last| last.end());
    if whole < file.metadata()?.len() {
        tracing::warn!(path = %path.display(), "the tail of a quarantine file was torn; cut");
        file.set_len(whole)?;
    }
    Ok(())
}
