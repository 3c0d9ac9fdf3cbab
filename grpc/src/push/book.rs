//! The ledger behind the pipeline's port.

use super::outcome::RowIssue;
use super::port::{Book, Executed, Fresh, Line, Origin, Refused, WriteError};
use crate::errors::Failure;
use domain::dossier::Declaration;
use domain::enrolment::{Certification, Command, CommandError, Decision, Establishment, LookupKey};
use domain::event::Event;
use domain::ids::{EventId, Instant, Position, RequestId, RunId, Source, StreamKey};
use domain::runs::RunEvent;
use ledger::quarantine::{Fault, RefusedRow};
use ledger::vault::VaultError;
use ledger::{AppendError, Ledger, LedgerError, Receipt, RequestMeta, SpeaksFor};
use projections::source::Recorded;
use std::collections::HashMap;
use std::sync::Arc;

/// A ledger, as the pipeline needs it.
#[derive(Debug, Clone)]
pub struct LedgerBook(pub Arc<Ledger>);

impl From<Origin> for RequestMeta {
    fn from(origin: Origin) -> Self {
        let Origin { source, actor, request, digest } = origin;
        Self { source, actor, request_id: request, digest }
    }
}

fn refused(error: LedgerError) -> WriteError {
    match error {
        LedgerError::Command(error) => WriteError::Command(error),
        LedgerError::Elsewhere => WriteError::Elsewhere,
        // The row is refused, not the push: the other learners' rows are as good as ever.
        LedgerError::Vault(VaultError::Erased(_)) => WriteError::Command(CommandError::Hidden),
        LedgerError::Append(AppendError::OtherContent { known, sent, .. }) => {
            WriteError::OtherContent { known, sent }
        }
        error => WriteError::Failed(error.into()),
    }
}

impl LedgerBook {
    /// The lines of a receipt, with the types of their events.
    fn lines(&self, receipt: &Receipt, types: &HashMap<EventId, &'static str>) -> Vec<Line> {
        let line = |line: &ledger::ReceiptLine| Line {
            event: line.event_id,
            type_name: types.get(&line.event_id).copied().unwrap_or_default(),
            position: line.position,
            version: line.version,
            leaf: line.leaf,
        };
        receipt.lines.iter().map(line).collect()
    }

    fn told(&self, done: ledger::Executed) -> Result<Executed, WriteError> {
        let lines = match (&done.receipt, &done.decision) {
            (None, _) => Vec::new(),
            (Some(receipt), Some(decision)) => {
                let types = decision.events.iter().map(|e| (e.id, e.fact.type_name())).collect();
                self.lines(receipt, &types)
            }
            (Some(receipt), None) => self.lines(receipt, &self.types(receipt).map_err(refused)?),
        };
        let recorded_at = done.receipt.map(|receipt| receipt.recorded_at);
        Ok(Executed { stream: done.stream, lines, recorded_at, decision: done.decision })
    }

    /// The types of the events of a stream, for a receipt that was given before.
    fn types(&self, receipt: &Receipt) -> Result<HashMap<EventId, &'static str>, LedgerError> {
        let up_to = Some(receipt.last_position());
        let events = self.0.read_stream(receipt.stream, up_to, false)?;
        Ok(events.into_iter().map(|e| (e.header.event_id, e.event.type_name())).collect())
    }
}

impl Book for LedgerBook {
    fn now(&self) -> Instant {
        self.0.clock().now()
    }

    fn lookup(&self, source: &Source, id_erp: &str, certification: &Certification) -> LookupKey {
        self.0.names().lookup(source, id_erp, certification)
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 16] {
        self.0.names().request_digest(bytes)
    }

    fn find(&self, lookup: LookupKey) -> Result<Option<StreamKey>, Failure> {
        Ok(self.0.find_enrolment(&lookup)?)
    }

    fn trainer(&self, stream: StreamKey) -> Result<Option<Establishment>, Failure> {
        Ok(self.0.trainer(stream)?)
    }

    fn is_erased(&self, stream: StreamKey) -> Result<bool, Failure> {
        Ok(self.0.is_erased(stream)?)
    }

    fn has_written(&self, source: &Source, request: RequestId) -> Result<bool, Failure> {
        Ok(self.0.journal().receipt(source, request).map_err(LedgerError::from)?.is_some())
    }

