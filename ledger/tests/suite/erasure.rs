//! A person erased: by a decision, for good, whatever is killed or put back.

use crate::stops::Stops;
use crate::support::{
    NOON, complete, copy, declare, example, ledger, ledger_options, meta, source,
};
use domain::dossier::Declaration;
use domain::enrolment::Claimed;
use domain::erasure::{ErasureError, LegalBasis, Reference, Requester};
use domain::ids::{Category, Instant, Position, RunId, StreamId, StreamKey};
use domain::text::Text;
use ledger::erasure::{About, Certificate};
use ledger::fsck::fsck;
use ledger::quarantine::{Fault, RefusedRow};
use ledger::record::Content;
use ledger::vault::VaultError;
use ledger::{Ledger, LedgerError};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const WORDS: [&str; 5] = ["Quesnelle", "Apolline", "1234567890K", "apolline@exemple.fr", "A-77"];

/// The person who is erased: a complete row, and words of her own.
pub fn apolline() -> Declaration {
    let mut row = complete();
    row.identity.last_name = WORDS[0].to_owned();
    row.identity.first_name = WORDS[1].to_owned();
    row.identity.ine = Some(Claimed { text: WORDS[2].to_owned(), verified: true });
    row.contact.email = Some(WORDS[3].to_owned());
    row.identity.id_erp = WORDS[4].to_owned();
    row
}

pub fn other(n: u8) -> Declaration {
    let mut row = if n.is_multiple_of(2) { complete() } else { example() };
    row.identity.id_erp = format!("L-{n}");
    row
}

pub async fn told(ledger: &Ledger, n: u8, row: Declaration) -> StreamKey {
    let (key, command) = declare(ledger, row, n);
    ledger.execute(meta(u64::from(n)), key, command).await.unwrap().stream
}

pub fn refused(row: u32) -> RefusedRow {
    let errors = vec![Fault {
        field: "siret".to_owned(),
        rule: "SIRET_KEY".to_owned(),
        text: Text::new("wrong", "faux"),
    }];
    RefusedRow {
        source: source("erp-one"),
        run: RunId([1; 16]),
        row,
        refused_at: Instant(NOON),
        errors,
    }
}

/// A ledger with Apolline among others, and what is hers.
pub struct Begun {
    pub folder: tempfile::TempDir,
    pub hers: StreamKey,
    others: Vec<StreamKey>,
    /// The erasure that was granted.
    pub erasure: StreamKey,
    /// Every section under her keys, as it was.
    pub sealed: Vec<Vec<u8>>,
}

pub async fn begun() -> Begun {
    begun_with(&ledger_options(1)).await
}

pub async fn begun_with(options: &ledger::Options) -> Begun {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), options).unwrap();
    let mut others = vec![told(&ledger, 1, other(1)).await];
    let hers = told(&ledger, 2, apolline()).await;
    others.push(told(&ledger, 3, other(3)).await);
    let mut amended = apolline();
    amended.contact.address = Some("3 rue des Lilas".to_owned());
    told(&ledger, 4, amended).await;
    others.push(told(&ledger, 6, other(6)).await);
    let rows = ["nom;QUESNELLE;Apolline", "Durand;L-9", "x;A-77;y", "APOLLINE@exemple.fr;"];
    for (row, content) in (1..).zip(rows) {
        ledger.quarantine().keep(refused(row), content.as_bytes()).unwrap();
    }
    let stream = StreamId { category: Category::Enrolment, key: hers };
    let mut sealed = Vec::new();
    let events = ledger.read_stream(stream, None, false).unwrap();
    for event in &events {
        for (named, content) in event.header.sections.iter().zip(&event.sections) {
            // Not the referent, who is another person.
            if let Content::Sealed(bytes) = content
                && named.kind != 5
            {
                sealed.push(bytes.to_vec());
            }
        }
    }
    let erasure = requested(&ledger, hers, 50).await;
    let reference = Reference::parse("DPO/2026-17").unwrap();
    let decided = ledger.decide_erasure(meta(51), erasure, true, LegalBasis::Objection, reference);
    decided.await.unwrap();
    drop(ledger);
    Begun { folder, hers, others, erasure, sealed }
}

pub async fn requested(ledger: &Ledger, enrolment: StreamKey, n: u64) -> StreamKey {
    let about = About { enrolments: vec![enrolment], ..About::default() };
    let day = "2026-09-30".parse().unwrap();
    ledger.request_erasure(meta(n), about, Requester::Person, day).await.unwrap().0
}

pub async fn erase(ledger: &Ledger, erasure: StreamKey) -> Result<Certificate, LedgerError> {
    ledger.execute_erasure(meta(52), erasure, &[]).await
}

