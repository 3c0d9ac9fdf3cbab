//! The runner: follows the ledger, and every view goes on from its own checkpoint.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says no by a panic")]

mod views_support;

use domain::ids::{Instant, Position, StreamId};
use domain::rules::{RuleSet, Status};
use projections::headcount::{Filter, GroupBy, Population};
use projections::reference::ReferenceLibrary;
use projections::source::{EventSource, Recorded, SourceError};
use projections::time::{KnownAt, TimeQuery};
use projections::views::{
    CountedQuery, EvolutionQuery, HeadcountQuery, PageQuery, QueryError, View, Views,
};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use views_support::{CFA, World, day, keys, training};

fn fill(world: &mut World, dossiers: u8) {
    for n in 0..dossiers {
        let session = training(CFA, "2025-09-01", "2027-08-31");
        let stream = world.enrol_in(session, keys(n, n));
        let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
        if n % 2 == 0 {
            world.rupture(stream, contract, "2026-01-15");
        }
    }
}

/// Copies the files of a view; tables, in a folder of their own, are made again.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            std::fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
        }
    }
}

#[tokio::test]
async fn views_that_died_at_different_positions_meet_again() {
    let (folder, early, mut world) =
        (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), World::new());
    fill(&mut world, 10);
    world.views(folder.path()).await.close().await;
    for view in View::ALL {
        copy(&folder.path().join(view.name()), &early.path().join(view.name()));
    }
    fill(&mut world, 20);
    let views = world.views(folder.path()).await;
    let expected = views.dump().await.unwrap();
    views.close().await;
    let read = |file: &str| std::fs::read(folder.path().join(file)).unwrap();
    let files = ["persons/persons.records", "outcomes/2025-09.rows"];
    let bytes = files.map(read);
    for late in View::ALL {
        let mixed = tempfile::tempdir().unwrap();
        for view in View::ALL {
            let from = if view == late { early.path() } else { folder.path() };
            copy(&from.join(view.name()), &mixed.path().join(view.name()));
        }
        let views = world.views(mixed.path()).await;
        assert_eq!(views.dump().await.unwrap(), expected, "{late} was late");
        views.close().await;
        assert_eq!(files.map(|f| std::fs::read(mixed.path().join(f)).unwrap()), bytes, "{late}");
    }
}

#[tokio::test]
async fn the_runner_follows_and_a_question_waits_for_a_position() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let views = world.views(folder.path()).await;
    let task = tokio::spawn(views.clone().run());
    fill(&mut world, 5);
    views.wait_for(world.head(), Duration::from_secs(20)).await.unwrap();
    assert_eq!(views.lag(), 0);
    let beyond = Position(world.head().0 + 1);
    let behind = views.wait_for(beyond, Duration::from_millis(20)).await.unwrap_err();
    assert!(matches!(behind, QueryError::Behind { wanted, .. } if wanted == beyond));
    task.abort();
}

#[tokio::test]
async fn head_counts_months_and_the_enrolments_behind_agree() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    world.on("2026-01-20");
    fill(&mut world, 10);
    let views = world.views(folder.path()).await;
    let headcount = HeadcountQuery {
        time: TimeQuery::on(day("2026-02-01")),
        rules: RuleSet::R3,
        population: Population::Persons,
        filter: Filter::default(),
        group_by: GroupBy::Trainer,
    };
    let answer = views.headcount(headcount.clone()).await.unwrap();
    let counts = answer.value.total.counts;
    assert_eq!((counts.of(Status::Apprenti), counts.of(Status::Rupturant)), (5, 5));
    assert_eq!(answer.value.groups[0].0, CFA);
    let page = PageQuery { size: 2, after: None };
    let mut counted = CountedQuery { headcount, status: Status::Rupturant, page };
    let mut seen = Vec::new();
    loop {
        let page = views.counted_enrolments(counted.clone()).await.unwrap().value;
        seen.extend(page.entries);
        counted.page.after = page.next;
        if counted.page.after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 5);
    let mut months = EvolutionQuery {
        from: day("2025-12-01"),
        to: day("2026-02-28"),
        known_at: Some(KnownAt::Now),
        min_position: Position(0),
        rules: RuleSet::R3,
        population: Population::Persons,
        filter: Filter::default(),
    };
    let apprentis = |months: &[projections::views::MonthFigures]| -> Vec<u64> {
        months.iter().map(|m| m.figures.counts.apprentis()).collect()
    };
    let now = views.evolution(months.clone()).await.unwrap().value;
    assert_eq!(apprentis(&now), [10, 10, 5]);
    months.known_at = None;
    let each = views.evolution(months).await.unwrap().value;
    assert_eq!(apprentis(&each), [0, 10, 5], "nothing was known in December");
}

/// A ledger whose first reading of a stream fails, as a disk that recovers.
struct Failing(Arc<dyn EventSource>, AtomicBool);

impl EventSource for Failing {
    fn head(&self) -> Position {
        self.0.head()
    }
    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, SourceError> {
        self.0.read_after(after, limit)
    }
    fn read_stream(&self, stream: StreamId, up_to: Position) -> Result<Vec<Recorded>, SourceError> {
        if self.1.swap(false, Ordering::SeqCst) {
            return Err(SourceError::Read("cut".to_owned()));
        }
        self.0.read_stream(stream, up_to)
    }
    fn position_at(&self, instant: Instant) -> Position {
        self.0.position_at(instant)
    }
    fn recorded_at(&self, position: Position) -> Option<Instant> {
        self.0.recorded_at(position)
    }
    fn watch(&self) -> tokio::sync::watch::Receiver<Position> {
        self.0.watch()
    }
}

