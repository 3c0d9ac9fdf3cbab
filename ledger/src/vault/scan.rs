//! Reads the whole of `keys/subjects` and changes nothing.
//!
//! Only the last batch of entries may have holes: everything before it was
//! durable when it was begun. Whether a hole was a key that somebody used, the
//! log alone can tell; so nothing is cut here.

use super::VaultError;
use super::entry::{ENTRY, Entry, Slot};
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Bytes before the first entry.
pub(super) const HEADER: usize = 32;
const MAGIC: [u8; 8] = *b"RGSTKEYS";
const FORMAT: u8 = 1;
/// Bytes read at once.
const CHUNK: usize = 256 * 1024;

/// What the file holds beside its whole entries.
#[derive(Debug, Default)]
pub(super) struct Extent {
    /// The file has a whole header; without it, it has nothing.
    pub(super) begun: bool,
    /// Slots up to the last whole one, holes included.
    pub(super) slots: u32,
    /// The first slot of the last batch that has a whole entry.
    pub(super) last_batch: u32,
    /// Slots whose bytes have no right checksum; those at or after `slots` end the file.
    pub(super) bad: Vec<(u32, Vec<u8>)>,
    /// Bytes after the last slot, or of a header that is not whole.
    pub(super) rest: Vec<u8>,
}

impl Extent {
    /// Whether there is an entry, or what may have been one.
    pub(super) fn holds_something(&self) -> bool {
        self.slots > 0 || self.damaged() > 0
    }

    /// How many slots and ends of the file hold what is neither an entry nor zeros.
    pub(super) fn damaged(&self) -> usize {
        let torn = self.bad.iter().map(|(_, bytes)| bytes).chain([&self.rest]);
        torn.filter(|bytes| bytes.iter().any(|byte| *byte != 0)).count()
    }
}

/// The first bytes of the file.
pub(super) fn header() -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..8].copy_from_slice(&MAGIC);
    header[8] = FORMAT;
    header
}

/// An entry that a scan shows.
pub(super) struct Scanned<'a> {
    pub(super) slot: u32,
    /// The slot of the first entry of its batch: all before that is durable.
    pub(super) batch: u32,
    pub(super) entry: &'a Entry,
}

/// Sees each whole entry.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Scanned<'_>);

/// Shows every whole entry after the first `known` slots, which are durable.
pub(super) fn scan(path: &Path, known: u32, visit: Visit<'_>) -> Result<Extent, VaultError> {
    let mut extent = Extent::default();
    let file = match fs_err::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(extent),
        opened => opened?,
    };
    let mut reader = BufReader::with_capacity(CHUNK, file);
    let mut first = [0; HEADER];
    let length = fill(&mut reader, &mut first)?;
    if length < HEADER {
        extent.rest = first[..length].to_vec();
        return Ok(extent);
    }
    if first != header() {
        return Err(VaultError::Damaged("keys/subjects is no key file of this version"));
    }
    extent.begun = true;
    (extent.slots, extent.last_batch) = (known, known);
    reader.seek_relative(i64::from(known) * ENTRY as i64)?;
    for slot in known..u32::MAX {
        let mut bytes = [0; ENTRY];
        let length = fill(&mut reader, &mut bytes)?;
        if length < ENTRY {
            extent.rest = bytes[..length].to_vec();
            return Ok(extent);
        }
        extent.note(slot, &bytes, visit)?;
    }
    Err(VaultError::Damaged("keys/subjects has more entries than this version can count"))
}

impl Extent {
    fn note(&mut self, slot: u32, bytes: &[u8; ENTRY], visit: Visit<'_>) -> Result<(), VaultError> {
        match Slot::decode(bytes)? {
            Slot::Bad => {
                self.bad.push((slot, bytes.to_vec()));
                return Ok(());
            }
            Slot::Void => {}
            Slot::Entry(entry, batch) => {
                // A batch that starts after a hole was written once everything before it was
                // durable: the hole is damage.
                if self.bad.first().is_some_and(|(hole, _)| batch > *hole) {
                    let what = "keys/subjects is damaged before its end; restore a backup";
                    return Err(VaultError::Damaged(what));
                }
                self.last_batch = batch.min(slot);
                visit(Scanned { slot, batch, entry: &entry });
            }
        }
        self.slots = slot + 1;
        Ok(())
    }
}

/// Fills a buffer; gives fewer bytes at the end of the file only.
fn fill(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match reader.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}