pub fn again(of: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(of, folder.path());
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// In how many files of a folder some bytes are.
pub fn hits(folder: &Path, bytes: &[u8]) -> usize {
    let holds = |path: &PathBuf| {
        let file = std::fs::read(path).unwrap();
        file.windows(bytes.len()).any(|part| part == bytes)
    };
    files(folder).iter().filter(|path| holds(path)).count()
}

pub fn opens(ledger: &Ledger, key: StreamKey) -> bool {
    let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
    state.current.unwrap().identity.clear().is_some()
}

/// Everything that must be true once she is erased.
fn is_gone(begun: &Begun, folder: &Path) {
    let ledger = Ledger::open(folder, &ledger_options(9)).unwrap();
    assert!(!opens(&ledger, begun.hers));
    assert!(begun.others.iter().all(|key| opens(&ledger, *key)), "all others open");
    let stream = StreamId { category: Category::Enrolment, key: begun.hers };
    for event in ledger.read_stream(stream, None, true).unwrap() {
        for (named, content) in event.header.sections.iter().zip(&event.sections) {
            assert_eq!(*content == Content::Erased, named.kind != 5);
        }
    }
    let rows = ledger.quarantine().list(None, None, 9).unwrap();
    let kept = rows.iter().map(|row| ledger.quarantine().content(&row.place).unwrap().is_some());
    assert_eq!(kept.collect::<Vec<_>>(), [false, false, true, false], "newest first");
    let found = ledger.erasure(begun.erasure).unwrap().unwrap();
    assert!(found.certificate.is_some());
    drop(ledger);
    for sealed in &begun.sealed {
        assert_eq!(hits(folder, sealed), 0);
    }
    assert_eq!(hits(folder, b"Quesnelle") + hits(folder, b"apolline@exemple.fr"), 0);
    let report = fsck(folder).unwrap();
    assert!(report.is_right(), "{report:?}");
    assert_eq!(report.keys.erased, 2, "she and her legal representatives");
}

#[tokio::test]
async fn before_it_everything_opens_and_after_it_nothing_does() {
    let begun = begun().await;
    let folder = begun.folder.path();
    assert!(begun.sealed.iter().all(|sealed| hits(folder, sealed) == 1) && begun.sealed.len() > 8);
    let ledger = ledger(folder);
    assert!(opens(&ledger, begun.hers));
    let mut amended = apolline();
    amended.contact.address = Some("4 rue des Lilas".to_owned());
    let (_, amend) = declare(&ledger, amended, 9);
    assert!(ledger.decide(begun.hers, &amend).is_ok());
    let root = ledger.head();
    let leaves = |ledger: &Ledger| -> Vec<_> {
        let all = ledger.read_after(Position(0), 1000).unwrap();
        all.iter().map(|event| event.leaf).take(root.position.0 as usize).collect()
    };
    let before = leaves(&ledger);
    let certificate = erase(&ledger, begun.erasure).await.unwrap();
    assert_eq!(certificate.sections, begun.sealed.len() as u64);
    assert_eq!(certificate.position, Position(root.position.0 + 1));
    assert_eq!(certificate.enrolments, [begun.hers]);
    assert_eq!(leaves(&ledger), before, "no leaf changed");
    assert!(!opens(&ledger, begun.hers), "at once");
    let decided = ledger.decide(begun.hers, &amend);
    assert!(decided.is_err(), "nor does memory remember her: {decided:?}");
    let entries = std::fs::read(folder.join("keys/subjects")).unwrap();
    let of_her = |entry: &&[u8]| {
        certificate.subjects.iter().any(|subject| &entry[4..20] == subject.as_bytes())
    };
    let entries: Vec<&[u8]> = entries[32..].chunks(116).filter(of_her).collect();
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry[0] == 2 && entry[36..108] == [0; 72]), "no key");
    assert!(begun.others.iter().all(|key| opens(&ledger, *key)));
    let twice = erase(&ledger, begun.erasure).await.unwrap();
    assert_eq!(twice, certificate, "done again it is the same");
    assert_eq!(twice.text(), certificate.text());
    for word in ["Attestation d'effacement", "Certificate of erasure", "DPO/2026-17", "17(1)(c)"] {
        assert!(certificate.text().contains(word), "{word}");
    }
    drop(ledger);
    is_gone(&begun, folder);
}

#[tokio::test]
async fn nothing_is_written_of_her_any_more_and_all_others_go_on() {
    let begun = begun().await;
    let ledger = ledger(begun.folder.path());
    erase(&ledger, begun.erasure).await.unwrap();
    let mut row = apolline();
    row.training.certification.rncp = None;
    let mut amended = apolline();
    amended.contact.phone = None;
    for (n, row) in [(20, row), (21, amended)] {
        let (key, command) = declare(&ledger, row, n);
        let refused = ledger.execute(meta(u64::from(n)), key, command).await.unwrap_err();
        assert!(
            matches!(refused, LedgerError::Vault(VaultError::Erased(_)) | LedgerError::Command(_)),
            "{refused}"
        );
    }
    told(&ledger, 22, other(22)).await;
}

