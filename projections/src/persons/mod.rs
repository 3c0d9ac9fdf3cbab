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
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        *state = State::default();
        self.log().clear()
    }

    /// Folds a batch that follows [`Self::position`], and writes it down.
    ///
    /// # Errors
    /// When a stream cannot be read, or the files cannot be written.
    pub fn apply(&self, batch: &[Recorded], source: &dyn EventSource) -> Result<(), SourceError> {
        let Some(last) = batch.last() else { return Ok(()) };
        let mut added = Vec::new();
        for event in batch {
            let Some(entry) = entry_of(event, source)? else { continue };
            let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
            if state.is_new(&entry) {
                added.push(entry);
                state.add(entry);
            }
        }
        self.log()
            .append(&added, last.position)
            .map_err(|error| SourceError::Read(format!("the view of persons: {error}")))
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
