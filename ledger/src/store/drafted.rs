//! Which contracts are written here, and of which enrolment.

use super::Ledger;
use crate::codec;
use crate::error::LedgerError;
use domain::ids::{Position, StreamKey};

/// A contract whose workflow runs here, by the event that began it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Drafted {
    /// The position of that event.
    pub position: Position,
    /// The contract.
    pub contract: StreamKey,
    /// The enrolment that it hangs on.
    pub enrolment: Option<StreamKey>,
}

impl Ledger {
    /// The contracts written here that hang on an enrolment, in the order in which they were begun.
    ///
    /// # Errors
    /// When the log or a table cannot be read.
    pub fn drafted_of(&self, enrolment: StreamKey) -> Result<Vec<Drafted>, LedgerError> {
        let mut drafted = self.drafted_at(self.followed()?.drafted_of(enrolment)?)?;
        drafted.retain(|one| one.enrolment == Some(enrolment));
        Ok(drafted)
    }

    /// Up to `limit` of all contracts written here that were begun after a position, in that order.
    ///
    /// # Errors
    /// When the log or a table cannot be read.
    pub fn drafted_after(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Drafted>, LedgerError> {
        self.drafted_at(self.followed()?.drafted_after(after, limit)?)
    }

    fn drafted_at(&self, positions: Vec<Position>) -> Result<Vec<Drafted>, LedgerError> {
        let read = |position: Position| {
            let before = Position(position.0.saturating_sub(1));
            let record = self.journal().read_after(before, 1)?.pop();
            let missing = "a table names a position after the end of the log";
            let record = record.ok_or(LedgerError::Invalid(missing))?;
            let enrolment = codec::enrolment_of_contract(&record)?;
            Ok(Drafted { position, contract: record.header.stream.key, enrolment })
        };
        positions.into_iter().map(read).collect()
    }
}
