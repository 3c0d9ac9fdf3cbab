//! The vault: the keys of persons, apart from the log.
//!
//! One random key for each natural person in one role, wrapped by the
//! key-encryption key, durable before its first use. Destroying a person's key
//! erases the person; no proof of the log breaks.
//!
//! | module | holds |
//! |---|---|
//! | `crypto` | keys that show nothing and wipe themselves; XChaCha20-Poly1305; HMAC |
//! | [`kek`] | where the key-encryption key comes from |
//! | `entry` | one wrapped key, byte by byte |
//! | `scan` | the file of wrapped keys, read and judged |
//! | [`unsettled`] | a store that was read, until the log has been compared with it |
//! | `file` | the append-only file of wrapped keys, in use |
//! | `erase` | what an erasure does to the vault, step by step |
//! | `fences` | who was erased, and of which key |
//! | `destroy` | keys destroyed in place |
//! | `roster` | where each person's entry is |
//! | [`rekey`] | the key-encryption key replaced by another |
//! | `keeper` | the thread that adds keys, one sync for all that wait |
//! | [`names`] | keyed names of streams, events, contracts; person keys |
//! | `fold` | how names are compared |

mod crypto;
mod destroy;
mod entry;
mod erase;
mod fences;
mod file;
mod fold;
mod keeper;
pub mod kek;
pub mod names;
pub mod rekey;
mod roster;
mod scan;
pub mod unsettled;

pub use kek::{CredentialKek, FileKek, Kek, KeyProvider};
pub use names::{Names, PersonKeys, PersonPart};
pub use unsettled::Unsettled;

pub(crate) use crypto::{Key, NONCE, TAG, open, seal};
pub(crate) use fences::{FENCES, Fence, Fences, Finished};
pub(crate) use fold::name as folded;
pub(crate) use unsettled::{Survey, survey, try_kek};

use crate::disk::Disk;
use crate::limits::QUEUE_REQUESTS_MAX;
use crate::random::Random;
use crypto::KEY;
use domain::ids::SubjectId;
use file::KeyFile;
use keeper::{Job, Keeper};
use roster::{Roster, Tail};
use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::thread::JoinHandle;
use tables::Indexing;
use tokio::sync::{mpsc, oneshot};
use zeroize::Zeroizing;

/// In which role a person appears. One person in two roles has two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Role {
    /// The apprentice or trainee.
    Learner = 1,
    /// The legal representatives of a learner, together.
    Guardians = 2,
    /// The disability referent of a CFA.
    Referent = 3,
    /// An employer, who may be a sole trader.
    Employer = 4,
    /// A maître d'apprentissage.
    Master = 5,
    /// Who signs for a training centre.
    Cfa = 6,
}

/// A keyed pseudonym of what names a person, under which the same person is
/// found again; made by [`Names`].
pub type Label = [u8; 16];

/// A person whose key is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// In which role.
    pub role: Role,
    /// Under which label.
    pub label: Label,
    /// The subject that the label must lead to, when it is known already: the label becomes
    /// another name of the same key. A label that is taken keeps its subject.
    pub subject: Option<SubjectId>,
}

/// A person's key, unwrapped for as long as one request needs it.
#[derive(Clone)]
pub(crate) struct PersonKey {
    pub(crate) subject: SubjectId,
    key: Key,
}

impl PersonKey {
    /// As [`Vault::seal`], with a nonce of [`Vault::nonces`], each of which is used once.
    pub(crate) fn seal(
        &self,
        nonce: &[u8; NONCE],
        aad: &[u8],
        clear: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        seal(&self.key, nonce, aad, clear)
    }

    /// Opens what [`Vault::seal`] made under this key.
    ///
    /// # Errors
    /// [`VaultError::Unsealed`] when the bytes or their place are not those that were sealed.
    pub(crate) fn open(&self, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        open(&self.key, aad, sealed)
    }
}

