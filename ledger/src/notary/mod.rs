//! What the log signs: checkpoints, which never go backwards, and bundles.
//!
//! The newest checkpoint and the key that signs are in a folder apart from the data: whoever puts an older
//! copy of the data back, or rewrites it, does not have them. `docs/formats/seal.md` says its files.
//!
//! | module | holds |
//! |---|---|
//! | [`Notary`] | compares the log with what it signed, and signs what is new |
//! | `apart` | the folder apart: one user at a time, compared before it is replaced |
//! | `begun` | what is known before a log is opened, and judged before anything of it is written |
//! | `error` | why nothing is signed |
//! | `name` | the keys that the log signed with, kept in its data |
//! | `bundle` | the history of a stream, proven |
//! | `cosigned` | what witnesses signed of it: whom to ask, whom to wait for, which checkpoints are kept |

mod apart;
mod begun;
mod bundle;
mod cosigned;
mod error;
mod name;

pub use bundle::{BundleRequest, Clear};
pub use cosigned::{Cosigner, PATIENT, PROMPT, Prove};
pub use error::NotaryError;
pub use seal::bundle::{BUNDLE_BYTES_MAX, TooLarge};

pub(crate) use begun::{Begun, Locked};

use crate::disk::{Disk, SystemDisk};
use crate::journal::embedded::Begins;
use crate::journal::{Head, Journal};
use crate::limits::TREE_IN_MEMORY;
use crate::random::{Random, SystemRandom};
use crate::tree::{Tree, TreeError};
use apart::{Apart, Found};
use cosigned::{Asked, Kept};
use domain::ids::Position;
use seal::key::KeyId;
use seal::{
    Checkpoint, CheckpointError, Hash, Note, SignerKey, Tile, TlogProof, VerifierKey,
    verify_consistency, verify_inclusion,
};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// A signed checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The note: text and signatures.
    pub text: Arc<str>,
    /// Who signed it beside the log: names, and which key of each.
    pub cosigned: Vec<(String, KeyId)>,
}

impl Signed {
    /// Reads a note that a log signed, and gives how many lines of it are left out: all but the log's own and the right ones
    /// of witnesses that are asked. Whoever may write the file may have added the others, and how many signed decides
    /// which checkpoint is given out.
    fn read(
        text: &str,
        log: &VerifierKey,
        witnesses: &[VerifierKey],
    ) -> Result<(Self, usize), CheckpointError> {
        let (checkpoint, mut note) = Checkpoint::open(text.as_bytes(), log)?;
        let signed = |key: &&VerifierKey| note.verify(key).is_ok();
        let cosigned: Vec<(String, KeyId)> =
            witnesses.iter().filter(signed).map(|key| (key.name().to_owned(), key.id())).collect();
        let lines = note.signatures.len();
        note.signatures.retain(|line| {
            let is = |name: &str, id| (line.name.as_str(), line.id) == (name, id);
            is(log.name(), log.id()) || cosigned.iter().any(|(name, id)| is(name, *id))
        });
        let left_out = lines - note.signatures.len();
        Ok((Self { checkpoint, text: note.to_string().into(), cosigned }, left_out))
    }

