//! Older copies put back beside the fences of now: erased again, once, and then the log is at rest.

use crate::erasure::{again, apolline, opens, other, requested, told};
use crate::support::copy;
use crate::support::{ledger_options, meta};
use domain::erasure::{LegalBasis, Reference};
use domain::ids::StreamKey;
use ledger::Ledger;
use ledger::fsck::fsck;
use std::path::Path;

/// Small segments, so that a log of a few dossiers has several.
fn options() -> ledger::Options {
    ledger::Options { segment_bytes: 16 * 1024, ..ledger_options(1) }
}

async fn erase(ledger: &Ledger, hers: StreamKey) {
    let erasure = requested(ledger, hers, 150).await;
    let reference = Reference::parse("DPO/1").unwrap();
    let decided = ledger.decide_erasure(meta(151), erasure, true, LegalBasis::Objection, reference);
    decided.await.unwrap();
    ledger.execute_erasure(meta(152), erasure, &[]).await.unwrap();
}

fn put_back(folder: &Path, older: &Path, what: &str) {
    let there = folder.join(what);
    if older.join(what).is_dir() {
        std::fs::remove_dir_all(&there).unwrap();
        copy(&older.join(what), &there);
    } else {
        std::fs::copy(older.join(what), &there).unwrap();
    }
}

/// What a start adds to the fences: lines, when the log was read for the erased again.
fn lines_of_a_start(folder: &Path) -> u64 {
    let length = || std::fs::metadata(folder.join("keys/fences")).unwrap().len();
    let before = length();
    drop(Ledger::open(folder, &options()).unwrap());
    (length() - before) / 96
}

#[tokio::test]
async fn keys_from_before_her_and_a_log_with_her_in_it_start_and_she_is_erased() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), &options()).unwrap();
    let kept = told(&ledger, 2, other(2)).await;
    let keys = again(folder.path());
    let hers = told(&ledger, 4, apolline()).await;
    let log = again(folder.path());
    erase(&ledger, hers).await;
    drop(ledger);
    for with_log in [true, false] {
        let folder = again(folder.path());
        put_back(folder.path(), keys.path(), "keys/subjects");
        std::fs::remove_dir_all(folder.path().join("keys/index")).unwrap();
        if with_log {
            put_back(folder.path(), log.path(), "log");
        }
        let ledger = Ledger::open(folder.path(), &options()).unwrap();
        assert!(!opens(&ledger, hers) && opens(&ledger, kept));
        drop(ledger);
        assert_eq!(lines_of_a_start(folder.path()), 0, "and then it is at rest");
        let report = fsck(folder.path()).unwrap();
        assert!(report.is_right() && report.erased > 5, "{report:?}");
    }
}

#[tokio::test]
async fn a_shorter_log_is_read_once_for_the_witnesses_past_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), &options()).unwrap();
    for n in 10..12 {
        told(&ledger, n, other(n)).await;
    }
    let before_her = again(folder.path());
    let first = told(&ledger, 2, apolline()).await;
    let with_her = again(folder.path());
    for n in 20..60 {
        told(&ledger, n, other(n)).await;
    }
    let mut amended = apolline();
    amended.contact.address = Some("3 rue des Lilas".to_owned());
    told(&ledger, 4, amended).await;
    erase(&ledger, first).await;
    drop(ledger);
    assert_eq!(lines_of_a_start(folder.path()), 0);
    for (older, hers) in [(&before_her, false), (&with_her, true)] {
        let folder = again(folder.path());
        put_back(folder.path(), older.path(), "log");
        let lines = lines_of_a_start(folder.path());
        assert!(lines > 0, "an older copy is known by its witness");
        assert_eq!(lines_of_a_start(folder.path()), 0, "and settled by one reading");
        let report = fsck(folder.path()).unwrap();
        assert!(report.is_right() && (report.erased > 5) == hers, "{report:?}");
        // It grows again over the positions of the witnesses, with others.
        let ledger = Ledger::open(folder.path(), &options()).unwrap();
        for n in 20..60 {
            told(&ledger, n, other(n)).await;
        }
        drop(ledger);
        lines_of_a_start(folder.path());
        assert_eq!(lines_of_a_start(folder.path()), 0);
        assert!(fsck(folder.path()).unwrap().is_right());
        // The whole log from before the erasure is known still.
        put_back(folder.path(), older.path(), "log");
        drop(Ledger::open(folder.path(), &options()).unwrap());
        assert_eq!(fsck(folder.path()).unwrap().erased > 5, hers);
    }
}
