//! Lookup keys and contracts to their streams: in memory, folded from the log
//! at open and after each commit.
//!
//! Both ways are one: the log is followed in its order, so that what memory
//! says after a commit is what a restart says.

mod maps;

use super::sealing::WithVault;
use crate::codec::{self, Clear, Opener, SectionKind, TypeCode};
use crate::error::LedgerError;
use crate::journal::{Journal, ReadError};
use crate::record::StoredRecord;
use crate::vault::{Label, Vault, VaultError};
use domain::enrolment::{EnrolmentEvent, Fact, Identity, LookupKey, Opened};
use domain::event::Event;
use domain::ids::{ContractId, Position, Source, StreamId, StreamKey, SubjectId, Version};
use maps::{Act, Given, Maps};
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard};

/// Records read at once.
const BATCH: usize = 4096;

/// Opens nothing.
pub(super) struct Closed;

impl Opener for Closed {
    fn open(&self, _: SubjectId, _: &[u8], _: &[u8]) -> Result<Option<Clear>, VaultError> {
        Ok(None)
    }
}

/// Where enrolments and contracts are.
#[derive(Default)]
pub(super) struct Directory {
    maps: RwLock<Maps>,
    /// Up to where the log is folded; held by the one who reads on.
    read: Mutex<Position>,
}

/// What an event says of who leads where.
#[derive(Clone, Copy)]
enum Said {
    Lookup(LookupKey),
    Contract(ContractId),
    Act(Act),
}

impl Directory {
    /// Folds the log up to a position at least.
    ///
    /// # Errors
    /// When the log cannot be read; the next call tries from the same place.
    pub(super) fn follow(
        &self,
        journal: &dyn Journal,
        vault: &Vault,
        up_to: Position,
    ) -> Result<(), LedgerError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        while *read < up_to {
            let records = journal.read_after(*read, BATCH)?;
            if records.is_empty() {
                break;
            }
            for record in &records {
                // Read before the maps are locked: who looks something up does not wait for it.
                if let Some(said) = said_by(record, journal, vault)? {
                    self.note(record.header.stream.key, said);
                }
                *read = record.position;
            }
        }
        Ok(())
    }

    fn note(&self, stream: StreamKey, said: Said) {
        let mut maps = self.maps.write().unwrap_or_else(PoisonError::into_inner);
        match said {
            Said::Lookup(lookup) => maps.claim(lookup, stream),
            Said::Contract(contract) => maps.note_contract(contract, stream),
            Said::Act(act) => maps.act(act),
        }
    }

    fn maps(&self) -> RwLockReadGuard<'_, Maps> {
        self.maps.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn enrolment(&self, lookup: &LookupKey) -> Option<StreamKey> {
        self.maps().enrolment(lookup)
    }

    pub(super) fn contract(&self, contract: ContractId) -> Option<StreamKey> {
        self.maps().contract(contract)
    }

    /// Whose key a learner's label led to by an id that was taken back.
    pub(super) fn taken_back(&self, label: &Label) -> Option<SubjectId> {
        self.maps().taken_back(label)
    }
}

fn said_by(
    record: &StoredRecord,
    journal: &dyn Journal,
    vault: &Vault,
) -> Result<Option<Said>, LedgerError> {
    let header = &record.header;
    let (id, corrects) = (header.event_id, header.corrects);
    let act = |gives| Said::Act(Act { stream: header.stream.key, id, corrects, gives });
    // What names nothing is not decoded.
    Ok(match TypeCode::from_code(header.type_code) {
        Some(TypeCode::Retracted) => Some(act(None)),
        Some(TypeCode::EnrolmentDeclared | TypeCode::ContractDeclared) => {
            match fact(record, &Closed)? {
                // The key that a dossier was declared with is for ever its own; it alone is not
                // remembered by its event, which would cost every dossier an entry.
                Some(Fact::EnrolmentDeclared(declared)) if corrects.is_none() => {
                    Some(Said::Lookup(declared.lookup))
                }
                Some(Fact::EnrolmentDeclared(declared)) => {
                    Some(act(Some(Given { lookup: declared.lookup, alias: None })))
                }
                Some(Fact::ContractDeclared { contract, .. }) => Some(Said::Contract(contract)),
                _ => None,
            }
        }
        Some(TypeCode::LearnerIdRemapped) => match fact(record, &WithVault(vault))? {
            Some(Fact::LearnerIdRemapped { lookup, identity }) => {
                let alias = alias(record, &identity, journal, vault)?;
                Some(act(Some(Given { lookup, alias })))
            }
            _ => None,
        },
        _ => None,
    })
}

fn fact(record: &StoredRecord, opener: &dyn Opener) -> Result<Option<Fact>, LedgerError> {
    Ok(match codec::decode(record, opener)? {
        Event::Enrolment(EnrolmentEvent { fact, .. }) => Some(fact),
        _ => None,
    })
}

/// The label under which the vault finds the learner by a new id.
fn alias(
    record: &StoredRecord,
    identity: &Opened<Identity>,
    journal: &dyn Journal,
    vault: &Vault,
) -> Result<Option<(Label, SubjectId)>, LedgerError> {
    let Some(identity) = identity.clear() else { return Ok(None) };
    let Some(source) = source_of(journal, record.header.stream)? else { return Ok(None) };
    let label = vault.names().learner_label(&source, &identity.id_erp);
    let kind = SectionKind::Identity.code();
    let section = record.header.sections.iter().find(|section| section.kind == kind);
    Ok(section.map(|section| (label, section.subject)))
}

/// Who declared a stream: an id is an id of that source, whoever writes it.
fn source_of(journal: &dyn Journal, stream: StreamId) -> Result<Option<Source>, ReadError> {
    let first = journal.read_stream(stream, Version(0), Position(u64::MAX), 1)?.pop();
    Ok(first.map(|record| record.header.source))
}
