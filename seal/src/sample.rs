//! A sample of contracts that nobody could choose.
//!
//! The rank of a contract is a hash of a seed and its name, and those with the smallest ranks are drawn. So a sample is the
//! same whoever draws it and in whatever order names are met, and whoever has the names can see that none was
//! preferred: `printf 'registre sample v1\n1\ncontracts/…' | sha256sum` is the rank of one under the seed 1.

use crate::Hash;
use sha2::{Digest, Sha256};

/// What begins the text that is hashed: of nothing else that is hashed here.
const SEPARATION: &str = "registre sample v1";

/// The rank of a name under a seed.
#[must_use]
pub fn rank(seed: u64, name: &str) -> Hash {
    Sha256::digest(format!("{SEPARATION}\n{seed}\n{name}")).into()
}

/// The names of the smallest ranks, at most so many, smallest rank first. Names are different from each other.
#[must_use]
pub fn draw(names: &[String], size: usize, seed: u64) -> Vec<&str> {
    let mut ranked: Vec<(Hash, &str)> =
        names.iter().map(|name| (rank(seed, name), name.as_str())).collect();
    ranked.sort_unstable();
    ranked.into_iter().take(size).map(|(_, name)| name).collect()
}

/// What a whole population is known by: SHA-256 of its names in order, each followed by a line feed.
#[must_use]
pub fn population(names: &[String]) -> Hash {
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort_unstable();
    let mut hasher = Sha256::new();
    for name in sorted {
        hasher.update(name.as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hex;

    fn names(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("contracts/{n:032x}")).collect()
    }

    #[test]
    fn a_rank_is_what_any_program_computes() {
        // printf 'registre sample v1\n1\ncontracts/a' | sha256sum
        let rank = hex(&rank(1, "contracts/a"));
        assert_eq!(rank, "464fbeab3abcef16845c95caaedbadc0494a16553da6e98c45648134753f546f");
        // printf 'contracts/a\ncontracts/b\n' | sha256sum
        let both = ["contracts/b".to_owned(), "contracts/a".to_owned()];
        assert_eq!(
            hex(&population(&both)),
            "4d6dfaea409255cb4daf82421e9effbcc90203745cb6f5ac4f7a31ad08ea3d74"
        );
    }

    #[test]
    fn a_sample_does_not_depend_on_the_order_and_does_on_the_seed() {
        let names = names(1_000);
        let mut turned = names.clone();
        turned.reverse();
        let drawn = draw(&names, 50, 1);
        assert_eq!((drawn.len(), draw(&turned, 50, 1)), (50, drawn.clone()));
        assert_eq!(population(&names), population(&turned));
        assert_ne!(draw(&names, 50, 2), drawn);
        assert_eq!(
            draw(&names, 20, 1),
            drawn[..20],
            "a smaller one is the beginning of a larger one"
        );
        assert_eq!(draw(&names[..10], 50, 1).len(), 10, "no more than there are");
        assert!(draw(&names, 0, 1).is_empty() && draw(&[], 50, 1).is_empty());
        // Another population with the same names in it: who was drawn is drawn, unless others come before.
        let before: Vec<&str> = draw(&names[..999], 50, 1);
        assert!(drawn.iter().filter(|name| !before.contains(name)).count() <= 1);
    }

    #[test]
    fn every_name_is_drawn_as_often_as_any_other() {
        let names = names(20);
        let mut drawn = [0_u32; 20];
        for seed in 0..10_000 {
            for name in draw(&names, 5, seed) {
                let n = usize::from_str_radix(name.trim_start_matches("contracts/"), 16).unwrap();
                drawn[n] += 1;
            }
        }
        // 2,500 each; the standard deviation is 43.
        assert!(drawn.iter().all(|count| (2_300..2_700).contains(count)), "{drawn:?}");
    }
}
