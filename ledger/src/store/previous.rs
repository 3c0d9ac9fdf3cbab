//! The apprentice's contract before one that is written here.

use super::Ledger;
use super::loaded::Contracts;
use crate::error::LedgerError;
use crate::journal::ReadError;
use chrono::NaiveDate;
use domain::contract::Contract;
use domain::contract::previous::{Known, before, of_declared, of_written};
use domain::ids::StreamKey;
use domain::law::Previous;

/// What is around a contract that starts on a day: what the CFA declares of its enrolment, and the others that are
/// written here for it.
struct Around {
    start: NaiveDate,
    declared: Vec<Known>,
    others: Vec<StreamKey>,
}

impl Around {
    /// The contract before; it may read all that was attached to the others.
    fn before(self, contracts: &Contracts) -> Result<Option<Previous>, LedgerError> {
        let mut known = self.declared;
        for other in self.others {
            let other = contracts.load(other)?;
            known.extend(other.and_then(|other| of_written(&other.state, self.start)));
        }
        Ok(before(self.start, known))
    }
}

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
        match self.around(contract, state)? {
            Some(around) => around.before(&self.contracts),
            None => Ok(None),
        }
    }

    /// The same on a thread, for who is on the event loop.
    pub(super) async fn contract_before_publication(
        &self,
        contract: StreamKey,
        state: &Contract,
    ) -> Result<Option<Previous>, LedgerError> {
        let Some(around) = self.around(contract, state)? else { return Ok(None) };
        let contracts = self.contracts.clone();
        let read = tokio::task::spawn_blocking(move || around.before(&contracts)).await;
        read.map_err(|_| ReadError::Closed)?
    }

    fn around(&self, contract: StreamKey, state: &Contract) -> Result<Option<Around>, LedgerError> {
        let start = state.round().and_then(|round| round.form.terms.start_on);
        let Some((enrolment, start)) = state.enrolment.zip(start) else { return Ok(None) };
        let context = self.store.context(enrolment)?;
        let declared = context.state().current.iter().flat_map(|current| &current.contracts);
        let declared = declared.map(of_declared).collect();
        let others = self.drafted_of(enrolment)?.into_iter().map(|one| one.contract);
        let others = others.filter(|one| *one != contract).collect();
        Ok(Some(Around { start, declared, others }))
    }
}
