//! What another caller sees while an append is on its way, and while a contract is read.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::loaded::Contracts;
use super::{ActOnContract, Acted, Beside, Caches, Ledger, Options, RequestMeta};
use crate::error::LedgerError;
use crate::journal::{AppendError, Capabilities, Head, Journal, ReadError, Receipt, Wiped};
use crate::record::{AppendRequest, StoredRecord};
use domain::contract::{self, Change};
use domain::dossier::{check, example_row};
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::{Instant, Position, RequestId, RunId, Source, StreamId, StreamKey, Version};
use futures::future::BoxFuture;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::ThreadId;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// A journal whose appends wait until they are let through.
struct Gated {
    inner: Arc<dyn Journal>,
    asked: AtomicBool,
    gate: Semaphore,
    /// The records of streams that were read.
    read: AtomicUsize,
    /// Which streams were read, and on which threads.
    readers: Mutex<Vec<(StreamKey, ThreadId)>>,
    /// What is cleared while a stream is read.
    cleared: OnceLock<Arc<Caches>>,
}

impl Gated {
    fn over(inner: &Arc<dyn Journal>) -> Self {
        Self {
            inner: Arc::clone(inner),
            asked: AtomicBool::new(false),
            gate: Semaphore::new(0),
            read: AtomicUsize::new(0),
            readers: Mutex::default(),
            cleared: OnceLock::new(),
        }
    }

