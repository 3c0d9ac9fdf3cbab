//! A file that ends too early: at every edge of a record, of a group, of a key,
//! and anywhere.
//!
//! The newest segment opens with its whole groups, and a warning names the position
//! after which something is gone; any other file that lacks what was acknowledged
//! refuses the start. No byte before the cut is touched.

use crate::common::random::Random;
use crate::counts;
use crate::support::fault::Fault;
use crate::support::store::{Shown, Store, is_derived};
use std::path::{Path, PathBuf};

/// Apprentices, bytes of a segment, bytes of the log.
const STORE: (u32, u64, usize) = (200, 64 * 1024, 160 * 1024);
/// Bytes of the header of `keys/subjects`, and of an entry.
const KEYS: (usize, usize) = (32, 116);

#[test]
fn truncations() {
    let mut fault = Fault::new(counts::TRUNCATIONS, "cuts reported");
    let seed = fault.seed();
    let (apprentices, segment, bytes) = STORE;
    let store = Store::fill(seed, apprentices, segment, bytes);
    let mut random = fault.random(seed);
    let cuts = cuts(&mut random, &store, fault.planned());
    println!("{} events, {} cuts", store.records.len(), cuts.len());
    for (path, length) in cuts {
        one_cut(&mut fault, &store, &path, length);
    }
    assert_eq!(store.show(true), Shown::default(), "something was not put back");
    fault.acknowledged(store.records.len());
    fault.end();
}

/// Found by `truncations`, seed 1795709110: an opening panicked.
#[test]
fn a_segment_cut_to_its_header_refuses_the_start() {
    let store = Store::fill(1, 60, 16 * 1024, 40 * 1024);
    let first = store.groups.keys().next().unwrap();
    store.write(first, &store.files[first][..128]);
    let shown = store.show(false);
    assert_eq!((shown.wrong, shown.hidden, shown.reported), (0, 0, store.records.len()));
}

fn one_cut(fault: &mut Fault, store: &Store, path: &Path, length: usize) {
    let what = format!("{} cut at {length}", path.display());
    let whole = &store.files[path];
    store.write(path, &whole[..length]);
    let shown = store.show(false);
    fault.served_wrong(shown.wrong);
    fault.lost(shown.hidden);
    fault.hit(u64::from(shown.reported > 0));
    assert!(shown.hidden + shown.wrong == 0, "{what}: {shown:?}");
    if length < store.used(path) {
        assert!(shown.reported > 0, "{what}: nobody was told");
    }
    if path == store.last_segment() {
        // What is whole is shown, and nothing of it was touched.
        let groups = &store.groups[path];
        let whole_groups = groups.iter().take_while(|group| group.bytes.end <= length);
        let kept = whole_groups.last().map_or(0, |group| group.bytes.end);
        let gone = groups.iter().skip_while(|group| group.bytes.end <= length);
        let gone: usize = gone.map(|group| group.records.len()).sum();
        assert!(shown.reported == gone || length < 128, "{what}: {shown:?}, {gone} are gone");
        let now = std::fs::read(store.data.join(path)).unwrap();
        assert_eq!(now[..kept], whole[..kept], "{what}: older bytes were touched");
    }
    for (other, before) in &store.files {
        // What is derived may be made again.
        if other != path && !is_derived(other) {
            let now = std::fs::read(store.data.join(other)).unwrap();
            assert!(now == *before, "{what}: {} was touched", other.display());
        }
    }
    store.restore();
    fault.ran();
}

/// Every edge of the log and of the keys, then lengths drawn at random until there are enough.
fn cuts(random: &mut Random, store: &Store, wanted: u64) -> Vec<(PathBuf, usize)> {
    let mut cuts = Vec::new();
    for (path, groups) in &store.groups {
        let records = groups.iter().flat_map(|group| &group.records);
        let edges = records.map(|(_, at)| at.start).chain(groups.iter().map(|g| g.bytes.start));
        let edges = edges.chain([0, store.used(path)]);
        cuts.extend(edges.map(|at| (path.clone(), at)));
    }
    let keys = PathBuf::from("keys/subjects");
    let (header, entry) = KEYS;
    let length = store.files[&keys].len();
    let edges = [0, header].into_iter().chain((header..length).step_by(entry * 8));
    cuts.extend(edges.map(|at| (keys.clone(), at)));
    let files: Vec<&PathBuf> = store.groups.keys().chain([&keys]).collect();
    for _ in cuts.len() as u64..cuts.len() as u64 + wanted {
        let path = files[random.below(files.len() as u64) as usize];
        let length = random.below(store.used(path) as u64) as usize;
        cuts.push((path.clone(), length));
    }
    cuts
}
