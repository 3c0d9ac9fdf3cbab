//! The views, their positions, and what a batch does to all of them.

use super::dossiers::{Dossiers, see_all};
use super::room::{NoRoom, lacks_room};
use crate::detail::{Detail, DetailBatch};
use crate::headcount::{HeadcountView, Remaking};
use crate::outcomes::OutcomeStore;
use crate::persons::Persons;
use crate::source::{EventSource, Recorded};
use crate::views::broken_off;
use domain::ids::Position;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Events of one batch, but for the rest of a request. Large enough that a
/// transaction costs little, small enough for memory: two batches and the rows of
/// a third, about 2 kB an event.
const BATCH: usize = 10_000;

/// One of the views.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum View {
    /// Which enrolments are one person.
    Persons,
    /// Head-counts.
    Headcount,
    /// Detail rows in SQLite: lists, alerts.
    Detail,
    /// Contracts, for outcomes.
    Outcomes,
}

impl View {
    /// Every view, in the order in which they are fed.
    pub const ALL: [Self; 4] = [Self::Persons, Self::Headcount, Self::Detail, Self::Outcomes];

    /// Its name, as in `registre rebuild NAME`, and the name of its folder.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Persons => "persons",
            Self::Headcount => "headcount",
            Self::Detail => "detail",
            Self::Outcomes => "outcomes",
        }
    }
}

impl std::fmt::Display for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// No view has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no view is called {0:?}; there are: persons, headcount, detail, outcomes")]
pub struct UnknownView(pub String);

impl FromStr for View {
    type Err = UnknownView;

    fn from_str(name: &str) -> Result<Self, UnknownView> {
        let found = Self::ALL.into_iter().find(|view| view.name() == name);
        found.ok_or_else(|| UnknownView(name.chars().take(32).collect()))
    }
}

/// How far a rebuild is. One of several passes may count otherwise than in
/// events: `position` over `head` is the part that is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The last position folded.
    pub position: Position,
    /// The last position of the log.
    pub head: Position,
}

/// Why views stopped.
#[derive(Debug, Default)]
pub(crate) struct Stops(RwLock<BTreeMap<View, String>>);

impl Stops {
    pub(crate) fn reason(&self, view: View) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(&view).cloned()
    }

    fn stop(&self, view: View, reason: String) {
        tracing::error!(view = view.name(), reason, "a view stopped");
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(view, reason);
    }

    fn restart(&self, view: View) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&view);
    }
}

/// Every view, open.
#[derive(Debug)]
pub(crate) struct Folded {
    pub(crate) persons: Arc<Persons>,
    pub(crate) headcount: HeadcountView,
    pub(crate) detail: Detail,
    pub(crate) outcomes: OutcomeStore,
    pub(crate) stops: Stops,
    /// Head-counts made anew from the beginning, until they are put in place of the
    /// others: that is faster than batch by batch.
    remaking: Mutex<Option<Remaking>>,
}

impl Folded {
    /// Opens every view in its folder.
    pub(crate) async fn open(folder: &Path) -> Result<Self, String> {
        let persons = Persons::open(&folder.join(View::Persons.name()));
        let headcount = HeadcountView::open_or_reset(&folder.join(View::Headcount.name()));
        let detail = Detail::open(&folder.join(View::Detail.name())).await;
        let outcomes = OutcomeStore::open(&folder.join(View::Outcomes.name()));
        Ok(Self {
            outcomes: outcomes.map_err(|error| error.to_string())?,
            persons: Arc::new(persons.map_err(|error| error.to_string())?),
            headcount: headcount.map_err(|error| error.to_string())?,
            remaking: Mutex::default(),
            detail: detail.map_err(|error| error.to_string())?,
            stops: Stops::default(),
        })
    }

    pub(crate) fn position_of(&self, view: View) -> Position {
        match view {
            View::Persons => self.persons.position(),
            View::Headcount => self.headcount.checkpoint(),
            View::Detail => self.detail.position(),
            View::Outcomes => self.outcomes.position(),
        }
    }

    /// The position that every view that works has reached.
    pub(crate) fn position(&self) -> Position {
        let working = View::ALL.into_iter().filter(|view| self.stops.reason(*view).is_none());
        working.map(|view| self.position_of(view)).min().unwrap_or_default()
    }