    fn new_stream(&self, source: &Source, declaration: &Declaration) -> StreamKey {
        let training = &declaration.training;
        self.0.names().enrolment(
            source,
            &training.trainer.uai,
            &declaration.identity.id_erp,
            &training.certification,
            training.entry_on,
        )
    }

    fn decide(&self, stream: StreamKey, command: &Command) -> Result<Decision, WriteError> {
        self.0.decide(stream, command).map_err(refused)
    }

    async fn execute(
        &self,
        speaks_for: SpeaksFor<'_>,
        origin: Origin,
        stream: StreamKey,
        command: &Command,
    ) -> Result<Executed, WriteError> {
        let done = self.0.execute_for(speaks_for, origin.into(), stream, command).await;
        self.told(done.map_err(refused)?)
    }

    fn recall(
        &self,
        origin: Origin,
        stream: StreamKey,
        command: &Command,
    ) -> Result<Executed, WriteError> {
        if let Some(done) = self.0.repeated(&origin.into()).map_err(refused)? {
            return self.told(done);
        }
        let decision = self.decide(stream, command)?;
        let lines = Vec::new();
        Ok(Executed { stream, lines, recorded_at: None, decision: Some(decision) })
    }

    async fn append_run(
        &self,
        origin: Origin,
        run: RunId,
        event: RunEvent,
    ) -> Result<Position, WriteError> {
        let receipt = self.0.append_run_event(origin.into(), run, event).await.map_err(refused)?;
        Ok(receipt.last_position())
    }

    fn quarantine(&self, refused: &Refused<'_>) -> Result<(), Failure> {
        let row = RefusedRow {
            source: refused.run.source.clone(),
            run: refused.run.id,
            row: refused.row,
            refused_at: self.now(),
            errors: refused.errors.iter().map(fault).collect(),
        };
        // A full day, or a row that is kept already, is no failure: the answer says what is wrong.
        self.0.quarantine().keep(row, refused.bytes)?;
        Ok(())
    }

    fn read_run(&self, source: &Source, run: RunId) -> Result<Vec<Recorded>, Failure> {
        let stream = self.0.names().run(source, run);
        let found = self.0.read_stream(stream, None, false).map_err(Failure::from)?;
        Ok(found.into_iter().map(recorded).collect())
    }

    fn read_source(
        &self,
        source: &Source,
        after: Position,
        limit: usize,
        fresh: &mut Fresh,
    ) -> Result<Vec<Recorded>, Failure> {
        let positions = self.0.positions_of(source, after, limit)?;
        let mut events = Vec::with_capacity(positions.len());
        let mut left = positions.as_slice();
        while let Some((first, rest)) = left.split_first() {
            if let Some(event) = fresh.remove(first) {
                events.push(event);
                left = rest;
                continue;
            }
            let stale = left.iter().take_while(|position| !fresh.contains_key(position)).count();
            let (stale, rest) = left.split_at(stale);
            events.extend(self.0.read_at_all(stale)?.into_iter().map(recorded));
            left = rest;
        }
        Ok(events)
    }

    fn closes_before(
        &self,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Failure> {
        let found = self.0.read_runs_before(before, source, limit).map_err(Failure::from)?;
        Ok(found.into_iter().map(recorded).collect())
    }

    fn decisions(&self) -> Result<Vec<Recorded>, Failure> {
        let found = self.0.read_decisions().map_err(Failure::from)?;
        Ok(found.into_iter().map(recorded).collect())
    }
}

/// Why a row was refused, as it is kept.
fn fault(issue: &RowIssue) -> Fault {
    let (field, rule) = (issue.field.to_owned(), issue.rule.to_owned());
    Fault { field, rule, text: issue.text.clone() }
}

/// An event as the registry folds it: it needs no pseudonyms.
fn recorded(found: ledger::Recorded) -> Recorded {
    let ledger::Recorded { position, header, event, .. } = found;
    let event: Event = event;
    Recorded {
        position,
        recorded_at: header.recorded_at,
        stream: header.stream,
        version: header.version,
        request_index: header.request_index,
        source: header.source,
        event,
        keys: None,
        email: None,
        aside: None,
    }
}
