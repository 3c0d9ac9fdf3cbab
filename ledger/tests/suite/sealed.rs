//! A log is compared with what it signed before anything of it is written.

use crate::erasure::{opens, requested};
use crate::recovery::{groups, repair_checksums};
use crate::support::{NOON, SEGMENT, complete, copy, declare, example, ledger_options, meta};
use domain::erasure::{LegalBasis, Reference};
use domain::ids::{Instant, Position};
use ledger::fsck::fsck;
use ledger::journal::embedded::segment_files;
use ledger::notary::{self, BundleRequest, Notary, NotaryError};
use ledger::{Executed, Ledger, LedgerError, ManualClock, Options};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// Times that a log is signed.
const ROUNDS: u64 = 40;

/// A data folder and the one apart.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn seal(&self) -> notary::Options {
        let options = notary::Options::new(&self.path("data"), &self.path("apart"));
        // Nearly everything is in files.
        notary::Options { tree_in_memory: 50, ..options }
    }

    fn open_with(&self, options: &Options) -> Result<(Ledger, Arc<Notary>), LedgerError> {
        Ledger::open_sealed(&self.path("data"), options, &self.seal())
    }

    fn open(&self) -> Result<(Ledger, Arc<Notary>), LedgerError> {
        self.open_with(&options(1))
    }

    /// Why it does not open.
    fn refused(&self) -> NotaryError {
        match self.open() {
            Err(LedgerError::Notary(error)) => error,
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("it opened"),
        }
    }

    /// The last segment, opened to be written.
    fn last_segment(&self) -> (PathBuf, Vec<u8>) {
        let path = segment_files(&self.path("data/log")).unwrap().pop().unwrap();
        let bytes = fs::read(&path).unwrap();
        (path, bytes)
    }
}

fn options(seed: u64) -> Options {
    Options { segment_bytes: SEGMENT, ..ledger_options(seed) }
}

/// All files of a folder but its lock.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else if path.file_name().unwrap() != "LOCK" {
            all.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    all
}

/// So many learners' first declarations.
async fn write(ledger: &Ledger, number: u64, learners: u64) {
    for learner in 0..learners {
        let mut row = example();
        row.identity.id_erp = format!("L-{number}-{learner}");
        let (key, command) = declare(ledger, row, 1);
        ledger.execute(meta(number * 1_000 + learner), key, command).await.unwrap();
    }
}

/// What a process leaves that was killed at the worst moment.
fn leave_work(place: &Place) {
    let data = place.path("data");
    // A group that was torn, behind the last whole one.
    let (path, bytes) = place.last_segment();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    let mut file = fs::File::options().write(true).open(&path).unwrap();
    std::io::Seek::seek(&mut file, std::io::SeekFrom::Start(end as u64 + 8)).unwrap();
    file.write_all(b"GRP1 and what became of it").unwrap();
    // A replacement of the key-encryption key, just begun.
    fs::write(data.join("keys/kek.next"), [9; 32]).unwrap();
    fs::write(data.join("keys/rekeying"), []).unwrap();
    // Refused rows that are due to go, and a segment that was being prepared.
    fs::create_dir_all(data.join("quarantine")).unwrap();
    fs::write(data.join("quarantine/2020-01-01.sealed"), b"old").unwrap();
    fs::write(data.join("log/next.prepared"), b"zeros").unwrap();
}

