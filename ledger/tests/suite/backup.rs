//! A backup put back is the ledger as it was, taken under load or killed half way.

use crate::recovery::rt;
use crate::support::{append, declare, example, ledger, ledger_options, meta, stream};
use domain::ids::{Position, StreamKey, Version};
use ledger::backup::{BackupError, Step, Taken, backup, restore, verify};
use ledger::fsck::fsck;
use ledger::journal::embedded::{examine, segment_files};
use ledger::journal::{Head, Journal};
use ledger::record::Expected;
use ledger::{Ledger, Options};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::RwLock;

/// Bytes of an entry of `keys/subjects`, and of what precedes the first.
pub const ENTRY: usize = 116;
pub const HEADER: usize = 32;

/// Small segments, so that a short log has several.
pub fn open(folder: &Path) -> Ledger {
    let options = Options { segment_bytes: 16 * 1024, ..ledger_options(1) };
    Ledger::open(folder, &options).unwrap()
}

/// Declares the example under another id, with keys of its own.
pub async fn declared(ledger: &Ledger, number: u16) -> StreamKey {
    let mut row = example();
    row.identity.id_erp = format!("L-{number}");
    let (key, command) = declare(ledger, row, 1);
    ledger.execute(meta(u64::from(number)), key, command).await.unwrap();
    key
}

pub async fn filled(folder: &Path, rows: u16) -> Ledger {
    let ledger = open(folder);
    for number in 0..rows {
        declared(&ledger, number).await;
    }
    ledger
}

pub struct Folders {
    _folder: tempfile::TempDir,
    pub data: PathBuf,
    pub to: PathBuf,
    pub again: PathBuf,
}

pub fn folders() -> Folders {
    let folder = tempfile::tempdir().unwrap();
    let at = |name| folder.path().join(name);
    Folders { data: at("data"), to: at("backup"), again: at("again"), _folder: folder }
}

pub fn take(f: &Folders) -> Result<Taken, BackupError> {
    backup(&f.data, &f.to, &mut |_| {})
}

pub fn checked(to: &Path) -> Result<(), BackupError> {
    verify(to, None, &mut |_| {}).map(|_| ())
}

/// Puts a backup back, with the key-encryption key of the ledger.
pub fn put_back(f: &Folders) -> Result<(), BackupError> {
    restore(&f.to, &f.again, Some(&f.data.join("keys/kek")), true, &mut |_| {}).map(|_| ())
}

/// Every file of a backup, by its path there.
pub fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            all.insert(path, bytes);
        }
    }
    all
}

/// The file of a backup that holds what a name in the data folder held.
pub fn stored(to: &Path, name: &str) -> PathBuf {
    let whole = to.join(name).display().to_string();
    files(to).into_keys().find(|path| path.display().to_string().starts_with(&whole)).unwrap()
}

fn length(file: &Path) -> u64 {
    std::fs::metadata(file).unwrap().len()
}

pub fn said(result: Result<(), BackupError>) -> String {
    result.unwrap_err().to_string()
}

#[tokio::test]
async fn a_backup_has_the_name_of_the_log_and_its_folder_apart_goes_on_with_it() {
    use ledger::notary::{NotaryError, Options};
    let f = folders();
    let apart = f.data.with_file_name("apart");
    let open = |data: &Path, apart: &Path, new_key: bool| {
        let seal = Options { new_key, ..Options::new(data, apart) };
        Ledger::open_sealed(data, &ledger_options(1), &seal)
    };
    let (ledger, notary) = open(&f.data, &apart, false).unwrap();
    declared(&ledger, 1).await;
    notary.sign().unwrap();
    let key = notary.log().to_string();
    drop((ledger, notary));
    assert_eq!(take(&f).unwrap().segments, 1);
    put_back(&f).unwrap();
    assert_eq!(std::fs::read_to_string(f.again.join("log/name")).unwrap(), format!("{key}\n"));
    let nowhere = f.data.with_file_name("nowhere");
    let refused = open(&f.again, &nowhere, false).map(drop).unwrap_err();
    assert!(matches!(refused, ledger::LedgerError::Notary(NotaryError::Unsigned { .. })));
    assert!(!nowhere.exists());
    let (_, notary) = open(&f.again, &apart, false).unwrap();
    assert_eq!(notary.log().to_string(), key);
    drop(notary);
    let (_, notary) = open(&f.again, &nowhere, true).unwrap();
    assert_ne!(notary.log().to_string(), key);
}

