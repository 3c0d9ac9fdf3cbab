//! Learners erased: what their dossiers stated gives way to what stands for it.
//!
//! The source gives no pseudonym of a learner who was erased, only what tells which statements
//! were equal ([`crate::source::PersonKeys`]). Their records are written anew from it, and the
//! tables with them: the same files as a rebuild makes.

use super::log::Entry;
use super::state::State;
use super::{INDEX, Persons, PersonsError, entry_of, remove};
use crate::files::KeyMap;
use crate::source::{EventSource, PersonKeys, Recorded};
use domain::erasure::ErasureEvent;
use domain::event::Event;
use domain::ids::{Category, Position, StreamId, StreamKey};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;

/// What a dossier stated, by the position of the event.
type Stated = BTreeMap<Position, PersonKeys>;

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
            let known = self.state().entries_of(*stream)?;
            let stated = |entry: &Entry| match entry {
                Entry::Stated { position, keys, .. } => Some((*position, *keys)),
                Entry::Decided { .. } => None,
            };
            if !known.iter().filter_map(stated).eq(now.iter().map(|(at, keys)| (*at, *keys))) {
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
            Entry::Stated { position, stream, source, .. } => match changed.get(&stream) {
                None => Some(entry),
                Some(now) => {
                    let keys = now.get(&position).copied();
                    keys.map(|keys| Entry::Stated { position, stream, source, keys })
                }
            },
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
        for event in source.read_stream(id, self.position())? {
            if let Some(Entry::Stated { position, keys, .. }) = entry_of(&event, source)?
                && keys != before
            {
                stated.insert(position, keys);
                before = keys;
            }
        }
        Ok(stated)
    }
}
