//! Another key-encryption key: at every step of it everything opens, and after it the old key
//! opens nothing.

use crate::stops::Stops;
use crate::support::{complete, copy, declare, example, ledger, ledger_options, meta, persons};
use domain::ids::StreamKey;
use ledger::disk::SystemDisk;
use ledger::random::SeededRandom;
use ledger::vault::kek::CREDENTIAL;
use ledger::vault::rekey::{Rekeyed, is_under_way, rekey};
use ledger::vault::{CredentialKek, FileKek, Kek, KeyProvider, VaultError};
use ledger::{Ledger, LedgerError, Options};
use std::path::Path;
use std::sync::Arc;

const NEW: [u8; 32] = [9; 32];

fn fill(folder: &Path) -> Vec<StreamKey> {
    let ledger = ledger(folder);
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut streams = Vec::new();
    for (n, id) in (1_u8..).zip(["L-1", "L-2", "L-3"]) {
        let mut row = if n == 1 { complete() } else { example() };
        row.identity.id_erp = id.to_owned();
        let (key, command) = declare(&ledger, row, n);
        rt.block_on(ledger.execute(meta(u64::from(n)), key, command)).unwrap();
        streams.push(key);
    }
    streams
}

fn all_open(ledger: &Ledger, streams: &[StreamKey]) {
    for stream in streams {
        let state = ledger.load_enrolment(*stream, None, true).unwrap().unwrap().state;
        assert!(state.current.unwrap().identity.clear().is_some());
    }
}

/// A folder with three dossiers.
fn begun() -> (tempfile::TempDir, Vec<StreamKey>) {
    let folder = tempfile::tempdir().unwrap();
    let streams = fill(folder.path());
    (folder, streams)
}

fn again(of: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(of, folder.path());
    folder
}

fn on(folder: &Path, disk: &dyn ledger::disk::Disk, seed: u64) -> Result<Rekeyed, VaultError> {
    let keys = folder.join("keys");
    let own = FileKek(keys.join("kek"));
    rekey(&keys, disk, &SeededRandom::new(seed), &own, None)
}

/// Nothing of a finished rotation opens under a key.
fn opens_nothing(folder: &Path, old: &[u8]) {
    let keys = folder.join("keys");
    let found = std::fs::read(keys.join("kek")).unwrap();
    assert_ne!(found, old);
    let mut under_old = 0;
    for name in std::fs::read_dir(&keys).unwrap().map(|entry| entry.unwrap().file_name()) {
        let name = name.into_string().unwrap();
        assert!(["kek", "master", "subjects", "index"].contains(&name.as_str()), "{name} is left");
    }
    // The ledger itself says so: it knows no other way to a key than this one.
    std::fs::write(keys.join("kek"), old).unwrap();
    under_old += usize::from(Ledger::open(folder, &ledger_options(7)).is_ok());
    let subjects = std::fs::read(keys.join("subjects")).unwrap();
    let names: std::collections::HashSet<_> =
        subjects[32..].chunks(116).filter(|entry| entry[0] == 1).map(|e| [e[2], e[3]]).collect();
    assert_eq!((under_old, names.len()), (0, 1), "one key wraps all");
    std::fs::write(keys.join("kek"), found).unwrap();
}

