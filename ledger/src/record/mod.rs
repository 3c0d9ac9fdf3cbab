//! The record: fixed header ‖ public body ‖ sealed sections.
//!
//! `docs/formats/event.md` says it byte by byte. The leaf of the Merkle tree is
//! the RFC 6962 leaf of the header's bytes; the header holds the digests of the
//! body and of the ciphertexts, so erasing a section breaks no proof.

mod frame;
mod header;
mod new;
mod stored;

pub(crate) use frame::{
    ERASED, FrameError, Frames, SECTION_PREFIX, decode_frame, frame_length, section_places,
};
pub use header::{FORMAT, Header, HeaderError, SectionDigest, Stamp};
pub(crate) use header::{day_of, days_of};
pub use new::{AppendRequest, Expected, NewRecord, Origin, RecordError, SealedSection};
pub(crate) use new::{RequestKey, request_key};
pub use stored::{Content, Damage, StoredRecord};

use domain::ids::{EventId, SubjectId};
use sha2::{Digest, Sha256};

/// SHA-256, as the header holds it of the body and of each ciphertext.
#[must_use]
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

/// The associated data of a section: event id ‖ subject ‖ kind. It ties the
/// ciphertext to its place, so that it opens nowhere else.
#[must_use]
pub fn associated_data(event: EventId, subject: SubjectId, kind: u8) -> [u8; 33] {
    let mut bytes = [0; 33];
    bytes[..16].copy_from_slice(event.as_bytes());
    bytes[16..32].copy_from_slice(subject.as_bytes());
    bytes[32] = kind;
    bytes
}
