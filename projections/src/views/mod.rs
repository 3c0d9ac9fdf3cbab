//! Every question that the rooms above may ask, in one place.
//!
//! | file | holds |
//! |---|---|
//! | `questions.rs` | what is asked and answered: plain types |
//! | `error.rs` | why there is no answer |
//! | `time.rs` | from the two times of a question to a position |
//! | `reached.rs` | whether whoever asks may see a dossier |
//! | `dossiers.rs` | enrolments, contracts, trajectories, histories |
//! | `workflows.rs` | contracts whose workflow runs here |
//! | `alerts.rs` | alerts, listed and counted |
//! | `headcounts.rs` | head-counts, months, the enrolments behind a figure |
//! | `outcomes.rs` | outcomes of the contracts of a period |
//! | `runs.rs` | runs, the reference set in force |
//! | `search.rs` | the dossiers of somebody who is searched by INE, names or e-mail |
//! | `retention.rs` | dossiers that must not name their learner any more |
//! | `references.rs` | the sets in memory |

mod alerts;
mod dossiers;
mod error;
mod headcounts;
mod outcomes;
mod population;
mod questions;
mod reached;
mod references;
mod retention;
mod runs;
mod search;
#[cfg(test)]
mod tests;
mod time;
mod workflows;

pub use crate::runner::{Progress, View};
pub use error::QueryError;
pub(crate) use error::broken_off;
pub use questions::{
    AlertsQuery, Answer, ContractView, ContractsQuery, CountedQuery, EnrolmentView,
    EnrolmentsQuery, EvolutionQuery, Figures, HeadcountAnswer, HeadcountQuery, MonthFigures,
    OutcomesQuery, Page, PageQuery, ReferenceView, RunView, RuptureView, TrajectoryView,
    WorkflowView, WorkflowsQuery,
};
pub use retention::{Due, LookedAt};
pub use search::{FoundPersons, Searched};

use crate::reach::Reach;
use crate::reference::ReferenceLibrary;
use crate::runner::{Folded, NoRoom};
use crate::source::EventSource;
use domain::ids::Position;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, Notify, watch};

/// How long events gather before they are folded, when no question waits for them. A batch costs
/// transactions and syncs whatever its size: the longer, the less of them under load, and
/// nobody sees a tenth of a second.
const GATHER: Duration = Duration::from_millis(100);

/// How long views that find no room on the disk wait before they try again: less than a
/// question that waits for them.
const ROOM_AGAIN: Duration = Duration::from_secs(2);

/// The views of one node: open them, run them, ask them.
///
/// Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Views {
    source: Arc<dyn EventSource>,
    folded: Arc<Folded>,
    /// Tells each time that the views move.
    moved: watch::Sender<Position>,
    /// Tells that a question waits for them.
    asked: Arc<Notify>,
    /// How long events gather when none does.
    gather: Duration,
    /// One fold at a time.
    folding: Arc<Mutex<()>>,
    alerts: Arc<alerts::AlertCache>,
    references: Arc<references::References>,
    counted: Arc<headcounts::CountedCache>,
    /// What whoever asks may see.
    reach: Reach,
}

impl std::fmt::Debug for Views {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Views").field("position", &self.position()).finish_non_exhaustive()
    }
}

impl Views {
    /// Opens the views in a folder, each in its own; one that is missing,
    /// damaged or of an older format starts empty and is folded anew.
    ///
    /// # Errors
    /// [`QueryError::Store`] when the folder cannot be read or written.
    pub async fn open(
        folder: &Path,
        source: Arc<dyn EventSource>,
        references: ReferenceLibrary,
    ) -> Result<Self, QueryError> {
        let folded = Folded::open(folder).await.map_err(QueryError::Store)?;
        let moved = watch::Sender::new(folded.position());
        let folding = Arc::new(Mutex::new(()));
        Ok(Self {
            source,
            folded: Arc::new(folded),
            moved,
            asked: Arc::default(),
            gather: GATHER,
            folding,
            alerts: Arc::default(),
            references: Arc::new(references::References::new(references)),
            counted: Arc::default(),
            reach: Reach::default(),
        })
    }

    /// The same views for somebody who may see only that: they answer as if there were nothing else.
    #[must_use]
    pub fn within(&self, reach: Reach) -> Self {
        Self { reach, ..self.clone() }
    }