#[tokio::test]
async fn nothing_of_a_log_that_is_not_the_one_signed_is_written() {
    let place = Place::new();
    let (ledger, _) = place.open().unwrap();
    let (key, command) = declare(&ledger, complete(), 1);
    ledger.execute(meta(1), key, command).await.unwrap();
    write(&ledger, 2, 5).await;
    drop(ledger);
    let (data, before) = (place.path("data"), place.path("before"));
    copy(&data, &before);
    let (ledger, notary) = place.open().unwrap();
    write(&ledger, 3, 5).await;
    notary.sign().unwrap();
    drop((ledger, notary));
    fs::remove_dir_all(&data).unwrap();
    copy(&before, &data);

    for begin in ["shorter", "torn"] {
        if begin == "torn" {
            leave_work(&place);
        }
        let (left, apart) = (files(&data), files(&place.path("apart")));
        let refused = place.refused();
        match begin {
            "torn" => assert!(matches!(refused, NotaryError::Torn { .. }), "{refused}"),
            _ => assert!(matches!(refused, NotaryError::Shorter { .. }), "{refused}"),
        }
        assert!(files(&data) == left, "{begin}: something was written");
        assert!(files(&place.path("apart")) == apart, "{begin}: something was written apart");
    }
    // Another log of the same length and more, whose last group is torn.
    fs::remove_file(data.join("keys/kek.next")).unwrap();
    let ledger = Ledger::open(&data, &options(2)).unwrap();
    write(&ledger, 9, 20).await;
    drop(ledger);
    leave_work(&place);
    let left = files(&data);
    let refused = place.refused();
    assert!(matches!(refused, NotaryError::Differs { .. }), "{refused}");
    assert!(files(&data) == left, "something was written");
    // Who is not asked to compare does all that was left.
    drop(Ledger::open(&data, &options(1)).unwrap());
    let (done, names) = (files(&data), ["keys/rekeying", "log/next.prepared"]);
    assert!(names.iter().all(|name| left.contains_key(&data.join(name))));
    assert!(names.iter().all(|name| !done.contains_key(&data.join(name))));
    assert!(!done.contains_key(&data.join("quarantine/2020-01-01.sealed")));
}

#[tokio::test]
async fn what_was_never_acknowledged_is_cut_as_before() {
    let place = Place::new();
    let (ledger, notary) = place.open().unwrap();
    write(&ledger, 1, 5).await;
    let signed = notary.sign().unwrap();
    write(&ledger, 2, 5).await;
    let head = ledger.head();
    drop((ledger, notary));
    leave_work(&place);
    let (ledger, notary) = place.open().unwrap();
    assert_eq!((ledger.head(), notary.newest()), (head, signed));
    let (_, bytes) = place.last_segment();
    assert!(!bytes.windows(8).any(|eight| eight == b"GRP1 and"), "the torn tail is still there");
}

#[tokio::test]
async fn wherever_a_log_was_signed_last_it_is_compared_there() {
    let place = Place::new();
    let (ledger, notary) = place.open().unwrap();
    let mut signed = Vec::new();
    for number in 0..ROUNDS {
        write(&ledger, number, 5 + number % 3).await;
        signed.push(notary.sign().unwrap().text);
    }
    assert!(segment_files(&place.path("data/log")).unwrap().len() > 3);
    let head = ledger.head();
    drop((ledger, notary));
    let checkpoint = place.path("apart/checkpoint");
    let tree = place.path("data/log/tree");
    for (at, text) in signed.iter().enumerate() {
        fs::write(&checkpoint, &**text).unwrap();
        // With the hashes of the tree, whose files may be anybody's, and without them.
        match at % 3 {
            0 => fs::remove_dir_all(&tree).unwrap(),
            1 => {
                let mut level = fs::read(tree.join("level-0")).unwrap();
                level[70] ^= 1;
                fs::write(tree.join("level-0"), level).unwrap();
            }
            _ => {}
        }
        let (ledger, notary) = place.open().unwrap();
        assert_eq!(notary.newest().text, *text);
        assert_eq!(ledger.head(), head);
    }
    // Another log of as many events.
    fs::write(&checkpoint, &*signed[ROUNDS as usize / 2]).unwrap();
    let other = Place::new();
    let clock = Arc::new(ManualClock::new(Instant(NOON + 1)));
    let (ledger, _) = other.open_with(&Options { clock, ..options(1) }).unwrap();
    for number in 0..ROUNDS {
        write(&ledger, number, 5 + number % 3).await;
    }
    assert_eq!(ledger.head().position, head.position);
    drop(ledger);
    fs::remove_dir_all(other.path("apart")).unwrap();
    fs::remove_file(other.path("data/log/name")).unwrap();
    copy(&place.path("apart"), &other.path("apart"));
    assert!(matches!(other.refused(), NotaryError::Differs { .. }));
}

