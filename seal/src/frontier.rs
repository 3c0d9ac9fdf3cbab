//! The right edge of a growing tree.
//!
//! A tree of n leaves is a row of full subtrees, one for each bit set in n,
//! largest first. Their roots are all that is needed to append and to know the
//! root of the whole: at most 64 hashes, whatever the size.

use crate::hash::{Hash, empty_root, node_hash};

/// Bytes of a hash.
const HASH_BYTES: usize = 32;
/// Bytes of the size at the head of the stored form.
const SIZE_BYTES: usize = 8;

/// The right edge of a tree: its size and the roots of its full subtrees.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    /// Roots of the full subtrees, largest (leftmost) first; one a bit set in `size`.
    peaks: Vec<Hash>,
}

/// Why stored bytes are no frontier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FrontierError {
    /// Shorter than the size field.
    #[error("a stored frontier starts with 8 bytes of size")]
    Short,
    /// The number of hashes is not the number of bits set in the size.
    #[error("a frontier of {size} leaves has {expected} hashes, not {found}")]
    Count {
        /// The size told.
        size: u64,
        /// Bits set in it.
        expected: u32,
        /// Hashes found (whole ones).
        found: usize,
    },
}

impl Frontier {
    /// The empty tree.
    #[must_use]
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// Of that many leaves, with the roots of its full subtrees, largest first.
    pub(crate) const fn of_peaks(size: u64, peaks: Vec<Hash>) -> Self {
        Self { size, peaks }
    }

    /// How many leaves the tree has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends the hash of one leaf.
    pub fn append(&mut self, leaf: Hash) {
        let mut root = leaf;
        // One carry for each low bit set, as in adding one to a binary number.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                root = node_hash(&left, &root);
            }
        }
        self.peaks.push(root);
        self.size += 1;
    }

    /// The root of the tree (RFC 6962, section 2.1).
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.peaks.iter().rev();
        let Some(last) = from_the_right.next() else { return empty_root() };
        from_the_right.fold(*last, |right, left| node_hash(left, &right))
    }

    /// The stored form: the size as u64 little endian, then the hashes, largest
    /// subtree first.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(SIZE_BYTES + HASH_BYTES * self.peaks.len());
        bytes.extend_from_slice(&self.size.to_le_bytes());
        for peak in &self.peaks {
            bytes.extend_from_slice(peak);
        }
        bytes
    }

    /// Reads the stored form back.
    ///
    /// # Errors
    /// When the number of hashes is not what the size asks for.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrontierError> {
        let (size, hashes) = bytes.split_first_chunk::<SIZE_BYTES>().ok_or(FrontierError::Short)?;
        let size = u64::from_le_bytes(*size);
        let (peaks, rest) = hashes.as_chunks::<HASH_BYTES>();
        if peaks.len() != size.count_ones() as usize || !rest.is_empty() {
            let expected = size.count_ones();
            return Err(FrontierError::Count { size, expected, found: peaks.len() });
        }
        Ok(Self { size, peaks: peaks.to_vec() })
    }
}