    /// Follows the ledger for ever, a tenth of a second behind or less: spawn it, abort it to
    /// stop.
    pub async fn run(self) {
        let mut head = self.source.watch();
        let mut waiting = false;
        loop {
            if let Err(error) = self.try_to_catch_up().await {
                if !std::mem::replace(&mut waiting, true) {
                    tracing::warn!(%error, "the views wait for room on the disk");
                }
                tokio::time::sleep(ROOM_AGAIN).await;
                continue;
            }
            if std::mem::take(&mut waiting) {
                tracing::warn!("the views found room on the disk, and go on");
            }
            if head.changed().await.is_err() {
                return;
            }
            let _ = tokio::time::timeout(self.gather, self.asked.notified()).await;
        }
    }

    /// Folds until the head of the ledger, as it is when this ends; or until there is no room
    /// on the disk, which it logs: call it again later.
    pub async fn catch_up(&self) {
        if let Err(error) = self.try_to_catch_up().await {
            tracing::warn!(%error, "the views do not catch up");
        }
    }

    async fn try_to_catch_up(&self) -> Result<(), NoRoom> {
        let _one = self.folding.lock().await;
        self.fold(|_| {}).await
    }

    /// Forgets one view, or all, and folds it anew; says how far it is.
    ///
    /// # Errors
    /// [`QueryError::Store`] when files cannot be written, as on a full disk; [`QueryError::Stopped`]
    /// when a view met something that it cannot fold.
    pub async fn rebuild(
        &self,
        view: Option<View>,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<(), QueryError> {
        let _one = self.folding.lock().await;
        let views: Vec<View> =
            View::ALL.into_iter().filter(|v| view.is_none_or(|w| w == *v)).collect();
        self.alerts.clear();
        self.counted.clear();
        for view in &views {
            self.folded.clear(*view).await.map_err(QueryError::Store)?;
        }
        let folded = self.fold(progress).await;
        folded.map_err(|error| QueryError::Store(error.to_string()))?;
        views.into_iter().try_for_each(|view| self.works(view))
    }

    async fn fold(&self, mut progress: impl FnMut(Progress) + Send) -> Result<(), NoRoom> {
        self.folded.begin_load(self.source.as_ref()).await?;
        self.feed(&mut progress).await?;
        let more = self.folded.end_load().await;
        self.moved.send_replace(self.folded.position());
        if more? { self.feed(&mut progress).await } else { Ok(()) }
    }

    /// While a batch is folded, the next one is read, and the detail rows of the
    /// one before are written. When a view finds no room, nothing more is given to any.
    async fn feed(&self, progress: &mut (impl FnMut(Progress) + Send)) -> Result<(), NoRoom> {
        let (folded, source) = (&self.folded, &self.source);
        let Some(from) = folded.next() else { return Ok(()) };
        let (mut batch, mut rows) = (folded.read(source, from).await, None);
        while let Some(last) = batch.last() {
            let last = last.position;
            let reading = folded.read(source, last);
            let (next, folding, written) =
                tokio::join!(reading, folded.fold(source, batch), folded.write(rows));
            self.moved.send_replace(folded.position());
            written?;
            (batch, rows) = (next, folding?);
            progress(Progress { position: last, head: source.head() });
        }
        let written = folded.write(rows).await;
        self.moved.send_replace(folded.position());
        written
    }

    /// The position that every working view has reached.
    #[must_use]
    pub fn position(&self) -> Position {
        self.folded.position()
    }

    /// How many events of the ledger the views have not folded yet.
    #[must_use]
    pub fn lag(&self) -> u64 {
        self.source.head().0.saturating_sub(self.position().0)
    }

    /// The position of each view, and why it stopped if it did.
    #[must_use]
    pub fn state(&self) -> Vec<(View, Position, Option<String>)> {
        let state = |view| (view, self.folded.position_of(view), self.folded.stops.reason(view));
        View::ALL.into_iter().map(state).collect()
    }

    /// Closes the files; the last thing to do with the views.
    pub async fn close(&self) {
        let _one = self.folding.lock().await;
        self.folded.detail.close().await;
    }

    /// Every detail row as ordered text: two views that know the same log give
    /// the same text.
    ///
    /// # Errors
    /// [`QueryError::Store`] when the file cannot be read.
    pub async fn dump(&self) -> Result<String, QueryError> {
        Ok(self.folded.detail.dump().await?)
    }

    fn works(&self, view: View) -> Result<(), QueryError> {
        match self.folded.stops.reason(view) {
            Some(reason) => Err(QueryError::Stopped { view: view.name(), reason }),
            None => Ok(()),
        }
    }
}
