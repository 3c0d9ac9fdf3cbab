//! What one client appends.

use crate::wire::AppendRequest;
use prost::Message;
use proto::v1;
use std::sync::LazyLock;

/// Streams to which all clients of a cell write in turn.
pub const STREAMS_ACTIVE: usize = 1_000;
/// Events after which a stream is left for a new one. A request is never cut: one of 100 events
/// fills a stream.
pub const STREAM_EVENTS: u64 = 20;
/// Bytes of a payload.
pub const PAYLOAD_BYTES: usize = 300;

/// Stands in the template where each payload has bytes of its own.
const MARK: [u8; 16] = *b"\xA5bench, mark\xA5\xA5\xA5\xA5";

/// The public body of an amended enrolment as a management system declares it, and where in it the
/// bytes of [`MARK`] are. Somebody who reads the log can decode it like any event.
static TEMPLATE: LazyLock<(Vec<u8>, usize)> = LazyLock::new(|| {
    let establishment = |uai: &str, siret: &str| {
        Some(v1::Establishment { uai: uai.to_owned(), siret: siret.to_owned() })
    };
    let text = |text: &str| Some(text.to_owned());
    let body = v1::EnrolmentAmended {
        provenance: Some(v1::Provenance {
            run: MARK.to_vec(),
            extracted_at_us: 1_764_100_000_000_000,
            full: true,
            stated: vec![0xFF; 16],
        }),
        training: Some(v1::Training {
            school_year: "2025-2026".to_owned(),
            enrolled_day: 20_253,
            entry_day: 20_332,
            end_day: 21_061,
            responsible: establishment("0751234J", "13002526500013"),
            trainer: establishment("0010826T", "12345678200010"),
            place_uai: text("0010826T"),
            place_siret: text("12345678200010"),
            place_address: text("3 place du Marché, bâtiment des arts"),
            place_postcode: text("01000"),
            cfd: text("40025214"),
            rncp: text("RNCP35316"),
            title: text("Certificat d'aptitude prof. Cuisine"),
            year_of_training: Some(1),
            theoretical_years: Some(2),
            theoretical_months: Some(24),
            in_person: Some(true),
            cfa_type: Some(1),
        }),
        facets: Some(v1::Facets {
            birth_month_day: Some(13_239),
            sex: Some(2),
            home_departement: text("01"),
            has_nir: true,
            declared_status: Some(3),
            declared_status_day: Some(20_333),
        }),
    };
    let bytes = body.encode_to_vec();
    let at = bytes.windows(MARK.len()).position(|window| window == MARK);
    (bytes, at.unwrap_or(0))
});

/// A payload: the encoded body of an event, different from all others by `id`.
#[must_use]
pub fn payload(id: [u8; 16]) -> Vec<u8> {
    let (template, at) = &*TEMPLATE;
    let mut bytes = template.clone();
    bytes[*at..*at + id.len()].copy_from_slice(&id);
    bytes
}

/// 16 bytes that look random, as keyed names do, and differ for each pair.
#[must_use]
pub fn name(of: u64, number: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&mixed(of << 40 | number).to_be_bytes());
    bytes[8..].copy_from_slice(&mixed(!(of << 40 | number)).to_be_bytes());
    bytes
}

/// A bijection that spreads its argument over 64 bits (the finaliser of `SplitMix64`).
const fn mixed(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

/// A stream that a client writes.
#[derive(Debug, Clone, Copy)]
struct Active {
    key: [u8; 16],
    version: u64,
}

/// The requests of one client: to its share of the active streams in turn, each with the exact
/// version that the stream has and an id that no other request has.
#[derive(Debug)]
pub struct Workload {
    client: u64,
    events: usize,
    requests: u64,
    streams_made: u64,
    active: Vec<Active>,
    next: usize,
}

impl Workload {
    /// The client of a rank among so many, whose requests have so many events.
    #[must_use]
    pub fn new(client: usize, clients: usize, events: usize) -> Self {
        let share = STREAMS_ACTIVE.div_ceil(clients.max(1));
        let client = client as u64 + 1;
        let (requests, streams_made) = (0, 0);
        let mut this = Self { client, events, requests, streams_made, active: Vec::new(), next: 0 };
        this.active = (0..share).map(|_| this.new_stream()).collect();
        this
    }

    fn new_stream(&mut self) -> Active {
        self.streams_made += 1;
        // The highest bit keeps streams apart from requests.
        Active { key: name(self.client | 1 << 23, self.streams_made), version: 0 }
    }

    /// The next request. It counts on the one before being accepted.
    pub fn next_request(&mut self) -> AppendRequest {
        let rank = self.next;
        self.next = (rank + 1) % self.active.len();
        if self.active[rank].version >= STREAM_EVENTS {
            self.active[rank] = self.new_stream();
        }
        let stream = &mut self.active[rank];
        let (key, expected_version) = (stream.key, stream.version);
        stream.version += self.events as u64;
        self.requests += 1;
        let id = name(self.client, self.requests);
        AppendRequest {
            stream: key.to_vec(),
            expected_version,
            request_id: id.to_vec(),
            payloads: (0..self.events).map(|_| payload(id)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{HashMap, HashSet};

    #[test]
    fn a_payload_is_an_event_of_about_300_bytes_with_bytes_of_its_own() {
        let one = payload([7; 16]);
        assert!(one.len().abs_diff(PAYLOAD_BYTES) <= 5, "{} bytes", one.len());
        let read = v1::EnrolmentAmended::decode(&*one).unwrap();
        assert_eq!(read.provenance.unwrap().run, [7; 16]);
        assert_ne!(one, payload([8; 16]));
    }

    #[test]
    fn versions_are_exact_and_streams_and_requests_are_nobody_elses() {
        let mut versions = HashMap::new();
        let mut requests = HashSet::new();
        for client in 0..4 {
            let mut workload = Workload::new(client, 4, 1);
            for _ in 0..20_000 {
                let request = workload.next_request();
                let version = versions.entry(request.stream).or_insert(0);
                assert_eq!(*version, request.expected_version);
                *version += 1;
                assert!(requests.insert(request.request_id));
            }
        }
        // 250 streams a client, full after 20 events: 20,000 events are 4 times 250 streams.
        assert_eq!(versions.len(), 4 * 4 * 250);
        assert!(versions.values().all(|version| *version == STREAM_EVENTS));
    }

    #[test]
    fn a_request_of_many_events_fills_a_stream() {
        let mut workload = Workload::new(0, 1_000, 100);
        for _ in 0..3 {
            let request = workload.next_request();
            assert_eq!((request.payloads.len(), request.expected_version), (100, 0));
        }
    }
}
