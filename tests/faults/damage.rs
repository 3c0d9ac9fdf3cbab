//! A disk that gives back other bytes than it was given: one flipped bit, one
//! page of zeros, in every page of the log, of its index and of the keys.
//!
//! Whatever is opened and read afterwards is the truth or an error that names the
//! place. Only the newest groups may be cut, as `docs/formats/journal.md` says,
//! with a warning that names the position.

use crate::common::random::Random;
use crate::counts;
use crate::support::fault::{Fault, is_full};
use crate::support::store::{Shown, Store, is_derived};
use domain::ids::Position;
use ledger::Ledger;
use std::num::NonZero;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Bytes of a page.
const PAGE: usize = 4096;

/// Apprentices, bytes of a segment, bytes of the log: of the share and of the whole.
const SMALL: (u32, u64, usize) = (500, 128 * 1024, 512 * 1024);
const WHOLE: (u32, u64, usize) = (12_000, 4 * 1024 * 1024, 16 * 1024 * 1024);

#[test]
fn damaged_pages() {
    let mut fault = Fault::new(counts::DAMAGED_PAGES, "damages reported");
    let seed = fault.seed();
    let (apprentices, segment, bytes) = if is_full() { WHOLE } else { SMALL };
    let store = Store::fill(seed, apprentices, segment, bytes);
    assert_eq!(store.show(true), Shown::default(), "nothing is damaged yet");
    assert!(!store.fsck_sees());
    let mut random = fault.random(seed);
    let mut pages = pages(&store);
    println!("{} events, {} pages", store.records.len(), pages.len());
    if !is_full() {
        sample(&mut random, &mut pages, usize::try_from(fault.planned()).unwrap());
    }
    let next = AtomicUsize::new(0);
    let (told, each) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, NonZero::get) {
            let (told, next, pages, twin) = (told.clone(), &next, &pages, store.twin());
            scope.spawn(move || {
                while let Some((path, page)) = pages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Drawn for each page by itself: whoever damages it, it is damaged so.
                    let mut random = Random::new(seed ^ page.start as u64);
                    for damage in [flipped, zeroed] {
                        let damaged = damage(&mut random, &twin.files[path], page);
                        if damaged != twin.files[path] {
                            told.send(one_damage(&twin, path, page, &damaged)).unwrap();
                        }
                    }
                }
            });
        }
        drop(told);
        for shown in each {
            fault.served_wrong(shown.wrong);
            fault.lost(shown.hidden);
            fault.hit(u64::from(shown.reported > 0));
        }
    });
    for (path, page) in &pages {
        fault.acknowledged(store.records_in(path, page).len());
        fault.ran();
    }
    fault.end();
}

/// The same under a ledger that is open, of each page of the log.
#[test]
fn damaged_while_open() {
    let mut fault = Fault::new(counts::DAMAGED_WHILE_OPEN, "records refused");
    let seed = fault.seed();
    let (apprentices, segment, bytes) = if is_full() { WHOLE } else { SMALL };
    let store = Store::fill(seed, apprentices, segment, bytes);
    let ledger = store.open().unwrap();
    let mut random = fault.random(seed);
    for (path, page) in pages(&store) {
        let records = store.records_in(&path, &page);
        if records.is_empty() {
            continue;
        }
        let damaged = flipped(&mut random, &store.files[&path], &page);
        write_page(&store, &path, &page, &damaged);
        for position in &records {
            match read_one(&ledger, *position) {
                Err(error) => {
                    assert!(error.contains(&format!("position {position} ")), "{error}");
                    fault.hit(1);
                }
                Ok(served) => {
                    let right = served == store.records[usize::try_from(position - 1).unwrap()];
                    fault.served_wrong(usize::from(!right));
                }
            }
        }
        write_page(&store, &path, &page, &store.files[&path]);
        fault.acknowledged(records.len());
        fault.ran();
    }
    drop(ledger);
    assert_eq!(store.show(false), Shown::default(), "something was not put back");
    fault.end();
}

fn one_damage(store: &Store, path: &Path, page: &Range<usize>, damaged: &[u8]) -> Shown {
    let index = is_derived(path);
    // What is changed in the zeros behind the last group of a full segment harms nobody.
    let changed = store.files[path].iter().zip(damaged).position(|(before, now)| before != now);
    let used = changed.is_some_and(|first| first < store.used(path));
    store.write(path, damaged);
    // Only an opening has the key that tells of `keys/kek` and `keys/master`.
    let checked = path == Path::new("keys/subjects") || store.groups.contains_key(path);
    if used && checked {
        assert!(store.fsck_sees(), "fsck does not see {} at {page:?}", path.display());
    }
    // Keys are used by what is sealed, the index by what is asked of streams.
    let shown = store.show(index || path.starts_with("keys"));
    if shown.hidden + shown.wrong > 0 {
        println!("{} at {page:?}: {shown:?}", path.display());
    }
    if index {
        // It is derived: the next opening makes it again, and nothing is missing.
        assert_eq!(store.show(true), Shown::default(), "{} at {page:?}", path.display());
    }
    store.restore();
    shown
}

/// Every page of every file.
fn pages(store: &Store) -> Vec<(PathBuf, Range<usize>)> {
    let of = |(path, bytes): (&PathBuf, &Vec<u8>)| {
        // Of the zeros after the newest group one page stands for all.
        let end = if path == store.last_segment() { store.used(path) + PAGE } else { bytes.len() };
        let (path, end) = (path.clone(), end.min(bytes.len()));
        let page = move |start: usize| (path.clone(), start..(start + PAGE).min(end));
        (0..end).step_by(PAGE).map(page).collect::<Vec<_>>()
    };
    store.files.iter().flat_map(of).collect()
}

/// Some of the log, and of each other file at least one.
fn sample(random: &mut Random, pages: &mut Vec<(PathBuf, Range<usize>)>, count: usize) {
    let files = pages.iter().map(|(path, _)| path).collect::<std::collections::HashSet<_>>().len();
    assert!(count >= files, "at least {files} runs: each file has a page");
    while pages.len() > count {
        let rank = random.below(pages.len() as u64) as usize;
        let path = &pages[rank].0;
        if pages.iter().filter(|(other, _)| other == path).count() > 1 {
            pages.swap_remove(rank);
        }
    }
}

fn flipped(random: &mut Random, bytes: &[u8], page: &Range<usize>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = page.start + random.below(page.len() as u64) as usize;
    bytes[at] ^= 1 << random.below(8);
    bytes
}

fn zeroed(_: &mut Random, bytes: &[u8], page: &Range<usize>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[page.clone()].fill(0);
    bytes
}

/// Writes a page in place, under the open file.
fn write_page(store: &Store, path: &Path, page: &Range<usize>, bytes: &[u8]) {
    use std::os::unix::fs::FileExt;
    let file = std::fs::File::options().write(true).open(store.data.join(path)).unwrap();
    file.write_all_at(&bytes[page.clone()], page.start as u64).unwrap();
}

fn read_one(ledger: &Ledger, position: u64) -> Result<ledger::record::StoredRecord, String> {
    let read = ledger.journal().read_after(Position(position - 1), 1);
    read.map(|mut records| records.pop().unwrap()).map_err(|error| format!("{error} "))
}
