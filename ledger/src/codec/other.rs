//! The bodies of runs, links, reference sets and erasures. They have no sealed section.

use super::blocks::{establishment, establishment_of, stated, stated_of};
use super::enums::{basis, basis_of, hold, hold_of};
use super::fields::{bytes, needed};
use super::types::TypeCode;
use super::{Bad, erasure, message};
use domain::enrolment::Stated;
use domain::event::{Event, ReferenceSetLoaded};
use domain::ids::{EventId, Instant, RunId, Source, StreamKey};
use domain::persons::{LinkBasis, PersonLinkEvent};
use domain::runs::{
    EstablishmentRows, Extent, HeldChange, HoldDecision, PushRunClosed, RunCounts, RunDeclaration,
    RunEvent, Seen, Within,
};
use prost::Message;
use proto::v1;

/// Bytes of a dossier that was seen, in the lists of a run.
const SEEN: usize = 8;
/// Bytes of one that restated only a part.
const SEEN_PARTLY: usize = 24;
/// Bytes of a held change.
const HELD: usize = 32;

/// The type and the body of an event that has no sealed section; `None` for one
/// that may have. `run` names the run of a decision on a held run.
pub(super) fn encode(event: &Event, run: [u8; 16]) -> Option<(TypeCode, Vec<u8>)> {
    Some(match event {
        Event::Enrolment(_) | Event::Contract(..) => return None,
        Event::Run(RunEvent::Closed(closed)) => (TypeCode::PushRunClosed, encode_closed(closed)),
        Event::Run(RunEvent::HoldDecided { decision }) => {
            let confirmed = *decision == HoldDecision::Confirmed;
            let body = v1::PushRunHoldDecided { run: run.to_vec(), confirmed };
            (TypeCode::PushRunHoldDecided, body.encode_to_vec())
        }
        Event::PersonLink(PersonLinkEvent::PersonsLinked { pair, basis: why }) => {
            let body = v1::PersonsLinked { pair: pair_bytes(pair), basis: basis(*why).into() };
            (TypeCode::PersonsLinked, body.encode_to_vec())
        }
        Event::PersonLink(PersonLinkEvent::PersonsUnlinked { pair, basis: why }) => {
            let body = v1::PersonsUnlinked { pair: pair_bytes(pair), basis: basis(*why).into() };
            (TypeCode::PersonsUnlinked, body.encode_to_vec())
        }
        Event::ReferenceSetLoaded(set) => {
            let (name, summary) = (set.name.clone(), set.summary.clone());
            let body = v1::ReferenceSetLoaded { hash: set.hash.to_vec(), name, summary };
            (TypeCode::ReferenceSetLoaded, body.encode_to_vec())
        }
        Event::Erasure(event) => erasure::encode(event),
    })
}

/// The event of a body.
pub(super) fn decode(of: TypeCode, body: &[u8], source: &Source) -> Result<Event, Bad> {
    Ok(match of {
        TypeCode::PushRunClosed => {
            Event::Run(RunEvent::Closed(decode_closed(message(body)?, source)?))
        }
        TypeCode::PushRunHoldDecided => {
            let m: v1::PushRunHoldDecided = message(body)?;
            let decision =
                if m.confirmed { HoldDecision::Confirmed } else { HoldDecision::Rejected };
            Event::Run(RunEvent::HoldDecided { decision })
        }
        TypeCode::PersonsLinked => {
            let m: v1::PersonsLinked = message(body)?;
            let (pair, basis) = link(&m.pair, m.basis)?;
            Event::PersonLink(PersonLinkEvent::PersonsLinked { pair, basis })
        }
        TypeCode::PersonsUnlinked => {
            let m: v1::PersonsUnlinked = message(body)?;
            let (pair, basis) = link(&m.pair, m.basis)?;
            Event::PersonLink(PersonLinkEvent::PersonsUnlinked { pair, basis })
        }
        TypeCode::ReferenceSetLoaded => {
            let m: v1::ReferenceSetLoaded = message(body)?;
            let hash = bytes(&m.hash)?;
            let set = ReferenceSetLoaded { hash, name: m.name, summary: m.summary };
            Event::ReferenceSetLoaded(set)
        }
        TypeCode::ErasureRequested | TypeCode::ErasureDecided | TypeCode::PersonErased => {
            Event::Erasure(erasure::decode(of, body)?)
        }
        _ => return Err("its type is none of these"),
    })
}

fn pair_bytes(pair: &[StreamKey; 2]) -> Vec<u8> {
    [pair[0].0, pair[1].0].concat()
}

fn link(pair: &[u8], basis: i32) -> Result<([StreamKey; 2], LinkBasis), Bad> {
    let (low, high) = pair.split_at_checked(16).ok_or("an identifier has another length")?;
    Ok(([StreamKey(bytes(low)?), StreamKey(bytes(high)?)], basis_of(basis)?))
}

