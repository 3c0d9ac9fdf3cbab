//! Which enrolments are one person, at any past position of the log.
//!
//! A fold of what dossiers state of their learner (blind keys, never names or addresses)
//! and of what people decided (links and partings), under a versioned rule.
//!
//! | file | holds |
//! |---|---|
//! | `log.rs` | the file: one record a statement or decision, in position order |
//! | `tail.rs` | the newest records, in memory, and what each is found by |
//! | `state.rs` | all records, found by stream and by key |
//! | `groups.rs` | who is around a dossier, and one person with it, when |
//! | `found.rs` | the dossiers of somebody who is searched by INE, names or e-mail |
//! | `erase.rs` | what dossiers of learners who were erased stated gives way |
//! | `matching.rs` | rule M2: from statements and decisions to persons |
//!
//! The file only grows but when a learner is erased, and holds nothing that depends on how the log was cut
//! into batches: a rebuild gives the same bytes. Memory has the newest records, and
//! of the others what leads to the pages of `index/` ([`tables`]), about 6 bytes a
//! record; opening reads the newest. Tables go with the file, or are made again from it.

mod erase;
mod found;
mod groups;
mod log;
mod matching;
#[cfg(test)]
mod oracle;
mod state;
mod tail;

pub use found::{FoundDossiers, SearchKey};
pub use matching::MATCHING_RULE;

use crate::files::{KeyMap, KeySet};
use crate::headcount::{PersonGroup, PersonGroups};
use crate::histories::standing;
use crate::source::{EventSource, PersonKeys, Recorded, SourceError};
use domain::event::Event;
use domain::ids::{Category, Position, StreamKey};
use domain::persons::PersonLinkEvent;
use fs_err as fs;
use log::{Entry, Log, tag_of};
use state::State;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

/// Records after which a table is made: what an opening reads.
const IN_MEMORY: u32 = 16_384;

/// The folder of the tables, in that of the view.
const INDEX: &str = "index";

