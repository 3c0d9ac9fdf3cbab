//! Domain events to stored bytes and back.
//!
//! | module | holds |
//! |---|---|
//! | [`types`] | the table of type codes and section kinds |
//! | `fact`, `other`, `erasure` | public bodies of enrolment facts; of runs, links, reference sets; of erasures |
//! | `contract` | bodies and sections of contracts whose workflow runs here |
//! | `blocks`, `enums` | the parts they are made of |
//! | `sections` | what is sealed, and under whose key |
//! | `padding` | so that a length tells nothing of what is sealed |
//! | `upcast` | from stored bytes of an older schema to the present one |
//!
//! Bodies are stored once and never encoded again: an older schema version is
//! read through its upcaster, for ever.

mod blocks;
mod contract;
mod enums;
mod erasure;
mod fact;
mod fields;
mod other;
mod padding;
mod sections;
#[cfg(test)]
mod tests;
pub mod types;
mod upcast;

pub(crate) use contract::{
    ENCLOSED_IN_SECTION, Enclosed, encode as encode_contract, enrolment_of_contract,
    evidence_in_body,
};
pub(crate) use padding::unpad;
pub use sections::{Clear, Closed, Opener};
pub(crate) use sections::{
    ClearSection, Whose, bytes_beside, decode_email, decode_fields, decode_identity, open_messages,
};
pub use types::{SectionKind, TypeCode};

use crate::record::StoredRecord;
use chrono::NaiveDate;
use domain::enrolment::EnrolmentEvent;
use domain::event::Event;
use domain::ids::{EventId, Position};
use prost::Message;
use sections::Sections;

/// Why an event cannot be encoded or decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    /// A type of a later version.
    #[error("event {position} has type {code}, which this version does not know: upgrade")]
    UnknownType {
        /// Where.
        position: Position,
        /// Which.
        code: u16,
    },
    /// A schema version of a later version.
    #[error("event {position} has version {schema} of type {code}, which is not known: upgrade")]
    UnknownSchema {
        /// Where.
        position: Position,
        /// Which type.
        code: u16,
        /// Which version of it.
        schema: u16,
    },
    /// Stored bytes that no writer of this project made.
    #[error("event {position} cannot be decoded: {what}")]
    Malformed {
        /// Where.
        position: Position,
        /// What is wrong.
        what: &'static str,
    },
    /// A sealed value to write was not opened before.
    #[error("a sealed value that was not opened cannot be sealed again")]
    Hidden,
    /// A sealed section is damaged.
    #[error("a section of event {position} does not open: {what}")]
    Section {
        /// Where.
        position: Position,
        /// Why.
        what: String,
    },
}

/// What is wrong with stored bytes, before the position is known.
pub(crate) type Bad = &'static str;

/// An event encoded, its sections still clear.
pub(crate) struct Encoded {
    pub(crate) event_id: EventId,
    pub(crate) type_code: TypeCode,
    pub(crate) effective_on: NaiveDate,
    pub(crate) corrects: Option<EventId>,
    pub(crate) body: Vec<u8>,
    pub(crate) sections: Vec<ClearSection>,
}

/// Encodes an enrolment's event.
pub(crate) fn encode_enrolment(event: &EnrolmentEvent) -> Result<Encoded, CodecError> {
    Ok(Encoded {
        event_id: event.id,
        type_code: TypeCode::of_fact(&event.fact),
        effective_on: event.effective_on,
        corrects: event.corrects,
        body: fact::encode(&event.fact, event.provenance.as_ref()),
        sections: sections::of_fact(&event.fact)?,
    })
}

/// Encodes any other event; it has no sealed section.
pub(crate) fn encode_other(
    event: &Event,
    id: EventId,
    effective_on: NaiveDate,
    run: [u8; 16],
) -> Option<Encoded> {
    let (type_code, body) = other::encode(event, run)?;
    let sections = Vec::new();
    Some(Encoded { event_id: id, type_code, effective_on, corrects: None, body, sections })
}

/// Decodes a record, opening its sections with `opener`.
///
/// # Errors
/// See [`CodecError`]: an unknown type is loud.
pub fn decode(record: &StoredRecord, opener: &dyn Opener) -> Result<Event, CodecError> {
    let position = record.position;
    let header = &record.header;
    let code = header.type_code;
    let type_code = TypeCode::from_code(code).ok_or(CodecError::UnknownType { position, code })?;
    let schema = header.schema_version;
    let body = upcast::to_present(type_code, schema, &record.body)
        .ok_or(CodecError::UnknownSchema { position, code, schema })?;
    let malformed = |what| CodecError::Malformed { position, what };
    if type_code.is_of_contract() {
        let sections = Sections::said(record, opener)?;
        let event = contract::decode(type_code, &body, &sections).map_err(malformed)?;
        return Ok(Event::Contract(event, header.effective_on));
    }
    if !type_code.is_fact() {
        return other::decode(type_code, &body, &header.source).map_err(malformed);
    }
    let sections = Sections::said(record, opener)?;
    let (fact, provenance) = fact::decode(type_code, &body, &sections).map_err(malformed)?;
    Ok(Event::Enrolment(EnrolmentEvent {
        id: header.event_id,
        corrects: header.corrects,
        effective_on: header.effective_on,
        provenance,
        fact,
    }))
}

/// Reads a protobuf message.
fn message<M: Message + Default>(bytes: &[u8]) -> Result<M, Bad> {
    M::decode(bytes).map_err(|_| "its bytes are not the message of its type")
}