#[tokio::test]
async fn head_counts_never_go_on_with_the_persons_of_before() {
    let mut world = World::new();
    let one = world.enrol_in(training(CFA, "2025-09-01", "2026-08-31"), keys(1, 1));
    let contract = world.contract(one, 0, "2025-09-01", "2026-08-31");
    let event = world.rupture(one, contract, "2025-10-01");
    // Persons read the stream of a correction; head-counts read it later.
    world.correct_rupture(one, event, contract, "2025-11-01");
    world.enrol_in(training(CFA, "2025-09-01", "2026-08-31"), keys(1, 1));
    let folder = tempfile::tempdir().unwrap();
    let source = Arc::new(Failing(world.ledger.clone(), AtomicBool::new(true)));
    let library = ReferenceLibrary::new(folder.path());
    let views = Views::open(folder.path(), source, library).await.unwrap();
    views.catch_up().await;
    assert!(views.state().iter().any(|(view, _, why)| *view == View::Persons && why.is_some()));
    views.close().await;
    drop(views);
    let views = world.views(folder.path()).await;
    let query = HeadcountQuery {
        time: TimeQuery::on(day("2025-12-01")),
        rules: RuleSet::R3,
        population: Population::Persons,
        filter: Filter::default(),
        group_by: GroupBy::Nothing,
    };
    let total = views.headcount(query).await.unwrap().value.total.counts;
    assert_eq!(total.by_status.iter().sum::<u64>(), 1, "one person in two dossiers: {total:?}");
}

/// A ledger that grows once the feed has read all: what is new is first given to
/// whoever reads from the beginning.
struct Growing(Arc<dyn EventSource>, AtomicBool);

impl EventSource for Growing {
    fn head(&self) -> Position {
        self.0.head()
    }
    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, SourceError> {
        let grown = self.1.fetch_or(after == Position(0), Ordering::SeqCst);
        if grown || after == Position(0) { self.0.read_after(after, limit) } else { Ok(vec![]) }
    }
    fn read_stream(&self, stream: StreamId, up_to: Position) -> Result<Vec<Recorded>, SourceError> {
        self.0.read_stream(stream, up_to)
    }
    fn position_at(&self, instant: Instant) -> Position {
        self.0.position_at(instant)
    }
    fn recorded_at(&self, position: Position) -> Option<Instant> {
        self.0.recorded_at(position)
    }
    fn watch(&self) -> tokio::sync::watch::Receiver<Position> {
        self.0.watch()
    }
}

#[tokio::test]
async fn a_rebuild_of_head_counts_waits_for_the_persons_of_what_came_meanwhile() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    world.enrol_in(training(CFA, "2025-09-01", "2026-08-31"), keys(1, 1));
    world.views(folder.path()).await.close().await;
    world.enrol_in(training(CFA, "2025-09-01", "2026-08-31"), keys(1, 1));
    let source = Arc::new(Growing(world.ledger.clone(), AtomicBool::new(false)));
    let library = ReferenceLibrary::new(folder.path());
    let views = Views::open(folder.path(), source, library).await.unwrap();
    views.rebuild(Some(View::Headcount), |_| {}).await.unwrap();
    assert_eq!(views.position(), world.head());
    let query = HeadcountQuery {
        time: TimeQuery::on(day("2025-10-01")),
        rules: RuleSet::R3,
        population: Population::Persons,
        filter: Filter::default(),
        group_by: GroupBy::Nothing,
    };
    let total = views.headcount(query).await.unwrap().value.total.counts;
    assert_eq!(total.by_status.iter().sum::<u64>(), 1, "one person in two dossiers: {total:?}");
}

#[tokio::test]
async fn a_past_month_waits_for_what_was_known_then_and_the_month_under_way_does_not() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let year = || training(CFA, "2025-09-01", "2026-08-31");
    world.on("2025-12-10").enrol_in(year(), keys(1, 1));
    let views = world.views(folder.path()).await;
    let months = EvolutionQuery {
        from: day("2026-01-01"),
        to: day("2026-01-31"),
        known_at: None,
        min_position: Position(0),
        rules: RuleSet::R3,
        population: Population::Persons,
        filter: Filter::default(),
    };
    world.on("2026-01-10").enrol_in(year(), keys(2, 2));
    let ask = || async { views.evolution(months.clone()).await.unwrap() };
    let begun = std::time::Instant::now();
    assert_eq!(ask().await.value[0].position, Position(1), "nothing came after: what is reflected");
    assert!(begun.elapsed() < Duration::from_secs(5));
    world.on("2026-02-10").enrol_in(year(), keys(3, 3));
    let (answer, ()) = tokio::join!(ask(), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        views.catch_up().await;
    });
    assert_eq!(answer.value[0].position, Position(2));
    assert_eq!(
        answer.value[0].figures.counts.of(Status::Inscrit)
            + answer.value[0].figures.counts.of(Status::Abandon),
        2
    );
    assert!(answer.basis.position >= Position(2));
}
