//! The hashes of one level of tiles: those that are stored in a file, 32 bytes each, the newest in memory.
//! Each tile is wholly in one of them.

use crate::disk::{Disk, DiskFile};
use seal::tile::TILE_WIDTH;
use seal::{Frontier, Hash};
use std::io;
use std::ops::Range;
use std::path::Path;

const HASH: u64 = 32;

/// One level.
#[derive(Debug)]
pub(super) struct Level {
    /// `None` before anything is stored.
    file: Option<Box<dyn DiskFile>>,
    /// Hashes in the file.
    stored: u64,
    /// The first hash in memory, which begins a tile.
    base: u64,
    /// From there on, the stored ones of its tile included.
    newest: Vec<Hash>,
}

impl Level {
    pub(super) const fn empty() -> Self {
        Self { file: None, stored: 0, base: 0, newest: Vec::new() }
    }

    /// A level whose file has that many hashes, or some more that do not count.
    pub(super) fn open(disk: &dyn Disk, path: &Path, stored: u64) -> io::Result<Self> {
        let file = disk.open(path)?;
        let base = stored / TILE_WIDTH * TILE_WIDTH;
        let newest = read(file.as_ref(), base..stored)?;
        Ok(Self { file: Some(file), stored, base, newest })
    }

    /// Adds a hash; gives the root of the tile that it fills.
    pub(super) fn push(&mut self, hash: Hash) -> Option<Hash> {
        self.newest.push(hash);
        let tile = self.newest.rchunks_exact(TILE_WIDTH as usize).next();
        let full = (self.newest.len() as u64).is_multiple_of(TILE_WIDTH);
        tile.filter(|_| full).map(|tile| {
            let mut edge = Frontier::new();
            tile.iter().for_each(|hash| edge.append(*hash));
            edge.root()
        })
    }

    /// Writes what only memory has, durably.
    pub(super) fn store(&mut self, disk: &dyn Disk, path: &Path) -> io::Result<()> {
        let file = match &self.file {
            Some(file) => file,
            None => self.file.insert(disk.create(path)?),
        };
        let known = usize::try_from(self.stored - self.base).unwrap_or(usize::MAX);
        let bytes = self.newest.get(known..).unwrap_or_default().as_flattened();
        if bytes.is_empty() {
            return Ok(());
        }
        file.write_all_at(bytes, self.stored * HASH)?;
        file.sync_all()?;
        self.stored += bytes.len() as u64 / HASH;
        Ok(())
    }

    /// Lets go of whole tiles that the file has.
    pub(super) fn forget_stored(&mut self) {
        let base = self.stored / TILE_WIDTH * TILE_WIDTH;
        let gone = usize::try_from(base - self.base).unwrap_or(usize::MAX);
        self.newest.drain(..gone.min(self.newest.len()));
        self.base = base;
    }

    /// The hashes of a range within one tile.
    pub(super) fn hashes(&self, range: Range<u64>) -> io::Result<Vec<Hash>> {
        let outside = || io::Error::from(io::ErrorKind::UnexpectedEof);
        if range.start < self.base {
            return read(self.file.as_deref().ok_or_else(outside)?, range);
        }
        let at = |index: u64| usize::try_from(index - self.base).unwrap_or(usize::MAX);
        let hashes = self.newest.get(at(range.start)..at(range.end.max(range.start)));
        hashes.map(<[Hash]>::to_vec).ok_or_else(outside)
    }
}

fn read(file: &dyn DiskFile, range: Range<u64>) -> io::Result<Vec<Hash>> {
    let count = usize::try_from(range.end.saturating_sub(range.start)).unwrap_or(usize::MAX);
    let mut hashes = vec![[0; HASH as usize]; count.min(TILE_WIDTH as usize)];
    file.read_exact_at(hashes.as_flattened_mut(), range.start * HASH)?;
    Ok(hashes)
}
