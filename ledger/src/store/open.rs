//! Opening a data folder.

use super::Ledger;
use super::cache::Caches;
use super::directory::{Directory, Known};
use super::enrolments::EnrolmentStore;
use super::loaded::Contracts;
use super::lost::Lost;
use crate::disk::{Disk, SystemDisk};
use crate::erasure::{Engine, Tombstones, replay};
use crate::error::LedgerError;
use crate::journal::embedded::{self, EmbeddedJournal};
use crate::journal::{Journal, OpenError};
use crate::limits::{INDEXED_IN_MEMORY_DEFAULT, SEGMENT_BYTES_DEFAULT};
use crate::notary::{self, Begun, Notary};
use crate::quarantine::Quarantine;
use crate::random::{Random, SystemRandom};
use crate::time::{Clock, SystemClock};
use crate::tree::stored_edge;
use crate::vault::{KeyProvider, Vault, kek, rekey};
use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::watch;

/// Locks among which first declarations are spread.
const STRIPES: usize = 256;

/// How a ledger is opened.
#[derive(Clone)]
pub struct Options {
    /// The clock of `recorded_at`.
    pub clock: Arc<dyn Clock>,
    /// Keys, nonces and subject ids.
    pub random: Arc<dyn Random>,
    /// Bytes of a new segment file of the journal.
    pub segment_bytes: u64,
    /// Positions whose lookup keys, and entries of the key store whose places, are in memory
    /// before a table is made of them.
    pub indexed_in_memory: u32,
    /// Where the log is, fences are written and keys destroyed.
    pub disk: Arc<dyn Disk>,
    /// Where the key-encryption key comes from; `None` is the credential of the process, else a
    /// file in `keys/`.
    pub key_provider: Option<Arc<dyn KeyProvider + Send + Sync>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            segment_bytes: SEGMENT_BYTES_DEFAULT,
            indexed_in_memory: INDEXED_IN_MEMORY_DEFAULT,
            disk: Arc::new(SystemDisk),
            key_provider: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("segment_bytes", &self.segment_bytes)
            .finish_non_exhaustive()
    }
}

/// Takes the lock of a data folder; it is released when the file is dropped or
/// the process ends, however it ends.
pub(crate) fn lock(folder: &Path) -> Result<File, OpenError> {
    make(folder)?;
    let path = folder.join("LOCK");
    let file = File::options().create(true).truncate(false).write(true).open(&path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::Locked(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Makes a folder and those above it, each name durable.
pub(crate) fn make(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
        make(above)?;
    }
    match fs_err::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    sync_name(folder)
}

/// Makes the name of a folder durable.
fn sync_name(folder: &Path) -> io::Result<()> {
    // By its own way up: a relative path may not name its parent.
    match SystemDisk.sync_folder(&folder.join("..")) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            tracing::warn!(folder = %folder.display(), "its parent may not be read, nor synced");
            Ok(())
        }
        synced => synced,
    }
}

/// Whether a log was begun. The key store is made before the first segment, so
/// neither is ever found without the other but by a loss.
fn has_segments(log: &Path) -> Result<bool, LedgerError> {
    Ok(log.try_exists()? && !embedded::segment_files(log)?.is_empty())
}

impl Ledger {
    /// Opens the ledger of a folder, or makes one, and what signs for its log. The log is compared with what it
    /// signed before anything is written: nothing is cut, ended or purged of another log. It reads and writes
    /// files; call it off the event loop.
    ///
    /// # Errors
    /// As for [`Ledger::open`]; [`LedgerError::Notary`] when the log is not the one that was signed.
    pub fn open_sealed(
        folder: &Path,
        options: &Options,
        seal: &notary::Options,
    ) -> Result<(Self, Arc<Notary>), LedgerError> {
        let lock = lock(folder)?;
        let begun = Begun::read(seal)?;
        let log = folder.join("log");
        let files = if log.try_exists()? { embedded::segment_files(&log)? } else { Vec::new() };
        let edge = stored_edge(seal.disk.as_ref(), &seal.tree);
        begun.judge(&embedded::begins_with(&files, begun.known(), &edge)?)?;
        let begun = begun.lock()?;
        let ledger = Self::open_locked(folder, options, lock)?;
        let notary = Notary::begin(Arc::clone(ledger.journal()), seal, begun)?;
        let notary = Arc::clone(ledger.store.notary.get_or_init(|| Arc::new(notary)));
        Ok((ledger, notary))
    }

