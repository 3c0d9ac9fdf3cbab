//! Runs that come in several batches: what was answered so far, until the last
//! part closes the run. Kept in memory only: after a restart the sender starts
//! the run again from its first row, and what was written answers as before.

use super::outcome::RowReport;
use super::twins::Identities;
use crate::errors::{Failure, Reason};
use crate::limits;
use access::Scope;
use domain::ids::{RunId, Source};
use domain::runs::RunDeclaration;
use domain::text::Text;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A run between its parts.
#[derive(Debug)]
pub(super) struct OpenRun {
    /// For whom its sender may write.
    sender: Scope,
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
    pub(super) fn new(sender: Scope, declaration: RunDeclaration) -> Self {
        Self {
            sender,
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

/// A run is named by its source and its id.
type Name = (Source, RunId);

/// The open runs.
#[derive(Debug, Default)]
pub(super) struct Parts(Mutex<HashMap<Name, OpenRun>>);

impl Parts {
    /// The run that a part goes on with; a part that starts at row 0 starts it afresh.
    /// `to_keep` are the rows that the run has to keep until its next part: 0 in the last.
    /// One of a sender who speaks for others too is none.
    ///
    /// # Errors
    /// `RUN_INCOMPLETE` when the part before is missing, `RUN_ID_REUSED` when
    /// the run was declared otherwise, `OVERLOADED` when there is no room for it.
    pub(super) fn take(
        &self,
        sender: &Scope,
        declaration: &RunDeclaration,
        first_row: u32,
        to_keep: usize,
    ) -> Result<OpenRun, Failure> {
        let key = (declaration.source.clone(), declaration.id);
        let mut runs = self.lock();
        runs.retain(|_, open| open.touched.elapsed() < limits::OPEN_RUN_IDLE);
        if first_row == 0 {
            runs.remove(&key);
        }
        if to_keep > 0 {
            make_room(&mut runs, &key, to_keep)?;
        }
        if first_row == 0 {
            return Ok(OpenRun::new(sender.clone(), declaration.clone()));
        }
        let of = |run: &&OpenRun| sender.covers(&run.sender);
        let run = runs.get(&key).filter(of).ok_or_else(missing)?;
        if run.declaration != *declaration {
            return Err(reused());
        }
        if !run.rows.contains_key(&(first_row - 1)) {
            return Err(missing());
        }
        runs.remove(&key).ok_or_else(missing)
    }

    /// Keeps a run until its next part.
    pub(super) fn keep(&self, mut run: OpenRun) {
        let key = (run.declaration.source.clone(), run.declaration.id);
        run.touched = Instant::now();
        self.lock().insert(key, run);
    }

    /// What is known of an open run, to who speaks for all for whom its sender does: its declaration
    /// and the rows received.
    pub(super) fn find(
        &self,
        reader: &Scope,
        source: &Source,
        run: RunId,
    ) -> Option<(RunDeclaration, u32)> {
        let runs = self.lock();
        let open = runs.get(&(source.clone(), run)).filter(|open| reader.covers(&open.sender))?;
        Some((open.declaration.clone(), u32::try_from(open.rows.len()).unwrap_or(u32::MAX)))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Name, OpenRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room for that many more rows of a run: those whose senders have been silent longest, for
/// a while at least, are forgotten. They start again from their first row.
fn make_room(runs: &mut HashMap<Name, OpenRun>, own: &Name, to_keep: usize) -> Result<(), Failure> {
    loop {
        let rows: usize = runs.values().map(|open| open.rows.len()).sum();
        let others = runs.len() - usize::from(runs.contains_key(own));
        if others < limits::OPEN_RUNS && rows + to_keep <= limits::OPEN_ROWS {
            return Ok(());
        }
        let silent = runs.iter().filter(|(name, _)| *name != own);
        let longest = silent.min_by_key(|(_, open)| open.touched);
        let (name, _) = longest
            .filter(|(_, open)| open.touched.elapsed() >= limits::OPEN_RUN_SILENT)
            .ok_or_else(overloaded)?;
        let name = name.clone();
        runs.remove(&name);
    }
}

fn overloaded() -> Failure {
    Failure::new(
        Reason::Overloaded,
        Text::new(
            "too many runs of several parts are open: try again later",
            "Trop d'envois en plusieurs parties sont en cours : réessayez plus tard.",
        ),
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use domain::runs::Extent;

    fn run(n: u8) -> RunDeclaration {
        RunDeclaration {
            id: RunId([n; 16]),
            source: Source::parse("cfa").unwrap(),
            software: String::new(),
            extracted_at: domain::ids::Instant(0),
            extent: Extent::Partial,
            rows: None,
        }
    }

    fn take(
        parts: &Parts,
        run: &RunDeclaration,
        first_row: u32,
        to_keep: usize,
    ) -> Result<OpenRun, Failure> {
        parts.take(&Scope::Everything, run, first_row, to_keep)
    }

    fn find(parts: &Parts, source: &Source, run: RunId) -> Option<(RunDeclaration, u32)> {
        parts.find(&Scope::Everything, source, run)
    }

    #[test]
    fn open_runs_are_bounded_by_number_and_by_rows_and_the_last_part_always_goes_on() {
        let parts = Parts::default();
        for n in 0..=u8::MAX {
            parts.keep(take(&parts, &run(n), 0, 10).unwrap());
        }
        let other = RunDeclaration { source: Source::parse("other").unwrap(), ..run(1) };
        assert_eq!(take(&parts, &other, 0, 10).unwrap_err().reason(), Reason::Overloaded);
        assert!(take(&parts, &other, 0, 0).is_ok(), "a run of one part keeps nothing");
        assert!(take(&parts, &run(7), 0, 10).is_ok(), "one that starts afresh has its place");
        assert!(take(&parts, &other, 0, limits::OPEN_ROWS).is_ok(), "which is free since");
        assert!(take(&parts, &other, 0, limits::OPEN_ROWS + 1).is_err());
    }

    #[test]
    fn the_run_whose_sender_is_silent_longest_gives_way() {
        let parts = Parts::default();
        for n in 0..=u8::MAX {
            parts.keep(take(&parts, &run(n), 0, 10).unwrap());
        }
        let long_ago = Instant::now().checked_sub(limits::OPEN_RUN_SILENT).unwrap();
        parts.lock().get_mut(&(run(9).source, run(9).id)).unwrap().touched = long_ago;
        let other = RunDeclaration { source: Source::parse("other").unwrap(), ..run(1) };
        parts.keep(take(&parts, &other, 0, 10).unwrap());
        assert!(find(&parts, &run(9).source, run(9).id).is_none());
        assert!(find(&parts, &other.source, other.id).is_some());
        assert!(find(&parts, &run(8).source, run(8).id).is_some());
    }
}
