//! Head-counts against a naive recomputation, and files against files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::chance::{Chance, query, story};
use common::oracle::{Table, answer};
use domain::ids::Position;
use domain::rules::Status;
use projections::headcount::{Answer, GroupBy, HeadcountView, Query, counted_enrolments};
use projections::source::EventSource;
use std::collections::BTreeMap;
use std::path::Path;

/// Small enough that every history is merged several times.
const MERGE_EVERY: u64 = 64;

fn table(answer: &Answer, query: &Query) -> Table {
    if query.group_by == GroupBy::Nothing {
        let all = std::iter::once((String::new(), answer.total.by_status));
        return all.filter(|(_, counts)| *counts != [0; 5]).collect();
    }
    answer.groups.iter().map(|(key, counts)| (key.clone(), counts.by_status)).collect()
}

fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
    entries.map(|path| (name(&path), std::fs::read(&path).unwrap())).collect()
}

#[test]
fn twelve_hundred_random_questions_have_the_naive_answer() {
    let (mut asked, mut counted) = (0, 0);
    for seed in 0..12 {
        let story = story(seed, 32, 260);
        let events = story.source.all();
        let dir = tempfile::tempdir().unwrap();
        let view = HeadcountView::open_with(dir.path(), MERGE_EVERY).unwrap();
        story.fold(&view, 9 + seed as usize * 7);
        let mut chance = Chance(seed + 1000);
        for _ in 0..100 {
            let query = query(&mut chance, events.len() as u64);
            let expected = answer(&story, &events, &query);
            let given = view.query(&query, &story.reference).unwrap();
            assert_eq!(table(&given, &query), expected, "seed {seed}, {query:?}");
            let sum: u64 = expected.values().flatten().sum();
            assert_eq!(given.total.by_status.iter().sum::<u64>(), sum, "seed {seed}, {query:?}");
            asked += 1;
            counted += u64::from(sum > 0);
        }
    }
    assert_eq!(asked, 1_200);
    assert!(counted > 600, "only {counted} questions counted somebody");
}

#[test]
fn built_bit_by_bit_or_at_once_the_files_are_the_same() {
    for seed in 0..4 {
        let story = story(seed, 25, 190 + seed as usize * 17);
        let dirs = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let views = [0, 1, 2]
            .map(|at: usize| HeadcountView::open_with(dirs[at].path(), MERGE_EVERY).unwrap());
        story.fold(&views[0], 1);
        story.fold(&views[1], 50);
        story.remake(&views[2], 1_000);
        let expected = files(dirs[2].path());
        assert!(expected.len() > 5, "{:?}", expected.keys());
        assert_eq!(files(dirs[0].path()), expected, "seed {seed}, one event at a time");
        assert_eq!(files(dirs[1].path()), expected, "seed {seed}, 50 events at a time");
        // And again over files that are there.
        for batch in [1_000, 33] {
            story.remake(&views[0], batch);
            assert_eq!(files(dirs[0].path()), expected, "seed {seed}, {batch} at a time, in place");
        }
    }
}

#[test]
fn a_figure_names_the_enrolments_behind_it() {
    let mut named = 0;
    for seed in 40..44 {
        let story = story(seed, 30, 300);
        let events = story.source.all();
        let dir = tempfile::tempdir().unwrap();
        let view = HeadcountView::open(dir.path()).unwrap();
        story.fold(&view, 1000);
        let mut chance = Chance(seed);
        for _ in 0..25 {
            let query = query(&mut chance, events.len() as u64);
            let counts = view.query(&query, &story.reference).unwrap().total;
            for status in Status::ALL {
                let mut all = events.iter().map(|recorded| recorded.stream.key);
                let found = counted_enrolments(
                    &query,
                    status,
                    &mut all,
                    &story.source,
                    &story.groups,
                    &story.reference,
                );
                let found = found.unwrap().len() as u64;
                assert_eq!(found, counts.of(status), "seed {seed}, {status}, {query:?}");
                named += found;
            }
        }
    }
    assert!(named > 100, "{named}");
}

#[test]
fn a_past_position_answers_as_it_did_then() {
    let story = story(7, 40, 400);
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open_with(dir.path(), MERGE_EVERY).unwrap();
    let mut chance = Chance(7);
    let mut then = Vec::new();
    while view.checkpoint() < story.source.head() {
        let batch = story.source.read_requests(view.checkpoint(), 40).unwrap();
        view.apply(&batch, &story.source, &story.groups).unwrap();
        let mut asked = query(&mut chance, 400);
        asked.known_at = Position(u64::MAX);
        let given = view.query(&asked, &story.reference).unwrap();
        asked.known_at = given.position;
        then.push((asked, given));
    }
    for (asked, given) in then {
        assert_eq!(view.query(&asked, &story.reference).unwrap(), given, "{asked:?}");
    }
}
