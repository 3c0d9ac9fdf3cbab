//! Tables against maps in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::layout::{PAGE, PAYLOAD, page_crc, pairs_a_page, seed};
use super::shelf::Merged;
use super::table::Pair;
use super::write::{Span, write};
use super::*;
use crate::disk::{Disk, SystemDisk};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

const OWNER: [u8; 16] = [7; 16];

fn disk() -> Arc<dyn Disk> {
    Arc::new(SystemDisk)
}

/// What ordinals are seen at: some of their own, some shared by many.
fn hashes_of(ordinal: u32) -> [u64; 2] {
    let own = |kind, n: u32| hash(kind, u128::from(n).to_le_bytes());
    let crowd = if ordinal.is_multiple_of(3) { 0 } else { ordinal % 1000 };
    [own(1, ordinal), own(2, crowd)]
}

fn value_of(ordinal: u32) -> u32 {
    ordinal.wrapping_mul(2_654_435_761)
}

fn made(folder: &Path, first: u32, last: u32) -> Table {
    let mut pairs: Vec<_> = (first..=last).flat_map(|o| hashes_of(o).map(|h| (h, o))).collect();
    pairs.sort_unstable();
    let hashes = pairs.chunk_by(|a, b| a.0 == b.0).count() as u64;
    let span = Span { owner: OWNER, first, last, units: 1, mark: last.to_le_bytes().to_vec() };
    let mut values = (first..=last).map(|ordinal| Ok(value_of(ordinal)));
    let pair = |(hash, ordinal)| Ok(Pair { hash, ordinal, value: value_of(ordinal) });
    write(&disk(), folder, span, hashes, pairs.into_iter().map(pair), Some(&mut values)).unwrap()
}

fn open(folder: &Path) -> Shelf {
    Shelf::open(&disk(), folder, &|table| *table.owner() == OWNER).unwrap()
}

/// Whether a shelf answers as a map in memory does.
fn must_agree(shelf: &Shelf, last: u32) {
    let mut expected: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for ordinal in 1..=last {
        for hash in hashes_of(ordinal) {
            expected.entry(hash).or_default().push(ordinal);
        }
    }
    let ask = |hash| {
        let (mut found, mut valued) = (Vec::new(), Vec::new());
        for table in shelf.tables() {
            table.find(hash, &mut found).unwrap();
            table.find_valued(hash, &mut valued).unwrap();
        }
        let with_value = found.iter().map(|ordinal| (*ordinal, value_of(*ordinal)));
        assert_eq!(valued, with_value.collect::<Vec<_>>());
        found
    };
    for (hash, ordinals) in &expected {
        assert_eq!(ask(*hash), *ordinals);
    }
    for stranger in 0..10_000_u32 {
        assert!(ask(hash(3, u128::from(stranger).to_le_bytes())).is_empty());
    }
    let mut cache = PageCache::default();
    for ordinal in 1..=last {
        let table = shelf.covering(ordinal).unwrap();
        assert_eq!(table.value(ordinal, &mut cache).unwrap(), Some(value_of(ordinal)));
    }
    assert!(shelf.covering(0).is_none() && shelf.covering(last + 1).is_none());
}

#[test]
fn a_shelf_finds_every_ordinal_of_every_hash_before_and_after_merges() {
    let folder = tempfile::tempdir().unwrap();
    let mut shelf = Shelf::default();
    let mut last = 0;
    // Enough for merged tables of merged tables, of uneven sizes.
    for number in 0..70 {
        let first = last + 1;
        last += 1 + (number * 37) % 400;
        shelf = shelf.with(made(folder.path(), first, last));
        while let Some(Merged { shelf: next, replaced }) =
            shelf.merged(&disk(), folder.path(), &AtomicBool::new(false)).unwrap()
        {
            shelf = next;
            replaced.iter().for_each(|path| std::fs::remove_file(path).unwrap());
        }
    }
    assert_eq!(shelf.last(), last);
    let units: Vec<u32> = shelf.tables().iter().map(|table| table.units()).collect();
    assert_eq!(units, [64, 1, 1, 1, 1, 1, 1]);
    must_agree(&shelf, last);
    must_agree(&open(folder.path()), last);
    assert_eq!(shelf.tables()[6].mark(), last.to_le_bytes());
}

