//! The log against the key store: whose data nobody could read any more.

use crate::error::LedgerError;
use crate::journal::Journal;
use crate::record::{Content, StoredRecord};
use crate::vault::VaultError;
use domain::ids::{Position, SubjectId};
use std::collections::HashSet;

/// Records read at once.
const BATCH: usize = 4096;

/// Persons whose sealed sections are in the log and who have no entry in the key store.
#[derive(Debug, Default)]
pub(crate) struct Lost(HashSet<SubjectId>);

impl Lost {
    /// Looks at a record. Sections that were erased need no key.
    ///
    /// # Errors
    /// When the key store cannot be read.
    pub(crate) fn note(
        &mut self,
        record: &StoredRecord,
        known: &dyn Fn(SubjectId) -> Result<bool, VaultError>,
    ) -> Result<(), VaultError> {
        for (named, content) in record.header.sections.iter().zip(&record.sections) {
            if matches!(content, Content::Sealed(_)) && !known(named.subject)? {
                self.0.insert(named.subject);
            }
        }
        Ok(())
    }

    /// Forgets those who have an entry after all.
    pub(crate) fn without(&mut self, known: &dyn Fn(SubjectId) -> bool) {
        self.0.retain(|subject| !known(*subject));
    }

    /// Looks at the log after a position up to which it was looked at before,
    /// beside the same keys.
    pub(super) fn of_log(
        journal: &dyn Journal,
        mut after: Position,
        known: &dyn Fn(SubjectId) -> Result<bool, VaultError>,
    ) -> Result<Self, LedgerError> {
        let mut lost = Self::default();
        loop {
            let records = journal.read_after(after, BATCH)?;
            let Some(last) = records.last() else { return Ok(lost) };
            after = last.position;
            for record in &records {
                lost.note(record, known)?;
            }
        }
    }

    /// How many persons.
    pub(crate) fn persons(&self) -> usize {
        self.0.len()
    }
}
