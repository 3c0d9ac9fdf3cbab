//! What the log signs never goes backwards, and what it does not begin with is refused.

use crate::stops::Stops;
use crate::support::{append, clock, copy, embedded, journal_options, stream};
use domain::ids::Position;
use ledger::journal::embedded::EmbeddedJournal;
use ledger::journal::{Head, Journal};
use ledger::notary::{BundleRequest, Notary, NotaryError, Options, newest_signed};
use ledger::random::SeededRandom;
use ledger::record::Expected;
use ledger::tree::TreeError;
use seal::{Checkpoint, Policy, Tile, VerifierKey, leaf_hash, verify_consistency};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

struct Signed {
    folder: TempDir,
    journal: Arc<dyn Journal>,
}

impl Signed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = embedded(&folder.path().join("data/log"));
        Self { folder, journal }
    }

    async fn write(&self, of: u8, number: u64, events: u64) -> Head {
        let request = append(stream(of), Expected::Any, number, events);
        self.journal.append(request).await.unwrap();
        self.journal.head()
    }

    fn apart(&self) -> PathBuf {
        self.folder.path().join("apart")
    }

    fn options(&self) -> Options {
        let options = Options::new(&self.folder.path().join("data"), &self.apart());
        Options { random: Arc::new(SeededRandom::new(5)), ..options }
    }

    fn open(&self) -> Result<Notary, NotaryError> {
        Notary::open(Arc::clone(&self.journal), &self.options())
    }
}

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn the_head_is_signed_and_kept_apart() {
    let log = Signed::new();
    let notary = log.open().unwrap();
    let head = log.write(1, 1, 3).await;
    let signed = notary.sign().unwrap();
    assert_eq!((signed.checkpoint.size, signed.checkpoint.root), (3, head.root));
    let (read, _) =
        Checkpoint::open(text(&log.apart().join("checkpoint")).as_bytes(), notary.log()).unwrap();
    assert_eq!(
        (&read, &*text(&log.apart().join("checkpoint"))),
        (&signed.checkpoint, &*signed.text)
    );
    let newer = log.write(2, 2, 2).await;
    let again = notary.sign().unwrap();
    assert_eq!((again.checkpoint.size, again.checkpoint.root), (5, newer.root));
    assert_eq!(text(&log.apart().join("checkpoint")), *again.text);
    assert_eq!(notary.sign().unwrap(), again, "nothing new is signed twice");
    let key: VerifierKey = notary.log().to_string().parse().unwrap();
    drop(notary);
    let reopened = log.open().unwrap();
    assert_eq!((reopened.log(), reopened.newest()), (&key, again));
    assert_eq!(newest_signed(&log.options()).unwrap().unwrap().size, 5, "who reads needs no lock");
    drop(reopened);
    let apart = PathBuf::from("/nonexistent/apart");
    assert_eq!(newest_signed(&Options { apart, ..log.options() }).unwrap(), None);
}

#[tokio::test]
async fn two_servers_never_sign_for_one_log() {
    let log = Signed::new();
    let _first = log.open().unwrap();
    assert!(matches!(log.open(), Err(NotaryError::Locked(_))));
}