    /// The names of who signed it beside the log.
    #[must_use]
    pub fn witnesses(&self) -> Vec<String> {
        self.cosigned.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// How a notary is opened.
#[derive(Clone)]
pub struct Options {
    /// The folder apart.
    pub apart: PathBuf,
    /// Whether the log takes a new key, or the one that is apart though the data name another.
    pub new_key: bool,
    /// The file in the data that names the keys which the log signed with.
    pub name: PathBuf,
    /// The folder of the tree's hashes.
    pub tree: PathBuf,
    /// Leaves whose hashes are in memory before they are stored.
    pub tree_in_memory: u64,
    /// Where the tree's hashes are, and the folder apart.
    pub disk: Arc<dyn Disk>,
    /// Makes the key of a log that never signed.
    pub random: Arc<dyn Random>,
    /// Who is asked to sign too.
    pub witnesses: Vec<Arc<dyn Cosigner>>,
    /// How long whoever asks for a proof waits for a witness; one that takes longer is not waited for.
    pub prompt: Duration,
}

impl Options {
    /// Of a data folder, with a folder apart.
    #[must_use]
    pub fn new(data: &Path, apart: &Path) -> Self {
        Self {
            apart: apart.to_owned(),
            new_key: false,
            name: data.join("log/name"),
            tree: data.join("log/tree"),
            tree_in_memory: TREE_IN_MEMORY,
            disk: Arc::new(SystemDisk),
            random: Arc::new(SystemRandom),
            witnesses: Vec::new(),
            prompt: PROMPT,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("apart", &self.apart).finish_non_exhaustive()
    }
}

/// Signs for a log.
pub struct Notary {
    journal: Arc<dyn Journal>,
    tree: Tree,
    key: SignerKey,
    /// One signs at a time.
    apart: Mutex<Apart>,
    newest: watch::Sender<Signed>,
    kept: Mutex<Kept>,
    /// What was given to whoever asks, last. A start takes the newest for it: the process before may have given that.
    published: Mutex<Signed>,
    witnesses: Vec<Asked>,
    prompt: Duration,
    /// Witnesses are asked about one checkpoint at a time, so that they sign the same ones.
    round: Mutex<()>,
}

impl fmt::Debug for Notary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notary").field("log", &self.log().name()).finish_non_exhaustive()
    }
}

impl Notary {
    /// Opens the folder apart and compares the log with what it signed; begins it for a log that
    /// never signed. Of a data folder, [`crate::Ledger::open_sealed`] compares before anything is written.
    ///
    /// # Errors
    /// When the log is not the one that was signed, nothing may be written to it: see
    /// [`NotaryError::Shorter`], [`NotaryError::Differs`].
    pub fn open(journal: Arc<dyn Journal>, options: &Options) -> Result<Self, NotaryError> {
        let begun = Begun::read(options)?;
        let events = journal.head().position.0;
        begun.judge(&Begins { events, torn: false, known: true })?;
        Self::begin(journal, options, begun.lock()?)
    }

    /// Signs for a log that was judged.
    pub(crate) fn begin(
        journal: Arc<dyn Journal>,
        options: &Options,
        Locked { mut apart, found, keys }: Locked,
    ) -> Result<Self, NotaryError> {
        let path = options.tree.clone();
        let tree = Tree::open(Arc::clone(&options.disk), &path, options.tree_in_memory)
            .map_err(|error| NotaryError::Io { path, source: Arc::new(error) })?;
        let head = tree.follow(journal.as_ref())?;
        let (key, newest, kept) = match found {
            Some(Found { key, newest, kept }) => (key, newest, kept),
            None => {
                let key = Apart::new_key(options.random.as_ref());
                let key = key.map_err(|error| apart.failed(error))?;
                let newest = sign(&key, &head);
                apart.begin(&key, &newest.text)?;
                let kept = Kept::new(newest.clone());
                (key, newest, kept)
            }
        };
        let published = Mutex::new(newest.clone());
        let (newest, _) = watch::channel(newest);
        let (apart, kept) = (Mutex::new(apart), Mutex::new(kept));
        let witnesses = options.witnesses.iter().cloned().map(Asked::new).collect();
        let (prompt, round) = (options.prompt, Mutex::new(()));
        let notary =
            Self { journal, tree, key, apart, newest, kept, published, witnesses, prompt, round };
        notary.compare(&head, &notary.newest().checkpoint)?;
        if keys.last() != Some(notary.log()) {
            if let Some(old) = keys.last() {
                tracing::warn!(%old, new = %notary.log(), "the log signs under another name and key");
            }
            name::add(&options.name, &keys, notary.log())?;
        }
        Ok(notary)
    }

    /// The key that checks what it signs; its name is that of the log.
    #[must_use]
    pub const fn log(&self) -> &VerifierKey {
        self.key.public()
    }

    /// The newest checkpoint.
    #[must_use]
    pub fn newest(&self) -> Signed {
        self.newest.borrow().clone()
    }

