//! A contract whose workflow runs in the ledger: written by several, signed with real keys, deposited, read back.

use crate::erasure::hits;
use crate::support::{ledger_options, request_id, source};
use chrono::NaiveDate;
use domain::cerfa::codes::ContractType;
use domain::cerfa::{Visibility, example_form};
use domain::contract::rupture::{Initiator, Mode, Rupture};
use domain::contract::signing::{Party, Signer};
use domain::contract::{
    Attachment, AttachmentKind, Change, Command, ContractError, ContractEvent, DepositBody, Life,
    Phase,
};
use domain::ids::{Category, ContractId, Instant, Position, StreamId, StreamKey, Version};
use ledger::signatures::{Asked, Ed25519, SignatureProvider, identity, sign};
use ledger::{ActOnContract, Acted, AppendError, Beside, Ledger, LedgerError, RequestMeta};
use seal::{Kind, SignerKey};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// The first day of the example is a week later.
pub const BEFORE: &str = "2024-08-26";
pub const START: &str = "2024-09-02";
pub const DOCUMENT: [u8; 32] = [0xD0; 32];
/// Long enough for three events.
const AGREEMENT_BYTES: usize = 1_200_000;

/// A ledger in whose segments a document finds room.
pub fn ledger(folder: &Path) -> Ledger {
    let options = ledger::Options { segment_bytes: 16 * 1024 * 1024, ..ledger_options(1) };
    Ledger::open(folder, &options).unwrap()
}

pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A request of its own, whose digest depends on its number.
pub fn request(number: u64) -> RequestMeta {
    RequestMeta {
        source: source("cdg-35"),
        actor: "k-1/7".to_owned(),
        request_id: request_id(number),
        digest: [number as u8; 16],
    }
}

/// A contract, and the number of the next request on it.
pub struct Writing<'a> {
    pub ledger: &'a Ledger,
    pub contract: StreamKey,
    pub number: u64,
}

impl<'a> Writing<'a> {
    pub fn new(ledger: &'a Ledger, first: u64) -> Self {
        let drafted = ledger.names().drafted(&source("cdg-35"), request_id(first));
        Self { ledger, contract: drafted.key, number: first }
    }

    pub async fn with(
        &mut self,
        command: &Command,
        beside: Beside<'_>,
    ) -> Result<Acted, LedgerError> {
        let act = ActOnContract {
            contract: self.contract,
            expected: None,
            on: day(if matches!(command, Command::Break { .. }) { START } else { BEFORE }),
            previous: None,
            command,
            beside,
        };
        self.number += 1;
        self.ledger.act_on_contract(request(self.number - 1), act).await
    }

    pub async fn act(&mut self, command: Command) -> Result<Acted, LedgerError> {
        self.with(&command, Beside::Nothing).await
    }

    pub async fn attach(&mut self, bytes: &[u8]) -> Result<Acted, LedgerError> {
        let (kind, digest) = (AttachmentKind::TrainingAgreement, Sha256::digest(bytes).into());
        let attachment = Attachment { kind, digest, bytes: bytes.len() as u64 };
        self.with(&Command::Attach(attachment), Beside::Document(bytes)).await
    }

    pub async fn sign(&mut self, party: Party) -> Result<Acted, LedgerError> {
        let (command, bytes) = signature(self.contract, party);
        self.with(&command, Beside::Evidence { bytes: &bytes, personal: false }).await
    }
}

pub fn key_of(party: Party) -> SignerKey {
    SignerKey::new(party.name(), Kind::Ed25519, &[party as u8 + 1; 32]).unwrap()
}

/// What a party sends, verified.
pub fn signature(contract: StreamKey, party: Party) -> (Command, Vec<u8>) {
    let contract = ContractId(contract.0);
    let asked = Asked { contract, round: 0, request: 1, document: DOCUMENT, party };
    let bytes = sign(&asked, &key_of(party));
    let evidence = Ed25519.verify(&asked, &bytes, Instant(0)).unwrap();
    (Command::Sign { party, evidence }, bytes)
}

pub fn change(path: &str, value: &str) -> Change {
    Change { path: path.to_owned(), value: Some(value.to_owned()) }
}

/// The example's fields, of an apprentice of sixteen who has a representative.
pub fn of_a_minor() -> Vec<Change> {
    let met = example_form().fields().into_iter();
    let mut all: Vec<Change> = met
        .filter(|met| met.value.is_some() && met.path != "apprentice.born_on")
        .map(|met| Change { path: met.path, value: met.value })
        .collect();
    all.extend([
        change("apprentice.born_on", "2008-04-17"),
        change("apprentice.emancipated", "false"),
        change("guardian.name", "Kerbiriou"),
        change("guardian.first_name", "Nolwenn"),
        change("guardian.email", "nolwenn.kerbiriou@exemple.fr"),
        change("guardian.same_address", "true"),
    ]);
    all
}

