//! The hashes of the tree follow the journal, and proofs come from them whatever happened to their files.

use crate::support::{append, clock, embedded, journal_options, stream};
use domain::ids::Position;
use ledger::disk::SystemDisk;
use ledger::journal::Journal;
use ledger::journal::embedded::EmbeddedJournal;
use ledger::record::Expected;
use ledger::tree::{Tree, TreeError};
use seal::{Hash, Tile, verify_consistency, verify_inclusion};
use std::path::Path;
use std::sync::{Arc, Barrier};
use tempfile::TempDir;

/// Few, so that a small log is stored several times.
const IN_MEMORY: u64 = 300;

struct Log {
    folder: TempDir,
    journal: Arc<dyn Journal>,
    leaves: Vec<Hash>,
}

impl Log {
    async fn of(events: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = embedded(&folder.path().join("log"));
        let mut log = Self { folder, journal, leaves: Vec::new() };
        log.grow(events).await;
        log
    }

    /// Adds events, up to so many in all.
    async fn grow(&mut self, events: u64) {
        while (self.leaves.len() as u64) < events {
            let number = self.leaves.len() as u64;
            let count = (events - number).min(7);
            let of = stream((number % 250) as u8);
            let receipt = self.journal.append(append(of, Expected::Any, number, count)).await;
            self.leaves.extend(receipt.unwrap().lines.iter().map(|line| line.leaf));
        }
    }

    fn tree_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("log/tree")
    }

    fn tree(&self) -> Tree {
        Tree::open(Arc::new(SystemDisk), &self.tree_folder(), IN_MEMORY).unwrap()
    }

    /// Every so many leaves and sizes are proven.
    fn check(&self, tree: &Tree) {
        let head = tree.follow(self.journal.as_ref()).unwrap();
        let n = head.position.0;
        assert_eq!((n, tree.size()), (self.leaves.len() as u64, n));
        assert_eq!(tree.root(n).unwrap(), head.root);
        for index in (0..n).step_by(37) {
            let proof = tree.inclusion(index, n).unwrap();
            verify_inclusion(&self.leaves[index as usize], index, n, &proof, &head.root).unwrap();
            let proof = tree.consistency(index, n).unwrap();
            let older = tree.root(index).unwrap();
            verify_consistency((index, &older), (n, &head.root), &proof).unwrap();
        }
    }
}

