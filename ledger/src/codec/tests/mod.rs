//! Every event type through the codec: fixed bytes, and there and back.

mod golden;
mod largest;
mod lengths;
mod round_trip;
mod samples;

use super::{CodecError, decode, encode_contract, encode_enrolment, encode_other};
use crate::disk::SystemDisk;
use crate::journal::Journal;
use crate::journal::memory::MemoryJournal;
use crate::random::SeededRandom;
use crate::record::{AppendRequest, Expected, NewRecord, Origin, StoredRecord};
use crate::store::sealing::{Persons, WithVault, seal};
use crate::time::ManualClock;
use crate::vault::{FileKek, Vault};
use domain::enrolment::Enrolment;
use domain::event::Event;
use domain::ids::{Category, EventId, Instant, Position, RequestId, Source, StreamId, StreamKey};
use futures::executor::block_on;
use std::sync::Arc;

/// A vault and a journal with known keys and a still clock.
struct Bench {
    _folder: tempfile::TempDir,
    vault: Vault,
    journal: MemoryJournal,
}

fn origin(n: u8) -> Origin {
    Origin {
        source: Source::parse("erp-one").unwrap(),
        actor: "agent-7".to_owned(),
        request_id: RequestId([n; 16]),
        digest: [0xD0 | n; 16],
    }
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let random = Arc::new(SeededRandom::new(7));
        let kek = FileKek(folder.path().join("kek"));
        let vault = Vault::read(folder.path(), &kek, (random, Arc::new(SystemDisk)), 2)
            .unwrap()
            .settle(0)
            .unwrap();
        let journal = MemoryJournal::new(Arc::new(ManualClock::new(Instant(samples::NOON))));
        Self { _folder: folder, vault, journal }
    }

    /// Encodes, seals, appends and reads back.
    fn store(&self, n: u8, event: &Event) -> StoredRecord {
        let origin = origin(n);
        let category = match event {
            Event::Enrolment(_) => Category::Enrolment,
            Event::Contract(..) => Category::Contract,
            Event::Run(_) => Category::Run,
            Event::PersonLink(_) => Category::PersonLink,
            Event::ReferenceSetLoaded(_) => Category::Reference,
            Event::Erasure(_) => Category::Erasure,
        };
        let stream = StreamId { category, key: StreamKey([9; 16]) };
        let record = match event {
            Event::Enrolment(event) => {
                let events = std::slice::from_ref(event);
                let (names, source) = (self.vault.names(), &origin.source);
                let (label, state) = (|_: &str| Ok([5; 16]), Enrolment::default());
                let mut persons =
                    Persons::new(names, source, &label, None, &state, events).unwrap();
                persons.assume_label([5; 16]);
                let encoded = vec![encode_enrolment(event).unwrap()];
                block_on(seal(&self.vault, &persons, encoded)).unwrap().0.remove(0)
            }
            Event::Contract(event, _) => {
                let (names, source) = (self.vault.names(), &origin.source);
                let persons = Persons::of_contract(names, source, stream.key, None);
                let day = "2026-10-01".parse().unwrap();
                let beside = samples::beside(event);
                let encoded = encode_contract(event, EventId([n; 16]), day, beside).unwrap();
                block_on(seal(&self.vault, &persons, vec![encoded])).unwrap().0.remove(0)
            }
            other => {
                let day = "2026-10-01".parse().unwrap();
                let encoded = encode_other(other, EventId([n; 16]), day, [3; 16]).unwrap();
                NewRecord {
                    event_id: encoded.event_id,
                    type_code: encoded.type_code.code(),
                    schema_version: encoded.type_code.schema(),
                    effective_on: day,
                    corrects: None,
                    body: encoded.body,
                    sections: Vec::new(),
                }
            }
        };
        let request = AppendRequest::new(stream, Expected::Any, origin, &[record]).unwrap();
        let position = block_on(self.journal.append(request)).unwrap().last_position();
        self.journal.read_after(Position(position.0 - 1), 1).unwrap().remove(0)
    }

    fn read(&self, record: &StoredRecord) -> Result<Event, CodecError> {
        decode(record, &WithVault::new(&self.vault))
    }
}

#[test]
fn an_unknown_type_is_loud() {
    let bench = Bench::new();
    let mut record = bench.store(1, &samples::all()[0].1);
    record.header.type_code = 16;
    let position = record.position;
    assert_eq!(bench.read(&record), Err(CodecError::UnknownType { position, code: 16 }));
}

#[test]
fn an_unknown_schema_version_is_loud() {
    let bench = Bench::new();
    let mut record = bench.store(1, &samples::all()[0].1);
    record.header.schema_version = 2;
    let position = record.position;
    let unknown = CodecError::UnknownSchema { position, code: 1, schema: 2 };
    assert_eq!(bench.read(&record), Err(unknown));
}

#[test]
fn a_section_moved_to_another_event_does_not_open() {
    let bench = Bench::new();
    let mut record = bench.store(1, &samples::all()[0].1);
    record.header.event_id = EventId([0xEE; 16]);
    assert!(matches!(bench.read(&record), Err(CodecError::Section { .. })));
}

#[test]
fn a_body_that_is_not_its_message_is_refused_not_guessed() {
    let bench = Bench::new();
    let mut record = bench.store(1, &samples::all()[0].1);
    record.body = bytes::Bytes::from_static(b"\xFF\xFF\xFF");
    assert!(matches!(bench.read(&record), Err(CodecError::Malformed { .. })));
}
