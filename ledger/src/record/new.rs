//! What a caller prepares: encoded, sealed and hashed before the writer sees it.

use super::digest;
use super::frame::{Frames, framing};
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

/// A request to the journal: one stream, one or more records, all or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppendRequest {
    pub(crate) stream: StreamId,
    pub(crate) expected: Expected,
    pub(crate) origin: Origin,
    /// Of the origin's source and request id; made here, off the writer's thread.
    pub(crate) key: RequestKey,
    pub(crate) frames: Frames,
    /// Of the records, framing not included.
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

/// The header that all records of a request begin with, to be made each one's own.
fn header(stream: StreamId, origin: &Origin) -> Header {
    Header {
        type_code: 0,
        schema_version: 0,
        event_id: EventId([0; 16]),
        stream,
        version: Version(0),
        effective_on: NaiveDate::default(),
        recorded_at: Instant(0),
        request_id: origin.request_id,
        request_index: 0,
        request_digest: origin.digest,
        corrects: None,
        previous: [0; 32],
        body_hash: [0; 32],
        source: origin.source.clone(),
        actor: origin.actor.clone(),
        sections: Vec::new(),
    }
}

impl NewRecord {
    fn check(&self) -> Result<(), RecordError> {
        if self.body.len() > BODY_BYTES_MAX {
            return Err(RecordError::Body(self.body.len()));
        }
        if self.sections.len() > SECTIONS_MAX {
            return Err(HeaderError::Sections(self.sections.len()).into());
        }
        let long = self.sections.iter().find(|section| section.bytes.len() > SECTION_BYTES_MAX);
        long.map_or(Ok(()), |long| Err(RecordError::Section(long.bytes.len())))
    }

    /// Makes the header of the request that of this record.
    fn complete(&self, header: &mut Header, index: u32) {
        header.type_code = self.type_code;
        header.schema_version = self.schema_version;
        header.event_id = self.event_id;
        header.effective_on = self.effective_on;
        header.request_index = index;
        header.corrects = self.corrects;
        header.body_hash = digest(&self.body);
        header.sections.clear();
        header.sections.extend(self.sections.iter().map(digest_of_section));
    }

    /// Bytes of body and sections.
    fn bytes(&self) -> usize {
        self.body.len() + self.sections.iter().map(|section| section.bytes.len()).sum::<usize>()
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
        records: &[NewRecord],
    ) -> Result<Self, RecordError> {
        if records.is_empty() || records.len() > REQUEST_EVENTS_MAX {
            return Err(RecordError::Events(records.len()));
        }
        records.iter().try_for_each(NewRecord::check)?;
        let mut header = header(stream, &origin);
        let (mut bytes, mut framed) = (0, 0);
        for record in records {
            let count = record.sections.len();
            bytes += header.length(count) + record.bytes();
            framed += framing(count);
        }
        if bytes > REQUEST_BYTES_MAX {
            return Err(RecordError::Request(bytes));
        }
        let mut frames = Frames::with_capacity(records.len(), bytes + framed);
        for (index, record) in (0..).zip(records) {
            record.complete(&mut header, index);
            frames.push(&header, &record.body, &record.sections)?;
        }
        let key = request_key(&origin.source, origin.request_id);
        Ok(Self { stream, expected, origin, key, frames, bytes })
    }
}

fn digest_of_section(section: &SealedSection) -> SectionDigest {
    SectionDigest { subject: section.subject, kind: section.kind, hash: digest(&section.bytes) }
}
