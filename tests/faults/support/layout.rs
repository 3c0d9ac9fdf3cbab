//! Where groups and records are in a segment file, read by the description in
//! `docs/formats/journal.md` and by none of the ledger's code.

use std::ops::Range;

/// Bytes of a segment's header.
const SEGMENT_HEADER: usize = 128;
/// Bytes of a group's header and trailer.
const GROUP_HEADER: usize = 28;
const TRAILER: usize = 48;

/// A group: the bytes that one sync made durable.
#[derive(Debug, Clone)]
pub struct Group {
    /// Where it is, header and trailer included.
    pub bytes: Range<usize>,
    /// Its records: position and place.
    pub records: Vec<(u64, Range<usize>)>,
}

/// The groups of a segment, in order.
pub fn groups(segment: &[u8]) -> Vec<Group> {
    let number = |at: usize| u32::from_le_bytes(segment[at..at + 4].try_into().unwrap()) as usize;
    let mut groups = Vec::new();
    let mut at = SEGMENT_HEADER;
    while segment[at..].starts_with(b"GRP1") {
        let end = at + number(at + 4);
        let first = u64::from_le_bytes(segment[at + 8..at + 16].try_into().unwrap());
        let mut record = at + GROUP_HEADER;
        let mut records = Vec::new();
        for position in first..first + number(at + 16) as u64 {
            let next = record + number(record);
            records.push((position, record..next));
            record = next;
        }
        assert_eq!(record, end - TRAILER, "the records do not fill their group");
        groups.push(Group { bytes: at..end, records });
        at = end;
    }
    groups
}
