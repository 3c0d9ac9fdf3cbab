//! What a log signed, known before the log is opened and judged before anything of it is written.

use super::apart::{Apart, Found};
use super::{NotaryError, Options, name};
use crate::journal::embedded::Begins;
use seal::{Checkpoint, Hash, VerifierKey};

/// What is in the folder apart, and whose log the data say to be.
pub(crate) struct Begun {
    /// `None` when nothing was signed.
    found: Option<Found>,
    keys: Vec<VerifierKey>,
    options: Options,
}

/// The same, judged, and nobody else's as long as this is held.
pub(crate) struct Locked {
    pub(super) apart: Apart,
    pub(super) found: Option<Found>,
    pub(super) keys: Vec<VerifierKey>,
}

impl Begun {
    /// Reads the folder apart, which may not be there; nothing is made.
    pub(crate) fn read(options: &Options) -> Result<Self, NotaryError> {
        Ok(Self {
            found: Apart::peek(options)?,
            keys: name::read(&options.name)?,
            options: options.clone(),
        })
    }

    /// The newest tree that was signed: its size and its root.
    pub(crate) fn known(&self) -> Option<(u64, Hash)> {
        let checkpoint = self.found.as_ref().map(|found| &found.newest.checkpoint)?;
        Some((checkpoint.size, checkpoint.root))
    }

    /// The newest checkpoint, when the log's own key signed it.
    pub(super) fn newest_of_its_log(self) -> Result<Option<Checkpoint>, NotaryError> {
        let found = self.found.as_ref().map(|found| found.key.public());
        if let (Some(found), Some(log)) = (found, self.keys.last())
            && found != log
        {
            return Err(self.other(found, log));
        }
        Ok(self.found.map(|found| found.newest.checkpoint))
    }

    fn other(&self, found: &VerifierKey, log: &VerifierKey) -> NotaryError {
        let (found, log) = (found.to_string(), log.to_string());
        NotaryError::OtherLog { folder: self.options.apart.clone(), found, log }
    }

    /// Whether a log may be written on.
    pub(crate) fn judge(&self, log: &Begins) -> Result<(), NotaryError> {
        let (folder, found) = (self.options.apart.clone(), log.events);
        let named = self.keys.last();
        let Some(Found { key, newest, .. }) = &self.found else {
            let is_new = found == 0 && named.is_none();
            return if is_new || self.options.new_key {
                Ok(())
            } else {
                let log = named.map_or_else(|| "-".to_owned(), ToString::to_string);
                Err(NotaryError::Unsigned { folder, events: found, log })
            };
        };
        match named.filter(|named| *named != key.public()) {
            // Killed between a new key and its name in the data, or asked to take this one.
            Some(_) if self.options.new_key => {}
            Some(named) => return Err(self.other(key.public(), named)),
            None => {}
        }
        let signed = newest.checkpoint.size;
        match (found < signed, log.torn) {
            (true, true) => Err(NotaryError::Torn { signed, found }),
            (true, false) => Err(NotaryError::Shorter { signed, found }),
            (false, _) if !log.known => Err(NotaryError::Differs { size: signed }),
            (false, _) if self.options.new_key && named == Some(key.public()) => {
                Err(NotaryError::Needless { folder })
            }
            (false, _) => Ok(()),
        }
    }

    /// Takes the folder apart, or makes it, when a log was judged by what is in it.
    pub(crate) fn lock(self) -> Result<Locked, NotaryError> {
        let (apart, found) = Apart::open(&self.options)?;
        let text = |found: &Option<Found>| found.as_ref().map(|found| found.newest.text.clone());
        if text(&found) == text(&self.found) {
            Ok(Locked { apart, found, keys: self.keys })
        } else {
            Err(NotaryError::Replaced(self.options.apart.join("checkpoint")))
        }
    }
}
