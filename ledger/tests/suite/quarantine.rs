//! Refused rows: listed, bounded, kept once, gone after thirty days.

use crate::support::{NOON, ledger, ledger_options, source};
use domain::ids::{Instant, RunId};
use ledger::Ledger;
use ledger::limits::QUARANTINE_ROW_BYTES_MAX;
use ledger::quarantine::{Fault, Keeping, KeptContent, Place, Quarantine, RefusedRow};

const DAY_US: i64 = 86_400_000_000;

fn refused(day: i64, row: u32) -> RefusedRow {
    let text = domain::text::Text::new("not a date", "Ce n'est pas une date.");
    RefusedRow {
        source: source(if row.is_multiple_of(2) { "erp-one" } else { "erp-two" }),
        run: RunId([day as u8; 16]),
        row,
        refused_at: Instant(NOON + day * DAY_US),
        errors: vec![Fault { field: "x".to_owned(), rule: "DATE_FORM".to_owned(), text }],
    }
}

/// The day and the rank of the refused rows before a place, and the place of the last.
fn page(
    quarantine: &Quarantine,
    before: Option<Place>,
    limit: usize,
) -> (Vec<(u8, u32)>, Option<Place>) {
    let rows = quarantine.list(None, before, limit).unwrap();
    let last = rows.last().map(|listed| listed.place);
    (rows.iter().map(|listed| (listed.row.run.0[0], listed.row.row)).collect(), last)
}

fn ranks(ledger: &Ledger) -> Vec<u32> {
    page(ledger.quarantine(), None, 10).0.into_iter().map(|(_, row)| row).collect()
}

#[tokio::test]
async fn refused_rows_are_listed_newest_first_and_gone_after_thirty_days() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let quarantine = ledger.quarantine();
    for day in 0..4 {
        for row in 0..3 {
            quarantine.keep(refused(day, row), b"the row").unwrap();
        }
    }
    assert_eq!(page(quarantine, None, 4).0, [(3, 2), (3, 1), (3, 0), (2, 2)]);
    let of_one = quarantine.list(Some(&source("erp-two")), None, 100).unwrap();
    assert_eq!(of_one.iter().map(|listed| listed.row.row).collect::<Vec<_>>(), [1; 4]);
    let day = |n| Instant(NOON + n * DAY_US);
    assert_eq!(quarantine.purge(day(30)).unwrap(), 0, "the thirtieth day is kept");
    assert_eq!(quarantine.purge(day(32)).unwrap(), 2);
    assert_eq!(page(quarantine, None, 100).0.len(), 6);
}

#[tokio::test]
async fn rows_that_come_and_go_between_two_pages_move_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let quarantine = ledger.quarantine();
    for (day, row) in [(0, 0), (0, 1), (2, 0), (2, 1), (2, 2)] {
        quarantine.keep(refused(day, row), b"the row").unwrap();
    }
    let (first, place) = page(quarantine, None, 2);
    assert_eq!(first, [(2, 2), (2, 1)]);
    let place = Place::parse(&place.unwrap().to_string());
    assert!(place.is_some(), "a place is read as it is written");
    // One more in the same file, and one in a file that was not there.
    quarantine.keep(refused(2, 3), b"the row").unwrap();
    quarantine.keep(refused(3, 0), b"the row").unwrap();
    let (second, after) = page(quarantine, place, 2);
    assert_eq!(second, [(2, 0), (0, 1)], "each old row once, and no new one");
    assert_eq!(page(quarantine, after, 2).0, [(0, 0)]);
    quarantine.purge(Instant(NOON + 31 * DAY_US)).unwrap();
    assert_eq!(page(quarantine, place, 2).0, [(2, 0)], "those that are left");
    assert!(page(quarantine, after, 2).0.is_empty(), "the place itself is gone");
    assert_eq!(["", "2", "2/x", "x/2"].map(Place::parse), [None; 4]);
}

#[tokio::test]
async fn a_torn_row_in_quarantine_hides_neither_those_before_nor_those_after() {
    let folder = tempfile::tempdir().unwrap();
    let file = {
        let ledger = ledger(folder.path());
        ledger.quarantine().keep(refused(0, 0), b"the first").unwrap();
        let file = std::fs::read_dir(folder.path().join("quarantine")).unwrap().next();
        file.unwrap().unwrap().path()
    };
    let whole = std::fs::read(&file).unwrap();
    for torn in [whole[..whole.len() - 9].to_vec(), vec![0; 64], vec![7, 0]] {
        std::fs::write(&file, [whole.clone(), torn].concat()).unwrap();
        let ledger = ledger(folder.path());
        assert_eq!(ranks(&ledger), [0]);
        ledger.quarantine().keep(refused(0, 1), b"the second").unwrap();
        assert_eq!(ranks(&ledger), [1, 0]);
    }
    let mut flipped = std::fs::read(&file).unwrap();
    flipped[30] ^= 1;
    std::fs::write(&file, flipped).unwrap();
    assert_eq!(ranks(&ledger(folder.path())), [1], "the other is read");
}