#[test]
fn after_it_the_new_key_opens_all_and_the_old_one_nothing() {
    let (folder, streams) = begun();
    let old = std::fs::read(folder.path().join("keys/kek")).unwrap();
    let before = std::fs::read(folder.path().join("keys/subjects")).unwrap();
    let log = std::fs::read_dir(folder.path().join("log")).unwrap();
    let log: Vec<_> = log.map(|e| e.unwrap().path()).filter(|path| path.is_file()).collect();
    let bytes: Vec<_> = log.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let done = Ledger::rekey(folder.path(), &ledger_options(5), Some(Kek::new(NEW))).unwrap();
    assert_eq!(done, Rekeyed { keys: persons(folder.path()), torn: 0 });
    assert_eq!(std::fs::read(folder.path().join("keys/kek")).unwrap(), NEW);
    let after = std::fs::read(folder.path().join("keys/subjects")).unwrap();
    assert_eq!(after.len(), before.len());
    for (old, new) in before[32..].chunks(116).zip(after[32..].chunks(116)) {
        assert_eq!((old[0], &old[4..36], &old[108..112]), (new[0], &new[4..36], &new[108..112]));
        assert_ne!(old[2..4], new[2..4]);
        assert_ne!(old[36..108], new[36..108]);
    }
    assert_eq!(bytes, log.iter().map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>());
    opens_nothing(folder.path(), &old);
    all_open(&ledger(folder.path()), &streams);
}

#[test]
fn killed_at_every_step_all_keys_open_at_the_next_start() {
    let (begun, streams) = begun();
    let old = std::fs::read(begun.path().join("keys/kek")).unwrap();
    let mut steps = 0;
    for torn in [false, true] {
        for step in 0.. {
            let folder = again(begun.path());
            let disk = Stops::after(step, torn);
            let ended = on(folder.path(), &disk, 3).is_ok();
            let opened = Ledger::open(folder.path(), &ledger_options(8)).unwrap();
            all_open(&opened, &streams);
            drop(opened);
            assert!(!is_under_way(&folder.path().join("keys")).unwrap(), "{step}");
            if std::fs::read(folder.path().join("keys/kek")).unwrap() != old {
                opens_nothing(folder.path(), &old);
                all_open(&ledger(folder.path()), &streams);
            }
            if ended {
                steps = step;
                break;
            }
        }
    }
    assert!(steps > 15, "{steps} steps");
}

#[test]
fn killed_at_every_step_of_the_ending_too_it_is_ended_in_the_end() {
    let (begun, streams) = begun();
    for first in [6, 12, 17] {
        for step in 0.. {
            let folder = again(begun.path());
            let _ = on(folder.path(), &Stops::after(first, true), 3);
            let ended = on(folder.path(), &Stops::after(step, true), 4).is_ok();
            on(folder.path(), &SystemDisk, 5).unwrap();
            all_open(&ledger(folder.path()), &streams);
            if ended {
                break;
            }
        }
    }
}

/// Options of a ledger whose key is a credential in a folder.
fn with_credential(folder: &Path) -> Options {
    let credential = CredentialKek::new(folder, CREDENTIAL);
    Options { key_provider: Some(Arc::new(credential)), ..ledger_options(6) }
}

#[test]
fn a_credential_is_replaced_by_another_and_an_interruption_asks_for_both() {
    let (begun, streams) = begun();
    let credentials = tempfile::tempdir().unwrap();
    let (place, new) = (credentials.path().join(CREDENTIAL), credentials.path().join("new"));
    std::fs::rename(begun.path().join("keys/kek"), &place).unwrap();
    let old = std::fs::read(&place).unwrap();
    std::fs::write(&new, NEW).unwrap();
    let options = with_credential(credentials.path());
    all_open(&Ledger::open(begun.path(), &options).unwrap(), &streams);
    let refused = Ledger::rekey(begun.path(), &options, None);
    assert!(matches!(refused, Err(LedgerError::Vault(VaultError::Damaged(_)))), "{refused:?}");
    for step in 0.. {
        std::fs::write(&place, &old).unwrap();
        let folder = again(begun.path());
        let keys = folder.path().join("keys");
        let given = || FileKek(new.clone()).key().unwrap();
        let provider = CredentialKek::new(credentials.path(), CREDENTIAL);
        let random = SeededRandom::new(step);
        let ended = rekey(&keys, &Stops::after(step, true), &random, &provider, given()).is_ok();
        if is_under_way(&keys).unwrap() {
            let refused = Ledger::open(folder.path(), &options);
            assert!(
                matches!(refused, Err(LedgerError::Vault(VaultError::Rekeying))),
                "{step}: {refused:?}"
            );
        }
        Ledger::rekey(folder.path(), &options, given()).ok();
        assert!(!keys.join("kek.next").exists(), "no secret of another provider is laid down here");
        std::fs::write(&place, NEW).unwrap();
        all_open(&Ledger::open(folder.path(), &options).unwrap(), &streams);
        std::fs::write(&place, &old).unwrap();
        assert!(Ledger::open(folder.path(), &options).is_err(), "the old one opens nothing");
        if ended {
            break;
        }
    }
}

