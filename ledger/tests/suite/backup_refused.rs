//! What is no backup, or not of this ledger, is refused, and nothing is changed.

use crate::backup::{
    ENTRY, HEADER, checked, declared, files, filled, folders, open, put_back, said, stored, take,
};
use crate::support::ledger_options;
use ledger::backup::{BackupError, backup};
use ledger::journal::OpenError;
use ledger::journal::embedded::segment_files;
use ledger::vault::VaultError;
use ledger::{Ledger, Options};
use std::path::Path;

#[tokio::test]
async fn a_damaged_file_is_named_whatever_it_is_and_nothing_is_put_back() {
    let f = folders();
    drop(filled(&f.data, 12).await);
    take(&f).unwrap();
    let whole = files(&f.to);
    let mut tried = 0;
    for (path, bytes) in whole.iter().filter(|(_, bytes)| !bytes.is_empty()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        let middle = bytes.len() / 2;
        let flip = |at: usize| {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            flipped
        };
        let damages = [
            bytes[..bytes.len() - 1].to_vec(),
            bytes[..middle].to_vec(),
            Vec::new(),
            [bytes.as_slice(), b"x"].concat(),
            flip(0),
            flip(middle),
            flip(bytes.len() - 2),
        ];
        for damaged in damages {
            // A manifest without its last line feed says the same.
            if name == "backup.json" && damaged.len() + 1 == bytes.len() {
                continue;
            }
            std::fs::write(path, &damaged).unwrap();
            for refused in [said(checked(&f.to)), said(put_back(&f))] {
                assert!(refused.contains(name), "{name}: {refused}");
                assert!(refused.contains("use another backup"), "{refused}");
            }
            assert!(!f.again.exists(), "{name}");
            tried += 1;
        }
        std::fs::remove_file(path).unwrap();
        let refused = said(put_back(&f));
        assert!(refused.contains(name) && refused.contains("is missing"), "{refused}");
        std::fs::write(path, bytes).unwrap();
    }
    assert!(tried > 7 * 4);
    assert_eq!(std::fs::read_dir(f.to.parent().unwrap()).unwrap().count(), 2, "nothing is left");
    put_back(&f).unwrap();
}

