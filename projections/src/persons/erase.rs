//! Learners erased: what their dossiers stated gives way to what stands for it.
//!
//! The source gives no pseudonym of a learner who was erased, only what tells which statements
//! were equal ([`crate::source::PersonKeys`]). Their records are written anew from it, and the
//! tables with them: the same files as a rebuild makes.

use super::log::Entry;
use super::state::State;
use super::{INDEX, Persons, PersonsError, entries_of, remove};
use crate::files::KeyMap;
use crate::source::{EventSource, PersonKeys, Recorded};
use domain::erasure::ErasureEvent;
use domain::event::Event;
use domain::ids::{Category, StreamId, StreamKey};
use std::collections::BTreeSet;
use std::sync::PoisonError;

/// What a dossier stated, as the view notes it, in the order of the log.
type Stated = Vec<Entry>;

/// The dossiers whose learners a batch says to be erased.
pub(super) fn erased_by(batch: &[Recorded]) -> BTreeSet<StreamKey> {
    let enrolments = batch.iter().filter_map(|recorded| match &recorded.event {
        Event::Erasure(ErasureEvent::Erased { enrolments, .. }) => Some(enrolments),
        _ => None,
    });
    enrolments.flatten().copied().collect()
}

impl Persons {
    /// Writes anew what dossiers stated, where the source says something else of it now.
    pub(super) fn restate(
        &self,
        dossiers: &BTreeSet<StreamKey>,
        source: &dyn EventSource,
    ) -> Result<(), PersonsError> {
        let mut changed: KeyMap<StreamKey, Stated> = KeyMap::default();
        for stream in dossiers {
            let now = self.stated_now(*stream, source)?;
            let mut known = self.state().entries_of(*stream)?;
            known.retain(|entry| !matches!(entry, Entry::Decided { .. }));
            if known != now {
                changed.insert(*stream, now);
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut log = self.log();
        state.is_whole()?;
        state.end();
        let index = self.folder.join(INDEX);
        remove(&index)?;
        log.rewrite(&|entry| match entry {
            Entry::Stated { position, stream, .. } => match changed.get(&stream) {
                None => Some(entry),
                Some(now) => now.iter().copied().find(
                    |new| matches!(new, Entry::Stated { position: at, .. } if *at == position),
                ),
            },
            Entry::Reached { stream, .. } => {
                let stays = changed.get(&stream).is_none_or(|now| now.contains(&entry));
                stays.then_some(entry)
            }
            Entry::Decided { .. } => Some(entry),
        })?;
        *state = State::open(&index, &log, self.in_memory)?;
        Ok(())
    }

    /// What the events of a dossier that are folded state, as a rebuild would note it.
    fn stated_now(
        &self,
        stream: StreamKey,
        source: &dyn EventSource,
    ) -> Result<Stated, PersonsError> {
        let id = StreamId { category: Category::Enrolment, key: stream };
        let (mut stated, mut before) = (Stated::new(), PersonKeys::default());
        let mut reached = BTreeSet::new();
        for event in source.read_stream(id, self.position())? {
            for entry in entries_of(&event, source)? {
                let is_news = match entry {
                    Entry::Stated { keys, .. } => std::mem::replace(&mut before, keys) != keys,
                    Entry::Reached { email, .. } => reached.insert(email),
                    Entry::Decided { .. } => false,
                };
                stated.extend(is_news.then_some(entry));
            }
        }
        Ok(stated)
    }
}
