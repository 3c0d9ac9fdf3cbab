//! What an erasure does to the vault, step by step.

use super::fences::fingerprint_of;
use super::keeper::Job;
use super::roster::slots_of;
use super::{Fence, Finished, PersonKey, Shared, Vault, VaultError};
use crate::journal::Witness;
use domain::ids::{EventId, Position, SubjectId};
use std::collections::HashSet;
use std::sync::mpsc::sync_channel;
use std::sync::{PoisonError, RwLockWriteGuard};
use std::time::Duration;

/// How long a destruction waits for a place among those who ask for keys.
const BUSY_WAIT: Duration = Duration::from_millis(5);

impl Vault {
    /// Refuses to write of subjects from now on; they are still read.
    pub(crate) fn close(&self, subjects: &[SubjectId]) {
        self.closing().extend(subjects);
    }

    /// Takes [`Vault::close`] back.
    pub(crate) fn reopen(&self, subjects: &[SubjectId]) {
        let mut closing = self.closing();
        for subject in subjects {
            closing.remove(subject);
        }
    }

    fn closing(&self) -> RwLockWriteGuard<'_, HashSet<SubjectId>> {
        self.shared.closing.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses subjects of whom nothing is to be written any more.
    ///
    /// # Errors
    /// [`VaultError::Erased`] of the first one.
    pub(crate) fn may_write(
        &self,
        subjects: impl IntoIterator<Item = SubjectId>,
    ) -> Result<(), VaultError> {
        let closing = self.shared.closing.read().unwrap_or_else(PoisonError::into_inner);
        let fences = self.shared.fences();
        let mut subjects = subjects.into_iter();
        // What was loaded before an erasure knows nothing of it.
        let closed = subjects
            .find(|subject| closing.contains(subject) || fences.erased_by(*subject).is_some());
        closed.map_or(Ok(()), |subject| Err(VaultError::Erased(subject)))
    }

    /// The position of the event that erased a subject.
    pub(crate) fn erased_by(&self, subject: SubjectId) -> Option<Position> {
        self.shared.fences().erased_by(subject)
    }

    /// Every subject that has a fence.
    pub(crate) fn fenced(&self) -> Vec<SubjectId> {
        self.shared.fences().subjects().collect()
    }

    /// The end of an erasure, when it came to it.
    pub(crate) fn finished(&self, event: EventId) -> Option<Finished> {
        self.shared.fences().finished(event)
    }

    /// The newest witness of each file of the journal.
    pub(crate) fn witnesses(&self) -> Vec<Witness> {
        self.shared.fences().witnesses().collect()
    }

    /// Whether the entries of those who were erased last still say so. An older copy of
    /// `keys/subjects` knows nothing of the newest erasures, and of those before all.
    ///
    /// # Errors
    /// When the key store cannot be read.
    pub(crate) fn newest_are_destroyed(&self) -> Result<bool, VaultError> {
        let fences = self.shared.fences().newest_first();
        let newest = fences.first().map(|(position, _)| *position);
        for (_, subject) in fences.iter().take_while(|(position, _)| Some(*position) == newest) {
            let Shared { roster, file, .. } = self.shared.as_ref();
            let slots = slots_of(roster, file, *subject)?;
            // One that says erased speaks for all in who reads, but not in who has the file.
            for slot in &slots {
                if !file.read_in_batch(*slot)?.0.is_erased() {
                    return Ok(false);
                }
            }
            if slots.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Fences subjects, by the event that erases them: durable when this returns, and from then
    /// on they have no key for anybody.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn fence(
        &self,
        subjects: &[SubjectId],
        position: Position,
        event: EventId,
    ) -> Result<(), VaultError> {
        let mut fences = Vec::with_capacity(subjects.len());
        for subject in subjects {
            let fingerprint = match self.shared.key_behind_fence(*subject) {
                Ok(PersonKey { key, .. }) => fingerprint_of(&key),
                Err(VaultError::Erased(_) | VaultError::NoKey(_)) => [0; 16],
                Err(error) => return Err(error),
            };
            fences.push(Fence { subject: *subject, position, event, fingerprint });
        }
        let mut known = self.shared.fences.write().unwrap_or_else(PoisonError::into_inner);
        known.add(self.shared.disk.as_ref(), &fences)
    }

    /// The key of a subject that may have a fence already: for the erasure itself, as long as the
    /// key is not destroyed.
    ///
    /// # Errors
    /// [`VaultError::Erased`] once it is.
    pub(crate) fn key_behind_fence(&self, subject: SubjectId) -> Result<PersonKey, VaultError> {
        self.shared.key_behind_fence(subject)
    }

    /// Destroys every key of subjects; done when this returns, for good. It blocks.
    ///
    /// # Errors
    /// When the disk fails; done again, or at the next opening, it is ended.
    pub(crate) fn destroy(&self, subjects: &[SubjectId]) -> Result<(), VaultError> {
        loop {
            let (answer, wait) = sync_channel(1);
            match self.ask(Job::Destroy { subjects: subjects.to_vec(), answer }) {
                Ok(()) => return wait.recv().unwrap_or(Err(VaultError::ReadOnly)),
                // The fence stands: what follows it is not given up because many ask for keys.
                Err(VaultError::Busy) => std::thread::sleep(BUSY_WAIT),
                Err(error) => return Err(error),
            }
        }
    }

    /// Says that nothing is left to be done of erasures.
    ///
    /// # Errors
    /// When the disk fails.
    pub(crate) fn finish(
        &self,
        done: &[Finished],
        witnesses: &[Witness],
    ) -> Result<(), VaultError> {
        let mut fences = self.shared.fences.write().unwrap_or_else(PoisonError::into_inner);
        fences.finish(self.shared.disk.as_ref(), done, witnesses)
    }
}
