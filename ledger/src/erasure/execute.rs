//! The steps of an erasure, while others read and write.

use super::certificate::Certificate;
use super::find::{Found, Wanted, find};
use super::register::{Entry, entry_at};
use crate::disk::Disk;
use crate::error::LedgerError;
use crate::journal::Journal;
use crate::quarantine::Quarantine;
use crate::store::Caches;
use crate::vault::{Finished, Vault};
use domain::ids::{Position, StreamKey, SubjectId};
use std::collections::BTreeSet;
use std::sync::Arc;
use tokio::sync::{Mutex, RwLock, watch};

/// What an erasure works on. A clone works on the same.
#[derive(Clone)]
pub(crate) struct Engine {
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) quarantine: Arc<Quarantine>,
    pub(crate) caches: Arc<Caches>,
    pub(crate) disk: Arc<dyn Disk>,
    /// Those who seal and append hold it for reading: who takes it for writing has waited for all
    /// of them.
    pub(crate) gate: Arc<RwLock<()>>,
    /// Up to where views may follow the log; `None` when all the way.
    pub(crate) shown: watch::Sender<Option<Position>>,
    /// One erasure at a time.
    pub(crate) turn: Arc<Mutex<()>>,
}

/// What a log says that lost an event.
pub(super) const NO_EVENT: &str = "the event of an erasure is not where it was written";

impl Engine {
    /// Finds all that is to be erased of subjects, and adds those who came to be persons of their
    /// dossiers meanwhile. From here on nothing is written of any of them, until
    /// [`Engine::give_up`].
    pub(super) async fn prepare_all(
        &self,
        subjects: &mut BTreeSet<SubjectId>,
    ) -> Result<Found, LedgerError> {
        loop {
            let known: Vec<SubjectId> = subjects.iter().copied().collect();
            let found = self.prepare(&known).await?;
            subjects.extend(found.shares.iter().flat_map(|share| &share.persons));
            // Nobody is added to the dossier of a learner of whom nothing is written any more: the
            // second reading finds what the first did not know whom to look for.
            if subjects.len() == known.len() {
                return Ok(found);
            }
        }
    }

    /// Finds all that is to be erased of subjects, and nobody else. From here on nothing is written
    /// of them, whatever this answers, until [`Engine::give_up`].
    pub(super) async fn prepare(&self, subjects: &[SubjectId]) -> Result<Found, LedgerError> {
        self.vault.close(subjects);
        // What was sealed before is in the log now, or never will be.
        drop(self.gate.write().await);
        let wanted = Wanted { subjects: subjects.iter().map(|id| (*id, 0)).collect(), erasures: 1 };
        self.blocking(move |engine| find(engine.journal.as_ref(), &engine.vault, &wanted)).await
    }

    /// Lets subjects be written of again: the event that erases them was not appended.
    pub(super) fn give_up(&self, subjects: &[SubjectId]) {
        self.vault.reopen(subjects);
    }

    /// Does everything that follows the event at a position.
    pub(super) async fn finish(
        &self,
        position: Position,
        found: Found,
    ) -> Result<Entry, LedgerError> {
        self.blocking(move |engine| {
            let entry = entry_at(engine.journal.as_ref(), position)?;
            let entry = entry.ok_or(LedgerError::Invalid(NO_EVENT))?;
            // Without a fence the views would fold the event and keep what must go: they wait.
            engine.vault.fence(&entry.subjects, entry.position, entry.event)?;
            // What is kept open is read by whoever asks for a contract: whatever fails from here on, nothing of them is
            // read there any more.
            engine.caches.clear();
            // Views read no identity any more, only what stays of it.
            engine.shown.send_replace(None);
            engine.quarantine.erase(&found.words, engine.disk.as_ref())?;
            engine.vault.destroy(&entry.subjects)?;
            let wiped = engine.journal.erase(&found.sections)?;
            let done = found.shares.first().map(|share| Finished {
                position: entry.position,
                event: entry.event,
                sections: share.sections,
                digest: share.digest(),
            });
            engine.vault.finish(done.as_slice(), &wiped.witnesses)?;
            engine.caches.clear();
            // From here on nothing in memory says anything of them that could be written on.
            engine.vault.reopen(&entry.subjects);
            Ok(entry)
        })
        .await
    }

    /// The certificate of an erasure that is finished.
    pub(super) fn certificate(
        &self,
        entry: &Entry,
        asked_for: &[SubjectId],
        reference: &str,
    ) -> Result<Option<Certificate>, LedgerError> {
        let Some(done) = self.vault.finished(entry.event) else { return Ok(None) };
        let since = entry.subjects.iter().filter(|subject| !asked_for.contains(subject));
        let recorded_at = self.journal.recorded_at(entry.position)?;
        Ok(Some(Certificate {
            erasure: entry.stream,
            subjects: entry.subjects.clone(),
            since_request: since.copied().collect(),
            enrolments: entry.enrolments.clone(),
            decision: entry.decision,
            basis: entry.basis,
            reference: reference.to_owned(),
            position: entry.position,
            event: entry.event,
            recorded_at: recorded_at.unwrap_or_default(),
            sections: done.sections,
            digest: done.digest,
        }))
    }

    /// Runs work that waits for the disk, to its end, even if the caller leaves.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let engine = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&engine)).await;
        done.unwrap_or(Err(LedgerError::Invalid("an erasure broke off; the next start ends it")))
    }

    /// The dossiers of an entry of the register, for who wants to look again.
    pub(super) fn entry(&self, position: Position) -> Result<Option<Entry>, LedgerError> {
        entry_at(self.journal.as_ref(), position)
    }
}

/// Names of the parts of an erasure, by the stream and the step.
pub(super) fn digest_parts(stream: StreamKey, step: &str) -> Vec<u8> {
    [stream.as_bytes().as_slice(), step.as_bytes()].concat()
}
