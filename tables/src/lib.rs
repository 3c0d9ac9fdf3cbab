//! Sorted tables on disk: from a hash to the ordinals that it was seen at.
//!
//! What is derived from something that only grows (positions of the log, slots
//! of the key store, records of a view) is too large for memory and cheap to make again. A table
//! covers a dense range of ordinals and is written once: pairs (hash, ordinal), with
//! the ordinal's value when it has one, in the order of hashes, found by a filter and a fence for each page, which
//! alone are in memory (about 1.6 bytes a pair). Adjacent tables are merged, so
//! that their number grows with the logarithm of what they cover.
//!
//! A hash has 64 bits: two things may share one. Who asks reads what the
//! ordinals name and passes over what it did not mean.
//!
//! | module | holds |
//! |---|---|
//! | `layout` | the pages of a table, byte by byte |
//! | `filter` | which hashes are surely not there |
//! | `table` | a table, opened and asked |
//! | `write` | a table, written once |
//! | `merge` | several tables made one |
//! | `shelf` | the tables of a folder that cover a range without a gap |
//! | `layers` | an index that grows: tables, and its newest part in memory |
//! | [`disk`] | the file system, passed in |

pub mod disk;
mod filter;
mod layers;
mod layout;
mod merge;
mod shelf;
mod table;
mod write;

pub use layers::{Indexer, Indexing, Layered, Layers, Tail};
pub use shelf::Shelf;
pub use table::{PageCache, Table};

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

/// Why a table could not be asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum IndexError {
    /// A page is not what was written. The file is removed: the next opening
    /// makes it again.
    #[error("page {page} of the index {} is damaged", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which page, from 0.
        page: u64,
    },
    /// The file system failed.
    #[error("reading {} failed: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// How.
        source: Arc<io::Error>,
    },
}

/// A hash of 16 bytes that are spread already or nearly, and of what kind of thing they name.
pub fn hash(kind: u8, bytes: [u8; 16]) -> u64 {
    let number = u128::from_le_bytes(bytes);
    let (low, high) = (number as u64, (number >> 64) as u64);
    mix(low ^ mix(high ^ u64::from(kind)))
}

/// The finaliser of splitmix64 (Steele, Lea and Flood 2014): every bit depends on every bit.
const fn mix(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests;