#[test]
fn a_credential_makes_no_first_key_and_says_what_to_do() {
    let (folder, credentials) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let refused = Ledger::open(folder.path(), &with_credential(credentials.path()));
    let Err(LedgerError::Vault(error @ VaultError::ReadOnlyKek)) = refused else { panic!() };
    assert!(error.to_string().contains("credential registre-kek"), "{error}");
    std::fs::write(credentials.path().join(CREDENTIAL), NEW).unwrap();
    Ledger::open(folder.path(), &with_credential(credentials.path())).unwrap();
    assert!(!folder.path().join("keys/kek").exists());
}

#[test]
fn a_key_that_does_not_open_all_changes_nothing() {
    let (folder, streams) = begun();
    let keys = folder.path().join("keys");
    let whole = std::fs::read(keys.join("subjects")).unwrap();
    let mut torn = whole.clone();
    torn.extend([7; 40]);
    std::fs::write(keys.join("subjects"), &torn).unwrap();
    let refused = Ledger::rekey(folder.path(), &ledger_options(5), None);
    let Err(LedgerError::Vault(VaultError::Damaged(what))) = refused else { panic!() };
    assert!(what.contains("open the ledger once"), "{what}");
    let mut another = whole.clone();
    another[34] ^= 1;
    let crc = crc32c::crc32c(&another[32..32 + 112]).to_le_bytes();
    another[32 + 112..32 + 116].copy_from_slice(&crc);
    std::fs::write(keys.join("subjects"), &another).unwrap();
    assert!(Ledger::rekey(folder.path(), &ledger_options(5), None).is_err());
    assert_eq!(std::fs::read(keys.join("subjects")).unwrap(), another);
    assert!(!is_under_way(&keys).unwrap());
    std::fs::write(keys.join("subjects"), &whole).unwrap();
    let own = FileKek(keys.join("kek")).key().unwrap();
    let same = Ledger::rekey(folder.path(), &ledger_options(5), own);
    assert!(same.is_err(), "the same key again");
    all_open(&ledger(folder.path()), &streams);
}

#[test]
fn files_put_aside_go_since_they_may_hold_keys_under_the_old_one() {
    let (folder, streams) = begun();
    let keys = folder.path().join("keys");
    let mut torn = std::fs::read(keys.join("subjects")).unwrap();
    torn.extend_from_within(32..32 + 90);
    std::fs::write(keys.join("subjects"), &torn).unwrap();
    drop(ledger(folder.path()));
    assert!(keys.join("subjects.torn-1").exists());
    let done = Ledger::rekey(folder.path(), &ledger_options(5), None).unwrap();
    assert_eq!(done.torn, 1);
    assert!(!keys.join("subjects.torn-1").exists());
    all_open(&ledger(folder.path()), &streams);
}

#[test]
fn no_backup_is_taken_while_two_keys_are_needed() {
    let (folder, _) = begun();
    let to = tempfile::tempdir().unwrap();
    let taken = || ledger::backup::backup(folder.path(), &to.path().join("backup"), &mut |_| {});
    on(folder.path(), &Stops::after(12, false), 3).unwrap_err();
    let refused = taken().unwrap_err().to_string();
    assert!(refused.contains("registre rekey"), "{refused}");
    on(folder.path(), &SystemDisk, 3).unwrap();
    taken().unwrap();
}
