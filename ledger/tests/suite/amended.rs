//! Of which type an amendment is: one says that the apprentice is disabled.

use crate::contracts::{Writing, deposited};
use crate::contracts_erased::granted;
use crate::erasure::erase;
use crate::support::ledger_options;
use domain::cerfa::codes::ContractType;
use domain::contract::{Command, ContractEvent};
use domain::enrolment::Opened;
use domain::event::Event;
use domain::ids::{Category, StreamId, StreamKey};
use ledger::codec::TypeCode;
use ledger::notary::{self, BundleRequest, Notary};
use ledger::record::{Content, Header, StoredRecord};
use ledger::{Ledger, Recorded};
use seal::Policy;
use std::path::Path;
use std::sync::Arc;

/// The body of every amendment: that it is concluded on a day of its own.
const OWN_CONCLUSION: &[u8] = &[0x10, 1];

/// A log that is signed, in a folder and the one apart.
fn open(folder: &Path) -> (Ledger, Arc<Notary>) {
    let options = ledger::Options { segment_bytes: 16 * 1024 * 1024, ..ledger_options(1) };
    let (data, apart) = (folder.join("data"), folder.join("apart"));
    Ledger::open_sealed(&data, &options, &notary::Options::new(&data, &apart)).unwrap()
}

async fn amended(ledger: &Ledger, kind: ContractType) -> StreamKey {
    let mut writing = Writing::new(ledger, 100);
    deposited(&mut writing).await;
    writing.act(Command::Amend(kind)).await.unwrap();
    writing.contract
}

const fn stream(contract: StreamKey) -> StreamId {
    StreamId { category: Category::Contract, key: contract }
}

fn last(ledger: &Ledger, contract: StreamKey, open: bool) -> (Recorded, StoredRecord) {
    let recorded = ledger.read_stream(stream(contract), None, open).unwrap().pop().unwrap();
    let before = domain::ids::Position(recorded.position.0 - 1);
    let record = ledger.journal().read_after(before, 1).unwrap().remove(0);
    (recorded, record)
}

/// The lengths of the sealed sections.
fn lengths(record: &StoredRecord) -> Vec<usize> {
    let length = |content: &Content| match content {
        Content::Sealed(bytes) => bytes.len(),
        Content::Erased => panic!("nothing was erased"),
    };
    record.sections.iter().map(length).collect()
}

/// The header without what a ciphertext changes: the digests of the sections.
fn around(record: &StoredRecord) -> Header {
    let mut header = record.header.clone();
    header.sections.iter_mut().for_each(|section| section.hash = [0; 32]);
    header
}

/// A bundle of the contract in which nothing is opened: the bodies of the amendments, and its bytes.
fn bundle(notary: &Notary, contract: StreamKey) -> (Vec<Vec<u8>>, usize) {
    let request = BundleRequest {
        about: "contracts/x".to_owned(),
        time: "2026-10-01T12:00:00Z".to_owned(),
        software: "a test".to_owned(),
        streams: vec![stream(contract)],
        clear: &|_| None,
    };
    let bytes = notary.bundle(&request).unwrap();
    let report = seal::bundle::verify(&bytes, &Policy::of_log(notary.log().clone())).unwrap();
    let events = report.streams.iter().flat_map(|stream| &stream.events);
    let amends =
        |header| Header::decode(header).unwrap().type_code == TypeCode::AmendmentDrafted.code();
    let bodies = events.filter(|event| amends(event.header)).map(|event| event.body.to_vec());
    (bodies.collect(), bytes.len())
}

#[tokio::test]
async fn neither_the_log_nor_a_sealed_bundle_tells_of_which_type_an_amendment_is() {
    let mut seen = Vec::new();
    for kind in [ContractType::ExtensionDisability, ContractType::OtherChange] {
        let folder = tempfile::tempdir().unwrap();
        let (ledger, notary) = open(folder.path());
        let contract = amended(&ledger, kind).await;
        let (opened, record) = last(&ledger, contract, true);
        let says = |kind| ContractEvent::AmendmentDrafted { kind, own_conclusion: true };
        assert!(
            matches!(&opened.event, Event::Contract(event, _) if *event == says(Opened::Clear(kind)))
        );
        let (closed, _) = last(&ledger, contract, false);
        assert!(
            matches!(&closed.event, Event::Contract(event, _) if *event == says(Opened::Hidden))
        );
        let state = |open| ledger.load_contract(contract, None, open).unwrap().unwrap().state;
        assert_eq!(state(true).round().unwrap().form.terms.kind, Some(kind));
        let hidden = state(false);
        let round = hidden.round().unwrap();
        assert_eq!((round.number, round.form.terms.kind), (1, None));
        assert!(round.form.terms.start_on.is_some(), "it begins with what is in force");
        assert_eq!(record.body[..], *OWN_CONCLUSION);
        seen.push((around(&record), lengths(&record), bundle(&notary, contract)));
    }
    assert_eq!(seen[0], seen[1], "all but the ciphertext is the same");
    assert_eq!(seen[0].2.0, [OWN_CONCLUSION.to_vec()], "one amendment, which says no more");
}

#[tokio::test]
async fn an_erasure_takes_the_type_of_an_amendment() {
    let folder = tempfile::tempdir().unwrap();
    let (ledger, _) = open(folder.path());
    let contract = amended(&ledger, ContractType::ExtensionDisability).await;
    let erasure = granted(&ledger, contract).await;
    erase(&ledger, erasure).await.unwrap();
    let (opened, record) = last(&ledger, contract, true);
    let hidden = ContractEvent::AmendmentDrafted { kind: Opened::Hidden, own_conclusion: true };
    assert!(matches!(&opened.event, Event::Contract(event, _) if *event == hidden));
    assert_eq!((&record.body[..], &record.sections[..]), (OWN_CONCLUSION, &[Content::Erased][..]));
    let state = ledger.load_contract(contract, None, true).unwrap().unwrap().state;
    let round = state.round().unwrap();
    assert_eq!((round.number, round.form.terms.kind), (1, None), "what happened stays");
}
