//! Sets in a folder, each under its hash, and which one is in force when.

use super::parse::ReferenceError;
use super::set::{ReferenceHash, ReferenceSet};
use crate::source::Recorded;
use domain::event::Event;
use domain::ids::Position;
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a set could not be kept or found again.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The folder cannot be read or written.
    #[error("the reference folder: {0}")]
    Io(#[from] std::io::Error),
    /// The file is no reference set.
    #[error(transparent)]
    Set(#[from] ReferenceError),
    /// The file's content is not what its name says.
    #[error("references/{0}.json has another content than its name says: restore it from a copy")]
    Changed(ReferenceHash),
}

/// The folder that holds every set ever loaded, as `<hash>.json`.
#[derive(Debug, Clone)]
pub struct ReferenceLibrary {
    folder: PathBuf,
}

impl ReferenceLibrary {
    /// A library in that folder, which is made at the first [`Self::store`].
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    fn path(&self, hash: ReferenceHash) -> PathBuf {
        self.folder.join(format!("{hash}.json"))
    }

    /// Keeps a set, durably, before the event that names it is written.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn store(&self, set: &ReferenceSet) -> Result<ReferenceHash, LibraryError> {
        let hash = set.hash()?;
        fs::create_dir_all(&self.folder)?;
        let temporary = self.folder.join(format!("{hash}.tmp"));
        let mut file = fs::File::create(&temporary)?;
        file.write_all(&set.canonical_bytes()?)?;
        file.sync_all()?;
        fs::rename(&temporary, self.path(hash))?;
        fs::File::open(&self.folder)?.sync_all()?;
        Ok(hash)
    }

    /// A set by its hash; `None` names the built-in one, as does its own hash.
    ///
    /// # Errors
    /// When the file is missing, unreadable, or not what its name says.
    pub fn load(&self, hash: Option<ReferenceHash>) -> Result<ReferenceSet, LibraryError> {
        let built_in = ReferenceSet::built_in()?;
        let Some(hash) = hash else { return Ok(built_in) };
        if built_in.hash()? == hash {
            return Ok(built_in);
        }
        let set = ReferenceSet::parse(&fs::read(self.path(hash))?)?;
        if set.hash()? == hash { Ok(set) } else { Err(LibraryError::Changed(hash)) }
    }
}

/// Which set is in force at which position: a fold of `ReferenceSetLoaded`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce(Vec<(Position, ReferenceHash)>);

impl InForce {
    /// Folds one event; others than `ReferenceSetLoaded` change nothing.
    pub fn fold(&mut self, recorded: &Recorded) {
        if let Event::ReferenceSetLoaded(loaded) = &recorded.event {
            self.0.push((recorded.position, ReferenceHash(loaded.hash)));
        }
    }

    /// The set in force at a position included; `None` is the built-in one.
    #[must_use]
    pub fn at(&self, position: Position) -> Option<ReferenceHash> {
        let begun = self.0.partition_point(|(from, _)| *from <= position);
        begun.checked_sub(1).and_then(|last| self.0.get(last)).map(|(_, hash)| *hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_set_comes_back_and_a_changed_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let library = ReferenceLibrary::new(&folder.path().join("references"));
        let mut set = ReferenceSet::built_in().unwrap();
        assert_eq!(library.load(None).unwrap(), set);
        set.name = "another".to_owned();
        let hash = library.store(&set).unwrap();
        assert_eq!(library.load(Some(hash)).unwrap(), set);
        set.name = "changed".to_owned();
        fs::write(library.path(hash), set.canonical_bytes().unwrap()).unwrap();
        assert!(matches!(library.load(Some(hash)), Err(LibraryError::Changed(_))));
    }
}
