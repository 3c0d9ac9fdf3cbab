//! The order of a push: declaration, rows, close; one push of a source at a time.

use super::apply::apply;
use super::close::{Plan, digest, finish};
use super::declaration;
use super::outcome::RowReport;
use super::parts::{OpenRun, Parts, missing, reused};
use super::port::{Book, Origin, WriteError, derived_request};
use super::prepare::{Prepared, hex32, prepare};
use super::registry::Registry;
use super::rows::Evaluation;
use super::runs::ClosedRun;
use crate::errors::{Failure, Reason};
use crate::limits;
use domain::ids::{Position, RunId, Source, StreamKey};
use domain::runs::{MAX_ROWS, RunDeclaration, RunEvent, Settlement};
use domain::text::Text;
use proto::v1 as wire;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use tokio::sync::OwnedMutexGuard;
use tokio::task::spawn_blocking;

/// Events folded between two releases of the registry.
const FOLD_EVENTS: usize = 1_024;

/// A run, or a part of it, as it came.
#[derive(Debug, Clone, Default)]
pub struct Part {
    /// What the sender says of the run.
    pub run: Option<wire::RunDeclaration>,
    /// Rows.
    pub rows: Vec<wire::DossierRow>,
    /// Rank in the run of the first row.
    pub first_row: u32,
    /// Whether more parts follow.
    pub more: bool,
}

/// What became of a part.
#[derive(Debug, Clone)]
pub struct Pushed {
    /// One a row, in order.
    pub rows: Vec<RowReport>,
    /// The run, once it is closed.
    pub run: Option<ClosedRun>,
}

/// What is known of a run.
#[derive(Debug, Clone)]
pub enum RunStatus {
    /// Parts may follow: the declaration and the rows received.
    Open(RunDeclaration, u32),
    /// It is closed.
    Closed(Box<ClosedRun>),
}

/// The pipeline over one ledger.
#[derive(Debug)]
pub struct Pipeline<B> {
    book: Arc<B>,
    registry: Arc<RwLock<Registry>>,
    parts: Parts,
    turns: Mutex<HashMap<Source, Arc<tokio::sync::Mutex<()>>>>,
}

