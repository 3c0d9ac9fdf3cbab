//! The index on disk: it answers as the log does, and may be lost.

use crate::recovery::{groups, open, rt, written};
use crate::support::{
    append, declare, example, ledger, ledger_options, meta, request_id, source, stream,
};
use domain::enrolment::{Command, LookupKey};
use domain::ids::{Category, ContractId, Position, StreamId, StreamKey, Version};
use ledger::fsck::fsck;
use ledger::journal::embedded::{EmbeddedJournal, segment_files};
use ledger::journal::{Journal, ReadError, Receipt};
use ledger::random::{Random, SeededRandom};
use ledger::record::Expected;
use ledger::vault::VaultError;
use ledger::{Ledger, LedgerError};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

fn tables(folder: &Path) -> Vec<PathBuf> {
    let listed = std::fs::read_dir(folder.join("log/index")).unwrap();
    let mut paths: Vec<_> = listed.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// What a journal was told, to compare its answers with.
#[derive(Default)]
struct Truth {
    receipts: Vec<(u64, Receipt)>,
    streams: HashMap<StreamId, Vec<Position>>,
}

impl Truth {
    fn write(&mut self, journal: &EmbeddedJournal, requests: u64) {
        self.write_as(journal, requests, 0);
    }

    /// Requests whose numbers are shifted: by 582 they have other content of the same lengths.
    fn write_as(&mut self, journal: &EmbeddedJournal, requests: u64, shift: u64) {
        let rt = rt();
        for _ in 0..requests {
            let number = self.receipts.len() as u64 + shift;
            let of = stream((number * number % 41) as u8);
            let request = append(of, Expected::Any, number, 1 + number % 3);
            let receipt = rt.block_on(journal.append(request)).unwrap();
            let positions = receipt.lines.iter().map(|line| line.position);
            self.streams.entry(of).or_default().extend(positions);
            self.receipts.push((number, receipt));
        }
    }

    /// Asks for everything.
    fn must_be_told_by(&self, journal: &EmbeddedJournal) {
        let from = source("erp-one");
        for (number, receipt) in &self.receipts {
            let (digest, known) = journal.receipt(&from, request_id(*number)).unwrap().unwrap();
            assert_eq!((digest, &known), ([*number as u8; 16], receipt));
        }
        assert_eq!(journal.receipt(&source("erp-two"), request_id(1)).unwrap(), None);
        assert_eq!(journal.receipt(&from, request_id(u64::MAX)).unwrap(), None);
        for (of, positions) in &self.streams {
            let count = positions.len();
            assert_eq!(journal.stream_version(*of).unwrap(), Version(count as u64));
            for after in [0, 1, count / 2, count - 1, count, count + 1] {
                let head = Position(u64::MAX);
                let read = journal.read_stream(*of, Version(after as u64), head, 7).unwrap();
                let read: Vec<_> = read.iter().map(|r| (r.position, r.header.version.0)).collect();
                let versions = positions.iter().copied().zip(1..).skip(after).take(7);
                assert_eq!(read, versions.collect::<Vec<_>>());
            }
            let middle = positions[count / 2];
            let read = journal.read_stream(*of, Version(0), middle, 1_000).unwrap();
            assert_eq!(read.last().unwrap().position, middle);
        }
        assert_eq!(journal.stream_version(stream(200)).unwrap(), Version(0));
        let all = journal.read_after(Position(0), 100_000).unwrap();
        let positions: Vec<_> = all.iter().map(|record| record.position.0).collect();
        assert_eq!(positions, (1..=journal.head().position.0).collect::<Vec<_>>());
    }
}

#[test]
fn tables_and_memory_answer_as_one_whatever_of_the_index_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (mut truth, random) = (Truth::default(), SeededRandom::new(5));
    for round in 0..12 {
        let journal = open(folder.path()).unwrap();
        truth.must_be_told_by(&journal);
        truth.write(&journal, 300);
        truth.must_be_told_by(&journal);
        drop(journal);
        let segments = segment_files(&folder.path().join("log")).unwrap().len();
        assert!(segments > 3 * (round + 1), "{segments} segments");
        let tables = tables(folder.path());
        assert!(!tables.is_empty());
        for path in tables {
            let mut dice = [0; 3];
            random.fill(&mut dice).unwrap();
            match dice[0] % 6 {
                0 => std::fs::remove_file(path).unwrap(),
                1 => std::fs::write(path, b"RGSTTABL").unwrap(),
                2 => {
                    let mut bytes = std::fs::read(&path).unwrap();
                    bytes[usize::from(dice[1])] ^= 1 << (dice[2] % 8);
                    std::fs::write(path, bytes).unwrap();
                }
                _ => {}
            }
        }
    }
    assert!(fsck(folder.path()).unwrap().problem.is_none());
    std::fs::remove_dir_all(folder.path().join("log/index")).unwrap();
    truth.must_be_told_by(&open(folder.path()).unwrap());
}