    /// Tells each time that a checkpoint is signed.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Signed> {
        self.newest.subscribe()
    }

    /// Signs the head, unless it is signed already. It is durable when this returns; it reads and writes
    /// files: call it off the event loop.
    ///
    /// # Errors
    /// See [`NotaryError`]; then nothing was signed.
    pub fn sign(&self) -> Result<Signed, NotaryError> {
        let mut apart = self.apart();
        let head = self.tree.follow(self.journal.as_ref())?;
        let newest = self.newest();
        if newest.checkpoint.size == head.position.0 {
            return Ok(newest);
        }
        // What was signed before is part of it, or the key signs two histories.
        self.compare(&head, &newest.checkpoint)?;
        let signed = sign(&self.key, &head);
        apart.replace(&signed.text)?;
        self.kept().add(signed.clone());
        self.newest.send_replace(signed.clone());
        Ok(signed)
    }

    /// A checkpoint of a tree that has so many events: the newest one, or a new one.
    ///
    /// # Errors
    /// See [`NotaryError`].
    pub fn covering(&self, position: Position) -> Result<Signed, NotaryError> {
        let newest = self.newest();
        if newest.checkpoint.size >= position.0 { Ok(newest) } else { self.sign() }
    }

    /// The proof that the event at a position is in a signed tree, and that tree's checkpoint: the best that is to
    /// be had, as [`Self::seen`] has it.
    ///
    /// # Errors
    /// See [`NotaryError`]; [`TreeError::Outside`] for a position after the head.
    pub fn prove(&self, position: Position) -> Result<(TlogProof, Signed), NotaryError> {
        let signed = self.seen(position)?;
        Ok((self.prove_in(&signed, position)?, signed))
    }

    /// The proof that the event at a position is in the tree of a checkpoint.
    ///
    /// # Errors
    /// See [`NotaryError`]; [`TreeError::Outside`] when that tree does not have it.
    pub fn prove_in(&self, signed: &Signed, position: Position) -> Result<TlogProof, NotaryError> {
        let index = position.0.checked_sub(1).ok_or(TreeError::Outside)?;
        let hashes = self.inclusion(index, signed.checkpoint.size)?;
        Ok(TlogProof { extra: None, index, hashes, checkpoint: signed.text.to_string() })
    }

    /// The receipt of an event: its proof in the tree of a checkpoint, with its header (`seal::receipt`). A header names
    /// the source and the stream: it is for who may read the event.
    ///
    /// # Errors
    /// As for [`Self::prove_in`].
    pub fn receipt(&self, signed: &Signed, position: Position) -> Result<TlogProof, NotaryError> {
        let proof = self.prove_in(signed, position)?;
        let record = self.journal.read_after(Position(proof.index), 1).map_err(TreeError::from)?;
        let record = record.first().ok_or(TreeError::Outside)?;
        must_be_in(&signed.checkpoint, (position, &record.leaf()), &proof.hashes)?;
        Ok(TlogProof { extra: Some(record.header_bytes.to_vec()), ..proof })
    }

    /// Refuses an event that is not the one at its position in the newest signed tree; one after that is not judged.
    ///
    /// # Errors
    /// [`NotaryError::Differs`], or when the tree cannot be read.
    pub(crate) fn must_have(&self, position: Position, leaf: &Hash) -> Result<(), NotaryError> {
        let signed = self.newest.borrow().checkpoint.clone();
        if position.0 == 0 || position.0 > signed.size {
            return Ok(());
        }
        let index = position.0 - 1;
        // Each write of a history that was not in memory asks this: it is checked once. When that fails, the tree's
        // files may be what is wrong, and then they are made again.
        let held = |hashes: &[Hash]| must_be_in(&signed, (position, leaf), hashes);
        match self.tree.unchecked_inclusion(index, signed.size) {
            Ok(hashes) if held(&hashes).is_ok() => Ok(()),
            _ => held(&self.inclusion(index, signed.size)?),
        }
    }

