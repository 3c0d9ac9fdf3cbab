//! Padding of what is sealed: a ciphertext is as long as its message, and a
//! length that changes with a value tells it, to whoever has no key and after
//! an erasure too.
//!
//! ISO/IEC 7816-4: a byte 0x80, then zeros, up to a multiple of the kind's
//! bucket. Reading does not ask which bucket it was, so that a bucket may grow.

use super::types::SectionKind;
use super::{Bad, Clear};
use prost::Message;
use zeroize::Zeroizing;

const MARK: u8 = 0x80;

/// Bytes to whose multiple a kind is filled up: such that a row of ordinary
/// values fits one bucket, whichever of them it has.
pub(super) const fn bucket(kind: SectionKind) -> usize {
    match kind {
        // At most 8 bytes of message: always one bucket.
        SectionKind::Disability => 64,
        SectionKind::Employer | SectionKind::Background => 64,
        SectionKind::Guardians | SectionKind::Referent | SectionKind::Verbatim => 128,
        SectionKind::Identity | SectionKind::Contact => 192,
        // A field at a time, or the whole part of a person at once.
        SectionKind::Apprentice
        | SectionKind::ContractEmployer
        | SectionKind::Guardian
        | SectionKind::FirstMaster
        | SectionKind::SecondMaster => 256,
        SectionKind::Document | SectionKind::Evidence => 4096,
    }
}

/// A message of a kind, filled up.
pub(super) fn pad(kind: SectionKind, message: &impl Message) -> Clear {
    let bucket = bucket(kind);
    let padded = (message.encoded_len() + 1).next_multiple_of(bucket);
    // Never moved, so that no copy is left that nothing wipes.
    let mut bytes = Zeroizing::new(Vec::with_capacity(padded));
    message.encode_raw(&mut *bytes);
    bytes.push(MARK);
    bytes.resize(padded, 0);
    bytes
}

/// The message in filled-up bytes.
pub(crate) fn unpad(bytes: &[u8]) -> Result<&[u8], Bad> {
    let marked = bytes.iter().rposition(|byte| *byte != 0);
    match marked.map(|at| (bytes[at], &bytes[..at])) {
        Some((MARK, message)) => Ok(message),
        _ => Err("a sealed section is not padded as it must be"),
    }
}
