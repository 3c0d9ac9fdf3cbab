//! The registries of the sources that push: folded when one is asked for,
//! followed while it is in memory, and forgotten when others need the room.
//!
//! No start folds the whole log, and memory does not grow with the country: the
//! ledger finds the events of one source.

use super::port::{Book, Fresh};
use super::registry::Registry;
use super::repeats::{Repeat, Repeats};
use crate::errors::Failure;
use domain::ids::Source;
use domain::runs::RunDeclaration;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Events folded between two releases of a registry.
const FOLD_EVENTS: usize = 1_024;

/// The registry of one source, shared, and the rows that it knows from the night before.
#[derive(Debug)]
pub(super) struct Shared {
    registry: RwLock<Registry>,
    repeats: Mutex<Repeats>,
}

impl Shared {
    fn new(source: Source) -> Self {
        Self { registry: RwLock::new(Registry::new(source)), repeats: Mutex::default() }
    }

    /// Whether rows of this run may say the same as the night before: some night left its rows,
    /// and no full run newer than this one counts, nor is held or was rejected. What newer
    /// partial runs say is asked row by row.
    pub(super) fn may_repeat(&self, run: &RunDeclaration) -> bool {
        let registry = self.read();
        registry.newest_full().is_none_or(|full| full <= run.extracted_at)
            && registry.disbelieved(run.extracted_at).is_empty()
            && !self.repeats().is_empty()
    }

    /// The rows that say the same as before; not across a wait.
    pub(super) fn repeats(&self) -> MutexGuard<'_, Repeats> {
        self.repeats.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To read; not across a wait.
    pub(super) fn read(&self) -> RwLockReadGuard<'_, Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To change.
    pub(super) fn write(&self) -> RwLockWriteGuard<'_, Registry> {
        self.registry.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Folds what the log has of the source beyond what was folded.
    fn catch_up(&self, book: &impl Book, source: &Source, mut fresh: Fresh) -> Result<(), Failure> {
        loop {
            let mut registry = self.write();
            let events = book.read_source(source, registry.position(), FOLD_EVENTS, &mut fresh)?;
            events.iter().for_each(|event| registry.apply(event));
            // A page may be short before the end, when its events are large.
            if events.is_empty() {
                let holds = |row: &Repeat| registry.is_at(row.stream, row.unchanged.version);
                self.repeats().make_room(registry.len(), holds);
                return Ok(());
            }
        }
    }
}

/// Registries in memory.
#[derive(Debug)]
pub(super) struct Registries(Mutex<Kept>);

#[derive(Debug)]
struct Kept {
    /// Dossiers of all of them, at most.
    room: usize,
    /// With the time of its last use.
    registries: HashMap<Source, (Arc<Shared>, u64)>,
    uses: u64,
}

impl Registries {
    /// Keeps registries of so many dossiers in all.
    pub(super) fn with_room(dossiers: usize) -> Self {
        Self(Mutex::new(Kept { room: dossiers, registries: HashMap::new(), uses: 0 }))
    }

    /// The registry of a source, up to the head of the log. It reads files, but
    /// for what is fresh.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(super) fn of(
        &self,
        book: &impl Book,
        source: &Source,
        fresh: Fresh,
    ) -> Result<Arc<Shared>, Failure> {
        let registry = self.kept().registry(source);
        registry.catch_up(book, source, fresh)?;
        self.kept().make_room(source);
        Ok(registry)
    }

    /// Forgets the rows of the nights before, of every source.
    pub(super) fn forget_repeats(&self) {
        for (shared, _) in self.kept().registries.values() {
            *shared.repeats() = Repeats::default();
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn registry(&mut self, source: &Source) -> Arc<Shared> {
        self.uses += 1;
        let new = || (Arc::new(Shared::new(source.clone())), 0);
        let kept = self.registries.entry(source.clone()).or_insert_with(new);
        kept.1 = self.uses;
        Arc::clone(&kept.0)
    }

    /// Forgets those that were not used for longest. One that somebody holds
    /// stays with its holder, and is folded anew by the next.
    fn make_room(&mut self, asked: &Source) {
        // A lock that a push holds is not waited for: its size is read next time.
        let size =
            |shared: &Shared| shared.registry.try_read().map_or(0, |registry| registry.len() + 1);
        let mut dossiers: usize = self.registries.values().map(|(kept, _)| size(kept)).sum();
        while dossiers > self.room {
            let others = self.registries.iter().filter(|(source, _)| *source != asked);
            let oldest =
                others.min_by_key(|(_, (_, used))| *used).map(|(source, _)| source.clone());
            let Some((forgotten, _)) = oldest.and_then(|oldest| self.registries.remove(&oldest))
            else {
                return;
            };
            dossiers = dossiers.saturating_sub(size(&forgotten).max(1));
        }
    }
}
