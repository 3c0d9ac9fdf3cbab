//! A tree in memory, for the tests of this room.

#![allow(dead_code, reason = "each test takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use seal::{Hash, Tiles, leaf_hash, node_hash};
use std::convert::Infallible;
use std::ops::Range;

/// The hashes of all levels of tiles.
#[derive(Debug, Default)]
pub(crate) struct Tree(pub(crate) Vec<Vec<Hash>>);

impl Tree {
    /// Of that many leaves: leaf i hashes the number i, four bytes little endian.
    pub(crate) fn of(size: u32) -> Self {
        let mut levels = vec![(0..size).map(|i| leaf_hash(&i.to_le_bytes())).collect::<Vec<_>>()];
        while levels.last().is_some_and(|level| level.len() >= 256) {
            let below = levels.last().unwrap();
            levels.push(below.chunks_exact(256).map(naive_root).collect());
        }
        Self(levels)
    }

    /// The leaf hashes.
    pub(crate) fn leaves(&self) -> &[Hash] {
        &self.0[0]
    }
}

impl Tiles for Tree {
    type Error = Infallible;

    fn hashes(&self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, Infallible> {
        assert_eq!(range.start / 256, (range.end - 1) / 256, "more than one tile");
        Ok(self.0[usize::from(level)][range.start as usize..range.end as usize].to_vec())
    }
}

/// The definition of RFC 6962, section 2.1, word for word.
pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => seal::empty_root(),
        [one] => *one,
        many => {
            let split = many.len().next_power_of_two() / 2;
            node_hash(&naive_root(&many[..split]), &naive_root(&many[split..]))
        }
    }
}