/// Writes a contract until its parties are asked to sign.
pub async fn to_be_signed(writing: &mut Writing<'_>, enrolment: Option<StreamKey>) {
    asked_to_sign(writing, enrolment, &agreement()).await;
}

async fn asked_to_sign(writing: &mut Writing<'_>, enrolment: Option<StreamKey>, document: &[u8]) {
    writing.act(Command::Draft { enrolment }).await.unwrap();
    writing.act(Command::Contribute(of_a_minor())).await.unwrap();
    writing.attach(document).await.unwrap();
    writing.act(Command::Publish).await.unwrap();
    let signers = Party::ALL.map(|party| Signer {
        party,
        provider: "ed25519".to_owned(),
        identity: identity(key_of(party).public()),
    });
    let signers = signers.to_vec();
    writing.act(Command::RequestSignatures { document: DOCUMENT, signers }).await.unwrap();
}

pub fn agreement() -> Vec<u8> {
    (0..AGREEMENT_BYTES as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

/// Writes a contract until its deposit.
pub async fn deposited(writing: &mut Writing<'_>) {
    to_be_signed(writing, None).await;
    for party in Party::ALL {
        writing.sign(party).await.unwrap();
    }
    writing.act(Command::Submit(body())).await.unwrap();
    writing.act(Command::Deposit("035202408AB0001".to_owned(), None)).await.unwrap();
}

fn body() -> DepositBody {
    DepositBody::State("DDETS 35".to_owned())
}

#[tokio::test]
async fn a_contract_is_written_signed_deposited_and_broken_and_reads_back_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path());
    let mut writing = Writing::new(&first, 1);
    to_be_signed(&mut writing, None).await;
    for party in Party::ALL {
        let acted = writing.sign(party).await.unwrap();
        let last = acted.events.contains(&ContractEvent::FullySigned);
        assert_eq!(last, party == Party::Cfa, "once, with the last signature");
    }
    writing.act(Command::Submit(body())).await.unwrap();
    writing.act(Command::Deposit("035202408AB0001".to_owned(), None)).await.unwrap();
    let rupture = Rupture::of(Mode::MutualAgreement, Initiator::Both);
    let words = Some("d'un commun accord, le temps d'un déménagement".to_owned());
    writing.act(Command::Break { rupture, words }).await.unwrap();
    let contract = writing.contract;
    let state = first.load_contract(contract, None, true).unwrap().unwrap();
    drop(first);

    let again = ledger(folder.path());
    let read = again.load_contract(contract, None, true).unwrap().unwrap();
    assert_eq!(read, state);
    let round = read.state.round().unwrap();
    assert_eq!((round.phase, round.signed.len()), (Phase::Deposited, 4));
    assert!(matches!(read.state.life, Life::Broken(on, _) if on == day(START)));
    let filled: Vec<Change> = of_a_minor();
    for change in filled {
        let met = round.form.fields().into_iter().find(|met| met.path == change.path).unwrap();
        assert_eq!(met.value, change.value, "{}", change.path);
    }
    // Draft, form, three of a document, publication, request, four signatures and one that all have signed, three.
    assert_eq!(read.version, Version(15));
    let digest = Sha256::digest(agreement()).into();
    assert_eq!(*again.enclosed_in_contract(contract, &digest).unwrap().unwrap(), agreement());
    let (_, evidence) = signature(contract, Party::Guardian);
    let digest = Sha256::digest(&evidence).into();
    assert_eq!(*again.enclosed_in_contract(contract, &digest).unwrap().unwrap(), evidence);
    assert_eq!(again.enclosed_in_contract(contract, &[9; 32]).unwrap(), None);
    // As it was before its parties were asked to sign.
    let stream = StreamId { category: Category::Contract, key: contract };
    let events = again.read_stream(stream, None, false).unwrap();
    let then = again.load_contract(contract, Some(events[5].position), true).unwrap().unwrap();
    assert_eq!(then.state.round().unwrap().phase, Phase::Published);
    assert_eq!(again.load_contract(contract, Some(Position(0)), true).unwrap(), None);
}

