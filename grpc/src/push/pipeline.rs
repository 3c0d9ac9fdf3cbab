//! The order of a push: declaration, rows, close; one push of a source at a time.

use super::apply::apply;
use super::close::{Plan, digest, finish};
use super::declaration;
use super::outcome::RowReport;
use super::parts::{OpenRun, Parts, missing, reused};
use super::port::{Book, Fresh, Origin, WriteError, derived_request};
use super::prepare::{Prepared, hex32, prepare};
use super::registries::{Registries, Shared};
use super::rows::Evaluation;
use super::runs::ClosedRun;
use crate::errors::{Failure, Reason};
use crate::limits;
use access::{Scope, Tenant};
use domain::enrolment::Establishment;
use domain::event::Event;
use domain::ids::{Position, RunId, Source, StreamKey};
use domain::runs::{HoldDecision, MAX_ROWS, RunDeclaration, RunEvent, Settlement, Within};
use domain::text::Text;
use proto::v1 as wire;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OwnedMutexGuard;
use tokio::task::spawn_blocking;

/// Closed runs read at once, at least.
const RUNS_READ: usize = 100;

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
    registries: Arc<Registries>,
    parts: Parts,
    turns: Mutex<HashMap<Source, Arc<tokio::sync::Mutex<()>>>>,
}

impl<B: Book> Pipeline<B> {
    /// A pipeline over a ledger.
    #[must_use]
    pub fn new(book: Arc<B>) -> Self {
        Self::with_room(book, limits::REGISTRY_DOSSIERS_MAX)
    }

    /// A pipeline that keeps the registries of sources with so many dossiers in
    /// all, and folds others when they push.
    #[must_use]
    pub fn with_room(book: Arc<B>, dossiers: usize) -> Self {
        let registries = Arc::new(Registries::with_room(dossiers));
        Self { book, registries, parts: Parts::default(), turns: Mutex::default() }
    }

    /// Compares every row anew: of who was erased, one that says the same as before is refused.
    pub fn forget_repeats(&self) {
        self.registries.forget_repeats();
    }

    /// Pushes a run or a part of it for a tenant: under its sources, for its establishments.
    ///
    /// # Errors
    /// When the declaration is refused, the source is not the tenant's, the run id stands for another run, the
    /// source is busy with another push, or the ledger fails. Bad rows are no
    /// error: each has its own answer.
    pub async fn push(&self, tenant: &Tenant, part: Part) -> Result<Pushed, Failure> {
        let run = declaration::check(part.run, self.book.now())?;
        declaration::must_be_bound(tenant, &run.source)?;
        check_size(part.first_row, part.rows.len())?;
        let _turn = self.take_turn(&run.source).await?;
        let registry = self.finish_confirmed(&run.source).await?;
        let closed = self.closed(&run.source, run.id).await?;
        if closed.as_ref().is_some_and(|closed| closed.declaration != run) {
            return Err(reused());
        }
        let to_keep = if part.more { part.rows.len() } else { 0 };
        let mut open = self.parts.take(tenant.scope(), &run, part.first_row, to_keep)?;
        let evaluated = async {
            let before = Some(&registry).filter(|known| closed.is_none() && known.may_repeat(&run));
            let prepared = self.prepare(&run, part.first_row, part.rows, before.cloned()).await?;
            if let Some(closed) = closed.as_ref().filter(|_| part.first_row == 0 && !part.more) {
                same_rows(closed, digest(prepared.iter().map(|row| &row.digest)))?;
            }
            self.evaluate(tenant, &run, closed.is_some(), &registry, prepared, &mut open).await
        };
        let rows = match evaluated.await {
            Ok(rows) => rows,
            Err(failure) => {
                if part.first_row > 0 {
                    self.parts.keep(open);
                }
                return Err(failure);
            }
        };
        for row in &rows {
            open.rows.insert(row.row, row.to_remember());
        }
        if part.more {
            self.parts.keep(open);
            return Ok(Pushed { rows, run: None });
        }
        let run = self.close(tenant, &open, closed).await;
        if run.is_err() && part.first_row > 0 {
            // The last part may be sent again, without those before it.
            self.parts.keep(open);
        }
        Ok(Pushed { rows, run: Some(run?) })
    }

