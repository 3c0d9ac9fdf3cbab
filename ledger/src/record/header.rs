//! The header: fixed fields first, so that the writer stamps at known offsets.

use crate::limits::{ACTOR_BYTES_MAX, HEADER_BYTES_MAX, SECTIONS_MAX};
use chrono::{Datelike, NaiveDate};
use domain::ids::{
    Category, EventId, Instant, RequestId, Source, StreamId, StreamKey, SubjectId, Version,
};
use seal::Hash;
use seal::envelope::{Envelope, EnvelopeError};

/// The format of headers that this version writes, and reads.
pub use seal::envelope::FORMAT;

/// Days from 0001-01-01 (chrono's day 1) to 1970-01-01.
const EPOCH_FROM_CE: i32 = 719_163;

/// Bytes before the source.
const FIXED: usize = 175;
/// Bytes of one section's digest.
const SECTION: usize = 49;
const AT_VERSION: usize = 39;
const AT_RECORDED_AT: usize = 51;
const AT_PREVIOUS: usize = 111;

/// The digest of one section, as the header holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SectionDigest {
    /// Under whose key.
    pub subject: SubjectId,
    /// What kind of section; see `docs/formats/event.md`.
    pub kind: u8,
    /// SHA-256 of the ciphertext, nonce included.
    pub hash: Hash,
}

/// The header of a record, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Code of the event type.
    pub type_code: u16,
    /// Version of the type's schema.
    pub schema_version: u16,
    /// The event.
    pub event_id: EventId,
    /// Its stream.
    pub stream: StreamId,
    /// Its rank in the stream; given by the writer.
    pub version: Version,
    /// The civil day (Europe/Paris) on which it is true in the world.
    pub effective_on: NaiveDate,
    /// When the ledger heard of it; given by the writer.
    pub recorded_at: Instant,
    /// The request that brought it.
    pub request_id: RequestId,
    /// Its rank in the request, from 0.
    pub request_index: u32,
    /// Keyed digest of the request's content.
    pub request_digest: [u8; 16],
    /// The event that it corrects or withdraws.
    pub corrects: Option<EventId>,
    /// Leaf hash of the previous event of the stream, zeros for the first; given by the writer.
    pub previous: Hash,
    /// SHA-256 of the public body.
    pub body_hash: Hash,
    /// Who declares.
    pub source: Source,
    /// The person or program that acted for the source; pseudonymous, may be empty.
    pub actor: String,
    /// The sealed sections.
    pub sections: Vec<SectionDigest>,
}

/// What the writer fills in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// Rank in the stream.
    pub version: Version,
    /// When the ledger heard of it.
    pub recorded_at: Instant,
    /// Leaf hash of the previous event of the stream.
    pub previous: Hash,
}

/// Why bytes are no header, or a header cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Fewer bytes than it says, or more.
    #[error("the header ends at the wrong place")]
    Length,
    /// A format of a later version.
    #[error("header format {0} is not known to this version")]
    Format(u8),
    /// A stream category of a later version.
    #[error("stream category {0} is not known to this version")]
    Category(u8),
    /// A source or an actor that no writer accepts.
    #[error("the source or the actor is not text of the right length")]
    Text,
    /// A day that no calendar has.
    #[error("day {0} is outside the calendar")]
    Day(i32),
    /// Too many sections.
    #[error("{0} sections are more than {SECTIONS_MAX}")]
    Sections(usize),
}

/// Days since 1970-01-01.
pub(crate) fn days_of(day: NaiveDate) -> i32 {
    day.num_days_from_ce() - EPOCH_FROM_CE
}

/// The day of a number of days since 1970-01-01, when the calendar has it.
pub(crate) fn day_of(days: i32) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(days.checked_add(EPOCH_FROM_CE)?)
}

impl Header {
    /// The bytes as stored and hashed.
    ///
    /// # Errors
    /// When the actor is too long or there are too many sections.
    pub fn encode(&self) -> Result<Vec<u8>, HeaderError> {
        let mut out = Vec::with_capacity(self.length(self.sections.len()));
        self.encode_into(&mut out)?;
        Ok(out)
    }

    /// Bytes of the header, encoded, if it had so many sections.
    pub(crate) fn length(&self, sections: usize) -> usize {
        FIXED + 1 + self.source.as_str().len() + 1 + self.actor.len() + sections * SECTION
    }

