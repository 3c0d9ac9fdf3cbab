//! Prints every proof of a small tree, for a judge in another language: leaf i hashes the number i, four
//! bytes little endian. `cargo run -p seal --example proofs -- 300 | python3 tests/oracle/merkle.py`

#![allow(clippy::print_stdout, reason = "it prints")]
#![allow(clippy::unwrap_used, reason = "a wrong argument ends it")]

use seal::tile::{consistency_proof, inclusion_proof, root};
use seal::{Hash, Tiles, hex, leaf_hash};
use std::convert::Infallible;
use std::ops::Range;

/// The leaves alone: below 256 of them, and in ranges that stay in a tile.
struct Leaves(Vec<Vec<Hash>>);

impl Tiles for Leaves {
    type Error = Infallible;

    fn hashes(&self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, Infallible> {
        Ok(self.0[usize::from(level)][range.start as usize..range.end as usize].to_vec())
    }
}

fn main() {
    let most: u32 = std::env::args().nth(1).map_or(300, |most| most.parse().unwrap());
    let leaves: Vec<Hash> = (0..most).map(|i| leaf_hash(&i.to_le_bytes())).collect();
    let level_1 = leaves.chunks_exact(256).map(|tile| {
        let mut edge = seal::Frontier::new();
        tile.iter().for_each(|leaf| edge.append(*leaf));
        edge.root()
    });
    let tree = Leaves(vec![leaves.clone(), level_1.collect()]);
    let show = |what: &str, a: u64, n: u64, proof: Vec<Hash>| {
        let hashes: Vec<String> = proof.iter().map(|hash| hex(hash)).collect();
        println!("{what} {a} {n} {}", hashes.join(" "));
    };
    for n in 1..=u64::from(most) {
        println!("root {n} {}", hex(&root(&tree, n).unwrap()));
        for i in 0..n {
            show("inclusion", i, n, inclusion_proof(&tree, i, n).unwrap());
        }
        for m in 1..=n {
            show("consistency", m, n, consistency_proof(&tree, m, n).unwrap());
        }
    }
}