/// Reads every event of a ledger with its sealed parts in clear, and its head.
fn read_whole(folder: &Path) -> Vec<[u8; 32]> {
    let ledger = ledger(folder);
    let mut leaves = Vec::new();
    loop {
        let after = Position(leaves.len() as u64);
        let events = ledger.read_after(after, 1000).unwrap();
        if events.is_empty() {
            assert_eq!(ledger.head().position, after);
            return leaves;
        }
        for event in &events {
            leaves.push(event.leaf);
            if event.header.version == Version(1) {
                let stream = ledger.read_stream(event.header.stream, None, true).unwrap();
                let learner = ledger.person_keys(&stream[0]).unwrap();
                assert!(learner.is_some(), "a section does not open");
            }
        }
    }
}

#[tokio::test]
async fn a_backup_of_a_served_folder_comes_back_with_the_same_root_and_its_sections_open() {
    let f = folders();
    let served = filled(&f.data, 40).await;
    let taken = take(&f).unwrap();
    assert_eq!(taken.head, served.head());
    assert!(taken.segments > 3 && taken.kept == 0 && taken.copied == taken.bytes, "{taken:?}");
    checked(&f.to).unwrap();
    put_back(&f).unwrap();
    for file in segment_files(&f.data.join("log")).unwrap() {
        let copy = f.again.join("log").join(file.file_name().unwrap());
        assert_eq!(std::fs::read(copy).unwrap(), std::fs::read(&file).unwrap(), "zeros included");
    }
    let head = served.head();
    drop(served);
    assert_eq!(read_whole(&f.again), read_whole(&f.data));
    assert_eq!(fsck(&f.again).unwrap().head, Some(head));
    // What comes back goes on where it was.
    let again = ledger(&f.again);
    declared(&again, 40).await;
    assert!(again.head().position > head.position);
}

#[tokio::test]
async fn neither_the_key_encryption_key_nor_what_is_derived_is_in_a_backup() {
    let f = folders();
    drop(filled(&f.data, 3).await);
    for (folder, file) in [("references", "ab01.json"), ("references", "x.tmp"), ("views", "v")] {
        std::fs::create_dir_all(f.data.join(folder)).unwrap();
        std::fs::write(f.data.join(folder).join(file), "what it holds").unwrap();
    }
    take(&f).unwrap();
    let kek = std::fs::read(f.data.join("keys/kek")).unwrap();
    let all = files(&f.to);
    assert!(all.values().all(|bytes| !bytes.windows(32).any(|part| part == kek)));
    let name = |path: &PathBuf| path.strip_prefix(&f.to).unwrap().display().to_string();
    let names: Vec<String> = all.keys().map(name).collect();
    assert_eq!(names.len(), 6, "{names:?}");
    for (name, start) in
        names.iter().zip(["LOCK", "backup.json", "keys/master.", "keys/subjects.", "log/0"])
    {
        assert!(name.starts_with(start), "{names:?}");
    }
    assert!(names[5].starts_with("references/ab01.json."));

    // Put back without that key, the ledger says what it misses; with another one, nothing is made.
    let other = f.to.with_file_name("other-kek");
    std::fs::write(&other, [7; 32]).unwrap();
    let refused = restore(&f.to, &f.again, Some(&other), false, &mut |_| {}).unwrap_err();
    assert!(refused.to_string().contains("keys/master does not open"), "{refused}");
    assert!(!f.again.exists());
    let missing = restore(&f.to, &f.again, Some(&f.data), false, &mut |_| {});
    assert!(missing.is_err(), "a folder is no key");
    restore(&f.to, &f.again, None, true, &mut |_| {}).unwrap();
    assert_eq!(std::fs::read(f.again.join("references/ab01.json")).unwrap(), b"what it holds");
    let error = Ledger::open(&f.again, &ledger_options(2)).unwrap_err().to_string();
    assert!(error.contains("put it back (keys/kek"), "{error}");
    std::fs::copy(f.data.join("keys/kek"), f.again.join("keys/kek")).unwrap();
    read_whole(&f.again);
}

#[tokio::test]
async fn only_what_changed_is_copied_again_and_what_no_backup_names_any_more_goes() {
    let f = folders();
    let served = filled(&f.data, 20).await;
    let first = take(&f).unwrap();
    for number in 20..40 {
        declared(&served, number).await;
    }
    let second = take(&f).unwrap();
    // All but the segment that was open have what they had.
    assert_eq!(second.kept, first.segments - 1);
    assert!(second.segments > first.segments && second.copied < second.bytes);
    let again = take(&f).unwrap();
    assert_eq!((again.kept, again.head), (again.segments, served.head()));
    let segments = files(&f.to.join("log")).len();
    assert_eq!((segments, files(&f.to.join("keys")).len()), (again.segments, 2));
    checked(&f.to).unwrap();

    // A copy that went bad meanwhile is not taken for right: it is copied anew.
    let bad = files(&f.to.join("log")).into_keys().next().unwrap();
    let mut bytes = std::fs::read(&bad).unwrap();
    bytes[500] ^= 1;
    std::fs::write(&bad, bytes).unwrap();
    assert!(checked(&f.to).is_err());
    assert_eq!(take(&f).unwrap().kept, again.segments - 1);
    checked(&f.to).unwrap();
}