#[test]
fn a_table_of_another_history_is_not_believed() {
    let (ours, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut truth = Truth::default();
    truth.write(&open(ours.path()).unwrap(), 120);
    std::fs::create_dir_all(other.path().join("log/index")).unwrap();
    for path in segment_files(&ours.path().join("log")).unwrap() {
        std::fs::copy(&path, other.path().join("log").join(path.file_name().unwrap())).unwrap();
    }
    // One journal, gone on in two ways from a backup, with segments that end at the same positions.
    let mut fork = Truth { receipts: truth.receipts.clone(), streams: truth.streams.clone() };
    truth.write_as(&open(ours.path()).unwrap(), 270, 0);
    fork.write_as(&open(other.path()).unwrap(), 270, 582);
    let (told, expected) = (tables(ours.path()), tables(other.path()));
    let names = |paths: &[PathBuf]| -> Vec<_> {
        paths.iter().map(|path| path.file_name().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&told), names(&expected), "only the content tells them apart");
    for (theirs, place) in told.iter().zip(&expected) {
        std::fs::copy(theirs, place).unwrap();
    }
    fork.must_be_told_by(&open(other.path()).unwrap());
}

#[test]
fn damage_in_a_full_segment_is_named_by_reads_and_by_fsck() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 400);
    let first = segment_files(&folder.path().join("log")).unwrap().remove(0);
    let mut bytes = std::fs::read(&first).unwrap();
    let fourth = groups(&bytes)[3];
    bytes[fourth + 28 + 12 + 60] ^= 1;
    std::fs::write(&first, &bytes).unwrap();
    let journal = open(folder.path()).unwrap();
    assert_eq!(journal.head(), heads[400], "what is indexed is not read at each opening");
    let damaged = Position(heads[3].position.0 + 1);
    match journal.read_after(heads[3].position, 1) {
        Err(ReadError::Damaged { position, .. }) => assert_eq!(position, damaged),
        read => panic!("{read:?}"),
    }
    assert_eq!(journal.read_after(Position(0), 3).unwrap().len(), 3);
    drop(journal);
    let problem = fsck(folder.path()).unwrap().problem.unwrap().to_string();
    assert!(problem.contains(&format!("position {damaged}")), "{problem}");
}

