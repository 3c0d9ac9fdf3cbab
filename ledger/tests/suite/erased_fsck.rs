//! What survived an erasure is found without any key: a fence that is not there, a key that is.

use crate::erasure::{again, begun, erase, opens};
use crate::stops::stoppable;
use crate::support::{ledger, ledger_options};
use domain::ids::{Category, StreamId};
use ledger::Ledger;
use ledger::codec::SectionKind;
use ledger::erasure::Survivors;
use ledger::fsck::{Report, fsck};
use ledger::journal::embedded::segment_files;
use ledger::record::Content;
use std::path::Path;

/// State and checksum before each section of a segment.
const SECTION_PREFIX: usize = 5;

fn found(folder: &Path) -> (Report, Survivors) {
    let report = fsck(folder).unwrap();
    assert_eq!(report.is_right(), report.survivors.are_none(), "{report:?}");
    let survivors = report.survivors;
    (report, survivors)
}

#[tokio::test]
async fn an_erased_person_without_a_fence_or_with_a_key_is_found() {
    let begun = begun().await;
    let before = again(begun.folder.path());
    let (opened, folder) = (ledger(begun.folder.path()), begun.folder.path());
    erase(&opened, begun.erasure).await.unwrap();
    drop(opened);
    let (report, nothing) = found(folder);
    assert!(report.is_right() && nothing == Survivors::default(), "{report:?}");

    let unfenced = again(folder);
    std::fs::remove_file(unfenced.path().join("keys/fences")).unwrap();
    let (_, survivors) = found(unfenced.path());
    assert_eq!(survivors, Survivors { unfenced: 2, unfinished: 1, ..Survivors::default() });

    let living = again(folder);
    std::fs::copy(before.path().join("keys/subjects"), living.path().join("keys/subjects"))
        .unwrap();
    let (_, survivors) = found(living.path());
    assert_eq!(survivors, Survivors { living: 2, ..Survivors::default() });

    // A key beside an entry that says erased: somebody appended what an older copy had.
    let beside = again(folder);
    let older = std::fs::read(before.path().join("keys/subjects")).unwrap();
    let path = beside.path().join("keys/subjects");
    let mut entries = std::fs::read(&path).unwrap();
    entries.extend_from_slice(&older[32..]);
    std::fs::write(&path, entries).unwrap();
    let (report, survivors) = found(beside.path());
    assert_eq!((survivors.living, report.keys.erased), (2, 2));

    for folder in [unfenced, living, beside] {
        drop(Ledger::open(folder.path(), &ledger_options(9)).unwrap());
        let (report, survivors) = found(folder.path());
        assert!(report.is_right() && survivors == Survivors::default(), "a start ends it");
    }
}

#[tokio::test]
async fn what_is_left_of_the_employer_in_the_dossier_of_an_erased_learner_is_found() {
    let begun = begun().await;
    let before = again(begun.folder.path());
    let (opened, folder) = (ledger(begun.folder.path()), begun.folder.path());
    let stream = StreamId { category: Category::Enrolment, key: begun.hers };
    let events = opened.read_stream(stream, None, false).unwrap();
    let mut employers = Vec::new();
    for event in &events {
        for (named, content) in event.header.sections.iter().zip(&event.sections) {
            if let Content::Sealed(bytes) = content
                && named.kind == SectionKind::Employer.code()
            {
                employers.push(bytes.to_vec());
            }
        }
    }
    erase(&opened, begun.erasure).await.unwrap();
    drop(opened);
    let (right, _) = found(folder);
    assert!(right.is_right() && !employers.is_empty());
    // The first of them is put back as it was: its state, its checksum and its bytes.
    let file = |folder: &Path| segment_files(&folder.join("log")).unwrap().pop().unwrap();
    let older = std::fs::read(file(before.path())).unwrap();
    let sealed = employers[0].as_slice();
    let at = older.windows(sealed.len()).position(|part| part == sealed).unwrap();
    let place = at - SECTION_PREFIX..at + sealed.len();
    let mut segment = std::fs::read(file(folder)).unwrap();
    segment[place.clone()].copy_from_slice(&older[place]);
    std::fs::write(file(folder), segment).unwrap();
    let (report, survivors) = found(folder);
    assert_eq!(survivors, Survivors { sections: 1, ..Survivors::default() });
    assert!(!report.is_right());
}

#[tokio::test]
async fn killed_at_every_step_it_says_whether_anything_is_left_of_her() {
    let begun = begun().await;
    let (mut right, mut wrong) = (0, 0);
    for step in 0.. {
        let folder = again(begun.folder.path());
        let (disk, ledger) = stoppable(folder.path());
        disk.stop_after(step);
        let ended = erase(&ledger, begun.erasure).await.is_ok();
        drop(ledger);
        let (report, survivors) = found(folder.path());
        let ledger = Ledger::open(folder.path(), &ledger_options(10)).unwrap();
        let erased = ledger.erasure(begun.erasure).unwrap().unwrap().state.erased.is_some();
        assert_eq!(opens(&ledger, begun.hers), !erased, "{step}");
        drop(ledger);
        let keys = report.keys.erased < 2;
        if report.is_right() {
            right += 1;
            assert!(!erased || !keys, "{step}: a key is left, and all is said to be right");
        } else {
            wrong += 1;
            assert!(erased && survivors.unfinished == 1 && !ended, "{step}: {survivors:?}");
        }
        assert!(found(folder.path()).0.is_right(), "{step}: a start ends it");
        if ended {
            break;
        }
    }
    assert!(right > 3 && wrong > 10, "{right} {wrong}");
}
