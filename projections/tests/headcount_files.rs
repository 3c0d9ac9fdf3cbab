//! The files of the view: damage, deaths, order, coverage.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::chance::story;
use common::{LYON, PARIS, Story, establishment, everyone, uai};
use domain::event::{Event, ReferenceSetLoaded};
use domain::ids::{Instant, Position, RunId, Source};
use domain::runs::{
    EstablishmentRows, Extent, PushRunClosed, RunCounts, RunDeclaration, RunEvent, Within,
};
use projections::headcount::{
    CoverageCounts, Filter, GroupBy, HeadcountError, HeadcountView, Query,
};
use projections::source::EventSource;
use std::path::{Path, PathBuf};

fn paths(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|e| e == extension)).collect()
}

#[test]
fn a_process_that_dies_leaves_the_view_at_its_checkpoint() {
    let story = story(3, 20, 200);
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open_with(dir.path(), 50).unwrap();
    let batch = story.source.read_requests(Position(0), 120).unwrap();
    view.apply(&batch, &story.source, &story.groups).unwrap();
    let manifest = std::fs::read(dir.path().join("manifest")).unwrap();
    // All files of the next commit are written, but not the manifest.
    let copies: Vec<(PathBuf, Vec<u8>)> = [paths(dir.path(), "tile"), paths(dir.path(), "delta")]
        .concat()
        .into_iter()
        .map(|path| (path.clone(), std::fs::read(&path).unwrap()))
        .collect();
    story.fold(&view, 1000);
    let complete = std::fs::read(dir.path().join("manifest")).unwrap();
    std::fs::write(dir.path().join("manifest"), &manifest).unwrap();
    std::fs::write(dir.path().join("2024-q1-00.tile.tmp"), b"torn").unwrap();
    copies.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).unwrap());
    drop(view);
    let view = HeadcountView::open_with(dir.path(), 50).unwrap();
    assert_eq!(view.checkpoint(), batch.last().unwrap().position);
    assert_eq!(paths(dir.path(), "tmp").len(), 0);
    assert_eq!(paths(dir.path(), "tile").len() + paths(dir.path(), "delta").len(), copies.len());
    story.fold(&view, 1000);
    assert_eq!(std::fs::read(dir.path().join("manifest")).unwrap(), complete);
}

#[test]
fn any_changed_byte_is_found_before_a_figure_is_given() {
    let story = story(5, 20, 150);
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open_with(dir.path(), 50).unwrap();
    story.fold(&view, 1000);
    drop(view);
    let mut files = [paths(dir.path(), "tile"), paths(dir.path(), "delta")].concat();
    files.push(dir.path().join("manifest"));
    let mut found = 0;
    for path in files {
        let bytes = std::fs::read(&path).unwrap();
        for at in (0..bytes.len()).step_by(41) {
            let mut changed = bytes.clone();
            changed[at] ^= 0x10;
            std::fs::write(&path, &changed).unwrap();
            let outcome = HeadcountView::open_with(dir.path(), 50).and_then(|view| {
                for year in 2021..=2030 {
                    for month in ["02", "05", "08", "11"] {
                        let mut query = everyone(&format!("{year}-{month}-01"));
                        query.group_by = GroupBy::AgeBand;
                        view.query(&query, &story.reference)?;
                    }
                }
                Ok(())
            });
            let is_damage = matches!(outcome, Err(HeadcountError::Damaged { .. }));
            assert!(is_damage, "{} byte {at}: {outcome:?}", path.display());
            found += 1;
        }
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        assert!(HeadcountView::open_with(dir.path(), 50).is_err(), "{} cut", path.display());
        std::fs::write(&path, &bytes).unwrap();
    }
    assert!(found > 100, "{found}");
}

#[test]
fn a_damaged_view_opens_empty_when_asked_and_rebuilds() {
    let story = story(6, 20, 150);
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open(dir.path()).unwrap();
    story.fold(&view, 1000);
    let rows = view.rows();
    drop(view);
    std::fs::write(dir.path().join("manifest"), b"nothing").unwrap();
    assert!(matches!(HeadcountView::open(dir.path()), Err(HeadcountError::Damaged { .. })));
    let view = HeadcountView::open_or_reset(dir.path()).unwrap();
    assert_eq!(view.checkpoint(), Position(0));
    story.remake(&view, 30);
    assert_eq!((view.rows(), view.checkpoint()), (rows, story.source.head()));
    assert_eq!(HeadcountView::open(dir.path()).unwrap().rows(), rows);
}