/// Why the vault cannot give or use a key.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VaultError {
    /// The file system failed.
    #[error("the key store failed: {0}")]
    Io(#[source] Arc<io::Error>),
    /// A file of the key store is damaged, or the key-encryption key is another one.
    #[error("{0}")]
    Damaged(&'static str),
    /// The key-encryption key is gone, and what it wraps is there.
    #[error(
        "the key-encryption key is missing beside keys/master: put it back (keys/kek, unless \
         another provider keeps it); a new one would open nothing"
    )]
    NoKek,
    /// The key-encryption key is a credential, which nobody here may write.
    #[error(
        "the key-encryption key is a read-only credential, and this key store needs a first one: \
         put 32 random bytes into the credential registre-kek"
    )]
    ReadOnlyKek,
    /// Two key-encryption keys are needed until the rotation is over.
    #[error(
        "the key-encryption key was being replaced when the process ended: run registre rekey \
         again, with the same new key"
    )]
    Rekeying,
    /// An entry of a later version.
    #[error("an entry of keys/subjects has state {0}, which this version does not know: upgrade")]
    UnknownState(u8),
    /// The log holds data of persons whose keys are not there.
    #[error(
        "keys/subjects lacks the keys of {persons} persons whose data the log holds ({damaged} \
         damaged places in the file): put the backup of keys/ back; nothing was changed"
    )]
    Lost {
        /// Persons without a key.
        persons: usize,
        /// Places of the file that hold what is no entry.
        damaged: usize,
    },
    /// Ciphertext that its key does not open: it was changed or moved.
    #[error("a sealed section does not open under its key")]
    Unsealed,
    /// Content to seal that no cipher takes.
    #[error("a section cannot be sealed")]
    Unsealable,
    /// The person was erased: nothing is recorded of them any more, and what was is hidden.
    #[error("subject {0} was erased")]
    Erased(SubjectId),
    /// The subject never had a key. No ledger opens so: it is no erasure.
    #[error("subject {0} has no key")]
    NoKey(SubjectId),
    /// Too many requests wait for new keys: try again.
    #[error("too many requests wait for new keys; try again")]
    Busy,
    /// The disk is full: no key is made until there is room, then the next request makes it.
    #[error("the disk of the key store is full")]
    NoSpace,
    /// A write failed before: no key is made until a restart.
    #[error("the key store is read-only since a write failed; restart the server")]
    ReadOnly,
}

impl From<io::Error> for VaultError {
    fn from(error: io::Error) -> Self {
        Self::Io(Arc::new(error))
    }
}

/// What callers and the keeper share.
struct Shared {
    keys: PathBuf,
    disk: Arc<dyn Disk>,
    file: KeyFile,
    kek: Key,
    roster: Arc<Roster>,
    /// Slots after which a table is made.
    in_memory: u32,
    fences: RwLock<Fences>,
    /// Who is being erased and has no fence yet: read, and not written any more.
    closing: RwLock<HashSet<SubjectId>>,
}

/// The keys of one ledger. It shows nothing of them.
pub struct Vault {
    shared: Arc<Shared>,
    names: Names,
    random: Arc<dyn Random>,
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    keeper: Option<JoinHandle<()>>,
    quarantine: Key,
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// Reads the key store of a folder, or begins one. What a crash left in it
    /// is not touched before [`Unsettled::settle`]. Where entries are is in memory
    /// for `in_memory` slots or some more, then in a table. On `disk` fences are written and
    /// keys destroyed. The caller holds the
    /// lock of the data folder.
    ///
    /// # Errors
    /// When a file is damaged, or the key-encryption key does not open the store.
    pub fn read(
        folder: &Path,
        provider: &dyn KeyProvider,
        (random, disk): (Arc<dyn Random>, Arc<dyn Disk>),
        in_memory: u32,
    ) -> Result<Unsettled, VaultError> {
        Unsettled::read(folder, provider, (random, disk), in_memory)
    }

    fn start(
        shared: Shared,
        indexing: Indexing<Tail>,
        master: &Key,
        random: Arc<dyn Random>,
    ) -> Result<Self, VaultError> {
        let shared = Arc::new(shared);
        let (jobs, waiting) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let keeper = Keeper::new(Arc::clone(&shared), indexing, Arc::clone(&random));
        let thread = std::thread::Builder::new().name("vault-keeper".to_owned());
        let keeper = thread.spawn(move || keeper.run(waiting))?;
        let (quarantine, names) = (master.derive(b"quarantine"), Names::new(master));
        Ok(Self { shared, names, random, jobs: Some(jobs), keeper: Some(keeper), quarantine })
    }

    /// Keyed names.
    #[must_use]
    pub const fn names(&self) -> &Names {
        &self.names
    }

    /// The key of the quarantine.
    pub(crate) const fn quarantine_key(&self) -> &Key {
        &self.quarantine
    }

    /// Names a refused row by its parts.
    pub(crate) fn quarantined_row(&self, parts: &[&[u8]]) -> [u8; 16] {
        self.quarantine.derive(b"rows").short(parts)
    }

    /// Subjects for labels, in order. New ones get a random id and key, which
    /// are durable when this returns; one sync serves all who wait.
    ///
    /// # Errors
    /// See [`VaultError`]; then nothing may be sealed. [`VaultError::Erased`]
    /// when a label leads to a person who was erased.
    pub async fn subjects(&self, wanted: Vec<Wanted>) -> Result<Vec<SubjectId>, VaultError> {
        let keys = self.keys(&wanted).await?;
        Ok(keys.iter().map(|person| person.subject).collect())
    }

