//! The bodies of an erasure's events.

use super::enums::{legal_basis, legal_basis_of, requester, requester_of};
use super::fields::bytes;
use super::types::TypeCode;
use super::{Bad, message};
use crate::record::{day_of, days_of};
use domain::erasure::{ErasureEvent, Reference, Tombstone};
use domain::ids::{EventId, Position, StreamKey, SubjectId};
use prost::Message;
use proto::v1;

/// Bytes of an identifier.
const ID: usize = 16;
/// Bytes of a tombstone.
const TOMBSTONE: usize = 16;

pub(super) fn encode(event: &ErasureEvent) -> (TypeCode, Vec<u8>) {
    match event {
        ErasureEvent::Requested {
            subjects,
            enrolments,
            requester: who,
            received_on,
            with_linked,
        } => {
            let body = v1::ErasureRequested {
                subjects: subjects.iter().flat_map(|id| id.0).collect(),
                enrolments: enrolments.iter().flat_map(|key| key.0).collect(),
                requester: requester(*who).into(),
                received_day: days_of(*received_on),
                with_linked: *with_linked,
            };
            (TypeCode::ErasureRequested, body.encode_to_vec())
        }
        ErasureEvent::Decided { granted, basis, reference } => {
            let (basis, reference) = (legal_basis(*basis).into(), reference.as_str().to_owned());
            let body = v1::ErasureDecided { granted: *granted, basis, reference };
            (TypeCode::ErasureDecided, body.encode_to_vec())
        }
        ErasureEvent::Erased { subjects, enrolments, decision, basis, tombstones } => {
            let body = v1::PersonErased {
                subjects: subjects.iter().flat_map(|id| id.0).collect(),
                enrolments: enrolments.iter().flat_map(|key| key.0).collect(),
                decision: decision.0.to_vec(),
                basis: legal_basis(*basis).into(),
                tombstones: tombstones.iter().flat_map(encode_tombstone).collect(),
            };
            (TypeCode::PersonErased, body.encode_to_vec())
        }
    }
}

pub(super) fn decode(of: TypeCode, body: &[u8]) -> Result<ErasureEvent, Bad> {
    Ok(match of {
        TypeCode::ErasureRequested => {
            let m: v1::ErasureRequested = message(body)?;
            ErasureEvent::Requested {
                subjects: ids(&m.subjects)?.into_iter().map(SubjectId).collect(),
                enrolments: ids(&m.enrolments)?.into_iter().map(StreamKey).collect(),
                requester: requester_of(m.requester)?,
                received_on: day_of(m.received_day).ok_or("a day is outside the calendar")?,
                with_linked: m.with_linked,
            }
        }
        TypeCode::ErasureDecided => {
            let m: v1::ErasureDecided = message(body)?;
            let reference = Reference::parse(&m.reference);
            ErasureEvent::Decided {
                granted: m.granted,
                basis: legal_basis_of(m.basis)?,
                reference: reference.map_err(|_| "a reference has another form")?,
            }
        }
        TypeCode::PersonErased => {
            let m: v1::PersonErased = message(body)?;
            ErasureEvent::Erased {
                subjects: ids(&m.subjects)?.into_iter().map(SubjectId).collect(),
                enrolments: ids(&m.enrolments)?.into_iter().map(StreamKey).collect(),
                decision: EventId(bytes(&m.decision)?),
                basis: legal_basis_of(m.basis)?,
                tombstones: tombstones(&m.tombstones)?,
            }
        }
        _ => return Err("its type is no event of an erasure"),
    })
}

fn ids(stored: &[u8]) -> Result<Vec<[u8; ID]>, Bad> {
    let (ids, rest) = stored.as_chunks::<ID>();
    if rest.is_empty() { Ok(ids.to_vec()) } else { Err("a list of identifiers has another length") }
}

fn encode_tombstone(of: &Tombstone) -> [u8; TOMBSTONE] {
    let mut out = [0; TOMBSTONE];
    out[..8].copy_from_slice(&of.position.0.to_le_bytes());
    out[8..12].copy_from_slice(&of.ine.to_le_bytes());
    out[12..].copy_from_slice(&of.names.to_le_bytes());
    out
}

fn tombstones(stored: &[u8]) -> Result<Vec<Tombstone>, Bad> {
    let (chunks, rest) = stored.as_chunks::<TOMBSTONE>();
    if !rest.is_empty() {
        return Err("a list of tombstones has another length");
    }
    let one = |chunk: &[u8; TOMBSTONE]| {
        let (position, rest) = chunk.split_first_chunk::<8>()?;
        let (numbers, _) = rest.as_chunks::<4>();
        let [ine, names] = *numbers else { return None };
        Some(Tombstone {
            position: Position(u64::from_le_bytes(*position)),
            ine: u32::from_le_bytes(ine),
            names: u32::from_le_bytes(names),
        })
    };
    chunks.iter().map(one).collect::<Option<_>>().ok_or("a tombstone has another length")
}