    /// Appends the bytes as stored and hashed.
    ///
    /// # Errors
    /// As for [`Self::encode`]; part of it may have been appended.
    pub(crate) fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), HeaderError> {
        if self.actor.len() > ACTOR_BYTES_MAX {
            return Err(HeaderError::Text);
        }
        let count = self.sections.len();
        if count > SECTIONS_MAX {
            return Err(HeaderError::Sections(count));
        }
        out.push(FORMAT);
        push_u8(out, count)?;
        out.extend_from_slice(&self.type_code.to_le_bytes());
        out.extend_from_slice(&self.schema_version.to_le_bytes());
        out.extend_from_slice(self.event_id.as_bytes());
        out.push(self.stream.category as u8);
        out.extend_from_slice(self.stream.key.as_bytes());
        out.extend_from_slice(&self.version.0.to_le_bytes());
        out.extend_from_slice(&days_of(self.effective_on).to_le_bytes());
        out.extend_from_slice(&self.recorded_at.0.to_le_bytes());
        out.extend_from_slice(self.request_id.as_bytes());
        out.extend_from_slice(&self.request_index.to_le_bytes());
        out.extend_from_slice(&self.request_digest);
        out.extend_from_slice(&self.corrects.map_or([0; 16], |event| event.0));
        out.extend_from_slice(&self.previous);
        out.extend_from_slice(&self.body_hash);
        push_text(out, self.source.as_str())?;
        push_text(out, &self.actor)?;
        for section in &self.sections {
            out.extend_from_slice(section.subject.as_bytes());
            out.push(section.kind);
            out.extend_from_slice(&section.hash);
        }
        Ok(())
    }

    /// Reads the bytes back.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let envelope = Envelope::parse(bytes)?;
        let code = envelope.category;
        let category = Category::from_code(code).ok_or(HeaderError::Category(code))?;
        let days = envelope.effective_on;
        let sections = envelope.sections.iter().map(|section| SectionDigest {
            subject: SubjectId(section.subject),
            kind: section.kind,
            hash: section.hash,
        });
        Ok(Self {
            type_code: envelope.type_code,
            schema_version: envelope.schema_version,
            event_id: EventId(envelope.event_id),
            stream: StreamId { category, key: StreamKey(envelope.key) },
            version: Version(envelope.version),
            effective_on: day_of(days).ok_or(HeaderError::Day(days))?,
            recorded_at: Instant(envelope.recorded_at),
            request_id: RequestId(envelope.request_id),
            request_index: envelope.request_index,
            request_digest: envelope.request_digest,
            corrects: Some(envelope.corrects).filter(|id| *id != [0; 16]).map(EventId),
            previous: envelope.previous,
            body_hash: envelope.body_hash,
            source: Source::parse(envelope.source).map_err(|_| HeaderError::Text)?,
            actor: envelope.actor.to_owned(),
            sections: sections.collect(),
        })
    }

    /// Writes the writer's fields into encoded bytes, in place. Bytes shorter
    /// than the fixed part are left alone; [`Self::encode`] makes none.
    pub(crate) fn stamp(bytes: &mut [u8], stamp: &Stamp) {
        if bytes.len() < FIXED {
            return;
        }
        bytes[AT_VERSION..AT_VERSION + 8].copy_from_slice(&stamp.version.0.to_le_bytes());
        bytes[AT_RECORDED_AT..AT_RECORDED_AT + 8]
            .copy_from_slice(&stamp.recorded_at.0.to_le_bytes());
        bytes[AT_PREVIOUS..AT_PREVIOUS + 32].copy_from_slice(&stamp.previous);
    }

    /// Bytes of a header of `sections` sections, source and actor at their longest.
    #[must_use]
    pub const fn longest(sections: usize) -> usize {
        FIXED + 1 + Source::MAX_BYTES + 1 + ACTOR_BYTES_MAX + sections * SECTION
    }
}

// The largest header must fit its limit: checked when the program is built.
const _: () = assert!(Header::longest(SECTIONS_MAX) <= HEADER_BYTES_MAX);

fn push_u8(out: &mut Vec<u8>, value: usize) -> Result<(), HeaderError> {
    out.push(u8::try_from(value).map_err(|_| HeaderError::Length)?);
    Ok(())
}

fn push_text(out: &mut Vec<u8>, text: &str) -> Result<(), HeaderError> {
    out.push(u8::try_from(text.len()).map_err(|_| HeaderError::Text)?);
    out.extend_from_slice(text.as_bytes());
    Ok(())
}

impl From<EnvelopeError> for HeaderError {
    fn from(error: EnvelopeError) -> Self {
        match error {
            EnvelopeError::Length => Self::Length,
            EnvelopeError::Format(format) => Self::Format(format),
            EnvelopeError::Text => Self::Text,
        }
    }
}