impl<B: Book> Pipeline<B> {
    /// A pipeline that has folded the whole log; call it off the event loop.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn open(book: Arc<B>) -> Result<Self, Failure> {
        let registry = Arc::default();
        fold(&*book, &registry)?;
        Ok(Self { book, registry, parts: Parts::default(), turns: Mutex::default() })
    }

    /// Pushes a run or a part of it.
    ///
    /// # Errors
    /// When the declaration is refused, the run id stands for another run, the
    /// source is busy with another push, or the ledger fails. Bad rows are no
    /// error: each has its own answer.
    pub async fn push(&self, part: Part) -> Result<Pushed, Failure> {
        let run = declaration::check(part.run, self.book.now())?;
        check_size(part.first_row, part.rows.len())?;
        let _turn = self.take_turn(&run.source).await?;
        self.finish_confirmed(&run.source).await?;
        let closed = self.closed(&run.source, run.id).await?;
        if closed.as_ref().is_some_and(|closed| closed.declaration != run) {
            return Err(reused());
        }
        let to_keep = if part.more { part.rows.len() } else { 0 };
        let mut open = self.parts.take(&run, part.first_row, to_keep)?;
        let prepared = self.prepare(&run, part.first_row, part.rows).await?;
        if let Some(closed) = closed.as_ref().filter(|_| part.first_row == 0 && !part.more) {
            same_rows(closed, digest(prepared.iter().map(|row| &row.digest)))?;
        }
        let rows = match self.evaluate(&run, closed.is_some(), prepared, &mut open).await {
            Ok(rows) => rows,
            Err(failure) => {
                if part.first_row > 0 {
                    self.parts.keep(open);
                }
                return Err(failure);
            }
        };
        for row in &rows {
            open.rows.insert(row.row, row.clone().forget_answer());
        }
        if part.more {
            self.parts.keep(open);
            return Ok(Pushed { rows, run: None });
        }
        let run = self.close(&open, closed).await;
        if run.is_err() && part.first_row > 0 {
            // The last part may be sent again, without those before it.
            self.parts.keep(open);
        }
        Ok(Pushed { rows, run: Some(run?) })
    }

    /// What is known of a run.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn run(&self, source: &Source, run: RunId) -> Result<Option<RunStatus>, Failure> {
        self.catch_up().await?;
        if let Some(closed) = self.closed(source, run).await? {
            return Ok(Some(RunStatus::Closed(Box::new(closed))));
        }
        Ok(self.parts.find(source, run).map(|(run, rows)| RunStatus::Open(run, rows)))
    }

    /// Closed runs before a position, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn runs_before(
        &self,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<ClosedRun>, Failure> {
        self.catch_up().await?;
        let named: Vec<(Source, RunId)> = {
            let registry = self.registry();
            let named = registry.runs_before(before, source).take(limit);
            named.map(|(source, run)| (source.clone(), run)).collect()
        };
        let (book, registry) = (Arc::clone(&self.book), Arc::clone(&self.registry));
        let read = move || {
            let read = |(source, run): (Source, RunId)| read_run(&*book, &registry, &source, run);
            named.into_iter().filter_map(|name| read(name).transpose()).collect()
        };
        off_the_loop(read).await
    }

    async fn prepare(
        &self,
        run: &RunDeclaration,
        first_row: u32,
        rows: Vec<wire::DossierRow>,
    ) -> Result<Vec<Prepared>, Failure> {
        let (book, run) = (Arc::clone(&self.book), run.clone());
        let prepare = move || {
            let rows = (first_row..).zip(rows);
            Ok(rows.map(|(row, sent)| prepare(&*book, &run, row, sent)).collect())
        };
        off_the_loop(prepare).await
    }

    async fn evaluate(
        &self,
        run: &RunDeclaration,
        closed: bool,
        prepared: Vec<Prepared>,
        open: &mut OpenRun,
    ) -> Result<Vec<RowReport>, Failure> {
        let held = open.identities.held(&prepared);
        // One guard at a time: a second read waits behind a writer that waits for the first.
        let (newest_full, disbelieved) = {
            let registry = self.registry();
            let at = run.extracted_at;
            (registry.newest_full(&run.source), registry.disbelieved(&run.source, at))
        };
        let evaluation = Evaluation {
            book: &*self.book,
            run,
            closed,
            newest_full,
            disbelieved,
            settled: &|stream| self.registry().settled(stream),
            absent: &|stream| self.registry().is_absent(stream),
        };
        evaluation.rows(prepared, &held).await
    }

    async fn close(&self, open: &OpenRun, closed: Option<ClosedRun>) -> Result<ClosedRun, Failure> {
        if !open.is_gapless() {
            return Err(missing());
        }
        let run = &open.declaration;
        let rows: Vec<RowReport> = open.rows.values().cloned().collect();
        if let Some(closed) = closed {
            same_rows(&closed, digest(rows.iter().map(|row| &row.digest)))?;
            return Ok(closed);
        }
        self.catch_up().await?;
        let plan = Plan::new(&self.registry(), run, &rows);
        let settled = self.settled(plan.changes.iter().map(|change| change.stream));
        let applied = apply(&*self.book, &settled, run, plan.to_apply()).await?;
        let event = finish(&self.registry(), run, &rows, plan, &applied);
        let said = [run.id.0.as_slice(), &event.digest].concat();
        let origin = Origin {
            source: run.source.clone(),
            actor: String::new(),
            request: derived_request(run.id, b"closed"),
            digest: self.book.digest(&said),
        };
        self.append(origin, run.id, RunEvent::Closed(event)).await?;
        self.catch_up().await?;
        self.found(&run.source, run.id).await
    }

    /// Writes an event of a run.
    pub(super) async fn append(
        &self,
        origin: Origin,
        run: RunId,
        event: RunEvent,
    ) -> Result<Position, Failure> {
        self.book.append_run(origin, run, event).await.map_err(|error| match error {
            WriteError::Failed(failure) => failure,
            WriteError::OtherContent { known, sent } => crate::errors::request_reused(known, sent),
            WriteError::Command(error) => Failure::internal(&error),
        })
    }

    /// A closed run that must be there.
    pub(super) async fn found(&self, source: &Source, run: RunId) -> Result<ClosedRun, Failure> {
        let found = self.closed(source, run).await?;
        found.ok_or_else(|| Failure::not_found(&crate::names::of_push_run(source, run)))
    }

    async fn closed(&self, source: &Source, run: RunId) -> Result<Option<ClosedRun>, Failure> {
        let (book, registry) = (Arc::clone(&self.book), Arc::clone(&self.registry));
        let source = source.clone();
        off_the_loop(move || read_run(&*book, &registry, &source, run)).await
    }

    /// What runs settled of some dossiers.
    pub(super) fn settled(
        &self,
        streams: impl Iterator<Item = StreamKey>,
    ) -> HashMap<StreamKey, Vec<Settlement>> {
        let registry = self.registry();
        streams.map(|stream| (stream, registry.settled(stream))).collect()
    }

    /// Folds what the log has beyond what was folded.
    pub(super) async fn catch_up(&self) -> Result<(), Failure> {
        let (book, registry) = (Arc::clone(&self.book), Arc::clone(&self.registry));
        off_the_loop(move || fold(&*book, &registry)).await
    }

    /// The ledger.
    pub(super) fn book(&self) -> &B {
        &self.book
    }

    /// The fold, to read.
    pub(super) fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fold, to change.
    pub(super) fn registry_mut(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn of a source: its pushes follow each other, so that each sees
    /// what the one before settled. Turns that nobody holds are forgotten.
    ///
    /// # Errors
    /// `RUN_BUSY` when those before take too long.
    pub(super) async fn take_turn(&self, source: &Source) -> Result<OwnedMutexGuard<()>, Failure> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(source.clone()).or_default())
        };
        tokio::time::timeout(limits::TURN_WAIT, turn.lock_owned()).await.map_err(|_| busy())
    }
}

