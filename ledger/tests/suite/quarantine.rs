//! Refused rows: listed, bounded, kept once, gone after thirty days.

use crate::support::{NOON, ledger, ledger_options, source};
use domain::ids::{Instant, RunId};
use ledger::Ledger;
use ledger::limits::{
    QUARANTINE_FAULTS_MAX, QUARANTINE_ROW_BYTES_MAX, QUARANTINE_SOURCE_DAY_HEADS_BYTES_MAX,
};
use ledger::quarantine::{Fault, Keeping, KeptContent, Place, Quarantine, RefusedRow};

const DAY_US: i64 = 86_400_000_000;

fn refused(day: i64, row: u32) -> RefusedRow {
    let text = domain::text::Text::new("not a date", "Ce n'est pas une date.");
    RefusedRow {
        source: source("erp-one"),
        run: RunId([day as u8; 16]),
        row,
        refused_at: Instant(NOON + day * DAY_US),
        errors: vec![Fault { field: "x".to_owned(), rule: "DATE_FORM".to_owned(), text }],
    }
}

/// The day and the rank of the refused rows before a place, and the place of the last.
fn page(
    quarantine: &Quarantine,
    before: Option<&Place>,
    limit: usize,
) -> (Vec<(u8, u32)>, Option<Place>) {
    let rows = quarantine.list(None, before, limit).unwrap();
    let last = rows.last().map(|listed| listed.place.clone());
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
    let (second, after) = page(quarantine, place.as_ref(), 2);
    assert_eq!(second, [(2, 0), (0, 1)], "each old row once, and no new one");
    assert_eq!(page(quarantine, after.as_ref(), 2).0, [(0, 0)]);
    quarantine.purge(Instant(NOON + 31 * DAY_US)).unwrap();
    assert_eq!(page(quarantine, place.as_ref(), 2).0, [(2, 0)], "those that are left");
    assert!(page(quarantine, after.as_ref(), 2).0.is_empty(), "the place itself is gone");
    assert_eq!(["", "2", "2/x", "x/2"].map(Place::parse), [const { None }; 4]);
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
    let back = ledger.quarantine().content(&listed.place).unwrap().unwrap();
    assert_eq!(*back, content);
    let size = std::fs::metadata(file(folder.path())).unwrap().len();
    assert!(size < content.len() as u64 + 1024, "{size} bytes");
    for nowhere in ["2026-10-01/erp-one/1", "2026-10-01/erp-one/999999999", "2020-01-01/erp-one/0"]
    {
        let nowhere = Place::parse(nowhere).unwrap();
        assert!(ledger.quarantine().content(&nowhere).unwrap().is_none(), "{nowhere}");
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
    assert!(ledger.quarantine().content(&listed[0].place).unwrap().is_none());
    assert!(ledger.quarantine().content(&listed[1].place).unwrap().is_some());
}

#[tokio::test]
async fn of_one_source_only_its_own_files_are_read_and_of_all_each_row_is_listed_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let quarantine = ledger.quarantine();
    let of = |name: &str, row| RefusedRow { source: source(name), ..refused(0, row) };
    for (name, row) in [("erp-one", 0), ("erp-two", 1), ("erp-one", 2), ("erp-two", 3)] {
        quarantine.keep(of(name, row), b"the row").unwrap();
    }
    // A file of versions before has the rows of all sources of its day.
    let files = folder.path().join("quarantine");
    let named = |name: &str| files.join(format!("2026-10-01.{name}.sealed"));
    let older = [named("erp-one"), named("erp-two")].map(|file| std::fs::read(file).unwrap());
    std::fs::write(files.join("2026-10-01.sealed"), older.concat()).unwrap();
    let listed = |name: Option<&str>| {
        let (source, mut rows, mut before) = (name.map(source), Vec::new(), None);
        loop {
            let page = quarantine.list(source.as_ref(), before.as_ref(), 3).unwrap();
            let Some(last) = page.last() else { return rows };
            before = Some(last.place.clone());
            for listed in page {
                assert!(quarantine.content(&listed.place).unwrap().is_some());
                rows.push(listed.row.row);
            }
        }
    };
    assert_eq!(listed(Some("erp-one")), [2, 0, 2, 0]);
    assert_eq!(listed(Some("erp-two")), [3, 1, 3, 1]);
    assert_eq!(listed(None), [3, 1, 2, 0, 3, 1, 2, 0]);
    // What cannot be read of a source is no matter of another.
    std::fs::remove_file(named("erp-two")).unwrap();
    std::fs::create_dir(named("erp-two")).unwrap();
    assert_eq!(listed(Some("erp-one")), [2, 0, 2, 0]);
    assert!(quarantine.list(Some(&source("erp-two")), None, 10).is_err());
}

#[tokio::test]
async fn of_the_faults_of_a_row_the_first_are_kept_and_the_row_is_the_same_row() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut row = refused(0, 0);
    let fault = row.errors[0].clone();
    let numbered = |n: usize| Fault { field: format!("field-{n}"), ..fault.clone() };
    row.errors = (0..=QUARANTINE_FAULTS_MAX).map(numbered).collect();
    let keep = |row: &RefusedRow| ledger.quarantine().keep(row.clone(), b"the row").unwrap();
    assert_eq!(keep(&row), Keeping::Kept(KeptContent::Whole));
    assert_eq!(keep(&row), Keeping::Already);
    let listed = ledger.quarantine().list(None, None, 10).unwrap().remove(0);
    assert_eq!(listed.row.errors, row.errors[..QUARANTINE_FAULTS_MAX]);
}

#[tokio::test]
async fn a_source_whose_refusals_fill_its_share_takes_nothing_from_another() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let fault = Fault {
        field: "x".repeat(QUARANTINE_SOURCE_DAY_HEADS_BYTES_MAX as usize / 3),
        ..refused(0, 0).errors.remove(0)
    };
    let of = |name: &str, row| RefusedRow { source: source(name), ..refused(0, row) };
    let long = |name: &str, row| RefusedRow { errors: vec![fault.clone()], ..of(name, row) };
    let keep = |row| ledger.quarantine().keep(row, b"the row").unwrap();
    let kept = Keeping::Kept(KeptContent::Whole);
    assert_eq!([0, 1, 2].map(|row| keep(long("erp-one", row))), [kept, kept, Keeping::Full]);
    assert_eq!(keep(of("erp-one", 3)), kept, "a smaller one still fits");
    assert_eq!([0, 1, 2].map(|row| keep(long("erp-two", row))), [kept, kept, Keeping::Full]);
    drop(ledger);
    let ledger = crate::support::ledger(folder.path());
    let keep = |row| ledger.quarantine().keep(row, b"the row").unwrap();
    assert_eq!(keep(long("erp-one", 4)), Keeping::Full, "after a restart");
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
