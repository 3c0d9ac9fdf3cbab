//! Proofs of RFC 6962: that a leaf is in a tree, and that a tree only grew.
//!
//! The verifiers are the algorithms of RFC 9162 (sections 2.1.3.2 and 2.1.4.2), step by step, so that
//! they can be read beside it. A proof of a tree of n leaves has at most 64 hashes.

use crate::hash::{Hash, node_hash};

/// The most hashes of a proof that is worth reading: a tree has at most 2^64 leaves.
pub const PROOF_HASHES_MAX: usize = 64;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The leaf is after the end of the tree.
    #[error("leaf {index} is outside a tree of {size} leaves")]
    Outside {
        /// From 0.
        index: u64,
        /// Leaves of the tree.
        size: u64,
    },
    /// A tree cannot shrink.
    #[error("a tree of {new} leaves does not follow from one of {old}")]
    Shrunk {
        /// Leaves of the older tree.
        old: u64,
        /// Leaves of the newer one.
        new: u64,
    },
    /// More or fewer hashes than the sizes ask for.
    #[error("the proof has not as many hashes as its sizes ask for")]
    Length,
    /// The hashes do not lead to the root.
    #[error("the proof does not lead to the root")]
    Root,
    /// The hashes do not lead to the older root.
    #[error("the proof does not lead to the older root")]
    OldRoot,
}

/// The root to which a leaf hash and its proof lead (RFC 9162, section 2.1.3.2).
///
/// # Errors
/// When the leaf is outside the tree, or the proof has another number of hashes.
pub fn root_from_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::Outside { index, size });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut root = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            // Levels where the node is the last one and has no sibling are passed over.
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            root = node_hash(&root, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last == 0 { Ok(root) } else { Err(ProofError::Length) }
}

/// Checks that a leaf is in a tree.
///
/// # Errors
/// When the proof does not show it.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    let found = root_from_inclusion(leaf, index, size, proof)?;
    if found == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Checks that a tree begins with all the leaves of an older one, in their order (RFC 9162, section
/// 2.1.4.2). Every tree follows from the empty one, and each from itself: with no hash at all.
///
/// # Errors
/// When the proof does not show it.
pub fn verify_consistency(
    (old, old_root): (u64, &Hash),
    (new, new_root): (u64, &Hash),
    proof: &[Hash],
) -> Result<(), ProofError> {
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == new || old == 0 {
        let empty = old == 0 && *old_root != crate::empty_root();
        return match () {
            () if !proof.is_empty() => Err(ProofError::Length),
            () if empty => Err(ProofError::OldRoot),
            () if old == new && old_root != new_root => Err(ProofError::Root),
            () => Ok(()),
        };
    }
    // A full older tree is a node of the newer one, which its verifier knows already.
    let (first, rest) = if old.is_power_of_two() {
        (old_root, proof)
    } else {
        proof.split_first().ok_or(ProofError::Length)?
    };
    let (mut node, mut last) = (old - 1, new - 1);
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut older, mut newer) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            older = node_hash(sibling, &older);
            newer = node_hash(sibling, &newer);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            newer = node_hash(&newer, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    match () {
        () if last != 0 => Err(ProofError::Length),
        () if older != *old_root => Err(ProofError::OldRoot),
        () if newer != *new_root => Err(ProofError::Root),
        () => Ok(()),
    }
}
