//! Events that no enrolment decides: runs, links, reference sets.

use super::request::RequestMeta;
use super::{Executed, Ledger};
use crate::codec;
use crate::error::LedgerError;
use crate::journal::Receipt;
use crate::record::{AppendRequest, Expected, NewRecord};
use chrono::NaiveDate;
use domain::calendar::paris_day;
use domain::event::{Event, ReferenceSetLoaded};
use domain::ids::{RunId, StreamId, Version};
use domain::persons::PersonLinkEvent;
use domain::runs::RunEvent;

impl Ledger {
    /// Writes an event of a run of `meta.source`: its close first, then what
    /// was decided of what it holds.
    ///
    /// # Errors
    /// [`crate::journal::AppendError::Conflict`] when the run is closed, or decided, already.
    pub async fn append_run_event(
        &self,
        meta: RequestMeta,
        run: RunId,
        event: RunEvent,
    ) -> Result<Receipt, LedgerError> {
        let stream = self.names().run(&meta.source, run);
        let (expected, day) = match &event {
            RunEvent::Closed(closed) => {
                (Expected::NoStream, paris_day(closed.declaration.extracted_at))
            }
            RunEvent::HoldDecided { .. } => (Expected::Exact(Version(1)), self.today()),
        };
        self.append_event(meta, stream, expected, &Event::Run(event), day, run.0).await
    }

    /// Writes a human's decision on a pair of enrolments. `expected` is the
    /// version of the pair's stream that the decision was made on.
    ///
    /// # Errors
    /// [`crate::journal::AppendError::Conflict`] when somebody decided in between.
    pub async fn append_person_link(
        &self,
        meta: RequestMeta,
        expected: Version,
        event: PersonLinkEvent,
    ) -> Result<Receipt, LedgerError> {
        let (PersonLinkEvent::PersonsLinked { pair, .. }
        | PersonLinkEvent::PersonsUnlinked { pair, .. }) = &event;
        let stream = self.names().link(pair[0], pair[1]);
        let expected = Expected::Exact(expected);
        let day = self.today();
        self.append_event(meta, stream, expected, &Event::PersonLink(event), day, [0; 16]).await
    }

    /// Writes that a reference set was loaded.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub async fn append_reference_set(
        &self,
        meta: RequestMeta,
        set: ReferenceSetLoaded,
    ) -> Result<Receipt, LedgerError> {
        let stream = self.names().reference();
        let event = Event::ReferenceSetLoaded(set);
        self.append_event(meta, stream, Expected::Any, &event, self.today(), [0; 16]).await
    }

    pub(crate) fn today(&self) -> NaiveDate {
        paris_day(self.clock.now())
    }

    pub(crate) async fn append_event(
        &self,
        meta: RequestMeta,
        stream: StreamId,
        expected: Expected,
        event: &Event,
        effective_on: NaiveDate,
        run: [u8; 16],
    ) -> Result<Receipt, LedgerError> {
        if let Some(Executed { receipt: Some(receipt), .. }) = self.repeated(&meta)? {
            return Ok(receipt);
        }
        self.store.must_be_genuine(stream, expected)?;
        let id = self.names().event(&meta.source, meta.request_id, 0);
        let encoded = codec::encode_other(event, id, effective_on, run)
            .ok_or(LedgerError::Invalid("an enrolment's event is written by a command"))?;
        let record = NewRecord {
            event_id: encoded.event_id,
            type_code: encoded.type_code.code(),
            schema_version: encoded.type_code.schema(),
            effective_on: encoded.effective_on,
            corrects: encoded.corrects,
            body: encoded.body,
            sections: Vec::new(),
        };
        let request = AppendRequest::new(stream, expected, meta.into(), &[record])?;
        Ok(self.journal().append(request).await?)
    }
}