#[tokio::test]
async fn nobody_is_erased_without_a_decision_that_grants_it() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let hers = told(&ledger, 2, apolline()).await;
    let about = About { enrolments: vec![StreamKey([3; 16])], ..About::default() };
    let day = "2026-09-30".parse().unwrap();
    let nobody = ledger.request_erasure(meta(40), about, Requester::Person, day).await;
    assert!(matches!(nobody, Err(LedgerError::Erasure(ErasureError::Nobody))));
    let erasure = requested(&ledger, hers, 41).await;
    let early = erase(&ledger, erasure).await;
    assert!(matches!(early, Err(LedgerError::Erasure(ErasureError::NotDecided))));
    let reference = Reference::parse("DPO/1").unwrap();
    let decided = |granted, basis| {
        ledger.decide_erasure(meta(42), erasure, granted, basis, reference.clone())
    };
    let wrong = decided(true, LegalBasis::PublicTask).await;
    assert!(matches!(wrong, Err(LedgerError::Erasure(ErasureError::Basis { .. }))));
    decided(false, LegalBasis::PublicTask).await.unwrap();
    let refused = erase(&ledger, erasure).await;
    assert!(matches!(refused, Err(LedgerError::Erasure(ErasureError::Refused))));
    assert!(opens(&ledger, hers));
    told(&ledger, 5, other(5)).await;
    let listed = ledger.erasures_before(Position(u64::MAX), 9).unwrap();
    assert_eq!(listed.iter().map(|(_, found)| found.id).collect::<Vec<_>>(), [erasure]);
}

#[tokio::test]
async fn killed_at_every_step_she_is_erased_whole_or_not_at_all() {
    let begun = begun().await;
    let (mut whole, mut not) = (0, 0);
    for torn in [false, true] {
        for step in 0.. {
            let folder = again(begun.folder.path());
            let disk = Stops::after(u64::MAX, torn);
            let mut options = ledger_options(9);
            options.disk = Arc::new(disk.clone());
            let ledger = Ledger::open(folder.path(), &options).unwrap();
            disk.stop_after(step);
            let ended = erase(&ledger, begun.erasure).await.is_ok();
            drop(ledger);
            let ledger = Ledger::open(folder.path(), &ledger_options(10)).unwrap();
            let state = ledger.erasure(begun.erasure).unwrap().unwrap().state;
            if state.erased.is_some() {
                whole += 1;
            } else {
                assert!(!ended && opens(&ledger, begun.hers), "{step}: nothing happened");
                erase(&ledger, begun.erasure).await.unwrap();
                not += 1;
            }
            drop(ledger);
            is_gone(&begun, folder.path());
            if ended {
                break;
            }
        }
    }
    assert!(whole > 30 && not >= 2, "{whole} {not}");
}

#[tokio::test]
async fn killed_while_the_next_start_ends_it_the_one_after_does() {
    let begun = begun().await;
    for first in [4, 12, 20, 28] {
        for step in (0..).step_by(3) {
            let folder = again(begun.folder.path());
            let disk = Stops::after(u64::MAX, true);
            let mut options = ledger_options(9);
            options.disk = Arc::new(disk.clone());
            let ledger = Ledger::open(folder.path(), &options).unwrap();
            disk.stop_after(first);
            assert!(erase(&ledger, begun.erasure).await.is_err());
            drop(ledger);
            disk.stop_after(step);
            let ended = Ledger::open(folder.path(), &options).is_ok();
            is_gone(&begun, folder.path());
            if ended {
                break;
            }
        }
    }
}

/// A folder in which she is erased, and one from before.
async fn erased() -> (Begun, tempfile::TempDir) {
    let begun = begun().await;
    let before = again(begun.folder.path());
    let ledger = ledger(begun.folder.path());
    erase(&ledger, begun.erasure).await.unwrap();
    // Somebody else after her, so that the logs differ in more than her end.
    told(&ledger, 30, other(31)).await;
    drop(ledger);
    is_gone(&begun, begun.folder.path());
    (begun, before)
}