    /// The position up to which a view was fed.
    fn fed_to(&self, view: View) -> Position {
        let remade = self.remaking().as_ref().map(Remaking::reached);
        remade.filter(|_| view == View::Headcount).unwrap_or_else(|| self.position_of(view))
    }

    /// The position from which the next batch is read; `None` when all views stopped.
    pub(crate) fn next(&self) -> Option<Position> {
        let fed = View::ALL.into_iter().filter(|view| self.stops.reason(*view).is_none());
        fed.map(|view| self.fed_to(view)).min()
    }

    fn remaking(&self) -> MutexGuard<'_, Option<Remaking>> {
        self.remaking.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Prepares views that begin for a long log.
    pub(crate) async fn begin_load(
        self: &Arc<Self>,
        source: &dyn EventSource,
    ) -> Result<(), NoRoom> {
        if self.remaking().as_ref().is_some_and(Remaking::ended) {
            self.put_remade().await?;
        }
        if source.head().0 <= BATCH as u64 {
            return Ok(());
        }
        if self.fed_to(View::Headcount) == Position(0) && self.remaking().is_none() {
            self.remake()?;
        }
        if self.fed_to(View::Detail) == Position(0) {
            self.settle(View::Detail, self.detail.begin_load().await)?;
        }
        Ok(())
    }

    /// Puts in place what a long load left for its end; false when that was nothing.
    pub(crate) async fn end_load(self: &Arc<Self>) -> Result<bool, NoRoom> {
        let (indexed, remade) = tokio::join!(self.detail.end_load(), self.put_remade());
        self.settle(View::Detail, indexed)?;
        remade
    }

    fn remake(&self) -> Result<(), NoRoom> {
        let begun = self.headcount.remake().map(|begun| *self.remaking() = Some(begun));
        self.settle(View::Headcount, begun)
    }

    /// Puts head-counts made anew in place; false when there are none.
    async fn put_remade(self: &Arc<Self>) -> Result<bool, NoRoom> {
        let remade = self.remaking().take();
        let Some(mut remade) = remade.filter(|_| self.stops.reason(View::Headcount).is_none())
        else {
            return Ok(false);
        };
        let this = Arc::clone(self);
        let put = tokio::task::spawn_blocking(move || {
            let put = this.headcount.exchange_for(&mut remade);
            (put, remade)
        });
        match put.await {
            Ok((put, remade)) => {
                let settled = self.settle(View::Headcount, put);
                // What is written of them is not made again.
                *self.remaking() = settled.is_err().then_some(remade);
                settled?;
            }
            Err(error) => self.stop(View::Headcount, broken_off(&error).to_owned()),
        }
        Ok(true)
    }

    /// Forgets what views know, to fold it anew.
    pub(crate) async fn clear(&self, view: View) -> Result<(), String> {
        self.stops.restart(view);
        match view {
            View::Persons => self.persons.clear().map_err(|error| error.to_string()),
            // It answers from its former files until the new ones are complete.
            View::Headcount => self.remake().map_err(|error| error.to_string()),
            View::Detail => self.detail.clear().await.map_err(|error| error.to_string()),
            View::Outcomes => self.outcomes.clear().map_err(|error| error.to_string()),
        }
    }

    /// Reads whole requests after a position; none at the head, or when views had to stop.
    pub(crate) async fn read(
        self: &Arc<Self>,
        source: &Arc<dyn EventSource>,
        after: Position,
    ) -> Vec<Recorded> {
        let ledger = Arc::clone(source);
        match tokio::task::spawn_blocking(move || ledger.read_requests(after, BATCH)).await {
            Ok(Ok(batch)) => return batch,
            Ok(Err(error)) => self.stop_all(&error.to_string()),
            Err(error) => self.stop_all(&format!("a reading broke off: {}", broken_off(&error))),
        }
        Vec::new()
    }