/// Folds what the log has beyond what was folded.
fn fold(book: &impl Book, registry: &RwLock<Registry>) -> Result<(), Failure> {
    loop {
        let mut registry = registry.write().unwrap_or_else(PoisonError::into_inner);
        let events = book.read_after(registry.position(), FOLD_EVENTS)?;
        for event in &events {
            registry.apply(event);
        }
        // A page may be short before the end, when its events are large.
        if events.is_empty() {
            return Ok(());
        }
    }
}

fn read_run(
    book: &impl Book,
    registry: &RwLock<Registry>,
    source: &Source,
    run: RunId,
) -> Result<Option<ClosedRun>, Failure> {
    let mut found = ClosedRun::of(book.read_run(source, run)?);
    if let Some(run) = &mut found {
        let registry = registry.read().unwrap_or_else(PoisonError::into_inner);
        run.superseded = registry.is_superseded(&run.declaration);
    }
    Ok(found)
}

/// Reading files and checking thousands of rows would hold up the other calls.
async fn off_the_loop<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    spawn_blocking(work).await?
}

fn check_size(first_row: u32, rows: usize) -> Result<(), Failure> {
    if first_row as usize + rows > MAX_ROWS {
        return Err(Failure::new(Reason::PushTooLarge, declaration::too_many_text()));
    }
    Ok(())
}

fn same_rows(closed: &ClosedRun, sent: [u8; 32]) -> Result<(), Failure> {
    if closed.digest == sent {
        return Ok(());
    }
    Err(reused().with("known_digest", hex32(&closed.digest)).with("sent_digest", hex32(&sent)))
}

fn busy() -> Failure {
    Failure::new(
        Reason::RunBusy,
        Text::new(
            "another push of this source is being written: send the same request again",
            "Un autre envoi de cette source est en cours d'enregistrement : renvoyez la même \
             demande dans un instant.",
        ),
    )
}
