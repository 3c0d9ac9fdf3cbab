//! A contract that is kept open is what the log says of it: whoever acts, whoever is erased, whatever is forged.

use crate::contracts::{
    BEFORE, DOCUMENT, Writing, agreement, change, day, key_of, ledger, of_a_minor, request,
    signature, to_be_signed,
};
use crate::contracts_erased::granted;
use crate::erasure::{again, apolline, erase, hits, told};
use crate::recovery::{groups, last_segment, repair_checksums};
use crate::stops::Stops;
use crate::support::{ledger_options, request_id, source};
use domain::cerfa::codes::ContractType;
use domain::contract::signing::{Party, Signer};
use domain::contract::{Command, Contract, DepositBody};
use domain::event::Event;
use domain::ids::{Category, Instant, Position, StreamId, StreamKey, Version};
use ledger::journal::embedded::segment_files;
use ledger::notary::{self, NotaryError};
use ledger::random::{Random, SeededRandom};
use ledger::signatures::identity;
use ledger::{ActOnContract, Beside, Ledger, LedgerError, LoadedContract};
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// Sequences of acts; `CONTRACTS=1000` for more.
fn sequences() -> u64 {
    std::env::var("CONTRACTS").ok().and_then(|count| count.parse().ok()).unwrap_or(6)
}

/// State, version, position and time of a contract, folded here from all its events.
fn folded(ledger: &Ledger, contract: StreamKey) -> (Contract, Version, Position, Instant) {
    let stream = StreamId { category: Category::Contract, key: contract };
    let events = ledger.read_stream(stream, None, true).unwrap();
    let (mut state, mut version) = (Contract::default(), Version(0));
    for recorded in &events {
        let Event::Contract(event, on) = &recorded.event else { panic!("{recorded:?}") };
        state = state.evolve(event, *on);
        version.0 += 1;
    }
    let last = events.last().unwrap();
    (state, version, last.position, last.header.recorded_at)
}

fn loaded(ledger: &Ledger, contract: StreamKey) -> LoadedContract {
    ledger.load_contract(contract, None, true).unwrap().unwrap()
}

/// What is answered of a contract is what the log says.
fn is_as_the_log_says(ledger: &Ledger, contract: StreamKey) {
    let cold = folded(ledger, contract);
    let twice = [None, Some(ledger.head().position)];
    for up_to in twice {
        let warm = ledger.load_contract(contract, up_to, true).unwrap().unwrap();
        let LoadedContract { state, version, position, recorded_at, .. } = warm;
        let warm = (Contract::clone(&state), version, position, recorded_at);
        assert!(warm == cold, "of {contract}: {:?} and {:?}", warm.1, cold.1);
    }
    // As it was one event before.
    let before = Position(cold.2.0 - 1);
    let then = ledger.load_contract(contract, Some(before), true).unwrap();
    let versions = then.map_or(0, |then| then.version.0);
    assert_eq!(versions, cold.1.0 - 1);
}

/// An act by chance, often one that is refused.
fn by_chance(contract: StreamKey, rank: u64, n: u64) -> (Command, Vec<u8>) {
    let none = |command| (command, Vec::new());
    let party = Party::ALL[(n % 4) as usize];
    let signers = Party::ALL.map(|party| Signer {
        party,
        provider: "ed25519".to_owned(),
        identity: identity(key_of(party).public()),
    });
    match rank % 16 {
        0 | 1 => none(Command::Contribute(of_a_minor())),
        2 => none(Command::Contribute(vec![change("apprentice.birth_name", &format!("N{n}"))])),
        3 => none(Command::Contribute(vec![change("guardian.name", &format!("G{n}"))])),
        4 => none(Command::Contribute(vec![change("terms.end_on", "2026-08-31")])),
        5 | 6 => none(Command::Publish),
        7 => none(Command::Reopen(format!("motif {n}"))),
        8 | 9 => none(Command::RequestSignatures { document: DOCUMENT, signers: signers.into() }),
        10 | 11 => signature(contract, party),
        12 => none(Command::Submit(DepositBody::State("DDETS 35".to_owned()))),
        13 => none(Command::Deposit(format!("03520240{n:06}"), None)),
        14 => none(Command::Amend(ContractType::OtherChange)),
        _ => none(Command::RefuseSignature { party, reason: format!("refus {n}") }),
    }
}