/// Why the view of persons did not take a batch, or gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum PersonsError {
    /// The ledger cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file of the view cannot be read or written.
    #[error("the view of persons: {0}")]
    Io(#[from] std::io::Error),
    /// A table of the view cannot be read.
    #[error("the view of persons: {0}: restart the server, which makes a damaged one again")]
    Index(#[from] tables::IndexError),
    /// A record is not what was written.
    #[error("record {0} of the view of persons is damaged: restart the server, which rebuilds it")]
    Damaged(u32),
    /// Files were removed and could not be made anew.
    #[error("the view of persons was not cleared: restart the server, which rebuilds it")]
    HalfCleared,
}

impl From<PersonsError> for SourceError {
    fn from(error: PersonsError) -> Self {
        match error {
            PersonsError::Source(error) => error,
            error => Self::Persons(error.to_string()),
        }
    }
}

/// The view of persons.
#[derive(Debug)]
pub struct Persons {
    folder: PathBuf,
    in_memory: u32,
    state: RwLock<State>,
    log: Mutex<Log>,
}

impl Persons {
    /// Opens the view in a folder; a missing, damaged or older one starts empty.
    ///
    /// # Errors
    /// When the folder cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, PersonsError> {
        Self::open_with(folder, IN_MEMORY)
    }

    /// Opens it; a table is made after each `in_memory` records or some more.
    fn open_with(folder: &Path, in_memory: u32) -> Result<Self, PersonsError> {
        let index = folder.join(INDEX);
        let mut log = Log::open(folder)?;
        let mut opened = State::open(&index, &log, in_memory);
        if let Err(error @ PersonsError::Index(_)) = &opened {
            tracing::warn!(%error, "the tables of the view of persons are made again");
            remove(&index)?;
            opened = State::open(&index, &log, in_memory);
        }
        if let Err(error @ PersonsError::Damaged(_)) = &opened {
            tracing::warn!(%error, "the view of persons is rebuilt");
            remove(&index)?;
            log.clear()?;
            opened = State::open(&index, &log, in_memory);
        }
        let (state, log) = (RwLock::new(opened?), Mutex::new(log));
        Ok(Self { folder: folder.to_owned(), in_memory, state, log })
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
    pub fn clear(&self) -> Result<(), PersonsError> {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        let mut log = self.log();
        state.end();
        let index = self.folder.join(INDEX);
        remove(&index)?;
        log.clear()?;
        *state = State::open(&index, &log, self.in_memory)?;
        Ok(())
    }

    /// Writes a batch that follows [`Self::position`] down, and folds it.
    ///
    /// # Errors
    /// When a stream or the view cannot be read, or the files cannot be written; then nothing
    /// of the batch is folded, and it may be given again.
    pub fn apply(&self, batch: &[Recorded], source: &dyn EventSource) -> Result<(), PersonsError> {
        let Some(last) = batch.last() else { return Ok(()) };
        // First: once the position is past an erasure, nobody looks back.
        let erased = erase::erased_by(batch);
        if !erased.is_empty() {
            self.restate(&erased, source)?;
        }
        let added = self.news(batch, source)?;
        self.add(&added, last.position)
    }

    fn add(&self, added: &[Entry], position: Position) -> Result<(), PersonsError> {
        let state = self.state();
        let draft = state.draft(added)?;
        // Held until memory has what the file has: who sees the position finds its persons.
        let mut log = self.log();
        state.is_whole()?;
        log.append(added, position, state.ends_part(&draft))?;
        state.is_whole()?;
        let full = state.add(draft);
        // Whoever asks for the position does not wait for tables.
        drop(log);
        state.index(full);
        Ok(())
    }

    /// What a batch adds to what is known.
    fn news(
        &self,
        batch: &[Recorded],
        source: &dyn EventSource,
    ) -> Result<Vec<Entry>, PersonsError> {
        let state = self.state();
        let (mut stated, mut reached) = (KeyMap::default(), KeySet::default());
        let mut added = Vec::new();
        for event in batch {
            for entry in entries_of(event, source)? {
                let is_news = match entry {
                    Entry::Stated { stream, keys, .. } => {
                        let before = match stated.insert(stream, keys) {
                            Some(before) => before,
                            None => state.stated(stream)?,
                        };
                        before != keys
                    }
                    Entry::Reached { stream, email, .. } => {
                        reached.insert((stream.0, email)) && !state.reached(stream, email)?
                    }
                    Entry::Decided { .. } => true,
                };
                added.extend(is_news.then_some(entry));
            }
        }
        Ok(added)
    }

    /// The enrolments of the person of an enrolment, itself included, sorted.
    ///
    /// # Errors
    /// When the view cannot be read.
    pub fn group(&self, stream: StreamKey, at: Position) -> Result<Vec<StreamKey>, PersonsError> {
        groups::group(&self.state(), stream, at)
    }

    /// The enrolments of the persons of those enrolments that are not alone,
    /// each group sorted.
    ///
    /// # Errors
    /// As for [`Self::group`].
    pub fn groups(
        &self,
        streams: impl Iterator<Item = StreamKey>,
        at: Position,
    ) -> Result<BTreeMap<StreamKey, Vec<StreamKey>>, PersonsError> {
        let state = self.state();
        let mut found = BTreeMap::new();
        for stream in streams {
            let group = groups::group(&state, stream, at)?;
            if group.len() > 1 {
                found.insert(stream, group);
            }
        }
        Ok(found)
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
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
        Ok(groups::history(&self.state(), stream, up_to)?)
    }
}

/// Removes a folder and all in it; no error when there is none.
fn remove(folder: &Path) -> std::io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What an event says that the view may not know.
fn entries_of(
    event: &Recorded,
    source: &dyn EventSource,
) -> Result<impl Iterator<Item = Entry> + use<>, SourceError> {
    let (position, stream) = (event.position, event.stream.key);
    let reached = match &event.event {
        Event::Enrolment(_) => event.email,
        _ => None,
    };
    let reached = reached.map(|email| Entry::Reached { position, stream, email });
    Ok(entry_of(event, source)?.into_iter().chain(reached))
}

/// What an event says of who the learner is.
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
        Event::Contract(..) | Event::Run(_) | Event::ReferenceSetLoaded(_) | Event::Erasure(_) => {
            None
        }
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
