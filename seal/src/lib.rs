//! How anyone can check the ledger: the Merkle tree of RFC 6962.
//!
//! This room is pure: no clock, no disk, no network, no runtime. An auditor
//! reads it in one sitting.
//!
//! | module | holds |
//! |---|---|
//! | [`hash`] | leaf and node hashes, with their domain separation |
//! | [`frontier`] | the right edge of a growing tree: append a leaf, know the root |
//!
//! Not here yet: proofs, signed notes and checkpoints.

pub mod frontier;
pub mod hash;

pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
