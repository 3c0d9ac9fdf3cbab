//! The dossiers of somebody who is searched by what only they state.
//!
//! Tables lead to the records of a key; whether the dossier still says so is read from its
//! stream: what was corrected away or retracted, and who was erased, is not found.

use super::log::Entry;
use super::{Persons, PersonsError};
use crate::files::KeySet;
use crate::histories::standing;
use crate::source::{EventSource, Recorded};
use domain::ids::{Category, Position, StreamId, StreamKey};
use std::collections::BTreeSet;

/// Dossiers whose streams are read for one search at most: a value that more have stated is no person's.
const MOST_READ: usize = 1_000;

/// The keyed pseudonym of what somebody is searched by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SearchKey {
    /// Of a verified INE.
    Ine([u8; 16]),
    /// Of names and a birth date.
    Names([u8; 16]),
    /// Of an e-mail address.
    Email([u8; 16]),
}

impl SearchKey {
    /// Whether a record of the view has it.
    fn is_in(self, entry: &Entry) -> Option<StreamKey> {
        let (stream, has) = match (entry, self) {
            (Entry::Stated { stream, keys, .. }, Self::Ine(key)) => (stream, keys.ine == Some(key)),
            (Entry::Stated { stream, keys, .. }, Self::Names(key)) => {
                (stream, keys.names_and_birth == Some(key))
            }
            (Entry::Reached { stream, email, .. }, Self::Email(key)) => (stream, *email == key),
            _ => return None,
        };
        has.then_some(*stream)
    }

    /// Whether an event states it.
    fn is_stated_by(self, event: &Recorded) -> bool {
        match self {
            Self::Ine(key) => event.keys.is_some_and(|keys| keys.ine == Some(key)),
            Self::Names(key) => event.keys.is_some_and(|keys| keys.names_and_birth == Some(key)),
            Self::Email(key) => event.email == Some(key),
        }
    }
}

/// What a search found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundDossiers {
    /// The dossiers, ascending.
    pub enrolments: Vec<StreamKey>,
    /// Whether there are, or may be, others: these are those that the ledger heard of first.
    pub more: bool,
}

impl Persons {
    /// The dossiers that state a value at a position, or stated it before and did not correct it;
    /// `most` of them.
    ///
    /// # Errors
    /// When the view or a stream cannot be read.
    pub fn find(
        &self,
        by: SearchKey,
        at: Position,
        most: usize,
        source: &dyn EventSource,
    ) -> Result<FoundDossiers, PersonsError> {
        let (bearing, mut more) = self.bearing(by, MOST_READ)?;
        let mut found = BTreeSet::new();
        for stream in bearing {
            if !states(by, stream, at, source)? {
                continue;
            }
            if found.len() == most {
                more = true;
                break;
            }
            found.insert(stream);
        }
        Ok(FoundDossiers { enrolments: found.into_iter().collect(), more })
    }

    /// The first dossiers that ever stated a value, in the order in which they did, and whether there
    /// are others.
    pub(super) fn bearing(
        &self,
        by: SearchKey,
        most: usize,
    ) -> Result<(Vec<StreamKey>, bool), PersonsError> {
        let state = self.state();
        let (mut bearing, mut known) = (Vec::new(), KeySet::default());
        for number in state.searched(by)? {
            let Some(stream) = by.is_in(&state.entry(number)?) else { continue };
            if !known.insert(stream) {
                continue;
            }
            if bearing.len() == most {
                return Ok((bearing, true));
            }
            bearing.push(stream);
        }
        Ok((bearing, false))
    }
}

/// Whether an event of a dossier that stands at a position states a value.
fn states(
    by: SearchKey,
    stream: StreamKey,
    at: Position,
    source: &dyn EventSource,
) -> Result<bool, PersonsError> {
    let stream = StreamId { category: Category::Enrolment, key: stream };
    let events = source.read_stream(stream, at)?;
    let stand = standing(&events);
    Ok(stand.into_iter().filter_map(|rank| events.get(rank)).any(|event| by.is_stated_by(event)))
}
