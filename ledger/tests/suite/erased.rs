//! A person whose key was erased: hidden when read, refused when written. The
//! erasure itself is not written yet; these tests write its bytes.

use crate::support::{complete, declare, example, ledger, ledger_options, meta, persons};
use domain::dossier::Declaration;
use domain::enrolment::Fact;
use domain::event::Event;
use domain::ids::{Position, StreamKey, SubjectId};
use ledger::fsck::fsck;
use ledger::vault::{Role, VaultError, Wanted};
use ledger::{Ledger, LedgerError};
use std::path::Path;

/// Bytes of an entry and of what precedes the first.
const ENTRY: usize = 116;
const HEADER: usize = 32;

/// An entry with its key erased, as the format says.
fn erased(entry: &[u8]) -> Vec<u8> {
    let mut entry = entry.to_vec();
    entry[0] = 2;
    entry[2..4].fill(0);
    entry[36..108].fill(0);
    checked(entry)
}

fn checked(mut entry: Vec<u8>) -> Vec<u8> {
    let crc = crc32c::crc32c(&entry[..ENTRY - 4]);
    entry[ENTRY - 4..].copy_from_slice(&crc.to_le_bytes());
    entry
}

async fn execute(ledger: &Ledger, n: u8, row: Declaration) -> Result<StreamKey, LedgerError> {
    let (key, command) = declare(ledger, row, n);
    Ok(ledger.execute(meta(u64::from(n)), key, command).await?.stream)
}

/// The complete dossier, and the subject of its learner.
async fn one_dossier(folder: &Path) -> (StreamKey, SubjectId) {
    let ledger = ledger(folder);
    let key = execute(&ledger, 1, complete()).await.unwrap();
    let first = ledger.read_after(Position(0), 1).unwrap().remove(0);
    (key, first.header.sections[0].subject)
}

/// Rewrites the entries of a subject.
fn rewrite(folder: &Path, subject: SubjectId, with: &dyn Fn(&[u8]) -> Vec<u8>) {
    let path = folder.join("keys/subjects");
    let mut bytes = std::fs::read(&path).unwrap();
    for entry in bytes[HEADER..].chunks_mut(ENTRY) {
        if &entry[4..20] == subject.as_bytes() {
            let rewritten = with(entry);
            entry.copy_from_slice(&rewritten);
        }
    }
    std::fs::write(&path, bytes).unwrap();
}

#[tokio::test]
async fn an_erased_person_is_hidden_and_everybody_else_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (key, learner) = one_dossier(folder.path()).await;
    rewrite(folder.path(), learner, &erased);
    let ledger = ledger(folder.path());
    assert_eq!(persons(folder.path()), 6, "of seven");
    let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
    assert!(state.current.unwrap().identity.clear().is_none());
    let stream = domain::ids::StreamId { category: domain::ids::Category::Enrolment, key };
    let events = ledger.read_stream(stream, None, true).unwrap();
    assert_eq!(ledger.person_keys(&events[0]).unwrap(), None);
    assert_eq!(ledger.email_key(&events[0]).unwrap(), None);
    let Event::Enrolment(first) = &events[0].event else { panic!() };
    let Fact::EnrolmentDeclared(declared) = &first.fact else { panic!() };
    assert!(declared.contact.as_ref().unwrap().clear().is_none(), "hidden, not absent");
    assert!(declared.referent.as_ref().unwrap().clear().is_some(), "another person");
    drop(ledger);
    let report = fsck(folder.path()).unwrap();
    assert!(report.is_right(), "{report:?}");
    assert_eq!((report.keys.persons, report.keys.erased), (6, 1));
}

#[tokio::test]
async fn writing_of_an_erased_person_fails_loudly() {
    let folder = tempfile::tempdir().unwrap();
    let (_, learner) = one_dossier(folder.path()).await;
    rewrite(folder.path(), learner, &erased);
    let ledger = ledger(folder.path());
    let head = ledger.head();
    let mut other_training = example();
    other_training.training.certification.rncp = None;
    let mut amended = complete();
    amended.contact.email = Some("autre@exemple.fr".to_owned());
    for (n, row) in [(2, other_training), (3, amended)] {
        let refused = execute(&ledger, n, row).await.unwrap_err();
        assert!(
            matches!(refused, LedgerError::Vault(VaultError::Erased(of)) if of == learner)
                || matches!(refused, LedgerError::Command(_) | LedgerError::Codec(_)),
            "{n}: {refused}"
        );
    }
    assert_eq!(ledger.head(), head, "nothing was written");
    let sealed = ledger.vault().seal(learner, b"", b"words");
    assert!(matches!(sealed, Err(VaultError::Erased(of)) if of == learner));
    // A new label of the same person leads there too.
    let wanted = Wanted { role: Role::Learner, label: [9; 16], subject: Some(learner) };
    let given = ledger.vault().subjects(vec![wanted]).await;
    assert!(matches!(given, Err(VaultError::Erased(of)) if of == learner), "{given:?}");
    let mut other = example();
    other.identity.id_erp = "B-2".to_owned();
    execute(&ledger, 4, other).await.unwrap();
}

#[tokio::test]
async fn one_erased_entry_erases_its_subject_wherever_it_stands() {
    for at_the_end in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let (key, learner) = one_dossier(folder.path()).await;
        let path = folder.path().join("keys/subjects");
        let bytes = std::fs::read(&path).unwrap();
        let (first, rest) = (&bytes[HEADER..HEADER + ENTRY], &bytes[HEADER + ENTRY..]);
        assert_eq!(&first[4..20], learner.as_bytes());
        let gone = erased(first);
        let order = if at_the_end { [first, rest, &gone] } else { [&gone, first, rest] };
        std::fs::write(&path, [&bytes[..HEADER], &order.concat()].concat()).unwrap();
        let ledger = ledger(folder.path());
        let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
        assert!(state.current.unwrap().identity.clear().is_none(), "{at_the_end}");
    }
}

#[tokio::test]
async fn an_entry_that_says_erased_and_still_holds_a_key_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let (key, learner) = one_dossier(folder.path()).await;
    let half = |entry: &[u8]| {
        let mut entry = entry.to_vec();
        entry[0] = 2;
        checked(entry)
    };
    rewrite(folder.path(), learner, &half);
    let read = ledger(folder.path()).load_enrolment(key, None, true);
    assert!(matches!(read, Err(LedgerError::Codec(_) | LedgerError::Vault(_))), "{read:?}");
    std::fs::remove_dir_all(folder.path().join("keys/index")).unwrap();
    let opened = Ledger::open(folder.path(), &ledger_options(2));
    assert!(matches!(opened, Err(LedgerError::Vault(VaultError::Damaged(_)))), "{opened:?}");
    assert!(fsck(folder.path()).unwrap().keys.problem.is_some());
}