#[test]
fn a_hash_whose_pairs_fill_pages_is_found_whole() {
    let folder = tempfile::tempdir().unwrap();
    let many = 3 * pairs_a_page(false) as u32;
    let pair = |hash, ordinal| Ok(Pair { hash, ordinal, value: 0 });
    let pairs = (1..=many).map(|ordinal| pair(42, ordinal)).chain([pair(43, many)]);
    let span = Span { owner: OWNER, first: 1, last: many, units: 1, mark: Vec::new() };
    let table = write(&disk(), folder.path(), span, 2, pairs, None).unwrap();
    let mut found = Vec::new();
    table.find(42, &mut found).unwrap();
    assert_eq!(found, (1..=many).collect::<Vec<_>>());
    found.clear();
    table.find(43, &mut found).unwrap();
    assert_eq!(found, [many]);
    assert_eq!(table.value(1, &mut PageCache::default()).unwrap(), None);
}

#[test]
fn an_opening_keeps_the_longest_cover_and_removes_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let tables = [(1, 10), (11, 20), (1, 20), (21, 30), (41, 50)];
    for (first, last) in tables {
        made(folder.path(), first, last);
    }
    std::fs::write(folder.path().join("0000000031-0000000040.table"), b"no table").unwrap();
    std::fs::write(folder.path().join("table.making"), b"half of one").unwrap();
    let shelf = open(folder.path());
    let spans: Vec<_> = shelf.tables().iter().map(|table| (table.first(), table.last())).collect();
    assert_eq!(spans, [(1, 20), (21, 30)]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let other = Shelf::open(&disk(), folder.path(), &|table| table.first() != 1).unwrap();
    assert_eq!(other.last(), 0, "a cover begins with the first ordinal");
}

#[test]
fn a_flipped_bit_is_seen_wherever_it_is_and_the_table_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), 1, 900);
    let path = folder.path().join("0000000001-0000000900.table");
    let whole = std::fs::read(&path).unwrap();
    assert!(whole.len() >= 6 * PAGE);
    for page in 0..whole.len() / PAGE {
        let mut damaged = whole.clone();
        damaged[page * PAGE + (page * 997) % PAGE] ^= 1 << (page % 8);
        std::fs::write(&path, &damaged).unwrap();
        let shelf = open(folder.path());
        let Some(table) = shelf.tables().first() else {
            assert!(!path.exists());
            continue;
        };
        let ask = |ordinal| {
            let [own, crowd] = hashes_of(ordinal);
            let mut found = Vec::new();
            table.find(own, &mut found)?;
            table.find(crowd, &mut found)?;
            table.value(ordinal, &mut PageCache::default())
        };
        let answers: Vec<_> = (1..=900).map(ask).collect();
        assert!(answers.iter().any(Result::is_err), "page {page}");
        for (rank, answer) in answers.iter().enumerate() {
            assert!(
                answer.is_err() || *answer.as_ref().unwrap() == Some(value_of(rank as u32 + 1))
            );
        }
        assert!(!path.exists(), "the next opening makes it again");
    }
}

#[test]
fn a_table_of_another_format_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), 1, 900);
    let path = folder.path().join("0000000001-0000000900.table");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8..10].copy_from_slice(&1_u16.to_le_bytes());
    let crc = page_crc(seed(&OWNER, 1, 900), 0, &bytes[..PAYLOAD]);
    bytes[PAYLOAD..PAGE].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    assert!(open(folder.path()).tables().is_empty());
    assert!(!path.exists());
}

#[test]
fn a_page_in_the_place_of_another_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    made(folder.path(), 1, 2_000);
    let path = folder.path().join("0000000001-0000002000.table");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.copy_within(PAGE..2 * PAGE, 2 * PAGE);
    std::fs::write(&path, &bytes).unwrap();
    let shelf = open(folder.path());
    let mut found = Vec::new();
    let mut ask = |ordinal| shelf.tables()[0].find(hashes_of(ordinal)[0], &mut found);
    assert!((1..=2_000).any(|ordinal| ask(ordinal).is_err()));
}
