//! A history is as it was recorded before anything is decided on it.
//!
//! An opening does not read what has an index: whoever changes an event there and repairs the checksums is met here,
//! when its stream is next written to.

use super::enrolments::EnrolmentStore;
use crate::error::LedgerError;
use crate::journal::pages;
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
    chained_after(Version(0), None, records)
}

/// The same of the events after a version, of which the last one was compared before.
pub(super) fn chained_after(
    version: Version,
    mut last: Option<Last>,
    records: &[StoredRecord],
) -> Result<Option<Last>, LedgerError> {
    for (record, version) in records.iter().zip(version.0 + 1..) {
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

    /// The same, of a whole stream that is written to and is no enrolment: each event is what was recorded, and the
    /// last one is signed.
    pub(super) fn must_be_genuine(
        &self,
        stream: StreamId,
        expected: Expected,
    ) -> Result<(), LedgerError> {
        if expected == Expected::NoStream {
            return Ok(());
        }
        let mut records = Vec::new();
        for page in pages(self.journal.as_ref(), stream, Position(u64::MAX)) {
            records.extend(page?);
        }
        chained(&records)?.iter().try_for_each(|last| self.must_be_signed(last))
    }
}
