//! The apprentice of a contract whose workflow runs here, erased.

use crate::contracts::{Writing, agreement, day, ledger, of_a_minor, to_be_signed};
use crate::erasure::{apolline, erase, hits, requested, told};
use crate::support::{ledger_options, meta};
use domain::contract::signing::Party;
use domain::contract::{Command, Phase};
use domain::erasure::{LegalBasis, Reference};
use domain::ids::{Category, StreamId, StreamKey};
use ledger::fsck::fsck;
use ledger::record::Content;
use ledger::vault::VaultError;
use ledger::{Ledger, LedgerError};
use sha2::{Digest, Sha256};
use std::path::Path;

pub async fn granted(ledger: &Ledger, of: StreamKey) -> StreamKey {
    let erasure = requested(ledger, of, 50).await;
    let reference = Reference::parse("DPO/2026-17").unwrap();
    let decided = ledger.decide_erasure(meta(51), erasure, true, LegalBasis::Objection, reference);
    decided.await.unwrap();
    erasure
}

/// The kinds of the sections of a contract, and whether each is zeros.
fn sections(ledger: &Ledger, contract: StreamKey) -> Vec<(u8, bool)> {
    let stream = StreamId { category: Category::Contract, key: contract };
    let events = ledger.read_stream(stream, None, true).unwrap();
    let of_event = |event: &ledger::Recorded| {
        let sections = event.header.sections.iter().zip(&event.sections);
        sections
            .map(|(named, content)| (named.kind, *content == Content::Erased))
            .collect::<Vec<_>>()
    };
    events.iter().flat_map(of_event).collect()
}

/// What is the apprentice's or the representative's is zeros, and nothing else is.
fn is_gone(folder: &Path, contract: StreamKey, erased: usize) {
    let ledger = Ledger::open(folder, &ledger_options(9)).unwrap();
    let sections = sections(&ledger, contract);
    assert!(sections.len() > 10);
    for (kind, zeros) in sections {
        // 7 words, 9 the apprentice, 11 the representative, 14 documents.
        assert_eq!(zeros, matches!(kind, 7 | 9 | 11 | 14), "a section of kind {kind}");
    }
    let state = ledger.load_contract(contract, None, true).unwrap().unwrap().state;
    let round = state.round().unwrap();
    assert_eq!(round.phase, Phase::Draft, "what happened stays");
    assert!(round.form.apprentice.birth_name.is_none() && round.form.guardian.name.is_none());
    assert!(round.form.employer.email.is_some() && round.form.masters[0].name.is_some());
    let digest = Sha256::digest(agreement()).into();
    assert_eq!(ledger.enclosed_in_contract(contract, &digest).unwrap(), None);
    drop(ledger);
    let report = fsck(folder).unwrap();
    assert!(report.is_right(), "{report:?}");
    assert_eq!(report.keys.erased, erased);
}

#[tokio::test]
async fn with_the_learner_of_an_enrolment_goes_what_the_contract_says_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path());
    let hers = told(&first, 2, apolline()).await;
    let mut writing = Writing::new(&first, 100);
    to_be_signed(&mut writing, Some(hers)).await;
    writing.sign(Party::Employer).await.unwrap();
    writing.act(Command::Reopen("Apolline déménage".to_owned())).await.unwrap();
    let contract = writing.contract;
    let erasure = granted(&first, hers).await;
    let certificate = erase(&first, erasure).await.unwrap();
    assert!(certificate.sections > 10);

    let late = writing.act(Command::Contribute(of_a_minor()[..30].to_vec())).await;
    assert!(late.is_err(), "{late:?}");
    let again = writing.act(Command::Withdraw("elle est partie".to_owned())).await;
    let gone = matches!(again, Err(LedgerError::Vault(VaultError::Erased(_))));
    assert!(gone, "nothing is written of her any more: {again:?}");
    drop(first);
    // She, her representatives in the dossier, and the one of the contract.
    is_gone(folder.path(), contract, 3);
    assert_eq!(hits(folder.path(), b"Kerbiriou"), 0);
}

#[tokio::test]
async fn a_contract_without_an_enrolment_is_asked_for_by_its_own_name() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path());
    let mut writing = Writing::new(&first, 100);
    to_be_signed(&mut writing, None).await;
    writing.act(Command::Reopen("un motif".to_owned())).await.unwrap();
    let contract = writing.contract;
    let erasure = granted(&first, contract).await;
    assert!(!first.is_erased(contract).unwrap() && first.has_somebody(contract).unwrap());
    erase(&first, erasure).await.unwrap();
    assert!(first.is_erased(contract).unwrap());
    assert_eq!(first.erasure_of(contract).unwrap().unwrap().id, erasure);
    drop(first);
    is_gone(folder.path(), contract, 2);
}

#[tokio::test]
async fn another_contract_of_the_same_day_stays_whole() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path());
    let mut hers = Writing::new(&first, 100);
    to_be_signed(&mut hers, None).await;
    let mut other = Writing::new(&first, 200);
    to_be_signed(&mut other, None).await;
    let erasure = granted(&first, hers.contract).await;
    erase(&first, erasure).await.unwrap();
    assert!(sections(&first, other.contract).iter().all(|(_, zeros)| !zeros));
    let state = first.load_contract(other.contract, None, true).unwrap().unwrap().state;
    assert_eq!(state.round().unwrap().form.terms.start_on, Some(day("2024-09-02")));
    assert!(state.round().unwrap().form.guardian.name.is_some());
}
