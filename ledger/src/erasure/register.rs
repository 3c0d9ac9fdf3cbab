//! The register of erasures: the events of the log that say that persons were erased.

use crate::codec::{self, Closed};
use crate::error::LedgerError;
use crate::journal::Journal;
use crate::record::StoredRecord;
use domain::erasure::{ErasureEvent, LegalBasis, Tombstone};
use domain::event::Event;
use domain::ids::{EventId, Position, StreamKey, SubjectId};

/// An entry of the register.
pub(super) struct Entry {
    pub(super) position: Position,
    pub(super) event: EventId,
    /// Of the erasure.
    pub(super) stream: StreamKey,
    pub(super) subjects: Vec<SubjectId>,
    pub(super) enrolments: Vec<StreamKey>,
    pub(super) decision: EventId,
    pub(super) basis: LegalBasis,
    pub(super) tombstones: Vec<Tombstone>,
}

/// The entry at a position; `None` where the log has something else.
pub(super) fn entry_at(
    journal: &dyn Journal,
    position: Position,
) -> Result<Option<Entry>, LedgerError> {
    let Some(before) = position.0.checked_sub(1) else { return Ok(None) };
    let record = journal.read_after(Position(before), 1)?.pop();
    record.map_or(Ok(None), |record| entry_of(&record))
}

/// The entry that a record is.
pub(super) fn entry_of(record: &StoredRecord) -> Result<Option<Entry>, LedgerError> {
    let Event::Erasure(ErasureEvent::Erased { subjects, enrolments, decision, basis, tombstones }) =
        codec::decode(record, &Closed)?
    else {
        return Ok(None);
    };
    let (position, event) = (record.position, record.header.event_id);
    let stream = record.header.stream.key;
    Ok(Some(Entry { position, event, stream, subjects, enrolments, decision, basis, tombstones }))
}
