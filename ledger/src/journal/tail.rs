//! Catch-up reads, then live: one cursor for both.

use super::{Journal, ReadError};
use crate::record::StoredRecord;
use domain::ids::Position;
use std::fmt;
use std::sync::Arc;

/// A cursor over the whole log that waits at its end.
///
/// It reads at the pace of its owner: a slow one costs the journal nothing.
pub struct Tail {
    journal: Arc<dyn Journal>,
    after: Position,
}

impl fmt::Debug for Tail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tail").field("after", &self.after).finish_non_exhaustive()
    }
}

impl Tail {
    /// A cursor whose first record is the one after a position.
    #[must_use]
    pub fn new(journal: Arc<dyn Journal>, after: Position) -> Self {
        Self { journal, after }
    }

    /// The next records, 1 to `limit`: at once when there are some, else as
    /// soon as some are durable.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn next(&mut self, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        self.journal.reach(Position(self.after.0.saturating_add(1))).await?;
        let records = self.journal.read_after(self.after, limit.max(1))?;
        if let Some(last) = records.last() {
            self.after = last.position;
        }
        Ok(records)
    }
}
