//! Runs that come in several batches: what was answered so far, until the last
//! part closes the run. Kept in memory only: after a restart the sender starts
//! the run again from its first row, and what was written answers as before.

use super::outcome::RowReport;
use super::twins::Identities;
use crate::errors::{Failure, Reason};
use crate::limits;
use domain::ids::{RunId, Source};
use domain::runs::RunDeclaration;
use domain::text::Text;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A run between its parts.
#[derive(Debug)]
pub(super) struct OpenRun {
    /// What the sender said.
    pub(super) declaration: RunDeclaration,
    /// Answers so far, by rank.
    pub(super) rows: BTreeMap<u32, RowReport>,
    /// Who was named so far.
    pub(super) identities: Identities,
    touched: Instant,
}

impl OpenRun {
    /// A run before its first row.
    pub(super) fn new(declaration: RunDeclaration) -> Self {
        Self {
            declaration,
            rows: BTreeMap::new(),
            identities: Identities::default(),
            touched: Instant::now(),
        }
    }

    /// Whether the rows are those of ranks 0 to n - 1.
    pub(super) fn is_gapless(&self) -> bool {
        self.rows.keys().copied().eq(0..u32::try_from(self.rows.len()).unwrap_or(u32::MAX))
    }
}

/// The open runs.
#[derive(Debug, Default)]
pub(super) struct Parts(Mutex<HashMap<(Source, RunId), OpenRun>>);

impl Parts {
    /// The run that a part goes on with; a part that starts at row 0 starts it afresh.
    ///
    /// # Errors
    /// `RUN_INCOMPLETE` when the part before is missing, `RUN_ID_REUSED` when
    /// the run was declared otherwise.
    pub(super) fn take(
        &self,
        declaration: &RunDeclaration,
        first_row: u32,
    ) -> Result<OpenRun, Failure> {
        if first_row == 0 {
            return Ok(OpenRun::new(declaration.clone()));
        }
        let key = (declaration.source.clone(), declaration.id);
        let mut runs = self.lock();
        let run = runs.get(&key).ok_or_else(missing)?;
        if run.declaration != *declaration {
            return Err(reused());
        }
        if !run.rows.contains_key(&(first_row - 1)) {
            return Err(missing());
        }
        runs.remove(&key).ok_or_else(missing)
    }

    /// Keeps a run until its next part.
    ///
    /// # Errors
    /// `OVERLOADED` when too many runs are open.
    pub(super) fn keep(&self, mut run: OpenRun) -> Result<(), Failure> {
        let key = (run.declaration.source.clone(), run.declaration.id);
        let mut runs = self.lock();
        runs.retain(|_, open| open.touched.elapsed() < limits::OPEN_RUN_IDLE);
        if runs.len() >= limits::OPEN_RUNS && !runs.contains_key(&key) {
            return Err(Failure::new(
                Reason::Overloaded,
                Text::new(
                    "too many runs of several parts are open: try again later",
                    "Trop d'envois en plusieurs parties sont en cours : réessayez plus tard.",
                ),
            ));
        }
        run.touched = Instant::now();
        runs.insert(key, run);
        Ok(())
    }

    /// Forgets a run that is closed.
    pub(super) fn forget(&self, source: &Source, run: RunId) {
        self.lock().remove(&(source.clone(), run));
    }

    /// What is known of an open run: its declaration and the rows received.
    pub(super) fn find(&self, source: &Source, run: RunId) -> Option<(RunDeclaration, u32)> {
        let runs = self.lock();
        let open = runs.get(&(source.clone(), run))?;
        Some((open.declaration.clone(), u32::try_from(open.rows.len()).unwrap_or(u32::MAX)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(Source, RunId), OpenRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A part is missing.
pub(super) fn missing() -> Failure {
    Failure::new(
        Reason::RunIncomplete,
        Text::new(
            "parts of the run are missing: send it again from its first row, with the same run id",
            "Il manque des parties de cet envoi : renvoyez-le depuis sa première ligne, avec le \
             même identifiant d'envoi.",
        ),
    )
}

/// The run id stands for another run.
pub(super) fn reused() -> Failure {
    Failure::new(
        Reason::RunIdReused,
        Text::new(
            "the run id was used before for another run: choose a new one",
            "L'identifiant d'envoi a déjà servi pour un autre envoi : choisissez-en un nouveau.",
        ),
    )
}