/// What an erasure will do: sections of a sealed segment become zeros in place.
#[tokio::test]
async fn a_segment_that_was_changed_in_place_is_copied_again_and_its_old_copy_goes() {
    let f = folders();
    drop(filled(&f.data, 20).await);
    take(&f).unwrap();
    let sealed = segment_files(&f.data.join("log")).unwrap().remove(0);
    let before = stored(&f.to, "log/00000000000000000001");
    let mut bytes = std::fs::read(&sealed).unwrap();
    let frame = 128 + 28;
    let length = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let header = usize::from(bytes[frame + 4]) + 256 * usize::from(bytes[frame + 5]);
    let (sections, body) = (usize::from(bytes[frame + 13]), length(frame + 8));
    assert!(sections > 0);
    let first = frame + 12 + header + 4 * sections + body + 4;
    let section = length(frame + 12 + header);
    bytes[first] = 2;
    bytes[first + 5..first + 5 + section].fill(0);
    std::fs::write(&sealed, &bytes).unwrap();
    assert_eq!(fsck(&f.data).unwrap().erased, 1);
    let taken = take(&f).unwrap();
    assert_eq!(taken.kept, taken.segments - 1);
    assert!(!before.exists(), "the erased section is still in the backup");
    assert_eq!(verify(&f.to, None, &mut |_| {}).unwrap().report.erased, 1);
}

/// A reader has read the place of the second group when it was empty, and finds a third one.
#[test]
fn what_is_written_while_the_log_is_read_is_no_damage() {
    let f = folders();
    let (rt, journal) = (rt(), crate::recovery::open(&f.data).unwrap());
    let write = |number| {
        let request = append(stream(number), Expected::Any, u64::from(number), 2);
        rt.block_on(journal.append(request)).unwrap();
    };
    write(1);
    let files = segment_files(&f.data.join("log")).unwrap();
    let read = examine(&files, &mut |record| {
        if record.position.0 == 1 {
            (2..5).for_each(write);
        }
        Ok(())
    });
    assert_eq!(read.unwrap().0, journal.head());
}

