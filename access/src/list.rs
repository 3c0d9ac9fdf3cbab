//! The keys or the grants of a data folder: a list in a small file of `access/`, which the command
//! line changes, whole, while the server reads it.

use crate::file;
use domain::ids::Instant;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A list, as a file: one field, named as the file is.
#[derive(Debug, Clone)]
pub(crate) struct List<T> {
    folder: PathBuf,
    name: &'static str,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> List<T> {
    /// That of a data folder.
    pub(crate) fn of(data: &Path, name: &'static str) -> Self {
        Self { folder: data.join("access"), name, of: PhantomData }
    }

    /// The folder of the file, and of what is beside it.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The file.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.join(self.name)
    }

    /// What is in a file; nothing before it is first written.
    ///
    /// # Errors
    /// When it cannot be read, or has another field.
    pub(crate) fn read(path: &Path) -> io::Result<Vec<T>> {
        let mut fields: BTreeMap<String, Vec<T>> = file::read(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let list = fields.remove(&*name).unwrap_or_default();
        match fields.into_keys().next() {
            Some(other) => {
                Err(io::Error::other(format!("{} has a field {other:?}", path.display())))
            }
            None => Ok(list),
        }
    }

    /// Changes what is in the file; who changes it at the same time waits. Nothing is written when the
    /// change is refused.
    ///
    /// # Errors
    /// When the file cannot be read or written, and those of the change.
    pub(crate) fn change<R, E: From<io::Error>>(
        &self,
        change: impl FnOnce(&mut Vec<T>) -> Result<R, E>,
    ) -> Result<R, E> {
        let _turn = file::turn(&self.folder)?;
        let mut list = Self::read(&self.path())?;
        let done = change(&mut list)?;
        file::write(&self.path(), &BTreeMap::from([(self.name, list)]))?;
        Ok(done)
    }
}

/// Whether what expires and may be revoked holds at an instant.
pub(crate) fn is_alive(expires_at: Instant, revoked_at: Option<Instant>, now: Instant) -> bool {
    revoked_at.is_none() && now < expires_at
}

/// So many days later.
pub(crate) fn in_days(now: Instant, days: u32) -> Instant {
    Instant(now.0.saturating_add(i64::from(days).saturating_mul(DAY)))
}
