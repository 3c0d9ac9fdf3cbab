//! The views, their positions, and what a batch does to all of them.

use super::steps::for_each_enrolment;
use crate::detail::{Detail, DetailBatch};
use crate::headcount::HeadcountView;
use crate::outcomes::{OutcomeBatch, OutcomeStore};
use crate::persons::Persons;
use crate::source::{EventSource, Recorded};
use crate::views::broken_off;
use domain::ids::Position;
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// Events of one batch at most. Large enough that a rebuild rarely reads a
/// stream twice, small enough for memory (about 1 kB an event).
const BATCH: usize = 20_000;

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
    pub(crate) persons: Persons,
    pub(crate) headcount: HeadcountView,
    pub(crate) detail: Detail,
    pub(crate) outcomes: OutcomeStore,
    pub(crate) stops: Stops,
    /// Head-counts wait to be made at once, which is faster than batch by batch.
    deferred: AtomicBool,
}

/// What the blocking half of a batch prepared for the rest.
struct Prepared {
    read: usize,
    detail: Option<DetailBatch>,
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
            persons: persons.map_err(|error| error.to_string())?,
            headcount: headcount.map_err(|error| error.to_string())?,
            deferred: AtomicBool::new(false),
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

    /// The position from which the next batch is read.
    fn next(&self) -> Position {
        let fed = View::ALL.into_iter().filter(|view| self.is_fed(*view));
        fed.map(|view| self.position_of(view)).min().unwrap_or(Position(u64::MAX))
    }

    /// Whether a view takes part in batches.
    fn is_fed(&self, view: View) -> bool {
        let deferred = view == View::Headcount && self.deferred.load(Ordering::Acquire);
        !deferred && self.stops.reason(view).is_none()
    }

    /// Leaves the head-counts of a long log to [`Self::make_headcount`].
    pub(crate) fn defer_headcount(&self, source: &dyn EventSource) {
        if self.headcount.checkpoint() == Position(0) && source.head().0 > BATCH as u64 {
            self.deferred.store(true, Ordering::Release);
        }
    }

    /// Makes deferred head-counts at once, when persons are up to date.
    pub(crate) async fn make_headcount(
        self: &Arc<Self>,
        source: &Arc<dyn EventSource>,
        progress: tokio::sync::mpsc::UnboundedSender<Progress>,
    ) {
        if !self.deferred.load(Ordering::Acquire) || self.stops.reason(View::Headcount).is_some() {
            return;
        }
        let (this, ledger) = (Arc::clone(self), Arc::clone(source));
        let made = tokio::task::spawn_blocking(move || {
            let mut tell = |done: u64, all: u64| {
                let _ = progress.send(Progress { position: Position(done), head: Position(all) });
            };
            this.headcount.rebuild(ledger.as_ref(), &this.persons, &mut tell)
        });
        let error = match made.await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(error) => Some(broken_off(&error).to_owned()),
        };
        self.deferred.store(false, Ordering::Release);
        if let Some(error) = error {
            self.stops.stop(View::Headcount, error);
        }
    }

    /// Forgets what views know, to fold it anew.
    pub(crate) async fn clear(&self, view: View) -> Result<(), String> {
        self.stops.restart(view);
        match view {
            View::Persons => self.persons.clear().map_err(|error| error.to_string()),
            // It answers from its former files until the new ones are complete.
            View::Headcount => {
                self.deferred.store(true, Ordering::Release);
                Ok(())
            }
            View::Detail => self.detail.clear().await.map_err(|error| error.to_string()),
            View::Outcomes => self.outcomes.clear().map_err(|error| error.to_string()),
        }
    }

    /// Folds one batch into every view that needs it; how many events were read.
    pub(crate) async fn advance(self: &Arc<Self>, source: &Arc<dyn EventSource>) -> usize {
        let from = self.next();
        let (this, ledger) = (Arc::clone(self), Arc::clone(source));
        let prepared = tokio::task::spawn_blocking(move || this.prepare(from, ledger.as_ref()));
        let prepared = match prepared.await {
            Ok(prepared) => prepared,
            Err(error) => {
                self.stop_all(&format!("a fold broke off: {}", broken_off(&error)));
                return 0;
            }
        };
        if let Some(batch) = prepared.detail
            && let Err(error) = self.detail.apply(batch).await
        {
            let file = self.detail.path().display();
            self.stops.stop(View::Detail, format!("{file}: {error}"));
        }
        prepared.read
    }

    /// Reads a batch and does what blocks: files and states of dossiers.
    fn prepare(&self, from: Position, source: &dyn EventSource) -> Prepared {
        let batch = match source.read_requests(from, BATCH) {
            Ok(batch) => batch,
            Err(error) => {
                self.stop_all(&error.to_string());
                return Prepared { read: 0, detail: None };
            }
        };
        if let Some(news) = self.news(View::Persons, &batch)
            && let Err(error) = self.persons.apply(news, source)
        {
            self.stops.stop(View::Persons, error.to_string());
            // It would count with the persons of before, and never look back.
            let reason = "the view of persons, on which head-counts stand, stopped";
            self.stops.stop(View::Headcount, reason.to_owned());
        }
        if let Some(news) = self.news(View::Headcount, &batch)
            && let Err(error) = self.headcount.apply(news, source, &self.persons)
        {
            self.stops.stop(View::Headcount, error.to_string());
        }
        let detail = self.prepare_dossiers(&batch, source);
        Prepared { read: batch.len(), detail }
    }

    /// The detail rows to write, and the outcomes, written.
    fn prepare_dossiers(
        &self,
        batch: &[Recorded],
        source: &dyn EventSource,
    ) -> Option<DetailBatch> {
        let for_detail = self.news(View::Detail, batch);
        let for_outcomes = self.news(View::Outcomes, batch);
        let mut detail = for_detail.map(DetailBatch::of);
        let mut outcomes = OutcomeBatch::default();
        // Views of one age share the states of dossiers, which cost the most.
        let failed = if for_detail.map(<[_]>::len) == for_outcomes.map(<[_]>::len) {
            for_each_enrolment(for_detail.unwrap_or_default(), source, |steps| {
                if let Some(detail) = &mut detail {
                    detail.see(steps);
                }
                outcomes.see(steps);
            })
        } else {
            let of_detail = for_each_enrolment(for_detail.unwrap_or_default(), source, |steps| {
                if let Some(detail) = &mut detail {
                    detail.see(steps);
                }
            });
            let news = for_outcomes.unwrap_or_default();
            of_detail.and_then(|()| for_each_enrolment(news, source, |steps| outcomes.see(steps)))
        };
        if let Err(error) = failed {
            self.stops.stop(View::Detail, error.to_string());
            self.stops.stop(View::Outcomes, error.to_string());
            return None;
        }
        if let Some(last) = for_outcomes.and_then(<[_]>::last)
            && let Err(error) = self.outcomes.apply(outcomes, last.position)
        {
            self.stops.stop(View::Outcomes, error.to_string());
        }
        detail
    }

    /// The part of a batch that a working view has not folded yet.
    fn news<'a>(&self, view: View, batch: &'a [Recorded]) -> Option<&'a [Recorded]> {
        let reached = self.position_of(view);
        let known = batch.partition_point(|recorded| recorded.position <= reached);
        let news = batch.get(known..).filter(|news| !news.is_empty())?;
        self.is_fed(view).then_some(news)
    }

    fn stop_all(&self, reason: &str) {
        for view in View::ALL {
            if self.stops.reason(view).is_none() {
                self.stops.stop(view, reason.to_owned());
            }
        }
    }
}