#[test]
fn batches_come_in_order_and_an_old_one_changes_nothing() {
    let story = story(8, 20, 150);
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open(dir.path()).unwrap();
    let read = |limit| story.source.read_requests(Position(0), limit).unwrap();
    let (batch, sixty) = (read(100), read(60));
    let gap = view.apply(&batch[10..], &story.source, &story.groups).unwrap_err();
    assert!(matches!(gap, HeadcountError::Gap { expected: Position(1), found: Position(11) }));
    view.apply(&sixty, &story.source, &story.groups).unwrap();
    let rows = view.rows();
    view.apply(&read(50), &story.source, &story.groups).unwrap();
    assert_eq!((view.rows(), view.checkpoint()), (rows, sixty.last().unwrap().position));
    view.apply(&batch[40..], &story.source, &story.groups).unwrap();
    assert_eq!(view.checkpoint(), batch.last().unwrap().position);
}

fn run(extracted_on: &str, cfas: &[&str]) -> Event {
    let day = common::day(extracted_on).and_hms_opt(12, 0, 0).unwrap().and_utc();
    let establishments = cfas
        .iter()
        .map(|digits| EstablishmentRows { establishment: establishment(digits), rows: 3 });
    Event::Run(RunEvent::Closed(PushRunClosed {
        declaration: RunDeclaration {
            id: RunId([1; 16]),
            source: Source::parse("cfa-test").unwrap(),
            software: String::new(),
            extracted_at: Instant(day.timestamp_micros()),
            extent: Extent::Full,
            rows: None,
        },
        counts: RunCounts::default(),
        digest: [0; 32],
        establishments: establishments.collect(),
        seen: Vec::new(),
        held: Vec::new(),
        hold: None,
        within: Within::Source,
    }))
}

#[test]
fn coverage_counts_the_cfas_that_had_transmitted_by_then() {
    let mut story = Story::default();
    let unlisted = "0690001";
    story.other(run("2024-10-01", &[LYON]));
    story.other(run("2024-11-01", &[LYON, PARIS]));
    story.other(run("2024-09-01", &[unlisted, LYON]));
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open(dir.path()).unwrap();
    story.fold(&view, 10);
    let ask = |as_of: &str, known_at: u64, filter: Filter| {
        let query = Query { known_at: Position(known_at), filter, ..everyone(as_of) };
        let CoverageCounts { transmitting, known } = view.coverage(&query, &story.reference).total;
        (transmitting, known)
    };
    let all = Filter::default;
    let region = || Filter { region: Some("84".to_owned()), ..Filter::default() };
    let in_region = story.reference.cfas().filter(|(uai, _)| {
        story.reference.departement_of(*uai).is_some_and(|(_, place)| place.region == "84")
    });
    let in_region = in_region.count() as u64;
    assert_eq!(ask("2024-10-01", 0, all()), (0, 40));
    assert_eq!(ask("2024-10-01", 1, all()), (1, 40));
    assert_eq!(ask("2024-09-30", 2, all()), (0, 40));
    assert_eq!(ask("2024-11-01", 2, all()), (2, 40));
    assert_eq!(ask("2024-09-30", 3, all()), (2, 41), "an earlier run that arrives later");
    assert_eq!(ask("2024-11-01", 3, region()), (2, in_region + 1));
    let one = Filter { trainer: Some(uai(PARIS)), ..Filter::default() };
    assert_eq!(ask("2024-11-01", 3, one), (1, 1));
    let split = Query { group_by: GroupBy::Departement, ..everyone("2024-12-01") };
    let answer = view.coverage(&split, &story.reference);
    assert_eq!(answer.groups["75"].transmitting, 1);
    assert_eq!(answer.groups.values().map(|c| c.known).sum::<u64>(), 41);
    let again = HeadcountView::open(dir.path()).unwrap();
    assert_eq!(again.coverage(&split, &story.reference), answer, "after a restart");
}

#[test]
fn the_reference_set_in_force_is_known_by_position() {
    let mut story = Story::default();
    let load = |byte| {
        let (name, summary) = (String::new(), String::new());
        Event::ReferenceSetLoaded(ReferenceSetLoaded { hash: [byte; 32], name, summary })
    };
    story.other(load(1));
    story.other(run("2024-10-01", &[LYON]));
    story.other(load(2));
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open(dir.path()).unwrap();
    story.fold(&view, 2);
    let view_again = HeadcountView::open(dir.path()).unwrap();
    for view in [view, view_again] {
        let at = |position| view.reference_at(Position(position)).map(|hash| hash.0[0]);
        assert_eq!([0, 1, 2, 3, 9].map(at), [None, Some(1), Some(1), Some(2), Some(2)]);
    }
}
