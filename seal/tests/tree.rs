//! The frontier against the published vectors of RFC 6962 implementations and
//! against the definition, written out naively.

mod common;

use common::naive_root;
use proptest::prelude::*;
use seal::{Frontier, FrontierError, Hash, leaf_hash};

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn frontier_of(leaves: &[Hash]) -> Frontier {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.append(*leaf));
    frontier
}

/// The inputs of the certificate-transparency reference tests.
const INPUTS: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

/// The roots after each of them.
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_published_vectors_hold_at_every_size() {
    let mut frontier = Frontier::new();
    for (input, root) in INPUTS.iter().zip(ROOTS) {
        frontier.append(leaf_hash(input));
        assert_eq!(hex(&frontier.root()), root, "at size {}", frontier.size());
    }
}

#[test]
fn the_empty_tree_has_the_hash_of_nothing() {
    let root = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex(&Frontier::new().root()), root);
}

#[test]
fn a_stored_frontier_with_a_missing_hash_is_refused() {
    let bytes = frontier_of(&[[1; 32], [2; 32], [3; 32]]).to_bytes();
    let cut = Frontier::from_bytes(&bytes[..bytes.len() - 32]);
    assert_eq!(cut, Err(FrontierError::Count { size: 3, expected: 2, found: 1 }));
    assert_eq!(Frontier::from_bytes(&bytes[..7]), Err(FrontierError::Short));
    assert!(Frontier::from_bytes(&bytes[..bytes.len() - 1]).is_err());
}

proptest! {
    #[test]
    fn the_frontier_is_the_definition(leaves in proptest::collection::vec(any::<[u8; 32]>(), 0..200)) {
        prop_assert_eq!(frontier_of(&leaves).root(), naive_root(&leaves));
    }

    #[test]
    fn a_frontier_stored_and_read_back_goes_on_alike(
        before in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
        after in proptest::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let mut read = Frontier::from_bytes(&frontier_of(&before).to_bytes()).unwrap();
        after.iter().for_each(|leaf| read.append(*leaf));
        let all: Vec<Hash> = before.iter().chain(&after).copied().collect();
        prop_assert_eq!(read, frontier_of(&all));
    }
}
