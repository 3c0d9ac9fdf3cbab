//! What an event says of who leads where.

use super::super::sealing::WithVault;
use super::acts::{Act, Given};
use crate::codec::{self, Clear, Opener, SectionKind, TypeCode};
use crate::error::LedgerError;
use crate::journal::{Journal, ReadError};
use crate::record::StoredRecord;
use crate::vault::{Label, Names, Vault, VaultError};
use domain::enrolment::{EnrolmentEvent, Fact, Identity, LookupKey};
use domain::event::Event;
use domain::ids::{ContractId, Position, Source, StreamId, StreamKey, SubjectId, Version};

/// Opens nothing.
pub(crate) struct Closed;

impl Opener for Closed {
    fn open(&self, _: SubjectId, _: &[u8], _: &[u8]) -> Result<Option<Clear>, VaultError> {
        Ok(None)
    }
}

/// What an event says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Said {
    /// The dossier was declared with this key, which is for ever its own.
    Lookup(LookupKey),
    Contract(ContractId),
    Act(Act),
}

impl Said {
    /// What an event of a stream says; `None` when it names nothing. `alias` is
    /// asked for when it gives the learner another id.
    pub(in crate::store) fn by_event(
        stream: StreamKey,
        event: &EnrolmentEvent,
        alias: impl FnOnce(&Identity) -> Option<(Label, SubjectId)>,
    ) -> Option<Self> {
        let EnrolmentEvent { id, corrects, fact, .. } = event;
        let act = |gives| Self::Act(Act { stream, id: *id, corrects: *corrects, gives });
        match fact {
            // It alone is not remembered by its event, which would cost every dossier an entry.
            Fact::EnrolmentDeclared(declared) if corrects.is_none() => {
                Some(Self::Lookup(declared.lookup))
            }
            Fact::EnrolmentDeclared(declared) => {
                Some(act(Some(Given { lookup: declared.lookup, alias: None })))
            }
            Fact::ContractDeclared { contract, .. } => Some(Self::Contract(*contract)),
            Fact::LearnerIdRemapped { lookup, identity } => {
                let alias = identity.clear().and_then(alias);
                Some(act(Some(Given { lookup: *lookup, alias })))
            }
            Fact::Retracted { .. } => Some(act(None)),
            _ => None,
        }
    }
}

/// What a record says; `None` for one that names nothing.
pub(super) fn said_by(
    record: &StoredRecord,
    journal: &dyn Journal,
    vault: &Vault,
) -> Result<Option<Said>, LedgerError> {
    // What names nothing is not decoded.
    let decoded = match TypeCode::from_code(record.header.type_code) {
        Some(TypeCode::EnrolmentDeclared | TypeCode::ContractDeclared | TypeCode::Retracted) => {
            codec::decode(record, &Closed)?
        }
        Some(TypeCode::LearnerIdRemapped) => codec::decode(record, &WithVault::new(vault))?,
        _ => return Ok(None),
    };
    let Event::Enrolment(event) = decoded else { return Ok(None) };
    let stream = record.header.stream;
    let source = match &event.fact {
        Fact::LearnerIdRemapped { .. } => source_of(journal, stream)?,
        _ => None,
    };
    let sections = record.header.sections.iter().map(|section| (section.kind, section.subject));
    Ok(Said::by_event(stream.key, &event, |identity| {
        alias(vault.names(), source.as_ref()?, identity, sections)
    }))
}

/// The label under which the vault finds the learner by a new id.
pub(in crate::store) fn alias(
    names: &Names,
    source: &Source,
    identity: &Identity,
    sections: impl IntoIterator<Item = (u8, SubjectId)>,
) -> Option<(Label, SubjectId)> {
    let kind = SectionKind::Identity.code();
    let (_, subject) = sections.into_iter().find(|(of, _)| *of == kind)?;
    Some((names.learner_label(source, &identity.id_erp), subject))
}

/// Who declared a stream: an id is an id of that source, whoever writes it.
pub(super) fn source_of(
    journal: &dyn Journal,
    stream: StreamId,
) -> Result<Option<Source>, ReadError> {
    let first = journal.read_stream(stream, Version(0), Position(u64::MAX), 1)?.pop();
    Ok(first.map(|record| record.header.source))
}
