//! A history is as it was recorded before anything is decided on it.
//!
//! An opening does not read what has an index: whoever changes an event there and repairs the checksums is met here,
//! when its stream is next written to.

use super::enrolments::EnrolmentStore;
use crate::error::LedgerError;
use crate::record::{Expected, StoredRecord};
use domain::ids::{Position, StreamId, Version};
use seal::Hash;

/// The last event of a stream, as it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    position: Position,
    leaf: Hash,
}

/// Compares the events of a whole stream with the digests in their headers, and each with the next one, which names
/// its leaf; gives the last, on which all of them hang.
pub(super) fn chained(records: &[StoredRecord]) -> Result<Option<Last>, LedgerError> {
    let mut last = None;
    for (record, version) in records.iter().zip(1..) {
        let previous = last.map_or([0; 32], |last: Last| last.leaf);
        let follows =
            record.header.version == Version(version) && record.header.previous == previous;
        if !follows || record.verify().is_err() {
            return Err(LedgerError::Altered(record.position));
        }
        last = Some(Last { position: record.position, leaf: record.leaf() });
    }
    Ok(last)
}

impl EnrolmentStore {
    /// Refuses the last event of a stream when the log did not sign it. One after the newest checkpoint was read whole
    /// at the start, or recorded since.
    pub(super) fn must_be_signed(&self, last: &Last) -> Result<(), LedgerError> {
        match self.notary.get() {
            Some(notary) => Ok(notary.must_have(last.position, &last.leaf)?),
            None => Ok(()),
        }
    }

    /// The same, of the newest event of a stream that is expected at a version.
    pub(super) fn must_end_signed(
        &self,
        stream: StreamId,
        expected: Expected,
    ) -> Result<(), LedgerError> {
        let version = match expected {
            Expected::NoStream => return Ok(()),
            Expected::Exact(version) => version,
            Expected::Any => self.journal.stream_version(stream)?,
        };
        let Some(before) = version.0.checked_sub(1) else { return Ok(()) };
        let newest = self.journal.read_stream(stream, Version(before), Position(u64::MAX), 1)?;
        newest.iter().try_for_each(|record| {
            self.must_be_signed(&Last { position: record.position, leaf: record.leaf() })
        })
    }
}