    /// Folds a batch into every view that needs it, but for the detail rows, which it gives.
    pub(crate) async fn fold(
        self: &Arc<Self>,
        source: &Arc<dyn EventSource>,
        batch: Vec<Recorded>,
    ) -> Result<Option<DetailBatch>, NoRoom> {
        let (this, ledger) = (Arc::clone(self), Arc::clone(source));
        let folded = tokio::task::spawn_blocking(move || this.fold_now(&batch, ledger.as_ref()));
        folded.await.unwrap_or_else(|error| {
            self.stop_all(&format!("a fold broke off: {}", broken_off(&error)));
            Ok(None)
        })
    }

    /// Writes the detail rows of a batch.
    pub(crate) async fn write(&self, batch: Option<DetailBatch>) -> Result<(), NoRoom> {
        match batch.filter(|_| self.stops.reason(View::Detail).is_none()) {
            Some(batch) => self.settle(View::Detail, self.detail.apply(batch).await),
            None => Ok(()),
        }
    }

    /// What becomes of a view after a step: one that found no room is as it was before, any
    /// other error stops it.
    fn settle<E: Error + 'static>(&self, view: View, step: Result<(), E>) -> Result<(), NoRoom> {
        let Err(error) = step else { return Ok(()) };
        let reason = match view {
            View::Detail => format!("{}: {error}", self.detail.path().display()),
            View::Persons | View::Headcount | View::Outcomes => error.to_string(),
        };
        if lacks_room(&error) {
            return Err(NoRoom { view, reason });
        }
        self.stop(view, reason);
        Ok(())
    }

    /// An error for want of room is of the first view that met it: those after it are not
    /// given the batch.
    fn fold_now(
        &self,
        batch: &[Recorded],
        source: &dyn EventSource,
    ) -> Result<Option<DetailBatch>, NoRoom> {
        if let Some(news) = self.news(View::Persons, batch) {
            self.settle(View::Persons, self.persons.apply(news, source))?;
        }
        if self.stops.reason(View::Persons).is_some() {
            // They would count with the persons of before, and never look back.
            let reason = "the view of persons, on which head-counts stand, stopped";
            self.stop(View::Headcount, reason.to_owned());
        }
        // Views of one age share the states of dossiers, which cost the most.
        let mut ages: BTreeMap<usize, Vec<View>> = BTreeMap::new();
        for view in [View::Headcount, View::Detail, View::Outcomes] {
            if let Some(news) = self.news(view, batch) {
                ages.entry(news.len()).or_default().push(view);
            }
        }
        let mut detail = None;
        for (length, views) in ages {
            let news = batch.get(batch.len() - length..).unwrap_or_default();
            let begin = || Dossiers::of(&views, news, &self.persons);
            match see_all(news, source, begin) {
                Ok(seen) => detail = self.put(seen, source)?.or(detail),
                Err(error) => views.iter().for_each(|view| self.stop(*view, error.to_string())),
            }
        }
        Ok(detail)
    }

    /// Writes what was seen, but for the detail rows, which it gives.
    fn put(
        &self,
        seen: Dossiers<'_>,
        source: &dyn EventSource,
    ) -> Result<Option<DetailBatch>, NoRoom> {
        if let Some(batch) = seen.headcount {
            let put = match self.remaking().as_mut() {
                Some(remaking) => remaking.add(batch, source),
                None => self.headcount.add(batch, source),
            };
            self.settle(View::Headcount, put)?;
        }
        if let Some((batch, last)) = seen.outcomes {
            self.settle(View::Outcomes, self.outcomes.apply(batch, last))?;
        }
        Ok(seen.detail)
    }

    /// Stops a view, unless something else did.
    fn stop(&self, view: View, reason: String) {
        if self.stops.reason(view).is_none() {
            if view == View::Headcount {
                *self.remaking() = None;
            }
            self.stops.stop(view, reason);
        }
    }

    /// The part of a batch that a working view has not folded yet.
    fn news<'a>(&self, view: View, batch: &'a [Recorded]) -> Option<&'a [Recorded]> {
        let reached = self.fed_to(view);
        let known = batch.partition_point(|recorded| recorded.position <= reached);
        let news = batch.get(known..).filter(|news| !news.is_empty())?;
        self.stops.reason(view).is_none().then_some(news)
    }

    fn stop_all(&self, reason: &str) {
        View::ALL.into_iter().for_each(|view| self.stop(view, reason.to_owned()));
    }
}