#[tokio::test]
async fn the_scan_of_what_was_signed_on_paper_is_sealed_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut writing = Writing::new(&ledger, 1);
    writing.act(Command::Draft { enrolment: None }).await.unwrap();
    writing.act(Command::Contribute(of_a_minor())).await.unwrap();
    writing.attach(b"the agreement").await.unwrap();
    writing.act(Command::Publish).await.unwrap();
    let page = agreement();
    let paper = |bytes: &[u8]| Command::SignOnPaper {
        scan: Sha256::digest(bytes).into(),
        bytes: bytes.len() as u64,
        attestation: "vu l'original".to_owned(),
    };
    let other = writing.with(&paper(b"another page"), Beside::Document(&page)).await;
    assert!(matches!(other, Err(LedgerError::Invalid(_))), "{other:?}");
    let without = writing.act(paper(&page)).await;
    assert!(matches!(without, Err(LedgerError::Invalid(_))), "{without:?}");
    let acted = writing.with(&paper(&page), Beside::Document(&page)).await.unwrap();
    assert!(acted.events.contains(&ContractEvent::FullySigned));
    let digest = Sha256::digest(&page).into();
    let read = ledger.enclosed_in_contract(writing.contract, &digest).unwrap().unwrap();
    assert_eq!(*read, page);
    let round = ledger.load_contract(writing.contract, None, true).unwrap().unwrap().state;
    assert_eq!(round.round().unwrap().scan, Some(digest));
    drop(ledger);
    assert_eq!(hits(folder.path(), &page[..64]), 0, "its bytes are nowhere in clear");
    assert_eq!(hits(folder.path(), b"vu l'original"), 0);
}

#[tokio::test]
async fn a_document_that_is_attached_in_two_rounds_reads_back_and_a_contract_has_so_many() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut writing = Writing::new(&ledger, 1);
    deposited(&mut writing).await;
    writing.act(Command::Amend(ContractType::OtherChange)).await.unwrap();
    writing.attach(&agreement()).await.unwrap();
    let digest = Sha256::digest(agreement()).into();
    let read = ledger.enclosed_in_contract(writing.contract, &digest).unwrap().unwrap();
    assert_eq!(*read, agreement());
    // Of eight of four MiB the last does not fit beside what is there.
    for n in 0..8 {
        let attached = writing.attach(&vec![n; 4 * 1024 * 1024]).await;
        match attached {
            Ok(_) => assert!(n < 7),
            Err(error) => {
                assert!(n == 7 && matches!(error, LedgerError::TooManyDocuments), "{error}");
            }
        }
    }
}

#[tokio::test]
async fn what_a_form_says_of_persons_and_what_people_wrote_is_sealed() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut writing = Writing::new(&ledger, 1);
    to_be_signed(&mut writing, None).await;
    writing.act(Command::Reopen("Zoé a changé d'adresse".to_owned())).await.unwrap();
    let public = hits(folder.path(), b"RNCP38230");
    assert!(public > 0, "what everybody may read is there to be found");
    let loaded = ledger.load_contract(writing.contract, None, true).unwrap().unwrap();
    let met = loaded.state.round().unwrap().form.fields();
    let (open, sealed): (Vec<_>, Vec<_>) = met
        .into_iter()
        .filter(|met| met.value.is_some())
        .partition(|met| met.visibility == Visibility::Public);
    let open: Vec<String> = open.into_iter().filter_map(|met| met.value).collect();
    let mut looked_for = 0;
    for value in sealed.into_iter().filter_map(|met| met.value) {
        // A short one is in any file by chance.
        if value.len() > 7 && !open.contains(&value) {
            assert_eq!(hits(folder.path(), value.as_bytes()), 0, "{value}");
            looked_for += 1;
        }
    }
    assert!(looked_for > 20, "{looked_for}");
    assert_eq!(hits(folder.path(), "changé d'adresse".as_bytes()), 0);
    assert_eq!(hits(folder.path(), &agreement()[..64]), 0, "nor what is attached");
    let loaded = ledger.load_contract(writing.contract, None, false).unwrap().unwrap();
    let form = &loaded.state.round().unwrap().form;
    assert!(form.apprentice.birth_name.is_none() && form.terms.start_on.is_some());
}

