//! The hashes of the tree of all headers, as tiles, for proofs: of leaves, and of what a log signed before.
//!
//! The root is part of each group of the journal: it is what commits. These files only make proofs quick;
//! they follow the journal, are checked against its root each time, and are made again from it when they do
//! not fit. `docs/formats/seal.md` says their bytes.
//!
//! | module | holds |
//! |---|---|
//! | [`Tree`] | all levels, up to a position |
//! | `level` | the hashes of one level: old ones in a file, the newest in memory |

mod level;

use crate::disk::Disk;
use crate::journal::{Head, Journal, ReadError};
use crate::limits::READ_RECORDS_MAX;
use crate::record::StoredRecord;
use crc32c::crc32c;
use domain::ids::Position;
use level::Level;
use seal::tile::{TILE_LEVELS, TILE_WIDTH, frontier};
use seal::{Frontier, Hash, ProofError, Tile, Tiles, verify_consistency, verify_inclusion};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The file that says how many leaves the levels' files have.
const SIZE: &str = "size";
const MAGIC: [u8; 8] = *b"RGSTTREE";

/// Why a proof could not be made.
#[derive(Debug, Clone, thiserror::Error)]
pub enum TreeError {
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file system failed.
    #[error("the hashes of the tree in {} cannot be read: {source}", folder.display())]
    Io {
        /// Which folder.
        folder: PathBuf,
        /// How.
        source: Arc<io::Error>,
    },
    /// A hash after the end of what was followed.
    #[error("the tree has no such hash yet")]
    Outside,
    /// A file's hashes are not those that were stored.
    #[error("the hashes of the tree in {} are damaged", .0.display())]
    Damaged(PathBuf),
    /// The log says one root, its events give another.
    #[error("the events up to position {0} do not give the root that the log has there")]
    Root(Position),
}

/// The tree of a journal, up to some position.
#[derive(Debug)]
pub struct Tree {
    disk: Arc<dyn Disk>,
    folder: PathBuf,
    /// Leaves in memory before they are stored.
    in_memory: u64,
    state: RwLock<State>,
}

#[derive(Debug)]
struct State {
    /// Leaves followed.
    size: u64,
    /// Leaves whose hashes are in files, durably.
    stored: u64,
    levels: Vec<Level>,
    /// How often it was begun anew.
    begun: u64,
}

impl State {
    fn empty() -> Self {
        Self { size: 0, stored: 0, levels: Vec::new(), begun: 0 }
    }

    /// Begins anew.
    fn forget(&mut self) {
        *self = Self { begun: self.begun + 1, ..Self::empty() };
    }

    fn push(&mut self, leaf: Hash) {
        let mut hash = Some(leaf);
        for level in 0.. {
            let Some(add) = hash else { break };
            if level == self.levels.len() {
                self.levels.push(Level::empty());
            }
            hash = self.levels[level].push(add);
        }
        self.size += 1;
    }
}

impl Tiles for State {
    type Error = io::Error;

    fn hashes(&self, level: u8, range: Range<u64>) -> io::Result<Vec<Hash>> {
        let outside = || io::Error::from(io::ErrorKind::UnexpectedEof);
        self.levels.get(usize::from(level)).ok_or_else(outside)?.hashes(range)
    }
}

