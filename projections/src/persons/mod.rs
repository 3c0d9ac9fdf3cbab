//! Which enrolments are one person, at any past position of the log.
//!
//! A fold of what dossiers state of their learner (blind keys, never names)
//! and of what people decided (links and partings), under a versioned rule.
//!
//! | file | holds |
//! |---|---|
//! | `log.rs` | the file: one record a statement or decision, in position order |
//! | `state.rs` | the records in memory, found by stream and by key |
//! | `matching.rs` | rule M2: from statements and decisions to persons |
//!
//! The file only grows, and holds nothing that depends on how the log was cut
//! into batches: a rebuild gives the same bytes. In memory a dossier takes about
//! 100 bytes, whatever its history.

mod log;
mod matching;
mod state;

pub use matching::MATCHING_RULE;

use crate::files::KeyMap;
use crate::headcount::{PersonGroup, PersonGroups};
use crate::histories::standing;
use crate::source::{EventSource, PersonKeys, Recorded, SourceError};
use domain::event::Event;
use domain::ids::{Category, Position, StreamKey};
use domain::persons::PersonLinkEvent;
use log::{Entry, Log, tag_of};
use state::State;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock};

/// Why the view of persons did not take a batch.
#[derive(Debug, thiserror::Error)]
pub enum PersonsError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file of the view cannot be written.
    #[error("the view of persons: {0}")]
    Io(#[from] std::io::Error),
}

/// The view of persons.
#[derive(Debug)]
pub struct Persons {
    state: RwLock<State>,
    log: Mutex<Log>,
}

impl Persons {
    /// Opens the view in a folder; a missing, damaged or older one starts empty.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(folder: &Path) -> std::io::Result<Self> {
        let mut state = State::default();
        let log = Log::open(folder, |entry| state.add(entry))?;
        if log.position() == Position(0) {
            // Damage may come after entries that were whole.
            state = State::default();
        }
        Ok(Self { state: RwLock::new(state), log: Mutex::new(log) })
    }

    /// The last position folded.
    #[must_use]
    pub fn position(&self) -> Position {
        self.log().position()
    }

    /// Forgets everything, to be folded anew.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn clear(&self) -> std::io::Result<()> {
        let mut log = self.log();
        *self.state.write().unwrap_or_else(PoisonError::into_inner) = State::default();
        log.clear()
    }

    /// Writes a batch that follows [`Self::position`] down, and folds it.
    ///
    /// # Errors
    /// When a stream cannot be read, or the files cannot be written; then nothing of the
    /// batch is folded, and it may be given again.
    pub fn apply(&self, batch: &[Recorded], source: &dyn EventSource) -> Result<(), PersonsError> {
        let Some(last) = batch.last() else { return Ok(()) };
        let added = self.news(batch, source)?;
        // Held until memory has what the file has: who sees the position finds its persons.
        let mut log = self.log();
        log.append(&added, last.position)?;
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        added.into_iter().for_each(|entry| state.add(entry));
        Ok(())
    }

    /// What a batch adds to what is known.
    fn news(
        &self,
        batch: &[Recorded],
        source: &dyn EventSource,
    ) -> Result<Vec<Entry>, SourceError> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let mut stated = KeyMap::default();
        let mut added = Vec::new();
        for event in batch {
            let Some(entry) = entry_of(event, source)? else { continue };
            if let Entry::Stated { stream, keys, .. } = entry {
                let before = stated.insert(stream, keys).unwrap_or_else(|| state.stated(stream));
                if before == keys {
                    continue;
                }
            }
            added.push(entry);
        }
        Ok(added)
    }

    /// The enrolments of the person of an enrolment, itself included, sorted.
    #[must_use]
    pub fn group(&self, stream: StreamKey, at: Position) -> Vec<StreamKey> {
        self.state.read().unwrap_or_else(PoisonError::into_inner).group(stream, at)
    }

    /// The enrolments of the persons of those enrolments that are not alone,
    /// each group sorted.
    #[must_use]
    pub fn groups(
        &self,
        streams: impl Iterator<Item = StreamKey>,
        at: Position,
    ) -> BTreeMap<StreamKey, Vec<StreamKey>> {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        let shared = streams.filter(|stream| state.may_have_company(*stream));
        let groups = shared.map(|stream| (stream, state.group(stream, at)));
        groups.filter(|(_, group)| group.len() > 1).collect()
    }

    /// Whether the enrolment shares a key or a decision with another one; when
    /// not, it is a person of its own at every position. Fast.
    #[must_use]
    pub fn may_have_company(&self, stream: StreamKey) -> bool {
        self.state.read().unwrap_or_else(PoisonError::into_inner).may_have_company(stream)
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PersonGroups for Persons {
    fn position(&self) -> Position {
        self.position()
    }

    fn group_of(&self, stream: StreamKey, up_to: Position) -> Result<PersonGroup, SourceError> {
        Ok(self.state.read().unwrap_or_else(PoisonError::into_inner).history(stream, up_to))
    }
}

/// What an event adds to the view, if anything.
fn entry_of(event: &Recorded, source: &dyn EventSource) -> Result<Option<Entry>, SourceError> {
    let (position, tag) = (event.position, tag_of(&event.source));
    Ok(match &event.event {
        Event::Enrolment(said) if said.corrects.is_some() => {
            let stream = source.read_stream(event.stream, position)?;
            let keys = standing_keys(&stream);
            Some(Entry::Stated { position, stream: event.stream.key, source: tag, keys })
        }
        Event::Enrolment(_) => {
            let stream = event.stream.key;
            event.keys.map(|keys| Entry::Stated { position, stream, source: tag, keys })
        }
        Event::PersonLink(
            PersonLinkEvent::PersonsLinked { pair, .. }
            | PersonLinkEvent::PersonsUnlinked { pair, .. },
        ) => {
            let linked =
                matches!(event.event, Event::PersonLink(PersonLinkEvent::PersonsLinked { .. }));
            Some(Entry::Decided { position, pair: *pair, linked })
        }
        Event::Run(_) | Event::ReferenceSetLoaded(_) => None,
    })
}

/// What the standing events of a stream state of the learner.
fn standing_keys(stream: &[Recorded]) -> PersonKeys {
    debug_assert!(stream.iter().all(|e| e.stream.category == Category::Enrolment));
    standing(stream)
        .into_iter()
        .filter_map(|rank| stream.get(rank)?.keys)
        .next_back()
        .unwrap_or_default()
}
