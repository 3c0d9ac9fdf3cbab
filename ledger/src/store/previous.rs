//! The apprentice's contract before one that is written here.

use super::Ledger;
use crate::error::LedgerError;
use domain::contract::Contract;
use domain::contract::previous::{before, of_declared, of_written};
use domain::ids::StreamKey;
use domain::law::Previous;

impl Ledger {
    /// The contract before one, when it hangs on an enrolment and says when it starts: from those that the CFA declares
    /// of that, and the others that are written here; `None` when none is known. It may read all that was attached to
    /// those; call it off the event loop.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn contract_before(
        &self,
        contract: StreamKey,
        state: &Contract,
    ) -> Result<Option<Previous>, LedgerError> {
        let start = state.round().and_then(|round| round.form.terms.start_on);
        let Some((enrolment, start)) = state.enrolment.zip(start) else { return Ok(None) };
        let context = self.store.context(enrolment)?;
        let declared = context.state().current.iter().flat_map(|current| &current.contracts);
        let mut known: Vec<_> = declared.map(of_declared).collect();
        for one in self.drafted_of(enrolment)? {
            if one.contract != contract
                && let Some(other) = self.load_contract(one.contract, None, true)?
            {
                known.extend(of_written(&other.state));
            }
        }
        Ok(before(start, known))
    }
}