fn flip(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn proofs_follow_the_log_and_a_restart() {
    let mut log = Log::of(200).await;
    let tree = log.tree();
    log.check(&tree);
    log.grow(1_500).await;
    log.check(&tree);
    drop(tree);
    let again = log.tree();
    // Some of it is in files, so not all is read again.
    assert!(again.size() >= 1_200, "{}", again.size());
    log.check(&again);
    log.grow(1_900).await;
    log.check(&again);
}

#[tokio::test]
async fn nothing_is_proven_after_the_end() {
    let log = Log::of(10).await;
    let tree = log.tree();
    assert!(matches!(tree.inclusion(0, 1), Err(TreeError::Outside)));
    log.check(&tree);
    assert!(matches!(tree.inclusion(10, 10), Err(TreeError::Outside)));
    assert!(matches!(tree.inclusion(3, 11), Err(TreeError::Outside)));
    assert!(matches!(tree.consistency(3, 11), Err(TreeError::Outside)));
    assert!(matches!(tree.consistency(4, 3), Err(TreeError::Outside)));
    assert!(matches!(tree.tile(Tile { level: 0, index: 0, width: 11 }), Err(TreeError::Outside)));
    assert!(matches!(tree.tile(Tile { level: 3, index: 0, width: 1 }), Err(TreeError::Outside)));
}

#[tokio::test]
async fn files_that_are_lost_cut_or_damaged_are_made_again() {
    let log = Log::of(1_500).await;
    log.check(&log.tree());
    let folder = log.tree_folder();
    let harms: [&dyn Fn(&Path); 6] = [
        &|folder| std::fs::remove_dir_all(folder).unwrap(),
        &|folder| std::fs::remove_file(folder.join("level-1")).unwrap(),
        &|folder| std::fs::write(folder.join("level-0"), [0; 100]).unwrap(),
        &|folder| flip(&folder.join("size"), 20),
        &|folder| flip(&folder.join("level-1"), 3),
        &|folder| std::fs::write(folder.join("size"), b"").unwrap(),
    ];
    for harm in harms {
        harm(&folder);
        log.check(&log.tree());
        assert!(log.tree().size() >= 1_200);
    }
}

#[tokio::test]
async fn damage_inside_an_old_tile_is_never_served() {
    let log = Log::of(1_500).await;
    log.check(&log.tree());
    flip(&log.tree_folder().join("level-0"), 32 * 100 + 5);
    let tree = log.tree();
    tree.follow(log.journal.as_ref()).unwrap();
    // The root is right, since it stands on the level above; what leads through the damage is not.
    assert!(matches!(tree.inclusion(100, 1_500), Err(TreeError::Damaged(_))));
    assert!(matches!(tree.inclusion(101, 1_500), Err(TreeError::Damaged(_))));
    assert!(matches!(tree.consistency(99, 1_500), Err(TreeError::Damaged(_))));
    assert!(matches!(
        tree.tile(Tile { level: 0, index: 0, width: 256 }),
        Err(TreeError::Damaged(_))
    ));
    tree.inclusion(300, 1_500).unwrap();
    tree.make_again(log.journal.as_ref(), tree.begun()).unwrap();
    log.check(&tree);
    tree.inclusion(100, 1_500).unwrap();
}

#[tokio::test]
async fn of_many_who_meet_damage_one_makes_the_tree_again() {
    let log = Log::of(1_500).await;
    log.check(&log.tree());
    flip(&log.tree_folder().join("level-0"), 32 * 100 + 5);
    let tree = log.tree();
    tree.follow(log.journal.as_ref()).unwrap();
    let (before, all_met_it) = (tree.begun(), Barrier::new(8));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                let begun = tree.begun();
                let met = tree.inclusion(100, 1_500);
                all_met_it.wait();
                assert!(matches!(met, Err(TreeError::Damaged(_))));
                tree.make_again(log.journal.as_ref(), begun).unwrap();
                tree.inclusion(100, 1_500).unwrap();
            });
        }
    });
    assert_eq!(tree.begun(), before + 1);
}

#[tokio::test]
async fn another_log_in_the_same_folder_is_followed_from_its_start() {
    let log = Log::of(1_500).await;
    log.check(&log.tree());
    for events in [700, 1_500, 1_600] {
        let mut other = Log::of(0).await;
        other.grow(3).await;
        // Not the same events: the numbers differ from here on.
        other.journal.append(append(stream(9), Expected::Any, 9_999, 1)).await.unwrap();
        let last = other.journal.read_after(Position(3), 1).unwrap();
        other.leaves.push(last[0].leaf());
        other.grow(events).await;
        std::fs::remove_dir_all(other.tree_folder()).ok();
        std::fs::create_dir_all(other.tree_folder()).unwrap();
        for name in ["size", "level-0", "level-1"] {
            std::fs::copy(log.tree_folder().join(name), other.tree_folder().join(name)).unwrap();
        }
        other.check(&other.tree());
    }
}

#[tokio::test]
async fn tiles_are_those_of_the_tree() {
    let log = Log::of(600).await;
    let tree = log.tree();
    log.check(&tree);
    let tile = |level, index, width| tree.tile(Tile { level, index, width }).unwrap();
    assert_eq!(tile(0, 0, 256), log.leaves[..256]);
    assert_eq!(tile(0, 2, 88), log.leaves[512..]);
    let mut edge = seal::Frontier::new();
    log.leaves[256..512].iter().for_each(|leaf| edge.append(*leaf));
    assert_eq!(tile(1, 0, 2)[1], edge.root());
}

#[tokio::test]
async fn the_embedded_journal_is_followed_across_segments() {
    let log = Log::of(900).await;
    drop(log.tree());
    let path = log.folder.path().join("log");
    assert!(ledger::journal::embedded::segment_files(&path).unwrap().len() > 2);
    let Log { folder, journal, leaves } = log;
    drop(journal);
    let journal = Arc::new(EmbeddedJournal::open(&path, &journal_options(clock())).unwrap());
    let log = Log { folder, journal, leaves };
    log.check(&log.tree());
}
