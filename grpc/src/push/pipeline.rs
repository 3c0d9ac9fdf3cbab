//! The order of a push: declaration, rows, close; one push of a source at a time.

use super::apply::apply;
use super::close::{Plan, digest, finish};
use super::declaration;
use super::outcome::RowReport;
use super::parts::{OpenRun, Parts, missing, reused};
use super::port::{Book, Origin, WriteError, derived_request};
use super::prepare::{Prepared, hex32, prepare};
use super::registry::{ClosedRun, Registry, RunStanding};
use super::rows::Evaluation;
use crate::errors::{Failure, Reason};
use domain::ids::{Position, RequestId, RunId, Source, StreamKey};
use domain::runs::{HoldDecision, MAX_ROWS, RunDeclaration, RunEvent, Settlement};
use domain::text::Text;
use proto::v1 as wire;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};

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
    Closed(ClosedRun),
}

/// The pipeline over one ledger.
#[derive(Debug)]
pub struct Pipeline<B> {
    book: Arc<B>,
    registry: RwLock<Registry>,
    parts: Parts,
    turns: Mutex<HashMap<Source, Arc<tokio::sync::Mutex<()>>>>,
}

impl<B: Book> Pipeline<B> {
    /// A pipeline that has folded the whole log.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn open(book: Arc<B>) -> Result<Self, Failure> {
        let pipeline = Self {
            book,
            registry: RwLock::default(),
            parts: Parts::default(),
            turns: Mutex::default(),
        };
        pipeline.catch_up()?;
        Ok(pipeline)
    }

    /// Pushes a run or a part of it.
    ///
    /// # Errors
    /// When the declaration is refused, the run id stands for another run, or
    /// the ledger fails. Bad rows are no error: each has its own answer.
    pub async fn push(&self, part: Part) -> Result<Pushed, Failure> {
        let run = declaration::check(part.run, self.book.now())?;
        check_size(part.first_row, part.rows.len())?;
        let turn = self.turn(&run.source);
        let _turn = turn.lock().await;
        self.catch_up()?;
        let closed = self.registry().run(&run.source, run.id).cloned();
        if closed.as_ref().is_some_and(|closed| closed.declaration != run) {
            return Err(reused());
        }
        let mut open = self.parts.take(&run, part.first_row)?;
        let prepared: Vec<Prepared> = (part.first_row..)
            .zip(part.rows)
            .map(|(row, sent)| prepare(&*self.book, &run, row, sent))
            .collect();
        if let Some(closed) = closed.as_ref().filter(|_| part.first_row == 0 && !part.more) {
            same_rows(closed, digest(prepared.iter().map(|row| &row.digest)))?;
        }
        let rows = match self.evaluate(&run, prepared, &mut open).await {
            Ok(rows) => rows,
            Err(failure) => {
                if part.first_row > 0 {
                    self.parts.keep(open)?;
                }
                return Err(failure);
            }
        };
        for row in &rows {
            open.rows.insert(row.row, row.clone().forget_answer());
        }
        if part.more {
            self.parts.keep(open)?;
            return Ok(Pushed { rows, run: None });
        }
        let run = self.close(open, closed).await?;
        Ok(Pushed { rows, run: Some(run) })
    }

    /// What is known of a run.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn run(&self, source: &Source, run: RunId) -> Result<Option<RunStatus>, Failure> {
        self.catch_up()?;
        if let Some(closed) = self.registry().run(source, run) {
            return Ok(Some(RunStatus::Closed(closed.clone())));
        }
        Ok(self.parts.find(source, run).map(|(run, rows)| RunStatus::Open(run, rows)))
    }

    /// Closed runs before a position, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs_before(
        &self,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<ClosedRun>, Failure> {
        self.catch_up()?;
        Ok(self.registry().runs_before(before, source).take(limit).cloned().collect())
    }

    /// Confirms or rejects what a run holds. Saying it again changes nothing.
    ///
    /// # Errors
    /// `NOT_FOUND`, or `NOT_ALLOWED` when nothing is held or the contrary was said.
    pub async fn decide_hold(
        &self,
        source: &Source,
        run: RunId,
        request: RequestId,
        decision: HoldDecision,
    ) -> Result<ClosedRun, Failure> {
        let turn = self.turn(source);
        let _turn = turn.lock().await;
        let found = self.found(source, run)?;
        match (found.standing(), decision) {
            (RunStanding::Held, _) => {}
            (RunStanding::Confirmed, HoldDecision::Confirmed)
            | (RunStanding::Rejected, HoldDecision::Rejected) => return Ok(found),
            _ => return Err(not_held()),
        }
        if decision == HoldDecision::Confirmed {
            let settled = self.settled(found.held.iter().map(|change| change.stream));
            apply(&*self.book, &settled, &found.declaration, &found.held).await?;
        }
        let said = [run.0.as_slice(), &[u8::from(decision == HoldDecision::Confirmed)]].concat();
        let origin = self.origin(source, request, &said);
        self.append(origin, run, RunEvent::HoldDecided { decision }).await?;
        self.found(source, run)
    }

    async fn evaluate(
        &self,
        run: &RunDeclaration,
        prepared: Vec<Prepared>,
        open: &mut OpenRun,
    ) -> Result<Vec<RowReport>, Failure> {
        let held = open.identities.held(&prepared);
        let evaluation = Evaluation {
            book: &*self.book,
            run,
            newest_full: self.registry().newest_full(&run.source),
            settled: &|stream| self.registry().settled(stream),
            absent: &|stream| self.registry().is_absent(stream),
        };
        evaluation.rows(prepared, &held).await
    }

    async fn close(&self, open: OpenRun, closed: Option<ClosedRun>) -> Result<ClosedRun, Failure> {
        if !open.is_gapless() {
            self.parts.keep(open)?;
            return Err(missing());
        }
        let run = open.declaration;
        let rows: Vec<RowReport> = open.rows.into_values().collect();
        if let Some(closed) = closed {
            same_rows(&closed, digest(rows.iter().map(|row| &row.digest)))?;
            self.parts.forget(&run.source, run.id);
            return Ok(closed);
        }
        self.catch_up()?;
        let plan = Plan::new(&self.registry(), &run, &rows);
        let settled = self.settled(plan.changes.iter().map(|change| change.stream));
        let applied = apply(&*self.book, &settled, &run, plan.to_apply()).await?;
        let event = finish(&self.registry(), &run, &rows, plan, &applied);
        let said = [run.id.0.as_slice(), &event.digest].concat();
        let origin = self.origin(&run.source, derived_request(run.id, b"closed"), &said);
        self.append(origin, run.id, RunEvent::Closed(event)).await?;
        self.parts.forget(&run.source, run.id);
        self.found(&run.source, run.id)
    }

    fn origin(&self, source: &Source, request: RequestId, said: &[u8]) -> Origin {
        Origin {
            source: source.clone(),
            actor: String::new(),
            request,
            digest: self.book.digest(said),
        }
    }

    async fn append(
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

    fn found(&self, source: &Source, run: RunId) -> Result<ClosedRun, Failure> {
        self.catch_up()?;
        self.registry()
            .run(source, run)
            .cloned()
            .ok_or_else(|| Failure::not_found(&crate::names::of_push_run(source, run)))
    }

    fn settled(
        &self,
        streams: impl Iterator<Item = StreamKey>,
    ) -> HashMap<StreamKey, Vec<Settlement>> {
        let registry = self.registry();
        streams.map(|stream| (stream, registry.settled(stream))).collect()
    }

    /// Folds what the log has beyond what was folded.
    fn catch_up(&self) -> Result<(), Failure> {
        loop {
            let mut registry = self.registry.write().unwrap_or_else(PoisonError::into_inner);
            let events = self.book.read_after(registry.position(), FOLD_EVENTS)?;
            for event in &events {
                registry.apply(event);
            }
            if events.len() < FOLD_EVENTS {
                return Ok(());
            }
        }
    }

    fn registry(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn of a source: its pushes follow each other, so that each sees
    /// what the one before settled. Turns that nobody holds are forgotten.
    fn turn(&self, source: &Source) -> Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.retain(|_, turn| Arc::strong_count(turn) > 1);
        Arc::clone(turns.entry(source.clone()).or_default())
    }
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

fn not_held() -> Failure {
    Failure::new(
        Reason::NotAllowed,
        Text::new(
            "nothing is held in this run, or the contrary was decided of it",
            "Rien n'attend de confirmation dans cet envoi, ou une décision contraire a été prise.",
        ),
    )
}
