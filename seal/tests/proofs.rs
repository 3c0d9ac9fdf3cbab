//! Proofs against the definition written out naively, against another implementation, and against every
//! change of one bit.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::{Tree, naive_root};
use ct_merkle::{ConsistencyProof, HashableLeaf, InclusionProof, RootHash};
use seal::tile::{consistency_proof, frontier, inclusion_proof, root};
use seal::{Hash, ProofError, verify_consistency, verify_inclusion};
use sha2::Sha256;

/// Every pair up to it is tried.
const MOST: u32 = 300;

/// PATH of RFC 6962, section 2.1.1, word for word.
fn naive_path(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() <= 1 {
        return Vec::new();
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut path, sibling) = if index < split {
        (naive_path(index, left), naive_root(right))
    } else {
        (naive_path(index - split, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// SUBPROOF of RFC 6962, section 2.1.2, word for word.
fn naive_subproof(old: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if whole { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let split = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(split);
    let (mut proof, sibling) = if old <= split {
        (naive_subproof(old, left, whole), naive_root(right))
    } else {
        (naive_subproof(old - split, right, false), naive_root(left))
    };
    proof.push(sibling);
    proof
}

/// The number that leaf i hashes.
struct Number(u32);

impl HashableLeaf for Number {
    fn hash<H: ct_merkle::digest::Update>(&self, hasher: &mut H) {
        hasher.update(&self.0.to_le_bytes());
    }
}

fn theirs(root: Hash, size: u64) -> RootHash<Sha256> {
    RootHash::new(root.into(), size)
}

#[test]
fn every_inclusion_up_to_300_is_what_the_definition_and_ct_merkle_say() {
    let tree = Tree::of(MOST);
    let mut pairs = 0;
    for n in 1..=u64::from(MOST) {
        let leaves = &tree.leaves()[..n as usize];
        let top = naive_root(leaves);
        assert_eq!(root(&tree, n).unwrap(), top);
        for i in 0..n {
            let leaf = leaves[i as usize];
            let proof = inclusion_proof(&tree, i, n).unwrap();
            assert_eq!(proof, naive_path(i as usize, leaves), "{i} of {n}");
            verify_inclusion(&leaf, i, n, &proof, &top).unwrap();
            let digests: Vec<_> = proof.iter().map(|hash| (*hash).into()).collect();
            let other = InclusionProof::<Sha256>::from_digests(&digests);
            theirs(top, n).verify_inclusion(&Number(i as u32), i, &other).unwrap();
            pairs += 1;
        }
        assert!(inclusion_proof(&tree, n, n).unwrap().is_empty());
    }
    assert_eq!(pairs, 45_150);
}

#[test]
fn every_consistency_up_to_300_is_what_the_definition_and_ct_merkle_say() {
    let tree = Tree::of(MOST);
    let roots: Vec<Hash> = (0..=MOST as usize).map(|n| naive_root(&tree.leaves()[..n])).collect();
    let mut pairs = 0;
    for n in 1..=u64::from(MOST) {
        let (leaves, top) = (&tree.leaves()[..n as usize], roots[n as usize]);
        verify_consistency((0, &roots[0]), (n, &top), &[]).unwrap();
        for m in 1..=n {
            let proof = consistency_proof(&tree, m, n).unwrap();
            assert_eq!(proof, naive_subproof(m as usize, leaves, true), "{m} to {n}");
            verify_consistency((m, &roots[m as usize]), (n, &top), &proof).unwrap();
            if m < n {
                let digests: Vec<_> = proof.iter().map(|hash| (*hash).into()).collect();
                let other = ConsistencyProof::<Sha256>::from_digests(&digests);
                let older = theirs(roots[m as usize], m);
                theirs(top, n).verify_consistency(&older, &other).unwrap();
            }
            pairs += 1;
        }
    }
    assert_eq!(pairs, 45_150);
}

/// Each bit of some hashes, flipped in turn.
fn flipped(hashes: &[Hash]) -> impl Iterator<Item = Vec<Hash>> {
    (0..hashes.len() * 256).map(|bit| {
        let mut changed = hashes.to_vec();
        changed[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
        changed
    })
}

#[test]
fn no_bit_of_an_inclusion_can_be_changed() {
    let tree = Tree::of(70);
    for n in [1_u64, 2, 3, 5, 8, 13, 64, 65, 70] {
        let top = root(&tree, n).unwrap();
        for i in 0..n {
            let leaf = tree.leaves()[i as usize];
            let proof = inclusion_proof(&tree, i, n).unwrap();
            for changed in flipped(&proof) {
                assert_eq!(verify_inclusion(&leaf, i, n, &changed, &top), Err(ProofError::Root));
            }
            for changed in flipped(&[leaf]) {
                assert!(verify_inclusion(&changed[0], i, n, &proof, &top).is_err());
            }
            for changed in flipped(&[top]) {
                assert!(verify_inclusion(&leaf, i, n, &proof, &changed[0]).is_err());
            }
            for bit in 0..64 {
                let index = i ^ (1 << bit);
                assert!(verify_inclusion(&leaf, index, n, &proof, &top).is_err(), "{index} of {n}");
            }
            let longer = [&proof[..], &[top]].concat();
            assert!(verify_inclusion(&leaf, i, n, &longer, &top).is_err());
            if let Some((_, shorter)) = proof.split_last() {
                assert_eq!(verify_inclusion(&leaf, i, n, shorter, &top), Err(ProofError::Length));
            }
        }
    }
}

#[test]
fn no_bit_of_a_consistency_can_be_changed() {
    let tree = Tree::of(40);
    for n in [2_u64, 3, 7, 8, 9, 33, 40] {
        let top = root(&tree, n).unwrap();
        for m in 1..n {
            let older = root(&tree, m).unwrap();
            let proof = consistency_proof(&tree, m, n).unwrap();
            let check = |older: &Hash, top: &Hash, proof: &[Hash]| {
                verify_consistency((m, older), (n, top), proof)
            };
            for changed in flipped(&proof) {
                assert!(check(&older, &top, &changed).is_err(), "{m} to {n}");
            }
            for changed in flipped(&[older]) {
                assert!(check(&changed[0], &top, &proof).is_err(), "{m} to {n}");
            }
            for changed in flipped(&[top]) {
                assert!(check(&older, &changed[0], &proof).is_err(), "{m} to {n}");
            }
            assert!(check(&older, &top, &[&proof[..], &[top]].concat()).is_err());
            let shorter = proof.split_last().map(|(_, rest)| rest).unwrap();
            assert!(check(&older, &top, shorter).is_err());
        }
    }
    let (one, two) = (root(&tree, 1).unwrap(), root(&tree, 2).unwrap());
    let shrunk = verify_consistency((2, &two), (1, &one), &[]);
    assert_eq!(shrunk, Err(ProofError::Shrunk { old: 2, new: 1 }));
    assert_eq!(verify_consistency((1, &one), (1, &two), &[]), Err(ProofError::Root));
    assert_eq!(verify_consistency((0, &one), (2, &two), &[]), Err(ProofError::OldRoot));
}

#[test]
fn large_trees_are_proven_from_their_tiles() {
    let tree = Tree::of(200_000);
    assert_eq!(tree.0.iter().map(Vec::len).collect::<Vec<_>>(), [200_000, 781, 3]);
    let mut at = 12_345_u64;
    for _ in 0..60 {
        // A small generator is enough to wander through the tree.
        at = at.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let n = 1 + (at >> 33) % 200_000;
        let (i, m) = ((at >> 17) % n, 1 + (at >> 11) % n);
        let top = naive_root(&tree.leaves()[..n as usize]);
        let proof = inclusion_proof(&tree, i, n).unwrap();
        verify_inclusion(&tree.leaves()[i as usize], i, n, &proof, &top).unwrap();
        let older = naive_root(&tree.leaves()[..m as usize]);
        let proof = consistency_proof(&tree, m, n).unwrap();
        verify_consistency((m, &older), (n, &top), &proof).unwrap();
        let edge = frontier(&tree, n).unwrap();
        assert_eq!((edge.size(), edge.root()), (n, top));
    }
}
