//! The key store after a crash, a flipped bit or a loss: a key that somebody
//! used is never cut, and a store that lacks one is never used.

use crate::support::{complete, declare, example, ledger, ledger_options, meta};
use domain::ids::StreamKey;
use ledger::fsck::fsck;
use ledger::vault::VaultError;
use ledger::{Ledger, LedgerError};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// Bytes of an entry and of what precedes the first.
const ENTRY: usize = 116;
const HEADER: usize = 32;

fn subjects(folder: &Path) -> PathBuf {
    folder.join("keys/subjects")
}

/// Declares the example under another id.
async fn declared(ledger: &Ledger, number: u8) -> StreamKey {
    let mut row = example();
    row.identity.id_erp = format!("L-{number}");
    let (key, command) = declare(ledger, row, number);
    ledger.execute(meta(u64::from(number)), key, command).await.unwrap();
    key
}

/// One dossier, closed again; the bytes of its keys.
async fn one_dossier(folder: &Path) -> (StreamKey, Vec<u8>) {
    let opened = ledger(folder);
    let key = declared(&opened, 1).await;
    drop(opened);
    (key, std::fs::read(subjects(folder)).unwrap())
}

fn reads(ledger: &Ledger, key: StreamKey) -> bool {
    let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
    state.current.unwrap().identity.clear().is_some()
}

fn refused(folder: &Path) -> VaultError {
    match Ledger::open(folder, &ledger_options(2)) {
        Err(LedgerError::Vault(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Entries with their checksum right again.
fn checked(mut entry: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&entry[..ENTRY - 4]);
    entry[ENTRY - 4..].copy_from_slice(&crc.to_le_bytes());
    entry
}

fn put_aside(folder: &Path) -> Vec<Vec<u8>> {
    let names = std::fs::read_dir(folder.join("keys")).unwrap().map(|entry| entry.unwrap().path());
    let torn = names.filter(|path| path.display().to_string().contains("subjects.torn-"));
    torn.map(|path| std::fs::read(path).unwrap()).collect()
}

#[tokio::test]
async fn a_flipped_bit_in_a_key_that_was_used_refuses_the_start_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (key, whole) = one_dossier(folder.path()).await;
    let path = subjects(folder.path());
    for at in (HEADER..whole.len()).step_by(29) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&path, &flipped).unwrap();
        let error = refused(folder.path());
        assert!(matches!(error, VaultError::Lost { persons: 1, damaged: 1 }), "{at}: {error}");
        assert!(error.to_string().contains("keys/subjects"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), flipped, "nothing was cut");
    }
    assert!(put_aside(folder.path()).is_empty());
    std::fs::write(&path, &whole).unwrap();
    assert!(reads(&ledger(folder.path()), key));
}

#[tokio::test]
async fn an_entry_of_a_later_version_is_never_taken_for_a_torn_one() {
    let folder = tempfile::tempdir().unwrap();
    let (_, whole) = one_dossier(folder.path()).await;
    let mut later = whole[whole.len() - ENTRY..].to_vec();
    later[0] = 9;
    let bytes = [whole, checked(later)].concat();
    std::fs::write(subjects(folder.path()), &bytes).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, VaultError::UnknownState(9)), "{error}");
    assert_eq!(std::fs::read(subjects(folder.path())).unwrap(), bytes);
}

#[tokio::test]
async fn a_hole_that_no_record_uses_is_closed_and_the_keys_after_it_stay() {
    for (hole, kept) in [([0; ENTRY], 0), ([7; ENTRY], 1)] {
        let folder = tempfile::tempdir().unwrap();
        let (first, before) = one_dossier(folder.path()).await;
        let opened = ledger(folder.path());
        let second = declared(&opened, 2).await;
        drop(opened);
        let whole = std::fs::read(subjects(folder.path())).unwrap();
        // As if the last batch had begun with a key that nobody was told of.
        let torn = [before.as_slice(), &hole, &whole[before.len()..], &hole, &hole[..40]].concat();
        std::fs::write(subjects(folder.path()), &torn).unwrap();
        let opened = ledger(folder.path());
        assert!(reads(&opened, first) && reads(&opened, second));
        let third = declared(&opened, 3).await;
        drop(opened);
        let aside = put_aside(folder.path());
        assert_eq!(aside.len(), kept, "zeros are nothing to keep");
        assert!(aside.iter().all(|bytes| *bytes == vec![7; 2 * ENTRY + 40]));
        let opened = ledger(folder.path());
        assert!([first, second, third].iter().all(|key| reads(&opened, *key)));
        assert_eq!(put_aside(folder.path()).len(), kept);
    }
}

