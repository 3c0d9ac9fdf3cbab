//! What the tests share.

use domain::dossier::{Declaration, RawDossier, check, complete_row, example_row};
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::{
    Category, EventId, Instant, RequestId, RunId, Source, StreamId, StreamKey, SubjectId,
};
use ledger::disk::SystemDisk;
use ledger::journal::Journal;
use ledger::journal::embedded::{EmbeddedJournal, Options};
use ledger::random::SeededRandom;
use ledger::record::{AppendRequest, Expected, NewRecord, Origin, SealedSection};
use ledger::{Ledger, ManualClock, RequestMeta};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

/// 1 October 2026, noon UTC, in microseconds.
pub const NOON: i64 = 1_790_856_000_000_000;
/// Small segments, so that tests cross several.
pub const SEGMENT: u64 = 64 * 1024;

pub fn source(name: &str) -> Source {
    Source::parse(name).unwrap()
}

pub fn stream(n: u8) -> StreamId {
    StreamId { category: Category::Enrolment, key: StreamKey([n; 16]) }
}

pub fn request_id(n: u64) -> RequestId {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    RequestId(id)
}

pub fn record(seed: u64, sections: usize) -> NewRecord {
    let mut id = [1; 16];
    id[8..].copy_from_slice(&seed.to_be_bytes());
    let section = |kind: usize| SealedSection {
        subject: SubjectId([7; 16]),
        kind: kind as u8 + 1,
        bytes: format!("sealed {seed} {kind} {}", "x".repeat(40)).into_bytes(),
    };
    NewRecord {
        event_id: EventId(id),
        type_code: 1,
        schema_version: 1,
        effective_on: "2026-10-01".parse().unwrap(),
        corrects: None,
        body: format!("body {seed} {}", "y".repeat(seed as usize % 97)).into_bytes(),
        sections: (0..sections).map(section).collect(),
    }
}

/// A request of `events` records that depends on its number only.
pub fn append(of: StreamId, expected: Expected, number: u64, events: u64) -> AppendRequest {
    let origin = Origin {
        source: source("erp-one"),
        actor: String::new(),
        request_id: request_id(number),
        digest: [number as u8; 16],
    };
    let records: Vec<_> =
        (0..events).map(|i| record(number * 1000 + i, (i % 3) as usize)).collect();
    AppendRequest::new(of, expected, origin, &records).unwrap()
}

pub fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(Instant(NOON)))
}

pub fn journal_options(clock: Arc<ManualClock>) -> Options {
    Options { segment_bytes: SEGMENT, ..Options::new(clock, Arc::new(SeededRandom::new(1))) }
}

pub fn embedded(folder: &Path) -> Arc<dyn Journal> {
    Arc::new(EmbeddedJournal::open(folder, &journal_options(clock())).unwrap())
}

pub fn ledger_options(seed: u64) -> ledger::Options {
    ledger::Options {
        clock: clock(),
        random: Arc::new(SeededRandom::new(seed)),
        segment_bytes: 256 * 1024,
        // Nearly everything is asked of tables.
        indexed_in_memory: 3,
        disk: Arc::new(SystemDisk),
        key_provider: None,
    }
}

pub fn ledger(folder: &Path) -> Ledger {
    Ledger::open(folder, &ledger_options(1)).unwrap()
}

pub fn checked(row: &RawDossier) -> Declaration {
    check(row, "2026-10-01".parse().unwrap()).unwrap()
}

pub fn example() -> Declaration {
    checked(&example_row())
}

pub fn complete() -> Declaration {
    checked(&complete_row())
}

pub fn meta(number: u64) -> RequestMeta {
    RequestMeta {
        source: source("erp-one"),
        actor: String::new(),
        request_id: request_id(number),
        digest: [number as u8; 16],
    }
}

/// The stream that a first declaration opens, and the command.
pub fn declare(ledger: &Ledger, declaration: Declaration, run: u8) -> (StreamKey, Command) {
    let (names, from) = (ledger.names(), source("erp-one"));
    let (training, id_erp) = (&declaration.training, &declaration.identity.id_erp);
    let uai = &training.trainer.uai;
    let key = names.enrolment(&from, uai, id_erp, &training.certification, training.entry_on);
    let lookup = names.lookup(&from, id_erp, &training.certification);
    let provenance = Provenance {
        run: RunId([run; 16]),
        extracted_at: Instant(NOON + i64::from(run) * 1_000_000),
        full: false,
        stated: Stated::Everything,
    };
    let settled = Vec::new();
    (
        key,
        Command::Declare {
            declaration,
            lookup,
            provenance,
            settled,
            held: Vec::new(),
            unseen_since: None,
        },
    )
}

/// How many persons have a key, by the bytes of the key store.
pub fn persons(folder: &Path) -> usize {
    let bytes = std::fs::read(folder.join("keys/subjects")).unwrap();
    let entries = || bytes[32..].chunks(116);
    let in_state = |state: u8| {
        let entries = entries().filter(move |entry| entry[0] == state);
        entries.map(|entry| entry[4..20].to_vec()).collect::<HashSet<_>>()
    };
    in_state(1).difference(&in_state(2)).count()
}

/// Copies a folder, file by file.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