#[tokio::test]
async fn the_key_and_the_checkpoint_go_together() {
    let log = Signed::new();
    drop(log.open().unwrap());
    log.write(1, 1, 1).await;
    for name in ["key", "checkpoint"] {
        let (path, aside) = (log.apart().join(name), log.apart().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        assert!(matches!(log.open(), Err(NotaryError::Missing { .. })), "without {name}");
        std::fs::rename(&aside, &path).unwrap();
    }
    // A crash between the two, at the beginning: the key has not got its name.
    std::fs::rename(log.apart().join("key"), log.apart().join("key-new")).unwrap();
    assert_eq!(log.open().unwrap().newest().checkpoint.size, 0);
    std::fs::write(log.apart().join("key"), "PRIVATE+KEY+x+00000000+AAAA\n").unwrap();
    assert!(matches!(log.open(), Err(NotaryError::Key { .. })));
}

#[tokio::test]
async fn a_changed_checkpoint_is_not_believed() {
    let log = Signed::new();
    let notary = log.open().unwrap();
    log.write(1, 1, 4).await;
    notary.sign().unwrap();
    drop(notary);
    let path = log.apart().join("checkpoint");
    let right = text(&path);
    std::fs::write(&path, right.replace("\n4\n", "\n3\n")).unwrap();
    assert!(matches!(log.open(), Err(NotaryError::Checkpoint { .. })));
    std::fs::write(&path, right).unwrap();
    log.open().unwrap();
}

#[tokio::test]
async fn a_checkpoint_that_somebody_else_replaced_stops_the_signing() {
    let log = Signed::new();
    let notary = log.open().unwrap();
    log.write(1, 1, 4).await;
    notary.sign().unwrap();
    let path = log.apart().join("checkpoint");
    let right = text(&path);
    std::fs::write(&path, "another\n").unwrap();
    log.write(1, 2, 4).await;
    assert!(matches!(notary.sign(), Err(NotaryError::Replaced(_))));
    assert_eq!(notary.newest().checkpoint.size, 4, "nothing was given out");
    std::fs::write(&path, right).unwrap();
    assert_eq!(notary.sign().unwrap().checkpoint.size, 8);
}

#[tokio::test]
async fn a_checkpoint_that_failed_half_way_is_ones_own() {
    let log = Signed::new();
    let disk = Stops::after(u64::MAX, false);
    let options = Options { disk: Arc::new(disk.clone()), ..log.options() };
    let notary = Notary::open(Arc::clone(&log.journal), &options).unwrap();
    for steps in 0..5 {
        log.write(1, 100 + steps, 2).await;
        let before = notary.newest();
        // Made, written, synced, named, and that synced.
        disk.stop_after(steps);
        assert!(matches!(notary.sign(), Err(NotaryError::Io { .. })), "after {steps} steps");
        assert_eq!(notary.newest(), before, "nothing was given out");
        disk.stop_after(u64::MAX);
        log.write(1, 200 + steps, 2).await;
        assert_eq!(notary.sign().unwrap().checkpoint.size, before.checkpoint.size + 4);
    }
}

#[tokio::test]
async fn a_log_that_is_shorter_or_another_is_refused() {
    let log = Signed::new();
    let notary = log.open().unwrap();
    log.write(1, 1, 2).await;
    let before = log.folder.path().join("before");
    copy(&log.folder.path().join("data"), &before);
    log.write(1, 2, 2).await;
    notary.sign().unwrap();
    drop(notary);
    let Signed { folder, journal } = log;
    drop(journal);
    let data = folder.path().join("data");
    std::fs::remove_dir_all(&data).unwrap();
    copy(&before, &data);
    let reopen = || {
        let options = journal_options(clock());
        Arc::new(EmbeddedJournal::open(&data.join("log"), &options).unwrap())
    };
    let old = Signed { folder, journal: reopen() };
    let refused = old.open().unwrap_err();
    assert!(matches!(refused, NotaryError::Shorter { signed: 4, found: 2 }), "{refused}");
    // As many events as were signed, and others.
    old.write(3, 77, 2).await;
    let refused = old.open().unwrap_err();
    assert!(matches!(refused, NotaryError::Differs { size: 4 }), "{refused}");
    old.write(3, 78, 5).await;
    assert!(matches!(old.open(), Err(NotaryError::Differs { size: 4 })));
}

#[tokio::test]
async fn another_folder_apart_or_an_emptied_one_is_refused_until_a_new_key_is_asked_for() {
    let log = Signed::new();
    let name = log.folder.path().join("data/log/name");
    let new_key = || {
        let options =
            Options { new_key: true, random: Arc::new(SeededRandom::new(6)), ..log.options() };
        Notary::open(Arc::clone(&log.journal), &options)
    };
    // What is new needs nothing.
    let notary = log.open().unwrap();
    let first = notary.log().to_string();
    assert_eq!(text(&name), format!("{first}\n"));
    log.write(1, 1, 4).await;
    notary.sign().unwrap();
    drop(notary);
    assert!(matches!(new_key(), Err(NotaryError::Needless { .. })));
    // An old folder has no name yet, and gets it when it compares well.
    std::fs::remove_file(&name).unwrap();
    drop(log.open().unwrap());
    assert_eq!(text(&name), format!("{first}\n"));

    // Emptied, or named wrongly: also of a log that signed before it was named, and of one without events.
    let aside = log.folder.path().join("aside");
    std::fs::rename(log.apart(), &aside).unwrap();
    let Err(refused) = log.open() else { panic!("it began anew") };
    assert!(matches!(refused, NotaryError::Unsigned { events: 4, .. }), "{refused}");
    for told in ["--seal-dir", "--new-log-key", "Rien n'a été modifié", first.as_str()] {
        assert!(refused.to_string().contains(told), "{told} is not in {refused}");
    }
    std::fs::remove_file(&name).unwrap();
    assert!(matches!(log.open(), Err(NotaryError::Unsigned { events: 4, .. })));
    assert!(!log.apart().exists() && !name.exists(), "a refusal makes nothing");
    std::fs::write(&name, format!("{first}\n")).unwrap();
    let empty = Signed::new();
    drop(empty.open().unwrap());
    std::fs::remove_dir_all(empty.apart()).unwrap();
    assert!(matches!(empty.open(), Err(NotaryError::Unsigned { events: 0, .. })));

    // Another log's, be it without an event.
    let other = Signed::new();
    let options = Options { random: Arc::new(SeededRandom::new(7)), ..other.options() };
    drop(Notary::open(Arc::clone(&other.journal), &options).unwrap());
    copy(&other.apart(), &log.apart());
    let Err(refused) = log.open() else { panic!("it signs with another log's key") };
    assert!(matches!(refused, NotaryError::OtherLog { .. }), "{refused}");
    assert!(refused.to_string().contains(&first), "{refused}");
    assert!(matches!(newest_signed(&log.options()), Err(NotaryError::OtherLog { .. })));
    std::fs::remove_dir_all(log.apart()).unwrap();

    // Told, it signs under another name, which the data keep beside the old one.
    let notary = new_key().unwrap();
    let second = notary.log().to_string();
    assert_ne!(first, second);
    assert_eq!(text(&name), format!("{first}\n{second}\n"));
    log.write(1, 2, 4).await;
    notary.sign().unwrap();
    drop(notary);
    assert!(matches!(new_key(), Err(NotaryError::Needless { .. })));
    drop(log.open().unwrap());
    // Killed before the name was there, it is asked again.
    std::fs::write(&name, format!("{first}\n")).unwrap();
    assert!(matches!(log.open(), Err(NotaryError::OtherLog { .. })));
    drop(new_key().unwrap());
    assert_eq!(text(&name), format!("{first}\n{second}\n"));
    for damaged in ["", "x\n", first.as_str()] {
        std::fs::write(&name, damaged).unwrap();
        assert!(matches!(log.open(), Err(NotaryError::Name(_))), "{damaged:?}");
    }
}

#[tokio::test]
async fn receipts_are_proven_from_a_signed_tree() {
    let log = Signed::new();
    let notary = log.open().unwrap();
    let request = append(stream(1), Expected::Any, 1, 5);
    let receipt = log.journal.append(request).await.unwrap();
    for line in &receipt.lines {
        let (proof, _) = notary.prove(line.position).unwrap();
        let proof = seal::TlogProof::parse(proof.to_string().as_bytes()).unwrap();
        assert_eq!(proof.index + 1, line.position.0);
        proof.verify(&line.leaf, notary.log()).unwrap();
    }
    for outside in [0, 6] {
        let refused = notary.prove(Position(outside)).unwrap_err();
        assert!(matches!(refused, NotaryError::Tree(TreeError::Outside)), "{refused}");
    }
    let (old, new) = (notary.newest().checkpoint, log.write(2, 2, 9).await);
    assert_eq!(notary.tile(Tile { level: 0, index: 0, width: 6 }).unwrap(), None, "not signed yet");
    notary.sign().unwrap();
    assert_eq!(notary.tile(Tile { level: 0, index: 0, width: 6 }).unwrap().unwrap().len(), 6);
    let proof = notary.consistency(old.size, 14).unwrap();
    verify_consistency((old.size, &old.root), (14, &new.root), &proof).unwrap();
}

#[tokio::test]
async fn a_damaged_file_of_the_tree_is_made_again_where_it_is_needed() {
    let log = Signed::new();
    let options = Options { tree_in_memory: 500, ..log.options() };
    let open = || Notary::open(Arc::clone(&log.journal), &options).unwrap();
    let notary = open();
    for number in 0..300 {
        log.write(1, number, 5).await;
    }
    notary.sign().unwrap();
    drop(notary);
    let level = log.folder.path().join("data/log/tree/level-0");
    let mut bytes = std::fs::read(&level).unwrap();
    bytes[32 * 10] ^= 1;
    std::fs::write(&level, &bytes).unwrap();
    let notary = open();
    let (proof, _) = notary.prove(Position(11)).unwrap();
    let record = log.journal.read_after(Position(10), 1).unwrap().remove(0);
    proof.verify(&leaf_hash(&record.header_bytes), notary.log()).unwrap();
}

#[tokio::test]
async fn a_bundle_is_the_whole_history_as_of_the_signature() {
    let log = Signed::new();
    let notary = log.open().unwrap();
    for number in 0..40 {
        log.write((number % 3) as u8 + 1, number, number % 4 + 1).await;
    }
    let request = BundleRequest {
        about: "contracts/x".to_owned(),
        time: "2026-10-01T12:00:00Z".to_owned(),
        software: "a test".to_owned(),
        streams: vec![stream(2), stream(3)],
        clear: &|record| (record.position.0 % 2 == 0).then(|| "{}".to_owned()),
    };
    let bytes = notary.bundle(&request).unwrap();
    assert_eq!(notary.bundle(&request).unwrap(), bytes, "the same bytes for the same question");
    let policy = Policy::of_log(notary.log().clone());
    let report = seal::bundle::verify(&bytes, &policy).unwrap();
    assert_eq!((report.about.as_str(), report.checkpoint.size), ("contracts/x", 100));
    for (told, of) in report.streams.iter().zip([2, 3]) {
        let read =
            log.journal.read_stream(stream(of), Default::default(), Position(100), 100).unwrap();
        assert_eq!(told.events.len(), read.len());
        for (event, record) in told.events.iter().zip(&read) {
            assert_eq!(event.index + 1, record.position.0);
            assert_eq!((event.header, event.body), (&record.header_bytes[..], &record.body[..]));
            assert_eq!(event.clear.is_some(), record.position.0 % 2 == 0);
        }
    }
    let none = BundleRequest { streams: vec![stream(9)], ..request };
    assert!(matches!(notary.bundle(&none), Err(NotaryError::NoHistory)));
}