/// The finaliser that the index hashes with.
fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[test]
fn streams_whose_hashes_are_one_stay_two() {
    let kind = 1 + ((Category::Enrolment as u64) << 2);
    let twin = |high: u64| {
        let low = 12_345 ^ mix(high ^ kind);
        let key = (u128::from(high) << 64 | u128::from(low)).to_le_bytes();
        StreamId { category: Category::Enrolment, key: StreamKey(key) }
    };
    let (one, two) = (twin(1), twin(2));
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    let rt = rt();
    for number in 0..600_u64 {
        let of = [one, two, one][(number % 3) as usize];
        let version = [number / 3 * 2, number / 3, number / 3 * 2 + 1][(number % 3) as usize];
        let request = append(of, Expected::Exact(Version(version)), number, 1);
        rt.block_on(journal.append(request)).unwrap();
    }
    drop(journal);
    let journal = open(folder.path()).unwrap();
    assert!(tables(folder.path()).len() > 2, "most of it is in tables");
    for (of, count) in [(one, 400), (two, 200)] {
        assert_eq!(journal.stream_version(of).unwrap(), Version(count));
        for after in [0, 1, 77, count - 1] {
            let read = journal.read_stream(of, Version(after), Position(u64::MAX), 1_000).unwrap();
            let versions: Vec<_> = read.iter().map(|record| record.header.version.0).collect();
            assert_eq!(versions, (after + 1..=count).collect::<Vec<_>>());
        }
    }
}

/// Declares learners `numbers`; gives what leads to each dossier and its contract.
async fn declared(ledger: &Ledger, numbers: std::ops::Range<u8>) -> Vec<Led> {
    let mut led = Vec::new();
    for number in numbers {
        let mut row = example();
        row.identity.id_erp = format!("L-{number}");
        let (key, command) = declare(ledger, row, number);
        let Command::Declare { lookup, .. } = &command else { panic!() };
        let lookup = *lookup;
        ledger.execute(meta(u64::from(number)), key, command).await.unwrap();
        let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
        let contract = state.current.unwrap().contracts[0].id;
        led.push(Led { lookup, contract, key });
    }
    led
}

struct Led {
    lookup: LookupKey,
    contract: ContractId,
    key: StreamKey,
}

fn must_lead(ledger: &Ledger, led: &[Led]) {
    for Led { lookup, contract, key } in led {
        assert_eq!(ledger.find_enrolment(lookup).unwrap(), Some(*key));
        assert_eq!(ledger.find_contract(*contract).unwrap(), Some(*key));
        let state = ledger.load_enrolment(*key, None, true).unwrap().unwrap().state;
        assert!(state.current.unwrap().identity.clear().is_some());
    }
    assert_eq!(ledger.find_enrolment(&[1; 16]).unwrap(), None);
}

#[tokio::test]
async fn dossiers_are_found_by_tables_and_without() {
    let folder = tempfile::tempdir().unwrap();
    let opened = ledger(folder.path());
    let mut led = declared(&opened, 0..30).await;
    must_lead(&opened, &led);
    drop(opened);
    for lost in ["keys/index", "log/lookups", "log/index", "quarantine"] {
        let opened = ledger(folder.path());
        let from = led.len() as u8;
        led.extend(declared(&opened, from..from + 10).await);
        must_lead(&opened, &led);
        drop(opened);
        let tables = ["keys/index", "log/lookups"].map(|name| folder.path().join(name));
        assert!(tables.iter().all(|path| std::fs::read_dir(path).unwrap().count() > 0));
        std::fs::remove_dir_all(folder.path().join(lost)).unwrap();
        must_lead(&ledger(folder.path()), &led);
    }
}

#[tokio::test]
async fn keys_of_an_older_backup_are_missed_whatever_the_tables_say() {
    let folder = tempfile::tempdir().unwrap();
    let subjects = folder.path().join("keys/subjects");
    let opened = ledger(folder.path());
    declared(&opened, 0..20).await;
    let older = std::fs::read(&subjects).unwrap();
    let led = declared(&opened, 20..40).await;
    drop(opened);
    let newer = std::fs::read(&subjects).unwrap();
    std::fs::write(&subjects, older).unwrap();
    let refused = Ledger::open(folder.path(), &ledger_options(1));
    assert!(matches!(refused, Err(LedgerError::Vault(VaultError::Lost { .. }))), "{refused:?}");
    std::fs::write(&subjects, newer).unwrap();
    must_lead(&ledger(folder.path()), &led);
}
