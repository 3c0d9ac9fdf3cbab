//! The files of every version that was ever released open, verify and go on.
//!
//! Each folder of `tests/faults/fixtures/` is a data folder as a version left it,
//! with what is true of it in `expected.txt`. They are never rewritten:
//! `REGENERATE=1 cargo test --test faults old_versions` adds the one of this
//! version's formats when there is none, and refuses when there is.

use crate::common::folder;
use crate::common::history::{Entry, History};
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::Fault;
use crate::support::script::{self, Script};
use domain::ids::Position;
use ledger::Ledger;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// The name of the fixture that this version would leave.
const THIS_VERSION: &str = "format-1";
/// The script that filled it, and bytes of a segment.
const SEED: u64 = 24;
const APPRENTICES: u32 = 60;
const ROWS: usize = 22;
const SEGMENT: u64 = 16 * 1024;

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/fixtures")
}

#[tokio::test(flavor = "multi_thread")]
async fn old_versions() {
    if std::env::var_os("REGENERATE").is_some() {
        tokio::task::spawn_blocking(|| leave(&fixtures().join(THIS_VERSION))).await.unwrap();
    }
    let mut fault = Fault::new(counts::OLD_VERSIONS, "versions read");
    let listed = std::fs::read_dir(fixtures()).unwrap();
    let mut versions: Vec<PathBuf> = listed.map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    assert!(versions.contains(&fixtures().join(THIS_VERSION)), "{versions:?}");
    for version in versions {
        let expected = std::fs::read_to_string(version.join("expected.txt")).unwrap();
        let outer = tempfile::tempdir().unwrap();
        let data = outer.path().join("data");
        folder::copy(&version, &data);
        std::fs::remove_file(data.join("expected.txt")).unwrap();
        let copy = data.clone();
        let here = expected.clone();
        tokio::task::spawn_blocking(move || must_go_on(&copy, &here)).await.unwrap();
        folder::copy_over(&version, &data);
        let entries = entries(&expected);
        must_be_served(&mut fault, &data, &entries).await;
        fault.acknowledged(entries.len());
        fault.hit(1);
        fault.ran();
    }
    fault.end();
}

/// Inside: every record is whole, every sealed value opens, old requests keep
/// their receipts, and new ones are written behind.
fn must_go_on(data: &Path, expected: &str) {
    let ledger = script::open(data, SEGMENT).unwrap();
    assert_eq!(told(&ledger), expected);
    let head = ledger.head().position;
    let (script, runtime) = (Script::new(SEED, APPRENTICES, ROWS + 10), script::runtime());
    let known = entries(expected);
    for row in 0..ROWS {
        for entry in runtime.block_on(script.send(&ledger, row)).unwrap() {
            assert!(known.contains(&entry), "another receipt for row {row}");
        }
    }
    assert_eq!(ledger.head().position, head, "old requests were written again");
    for row in ROWS..ROWS + 10 {
        runtime.block_on(script.send(&ledger, row)).unwrap();
    }
    assert!(ledger.head().position > head, "nothing new was written");
}

/// Outside: the program checks it and serves it.
async fn must_be_served(fault: &mut Fault, data: &Path, entries: &[Entry]) {
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
    // The versions before this one signed nothing.
    let server = Server::start_with(data, &["--new-log-key"]).await;
    let channel = server.channel().await;
    let log = History::read(&channel).await;
    log.must_be_the_head(&channel).await;
    assert_eq!(log.len(), entries.len() as u64);
    for (shown, entry) in log.entries().iter().zip(entries) {
        let same = shown.leaf == entry.leaf && shown.event_id == entry.event_id;
        fault.served_wrong(usize::from(!same));
    }
    assert!(server.stop().success());
    server::run_well(&["rebuild", "--data", data.to_str().unwrap()]);
}

/// A line for each event: position, id, leaf, type, and the pseudonym that is made of the
/// sealed identity, which tells whether it was opened; then the head.
fn told(ledger: &Ledger) -> String {
    let mut text = String::new();
    for position in 1..=ledger.head().position.0 {
        let record = ledger.journal().read_after(Position(position - 1), 1).unwrap().pop().unwrap();
        record.verify().unwrap();
        let event = ledger.read_at(Position(position), true).unwrap().unwrap();
        let person = ledger.person_keys(&event).unwrap();
        let person = person.and_then(|keys| keys.names_and_birth);
        let person = person.map_or_else(|| "-".to_owned(), |person| hex(&person));
        let header = &event.header;
        let (id, leaf, code) = (header.event_id, hex(&event.leaf), header.type_code);
        writeln!(text, "{position} {id} {leaf} {code} {person}").unwrap();
    }
    let head = ledger.head();
    writeln!(text, "head {} {}", head.position, hex(&head.root)).unwrap();
    text
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn entries(expected: &str) -> Vec<Entry> {
    let lines = expected.lines().filter(|line| !line.starts_with("head"));
    let entry = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        let byte = |at: usize| u8::from_str_radix(&words[2][2 * at..2 * at + 2], 16).unwrap();
        Entry {
            position: words[0].parse().unwrap(),
            event_id: words[1].to_owned(),
            kind: String::new(),
            leaf: std::array::from_fn(byte),
        }
    };
    lines.map(entry).collect()
}

/// Leaves the fixture of this version. Old files never change.
fn leave(fixture: &Path) {
    assert!(!fixture.exists(), "{} is there, and is never rewritten", fixture.display());
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let ledger = script::open(&data, SEGMENT).unwrap();
    let (script, runtime) = (Script::new(SEED, APPRENTICES, ROWS), script::runtime());
    for row in 0..ROWS {
        runtime.block_on(script.send(&ledger, row)).unwrap();
    }
    let expected = told(&ledger);
    drop(ledger);
    // What is derived is no part of it.
    for derived in
        ["log/index", "log/lookups", "log/next.prepared", "keys/index", "LOCK", "quarantine"]
    {
        let path = data.join(derived);
        if path.is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else if path.exists() {
            std::fs::remove_file(path).unwrap();
        }
    }
    folder::copy(&data, fixture);
    std::fs::write(fixture.join("expected.txt"), expected).unwrap();
}