#[tokio::test]
async fn refused_rows_go_after_thirty_days_without_anybody_asking() {
    let folder = tempfile::tempdir().unwrap();
    let ledger_now = ledger(folder.path());
    ledger_now.quarantine().keep(refused(0, 0), b"the row").unwrap();
    ledger_now.quarantine().keep(refused(40, 1), b"the row").unwrap();
    assert_eq!(ranks(&ledger_now), [1], "by the next that comes");
    drop(ledger_now);
    let mut options = ledger_options(1);
    let later = Instant(NOON + 90 * DAY_US);
    options.clock = std::sync::Arc::new(ledger::ManualClock::new(later));
    let ledger_later = Ledger::open(folder.path(), &options).unwrap();
    assert!(ranks(&ledger_later).is_empty(), "by the next start");
}

#[tokio::test]
async fn the_content_of_a_row_is_given_back_as_it_was_sent_and_takes_no_more_room() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let content: Vec<u8> = (0..40_000_u32).map(|n| (n % 251) as u8).collect();
    let kept = ledger.quarantine().keep(refused(0, 0), &content).unwrap();
    assert_eq!(kept, Keeping::Kept(KeptContent::Whole));
    let listed = ledger.quarantine().list(None, None, 10).unwrap().remove(0);
    assert_eq!((listed.row, listed.content), (refused(0, 0), KeptContent::Whole));
    let back = ledger.quarantine().content(listed.place).unwrap().unwrap();
    assert_eq!(*back, content);
    let size = std::fs::metadata(file(folder.path())).unwrap().len();
    assert!(size < content.len() as u64 + 1024, "{size} bytes");
    for nowhere in ["2026-10-01/1", "2026-10-01/999999999", "2020-01-01/0"] {
        let nowhere = Place::parse(nowhere).unwrap();
        assert!(ledger.quarantine().content(nowhere).unwrap().is_none(), "{nowhere}");
    }
}

#[tokio::test]
async fn a_row_that_is_too_long_is_kept_without_its_content_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    for (row, more, kept) in [(0, 0, KeptContent::Whole), (1, 1, KeptContent::TooLong)] {
        let content = vec![b'x'; QUARANTINE_ROW_BYTES_MAX + more];
        let keeping = ledger.quarantine().keep(refused(0, row), &content).unwrap();
        assert_eq!(keeping, Keeping::Kept(kept));
    }
    let listed = ledger.quarantine().list(None, None, 10).unwrap();
    assert_eq!(listed[0].row, refused(0, 1), "the refusal is there");
    assert_eq!(listed[0].content, KeptContent::TooLong);
    assert!(ledger.quarantine().content(listed[0].place).unwrap().is_none());
    assert!(ledger.quarantine().content(listed[1].place).unwrap().is_some());
}

#[tokio::test]
async fn a_row_that_is_sent_again_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let again = |day: i64| RefusedRow { refused_at: Instant(NOON + day * DAY_US), ..refused(0, 0) };
    {
        let ledger = ledger(folder.path());
        let keep = |row, content| ledger.quarantine().keep(row, content).unwrap();
        assert_eq!(keep(again(0), b"the row"), Keeping::Kept(KeptContent::Whole));
        assert_eq!(keep(again(0), b"the row"), Keeping::Already);
        assert_eq!(keep(again(0), b"another"), Keeping::Kept(KeptContent::Whole));
        assert_eq!(keep(refused(0, 2), b"the row"), Keeping::Kept(KeptContent::Whole));
    }
    let ledger = ledger(folder.path());
    let keep = |row| ledger.quarantine().keep(row, b"the row").unwrap();
    assert_eq!(keep(again(0)), Keeping::Already, "after a restart");
    assert_eq!(keep(again(1)), Keeping::Already, "after midnight");
    assert_eq!(ranks(&ledger), [2, 0, 0]);
}

fn file(folder: &std::path::Path) -> std::path::PathBuf {
    let file = std::fs::read_dir(folder.join("quarantine")).unwrap().next();
    file.unwrap().unwrap().path()
}
