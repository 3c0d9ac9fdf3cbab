//! What may not be read in the data folder, and what needs which key.

use crate::support::{complete, declare, example, ledger, ledger_options, meta, persons, source};
use domain::dossier::complete_row;
use domain::ids::{Instant, RunId};
use ledger::journal::OpenError;
use ledger::quarantine::{Fault, RefusedRow};
use ledger::{Ledger, LedgerError};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

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

fn refused() -> RefusedRow {
    let text = domain::text::Text::new("not a date", "Ce n'est pas une date.");
    RefusedRow {
        source: source("erp-one"),
        run: RunId([1; 16]),
        row: 0,
        refused_at: Instant(crate::support::NOON),
        errors: vec![Fault { field: "x".to_owned(), rule: "DATE_FORM".to_owned(), text }],
    }
}

#[tokio::test]
async fn no_personal_value_is_in_clear_anywhere_in_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let (key, command) = declare(&ledger, complete(), 1);
    ledger.execute(meta(1), key, command).await.unwrap();
    ledger.quarantine().keep(refused(), format!("{:?}", complete_row()).as_bytes()).unwrap();
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
    assert_eq!(persons(folder.path()), 7);
    let mut second = example();
    second.training.certification.rncp = None;
    let (other, command) = declare(&ledger, second, 2);
    assert_ne!(other, key);
    let done = ledger.execute(meta(2), other, command).await.unwrap();
    assert!(done.receipt.is_some());
    assert_eq!(persons(folder.path()), 7, "the learner and the employer are found again");
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