#[tokio::test]
async fn a_request_is_taken_once_and_who_acts_on_what_changed_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut writing = Writing::new(&ledger, 1);
    let first = writing.act(Command::Draft { enrolment: None }).await.unwrap();
    writing.number = 1;
    let again = writing.act(Command::Draft { enrolment: None }).await.unwrap();
    assert_eq!((again.receipt, again.events.len()), (first.receipt, 0), "the first receipt");

    let fields = Command::Contribute(vec![change("employer.siret", "13002526500013")]);
    let mut other = request(1);
    other.digest = [0xEE; 16];
    let act = |command, expected| ActOnContract {
        contract: writing.contract,
        expected,
        on: day(BEFORE),
        previous: None,
        command,
        beside: Beside::Nothing,
    };
    let refused = ledger.act_on_contract(other, act(&fields, None)).await.unwrap_err();
    assert!(matches!(refused, LedgerError::Append(AppendError::OtherContent { .. })));

    let written = ledger.act_on_contract(request(2), act(&fields, Some(Version(1)))).await;
    assert_eq!(written.unwrap().events.len(), 1);
    let same = ledger.act_on_contract(request(3), act(&fields, Some(Version(2)))).await.unwrap();
    assert_eq!((same.events.len(), same.receipt), (0, None), "it is so already");
    let late = ledger.act_on_contract(request(4), act(&Command::Publish, Some(Version(1)))).await;
    let Err(LedgerError::ContractChanged { expected, found }) = late else { panic!("{late:?}") };
    assert_eq!((expected, found), (Version(1), Version(2)));
    let early = ledger.act_on_contract(request(5), act(&Command::Publish, None)).await;
    assert!(matches!(early, Err(LedgerError::Contract(ContractError::Incomplete(_)))), "{early:?}");
    let unknown = Command::Draft { enrolment: Some(StreamKey([1; 16])) };
    let contract = ledger.names().drafted(&source("cdg-35"), request_id(6)).key;
    let unknown = ActOnContract { contract, ..act(&unknown, None) };
    let refused = ledger.act_on_contract(request(6), unknown).await;
    assert!(matches!(refused, Err(LedgerError::NoEnrolment)), "{refused:?}");
}

#[tokio::test]
async fn what_comes_with_an_act_is_what_its_digest_names() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut writing = Writing::new(&ledger, 1);
    to_be_signed(&mut writing, None).await;
    let head = ledger.head().position;
    let (command, bytes) = signature(writing.contract, Party::Cfa);
    let (_, other) = signature(writing.contract, Party::Employer);
    for beside in [
        Beside::Nothing,
        Beside::Document(&bytes),
        Beside::Evidence { bytes: &other, personal: false },
    ] {
        let refused = writing.with(&command, beside).await;
        assert!(matches!(refused, Err(LedgerError::Invalid(_))), "{refused:?}");
    }
    let refused = writing.with(&Command::Publish, Beside::Document(b"unasked")).await;
    assert!(matches!(refused, Err(LedgerError::Invalid(_))), "{refused:?}");
    let attachment = Attachment { kind: AttachmentKind::Other, digest: [1; 32], bytes: 3 };
    let refused = writing.with(&Command::Attach(attachment), Beside::Document(b"abc")).await;
    assert!(matches!(refused, Err(LedgerError::Invalid(_))), "{refused:?}");
    let refused = writing.attach(&vec![7; 8 * 1024 * 1024 + 1]).await;
    assert!(matches!(refused, Err(LedgerError::Invalid(_))), "{refused:?}");
    assert_eq!(ledger.head().position, head, "nothing was written");
}

/// How often four parties sign at once; `CONTRACTS=1000` for the figure.
fn contracts() -> u64 {
    std::env::var("CONTRACTS").ok().and_then(|count| count.parse().ok()).unwrap_or(25)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn four_parties_who_sign_at_once_sign_once_each_and_all_have_signed_once() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Arc::new(ledger(folder.path()));
    for n in 0..contracts() {
        let mut writing = Writing::new(&ledger, n * 100 + 1);
        asked_to_sign(&mut writing, None, b"a short agreement").await;
        let contract = writing.contract;
        let signing = Party::ALL.into_iter().zip(writing.number..).map(|(party, number)| {
            let ledger = Arc::clone(&ledger);
            tokio::spawn(async move {
                let (command, bytes) = signature(contract, party);
                let act = ActOnContract {
                    contract,
                    expected: None,
                    on: day(BEFORE),
                    previous: None,
                    command: &command,
                    beside: Beside::Evidence { bytes: &bytes, personal: false },
                };
                ledger.act_on_contract(request(number), act).await.unwrap().events.len()
            })
        });
        let mut events = Vec::new();
        for task in signing.collect::<Vec<_>>() {
            events.push(task.await.unwrap());
        }
        events.sort_unstable();
        assert_eq!(events, [1, 1, 1, 2], "one of them is the last");
        let loaded = ledger.load_contract(contract, None, false).unwrap().unwrap();
        let mut signed: Vec<Party> =
            loaded.state.round().unwrap().signed.iter().map(|one| one.party).collect();
        signed.sort_unstable();
        assert_eq!(signed, Party::ALL);
    }
}
