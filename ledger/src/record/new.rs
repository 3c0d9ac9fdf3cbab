//! What a caller prepares: encoded, sealed and hashed before the writer sees it.

use super::digest;
use super::header::{Header, HeaderError, SectionDigest};
use crate::limits::{
    BODY_BYTES_MAX, REQUEST_BYTES_MAX, REQUEST_EVENTS_MAX, SECTION_BYTES_MAX, SECTIONS_MAX,
};
use chrono::NaiveDate;
use domain::ids::{EventId, Instant, RequestId, Source, StreamId, SubjectId, Version};
use sha2::{Digest, Sha256};

/// A section under its subject's key: 24 bytes of nonce, then ciphertext and tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedSection {
    /// Under whose key.
    pub subject: SubjectId,
    /// What kind.
    pub kind: u8,
    /// Nonce and ciphertext.
    pub bytes: Vec<u8>,
}

/// One record before the writer numbers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// The event.
    pub event_id: EventId,
    /// Code of its type.
    pub type_code: u16,
    /// Version of the type's schema.
    pub schema_version: u16,
    /// The civil day on which it is true.
    pub effective_on: NaiveDate,
    /// The event that it corrects.
    pub corrects: Option<EventId>,
    /// Public body.
    pub body: Vec<u8>,
    /// Sealed sections.
    pub sections: Vec<SealedSection>,
}

/// Who asks, and which request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Who declares.
    pub source: Source,
    /// Who acted for the source: pseudonymous, may be empty.
    pub actor: String,
    /// Chosen by the sender; the same in a retry.
    pub request_id: RequestId,
    /// Keyed digest of the request's content: the same id with another is refused.
    pub digest: [u8; 16],
}

/// Names a request of a source in 128 bits.
pub(crate) type RequestKey = [u8; 16];

/// The first half of SHA-256(request id ‖ source).
pub(crate) fn request_key(source: &Source, request: RequestId) -> RequestKey {
    let digest = Sha256::new().chain_update(request.as_bytes()).chain_update(source.as_str());
    let hash: [u8; 32] = digest.finalize().into();
    let mut key = [0; 16];
    key.copy_from_slice(&hash[..16]);
    key
}

/// What the stream must look like for the request to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// Anything.
    Any,
    /// No event yet.
    NoStream,
    /// Exactly this version; version 0 is [`Expected::NoStream`].
    Exact(Version),
}

/// A record with its header encoded, but for the writer's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub(crate) event_id: EventId,
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) sections: Vec<Vec<u8>>,
}

/// A request to the journal: one stream, one or more records, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendRequest {
    pub(crate) stream: StreamId,
    pub(crate) expected: Expected,
    pub(crate) origin: Origin,
    /// Of the origin's source and request id; made here, off the writer's thread.
    pub(crate) key: RequestKey,
    pub(crate) drafts: Vec<Draft>,
    pub(crate) bytes: usize,
}

/// Why a record cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// The header cannot be encoded.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The body is too long.
    #[error("a body of {0} bytes is longer than {BODY_BYTES_MAX}")]
    Body(usize),
    /// A section is too long.
    #[error("a section of {0} bytes is longer than {SECTION_BYTES_MAX}")]
    Section(usize),
    /// No record, or too many.
    #[error("a request has 1 to {REQUEST_EVENTS_MAX} events, not {0}")]
    Events(usize),
    /// The request is too long as a whole.
    #[error("a request of {0} bytes is longer than {REQUEST_BYTES_MAX}")]
    Request(usize),
}

impl Draft {
    fn new(
        stream: StreamId,
        origin: &Origin,
        index: u32,
        record: NewRecord,
    ) -> Result<Self, RecordError> {
        if record.body.len() > BODY_BYTES_MAX {
            return Err(RecordError::Body(record.body.len()));
        }
        if record.sections.len() > SECTIONS_MAX {
            return Err(HeaderError::Sections(record.sections.len()).into());
        }
        if let Some(long) = record.sections.iter().find(|s| s.bytes.len() > SECTION_BYTES_MAX) {
            return Err(RecordError::Section(long.bytes.len()));
        }
        let header = Header {
            type_code: record.type_code,
            schema_version: record.schema_version,
            event_id: record.event_id,
            stream,
            version: Version(0),
            effective_on: record.effective_on,
            recorded_at: Instant(0),
            request_id: origin.request_id,
            request_index: index,
            request_digest: origin.digest,
            corrects: record.corrects,
            previous: [0; 32],
            body_hash: digest(&record.body),
            source: origin.source.clone(),
            actor: origin.actor.clone(),
            sections: record.sections.iter().map(digest_of_section).collect(),
        };
        Ok(Self {
            event_id: record.event_id,
            header: header.encode()?,
            body: record.body,
            sections: record.sections.into_iter().map(|section| section.bytes).collect(),
        })
    }

    /// Bytes of the record, framing not included.
    fn bytes(&self) -> usize {
        let sections: usize = self.sections.iter().map(Vec::len).sum();
        self.header.len() + self.body.len() + sections
    }
}

impl AppendRequest {
    /// Encodes and hashes the records of a request.
    ///
    /// # Errors
    /// When a limit is passed; see [`RecordError`].
    pub fn new(
        stream: StreamId,
        expected: Expected,
        origin: Origin,
        records: Vec<NewRecord>,
    ) -> Result<Self, RecordError> {
        if records.is_empty() || records.len() > REQUEST_EVENTS_MAX {
            return Err(RecordError::Events(records.len()));
        }
        let drafts = (0..)
            .zip(records)
            .map(|(index, record)| Draft::new(stream, &origin, index, record))
            .collect::<Result<Vec<_>, _>>()?;
        let bytes = drafts.iter().map(Draft::bytes).sum();
        if bytes > REQUEST_BYTES_MAX {
            return Err(RecordError::Request(bytes));
        }
        let key = request_key(&origin.source, origin.request_id);
        Ok(Self { stream, expected, origin, key, drafts, bytes })
    }
}

fn digest_of_section(section: &SealedSection) -> SectionDigest {
    SectionDigest { subject: section.subject, kind: section.kind, hash: digest(&section.bytes) }
}
