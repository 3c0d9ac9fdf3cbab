//! A log with its folder, its notary and its witness, for the tests of this room.

#![allow(dead_code, unreachable_pub, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

use domain::ids::{
    Category, EventId, Instant, Position, RequestId, Source, StreamId, StreamKey, SubjectId,
};
use ledger::ManualClock;
use ledger::journal::Journal;
use ledger::journal::embedded::{self, EmbeddedJournal};
use ledger::notary::{Notary, NotaryError, Options};
use ledger::random::SeededRandom;
use ledger::record::{
    AppendRequest, Content, Expected, NewRecord, Origin, SealedSection, StoredRecord,
};
use seal::{Kind, SignerKey, VerifierKey};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use tlog::witness::Witness;

/// The first instant of the logs.
pub const NOON: i64 = 1_790_856_000_000_000;
/// Small segments, so that a log has several.
pub const SEGMENT: u64 = 16 * 1024;

/// One event as the writer takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub stream: StreamId,
    pub at: Instant,
    pub source: String,
    pub request: RequestId,
    pub digest: [u8; 16],
    pub record: NewRecord,
}

/// The n-th event of the logs of tests.
pub fn fact(n: u64) -> Fact {
    let mut id = [3; 16];
    id[8..].copy_from_slice(&n.to_be_bytes());
    let section = SealedSection {
        subject: SubjectId([7; 16]),
        kind: 1,
        bytes: format!("sealed {n} {}", "x".repeat(300)).into_bytes(),
    };
    Fact {
        stream: StreamId { category: Category::Enrolment, key: StreamKey([(n % 5) as u8; 16]) },
        at: Instant(NOON + n as i64 * 1_000_000),
        source: "erp-one".to_owned(),
        request: RequestId(id),
        digest: [n as u8; 16],
        record: NewRecord {
            event_id: EventId(id),
            type_code: 1,
            schema_version: 1,
            effective_on: "2026-10-01".parse().unwrap(),
            corrects: None,
            body: format!("the body of event {n}, {}", "y".repeat(3_000)).into_bytes(),
            sections: if n.is_multiple_of(2) { vec![section] } else { Vec::new() },
        },
    }
}

/// What a forger reads of a record.
pub fn read_back(record: &StoredRecord) -> Fact {
    let header = &record.header;
    let sections = header.sections.iter().zip(&record.sections).map(|(named, content)| {
        let Content::Sealed(bytes) = content else { panic!("nothing is erased here") };
        SealedSection { subject: named.subject, kind: named.kind, bytes: bytes.to_vec() }
    });
    Fact {
        stream: header.stream,
        at: header.recorded_at,
        source: header.source.to_string(),
        request: header.request_id,
        digest: header.request_digest,
        record: NewRecord {
            event_id: header.event_id,
            type_code: header.type_code,
            schema_version: header.schema_version,
            effective_on: header.effective_on,
            corrects: header.corrects,
            body: record.body.to_vec(),
            sections: sections.collect(),
        },
    }
}

/// A journal in a folder, and the clock of what is written to it.
pub struct Log {
    pub folder: PathBuf,
    pub journal: Arc<dyn Journal>,
    clock: Arc<ManualClock>,
}

impl Log {
    pub fn open(folder: &Path) -> Result<Self, ledger::journal::OpenError> {
        let clock = Arc::new(ManualClock::new(Instant(NOON)));
        let options = embedded::Options {
            segment_bytes: SEGMENT,
            ..embedded::Options::new(clock.clone(), Arc::new(SeededRandom::new(1)))
        };
        let journal = EmbeddedJournal::open(&folder.join("log"), &options)?;
        Ok(Self { folder: folder.to_owned(), journal: Arc::new(journal), clock })
    }

    pub async fn write(&self, fact: &Fact) {
        self.clock.set(fact.at);
        let origin = Origin {
            source: Source::parse(&fact.source).unwrap(),
            actor: String::new(),
            request_id: fact.request,
            digest: fact.digest,
        };
        let records = [fact.record.clone()];
        let request = AppendRequest::new(fact.stream, Expected::Any, origin, &records).unwrap();
        self.journal.append(request).await.unwrap();
    }

    pub fn facts(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        while let page @ [_, ..] =
            &*self.journal.read_after(Position(facts.len() as u64), 1_000).unwrap()
        {
            facts.extend(page.iter().map(read_back));
        }
        facts
    }

    pub fn notary(&self, apart: &Path) -> Result<Notary, NotaryError> {
        let options = Options::new(&self.folder, apart);
        let random = Arc::new(SeededRandom::new(5));
        Notary::open(Arc::clone(&self.journal), &Options { random, ..options })
    }
}

/// A witness with a key of its own in a folder.
pub fn witness(folder: &Path, log: &VerifierKey) -> Witness {
    std::fs::create_dir_all(folder).unwrap();
    let key = SignerKey::new("temoin.example", Kind::Cosignature, &[9; 32]).unwrap();
    std::fs::write(folder.join("key"), format!("{}\n", key.to_secret().as_str())).unwrap();
    Witness::open(folder, std::slice::from_ref(log), Arc::new(|| 1_790_000_000)).unwrap()
}

/// A note with the lines that a witness answered.
pub fn with_lines(checkpoint: &str, lines: &str) -> seal::Note {
    seal::Note::parse(format!("{checkpoint}{lines}").as_bytes()).unwrap()
}

/// A folder to work in.
pub fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, name) = entry.map(|entry| (entry.path(), entry.file_name())).unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            std::fs::copy(&path, to.join(name)).unwrap();
        }
    }
}
