//! The ledger, as views see it.

use domain::ids::{Category, Instant, Position, StreamId, Version};
use ledger::codec::CodecError;
use ledger::{Ledger, LedgerError, Recorded};
use projections::source::{self, EventSource, SourceError};
use std::sync::Arc;
use tokio::sync::watch;

/// Reads a ledger for the views.
///
/// Sealed sections stay closed, but for the identity and the contact from which a learner's
/// pseudonyms are made, and of a contract written here those of the employer, the apprentice and the legal
/// representative: the ledger opens, uses and wipes them.
#[derive(Debug)]
pub struct LedgerSource {
    ledger: Arc<Ledger>,
    moved: watch::Sender<Position>,
    /// While persons are erased: views wait before the event that says so.
    shown: watch::Receiver<Option<Position>>,
}

impl LedgerSource {
    /// Reads that ledger. Needs a runtime: a task follows the head.
    #[must_use]
    pub fn new(ledger: Arc<Ledger>) -> Self {
        let (mut head, mut shown) = (ledger.watch(), ledger.shown());
        let moved = watch::Sender::new(ledger.head().position);
        let follower = moved.clone();
        tokio::spawn(async move {
            loop {
                let ended = tokio::select! {
                    moved = head.changed() => moved.is_err(),
                    changed = shown.changed() => changed.is_err(),
                };
                if ended {
                    break;
                }
                let (head, shown) = (head.borrow_and_update().position, *shown.borrow_and_update());
                follower.send_replace(shown.map_or(head, |shown| shown.min(head)));
            }
        });
        let shown = ledger.shown();
        Self { ledger, moved, shown }
    }

    fn recorded(&self, recorded: Recorded) -> Result<source::Recorded, SourceError> {
        let keys = self.ledger.person_keys(&recorded).map_err(said)?;
        let email = self.ledger.email_key(&recorded).map_err(said)?;
        let aside = self.aside(&recorded)?.map(Box::new);
        let Recorded { position, header, event, .. } = recorded;
        Ok(source::Recorded {
            position,
            recorded_at: header.recorded_at,
            stream: header.stream,
            version: header.version,
            request_index: header.request_index,
            source: header.source,
            event,
            keys: keys.map(|keys| source::PersonKeys {
                ine: keys.ine,
                names_and_birth: keys.names_and_birth,
                first_of_january: keys.first_of_january,
            }),
            email,
            aside,
        })
    }

    /// What is told beside an event of a contract whose workflow runs here.
    fn aside(&self, recorded: &Recorded) -> Result<Option<source::Aside>, SourceError> {
        let header = &recorded.header;
        if header.stream.category != Category::Contract {
            return Ok(None);
        }
        let principal = header.actor.split('/').next().unwrap_or_default();
        let drafter = (header.version == Version(1)).then(|| principal.to_owned());
        let employer = self.ledger.employer_said(recorded).map_err(said)?;
        let persons = self.ledger.persons_said(recorded).map_err(said)?;
        Ok(Some(source::Aside {
            drafter,
            employer: employer.map(|said| source::EmployerSaid {
                subject: said.subject,
                postcode: said.postcode,
                siret: said.siret,
            }),
            persons: persons.map(|said| {
                said.map(|said| source::PersonSaid { subject: said.subject, parts: said.parts })
            }),
        }))
    }

    fn all(&self, found: Vec<Recorded>) -> Result<Vec<source::Recorded>, SourceError> {
        found.into_iter().map(|recorded| self.recorded(recorded)).collect()
    }
}

impl EventSource for LedgerSource {
    fn head(&self) -> Position {
        // The head first: an erasure holds the views back before it appends its event.
        let head = self.ledger.head().position;
        let shown = *self.shown.borrow();
        shown.map_or(head, |shown| shown.min(head))
    }

    fn read_after(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<source::Recorded>, SourceError> {
        let most = self.head().0.saturating_sub(after.0);
        let limit = limit.min(usize::try_from(most).unwrap_or(usize::MAX));
        self.all(self.ledger.read_after(after, limit).map_err(said)?)
    }

    fn read_stream(
        &self,
        stream: StreamId,
        up_to: Position,
    ) -> Result<Vec<source::Recorded>, SourceError> {
        self.all(self.ledger.read_stream(stream, Some(up_to), false).map_err(said)?)
    }

    fn position_at(&self, instant: Instant) -> Position {
        // The index of times is in memory; a failure here is a failure to read at all.
        self.ledger.position_at(instant).unwrap_or_default()
    }

    fn recorded_at(&self, position: Position) -> Option<Instant> {
        self.ledger.recorded_at(position).ok().flatten()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.moved.subscribe()
    }
}

fn said(error: LedgerError) -> SourceError {
    match error {
        LedgerError::Codec(CodecError::UnknownType { position, code }) => {
            SourceError::UnknownType { position, code }
        }
        error => SourceError::Read(error.to_string()),
    }
}
