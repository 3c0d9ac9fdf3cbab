//! What an event says of who leads where.

use super::super::sealing::WithVault;
use super::acts::{Act, Given};
use crate::codec::{self, Clear, Opener, SectionKind, TypeCode};
use crate::error::LedgerError;
use crate::journal::{Journal, ReadError};
use crate::record::StoredRecord;
use crate::vault::{Label, Vault, VaultError};
use domain::enrolment::{EnrolmentEvent, Fact, Identity, LookupKey, Opened};
use domain::event::Event;
use domain::ids::{ContractId, Position, Source, StreamId, SubjectId, Version};

/// Opens nothing.
pub(in crate::store) struct Closed;

impl Opener for Closed {
    fn open(&self, _: SubjectId, _: &[u8], _: &[u8]) -> Result<Option<Clear>, VaultError> {
        Ok(None)
    }
}

/// What an event says.
#[derive(Debug, Clone, Copy)]
pub(super) enum Said {
    /// The dossier was declared with this key, which is for ever its own.
    Lookup(LookupKey),
    Contract(ContractId),
    Act(Act),
}

/// What a record says; `None` for one that names nothing.
pub(super) fn said_by(
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
                // It alone is not remembered by its event, which would cost every dossier an entry.
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
pub(super) fn source_of(
    journal: &dyn Journal,
    stream: StreamId,
) -> Result<Option<Source>, ReadError> {
    let first = journal.read_stream(stream, Version(0), Position(u64::MAX), 1)?.pop();
    Ok(first.map(|record| record.header.source))
}
