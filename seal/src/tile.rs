//! The tree as it is published: in tiles of 256 hashes (C2SP tlog-tiles).
//!
//! Tiles of level 0 hold the leaf hashes; hash i of level L is the root of the full subtree over leaves
//! i × 256^L to (i + 1) × 256^L − 1. Hashes in between are computed. Tiles are never changed, only
//! the last one of a level grows.

use crate::frontier::Frontier;
use crate::hash::Hash;
use std::fmt;
use std::ops::Range;

/// Levels of the tree that one level of tiles covers.
pub const TILE_HEIGHT: u32 = 8;
/// Hashes of a full tile.
pub const TILE_WIDTH: u64 = 1 << TILE_HEIGHT;
/// Levels of tiles that a tree of 2^64 leaves may have.
pub const TILE_LEVELS: u8 = 8;

/// One tile, or the part of it that is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tile {
    /// From 0: the leaves.
    pub level: u8,
    /// From 0.
    pub index: u64,
    /// Hashes: 256 of a full tile, else 1 to 255.
    pub width: u64,
}

/// Why a path names no tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no tile has this path: tile/LEVEL/NNN or tile/LEVEL/xNNN/NNN, with .p/WIDTH when partial")]
pub struct TilePathError;

/// How many hashes a level of tiles has in a tree of `size` leaves.
#[must_use]
pub const fn hashes_of_level(level: u8, size: u64) -> u64 {
    if level >= TILE_LEVELS { 0 } else { size >> (TILE_HEIGHT * level as u32) }
}

impl Tile {
    /// The tile as it is in a tree of `size` leaves; `None` when it has no hash there.
    #[must_use]
    pub fn of_tree(level: u8, index: u64, size: u64) -> Option<Self> {
        let first = index.checked_mul(TILE_WIDTH)?;
        let width = hashes_of_level(level, size).checked_sub(first)?.min(TILE_WIDTH);
        (width > 0).then_some(Self { level, index, width })
    }

    /// Its hashes among those of its level.
    #[must_use]
    pub const fn range(&self) -> Range<u64> {
        let first = self.index.saturating_mul(TILE_WIDTH);
        first..first.saturating_add(self.width)
    }

    /// Reads the path of a tile, `tile/` included.
    ///
    /// # Errors
    /// When it is written otherwise than [`fmt::Display`] would.
    pub fn parse(path: &str) -> Result<Self, TilePathError> {
        let tile = Self::parse_loosely(path).ok_or(TilePathError)?;
        // One tile has one path: caches and mirrors rely on it.
        if tile.to_string() == path { Ok(tile) } else { Err(TilePathError) }
    }

    fn parse_loosely(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for group in number.split('/') {
            let group: u64 = group.trim_start_matches('x').parse().ok()?;
            index = index.checked_mul(1000)?.checked_add(group)?;
        }
        let level = level.parse().ok().filter(|level| *level < TILE_LEVELS)?;
        let known = (1..=TILE_WIDTH).contains(&width) && index < 1 << (64 - TILE_HEIGHT);
        known.then_some(Self { level, index, width })
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/", self.level)?;
        let digits = format!("{:03}", self.index);
        let padded = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        for group in 0..padded.len() / 3 {
            let more = group + 1 < padded.len() / 3;
            let (x, slash) = if more { ("x", "/") } else { ("", "") };
            write!(f, "{x}{}{slash}", &padded[group * 3..group * 3 + 3])?;
        }
        if self.width < TILE_WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

/// Where the hashes of tiles come from.
pub trait Tiles {
    /// How reading them fails.
    type Error;

    /// The hashes of a level, those of a range, all within one tile; exactly as many as asked.
    ///
    /// # Errors
    /// When they cannot be read, or are not there.
    fn hashes(&self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, Self::Error>;
}

/// The proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962, section 2.1.1):
/// siblings from the leaf up. None when the leaf is outside the tree.
///
/// # Errors
/// When tiles cannot be read.
pub fn inclusion_proof<T: Tiles>(tiles: &T, index: u64, size: u64) -> Result<Vec<Hash>, T::Error> {
    let mut proof = Vec::new();
    let mut range = 0..if index < size { size } else { 0 };
    while range.end - range.start > 1 {
        let middle = split(&range);
        let sibling = if index < middle { middle..range.end } else { range.start..middle };
        range = if index < middle { range.start..middle } else { middle..range.end };
        proof.push(root_of(tiles, sibling)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of the first `new` leaves follows from that of the first `old` (RFC 6962,
/// section 2.1.2). None from an empty or an equal tree, or back to a smaller one.
///
/// # Errors
/// When tiles cannot be read.
pub fn consistency_proof<T: Tiles>(tiles: &T, old: u64, new: u64) -> Result<Vec<Hash>, T::Error> {
    let mut proof = Vec::new();
    let mut range = 0..if old == 0 || old > new { old } else { new };
    // The older tree's end is followed down to where a node of both ends.
    while range.end != old {
        let middle = split(&range);
        let sibling = if old <= middle { middle..range.end } else { range.start..middle };
        range = if old <= middle { range.start..middle } else { middle..range.end };
        proof.push(root_of(tiles, sibling)?);
    }
    // A node that is the whole older tree is known to whoever asks.
    if range.start > 0 {
        proof.push(root_of(tiles, range)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The root of the tree of the first `size` leaves.
///
/// # Errors
/// When tiles cannot be read.
pub fn root<T: Tiles>(tiles: &T, size: u64) -> Result<Hash, T::Error> {
    if size == 0 { Ok(crate::empty_root()) } else { root_of(tiles, 0..size) }
}

/// The right edge of the tree of the first `size` leaves.
///
/// # Errors
/// When tiles cannot be read.
pub fn frontier<T: Tiles>(tiles: &T, size: u64) -> Result<Frontier, T::Error> {
    let mut peaks = Vec::new();
    let mut start = 0;
    while start < size {
        let full = 1 << (size - start).ilog2();
        peaks.push(root_of(tiles, start..start + full)?);
        start += full;
    }
    Ok(Frontier::of_peaks(size, peaks))
}

/// Where the tree over some leaves, two at least, is split: the largest power of two below their number.
fn split(range: &Range<u64>) -> u64 {
    range.start + (1 << (range.end - range.start - 1).ilog2())
}

/// The root over a range of leaves, one at least, that is a node of some tree.
fn root_of<T: Tiles>(tiles: &T, range: Range<u64>) -> Result<Hash, T::Error> {
    let count = range.end - range.start;
    if !count.is_power_of_two() {
        let middle = split(&range);
        let left = root_of(tiles, range.start..middle)?;
        return Ok(crate::node_hash(&left, &root_of(tiles, middle..range.end)?));
    }
    // A full subtree of height h is over 2^(h mod 8) neighbours in one tile.
    let height = count.trailing_zeros();
    let level = height / TILE_HEIGHT;
    let unit = TILE_HEIGHT * level;
    let mut edge = Frontier::new();
    // 2^64 leaves have at most 8 levels of tiles.
    let level = u8::try_from(level).unwrap_or(TILE_LEVELS);
    for hash in tiles.hashes(level, range.start >> unit..range.end >> unit)? {
        edge.append(hash);
    }
    Ok(edge.root())
}