impl Tree {
    /// Opens the files of a folder, or begins anew when they are not there or not whole. The hashes of
    /// `in_memory` leaves or some more are in memory before they are stored.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(disk: Arc<dyn Disk>, folder: &Path, in_memory: u64) -> io::Result<Self> {
        disk.create_folder(folder)?;
        let state = read(disk.as_ref(), folder).unwrap_or_else(|error| {
            if error.kind() != io::ErrorKind::NotFound {
                tracing::warn!(%error, folder = %folder.display(), "the tree's hashes are made again");
            }
            State::empty()
        });
        Ok(Self { disk, folder: folder.to_owned(), in_memory, state: RwLock::new(state) })
    }

    /// Leaves that are followed.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.read().size
    }

    /// Follows a journal up to its head, and gives the head that was reached.
    ///
    /// # Errors
    /// When it cannot be read, or its events give another root than it says.
    pub fn follow(&self, journal: &dyn Journal) -> Result<Head, TreeError> {
        self.follow_in(&mut self.write(), journal)
    }

    fn follow_in(&self, state: &mut State, journal: &dyn Journal) -> Result<Head, TreeError> {
        // Inside the lock: who waited for it must not go back to an older head.
        let head = journal.head();
        let mut again = state.stored > 0 || state.size > head.position.0;
        if state.size > head.position.0 {
            state.forget();
        }
        loop {
            self.read_on(state, journal, head.position)?;
            let root = seal::tile::root(state, head.position.0);
            if root.is_ok_and(|root| root == head.root) {
                return Ok(head);
            }
            if !again {
                return Err(TreeError::Root(head.position));
            }
            // The files may be damaged, or another log's: the log itself says.
            tracing::warn!(folder = %self.folder.display(), "the tree's hashes do not fit: made again");
            again = false;
            state.forget();
        }
    }

    fn read_on(
        &self,
        state: &mut State,
        journal: &dyn Journal,
        to: Position,
    ) -> Result<(), TreeError> {
        while state.size < to.0 {
            let limit = usize::try_from(to.0 - state.size).unwrap_or(usize::MAX);
            let page = journal.read_after(Position(state.size), limit.min(READ_RECORDS_MAX))?;
            if page.is_empty() {
                return Err(TreeError::Outside);
            }
            page.iter().map(StoredRecord::leaf).for_each(|leaf| state.push(leaf));
            if state.size - state.stored >= self.in_memory {
                self.store(state).map_err(|error| self.failed(error))?;
            }
        }
        Ok(())
    }

    /// Writes what memory has to the files, and then how much that is.
    fn store(&self, state: &mut State) -> io::Result<()> {
        for (number, level) in state.levels.iter_mut().enumerate() {
            level.store(self.disk.as_ref(), &self.folder.join(format!("level-{number}")))?;
        }
        self.disk.sync_folder(&self.folder)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&frontier(state, state.size)?.to_bytes());
        bytes.extend_from_slice(&crc32c(&bytes).to_le_bytes());
        let draft = self.folder.join("size.draft");
        let file = self.disk.create(&draft)?;
        file.write_all_at(&bytes, 0)?;
        file.sync_all()?;
        self.disk.rename(&draft, &self.folder.join(SIZE))?;
        self.disk.sync_folder(&self.folder)?;
        state.stored = state.size;
        state.levels.iter_mut().for_each(Level::forget_stored);
        Ok(())
    }

    /// The root of the tree of the first `size` events.
    ///
    /// # Errors
    /// [`TreeError::Outside`] when they are not followed yet.
    pub fn root(&self, size: u64) -> Result<Hash, TreeError> {
        self.with(size, |state| seal::tile::root(state, size))
    }

    /// The proof that leaf `index` is in the tree of the first `size` events; checked, since it may come from
    /// old files.
    ///
    /// # Errors
    /// [`TreeError::Outside`] when they are not followed yet, [`TreeError::Damaged`] when it does not hold.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
        if index >= size {
            return Err(TreeError::Outside);
        }
        let (leaf, proof, root) = self.with(size, |state| {
            let leaf = state.hashes(0, index..index + 1)?;
            let proof = seal::tile::inclusion_proof(state, index, size)?;
            Ok((leaf, proof, seal::tile::root(state, size)?))
        })?;
        let leaf = leaf.first().ok_or(TreeError::Outside)?;
        self.held(verify_inclusion(leaf, index, size, &proof, &root))?;
        Ok(proof)
    }

    /// The proof that leaf `index` is in the tree of the first `size` events, as the files have it: for who checks it
    /// against a root of its own.
    ///
    /// # Errors
    /// [`TreeError::Outside`] when they are not followed yet.
    pub(crate) fn unchecked_inclusion(
        &self,
        index: u64,
        size: u64,
    ) -> Result<Vec<Hash>, TreeError> {
        self.with(size, |state| seal::tile::inclusion_proof(state, index, size))
    }

    /// The proof that the tree of the first `new` events follows from that of the first `old`; checked.
    ///
    /// # Errors
    /// As for [`Self::inclusion`].
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
        if old > new {
            return Err(TreeError::Outside);
        }
        let (proof, older, root) = self.with(new, |state| {
            let proof = seal::tile::consistency_proof(state, old, new)?;
            Ok((proof, seal::tile::root(state, old)?, seal::tile::root(state, new)?))
        })?;
        self.held(verify_consistency((old, &older), (new, &root), &proof))?;
        Ok(proof)
    }

    /// The hashes of a tile; a full one is checked against the level above.
    ///
    /// # Errors
    /// As for [`Self::inclusion`].
    pub fn tile(&self, tile: Tile) -> Result<Vec<Hash>, TreeError> {
        let (hashes, above) = self.with(0, |state| {
            let there = Tile::of_tree(tile.level, tile.index, state.size);
            if there.is_none_or(|there| there.width < tile.width) {
                return Ok((None, Vec::new()));
            }
            let hashes = state.hashes(tile.level, tile.range())?;
            let full = tile.width == TILE_WIDTH && tile.level + 1 < TILE_LEVELS;
            let above = tile.index..tile.index + 1;
            let above = if full { state.hashes(tile.level + 1, above)? } else { Vec::new() };
            Ok((Some(hashes), above))
        })?;
        let hashes = hashes.ok_or(TreeError::Outside)?;
        let mut edge = Frontier::new();
        hashes.iter().for_each(|hash| edge.append(*hash));
        let fits = above.iter().all(|above| *above == edge.root());
        self.held(if fits { Ok(()) } else { Err(ProofError::Root) })?;
        Ok(hashes)
    }

    /// How often it was made again: whoever meets damage says as of when ([`Self::make_again`]).
    #[must_use]
    pub fn begun(&self) -> u64 {
        self.read().begun
    }

    /// Makes everything again from the log, unless somebody did since [`Self::begun`] was asked: of many who meet the
    /// same damage one makes it again, and the others wait for that.
    ///
    /// # Errors
    /// As for [`Self::follow`].
    pub fn make_again(&self, journal: &dyn Journal, begun: u64) -> Result<Head, TreeError> {
        let mut state = self.write();
        if state.begun == begun {
            tracing::warn!(folder = %self.folder.display(), "the tree's hashes do not hold: made again");
            state.forget();
        }
        self.follow_in(&mut state, journal)
    }

    fn held(&self, held: Result<(), ProofError>) -> Result<(), TreeError> {
        held.map_err(|_| TreeError::Damaged(self.folder.clone()))
    }

    fn with<T>(
        &self,
        size: u64,
        ask: impl FnOnce(&State) -> io::Result<T>,
    ) -> Result<T, TreeError> {
        let state = self.read();
        if size > state.size {
            return Err(TreeError::Outside);
        }
        ask(&state).map_err(|error| self.failed(error))
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, error: io::Error) -> TreeError {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            // It was asked for what was followed: a file is cut.
            return TreeError::Damaged(self.folder.clone());
        }
        TreeError::Io { folder: self.folder.clone(), source: Arc::new(error) }
    }
}

