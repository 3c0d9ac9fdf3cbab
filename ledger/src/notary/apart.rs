//! The folder apart: the key that signs, the newest checkpoint, and a lock.

use super::{NotaryError, Signed};
use crate::disk::{Disk, SystemDisk};
use crate::random::Random;
use crate::vault::kek::write_whole;
use seal::{Checkpoint, Kind, SignerKey, hex};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What a new log is called, before a random part.
const NAME: &str = "registre";

/// A key before the first checkpoint that it signed is durable.
const NEW_KEY: &str = "key-new";

/// The folder apart, open.
#[derive(Debug)]
pub(super) struct Apart {
    folder: PathBuf,
    /// Two servers on two copies of one log must not sign two histories; `None` for who only reads.
    lock: Option<File>,
}

impl Apart {
    /// Opens the folder, or makes it; gives what is in it, nothing when the log never signed.
    pub(super) fn open(folder: &Path) -> Result<(Self, Option<(SignerKey, Signed)>), NotaryError> {
        let failed = |error| failed(folder, error);
        crate::store::make(folder).map_err(failed)?;
        let path = folder.join("LOCK");
        let lock = File::options().create(true).truncate(false).write(true).open(path);
        let lock = lock.map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(NotaryError::Locked(folder.to_owned())),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let apart = Self { folder: folder.to_owned(), lock: Some(lock) };
        let begun = apart.begun()?;
        Ok((apart, begun))
    }

    /// What is in the folder, without a lock: each file is replaced whole.
    pub(super) fn peek(folder: &Path) -> Result<Option<(SignerKey, Signed)>, NotaryError> {
        Self { folder: folder.to_owned(), lock: None }.begun()
    }

    fn begun(&self) -> Result<Option<(SignerKey, Signed)>, NotaryError> {
        let newest = self.read("checkpoint")?;
        let mut key = self.read("key")?.map(Zeroizing::new);
        if newest.is_some() && key.is_none() {
            key = self.read(NEW_KEY)?.map(Zeroizing::new);
            if key.is_some() && self.lock.is_some() {
                self.name_new_key()?;
            }
        }
        let missing = |missing, beside| {
            let (missing, beside) = (self.folder.join(missing), self.folder.join(beside));
            NotaryError::Missing { missing, beside }
        };
        match (key, newest) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(missing("checkpoint", "key")),
            (None, Some(_)) => Err(missing("key", "checkpoint")),
            (Some(key), Some(newest)) => {
                let path = self.folder.join("key");
                let key = key.trim_end().parse();
                let key: SignerKey = key.map_err(|error| NotaryError::Key { path, error })?;
                let path = self.folder.join("checkpoint");
                let (checkpoint, _) = Checkpoint::open(newest.as_bytes(), key.public())
                    .map_err(|error| NotaryError::Checkpoint { path, error })?;
                Ok(Some((key, Signed { checkpoint, text: newest.into() })))
            }
        }
    }

    /// A new key under a new name.
    pub(super) fn new_key(random: &dyn Random) -> io::Result<SignerKey> {
        let (mut seed, mut name) = (Zeroizing::new([0; 32]), [0; 8]);
        random.fill(seed.as_mut_slice())?;
        random.fill(&mut name)?;
        SignerKey::new(&format!("{NAME}/{}", hex(&name)), Kind::Ed25519, &seed)
            .map_err(io::Error::other)
    }

    /// Writes the key and the first checkpoint, so that a crash leaves neither under its name, or what
    /// the next opening makes both of.
    pub(super) fn begin(&mut self, key: &SignerKey, checkpoint: &str) -> Result<(), NotaryError> {
        let secret = Zeroizing::new(format!("{}\n", key.to_secret().as_str()));
        let written = write_whole(&SystemDisk, &self.folder.join(NEW_KEY), secret.as_bytes());
        written.map_err(|error| self.failed(error))?;
        self.write(checkpoint)?;
        self.name_new_key()
    }

    fn name_new_key(&self) -> Result<(), NotaryError> {
        let named = fs_err::rename(self.folder.join(NEW_KEY), self.folder.join("key"));
        let named = named.and_then(|()| SystemDisk.sync_folder(&self.folder));
        named.map_err(|error| self.failed(error))
    }

    /// Puts a newer checkpoint in the place of the newest, which must be there as it was.
    pub(super) fn replace(&mut self, known: &str, newer: &str) -> Result<(), NotaryError> {
        let path = self.folder.join("checkpoint");
        // So also after a failure of which nobody knows how much was done: what is there says.
        if self.read("checkpoint")?.as_deref() == Some(known) {
            self.write(newer)
        } else {
            Err(NotaryError::Replaced(path))
        }
    }

    fn write(&self, checkpoint: &str) -> Result<(), NotaryError> {
        let path = self.folder.join("checkpoint");
        write_whole(&SystemDisk, &path, checkpoint.as_bytes()).map_err(|error| self.failed(error))
    }

    fn read(&self, name: &str) -> Result<Option<String>, NotaryError> {
        match fs_err::read_to_string(self.folder.join(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    pub(super) fn failed(&self, error: io::Error) -> NotaryError {
        failed(&self.folder, error)
    }
}

fn failed(folder: &Path, error: io::Error) -> NotaryError {
    NotaryError::Io { path: folder.to_owned(), source: Arc::new(error) }
}
