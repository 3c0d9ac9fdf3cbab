//! A blocked Bloom filter (Putze, Sanders and Singler 2007): all the bits of a
//! hash are in one block of 64 bytes, so a question costs one cache miss.

use super::mix;

/// Bits for each hash; with [`PROBES`] one question in about a hundred is wrong.
const BITS_PER_HASH: u64 = 12;
const PROBES: u32 = 6;
/// Words of a block.
const BLOCK: usize = 8;

/// Which hashes are surely not there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Filter {
    words: Vec<u64>,
}

impl Filter {
    /// An empty filter for that many hashes.
    pub(super) fn for_hashes(hashes: u64) -> Self {
        let blocks = (hashes * BITS_PER_HASH).div_ceil(64 * BLOCK as u64).max(1);
        Self { words: vec![0; usize::try_from(blocks).unwrap_or(1) * BLOCK] }
    }

    /// A filter from its words; `None` when they are no whole blocks.
    pub(super) fn from_words(words: Vec<u64>) -> Option<Self> {
        let whole = !words.is_empty() && words.len().is_multiple_of(BLOCK);
        whole.then_some(Self { words })
    }

    pub(super) fn words(&self) -> &[u64] {
        &self.words
    }

    pub(super) fn insert(&mut self, hash: u64) {
        let start = self.block(hash);
        for (word, bit) in bits(hash) {
            self.words[start + word] |= bit;
        }
    }

    pub(super) fn may_have(&self, hash: u64) -> bool {
        let start = self.block(hash);
        bits(hash).all(|(word, bit)| self.words[start + word] & bit != 0)
    }

    /// The first word of the block of a hash.
    fn block(&self, hash: u64) -> usize {
        let blocks = (self.words.len() / BLOCK) as u128;
        // Multiplied rather than divided; below the number of blocks.
        let block = (u128::from(hash) * blocks) >> 64;
        block as usize * BLOCK
    }
}

fn bits(hash: u64) -> impl Iterator<Item = (usize, u64)> {
    // The block uses the high bits of the hash: others are drawn from all of it.
    let drawn = mix(hash);
    (0..PROBES).map(move |probe| {
        let nine = (drawn >> (9 * probe)) & 0x1FF;
        ((nine >> 6) as usize, 1 << (nine & 63))
    })
}