#[tokio::test]
async fn after_an_older_backup_there_is_a_way_on_and_it_is_said() {
    let place = Place::new();
    let (ledger, notary) = place.open().unwrap();
    write(&ledger, 0, 2).await;
    notary.sign().unwrap();
    drop((ledger, notary));
    copy(&place.path("data"), &place.path("backup"));
    let (ledger, notary) = place.open().unwrap();
    write(&ledger, 1, 2).await;
    notary.sign().unwrap();
    drop((ledger, notary));
    // The disk of the data is lost, the folder apart is not.
    fs::remove_dir_all(place.path("data")).unwrap();
    copy(&place.path("backup"), &place.path("data"));
    let new_key = || {
        let seal = notary::Options { new_key: true, ..place.seal() };
        Ledger::open_sealed(&place.path("data"), &options(2), &seal)
    };
    let said = place.refused();
    assert!(matches!(said, NotaryError::Shorter { .. }));
    for word in ["--new-log-key", "move the folder apart", "déplacez le dossier"] {
        assert!(said.to_string().contains(word), "{said}");
    }
    let beside = new_key().map(drop).unwrap_err();
    assert!(matches!(beside, LedgerError::Notary(NotaryError::Shorter { .. })), "{beside}");
    fs::rename(place.path("apart"), place.path("evidence")).unwrap();
    assert!(new_key().is_ok());
    assert!(place.open().is_ok(), "once is enough");
}

#[tokio::test]
async fn an_event_forged_in_a_full_segment_is_in_no_receipt_and_no_bundle() {
    let place = Place::new();
    for round in 0..ROUNDS {
        let (ledger, notary) = place.open().unwrap();
        write(&ledger, round, 2).await;
        notary.sign().unwrap();
    }
    // The first event says another day, in a segment that a start does not read; its checksums are right.
    let path = segment_files(&place.path("data/log")).unwrap().remove(0);
    let mut bytes = fs::read(&path).unwrap();
    let [start, end, ..] = groups(&bytes)[..] else { panic!() };
    bytes[start + 28 + 12 + 47] ^= 1;
    repair_checksums(&mut bytes, start, end);
    fs::write(&path, &bytes).unwrap();
    let (ledger, notary) = place.open().expect("a start does not see it");
    let signed = notary.newest();
    let forged = ledger.journal().read_after(Position(0), 1).unwrap().remove(0);
    let differs = |error| matches!(error, NotaryError::Differs { .. });
    assert!(differs(notary.receipt(&signed, Position(1)).unwrap_err()));
    let request = |stream| BundleRequest {
        about: "contracts/x".to_owned(),
        time: "2026-10-01T12:00:00Z".to_owned(),
        software: "a test".to_owned(),
        streams: vec![stream],
        clear: &|_| None,
    };
    assert!(differs(notary.bundle(&request(forged.header.stream)).unwrap_err()));
    let other = ledger.journal().read_after(Position(signed.checkpoint.size - 1), 1).unwrap();
    assert!(notary.receipt(&signed, Position(signed.checkpoint.size)).is_ok());
    assert!(notary.bundle(&request(other[0].header.stream)).is_ok());
    drop((ledger, notary));
    assert!(fsck(&place.path("data")).unwrap().problem.is_some());
}

/// Says a learner's name anew.
async fn rename(ledger: &Ledger, learner: &str, request: u64) -> Result<Executed, LedgerError> {
    let mut row = example();
    row.identity.id_erp = learner.to_owned();
    row.identity.last_name = format!("NOM {request}");
    let (key, command) = declare(ledger, row, 2);
    ledger.execute(meta(request), key, command).await
}