/// Whether it was written.
async fn act(ledger: &Ledger, contract: StreamKey, number: u64, rank: u64) -> bool {
    let (command, bytes) = by_chance(contract, rank, number);
    let beside = match command {
        Command::Sign { .. } => Beside::Evidence { bytes: &bytes, personal: false },
        _ => Beside::Nothing,
    };
    let on = day(BEFORE);
    let act =
        ActOnContract { contract, expected: None, on, previous: None, command: &command, beside };
    let acted = ledger.act_on_contract(request(number), act).await;
    acted.is_ok_and(|acted| acted.receipt.is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn what_is_kept_open_is_what_the_log_says_over_acts_by_chance() {
    let random = SeededRandom::new(7);
    let chance = |below: u64| {
        let mut bytes = [0; 8];
        random.fill(&mut bytes).unwrap();
        u64::from_le_bytes(bytes) % below
    };
    let (mut written, mut erased) = (0, 0);
    for sequence in 0..sequences() {
        let folder = tempfile::tempdir().unwrap();
        let mut first = Arc::new(ledger(folder.path()));
        let hers = told(&first, 2, apolline()).await;
        let mut contracts = Vec::new();
        for (n, enrolment) in [Some(hers), None, None].into_iter().enumerate() {
            let mut writing = Writing::new(&first, 100 * (n as u64 + 1));
            writing.act(Command::Draft { enrolment }).await.unwrap();
            writing.act(Command::Contribute(of_a_minor())).await.unwrap();
            writing.attach(b"the agreement").await.unwrap();
            contracts.push(writing.contract);
        }
        let erased_at = 20 + chance(30);
        for step in 0..60 {
            let number = 10_000 + sequence * 1_000 + step * 10;
            let contract = contracts[chance(3) as usize];
            let client = |number, rank| {
                let ledger = Arc::clone(&first);
                tokio::spawn(async move { act(&ledger, contract, number, rank).await })
            };
            // Two at once, often of the same contract, while a third reads it.
            let acts = [client(number, chance(16)), client(number + 1, chance(16))];
            let reader = Arc::clone(&first);
            let read = tokio::task::spawn_blocking(move || loaded(&reader, contract));
            for act in acts {
                written += u64::from(act.await.unwrap());
            }
            read.await.unwrap();
            contracts.iter().for_each(|contract| is_as_the_log_says(&first, *contract));
            if step == erased_at {
                let whom = [hers, contracts[1]][chance(2) as usize];
                let erasure = granted(&first, whom).await;
                erase(&first, erasure).await.unwrap();
                erased += 1;
                contracts.iter().for_each(|contract| is_as_the_log_says(&first, *contract));
            }
            if chance(12) == 0 {
                let opened = Arc::into_inner(first).unwrap();
                drop(opened);
                first = Arc::new(ledger(folder.path()));
            }
        }
    }
    assert!(written > 15 * sequences() && erased == sequences(), "{written} acts were written");
}

#[tokio::test]
async fn who_is_erased_is_in_no_answer_though_the_contract_was_kept_open() {
    let folder = tempfile::tempdir().unwrap();
    let first = ledger(folder.path());
    let hers = told(&first, 2, apolline()).await;
    let mut writing = Writing::new(&first, 100);
    to_be_signed(&mut writing, Some(hers)).await;
    let mut other = Writing::new(&first, 200);
    to_be_signed(&mut other, None).await;
    let erasure = granted(&first, hers).await;
    let name = |contract| {
        let state = loaded(&first, contract).state;
        state.round().unwrap().form.apprentice.birth_name.clone()
    };
    assert!(name(writing.contract).is_some() && name(other.contract).is_some());
    erase(&first, erasure).await.unwrap();
    assert_eq!(name(writing.contract), None);
    assert!(name(other.contract).is_some());
    let now = Some(first.head().position);
    let derived = first.load_contract(writing.contract, now, true).unwrap().unwrap();
    assert_eq!(derived.state.round().unwrap().form.apprentice.birth_name, None);
    assert_eq!(hits(folder.path(), b"Kerbiriou"), 0);
}

#[tokio::test]
async fn an_erasure_that_breaks_off_leaves_nothing_open_that_its_fence_closed() {
    let begun = tempfile::tempdir().unwrap();
    let first = ledger(begun.path());
    let hers = told(&first, 2, apolline()).await;
    let mut writing = Writing::new(&first, 100);
    writing.act(Command::Draft { enrolment: Some(hers) }).await.unwrap();
    writing.act(Command::Contribute(of_a_minor())).await.unwrap();
    let contract = writing.contract;
    let erasure = granted(&first, hers).await;
    drop(first);
    let (mut open, mut closed) = (0, 0);
    for step in 0.. {
        let folder = again(begun.path());
        let disk = Stops::after(u64::MAX, false);
        let options = ledger::Options { disk: Arc::new(disk.clone()), ..ledger_options(9) };
        let ledger = Ledger::open(folder.path(), &options).unwrap();
        let before = loaded(&ledger, contract);
        disk.stop_after(step);
        let ended = erase(&ledger, erasure).await.is_ok();
        let (cold, ..) = folded(&ledger, contract);
        assert_eq!(*loaded(&ledger, contract).state, cold, "{step}");
        if ended {
            break;
        }
        if cold == *before.state { open += 1 } else { closed += 1 }
    }
    assert!(open > 2 && closed > 5, "{open}, {closed}");
}

/// A ledger whose log is signed, of a folder.
fn signed(folder: &Path) -> (Ledger, Arc<notary::Notary>) {
    let options = ledger::Options { segment_bytes: 64 * 1024, ..ledger_options(1) };
    let seal = notary::Options::new(&folder.join("data"), &folder.join("apart"));
    let seal = notary::Options { tree_in_memory: 50, ..seal };
    Ledger::open_sealed(&folder.join("data"), &options, &seal).unwrap()
}

/// The acts of a contract, each a group, in the first segment, and others' until that is full.
async fn signed_contract(folder: &Path) -> StreamKey {
    let mut contract = None;
    for round in 0..40 {
        let (ledger, notary) = signed(folder);
        let mut writing = Writing::new(&ledger, 100 * (round + 1));
        writing.act(Command::Draft { enrolment: None }).await.unwrap();
        writing.act(Command::Contribute(of_a_minor())).await.unwrap();
        writing.act(Command::Contribute(vec![change("guardian.name", "Autre")])).await.unwrap();
        contract = contract.or(Some(writing.contract));
        notary.sign().unwrap();
    }
    contract.unwrap()
}

/// Where the day of an event is in its group.
const DAY: usize = 28 + 12 + 47;

#[tokio::test]
async fn a_contract_that_was_forged_is_not_read_and_nothing_is_decided_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let contract = signed_contract(folder.path()).await;
    let path = segment_files(&folder.path().join("data/log")).unwrap().remove(0);
    let genuine = fs::read(&path).unwrap();
    let bounds = groups(&genuine);
    for group in 0..3 {
        let (start, end) = (bounds[group], bounds[group + 1]);
        let mut bytes = genuine.clone();
        bytes[start + DAY] ^= 1;
        repair_checksums(&mut bytes, start, end);
        fs::write(&path, &bytes).unwrap();
        let (ledger, _notary) = signed(folder.path());
        let head = ledger.head();
        for number in 0..2 {
            // Kept open or not.
            let read = ledger.load_contract(contract, None, true);
            let mut writing = Writing { ledger: &ledger, contract, number: 90_000 + number };
            let filled = change("apprentice.birth_name", "Autre");
            let acted = writing.act(Command::Contribute(vec![filled])).await.unwrap_err();
            if group == 2 {
                // Nothing follows the last one, but it is in no tree.
                assert!(read.is_ok());
                let differs = matches!(acted, LedgerError::Notary(NotaryError::Differs { .. }));
                assert!(differs, "{acted}");
            } else {
                // The next one names another leaf.
                let next = Position(group as u64 + 2);
                assert!(matches!(read, Err(LedgerError::Altered(at)) if at == next), "{read:?}");
                assert!(matches!(acted, LedgerError::Altered(at) if at == next), "{acted}");
            }
        }
        assert_eq!(ledger.head(), head);
    }
}

#[tokio::test]
async fn what_was_recorded_since_follows_what_is_kept_open() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), &ledger_options(1)).unwrap();
    let drafted = ledger.names().drafted(&source("cdg-35"), request_id(1));
    let mut writing = Writing { ledger: &ledger, contract: drafted.key, number: 1 };
    writing.act(Command::Draft { enrolment: None }).await.unwrap();
    writing.act(Command::Contribute(of_a_minor())).await.unwrap();
    assert_eq!(loaded(&ledger, drafted.key).version, Version(2));
    writing.act(Command::Contribute(vec![change("guardian.name", "Autre")])).await.unwrap();
    // Its disk says of the newest one that another came before it, and then another body.
    let path = last_segment(folder.path());
    let genuine = fs::read(&path).unwrap();
    let [.., start, end] = groups(&genuine)[..] else { panic!() };
    let header = u16::from_le_bytes(genuine[start + 32..start + 34].try_into().unwrap()) as usize;
    let event = ledger.journal().read_after(Position(2), 1).unwrap().remove(0);
    let leaf = event.header.previous;
    let at = genuine[start..end].windows(32).position(|bytes| bytes == leaf).unwrap();
    for at in [start + at, start + 40 + header + 4 * event.sections.len()] {
        let mut bytes = genuine.clone();
        bytes[at] ^= 1;
        repair_checksums(&mut bytes, start, end);
        fs::write(&path, &bytes).unwrap();
        let read = ledger.load_contract(drafted.key, None, true);
        assert!(matches!(read, Err(LedgerError::Altered(Position(3)))), "{at}: {read:?}");
        let act = writing.act(Command::Contribute(vec![change("guardian.name", "Ni")])).await;
        assert!(matches!(act, Err(LedgerError::Altered(Position(3)))), "{act:?}");
    }
    fs::write(&path, &genuine).unwrap();
    assert_eq!(loaded(&ledger, drafted.key).version, Version(3));
    is_as_the_log_says(&ledger, drafted.key);
    // What was attached before is not read again.
    writing.attach(&agreement()[..100_000]).await.unwrap();
    is_as_the_log_says(&ledger, drafted.key);
}
