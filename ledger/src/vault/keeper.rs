//! The thread that makes keys: what waits while a sync runs shares the next.

use super::crypto::{KEY, Key};
use super::entry::Entry;
use super::file::Unwritten;
use super::roster::{Tail, end_large_part};
use super::{Label, Shared, VaultError, Wanted};
use crate::index::Indexing;
use crate::limits::VAULT_BATCH_MAX;
use crate::random::Random;
use domain::ids::SubjectId;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

type Answer = Result<Vec<SubjectId>, VaultError>;

/// A request that needs keys.
pub(super) struct Job {
    pub(super) wanted: Vec<Wanted>,
    pub(super) answer: oneshot::Sender<Answer>,
}

pub(super) struct Keeper {
    shared: Arc<Shared>,
    indexing: Indexing<Tail>,
    random: Arc<dyn Random>,
    /// Set for good when it is not known what the disk has.
    read_only: bool,
}

/// Keys of one batch, not yet durable.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    labels: HashMap<(u8, Label), SubjectId>,
}

impl Keeper {
    pub(super) fn new(
        shared: Arc<Shared>,
        indexing: Indexing<Tail>,
        random: Arc<dyn Random>,
    ) -> Self {
        Self { shared, indexing, random, read_only: false }
    }

    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut waiting = vec![first];
            let mut keys = 0;
            while keys < VAULT_BATCH_MAX {
                let Ok(job) = jobs.try_recv() else { break };
                keys += job.wanted.len();
                waiting.push(job);
            }
            self.serve(waiting);
        }
    }

    fn serve(&mut self, waiting: Vec<Job>) {
        let mut batch = Batch::default();
        let mut answers = Vec::with_capacity(waiting.len());
        for job in waiting {
            let subjects = if self.read_only {
                Err(VaultError::ReadOnly)
            } else {
                job.wanted.iter().map(|wanted| self.subject(&mut batch, wanted)).collect()
            };
            answers.push((job.answer, subjects));
        }
        if !batch.entries.is_empty()
            && let Err(error) = self.publish(&batch.entries)
        {
            for (_, subjects) in answers.iter_mut().filter(|(_, subjects)| subjects.is_ok()) {
                *subjects = Err(error.clone());
            }
        }
        for (answer, subjects) in answers {
            let _ = answer.send(subjects);
        }
    }

    fn subject(&self, batch: &mut Batch, wanted: &Wanted) -> Result<SubjectId, VaultError> {
        let name = (wanted.role as u8, wanted.label);
        let known = self.shared.find(name.0, name.1)?;
        if let Some(subject) = known.or_else(|| batch.labels.get(&name).copied()) {
            return Ok(subject);
        }
        let (subject, key) = match wanted.subject {
            Some(subject) => (subject, self.shared.key(subject)?),
            None => (SubjectId(self.random()?), Key::new(self.random::<KEY>()?)),
        };
        let (role, label) = name;
        let random = self.random.as_ref();
        batch.entries.push(Entry::wrap(&self.shared.kek, subject, role, label, &key, random)?);
        batch.labels.insert(name, subject);
        Ok(subject)
    }

    fn random<const N: usize>(&self) -> Result<[u8; N], VaultError> {
        let mut bytes = [0; N];
        self.random.fill(&mut bytes)?;
        Ok(bytes)
    }

    /// Durable first, visible after.
    fn publish(&mut self, entries: &[Entry]) -> Result<(), VaultError> {
        let first = match self.shared.file.append(entries) {
            Ok(first) => first,
            Err(Unwritten::Full(error)) => {
                tracing::error!(%error, "no room for new keys");
                return Err(VaultError::NoSpace);
            }
            Err(Unwritten::Unsure(error)) => {
                self.read_only = true;
                tracing::error!(%error, "the key store failed; no new key until a restart");
                return Err(error.into());
            }
        };
        let mut layers = self.shared.roster.write();
        for (slot, entry) in (first..).zip(entries) {
            layers.live.note(entry, slot);
        }
        drop(layers);
        if let Some(full) = end_large_part(&self.shared.roster, self.shared.in_memory) {
            self.indexing.add(full);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