    /// As [`Vault::subjects`], with their keys: a request that seals several sections of
    /// a person unwraps the key once.
    pub(crate) async fn keys(&self, wanted: &[Wanted]) -> Result<Vec<PersonKey>, VaultError> {
        let find = |wanted: &Wanted| self.shared.find(wanted.role as u8, wanted.label);
        let mut keys: Vec<Option<PersonKey>> = wanted.iter().map(find).collect::<Result<_, _>>()?;
        let unknown =
            |(key, wanted): (&Option<PersonKey>, &Wanted)| key.is_none().then_some(*wanted);
        let missing: Vec<Wanted> = keys.iter().zip(wanted).filter_map(unknown).collect();
        if !missing.is_empty() {
            let mut made = self.made(missing).await?.into_iter();
            keys.iter_mut().filter(|key| key.is_none()).for_each(|key| *key = made.next());
        }
        keys.into_iter().collect::<Option<_>>().ok_or(VaultError::ReadOnly)
    }

    /// The keys that the keeper makes, or finds made meanwhile.
    async fn made(&self, wanted: Vec<Wanted>) -> Result<Vec<PersonKey>, VaultError> {
        let (answer, wait) = oneshot::channel();
        self.ask(Job::Make { wanted, answer })?;
        wait.await.unwrap_or(Err(VaultError::ReadOnly))
    }

    fn ask(&self, job: Job) -> Result<(), VaultError> {
        let jobs = self.jobs.as_ref().ok_or(VaultError::ReadOnly)?;
        jobs.try_send(job).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => VaultError::Busy,
            mpsc::error::TrySendError::Closed(_) => VaultError::ReadOnly,
        })
    }

    /// The key of a subject.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when the subject was erased.
    pub(crate) fn key(&self, subject: SubjectId) -> Result<PersonKey, VaultError> {
        self.shared.key(subject)
    }

    /// The subject of a label, when it has one.
    ///
    /// # Errors
    /// When the key store cannot be read.
    pub fn subject(&self, role: Role, label: Label) -> Result<Option<SubjectId>, VaultError> {
        roster::subject_of(&self.shared.roster, &self.shared.file, role as u8, label)
    }

    /// How many entries are durable.
    pub(crate) fn slots(&self) -> u32 {
        self.shared.file.slots()
    }

    /// What tells the newest of that many entries from any other; `None` when
    /// there are fewer.
    pub(crate) fn fingerprint(&self, slots: u32) -> Result<Option<[u8; 16]>, VaultError> {
        self.shared.file.fingerprint(slots)
    }

    /// Seals content under a subject's key: a random nonce of 24 bytes, then
    /// ciphertext and tag.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when the subject was erased.
    pub fn seal(
        &self,
        subject: SubjectId,
        aad: &[u8],
        clear: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        let mut nonce = [0; NONCE];
        self.random.fill(&mut nonce)?;
        self.shared.key(subject)?.seal(&nonce, aad, clear)
    }

    /// So many random nonces.
    pub(crate) fn nonces(&self, count: usize) -> Result<Vec<[u8; NONCE]>, VaultError> {
        let mut nonces = vec![[0; NONCE]; count];
        let mut buffers: Vec<&mut [u8]> =
            nonces.iter_mut().map(<[u8; NONCE]>::as_mut_slice).collect();
        self.random.fill_each(&mut buffers)?;
        Ok(nonces)
    }

    /// Opens what [`Self::seal`] made.
    ///
    /// # Errors
    /// [`VaultError::Erased`] when the subject was erased, [`VaultError::Unsealed`]
    /// when the bytes or their place are not those that were sealed.
    pub fn open_section(
        &self,
        subject: SubjectId,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        self.shared.key(subject)?.open(aad, sealed)
    }
}

impl Drop for Vault {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

impl Shared {
    /// The key of a subject that has no fence.
    fn key(&self, subject: SubjectId) -> Result<PersonKey, VaultError> {
        if self.fences().erased_by(subject).is_some() {
            return Err(VaultError::Erased(subject));
        }
        self.key_behind_fence(subject)
    }

    fn fences(&self) -> RwLockReadGuard<'_, Fences> {
        self.fences.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn key_behind_fence(&self, subject: SubjectId) -> Result<PersonKey, VaultError> {
        let entry = roster::entry_of(&self.roster, &self.file, subject)?;
        Ok(PersonKey { subject, key: entry.unwrap_key(&self.kek)? })
    }

    /// The key of a label, when it has one that may still be written under.
    fn find(&self, role: u8, label: Label) -> Result<Option<PersonKey>, VaultError> {
        let subject = roster::subject_of(&self.roster, &self.file, role, label)?;
        subject.map(|subject| self.key(subject)).transpose()
    }
}

const _: () = assert!(KEY == 32);
