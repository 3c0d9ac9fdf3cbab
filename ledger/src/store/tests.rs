//! What another caller sees while an append is on its way.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::{Ledger, Options, RequestMeta};
use crate::journal::{AppendError, Capabilities, Head, Journal, ReadError, Receipt, Wiped};
use crate::record::{AppendRequest, StoredRecord};
use domain::dossier::{check, example_row};
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::{Instant, Position, RequestId, RunId, Source, StreamId, StreamKey, Version};
use futures::future::BoxFuture;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

/// A journal whose appends wait until they are let through.
struct Gated {
    inner: Arc<dyn Journal>,
    asked: AtomicBool,
    gate: Semaphore,
}

impl Gated {
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
        self.inner.read_stream(stream, after, up_to, limit)
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
    let inner = Arc::clone(ledger.journal());
    let gated = Arc::new(Gated { inner, asked: AtomicBool::new(false), gate: Semaphore::new(0) });
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