    async fn was_asked(&self) {
        while !self.asked.load(Ordering::Acquire) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

impl Journal for Gated {
    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    fn append(&self, request: AppendRequest) -> BoxFuture<'_, Result<Receipt, AppendError>> {
        Box::pin(async move {
            self.asked.store(true, Ordering::Release);
            let _passed = self.gate.acquire().await.unwrap();
            self.inner.append(request).await
        })
    }

    fn head(&self) -> Head {
        self.inner.head()
    }

    fn watch(&self) -> watch::Receiver<Head> {
        self.inner.watch()
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError> {
        self.inner.read_after(after, limit)
    }

    fn read_stream(
        &self,
        stream: StreamId,
        after: Version,
        up_to: Position,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError> {
        let records = self.inner.read_stream(stream, after, up_to, limit)?;
        self.read.fetch_add(records.len(), Ordering::Relaxed);
        self.readers.lock().unwrap().push((stream.key, std::thread::current().id()));
        if let Some(caches) = self.cleared.get() {
            caches.clear();
        }
        Ok(records)
    }

    fn stream_version(&self, stream: StreamId) -> Result<Version, ReadError> {
        self.inner.stream_version(stream)
    }

    fn receipt(
        &self,
        source: &Source,
        request: RequestId,
    ) -> Result<Option<([u8; 16], Receipt)>, ReadError> {
        self.inner.receipt(source, request)
    }

    fn erase(&self, sections: &[(Position, u8)]) -> Result<Wiped, ReadError> {
        self.inner.erase(sections)
    }

    fn position_at(&self, instant: Instant) -> Result<Position, ReadError> {
        self.inner.position_at(instant)
    }

    fn recorded_at(&self, position: Position) -> Result<Option<Instant>, ReadError> {
        self.inner.recorded_at(position)
    }
}

/// The request, the stream and the command of a first declaration, entered that many days later.
fn first(ledger: &Ledger, number: u8, days_later: u64) -> (RequestMeta, StreamKey, Command) {
    let mut declaration = check(&example_row(), "2026-10-01".parse().unwrap()).unwrap();
    let training = &mut declaration.training;
    training.entry_on = training.entry_on + chrono::Days::new(days_later);
    let (source, id_erp) = (Source::parse("erp-one").unwrap(), &declaration.identity.id_erp);
    let (uai, of) = (&training.trainer.uai, &training.certification);
    let stream = ledger.names().enrolment(&source, uai, id_erp, of, training.entry_on);
    let lookup = ledger.names().lookup(&source, id_erp, of);
    let run = RunId([number; 16]);
    let extracted_at = Instant(1_790_856_000_000_000);
    let provenance = Provenance { run, extracted_at, full: false, stated: Stated::Everything };
    let (settled, held) = (Vec::new(), Vec::new());
    let command =
        Command::Declare { declaration, lookup, provenance, settled, held, unseen_since: None };
    let (request_id, digest) = (RequestId([number; 16]), [number; 16]);
    (RequestMeta { source, actor: String::new(), request_id, digest }, stream, command)
}

#[tokio::test]
async fn a_caller_who_leaves_a_first_declaration_keeps_the_next_one_waiting_until_it_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path(), &Options::default()).unwrap();
    let gated = Arc::new(Gated::over(ledger.journal()));
    ledger.store.journal = gated.clone();
    let (meta, stream, command) = first(&ledger, 1, 0);
    let (repeated, same) = (meta.clone(), command.clone());
    tokio::select! {
        biased;
        _ = Box::pin(ledger.execute(meta, stream, command)) => panic!("it was answered"),
        () = gated.was_asked() => {}
    }
    let (meta, other, command) = first(&ledger, 2, 1);
    assert_ne!(stream, other);
    let again = ledger.execute(repeated, stream, same);
    let next = ledger.execute(meta, other, command);
    let mut both = Box::pin(async { tokio::join!(again, next) });
    tokio::select! {
        biased;
        _ = &mut both => panic!("nothing was written yet"),
        () = tokio::time::sleep(Duration::from_millis(50)) => {}
    }
    gated.gate.add_permits(1);
    let (again, next) = both.await;
    let again = again.unwrap();
    assert!(again.receipt.is_some() && again.decision.is_none(), "the first receipt");
    assert_eq!((again.stream, next.unwrap().stream), (stream, stream), "one dossier, one stream");
}

/// An act on a contract, which it accepts.
async fn act(ledger: &Ledger, contract: StreamKey, number: u8, command: &contract::Command) {
    try_act(ledger, contract, number, command).await.unwrap();
}

async fn try_act(
    ledger: &Ledger,
    contract: StreamKey,
    number: u8,
    command: &contract::Command,
) -> Result<Acted, LedgerError> {
    let (source, request_id) = (Source::parse("cdg-35").unwrap(), RequestId([number; 16]));
    let meta = RequestMeta { source, actor: String::new(), request_id, digest: [number; 16] };
    let on = "2026-10-01".parse().unwrap();
    let (expected, previous, beside) = (None, None, Beside::Nothing);
    let act = ActOnContract { contract, expected, on, previous, command, beside };
    ledger.act_on_contract(meta, act).await
}

fn filled(path: &str, value: &str) -> contract::Command {
    let value = Some(value.to_owned());
    contract::Command::Contribute(vec![Change { path: path.to_owned(), value }])
}

#[tokio::test]
async fn of_a_contract_kept_open_only_what_is_new_is_read_and_an_erasure_meanwhile_keeps_none() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(folder.path(), &Options::default()).unwrap();
    let gated = Arc::new(Gated::over(ledger.journal()));
    let contracts = Contracts { journal: gated.clone(), ..ledger.contracts.clone() };
    let contract = StreamKey([1; 16]);
    act(&ledger, contract, 1, &contract::Command::Draft { enrolment: None }).await;
    ledger.contracts.caches.clear();
    let read = || {
        let version = contracts.load(contract).unwrap().unwrap().version;
        (version.0, gated.read.swap(0, Ordering::Relaxed))
    };
    assert_eq!([read(), read()], [(1, 1), (1, 0)]);
    // The last one says nothing of the apprentice.
    let name = "apprentice.birth_name";
    let said = [(name, "Nom"), (name, "Autre"), ("employer.siret", "13002526500013")];
    for (number, (path, value)) in (2..).zip(said) {
        act(&ledger, contract, number, &filled(path, value)).await;
        // The act itself read what came before it.
        assert_eq!([read(), read()], [(u64::from(number), 1), (u64::from(number), 0)]);
    }
    let warm = contracts.load(contract).unwrap().unwrap();
    ledger.contracts.caches.clear();
    assert!(warm.apprentice.is_some() && warm.last.is_some());
    assert_eq!(
        contracts.load(contract).unwrap().unwrap(),
        warm,
        "all of it is as if it were read at once"
    );
    gated.read.store(0, Ordering::Relaxed);
    // Somebody is erased while it is read.
    ledger.contracts.caches.clear();
    gated.cleared.get_or_init(|| Arc::clone(&ledger.contracts.caches));
    assert_eq!(read(), (4, 4));
    assert!(contracts.caches.contracts.get(contract).is_none(), "it may say what was erased");
}

#[tokio::test]
async fn what_is_read_of_other_contracts_for_a_publication_is_read_off_the_event_loop() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(folder.path(), &Options::default()).unwrap();
    let (meta, enrolment, command) = first(&ledger, 1, 0);
    ledger.execute(meta, enrolment, command).await.unwrap();
    let (before, contract) = (StreamKey([1; 16]), StreamKey([2; 16]));
    let draft = contract::Command::Draft { enrolment: Some(enrolment) };
    act(&ledger, before, 2, &draft).await;
    act(&ledger, contract, 3, &draft).await;
    act(&ledger, contract, 4, &filled("terms.start_on", "2026-09-01")).await;
    let gated = Arc::new(Gated::over(ledger.journal()));
    ledger.contracts.journal = gated.clone();
    ledger.contracts.caches.clear();
    let refused = try_act(&ledger, contract, 5, &contract::Command::Publish).await;
    assert!(matches!(refused, Err(LedgerError::Contract(_))), "it is not complete: {refused:?}");
    let readers = gated.readers.lock().unwrap();
    for stream in [contract, before] {
        assert!(readers.iter().any(|(read, _)| *read == stream), "{stream} was read");
    }
    let here = std::thread::current().id();
    assert!(readers.iter().all(|(_, thread)| *thread != here), "{readers:?} on {here:?}");
}