fn encode_closed(closed: &PushRunClosed) -> Vec<u8> {
    let mut seen_whole = Vec::new();
    let mut seen_partly = Vec::new();
    for seen in &closed.seen {
        match seen.stated {
            Stated::Everything => seen_whole.extend_from_slice(&seen.stream),
            Stated::Only(_) => {
                seen_partly.extend_from_slice(&seen.stream);
                seen_partly.extend_from_slice(&stated(seen.stated));
            }
        }
    }
    let mut held = Vec::new();
    for change in &closed.held {
        held.extend_from_slice(change.stream.as_bytes());
        held.extend_from_slice(&change.vanished.map_or([0; 16], |event| event.0));
    }
    let declaration = &closed.declaration;
    let rows = |rows: &EstablishmentRows| v1::EstablishmentRows {
        establishment: Some(establishment(&rows.establishment)),
        rows: rows.rows,
    };
    v1::PushRunClosed {
        run: declaration.id.0.to_vec(),
        source: declaration.source.to_string(),
        software: declaration.software.clone(),
        extracted_at_us: declaration.extracted_at.0,
        full: declaration.extent == Extent::Full,
        announced_rows: declaration.rows,
        counts: Some(counts(&closed.counts)),
        digest: closed.digest.to_vec(),
        establishments: closed.establishments.iter().map(rows).collect(),
        seen_whole,
        seen_partly,
        held,
        hold: hold(closed.hold),
        within: trainers(&closed.within),
    }
    .encode_to_vec()
}

const fn counts(of: &RunCounts) -> v1::RunCounts {
    v1::RunCounts {
        received: of.received,
        written: of.written,
        unchanged: of.unchanged,
        stale: of.stale,
        held: of.held,
        refused: of.refused,
        unseen: of.unseen,
        vanished: of.vanished,
    }
}

const fn counts_of(m: &v1::RunCounts) -> RunCounts {
    RunCounts {
        received: m.received,
        written: m.written,
        unchanged: m.unchanged,
        stale: m.stale,
        held: m.held,
        refused: m.refused,
        unseen: m.unseen,
        vanished: m.vanished,
    }
}

fn decode_closed(m: v1::PushRunClosed, source: &Source) -> Result<PushRunClosed, Bad> {
    if m.source != source.as_str() {
        return Err("its source is not that of its header");
    }
    let mut establishments = Vec::with_capacity(m.establishments.len());
    for rows in &m.establishments {
        let establishment = establishment_of(rows.establishment.as_ref())?;
        establishments.push(EstablishmentRows { establishment, rows: rows.rows });
    }
    Ok(PushRunClosed {
        declaration: RunDeclaration {
            id: RunId(bytes(&m.run)?),
            source: source.clone(),
            software: m.software,
            extracted_at: Instant(m.extracted_at_us),
            extent: if m.full { Extent::Full } else { Extent::Partial },
            rows: m.announced_rows,
        },
        counts: counts_of(&needed(m.counts)?),
        digest: bytes(&m.digest)?,
        establishments,
        seen: seen_of(&m.seen_whole, &m.seen_partly)?,
        held: held_of(&m.held)?,
        hold: hold_of(m.hold)?,
        within: within_of(m.within.as_ref())?,
    })
}

fn trainers(within: &Within) -> Option<v1::Trainers> {
    let Within::Trainers(trainers) = within else { return None };
    Some(v1::Trainers { establishments: trainers.iter().map(establishment).collect() })
}

fn within_of(stored: Option<&v1::Trainers>) -> Result<Within, Bad> {
    let Some(stored) = stored else { return Ok(Within::Source) };
    let trainers = stored.establishments.iter().map(|one| establishment_of(Some(one)));
    trainers.collect::<Result<_, Bad>>().map(Within::Trainers)
}

fn seen_of(whole: &[u8], partly: &[u8]) -> Result<Vec<Seen>, Bad> {
    const LENGTH: Bad = "a list of dossiers has another length";
    let (whole, rest) = whole.as_chunks::<SEEN>();
    let (partly, rest_partly) = partly.as_chunks::<SEEN_PARTLY>();
    if !rest.is_empty() || !rest_partly.is_empty() {
        return Err(LENGTH);
    }
    let all = |stream: &[u8; SEEN]| Seen { stream: *stream, stated: Stated::Everything };
    let mut seen: Vec<Seen> = whole.iter().map(all).collect();
    for chunk in partly {
        let (stream, bits) = chunk.split_first_chunk::<SEEN>().ok_or(LENGTH)?;
        seen.push(Seen { stream: *stream, stated: stated_of(bits)? });
    }
    Ok(seen)
}

fn held_of(stored: &[u8]) -> Result<Vec<HeldChange>, Bad> {
    let (chunks, rest) = stored.as_chunks::<HELD>();
    if !rest.is_empty() {
        return Err("a list of held changes has another length");
    }
    let change = |chunk: &[u8; HELD]| {
        let (stream, event) = chunk.split_first_chunk::<16>()?;
        let event = *event.first_chunk::<16>()?;
        let vanished = (event != [0; 16]).then_some(EventId(event));
        Some(HeldChange { stream: StreamKey(*stream), vanished })
    };
    chunks.iter().map(change).collect::<Option<_>>().ok_or("a held change has another length")
}
