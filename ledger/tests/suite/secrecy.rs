//! What may not be read in the data folder, and what needs which key.

use crate::support::{complete, declare, example, ledger, ledger_options, meta, source};
use domain::dossier::complete_row;
use domain::ids::{Instant, RunId};
use ledger::journal::OpenError;
use ledger::quarantine::{Fault, Place, Quarantine, RefusedRow};
use ledger::{Ledger, LedgerError};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const DAY_US: i64 = 86_400_000_000;

/// Every file of a folder with its bytes.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    found
}

fn contains(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|window| window.eq_ignore_ascii_case(needle.as_bytes()))
}

/// Values of the complete row that identify somebody.
const PERSONAL: [&str; 22] = [
    "ALENÇON",
    "Zoé",
    "0123A45678C",
    "zoe.dalencon",
    "exemple.fr",
    "0612345678",
    "12 rue de l",
    "A-1001",
    "206040105301234",
    "97411",
    "parent.un",
    "parent.deux",
    "anne.martin",
    "Martin",
    "Absences injustifi",
    "Accord des deux",
    "Liquidation",
    "initiative de l",
    "Exclusion du CFA",
    "73282932000074",
    "35600000000048",
    "En entreprise",
];

#[tokio::test]
async fn no_personal_value_is_in_clear_anywhere_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    ledger.execute(meta(1), key, command).await.unwrap();
    ledger.quarantine().keep(refused(1, 0), format!("{:?}", complete_row()).into()).unwrap();
    let found = files(folder.path());
    assert!(found.iter().any(|(_, bytes)| contains(bytes, "2024-2025")), "public values are there");
    for (path, bytes) in &found {
        for value in PERSONAL {
            assert!(!contains(bytes, value), "{value} is in clear in {path}");
        }
    }
}

#[tokio::test]
async fn one_learner_of_one_source_has_one_key_and_an_employer_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    ledger.execute(meta(1), key, command).await.unwrap();
    // Learner, guardians, referent and four employers.
    assert_eq!(ledger.vault().len(), 7);
    let mut second = example();
    second.training.certification.rncp = None;
    let (other, command) = declare(&ledger, second, 2);
    assert_ne!(other, key);
    let done = ledger.execute(meta(2), other, command).await.unwrap();
    assert!(done.receipt.is_some());
    assert_eq!(ledger.vault().len(), 7, "the learner and the employer are found again");
}

#[tokio::test]
async fn the_keys_are_readable_by_their_owner_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(ledger(folder.path()));
    for name in ["kek", "master", "subjects"] {
        let mode = std::fs::metadata(folder.path().join("keys").join(name)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o077, 0, "{name}");
    }
}

#[tokio::test]
async fn a_second_server_on_the_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path());
    let second = Ledger::open(folder.path(), &ledger_options(1));
    assert!(matches!(second, Err(LedgerError::Open(OpenError::Locked(_)))), "{second:?}");
    drop(first);
    Ledger::open(folder.path(), &ledger_options(1)).unwrap();
}

fn refused(day: i64, row: u32) -> RefusedRow {
    let text = domain::text::Text::new("not a date", "Ce n'est pas une date.");
    RefusedRow {
        source: source(if row.is_multiple_of(2) { "erp-one" } else { "erp-two" }),
        run: RunId([day as u8; 16]),
        row,
        refused_at: Instant(crate::support::NOON + day * DAY_US),
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
    let last = rows.last().map(|(place, _)| *place);
    (rows.iter().map(|(_, row)| (row.run.0[0], row.row)).collect(), last)
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
            quarantine.keep(refused(day, row), b"the row".to_vec()).unwrap();
        }
    }
    assert_eq!(page(quarantine, None, 4).0, [(3, 2), (3, 1), (3, 0), (2, 2)]);
    let of_one = quarantine.list(Some(&source("erp-two")), None, 100).unwrap();
    assert_eq!(of_one.iter().map(|(_, row)| row.row).collect::<Vec<_>>(), [1; 4]);
    let day = |n| Instant(crate::support::NOON + n * DAY_US);
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
        quarantine.keep(refused(day, row), b"the row".to_vec()).unwrap();
    }
    let (first, place) = page(quarantine, None, 2);
    assert_eq!(first, [(2, 2), (2, 1)]);
    let place = Place::parse(&place.unwrap().to_string());
    assert!(place.is_some(), "a place is read as it is written");
    // One more in the same file, and one in a file that was not there.
    quarantine.keep(refused(2, 3), b"the row".to_vec()).unwrap();
    quarantine.keep(refused(3, 0), b"the row".to_vec()).unwrap();
    let (second, after) = page(quarantine, place, 2);
    assert_eq!(second, [(2, 0), (0, 1)], "each old row once, and no new one");
    assert_eq!(page(quarantine, after, 2).0, [(0, 0)]);
    quarantine.purge(Instant(crate::support::NOON + 31 * DAY_US)).unwrap();
    assert_eq!(page(quarantine, place, 2).0, [(2, 0)], "those that are left");
    assert!(page(quarantine, after, 2).0.is_empty(), "the place itself is gone");
    assert_eq!(["", "2", "2/x", "x/2"].map(Place::parse), [None; 4]);
}

#[tokio::test]
async fn a_torn_row_in_quarantine_hides_neither_those_before_nor_those_after() {
    let folder = tempfile::tempdir().unwrap();
    let file = {
        let ledger = ledger(folder.path());
        ledger.quarantine().keep(refused(0, 0), b"the first".to_vec()).unwrap();
        let file = std::fs::read_dir(folder.path().join("quarantine")).unwrap().next();
        file.unwrap().unwrap().path()
    };
    let whole = std::fs::read(&file).unwrap();
    for torn in [whole[..whole.len() - 9].to_vec(), vec![0; 64], vec![7, 0]] {
        std::fs::write(&file, [whole.clone(), torn].concat()).unwrap();
        let ledger = ledger(folder.path());
        assert_eq!(ranks(&ledger), [0]);
        ledger.quarantine().keep(refused(0, 1), b"the second".to_vec()).unwrap();
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
    ledger_now.quarantine().keep(refused(0, 0), b"the row".to_vec()).unwrap();
    ledger_now.quarantine().keep(refused(40, 1), b"the row".to_vec()).unwrap();
    assert_eq!(ranks(&ledger_now), [1], "by the next that comes");
    drop(ledger_now);
    let mut options = ledger_options(1);
    let later = Instant(crate::support::NOON + 90 * DAY_US);
    options.clock = std::sync::Arc::new(ledger::ManualClock::new(later));
    let ledger_later = Ledger::open(folder.path(), &options).unwrap();
    assert!(ranks(&ledger_later).is_empty(), "by the next start");
}

#[tokio::test]
async fn what_is_printed_for_a_programmer_tells_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    let asked = format!("{command:?}");
    let executed = ledger.execute(meta(1), key, command).await.unwrap();
    let loaded = ledger.load_enrolment(key, None, true).unwrap();
    let read = ledger.read_stream(executed.receipt.as_ref().unwrap().stream, None, true).unwrap();
    for printed in [asked, format!("{executed:?}"), format!("{loaded:?}"), format!("{read:?}")] {
        for value in PERSONAL {
            assert!(!contains(printed.as_bytes(), value), "{value} in {printed}");
        }
    }
}