/// The bytes of a manifest whose own hash is right again after a change.
fn forged(to: &Path, change: &dyn Fn(&str) -> String) -> Vec<u8> {
    let text = std::fs::read_to_string(to.join("backup.json")).unwrap();
    let start = text.find(": {").unwrap() + 2;
    let inner = &text[start..=text.rfind("},").unwrap()];
    // No string of a manifest has white space but the name of the software.
    let compact: String = inner.split_whitespace().collect();
    let compact = change(&compact.replace("registre0", "registre 0"));
    use sha2::Digest;
    let hash: String =
        sha2::Sha256::digest(&compact).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{{\"manifest\":{compact},\"sha256\":\"{hash}\"}}").into_bytes()
}

#[tokio::test]
async fn a_manifest_that_says_another_log_or_leads_elsewhere_is_refused() {
    let f = folders();
    drop(filled(&f.data, 3).await);
    take(&f).unwrap();
    let (path, whole) = (f.to.join("backup.json"), files(&f.to));
    std::fs::write(&path, forged(&f.to, &str::to_owned)).unwrap();
    checked(&f.to).expect("only the white space is another");
    let older = |text: &str| text.replace("\"format\":2", "\"format\":1");
    std::fs::write(&path, &whole[&path]).unwrap();
    std::fs::write(&path, forged(&f.to, &older)).unwrap();
    checked(&f.to).expect("an older format is read");
    let said_by =
        |text: &str| text.replacen("\"software\": \"registre", "\"software\": \"another", 1);
    let changed = said_by(std::str::from_utf8(&whole[&path]).unwrap());
    std::fs::write(&path, changed).unwrap();
    assert!(said(checked(&f.to)).contains("its own SHA-256 is another one"));
    let forge = |change: &dyn Fn(&str) -> String| {
        std::fs::write(&path, &whole[&path]).unwrap();
        std::fs::write(&path, forged(&f.to, change)).unwrap();
        said(put_back(&f))
    };
    let position = |text: &str| text.replace("\"position\":6", "\"position\":5");
    assert!(forge(&position).contains("position 6"), "{}", forge(&position));
    let later = |text: &str| text.replace("\"format\":2", "\"format\":3");
    assert!(forge(&later).contains("upgrade"), "{}", forge(&later));
    for name in ["keys/kek", "../escape", "log/../x", "log/", "keys/.master", "master"] {
        let elsewhere = |text: &str| text.replace("keys/master", name);
        assert!(forge(&elsewhere).contains("is no file of a backup"), "{}", forge(&elsewhere));
    }
    let more = |text: &str| text.replace("\"format\":2", "\"format\":2,\"more\":1");
    assert!(forge(&more).contains("unknown field"), "{}", forge(&more));
}

/// A ledger whose keys are older than its log is not backed up, and the backup that is there stays.
#[tokio::test]
async fn keys_older_than_the_log_are_refused_and_so_is_a_damaged_log() {
    let f = folders();
    let served = filled(&f.data, 3).await;
    let subjects = f.data.join("keys/subjects");
    let old = std::fs::read(&subjects).unwrap();
    take(&f).unwrap();
    let older = stored(&f.to, "keys/subjects");
    let older = (older.clone(), std::fs::read(&older).unwrap());
    declared(&served, 50).await;
    drop(served);
    let whole = std::fs::read(&subjects).unwrap();
    let before = files(&f.to);
    std::fs::write(&subjects, &old).unwrap();
    let persons = (whole.len() - old.len()) / ENTRY;
    match take(&f).unwrap_err() {
        BackupError::Keys(VaultError::Lost { persons: lost, .. }) => assert_eq!(lost, persons),
        error => panic!("{error}"),
    }
    std::fs::write(&subjects, &whole).unwrap();
    let log = segment_files(&f.data.join("log")).unwrap().remove(0);
    let segment = std::fs::read(&log).unwrap();
    let mut damaged = segment.clone();
    damaged[300] ^= 1;
    std::fs::write(&log, &damaged).unwrap();
    let error = take(&f).unwrap_err();
    assert!(matches!(error, BackupError::Log(OpenError::Damaged { .. })), "{error}");
    for (path, bytes) in before {
        assert_eq!(std::fs::read(&path).unwrap(), bytes, "{}", path.display());
    }
    checked(&f.to).expect("the backup that is there is whole");
    std::fs::write(&log, &segment).unwrap();

    // The keys of the older backup beside the log of the newer one.
    take(&f).unwrap();
    let newer = stored(&f.to, "keys/subjects");
    std::fs::remove_file(&newer).unwrap();
    std::fs::write(older.0, &older.1).unwrap();
    assert!(said(put_back(&f)).contains("is missing"));
    std::fs::write(&newer, &older.1).unwrap();
    assert!(said(put_back(&f)).contains("has not the length"));
    // And under a manifest that was made for them.
    std::fs::write(&newer, &whole).unwrap();
    let manifest = std::fs::read_to_string(f.to.join("backup.json")).unwrap();
    assert_eq!(whole.len() % ENTRY, HEADER);
    let mut unkeyed = whole.clone();
    for entry in unkeyed[old.len()..].chunks_mut(ENTRY) {
        entry.fill(0);
    }
    let hash = |bytes: &[u8]| -> String {
        use sha2::Digest;
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let (right, wrong) = (hash(&whole), hash(&unkeyed));
    assert!(manifest.contains(&right));
    let name = format!("keys/subjects.{}", &wrong[..16]);
    std::fs::write(f.to.join(name), &unkeyed).unwrap();
    let manifest = forged(&f.to, &|text| text.replace(&right, &wrong));
    std::fs::write(f.to.join("backup.json"), manifest).unwrap();
    let refused = said(put_back(&f));
    assert!(refused.contains(&format!("lacks the keys of {persons} persons")), "{refused}");
}

#[tokio::test]
async fn a_backup_of_another_ledger_or_of_a_newer_or_a_forked_one_is_kept_from_being_replaced() {
    let f = folders();
    let served = filled(&f.data, 4).await;
    take(&f).unwrap();
    drop(served);
    put_back(&f).unwrap();

    let other = f.data.with_file_name("other");
    let options = Options { ..ledger_options(9) };
    let stranger = Ledger::open(&other, &options).unwrap();
    declared(&stranger, 1).await;
    let error = backup(&other, &f.to, &mut |_| {}).unwrap_err();
    assert!(matches!(error, BackupError::OtherJournal { .. }), "{error}");

    // The ledger goes on and is backed up; what was put back before is older, then another one.
    declared(&open(&f.data), 10).await;
    take(&f).unwrap();
    let before = files(&f.to);
    let error = backup(&f.again, &f.to, &mut |_| {}).unwrap_err();
    assert!(matches!(error, BackupError::Ahead { backup: 10, ledger: 8, .. }), "{error}");
    for number in 11..14 {
        declared(&open(&f.again), number).await;
    }
    let error = backup(&f.again, &f.to, &mut |_| {}).unwrap_err();
    assert!(matches!(error, BackupError::Contradicts { position: 10, .. }), "{error}");
    assert_eq!(files(&f.to), before, "nothing of the backup was touched");
}

#[tokio::test]
async fn nothing_is_put_over_something_else() {
    let f = folders();
    drop(filled(&f.data, 2).await);
    for inside in [f.data.clone(), f.data.join("backups"), f.data.join("log/deep/er")] {
        let error = backup(&f.data, &inside, &mut |_| {}).unwrap_err();
        assert!(matches!(error, BackupError::Inside(_)), "{error}");
    }
    assert!(!f.data.join("backups").exists());
    let nowhere = f.data.with_file_name("nowhere");
    let error = backup(&nowhere, &f.to, &mut |_| {}).unwrap_err();
    assert!(matches!(error, BackupError::NoLedger(_)), "{error}");
    assert!(!f.to.exists());

    take(&f).unwrap();
    std::fs::create_dir(&f.again).unwrap();
    std::fs::write(f.again.join("thesis.txt"), "three years").unwrap();
    let error = put_back(&f).unwrap_err();
    assert!(matches!(error, BackupError::Occupied(_)), "{error}");
    std::fs::remove_file(f.again.join("thesis.txt")).unwrap();
    let work = f.again.with_file_name("again.restoring");
    std::fs::create_dir(&work).unwrap();
    let error = put_back(&f).unwrap_err();
    assert!(matches!(error, BackupError::Leftover(_)) && work.exists(), "{error}");
    std::fs::remove_dir(&work).unwrap();
    put_back(&f).expect("an empty folder may be filled");
}