#[tokio::test]
async fn a_hole_before_the_last_batch_is_damage() {
    let folder = tempfile::tempdir().unwrap();
    let (key, before) = one_dossier(folder.path()).await;
    let opened = ledger(folder.path());
    declared(&opened, 2).await;
    drop(opened);
    let mut damaged = std::fs::read(subjects(folder.path())).unwrap();
    damaged[HEADER..before.len()].fill(0);
    std::fs::write(subjects(folder.path()), &damaged).unwrap();
    // Entries that a table leads to are not read at each opening, and are when they are used.
    let read = ledger(folder.path()).load_enrolment(key, None, true);
    assert!(matches!(read, Err(LedgerError::Codec(_) | LedgerError::Vault(_))), "{read:?}");
    assert!(fsck(folder.path()).unwrap().keys.problem.is_some());
    std::fs::remove_dir_all(folder.path().join("keys/index")).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, VaultError::Damaged(_)), "{error}");
}

#[tokio::test]
async fn opening_writes_the_last_batch_again_since_the_disk_may_not_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let (_, whole) = one_dossier(folder.path()).await;
    let path = subjects(folder.path());
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(long_ago).unwrap();
    drop((file, ledger(folder.path())));
    assert_ne!(std::fs::metadata(&path).unwrap().modified().unwrap(), long_ago);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
}

#[tokio::test]
async fn a_log_whose_keys_are_gone_is_not_served_and_no_key_file_is_begun() {
    let folder = tempfile::tempdir().unwrap();
    let (key, whole) = one_dossier(folder.path()).await;
    let path = subjects(folder.path());
    let persons = (whole.len() - HEADER) / ENTRY;
    for left in [None, Some(0), Some(9), Some(HEADER), Some(whole.len() - ENTRY)] {
        match left {
            None => std::fs::remove_file(&path).unwrap(),
            Some(length) => std::fs::write(&path, &whole[..length]).unwrap(),
        }
        let error = refused(folder.path());
        let lost = if left == Some(whole.len() - ENTRY) { 1 } else { persons };
        assert!(matches!(error, VaultError::Lost { persons, .. } if persons == lost), "{error}");
        assert_eq!(std::fs::read(&path).ok().map(|bytes| bytes.len()), left);
    }
    std::fs::write(&path, &whole).unwrap();
    assert!(reads(&ledger(folder.path()), key));
}

#[tokio::test]
async fn a_lost_key_encryption_key_is_missed_and_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (key, _) = one_dossier(folder.path()).await;
    let (kek, aside) = (folder.path().join("keys/kek"), folder.path().join("kek"));
    std::fs::rename(&kek, &aside).unwrap();
    for _ in 0..2 {
        let error = refused(folder.path());
        assert!(matches!(error, VaultError::NoKek), "{error}");
        assert!(!kek.exists(), "none was made");
    }
    std::fs::rename(&aside, &kek).unwrap();
    assert!(reads(&ledger(folder.path()), key));
}

#[tokio::test]
async fn a_master_that_is_gone_beside_keys_is_never_replaced() {
    let folder = tempfile::tempdir().unwrap();
    one_dossier(folder.path()).await;
    std::fs::remove_file(folder.path().join("keys/master")).unwrap();
    std::fs::remove_dir_all(folder.path().join("log")).unwrap();
    let error = refused(folder.path());
    assert!(matches!(error, VaultError::Damaged(_)), "{error}");
    assert!(!folder.path().join("keys/master").exists(), "none was made");
}