/// At each step somebody new is declared. The keys of the copy must be those of its log and may be
/// more: were they read first, the log would have a section without its key.
#[test]
fn the_log_ends_before_the_keys_are_read() {
    let f = folders();
    let rt = rt();
    let served = rt.block_on(filled(&f.data, 5));
    let (mut number, mut heads) = (100, Vec::new());
    let taken = backup(&f.data, &f.to, &mut |step| {
        rt.block_on(declared(&served, number));
        number += 1;
        heads.push((step, served.head(), length(&f.data.join("keys/subjects"))));
    })
    .unwrap();
    let steps: Vec<Step> = heads.iter().map(|(step, ..)| *step).collect();
    let of = taken.segments;
    let files = (1..=of).map(|rank| Step::Files(rank, of));
    let wanted: Vec<Step> =
        [Step::Log].into_iter().chain(files).chain([Step::Keys, Step::Last]).collect();
    assert_eq!(steps, wanted);
    let at = |wanted| heads.iter().find(|(step, ..)| *step == wanted).unwrap();
    assert_eq!(taken.head, at(Step::Log).1, "the log as it was when it was read");
    let keys = length(&stored(&f.to, "keys/subjects"));
    assert_eq!(keys, at(Step::Keys).2, "the keys as they were when they were read");
    assert!(at(Step::Keys).1.position > taken.head.position);
    put_back(&f).unwrap();
    assert_eq!(read_whole(&f.again).len() as u64, taken.head.position.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn twenty_backups_taken_under_load_are_each_whole() {
    let f = folders();
    let served = Arc::new(filled(&f.data, 2).await);
    // Writers write as long as this can be read: not while a backup is checked, which takes longer.
    let (gate, stop) = (Arc::new(RwLock::new(())), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let (served, gate, stop) = (Arc::clone(&served), Arc::clone(&gate), Arc::clone(&stop));
            tokio::spawn(async move {
                for number in 0.. {
                    let _open = gate.read().await;
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    declared(&served, 1000 * (writer + 1) + number).await;
                }
            })
        })
        .collect();
    let mut heads = Vec::new();
    for round in 0..20 {
        // Three of four go on top of the one before.
        let to = f.to.join((round / 4).to_string());
        let acknowledged = served.head();
        let taken = backup(&f.data, &to, &mut |_| {}).unwrap();
        let _shut = gate.write().await;
        assert!(taken.head.position >= acknowledged.position, "what was acknowledged is missing");
        let again = f.again.join(round.to_string());
        let kek = f.data.join("keys/kek");
        let restored = restore(&to, &again, Some(&kek), true, &mut |_| {}).unwrap();
        assert_eq!(restored.head, taken.head);
        heads.push(taken.head);
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    drop(served);
    let whole = read_whole(&f.data);
    assert!(heads.first().unwrap().position < heads.last().unwrap().position, "no load");
    let (mut tree, mut heads) =
        (seal::Frontier::default(), heads.into_iter().enumerate().peekable());
    for (rank, leaf) in whole.iter().enumerate() {
        tree.append(*leaf);
        let here = |(_, head): &(usize, Head)| head.position.0 == rank as u64 + 1;
        while let Some((round, head)) = heads.next_if(here) {
            assert_eq!(tree.root(), head.root, "round {round}: no prefix of the ledger's history");
            if round % 4 == 3 {
                let again = f.again.join(round.to_string());
                assert_eq!(read_whole(&again), whole[..=rank], "round {round}");
            }
        }
    }
    assert!(heads.next().is_none(), "a backup has more than the ledger");
}

#[tokio::test]
async fn log_and_keys_may_go_to_another_disk_each() {
    let f = folders();
    drop(filled(&f.data, 3).await);
    std::fs::create_dir(&f.to).unwrap();
    for folder in ["log", "keys"] {
        let disk = f.to.with_file_name(format!("disk-of-{folder}"));
        std::fs::create_dir(&disk).unwrap();
        std::os::unix::fs::symlink(&disk, f.to.join(folder)).unwrap();
    }
    take(&f).unwrap();
    put_back(&f).unwrap();
    assert_eq!(files(&f.to.with_file_name("disk-of-keys")).len(), 2);
    assert!(files(&f.to.with_file_name("disk-of-log")).len() == 1);
    std::fs::remove_file(f.to.join("keys")).unwrap();
    assert!(said(checked(&f.to)).contains("is missing"), "the disk of the keys is not there");
}

#[tokio::test]
async fn entries_of_a_batch_that_is_being_written_are_left_out() {
    let f = folders();
    drop(filled(&f.data, 2).await);
    let subjects = f.data.join("keys/subjects");
    let whole = std::fs::read(&subjects).unwrap();
    for extra in [1, 60, ENTRY, 2 * ENTRY + 7] {
        std::fs::write(&subjects, [whole.as_slice(), &vec![9; extra]].concat()).unwrap();
        take(&f).unwrap();
        assert_eq!(std::fs::read(stored(&f.to, "keys/subjects")).unwrap(), whole, "{extra}");
    }
}

/// As `kill -9` would leave it, at each step of a first backup and of a second one.
#[tokio::test]
async fn a_backup_that_stops_half_way_is_none_and_the_one_before_stays() {
    let f = folders();
    let served = filled(&f.data, 30).await;
    let stop_at = |stop: usize| {
        let mut steps = 0;
        let stopped = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            backup(&f.data, &f.to, &mut |_| {
                assert_ne!(steps, stop, "stopped on purpose");
                steps += 1;
            })
        }));
        assert!(stopped.is_err());
    };
    let steps = || 3 + segment_files(&f.data.join("log")).unwrap().len();
    for stop in 0..steps() {
        stop_at(stop);
        let refused = said(put_back(&f));
        assert!(refused.contains("backup.json is missing"), "{refused}");
        assert!(refused.contains("take it again into the same folder"), "{refused}");
    }
    let first = take(&f).unwrap();
    assert!(first.segments > 2 && first.kept == first.segments, "copied again: {first:?}");
    for number in 30..50 {
        declared(&served, number).await;
    }
    for stop in 0..steps() {
        stop_at(stop);
        let verified = verify(&f.to, None, &mut |_| {}).unwrap();
        assert_eq!(verified.report.head, Some(first.head), "the backup before is whole");
    }
    assert_eq!(take(&f).unwrap().head, served.head());
    checked(&f.to).unwrap();
}

#[test]
fn an_empty_ledger_has_a_backup_too() {
    let f = folders();
    drop(open(&f.data));
    assert_eq!(take(&f).unwrap().head.position, Position(0));
    put_back(&f).unwrap();
    drop(ledger(&f.again));
}