    /// A text as a note that the log signs, which is no checkpoint: one text for each thing that is said.
    #[must_use]
    pub fn vouch(&self, text: &str) -> String {
        let mut note = Note::new(format!("registre\n{}\n", text.trim_end()));
        note.sign(&self.key);
        note.to_string()
    }

    /// The proof that a leaf is in a tree.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
        self.mended(|tree| tree.inclusion(index, size))
    }

    /// The proof that a tree only grew.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
        self.mended(|tree| tree.consistency(old, new))
    }

    /// The hashes of a tile of the newest signed tree; `None` when it has no such tile.
    ///
    /// # Errors
    /// See [`TreeError`].
    pub fn tile(&self, tile: Tile) -> Result<Option<Vec<Hash>>, TreeError> {
        let there = Tile::of_tree(tile.level, tile.index, self.newest.borrow().checkpoint.size);
        if there.is_none_or(|there| there.width < tile.width) {
            return Ok(None);
        }
        self.mended(|tree| tree.tile(tile)).map(Some)
    }

    /// Asks the tree; makes its hashes again from the log when they are damaged.
    fn mended<T>(&self, ask: impl Fn(&Tree) -> Result<T, TreeError>) -> Result<T, TreeError> {
        let begun = self.tree.begun();
        match ask(&self.tree) {
            Err(TreeError::Damaged(_)) => {
                self.tree.make_again(self.journal.as_ref(), begun)?;
                ask(&self.tree)
            }
            answer => answer,
        }
    }

    /// Whether the log is still the one that was signed.
    fn compare(&self, head: &Head, signed: &Checkpoint) -> Result<(), NotaryError> {
        let (size, found) = (signed.size, head.position.0);
        if found < size {
            return Err(NotaryError::Shorter { signed: size, found });
        }
        let begun = self.tree.begun();
        if self.follows(signed, head)? {
            return Ok(());
        }
        // The files of the tree may be damaged; the log itself says.
        self.tree.make_again(self.journal.as_ref(), begun)?;
        if self.follows(signed, head)? { Ok(()) } else { Err(NotaryError::Differs { size }) }
    }

    /// Whether a head follows from what was signed. The tree's files may be whoever's forged the log: so both
    /// roots are bound by one proof, whatever is in them.
    fn follows(&self, signed: &Checkpoint, head: &Head) -> Result<bool, TreeError> {
        let new = (head.position.0, &head.root);
        match self.tree.consistency(signed.size, new.0) {
            Ok(proof) => Ok(verify_consistency((signed.size, &signed.root), new, &proof).is_ok()),
            Err(TreeError::Damaged(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apart(&self) -> MutexGuard<'_, Apart> {
        self.apart.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest checkpoint in the folder apart of a log, believed by the key there; `None` when nothing was
/// signed in it. For checks that do not sign.
///
/// # Errors
/// When one of its files is missing or damaged, or it is another log's than the data say to be.
pub fn newest_signed(options: &Options) -> Result<Option<Checkpoint>, NotaryError> {
    Begun::read(options)?.newest_of_its_log()
}

/// The keys that a log signed with, as its data say; none when it never did.
///
/// # Errors
/// When they cannot be read.
pub fn keys_of(options: &Options) -> Result<Vec<VerifierKey>, NotaryError> {
    name::read(&options.name)
}

/// Refuses a record that is not the one of the signed tree. An opening does not read what has an index: a header that
/// was forged there, its checksums repaired, is met here.
fn must_be_in(
    signed: &Checkpoint,
    (position, leaf): (Position, &Hash),
    hashes: &[Hash],
) -> Result<(), NotaryError> {
    let (index, size) = (position.0 - 1, signed.size);
    verify_inclusion(leaf, index, size, hashes, &signed.root)
        .map_err(|_| NotaryError::Differs { size })
}

/// Signs a head.
fn sign(key: &SignerKey, head: &Head) -> Signed {
    let (origin, size, root) = (key.public().name().to_owned(), head.position.0, head.root);
    let checkpoint = Checkpoint { origin, size, root };
    let mut note = Note::new(checkpoint.to_string());
    note.sign(key);
    Signed { checkpoint, text: note.to_string().into(), cosigned: Vec::new() }
}