    /// Opens the ledger of a folder, or makes one, that nobody signs for. It reads and writes files;
    /// call it off the event loop.
    ///
    /// # Errors
    /// When another process has the folder, a file is damaged, the
    /// key-encryption key is another one, one of `log/` and `keys/` is gone, or
    /// the log holds data of a person whose key is not there.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, LedgerError> {
        Self::open_locked(folder, options, lock(folder)?)
    }

    fn open_locked(folder: &Path, options: &Options, lock: File) -> Result<Self, LedgerError> {
        let (log, keys) = (folder.join("log"), folder.join("keys"));
        let begun = has_segments(&log)?;
        if begun && !keys.join("master").try_exists()? {
            return Err(LedgerError::Invalid(
                "keys/master is missing beside a log: put the backup of keys/ back; with new \
                 names every dossier would be written again",
            ));
        }
        let own;
        let provider: &dyn KeyProvider = match &options.key_provider {
            Some(provider) => provider.as_ref(),
            None => {
                own = kek::provider(&keys)?;
                own.as_ref()
            }
        };
        let random = Arc::clone(&options.random);
        rekey::end_at_open(&keys, provider, random.as_ref())?;
        let keys = Vault::read(
            &keys,
            provider,
            (random, Arc::clone(&options.disk)),
            options.indexed_in_memory,
        )?;
        if !begun && !keys.is_empty() {
            return Err(LedgerError::Invalid(
                "log/ has no segment beside keys that were used: put the backup of log/ back",
            ));
        }
        let journal = EmbeddedJournal::open(
            &log,
            &embedded::Options {
                segment_bytes: options.segment_bytes,
                disk: Arc::clone(&options.disk),
                ..embedded::Options::new(Arc::clone(&options.clock), Arc::clone(&options.random))
            },
        )?;
        let journal: Arc<dyn Journal> = Arc::new(journal);
        let known = Known::open(&folder.join("log/lookups"), journal.as_ref(), &keys)?;
        let since = known.position();
        let lost = Lost::of_log(journal.as_ref(), since, &|subject| keys.accounts_for(subject))?;
        let vault = Arc::new(keys.settle(lost.persons())?);
        let directory =
            Directory::open(known, journal.as_ref(), &vault, options.indexed_in_memory)?;
        let quarantine = Quarantine::open(
            &folder.join("quarantine"),
            Arc::clone(&vault),
            Arc::clone(&options.random),
        )?;
        let (disk, register) = (Arc::clone(&options.disk), directory.erased()?);
        replay(journal.as_ref(), &vault, &quarantine, disk.as_ref(), &register)?;
        let (caches, gate) = (Arc::new(Caches::new()), Arc::default());
        let quarantine = Arc::new(quarantine);
        let erasures = Engine {
            journal: Arc::clone(&journal),
            vault: Arc::clone(&vault),
            quarantine: Arc::clone(&quarantine),
            caches: Arc::clone(&caches),
            disk,
            gate: Arc::clone(&gate),
            shown: watch::Sender::new(None),
            turn: Arc::default(),
        };
        let contracts = Contracts {
            journal: Arc::clone(&journal),
            vault: Arc::clone(&vault),
            caches: Arc::clone(&caches),
        };
        let store = EnrolmentStore::new(journal, vault, directory, (caches, gate));
        quarantine.purge(options.clock.now())?;
        quarantine.read_today(options.clock.now())?;
        // `log/` and `keys/` are as durable as what is in them, and so is the folder; each time,
        // since the process before may have ended just after making them.
        SystemDisk.sync_folder(folder)?;
        sync_name(folder)?;
        Ok(Self {
            store,
            contracts,
            clock: Arc::clone(&options.clock),
            quarantine,
            erasures,
            tombstones: Tombstones::default(),
            first_declarations: (0..STRIPES).map(|_| Arc::default()).collect(),
            _lock: lock,
        })
    }
}