#[tokio::test]
async fn fsck_sees_lost_and_damaged_keys_without_any_key() {
    let folder = tempfile::tempdir().unwrap();
    let (_, whole) = one_dossier(folder.path()).await;
    for name in ["kek", "master"] {
        std::fs::remove_file(folder.path().join("keys").join(name)).unwrap();
    }
    let path = subjects(folder.path());
    let persons = (whole.len() - HEADER) / ENTRY;
    let report = fsck(folder.path()).unwrap();
    assert!(report.is_right(), "{report:?}");
    assert_eq!((report.keys.persons, report.keys.damaged), (persons, 0));
    let check = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        let report = fsck(folder.path()).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing is changed");
        assert!(report.problem.is_none(), "the log is right");
        (report.keys.damaged, report.keys.problem)
    };
    let mut flipped = whole.clone();
    flipped[HEADER + 40] ^= 4;
    let (damaged, problem) = check(&flipped);
    assert!(matches!((damaged, problem), (1, Some(VaultError::Lost { persons: 1, .. }))));
    let (_, problem) = check(&whole[..HEADER]);
    assert!(matches!(problem, Some(VaultError::Lost { .. })), "{problem:?}");
    let (damaged, problem) = check(&[whole.as_slice(), &[7; ENTRY]].concat());
    assert!(damaged == 1 && problem.is_none(), "needed by no record: {problem:?}");
    let (damaged, problem) = check(&[whole.as_slice(), &[0; 3 * ENTRY]].concat());
    assert!(damaged == 0 && problem.is_none(), "zeros are no damage: {problem:?}");
    std::fs::remove_file(&path).unwrap();
    let problem = fsck(folder.path()).unwrap().keys.problem;
    assert!(matches!(problem, Some(VaultError::Lost { .. })), "{problem:?}");
}

#[tokio::test]
async fn another_key_encryption_key_is_refused_at_open() {
    let folder = tempfile::tempdir().unwrap();
    drop(ledger(folder.path()));
    std::fs::write(folder.path().join("keys/kek"), [1; 32]).unwrap();
    let opened = Ledger::open(folder.path(), &ledger_options(1));
    assert!(matches!(opened, Err(LedgerError::Vault(_))), "{opened:?}");
}

#[tokio::test]
async fn a_torn_last_key_is_cut_and_the_others_open() {
    let folder = tempfile::tempdir().unwrap();
    let key = {
        let ledger = ledger(folder.path());
        let (key, command) = declare(&ledger, complete(), 1);
        ledger.execute(meta(1), key, command).await.unwrap();
        key
    };
    let path = folder.path().join("keys/subjects");
    let whole = std::fs::read(&path).unwrap();
    for extra in [1, 50, 115] {
        let torn = [whole.as_slice(), &whole[32..32 + extra]].concat();
        std::fs::write(&path, torn).unwrap();
        let ledger = ledger(folder.path());
        let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
        assert!(state.current.unwrap().identity.clear().is_some());
        drop(ledger);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
    }
}

#[tokio::test]
async fn keys_or_a_log_that_is_gone_is_never_begun_anew() {
    let folder = tempfile::tempdir().unwrap();
    let opened = ledger(folder.path());
    let (key, command) = declare(&opened, example(), 1);
    opened.execute(meta(1), key, command).await.unwrap();
    drop(opened);
    for lost in ["keys", "log"] {
        let (path, aside) = (folder.path().join(lost), folder.path().join("aside"));
        std::fs::rename(&path, &aside).unwrap();
        let error = Ledger::open(folder.path(), &ledger_options(2)).unwrap_err();
        assert!(matches!(error, LedgerError::Invalid(_)), "{lost}: {error}");
        let _ = std::fs::remove_dir_all(&path);
        std::fs::rename(&aside, &path).unwrap();
    }
    let again = ledger(folder.path());
    let (_, command) = declare(&again, example(), 2);
    assert_eq!(again.execute(meta(2), key, command).await.unwrap().receipt, None);
}