#[tokio::test]
async fn an_older_copy_of_the_keys_is_erased_again_before_anything_is_read() {
    let (begun, before) = erased().await;
    for index in [false, true] {
        for with_fences in [true, false] {
            let folder = again(begun.folder.path());
            let keys = folder.path().join("keys");
            // The newest person has no key in the older copy: the log would be refused for that.
            let mut older = std::fs::read(before.path().join("keys/subjects")).unwrap();
            let newer = std::fs::read(keys.join("subjects")).unwrap();
            older.extend_from_slice(&newer[older.len()..]);
            std::fs::write(keys.join("subjects"), older).unwrap();
            if !with_fences {
                std::fs::remove_file(keys.join("fences")).unwrap();
            }
            if !index {
                let _ = std::fs::remove_dir_all(keys.join("index"));
            }
            is_gone(&begun, folder.path());
        }
    }
}

#[tokio::test]
async fn an_older_copy_of_the_log_is_erased_again_before_anything_is_read() {
    let (begun, before) = erased().await;
    let folder = again(begun.folder.path());
    std::fs::remove_dir_all(folder.path().join("log")).unwrap();
    copy(&before.path().join("log"), &folder.path().join("log"));
    let ledger = Ledger::open(folder.path(), &ledger_options(9)).unwrap();
    assert!(!opens(&ledger, begun.hers));
    assert!(begun.others.iter().all(|key| opens(&ledger, *key)));
    drop(ledger);
    assert!(begun.sealed.iter().all(|sealed| hits(folder.path(), sealed) == 0));
    assert!(fsck(folder.path()).unwrap().is_right());
}

#[tokio::test]
async fn an_older_copy_of_one_segment_is_erased_again_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut options = ledger_options(1);
    options.segment_bytes = 16 * 1024;
    let opened = Ledger::open(folder.path(), &options).unwrap();
    let hers = told(&opened, 2, apolline()).await;
    for n in 10..40 {
        told(&opened, n, other(n)).await;
    }
    let erasure = requested(&opened, hers, 150).await;
    let reference = Reference::parse("DPO/1").unwrap();
    let decided = opened.decide_erasure(meta(151), erasure, true, LegalBasis::Objection, reference);
    decided.await.unwrap();
    let first = folder.path().join("log/00000000000000000001.segment");
    let older = std::fs::read(&first).unwrap();
    erase(&opened, erasure).await.unwrap();
    drop(opened);
    assert!(files(&folder.path().join("log")).len() > 3, "several segments");
    assert_ne!(std::fs::read(&first).unwrap(), older);
    std::fs::write(&first, &older).unwrap();
    drop(Ledger::open(folder.path(), &options).unwrap());
    let report = fsck(folder.path()).unwrap();
    assert!(report.is_right() && report.erased > 5, "{report:?}");
    assert_ne!(std::fs::read(&first).unwrap(), older, "erased again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn those_who_write_of_her_meanwhile_are_refused_or_erased_with_her() {
    for round in 0..4_u8 {
        let begun = begun().await;
        let opened = Arc::new(ledger(begun.folder.path()));
        let writers: Vec<_> = (0..6_u8)
            .map(|n| {
                let ledger = Arc::clone(&opened);
                tokio::spawn(async move {
                    for m in 0..10_u8 {
                        let mut row = apolline();
                        row.contact.address = Some(format!("{n} rue {m}"));
                        let number = 100 + n * 10 + m;
                        let (key, command) = declare(&ledger, row, number);
                        let _ = ledger.execute(meta(u64::from(number)), key, command).await;
                    }
                })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(u64::from(round) * 3)).await;
        erase(&opened, begun.erasure).await.unwrap();
        for writer in writers {
            writer.await.unwrap();
        }
        assert!(!opens(&opened, begun.hers));
        drop(opened);
        is_gone(&begun, begun.folder.path());
    }
}

#[tokio::test]
async fn a_backup_has_the_fences_and_what_is_put_back_is_still_erased() {
    let begun = begun().await;
    let ledger = ledger(begun.folder.path());
    let to = tempfile::tempdir().unwrap();
    let (backup, restored) = (to.path().join("backup"), to.path().join("restored"));
    let take = || ledger::backup::backup(begun.folder.path(), &backup, &mut |_| {}).unwrap();
    take();
    assert!(begun.sealed.iter().all(|sealed| hits(&backup, sealed) == 1), "still in it");
    erase(&ledger, begun.erasure).await.unwrap();
    take();
    drop(ledger);
    assert!(begun.sealed.iter().all(|sealed| hits(&backup, sealed) == 0), "replaced");
    let kek = begun.folder.path().join("keys/kek");
    ledger::backup::restore(&backup, &restored, Some(&kek), true, &mut |_| {}).unwrap();
    assert!(restored.join("keys/fences").exists());
    let opened = Ledger::open(&restored, &ledger_options(9)).unwrap();
    assert!(!opens(&opened, begun.hers) && begun.others.iter().all(|key| opens(&opened, *key)));
    assert!(opened.erasure(begun.erasure).unwrap().unwrap().certificate.is_some());
}
