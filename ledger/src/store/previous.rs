//! The apprentice's contract before one that is written here.

use super::Ledger;
use crate::error::LedgerError;
use chrono::NaiveDate;
use domain::contract::previous::{before, of_declared, of_written};
use domain::ids::StreamKey;
use domain::law::Previous;

impl Ledger {
    /// The contract before one that hangs on an enrolment and starts on a day, from those that its CFA declares and the
    /// others that are written here; `None` when none is known.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn contract_before(
        &self,
        enrolment: StreamKey,
        contract: StreamKey,
        start: NaiveDate,
    ) -> Result<Option<Previous>, LedgerError> {
        let context = self.store.context(enrolment)?;
        let declared = context.state().current.iter().flat_map(|current| &current.contracts);
        let mut known: Vec<_> = declared.map(of_declared).collect();
        for one in self.drafted_of(enrolment)? {
            if one.contract != contract
                && let Some(other) = self.load_contract(one.contract, None, false)?
            {
                known.extend(of_written(&other.state));
            }
        }
        Ok(before(start, known))
    }
}
