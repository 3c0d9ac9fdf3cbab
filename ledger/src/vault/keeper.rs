//! The thread that makes keys: what waits while a sync runs shares the next.

use super::crypto::{KEY, Key, NONCE};
use super::destroy::{Place, destroy, entry_of_unknown};
use super::entry::{Entry, kek_id};
use super::file::Unwritten;
use super::roster::{Tail, end_large_part};
use super::{Label, PersonKey, Shared, VaultError, Wanted};
use crate::limits::VAULT_BATCH_MAX;
use crate::random::Random;
use domain::ids::SubjectId;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::mpsc::SyncSender;
use tables::Indexing;
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

type Answer = Result<Vec<PersonKey>, VaultError>;

/// A request that needs keys, or has some destroyed.
pub(super) enum Job {
    Make { wanted: Vec<Wanted>, answer: oneshot::Sender<Answer> },
    Destroy { subjects: Vec<SubjectId>, answer: SyncSender<Result<(), VaultError>> },
}

/// A request that waits for keys.
struct Waiting {
    wanted: Vec<Wanted>,
    answer: oneshot::Sender<Answer>,
}

pub(super) struct Keeper {
    shared: Arc<Shared>,
    indexing: Indexing<Tail>,
    random: Arc<dyn Random>,
    kek_id: [u8; 2],
    /// Set for good when it is not known what the disk has.
    read_only: bool,
}

/// Keys of one batch, not yet durable.
#[derive(Default)]
struct Batch {
    entries: Vec<Entry>,
    labels: HashMap<(u8, Label), PersonKey>,
}

impl Keeper {
    pub(super) fn new(
        shared: Arc<Shared>,
        indexing: Indexing<Tail>,
        random: Arc<dyn Random>,
    ) -> Self {
        let kek_id = kek_id(&shared.kek);
        Self { shared, indexing, random, kek_id, read_only: false }
    }

    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let (mut next, mut waiting, mut keys) = (Some(first), Vec::new(), 0);
            while let Some(Job::Make { wanted, answer }) = next {
                keys += wanted.len();
                waiting.push(Waiting { wanted, answer });
                next = if keys < VAULT_BATCH_MAX { jobs.try_recv().ok() } else { None };
            }
            self.serve(waiting);
            // No key is made meanwhile, be it another name of one that is to go.
            if let Some(Job::Destroy { subjects, answer }) = next {
                let _ = answer.send(self.destroy(&subjects));
            }
        }
    }

    /// Destroys all keys of subjects. Of one without an entry one is added that says erased.
    fn destroy(&mut self, subjects: &[SubjectId]) -> Result<(), VaultError> {
        let Shared { keys, disk, roster, file, .. } = self.shared.as_ref();
        let unknown = destroy(Place { keys, disk: disk.as_ref() }, (roster, file), subjects)?;
        if unknown.is_empty() {
            return Ok(());
        }
        if self.read_only {
            return Err(VaultError::ReadOnly);
        }
        let entries: Vec<Entry> = unknown.into_iter().map(entry_of_unknown).collect();
        self.publish(&entries)
    }

    fn serve(&mut self, waiting: Vec<Waiting>) {
        let mut batch = Batch::default();
        let mut answers = Vec::with_capacity(waiting.len());
        for job in waiting {
            let keys = if self.read_only {
                Err(VaultError::ReadOnly)
            } else {
                job.wanted.iter().map(|wanted| self.key(&mut batch, wanted)).collect()
            };
            answers.push((job.answer, keys));
        }
        if !batch.entries.is_empty()
            && let Err(error) = self.publish(&batch.entries)
        {
            for (_, keys) in answers.iter_mut().filter(|(_, keys)| keys.is_ok()) {
                *keys = Err(error.clone());
            }
        }
        for (answer, keys) in answers {
            let _ = answer.send(keys);
        }
    }

    fn key(&self, batch: &mut Batch, wanted: &Wanted) -> Result<PersonKey, VaultError> {
        let name = (wanted.role as u8, wanted.label);
        if let Some(known) = self.shared.find(name.0, name.1)? {
            return Ok(known);
        }
        if let Some(new) = batch.labels.get(&name) {
            return Ok(new.clone());
        }
        let mut nonce = [0; NONCE];
        let person = match wanted.subject {
            Some(subject) => {
                let known = self.shared.key(subject)?;
                self.random.fill(&mut nonce)?;
                known
            }
            None => {
                let (mut subject, mut key) = ([0; 16], Zeroizing::new([0; KEY]));
                self.random.fill_each(&mut [&mut subject, key.as_mut_slice(), &mut nonce])?;
                PersonKey { subject: SubjectId(subject), key: Key::new(*key) }
            }
        };
        let PersonKey { subject, key } = &person;
        let kek = (&self.shared.kek, self.kek_id);
        batch.entries.push(Entry::wrap(kek, *subject, name.0, name.1, key, &nonce)?);
        batch.labels.insert(name, person.clone());
        Ok(person)
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