    /// What a tenant may know of a run: that of somebody for whom they do not speak is none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn run(
        &self,
        tenant: &Tenant,
        source: &Source,
        run: RunId,
    ) -> Result<Option<RunStatus>, Failure> {
        if let Some(closed) = self.closed(source, run).await? {
            let (registries, tenant) = (Arc::clone(&self.registries), tenant.clone());
            let (book, source) = (Arc::clone(&self.book), source.clone());
            let told = move || {
                let (within, position) = (&closed.within, closed.position);
                let is_own = is_of(&*book, &registries, &tenant, &source, within, position)?;
                Ok(is_own.then(|| RunStatus::Closed(Box::new(closed))))
            };
            return off_the_loop(told).await;
        }
        let open = self.parts.find(tenant.scope(), source, run);
        Ok(open.map(|(run, rows)| RunStatus::Open(run, rows)))
    }

    /// Whether a tenant may know of a run and of its rows. Of one that was left before it was closed, who
    /// sent it is not known: only who speaks for everybody may.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn may_know(
        &self,
        tenant: &Tenant,
        source: &Source,
        run: RunId,
    ) -> Result<bool, Failure> {
        Ok(*tenant.scope() == Scope::Everything || self.run(tenant, source, run).await?.is_some())
    }

    /// Closed runs that a tenant may know of before a position, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn runs_before(
        &self,
        tenant: &Tenant,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<ClosedRun>, Failure> {
        let (mut before, mut found) = (before, Vec::new());
        // Whoever leaves is looked for between two readings: others under the source may have many.
        while found.len() < limit {
            let (book, registries) = (Arc::clone(&self.book), Arc::clone(&self.registries));
            let (tenant, source, wanted) = (tenant.clone(), source.cloned(), limit - found.len());
            let read = move || {
                let closes = book.closes_before(before, source.as_ref(), limit.max(RUNS_READ))?;
                let next = closes.last().map(|last| last.position);
                let mut own = Vec::new();
                for close in &closes {
                    if own.len() == wanted {
                        break;
                    }
                    let Event::Run(RunEvent::Closed(closed)) = &close.event else { continue };
                    let (of, within) = (&close.source, &closed.within);
                    if is_of(&*book, &registries, &tenant, of, within, close.position)? {
                        own.extend(read_run(&*book, &registries, of, closed.declaration.id)?);
                    }
                }
                Ok((own, next))
            };
            let (own, next) = off_the_loop(read).await?;
            found.extend(own);
            let Some(next) = next else { break };
            before = next;
        }
        Ok(found)
    }

    async fn prepare(
        &self,
        run: &RunDeclaration,
        first_row: u32,
        rows: Vec<wire::DossierRow>,
        before: Option<Arc<Shared>>,
    ) -> Result<Vec<Prepared>, Failure> {
        let (book, run) = (Arc::clone(&self.book), run.clone());
        let prepare = move || {
            let rows = (first_row..).zip(rows);
            rows.map(|(row, sent)| prepare(&*book, &run, row, &sent, before.as_deref())).collect()
        };
        off_the_loop(prepare).await
    }

    async fn evaluate(
        &self,
        tenant: &Tenant,
        run: &RunDeclaration,
        closed: bool,
        registry: &Shared,
        prepared: Vec<Prepared>,
        open: &mut OpenRun,
    ) -> Result<Vec<RowReport>, Failure> {
        let held = open.identities.held(&prepared);
        // One guard at a time: a second read waits behind a writer that waits for the first.
        let disbelieved = registry.read().disbelieved(run.extracted_at);
        let (rows, fresh) =
            Evaluation { tenant, book: &*self.book, run, closed, disbelieved, registry }
                .rows(prepared, &held)
                .await?;
        if !fresh.is_empty() {
            self.registry_after(&run.source, fresh).await?;
        }
        Ok(rows)
    }

    async fn close(
        &self,
        tenant: &Tenant,
        open: &OpenRun,
        closed: Option<ClosedRun>,
    ) -> Result<ClosedRun, Failure> {
        if !open.is_gapless() {
            return Err(missing());
        }
        let run = &open.declaration;
        let rows: Vec<RowReport> = open.rows.values().cloned().collect();
        if let Some(closed) = closed {
            same_rows(&closed, digest(rows.iter().map(|row| &row.digest)))?;
            return Ok(closed);
        }
        let registry = self.registry(&run.source).await?;
        let plan = {
            let registry = registry.read();
            Plan::new(&registry, run, &rows, registry.within(tenant))
        };
        let settled = settled(&registry, plan.changes.iter().map(|change| change.stream));
        let applied = apply(&*self.book, &settled, run, plan.to_apply()).await?;
        let event = finish(&registry.read(), run, &rows, plan, &applied);
        let said = [run.id.0.as_slice(), &event.digest].concat();
        let origin = Origin {
            source: run.source.clone(),
            actor: String::new(),
            request: derived_request(run.id, b"closed"),
            digest: self.book.digest(&said),
        };
        self.append(origin, run.id, RunEvent::Closed(event)).await?;
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
            error @ (WriteError::Command(_) | WriteError::Elsewhere) => Failure::internal(&error),
        })
    }

    /// A closed run that must be there.
    pub(super) async fn found(&self, source: &Source, run: RunId) -> Result<ClosedRun, Failure> {
        let found = self.closed(source, run).await?;
        found.ok_or_else(|| Failure::not_found(&crate::names::of_push_run(source, run)))
    }

    async fn closed(&self, source: &Source, run: RunId) -> Result<Option<ClosedRun>, Failure> {
        let (book, registries) = (Arc::clone(&self.book), Arc::clone(&self.registries));
        let source = source.clone();
        off_the_loop(move || read_run(&*book, &registries, &source, run)).await
    }

    /// The registry of a source, up to the head of the log.
    pub(super) async fn registry(&self, source: &Source) -> Result<Arc<Shared>, Failure> {
        self.registry_after(source, Fresh::default()).await
    }

    /// The same, after events that were just written.
    async fn registry_after(&self, source: &Source, fresh: Fresh) -> Result<Arc<Shared>, Failure> {
        let (book, registries) = (Arc::clone(&self.book), Arc::clone(&self.registries));
        let source = source.clone();
        off_the_loop(move || registries.of(&*book, &source, fresh)).await
    }

    /// The sources that closed no run since one of theirs was confirmed. Any
    /// push finishes what was confirmed before it.
    pub(super) async fn perhaps_unfinished(&self) -> Result<BTreeSet<Source>, Failure> {
        let book = Arc::clone(&self.book);
        off_the_loop(move || {
            let mut unfinished = BTreeSet::new();
            for decided in book.decisions()?.iter().filter(|one| is_confirmation(&one.event)) {
                let newest = book.closes_before(Position(u64::MAX), Some(&decided.source), 1)?;
                if newest.iter().all(|close| close.position < decided.position) {
                    unfinished.insert(decided.source.clone());
                }
            }
            Ok(unfinished)
        })
        .await
    }

    /// The ledger.
    pub(super) fn book(&self) -> &B {
        &self.book
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

/// What runs settled of some dossiers.
pub(super) fn settled(
    registry: &Shared,
    streams: impl Iterator<Item = StreamKey>,
) -> HashMap<StreamKey, Vec<Settlement>> {
    let registry = registry.read();
    streams.map(|stream| (stream, registry.settled(stream))).collect()
}

const fn is_confirmation(event: &Event) -> bool {
    matches!(event, Event::Run(RunEvent::HoldDecided { decision: HoldDecision::Confirmed }))
}

fn read_run(
    book: &impl Book,
    registries: &Registries,
    source: &Source,
    run: RunId,
) -> Result<Option<ClosedRun>, Failure> {
    let mut found = ClosedRun::of(book.read_run(source, run)?);
    // Only of what a run holds it matters.
    if let Some(run) = found.as_mut().filter(|run| run.hold.is_some()) {
        let registry = registries.of(book, source, Fresh::default())?;
        run.superseded = registry.read().is_superseded(&run.declaration, &run.within);
    }
    Ok(found)
}

/// Whether a tenant may know of a run that was closed at a position and spoke for those.
fn is_of(
    book: &impl Book,
    registries: &Registries,
    tenant: &Tenant,
    source: &Source,
    within: &Within,
    closed: Position,
) -> Result<bool, Failure> {
    if *tenant.scope() == Scope::Everything {
        return Ok(true);
    }
    let speaks_for = |of: &BTreeSet<Establishment>| {
        !of.is_empty() && of.iter().all(|one| tenant.may_write_for(one.uai, one.siret))
    };
    match within {
        Within::Trainers(of) => Ok(speaks_for(of)),
        Within::Source => {
            let registry = registries.of(book, source, Fresh::default())?;
            let of = registry.read().trained_at_close(closed).is_some_and(speaks_for);
            Ok(of)
        }
    }
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
