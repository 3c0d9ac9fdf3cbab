//! The ledger as views read it; the program has its own in `src/wiring`.

use domain::ids::{Category, Instant, Position, StreamId, Version};
use ledger::{Ledger, Recorded};
use projections::source::{self, EventSource, SourceError};
use std::sync::Arc;
use tokio::sync::watch;

pub(crate) struct LedgerSource {
    ledger: Arc<Ledger>,
    moved: watch::Sender<Position>,
}

impl LedgerSource {
    pub(crate) fn new(ledger: Arc<Ledger>) -> Self {
        let mut head = ledger.watch();
        let moved = watch::Sender::new(ledger.head().position);
        let follower = moved.clone();
        tokio::spawn(async move {
            while head.changed().await.is_ok() {
                follower.send_replace(head.borrow_and_update().position);
            }
        });
        Self { ledger, moved }
    }

    fn all(&self, found: Vec<Recorded>) -> Vec<source::Recorded> {
        found.into_iter().map(|recorded| self.one(recorded)).collect()
    }

    fn one(&self, recorded: Recorded) -> source::Recorded {
        let keys = self.ledger.person_keys(&recorded).unwrap();
        let email = self.ledger.email_key(&recorded).unwrap();
        let is_contract = recorded.header.stream.category == Category::Contract;
        let aside = is_contract.then(|| Box::new(self.aside(&recorded)));
        source::Recorded {
            position: recorded.position,
            recorded_at: recorded.header.recorded_at,
            stream: recorded.header.stream,
            version: recorded.header.version,
            request_index: recorded.header.request_index,
            source: recorded.header.source,
            event: recorded.event,
            keys: keys.map(|keys| source::PersonKeys {
                ine: keys.ine,
                names_and_birth: keys.names_and_birth,
                first_of_january: keys.first_of_january,
            }),
            email,
            aside,
        }
    }

    fn aside(&self, recorded: &Recorded) -> source::Aside {
        let actor = &recorded.header.actor;
        let principal = actor.split('/').next().unwrap().to_owned();
        let said = self.ledger.employer_said(recorded).unwrap();
        let persons = self.ledger.persons_said(recorded).unwrap();
        source::Aside {
            drafter: (recorded.header.version == Version(1)).then_some(principal),
            employer: said.map(|said| source::EmployerSaid {
                subject: said.subject,
                postcode: said.postcode,
                siret: said.siret,
            }),
            persons: persons.map(|said| {
                said.map(|said| source::PersonSaid { subject: said.subject, parts: said.parts })
            }),
        }
    }
}

impl EventSource for LedgerSource {
    fn head(&self) -> Position {
        self.ledger.head().position
    }

    fn read_after(
        &self,
        after: Position,
        limit: usize,
    ) -> Result<Vec<source::Recorded>, SourceError> {
        Ok(self.all(self.ledger.read_after(after, limit).unwrap()))
    }

    fn read_stream(
        &self,
        stream: StreamId,
        up_to: Position,
    ) -> Result<Vec<source::Recorded>, SourceError> {
        Ok(self.all(self.ledger.read_stream(stream, Some(up_to), false).unwrap()))
    }

    fn position_at(&self, instant: Instant) -> Position {
        self.ledger.position_at(instant).unwrap()
    }

    fn recorded_at(&self, position: Position) -> Option<Instant> {
        self.ledger.recorded_at(position).unwrap()
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.moved.subscribe()
    }
}
