//! How anyone can check the ledger: the Merkle tree of RFC 6962, and the texts in which it is signed.
//!
//! This room is pure: no clock, no disk, no network, no runtime. An auditor
//! reads it in one sitting, in this order.
//!
//! | module | holds |
//! |---|---|
//! | [`hash`] | leaf and node hashes, with their domain separation |
//! | [`proof`] | whether a leaf is in a tree, and a tree follows from an older one |
//! | [`key`], [`note`] | who signs; signed text |
//! | [`checkpoint`] | what a log signs: its size and its root |
//! | [`cosignature`] | what a witness signs: that it saw no other tree |
//! | [`tlog_proof`] | a proof and its checkpoint in one file |
//! | [`policy`] | whose signatures somebody asks for |
//! | [`envelope`] | the header of a record, which is what a leaf hashes |
//! | [`receipt`] | a proof of one event, which says itself of which |
//! | [`bundle`] | the history of a contract in one file, and its verifier |
//! | [`sample`] | which contracts an auditor's sample has |
//! | [`witness`] | what a witness answers |
//! | [`frontier`], [`tile`] | for who keeps a tree: its right edge, its tiles, its proofs |

pub mod bundle;
pub mod checkpoint;
pub mod cosignature;
pub mod envelope;
pub mod frontier;
pub mod hash;
pub mod key;
pub mod note;
pub mod policy;
pub mod proof;
pub mod receipt;
pub mod sample;
mod text;
pub mod tile;
pub mod tlog_proof;
pub mod witness;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use frontier::{Frontier, FrontierError};
pub use hash::{Hash, empty_root, leaf_hash, node_hash};
pub use key::{KeyError, Kind, SignerKey, VerifierKey};
pub use note::{Note, NoteError};
pub use policy::{Policy, PolicyError};
pub use proof::{ProofError, verify_consistency, verify_inclusion};
pub use text::{from_hex, hex};
pub use tile::{Tile, Tiles};
pub use tlog_proof::{TlogProof, TlogProofError};
