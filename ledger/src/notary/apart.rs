//! The folder apart: the key that signs, the newest checkpoint, and a lock.

use super::cosigned::Kept;
use super::{NotaryError, Options, Signed};
use crate::disk::Disk;
use crate::random::Random;
use crate::vault::kek::write_whole;
use seal::{CheckpointError, Kind, SignerKey, VerifierKey, hex};
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

/// What a new log is called, before a random part.
const NAME: &str = "registre";

/// A key before the first checkpoint that it signed is durable.
const NEW_KEY: &str = "key-new";

/// The file of the newest checkpoint.
const CHECKPOINT: &str = "checkpoint";

/// The file of the one that most witnesses signed.
const COSIGNED: &str = "cosigned";

/// What is in the folder of a log that signs.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) key: SignerKey,
    /// The newest that it signed.
    pub(super) newest: Signed,
    pub(super) kept: Kept,
}

/// The folder apart, open.
#[derive(Debug)]
pub(super) struct Apart {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    /// Whose signatures beside the log's are read.
    witnesses: Vec<VerifierKey>,
    /// The newest checkpoint as it was read or written last.
    written: Option<String>,
    /// One whose writing failed: nobody knows whether it is there.
    doubtful: Option<String>,
    /// Two servers on two copies of one log must not sign two histories; `None` for who only reads.
    lock: Option<File>,
}

impl Apart {
    /// Opens the folder, or makes it; gives what is in it, nothing when the log never signed. Of signatures beside the
    /// log's, those of who is asked to sign are read.
    pub(super) fn open(options: &Options) -> Result<(Self, Option<Found>), NotaryError> {
        let folder = options.apart.as_path();
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
        let mut apart = Self { lock: Some(lock), ..Self::unlocked(options) };
        let begun = apart.begun()?;
        Ok((apart, begun))
    }

    /// What is in the folder, without a lock: each file is replaced whole.
    pub(super) fn peek(options: &Options) -> Result<Option<Found>, NotaryError> {
        Self::unlocked(options).begun()
    }

    fn unlocked(options: &Options) -> Self {
        let (folder, disk) = (options.apart.clone(), Arc::clone(&options.disk));
        let witnesses = options.witnesses.iter().map(|witness| witness.key().clone()).collect();
        Self { folder, disk, witnesses, written: None, doubtful: None, lock: None }
    }

    fn begun(&mut self) -> Result<Option<Found>, NotaryError> {
        let newest = self.read(CHECKPOINT)?;
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
            (Some(_), None) => Err(missing(CHECKPOINT, "key")),
            (None, Some(_)) => Err(missing("key", CHECKPOINT)),
            (Some(key), Some(newest)) => {
                let path = self.folder.join("key");
                let key = key.trim_end().parse();
                let key: SignerKey = key.map_err(|error| NotaryError::Key { path, error })?;
                let path = self.folder.join(CHECKPOINT);
                let read = self.signed(CHECKPOINT, &newest, &key);
                self.written = Some(newest);
                let mut newest = read.map_err(|error| NotaryError::Checkpoint { path, error })?;
                let mut kept = Kept::new(newest.clone());
                if let Some(cosigned) = self.cosigned(&key)? {
                    // An older one that was put back is told by the other.
                    let as_new = (newest.checkpoint.size, newest.cosigned.len());
                    if (cosigned.checkpoint.size, cosigned.cosigned.len()) > as_new {
                        newest = cosigned.clone();
                    }
                    kept.add(cosigned);
                }
                Ok(Some(Found { key, newest, kept }))
            }
        }
    }

    fn signed(&self, name: &str, text: &str, key: &SignerKey) -> Result<Signed, CheckpointError> {
        let (signed, left_out) = Signed::read(text, key.public(), &self.witnesses)?;
        // Once: an opening reads it twice.
        if left_out > 0 && self.lock.is_some() {
            let path = self.folder.join(name);
            tracing::warn!(
                path = %path.display(),
                lines = left_out,
                "signatures that are wrong, or of nobody who is named with --witness, are left out"
            );
        }
        Ok(signed)
    }

    /// The checkpoint that most witnesses signed. Without it they are asked again.
    fn cosigned(&self, key: &SignerKey) -> Result<Option<Signed>, NotaryError> {
        let Some(text) = self.read(COSIGNED)? else { return Ok(None) };
        let read = self.signed(COSIGNED, &text, key);
        if let Err(error) = &read {
            let path = self.folder.join(COSIGNED);
            tracing::warn!(path = %path.display(), %error, "it is left out: witnesses are asked again");
        }
        Ok(read.ok())
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
        self.write_file(NEW_KEY, &secret)?;
        self.write(checkpoint)?;
        self.name_new_key()
    }

    fn name_new_key(&self) -> Result<(), NotaryError> {
        let named = self.disk.rename(&self.folder.join(NEW_KEY), &self.folder.join("key"));
        let named = named.and_then(|()| self.disk.sync_folder(&self.folder));
        named.map_err(|error| self.failed(error))
    }

    /// Puts a newer checkpoint in the place of the newest, which must be there as it was.
    pub(super) fn replace(&mut self, newer: &str) -> Result<(), NotaryError> {
        let there = self.read(CHECKPOINT)?;
        if there == self.written || there.is_some() && there == self.doubtful {
            self.write(newer)
        } else {
            Err(NotaryError::Replaced(self.folder.join(CHECKPOINT)))
        }
    }

    fn write(&mut self, checkpoint: &str) -> Result<(), NotaryError> {
        self.doubtful = Some(checkpoint.to_owned());
        self.write_file(CHECKPOINT, checkpoint)?;
        self.written = self.doubtful.take();
        Ok(())
    }

    /// Puts a checkpoint in the place of the one that most witnesses signed.
    pub(super) fn write_cosigned(&mut self, checkpoint: &str) -> Result<(), NotaryError> {
        self.write_file(COSIGNED, checkpoint)
    }

    fn write_file(&self, name: &str, text: &str) -> Result<(), NotaryError> {
        let path = self.folder.join(name);
        write_whole(self.disk.as_ref(), &path, text.as_bytes()).map_err(|error| self.failed(error))
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
