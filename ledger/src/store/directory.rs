//! Lookup keys and contracts to their streams: in memory, rebuilt at open,
//! extended after each commit.

use crate::codec::{self, Clear, Opener, TypeCode};
use crate::error::LedgerError;
use crate::journal::Journal;
use crate::vault::VaultError;
use domain::enrolment::{EnrolmentEvent, Fact, LookupKey};
use domain::event::Event;
use domain::ids::{ContractId, Position, StreamKey, SubjectId};
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// Records read at once while rebuilding.
const BATCH: usize = 4096;

/// Opens nothing.
pub(super) struct Closed;

impl Opener for Closed {
    fn open(&self, _: SubjectId, _: &[u8], _: &[u8]) -> Result<Option<Clear>, VaultError> {
        Ok(None)
    }
}

#[derive(Default)]
struct Maps {
    lookups: HashMap<LookupKey, StreamKey>,
    contracts: HashMap<ContractId, StreamKey>,
}

/// Where enrolments and contracts are.
#[derive(Default)]
pub(super) struct Directory(RwLock<Maps>);

impl Directory {
    /// Reads the whole log.
    pub(super) fn rebuild(journal: &dyn Journal) -> Result<Self, LedgerError> {
        let directory = Self::default();
        let mut after = Position(0);
        loop {
            let records = journal.read_after(after, BATCH)?;
            let Some(last) = records.last() else { return Ok(directory) };
            after = last.position;
            for record in &records {
                let names_something = [
                    TypeCode::EnrolmentDeclared,
                    TypeCode::ContractDeclared,
                    TypeCode::LearnerIdRemapped,
                ];
                let of = TypeCode::from_code(record.header.type_code);
                if of.is_some_and(|of| names_something.contains(&of))
                    && let Event::Enrolment(event) = codec::decode(record, &Closed)?
                {
                    directory.note(record.header.stream.key, std::slice::from_ref(&event));
                }
            }
        }
    }

    /// Notes what events name.
    pub(super) fn note(&self, stream: StreamKey, events: &[EnrolmentEvent]) {
        let mut maps = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            match &event.fact {
                Fact::EnrolmentDeclared(declared) => {
                    maps.lookups.entry(declared.lookup).or_insert(stream);
                }
                Fact::LearnerIdRemapped { lookup, .. } => {
                    maps.lookups.entry(*lookup).or_insert(stream);
                }
                Fact::ContractDeclared { contract, .. } => {
                    maps.contracts.entry(*contract).or_insert(stream);
                }
                _ => {}
            }
        }
    }

    pub(super) fn enrolment(&self, lookup: &LookupKey) -> Option<StreamKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).lookups.get(lookup).copied()
    }

    pub(super) fn contract(&self, contract: ContractId) -> Option<StreamKey> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contracts.get(&contract).copied()
    }
}