#[tokio::test]
async fn nothing_is_decided_on_a_history_that_was_forged_in_a_full_segment() {
    let place = Place::new();
    for round in 0..ROUNDS {
        let (ledger, notary) = place.open().unwrap();
        write(&ledger, round, 2).await;
        if round == 0 {
            rename(&ledger, "L-0-0", 900_000).await.unwrap();
        }
        notary.sign().unwrap();
    }
    let path = segment_files(&place.path("data/log")).unwrap().remove(0);
    let genuine = fs::read(&path).unwrap();
    let bounds = groups(&genuine);
    // A declaration is a group of two events, and so is the next one; the new name is the third group.
    let (first, named, day) = (bounds[0], bounds[2], 28 + 12 + 47);
    let title = genuine[first..].windows(11).position(|text| text == b"CAP Cuisine").unwrap();
    for (start, end, at, altered) in [
        // The next event names another leaf.
        (first, bounds[1], day, Some(Position(2))),
        // Nothing follows it, but it is in no tree.
        (named, bounds[3], day, None),
        // The header, which is in the tree, names another body.
        (first, bounds[1], title, Some(Position(1))),
    ] {
        let mut bytes = genuine.clone();
        bytes[start + at] ^= 1;
        repair_checksums(&mut bytes, start, end);
        fs::write(&path, &bytes).unwrap();
        let (ledger, _notary) = place.open().expect("a start does not see it");
        let (head, request) = (ledger.head(), 900_000 + (start + at) as u64);
        match (rename(&ledger, "L-0-0", request).await.unwrap_err(), altered) {
            (LedgerError::Altered(position), Some(expected)) => assert_eq!(position, expected),
            (LedgerError::Notary(NotaryError::Differs { .. }), None) => {}
            (other, _) => panic!("{start}, {at}: {other}"),
        }
        assert_eq!(ledger.head(), head);
        // Whoever else is in the log goes on.
        assert!(rename(&ledger, "L-1-0", request + 1).await.unwrap().receipt.is_some());
        drop(ledger);
    }
    fs::write(&path, &genuine).unwrap();
    let (ledger, _notary) = place.open().unwrap();
    assert!(rename(&ledger, "L-0-0", 990_000).await.unwrap().receipt.is_some());
}

#[tokio::test]
async fn nobody_is_erased_by_a_request_that_was_forged_in_a_full_segment() {
    let place = Place::new();
    let (mut erasure, mut persons) = (None, Vec::new());
    for round in 0..ROUNDS {
        let (ledger, notary) = place.open().unwrap();
        write(&ledger, round, 2).await;
        if round == 0 {
            let records = ledger.journal().read_after(Position(0), 10).unwrap();
            let declared = records.iter().filter(|record| record.header.version.0 == 1);
            persons = declared
                .map(|record| (record.header.stream.key, record.header.sections[0].subject))
                .collect();
            let asked = requested(&ledger, persons[0].0, 900_000).await;
            let reference = Reference::parse("DPO/2026-17").unwrap();
            let basis = LegalBasis::Objection;
            ledger.decide_erasure(meta(900_001), asked, true, basis, reference).await.unwrap();
            erasure = Some(asked);
        }
        notary.sign().unwrap();
    }
    // The request names the other learner.
    let path = segment_files(&place.path("data/log")).unwrap().remove(0);
    let genuine = fs::read(&path).unwrap();
    let bounds = groups(&genuine);
    let mut bytes = genuine.clone();
    let (one, other) = (persons[0].1.0, persons[1].1.0);
    let at = bytes[bounds[2]..bounds[3]].windows(16).position(|id| id == one).unwrap();
    bytes[bounds[2] + at..][..16].copy_from_slice(&other);
    repair_checksums(&mut bytes, bounds[2], bounds[3]);
    fs::write(&path, &bytes).unwrap();
    let (ledger, notary) = place.open().expect("a start does not see it");
    let head = ledger.head();
    let refused = ledger.execute_erasure(meta(900_002), erasure.unwrap(), &[]).await;
    assert!(matches!(refused, Err(LedgerError::Altered(_))), "{refused:?}");
    assert_eq!(ledger.head(), head);
    assert!(persons.iter().all(|(key, _)| opens(&ledger, *key)), "nobody was erased");
    drop((ledger, notary));
    fs::write(&path, &genuine).unwrap();
    let (ledger, _notary) = place.open().unwrap();
    ledger.execute_erasure(meta(900_003), erasure.unwrap(), &[]).await.unwrap();
    let left: Vec<bool> = persons.iter().map(|(key, _)| opens(&ledger, *key)).collect();
    assert_eq!(left, [false, true]);
}
