//! Rows that say the same as the night before, which most rows do: known by the
//! digest of what they say, they are neither checked nor compared again.
//!
//! What is remembered of a row is that it changed nothing, at which version of its stream, and
//! how long that holds ([`Unchanged`]). The registry, which has folded the log up to its head, says
//! whether the stream is still there. Nothing here is more than a short cut: what is forgotten
//! is only compared again. It has no personal data: the digest is keyed.

use domain::calendar::paris_day;
use domain::enrolment::{Establishment, LookupKey, Unchanged};
use domain::ids::{Instant, StreamKey};
use domain::runs::{Extent, RunDeclaration};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// A row that changed nothing.
#[derive(Debug, Clone)]
pub(super) struct Repeat {
    /// The key under which its stream was found. Who owns a key changes only by an event of the
    /// owner's own stream, which moves its version.
    pub(super) lookup: LookupKey,
    /// Its stream.
    pub(super) stream: StreamKey,
    /// Who trains the learner.
    pub(super) trainer: Arc<Establishment>,
    /// How long it holds.
    pub(super) unchanged: Unchanged,
    /// The extraction that last had it.
    pub(super) since: Instant,
    /// Keyed digest of the row.
    pub(super) digest: [u8; 16],
}

/// Those of one source: at most two a dossier, since a full run says more by what it does not
/// have than a partial one.
#[derive(Debug, Default)]
pub(super) struct Repeats {
    rows: HashMap<(LookupKey, bool), Repeat>,
    /// A source has few: each is in memory once.
    trainers: HashSet<Arc<Establishment>>,
}

impl Repeats {
    /// Whether no row was remembered.
    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// What was remembered of a dossier, if this run's row says the same.
    pub(super) fn find(
        &self,
        run: &RunDeclaration,
        lookup: LookupKey,
        digest: &[u8; 16],
    ) -> Option<Repeat> {
        let known = self.rows.get(&(lookup, run.extent == Extent::Full))?;
        let holds = known.digest == *digest
            && known.since <= run.extracted_at
            && paris_day(run.extracted_at) < known.unchanged.until;
        holds.then(|| known.clone())
    }

    /// Remembers a row of a run.
    pub(super) fn remember(&mut self, run: &RunDeclaration, mut row: Repeat) {
        match self.trainers.get(&row.trainer) {
            Some(known) => row.trainer = Arc::clone(known),
            None => drop(self.trainers.insert(Arc::clone(&row.trainer))),
        }
        self.rows.insert((row.lookup, run.extent == Extent::Full), row);
    }
}
