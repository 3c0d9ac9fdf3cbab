//! The header of a record, read: what a leaf of the tree hashes. `docs/formats/event.md` has its table.
//!
//! All numbers are little endian. Nothing here knows what an event means.

use crate::hash::Hash;

/// The format of headers that this version reads.
pub const FORMAT: u8 = 1;

/// The digest of one sealed section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Section {
    /// Under whose key: 16 random bytes.
    pub subject: [u8; 16],
    /// What kind.
    pub kind: u8,
    /// SHA-256 of the ciphertext, nonce included.
    pub hash: Hash,
}

/// The header of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope<'a> {
    /// Code of the event type.
    pub type_code: u16,
    /// Version of the type's schema.
    pub schema_version: u16,
    /// The event.
    pub event_id: [u8; 16],
    /// Category of the stream.
    pub category: u8,
    /// Key of the stream.
    pub key: [u8; 16],
    /// Its rank in the stream, from 1.
    pub version: u64,
    /// The day on which it is true, in days since 1970-01-01.
    pub effective_on: i32,
    /// When the ledger heard of it, in microseconds since 1970-01-01T00:00:00Z.
    pub recorded_at: i64,
    /// The request that brought it.
    pub request_id: [u8; 16],
    /// Its rank in the request, from 0.
    pub request_index: u32,
    /// Keyed digest of the request.
    pub request_digest: [u8; 16],
    /// The event that it corrects or withdraws; zeros for none.
    pub corrects: [u8; 16],
    /// Leaf hash of the event before in its stream; zeros for the first.
    pub previous: Hash,
    /// SHA-256 of the public body.
    pub body_hash: Hash,
    /// Who declares.
    pub source: &'a str,
    /// Who acted for the source; pseudonymous.
    pub actor: &'a str,
    /// The sealed sections.
    pub sections: Vec<Section>,
}

/// Why bytes are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Fewer bytes than it says, or more.
    #[error("the header ends at the wrong place")]
    Length,
    /// A format of a later version.
    #[error("header format {0} is not known to this version")]
    Format(u8),
    /// A source or an actor that is not UTF-8.
    #[error("the source or the actor is not text")]
    Text,
}

impl<'a> Envelope<'a> {
    /// Reads a header.
    ///
    /// # Errors
    /// See [`EnvelopeError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EnvelopeError> {
        let mut take = Take(bytes);
        let format = take.array::<1>()?[0];
        if format != FORMAT {
            return Err(EnvelopeError::Format(format));
        }
        let count = usize::from(take.array::<1>()?[0]);
        Ok(Self {
            type_code: u16::from_le_bytes(take.array()?),
            schema_version: u16::from_le_bytes(take.array()?),
            event_id: take.array()?,
            category: take.array::<1>()?[0],
            key: take.array()?,
            version: u64::from_le_bytes(take.array()?),
            effective_on: i32::from_le_bytes(take.array()?),
            recorded_at: i64::from_le_bytes(take.array()?),
            request_id: take.array()?,
            request_index: u32::from_le_bytes(take.array()?),
            request_digest: take.array()?,
            corrects: take.array()?,
            previous: take.array()?,
            body_hash: take.array()?,
            source: take.text()?,
            actor: take.text()?,
            sections: take.sections(count)?,
        })
    }
}

/// Takes bytes from the front.
struct Take<'a>(&'a [u8]);

impl<'a> Take<'a> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], EnvelopeError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(EnvelopeError::Length)?;
        self.0 = rest;
        Ok(*head)
    }

    fn text(&mut self) -> Result<&'a str, EnvelopeError> {
        let length = usize::from(self.array::<1>()?[0]);
        let (head, rest) = self.0.split_at_checked(length).ok_or(EnvelopeError::Length)?;
        self.0 = rest;
        std::str::from_utf8(head).map_err(|_| EnvelopeError::Text)
    }

    /// The sections, to the end.
    fn sections(&mut self, count: usize) -> Result<Vec<Section>, EnvelopeError> {
        let mut sections = Vec::with_capacity(count);
        for _ in 0..count {
            let (subject, kind) = (self.array()?, self.array::<1>()?[0]);
            sections.push(Section { subject, kind, hash: self.array()? });
        }
        if self.0.is_empty() { Ok(sections) } else { Err(EnvelopeError::Length) }
    }
}
