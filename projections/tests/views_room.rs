//! A disk without room: the views wait for it where they are, answer from there, and
//! go on as soon as there is some.
//!
//! `/dev/full` is the disk: a file of a view that leads there is opened, and takes no byte.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says no by a panic")]

mod views_support;

use domain::rules::RuleSet;
use projections::headcount::{Filter, GroupBy, Population};
use projections::time::TimeQuery;
use projections::views::{Answer, HeadcountAnswer, HeadcountQuery, QueryError, View, Views};
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;
use views_support::{CFA, World, day, keys, training};

/// Files that are replaced as a whole: what could not be written of them is removed, so that
/// the next try finds room.
const REPLACED: [&str; 4] = [
    "persons/persons.new",
    "outcomes/outcomes.new",
    "headcount/rows.delta.tmp",
    "headcount/manifest.tmp",
];
/// A file of a month that nobody knew before.
const MONTH: &str = "outcomes/2026-03.rows";

fn fill(world: &mut World, dossiers: std::ops::Range<u8>, start: &str) {
    for n in dossiers {
        let stream = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(n, n));
        world.contract(stream, 0, start, "2027-08-31");
    }
}

/// Ten dossiers folded, then ten more told, six of them of a month of their own.
async fn behind(folder: &Path) -> (World, Views) {
    let mut world = World::new();
    fill(&mut world, 1..11, "2025-09-01");
    let views = world.views(folder).await;
    // Two persons of the first ones come again.
    fill(&mut world, 9..13, "2025-09-01");
    fill(&mut world, 13..19, "2026-03-01");
    (world, views)
}

async fn learners(views: &Views) -> Answer<HeadcountAnswer> {
    let query = HeadcountQuery {
        time: TimeQuery::on(day("2026-04-01")),
        rules: RuleSet::R3,
        population: Population::Persons,
        filter: Filter::default(),
        group_by: GroupBy::Nothing,
    };
    views.headcount(query).await.unwrap()
}

fn count(answer: &Answer<HeadcountAnswer>) -> u64 {
    answer.value.total.counts.by_status.iter().sum()
}

fn none_stopped(views: &Views) {
    assert!(views.state().iter().all(|(_, _, reason)| reason.is_none()), "{:?}", views.state());
}

/// The files of the views but SQLite's, whose bytes are no promise.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let folders = ["persons", "headcount", "outcomes"].map(|view| folder.join(view));
    let entries = folders.iter().flat_map(|view| std::fs::read_dir(view).unwrap());
    // Tables, in a folder of their own, lead into the others.
    let paths = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    paths
        .map(|path| (path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect()
}

/// The views are what those are that never lacked room.
async fn must_be_as_ever(world: &World, views: &Views, folder: &Path) {
    none_stopped(views);
    assert_eq!(views.position(), world.head());
    assert_eq!(count(&learners(views).await), 18);
    let other = tempfile::tempdir().unwrap();
    let others = world.views(other.path()).await;
    assert_eq!(views.dump().await.unwrap(), others.dump().await.unwrap());
    must_be_equal(&files(folder), &files(other.path()));
}

fn must_be_equal(one: &BTreeMap<PathBuf, Vec<u8>>, other: &BTreeMap<PathBuf, Vec<u8>>) {
    assert!(one.keys().eq(other.keys()), "{:?} and {:?}", one.keys(), other.keys());
    for (name, bytes) in one {
        assert!(bytes == &other[name], "{} has other bytes", name.display());
    }
}

#[tokio::test]
async fn a_batch_that_finds_no_room_is_folded_when_there_is_some() {
    for file in REPLACED {
        let folder = tempfile::tempdir().unwrap();
        let (world, views) = behind(folder.path()).await;
        let (reached, mut before) = (views.position(), files(folder.path()));
        symlink("/dev/full", folder.path().join(file)).unwrap();
        views.catch_up().await;
        none_stopped(&views);
        assert_eq!(views.position(), reached, "{file} found room");
        let answer = learners(&views).await;
        assert_eq!((answer.basis.position, count(&answer)), (reached, 10), "{file}");
        if file.starts_with("headcount") {
            // What was written of them would take room.
            let mut after = files(folder.path());
            for files in [&mut before, &mut after] {
                files.retain(|name, _| name.starts_with("headcount"));
            }
            must_be_equal(&after, &before);
        }
        views.catch_up().await;
        must_be_as_ever(&world, &views, folder.path()).await;
    }
}

#[tokio::test]
async fn what_was_half_written_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let (world, views) = behind(folder.path()).await;
    for file in ["persons/persons.records", "outcomes/2025-09.rows", MONTH] {
        let path = folder.path().join(file);
        let mut bytes = std::fs::read(&path).unwrap_or_default();
        bytes.extend([7; 100]);
        std::fs::write(path, bytes).unwrap();
    }
    views.catch_up().await;
    must_be_as_ever(&world, &views, folder.path()).await;
}

#[tokio::test]
async fn who_follows_the_log_tries_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let (mut world, views) = behind(folder.path()).await;
    let reached = views.position();
    symlink("/dev/full", folder.path().join(MONTH)).unwrap();
    let task = tokio::spawn(views.clone().run());
    // Persons come first, and have room.
    while views.state().iter().any(|(view, at, _)| *view == View::Persons && *at < world.head()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let behind = views.wait_for(world.head(), Duration::from_millis(100)).await.unwrap_err();
    assert!(matches!(behind, QueryError::Behind { reached: at, .. } if at == reached), "{behind}");
    none_stopped(&views);
    assert_eq!(count(&learners(&views).await), 10);
    // What comes meanwhile makes the batch longer.
    fill(&mut world, 1..2, "2026-03-01");
    std::fs::remove_file(folder.path().join(MONTH)).unwrap();
    views.wait_for(world.head(), Duration::from_secs(60)).await.unwrap();
    must_be_as_ever(&world, &views, folder.path()).await;
    task.abort();
}

#[tokio::test]
async fn a_rebuild_that_found_no_room_says_so_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let (mut world, views) = behind(folder.path()).await;
    views.close().await;
    spoil(folder.path()).await;
    let views = world.views(folder.path()).await;
    symlink("/dev/full", folder.path().join("headcount/manifest.tmp")).unwrap();
    let error = views.rebuild(Some(View::Headcount), |_| {}).await.unwrap_err();
    assert!(matches!(error, QueryError::Store(_)), "{error}");
    assert!(error.to_string().contains("no room for the view headcount"), "{error}");
    let answer = learners(&views).await;
    assert_eq!((answer.basis.position, count(&answer)), (world.head(), 20), "those of before");
    // What comes now is not of those that are being put in place.
    fill(&mut world, 1..2, "2026-03-01");
    views.catch_up().await;
    must_be_as_ever(&world, &views, folder.path()).await;
}

/// Puts head-counts of another log, as long, in the place of those of a folder.
async fn spoil(folder: &Path) {
    let (other, mut world) = (tempfile::tempdir().unwrap(), World::new());
    fill(&mut world, 1..21, "2025-09-01");
    world.views(other.path()).await.close().await;
    let headcount = folder.join("headcount");
    std::fs::remove_dir_all(&headcount).unwrap();
    std::fs::rename(other.path().join("headcount"), headcount).unwrap();
}
