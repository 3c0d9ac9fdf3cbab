//! A key store that was read and is not in use yet.
//!
//! A torn or damaged entry may be a key that was never used, or one on which
//! years of a person's data depend. The file cannot tell; the log can: it names
//! the subject of every sealed section. So the store is read first, the log is
//! compared with it, and only then is anything cut or used.

use super::crypto::Key;
use super::file::{KeyFile, MASTER, SUBJECTS, master};
use super::scan::{Extent, scan};
use super::{Directory, KeyProvider, Shared, Vault, VaultError};
use crate::random::Random;
use domain::ids::SubjectId;
use std::collections::HashMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

/// The key store of a folder as it was found. It shows nothing of the keys.
pub struct Unsettled {
    folder: PathBuf,
    kek: Key,
    master: Key,
    random: Arc<dyn Random>,
    extent: Extent,
    directory: Directory,
}

impl fmt::Debug for Unsettled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unsettled").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl Unsettled {
    pub(super) fn read(
        folder: &Path,
        provider: &dyn KeyProvider,
        random: Arc<dyn Random>,
    ) -> Result<Self, VaultError> {
        fs_err::create_dir_all(folder)?;
        let mut directory = Directory::default();
        let subjects = folder.join(SUBJECTS);
        let extent = scan(&subjects, &mut |slot, entry| directory.note(entry, slot))?;
        let has_master = folder.join(MASTER).try_exists()?;
        if !has_master && extent.holds_something() {
            return Err(VaultError::Damaged(
                "keys/master is missing beside keys/subjects: put the backup of keys/ back",
            ));
        }
        let kek = match provider.key()? {
            Some(kek) => kek.0,
            None if has_master => return Err(VaultError::NoKek),
            None => provider.make(random.as_ref())?.0,
        };
        let master = master(folder, &kek, random.as_ref())?;
        Ok(Self { folder: folder.to_owned(), kek, master, random, extent, directory })
    }

    /// Whether nobody has an entry, nor had one that is damaged now.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.extent.holds_something()
    }

    /// Whether the store has a key of a subject, or knows that the person was
    /// erased: data of the subject is not lost.
    #[must_use]
    pub fn accounts_for(&self, subject: SubjectId) -> bool {
        !matches!(self.directory.slot(subject), Err(VaultError::NoKey(_)))
    }

    /// Puts the store to use. `lost` is how many persons have data in the log
    /// that the store does not [account for](Self::accounts_for): when there is
    /// one, nothing is changed. Else what is no whole entry was needed by no
    /// record, and is put aside.
    ///
    /// # Errors
    /// [`VaultError::Lost`], or when the file system fails.
    pub fn settle(self, lost: usize) -> Result<Vault, VaultError> {
        if lost > 0 {
            return Err(VaultError::Lost { persons: lost, damaged: self.extent.damaged() });
        }
        let file = KeyFile::settle(&self.folder, &self.extent)?;
        let shared = Shared { file, kek: self.kek, directory: RwLock::new(self.directory) };
        Vault::start(shared, &self.master, self.random)
    }
}

/// What can be said of a key store without any key.
#[derive(Debug, Default)]
pub(crate) struct Survey {
    /// Who has an entry; whether the person was erased.
    subjects: HashMap<SubjectId, bool>,
    /// Places that hold what is neither an entry nor zeros.
    pub(crate) damaged: usize,
}

impl Survey {
    /// Whether a subject has an entry.
    pub(crate) fn accounts_for(&self, subject: SubjectId) -> bool {
        self.subjects.contains_key(&subject)
    }

    /// How many persons have a key, and how many were erased.
    pub(crate) fn persons(&self) -> (usize, usize) {
        let erased = self.subjects.values().filter(|erased| **erased).count();
        (self.subjects.len() - erased, erased)
    }
}

/// Looks at the key store of a folder and changes nothing.
pub(crate) fn survey(folder: &Path) -> Result<Survey, VaultError> {
    let mut subjects = HashMap::new();
    let extent = scan(&folder.join(SUBJECTS), &mut |_, entry| {
        *subjects.entry(entry.subject).or_default() |= entry.is_erased();
    })?;
    Ok(Survey { subjects, damaged: extent.damaged() })
}
