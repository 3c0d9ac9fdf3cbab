//! Commands in, events and receipts out.

use super::Ledger;
use super::enrolments::Turn;
use super::request::RequestMeta;
use crate::error::LedgerError;
use crate::journal::{AppendError, Receipt};
use crate::limits::CONFLICT_ATTEMPTS_MAX;
use domain::enrolment::{Command, Decision, Establishment, LookupKey, decide};
use domain::ids::{ContractId, EventId, Position, StreamKey};
use std::borrow::Borrow;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Those for whose learners somebody speaks.
pub type SpeaksFor<'a> = &'a (dyn Fn(&Establishment) -> bool + Sync);

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// The enrolment. A declaration may land in another stream than the one named: the one that
    /// its lookup key already leads to.
    pub stream: StreamKey,
    /// What was decided; `None` for a request that had been written before.
    pub decision: Option<Decision>,
    /// Where the events went; `None` when nothing was written.
    pub receipt: Option<Receipt>,
}

impl Ledger {
    /// Decides a command on an enrolment and writes what it says, once.
    ///
    /// The stream is loaded, the command decided, and its events appended if
    /// nobody else changed the stream; else it is decided again. A request id
    /// that wrote before gets its first receipt, for ever.
    ///
    /// A first declaration names the stream that [`crate::vault::Names::enrolment`]
    /// gives; of several at once for one lookup key, one opens the stream and
    /// the others find it.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub async fn execute(
        &self,
        meta: RequestMeta,
        stream: StreamKey,
        command: impl Borrow<Command> + Send,
    ) -> Result<Executed, LedgerError> {
        self.execute_for(&|_| true, meta, stream, command).await
    }

    /// The same by somebody who speaks for the learners of some trainers: on the very state on which it is
    /// decided and written, whoever trains must be one of them, unless nobody does yet.
    ///
    /// # Errors
    /// See [`LedgerError`]; [`LedgerError::Elsewhere`] when it is not.
    pub async fn execute_for(
        &self,
        speaks_for: SpeaksFor<'_>,
        meta: RequestMeta,
        stream: StreamKey,
        command: impl Borrow<Command> + Send,
    ) -> Result<Executed, LedgerError> {
        let command = command.borrow();
        if let Some(done) = self.repeated(&meta)? {
            return Ok(done);
        }
        let Command::Declare { lookup, .. } = command else {
            return self.attempt(speaks_for, &meta, stream, command, None).await;
        };
        if let Some(known) = self.find_enrolment(lookup)? {
            return self.attempt(speaks_for, &meta, known, command, None).await;
        }
        let turn: Turn = Arc::new(self.stripe(lookup).lock_owned().await);
        // The one before may have been this very request, whose sender heard nothing.
        if let Some(done) = self.repeated(&meta)? {
            return Ok(done);
        }
        let stream = self.find_enrolment(lookup)?.unwrap_or(stream);
        self.attempt(speaks_for, &meta, stream, command, Some(&turn)).await
    }

    /// What a command would decide on the newest state; nothing is written, and the events have no ids.
    ///
    /// # Errors
    /// When the domain refuses it, or the enrolment cannot be read.
    pub fn decide(&self, stream: StreamKey, command: &Command) -> Result<Decision, LedgerError> {
        let context = self.store.context(stream)?;
        let (no_event, no_contract) = (EventId::default(), ContractId::default());
        Ok(decide(context.state(), command, &|_| no_event, &|_| no_contract)?)
    }

    /// Who trains the learner of an enrolment on its newest state; `None` when it has no event.
    ///
    /// # Errors
    /// When the enrolment cannot be read.
    pub fn trainer(&self, stream: StreamKey) -> Result<Option<Establishment>, LedgerError> {
        let context = self.store.context(stream)?;
        Ok(context.state().current.as_ref().map(|current| current.training.trainer.clone()))
    }

    /// The stream of an enrolment, by its lookup key.
    ///
    /// # Errors
    /// When the index or the log cannot be read.
    pub fn find_enrolment(&self, lookup: &LookupKey) -> Result<Option<StreamKey>, LedgerError> {
        self.store.directory.enrolment(lookup, self.journal().as_ref(), self.vault())
    }

    /// The stream of the enrolment that a contract belongs to.
    ///
    /// # Errors
    /// When the index or the log cannot be read.
    pub fn find_contract(&self, contract: ContractId) -> Result<Option<StreamKey>, LedgerError> {
        self.store.directory.contract(contract, self.journal().as_ref(), self.vault())
    }

    /// The first answer to a request that wrote.
    ///
    /// # Errors
    /// [`AppendError::OtherContent`] when it was another request under the same id.
    pub fn repeated(&self, meta: &RequestMeta) -> Result<Option<Executed>, LedgerError> {
        let known = self.journal().receipt(&meta.source, meta.request_id)?;
        let Some((known, receipt)) = known else { return Ok(None) };
        if known != meta.digest {
            let first = receipt.lines.first().map_or(Position(0), |line| line.position);
            return Err(AppendError::OtherContent { first, known, sent: meta.digest }.into());
        }
        let stream = receipt.stream.key;
        Ok(Some(Executed { stream, decision: None, receipt: Some(receipt) }))
    }

    fn stripe(&self, lookup: &LookupKey) -> Arc<Mutex<()>> {
        // Lookup keys are HMACs: any of their bytes is uniform, and there are 256 stripes.
        let rank = usize::from(lookup[0]) % self.first_declarations.len();
        Arc::clone(&self.first_declarations[rank])
    }

    async fn attempt(
        &self,
        speaks_for: SpeaksFor<'_>,
        meta: &RequestMeta,
        stream: StreamKey,
        command: &Command,
        turn: Option<&Turn>,
    ) -> Result<Executed, LedgerError> {
        for _ in 0..CONFLICT_ATTEMPTS_MAX {
            match self.try_once(speaks_for, meta, stream, command, turn.cloned()).await {
                Err(LedgerError::Append(AppendError::Conflict { .. })) => {}
                other => return other,
            }
            // The one who won may have been the same request, sent twice at once.
            if let Some(done) = self.repeated(meta)? {
                return Ok(done);
            }
        }
        Err(LedgerError::Contended(CONFLICT_ATTEMPTS_MAX))
    }

    async fn try_once(
        &self,
        speaks_for: SpeaksFor<'_>,
        meta: &RequestMeta,
        stream: StreamKey,
        command: &Command,
        turn: Option<Turn>,
    ) -> Result<Executed, LedgerError> {
        let context = self.store.context(stream)?.holding(turn);
        let current = context.state().current.as_ref();
        if current.is_some_and(|current| !speaks_for(&current.training.trainer)) {
            return Err(LedgerError::Elsewhere);
        }
        let names = self.names();
        let event_id = |index| names.event(&meta.source, meta.request_id, index);
        let contract_id = |ordinal| names.contract(stream, ordinal);
        let decision = decide(context.state(), command, &event_id, &contract_id)?;
        let receipt = match decision.events.as_slice() {
            [] => None,
            events => Some(self.store.write(events, context, meta.clone()).await?),
        };
        Ok(Executed { stream, decision: Some(decision), receipt })
    }
}