/// The right edge of the tree of the first `size` leaves, as the files of a folder give it, which may be anybody's;
/// `None` when they do not reach so far or are not whole. Nothing is changed.
pub(crate) fn stored_edge(disk: &dyn Disk, folder: &Path) -> impl Fn(u64) -> Option<Frontier> {
    let state = read(disk, folder).ok();
    move |size| frontier(state.as_ref().filter(|state| size <= state.size)?, size).ok()
}

/// Reads what the files have.
fn read(disk: &dyn Disk, folder: &Path) -> io::Result<State> {
    let damaged = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let file = disk.open(&folder.join(SIZE))?;
    // 8 + 8 bytes, 64 hashes at most, 4 bytes.
    let mut bytes = vec![0; MAGIC.len() + 8 + 64 * 32 + 4];
    let length = file.read_up_to(&mut bytes, 0)?;
    bytes.truncate(length);
    let (said, crc) = bytes.split_last_chunk::<4>().ok_or(damaged("its size is cut"))?;
    let edge = said.strip_prefix(&MAGIC).filter(|_| crc32c(said).to_le_bytes() == *crc);
    let edge = Frontier::from_bytes(edge.ok_or(damaged("its size is damaged"))?);
    let edge = edge.map_err(|_| damaged("its size is damaged"))?;
    let mut state = State { size: edge.size(), stored: edge.size(), ..State::empty() };
    let mut count = edge.size();
    for number in 0..TILE_LEVELS {
        if count == 0 {
            break;
        }
        state.levels.push(Level::open(disk, &folder.join(format!("level-{number}")), count)?);
        count /= TILE_WIDTH;
    }
    // What is inside is checked whenever the journal is followed; here the files may be others'.
    if frontier(&state, edge.size())? == edge {
        Ok(state)
    } else {
        Err(damaged("its hashes are damaged"))
    }
}
