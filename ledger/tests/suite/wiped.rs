//! Sections erased in place: killed at every step the log is whole, and those who read and write
//! meanwhile notice nothing.

use crate::stops::Stops;
use crate::support::{append, clock, journal_options, stream};
use domain::ids::{Position, Version};
use ledger::fsck::fsck;
use ledger::journal::embedded::{EmbeddedJournal, Options, segment_files};
use ledger::journal::memory::MemoryJournal;
use ledger::journal::{Head, Journal, ReadError};
use ledger::record::{Content, Expected, StoredRecord};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Enough records for several segments.
const REQUESTS: u64 = 400;

async fn fill(journal: &dyn Journal) {
    for number in 0..REQUESTS {
        journal.append(append(stream((number % 5) as u8), Expected::Any, number, 3)).await.unwrap();
    }
}

fn all(journal: &dyn Journal) -> Vec<StoredRecord> {
    let (mut records, mut after) = (Vec::new(), Position(0));
    loop {
        let page = journal.read_after(after, 500).unwrap();
        let Some(last) = page.last() else { return records };
        after = last.position;
        records.extend(page);
    }
}

/// Every section of every second record that has one.
fn chosen(records: &[StoredRecord]) -> Vec<(Position, u8)> {
    let chosen = records.iter().filter(|record| record.position.0.is_multiple_of(2));
    chosen.flat_map(|r| (0..r.sections.len()).map(|rank| (r.position, rank as u8))).collect()
}

fn are_erased(records: &[StoredRecord], sections: &[(Position, u8)]) {
    for record in records {
        for (rank, content) in record.sections.iter().enumerate() {
            let erased = sections.contains(&(record.position, rank as u8));
            assert_eq!(*content == Content::Erased, erased, "{}", record.position);
        }
        record.verify().unwrap();
    }
}

async fn erases(journal: &dyn Journal) {
    fill(journal).await;
    let (head, records) = (journal.head(), all(journal));
    let sections = chosen(&records);
    let wiped = journal.erase(&sections).unwrap();
    assert_eq!(wiped.sections, sections.len() as u64);
    assert!(!wiped.witnesses.is_empty());
    assert_eq!(journal.head(), head, "the tree is what it was");
    are_erased(&all(journal), &sections);
    assert_eq!(journal.erase(&sections).unwrap(), wiped, "again");
    let none = [(Position(1), 7)];
    assert!(matches!(journal.erase(&none), Err(ReadError::Damaged { .. })));
    let beyond = [(Position(head.position.0 + 1), 0)];
    assert!(journal.erase(&beyond).is_err());
    journal.append(append(stream(1), Expected::Any, 9_999, 2)).await.unwrap();
}

#[tokio::test]
async fn each_journal_erases_sections_and_nothing_else() {
    erases(&MemoryJournal::new(clock())).await;
    let folder = tempfile::tempdir().unwrap();
    erases(&EmbeddedJournal::open(folder.path(), &journal_options(clock())).unwrap()).await;
}

/// A log, and its head.
async fn begun() -> (tempfile::TempDir, Head) {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path(), None);
    fill(&journal).await;
    let head = journal.head();
    (folder, head)
}

fn open(folder: &Path, disk: Option<Stops>) -> EmbeddedJournal {
    let mut options: Options = journal_options(clock());
    if let Some(disk) = disk {
        options.disk = Arc::new(disk);
    }
    EmbeddedJournal::open(&folder.join("log"), &options).unwrap()
}

fn copy(from: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("log")).unwrap();
    for path in segment_files(&from.join("log")).unwrap() {
        std::fs::copy(&path, folder.path().join("log").join(path.file_name().unwrap())).unwrap();
    }
    folder
}

#[tokio::test]
async fn killed_at_every_step_no_section_looks_damaged_and_it_is_ended_by_doing_it_again() {
    let (begun, head) = begun().await;
    let mut sections = chosen(&all(&open(begun.path(), None)));
    // A few of each segment, its first and its last ones.
    sections.retain(|(position, _)| position.0 % 200 < 4 || position.0 + 4 > head.position.0);
    let mut stopped = 0;
    for torn in [false, true] {
        for step in 0.. {
            let folder = copy(begun.path());
            let disk = Stops::after(u64::MAX, torn);
            let journal = open(folder.path(), Some(disk.clone()));
            disk.stop_after(step);
            let ended = journal.erase(&sections).is_ok();
            drop(journal);
            assert!(fsck(folder.path()).unwrap().problem.is_none(), "{step}");
            let journal = open(folder.path(), None);
            assert_eq!(journal.head(), head, "{step}");
            for record in all(&journal) {
                record.verify().unwrap();
            }
            journal.erase(&sections).unwrap();
            are_erased(&all(&journal), &sections);
            if ended {
                break;
            }
            stopped += 1;
        }
    }
    assert!(stopped > 30, "{stopped}");
}

#[tokio::test]
async fn erased_sections_are_zeros_in_the_files() {
    let (folder, head) = begun().await;
    let bytes = || -> Vec<u8> {
        let files = segment_files(&folder.path().join("log")).unwrap();
        assert!(files.len() > 2, "several segments");
        files.iter().flat_map(|file| std::fs::read(file).unwrap()).collect()
    };
    let found = |text: &str| bytes().windows(text.len()).any(|part| part == text.as_bytes());
    let journal = open(folder.path(), None);
    let records = all(&journal);
    let sections = chosen(&records);
    let texts: Vec<String> = records
        .iter()
        .flat_map(|record| record.sections.iter().enumerate().map(move |(n, c)| (record, n, c)))
        .filter(|(record, n, _)| sections.contains(&(record.position, *n as u8)))
        .map(|(_, _, content)| match content {
            Content::Sealed(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Content::Erased => panic!(),
        })
        .collect();
    assert!(texts.iter().step_by(20).all(|text| found(text)));
    journal.erase(&sections).unwrap();
    drop(journal);
    assert!(texts.iter().step_by(20).all(|text| !found(text)));
    let report = fsck(folder.path()).unwrap();
    assert!(report.problem.is_none());
    assert_eq!((report.head, report.erased), (Some(head), sections.len() as u64));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_read_and_append_meanwhile_notice_nothing() {
    let (folder, head) = begun().await;
    let journal = Arc::new(open(folder.path(), None));
    let records = all(journal.as_ref());
    let sections = chosen(&records);
    let stop = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..2)
        .map(|n| {
            let (journal, stop) = (Arc::clone(&journal), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut rounds = 0;
                while rounds == 0 || !stop.load(Ordering::Acquire) {
                    if n == 0 {
                        all(journal.as_ref());
                    } else {
                        let of = stream(rounds % 5);
                        journal.read_stream(of, Version(0), Position(u64::MAX), 500).unwrap();
                    }
                    rounds = rounds.wrapping_add(1).max(1);
                }
            })
        })
        .collect();
    let appending = Arc::clone(&journal);
    let appends = tokio::spawn(async move {
        for number in REQUESTS..REQUESTS + 50 {
            appending.append(append(stream(1), Expected::Any, number, 2)).await.unwrap();
        }
    });
    for part in sections.chunks(7) {
        journal.erase(part).unwrap();
    }
    appends.await.unwrap();
    stop.store(true, Ordering::Release);
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    let after = all(journal.as_ref());
    are_erased(&after, &sections);
    assert_eq!(after.len() as u64, head.position.0 + 100);
    drop(journal);
    assert!(fsck(folder.path()).unwrap().problem.is_none());
}
