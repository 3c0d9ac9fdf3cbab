//! The same log gives the same views, however they were built; the past stays.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says no by a panic"
)]

mod views_support;

use domain::enrolment::Fact;
use domain::event::Event;
use domain::ids::{Category, Position, StreamKey};
use domain::rules::{RuleSet, Status};
use projections::reference::ReferenceLibrary;
use projections::source::{EventSource, Recorded, SourceError};
use projections::time::{KnownAt, TimeQuery};
use projections::views::{ContractsQuery, EnrolmentsQuery, PageQuery, QueryError, View, Views};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use views_support::random::play;
use views_support::{CFA, World, day, keys, training};

/// Every file of the views but SQLite's, whose rows are compared instead, and but tables,
/// which lead into them.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for view in View::ALL.into_iter().filter(|view| *view != View::Detail) {
        for entry in std::fs::read_dir(folder.join(view.name())).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let name = format!("{view}/{}", path.file_name().unwrap().to_string_lossy());
            found.insert(name, std::fs::read(path).unwrap());
        }
    }
    found
}

/// The ledger as it was at a position: what a node saw that follows it.
struct Until(Arc<dyn EventSource>, std::sync::atomic::AtomicU64);

impl EventSource for Until {
    fn head(&self) -> Position {
        Position(self.1.load(std::sync::atomic::Ordering::SeqCst))
    }
    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, SourceError> {
        let mut events = self.0.read_after(after, limit)?;
        events.retain(|event| event.position <= self.head());
        Ok(events)
    }
    fn read_stream(
        &self,
        stream: domain::ids::StreamId,
        up_to: Position,
    ) -> Result<Vec<Recorded>, SourceError> {
        self.0.read_stream(stream, up_to.min(self.head()))
    }
    fn position_at(&self, instant: domain::ids::Instant) -> Position {
        self.0.position_at(instant).min(self.head())
    }
    fn recorded_at(&self, position: Position) -> Option<domain::ids::Instant> {
        self.0.recorded_at(position)
    }
    fn watch(&self) -> tokio::sync::watch::Receiver<Position> {
        self.0.watch()
    }
}

async fn open(folder: &Path, source: Arc<dyn EventSource>) -> Views {
    Views::open(folder, source, ReferenceLibrary::new(folder)).await.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn a_rebuild_and_any_way_of_following_give_the_same_files_and_rows(
        acts in prop::collection::vec(any::<(u8, u8, u16, u16)>(), 1..80),
        stops in prop::collection::vec(1_u64..40, 1..8),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = play(&acts);
            let (at_once, in_steps) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let views = world.views(at_once.path()).await;
            let expected = (files(at_once.path()), views.dump().await.unwrap());

            // In steps, closed and opened again between them.
            let source = Arc::new(Until(world.ledger.clone(), 0.into()));
            for step in stops.into_iter().chain([u64::MAX]) {
                let next = source.head().0.saturating_add(step).min(world.head().0);
                let next = world.settled(Position(next)).0;
                source.1.store(next, std::sync::atomic::Ordering::SeqCst);
                let views = open(in_steps.path(), source.clone()).await;
                views.catch_up().await;
                assert_eq!(views.position(), Position(next));
                views.close().await;
            }
            let stepped = open(in_steps.path(), source).await;
            assert_eq!(stepped.dump().await.unwrap(), expected.1);
            assert_eq!(files(in_steps.path()), expected.0);

            let mut last = 0;
            views.rebuild(None, |progress| last = progress.position.0).await.unwrap();
            assert_eq!(views.dump().await.unwrap(), expected.1);
            assert_eq!(files(at_once.path()), expected.0);
            assert!(last > 0);
        });
    }

    #[test]
    fn a_view_answers_for_the_past_as_it_did_then(
        acts in prop::collection::vec(any::<(u8, u8, u16, u16)>(), 2..60),
        cut in 0.0..1.0_f64,
        offset in 0_i64..900,
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let world = play(&acts);
            let at = Position(1 + ((world.head().0 - 1) as f64 * cut) as u64);
            let (now, then) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let views = world.views(now.path()).await;
            // Within a request, what was known before it.
            let source = Arc::new(Until(world.ledger.clone(), world.settled(at).0.into()));
            let old = open(then.path(), source).await;
            old.catch_up().await;
            let time = TimeQuery::on(day("2025-07-01") + chrono::TimeDelta::days(offset)).at(at);
            let then = TimeQuery { known_at: KnownAt::Now, ..time };
            let page = PageQuery { size: 1_000, after: None };
            let enrolments = EnrolmentsQuery { time, rules: RuleSet::R3, trainer: None, status: None, page: page.clone() };
            let contracts = ContractsQuery { time, trainer: None, broken_only: true, page: page.clone() };
            let alerts = projections::views::AlertsQuery { time, kind: None, trainer: None, departement: None, page };
            assert_eq!(
                views.list_enrolments(enrolments.clone()).await.unwrap().value,
                old.list_enrolments(EnrolmentsQuery { time: then, ..enrolments }).await.unwrap().value
            );
            assert_eq!(
                views.list_contracts(contracts.clone()).await.unwrap().value,
                old.list_contracts(ContractsQuery { time: then, ..contracts }).await.unwrap().value
            );
            assert_eq!(
                views.list_alerts(alerts.clone()).await.unwrap().value,
                old.list_alerts(projections::views::AlertsQuery { time: then, ..alerts }).await.unwrap().value
            );
        });
    }
}

/// More events than a batch holds, five a request: batches, their halves and the load of a
/// long log must leave no trace.
#[tokio::test]
async fn a_long_log_gives_the_same_files_and_rows_at_once_or_followed() {
    let mut world = World::new();
    world.enrol();
    for n in 0..2_100_u16 {
        world.on(&(day("2025-09-01") + chrono::TimeDelta::days(i64::from(n / 16))).to_string());
        // Every third learner has another dossier.
        let mut learner = keys(1, 1);
        let number = if n % 3 == 1 { n - 1 } else { n };
        for key in [&mut learner.ine, &mut learner.names_and_birth].into_iter().flatten() {
            key[..2].copy_from_slice(&number.to_be_bytes());
        }
        world.together(true);
        let stream = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), learner);
        let first = world.contract(stream, 0, "2025-09-01", "2027-08-31");
        world.rupture(stream, first, "2025-12-01");
        let second = world.contract(stream, 1, "2026-01-05", "2027-08-31");
        if n % 2 == 0 {
            world.rupture(stream, second, "2026-05-04");
        } else {
            world.fact(stream, Fact::WithdrawalDeclared { on: day("2026-06-01") });
        }
        world.together(false);
    }
    assert_eq!(world.head(), Position(10_501), "a batch of 10,000 would end within a request");
    let (at_once, followed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let views = world.views(at_once.path()).await;
    let expected = (files(at_once.path()), views.dump().await.unwrap());
    let source = Arc::new(Until(world.ledger.clone(), 0.into()));
    let follower = open(followed.path(), source.clone()).await;
    for head in (0..world.head().0).step_by(1_700).chain([world.head().0]) {
        let head = world.settled(Position(head));
        source.1.store(head.0, std::sync::atomic::Ordering::SeqCst);
        follower.catch_up().await;
        assert_eq!(follower.position(), head);
    }
    assert_eq!(follower.dump().await.unwrap(), expected.1);
    assert_eq!(files(followed.path()), expected.0);
    let mut heard = Vec::new();
    follower.rebuild(None, |progress| heard.push(progress.position)).await.unwrap();
    assert_eq!(follower.dump().await.unwrap(), expected.1);
    assert_eq!(files(followed.path()), expected.0);
    assert!(heard.is_sorted() && heard.last() == Some(&world.head()), "{heard:?}");
    assert!(heard[0] > Position(10_000) && heard[0] < world.head(), "{heard:?}");
}

#[tokio::test]
async fn a_key_that_one_more_dossier_makes_worthless_parts_the_others_live_as_in_a_rebuild() {
    for person in [keys(1, 0), keys(0, 1)] {
        let (followed, mut world) = (tempfile::tempdir().unwrap(), World::new());
        let views = open(followed.path(), world.ledger.clone()).await;
        for _ in 0..18 {
            world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), person);
            views.catch_up().await;
        }
        let rebuilt = tempfile::tempdir().unwrap();
        world.views(rebuilt.path()).await;
        assert!(files(followed.path()) == files(rebuilt.path()), "{person:?}");
    }
}

#[tokio::test]
async fn a_correction_in_march_leaves_what_was_known_in_february() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    let event = world.on("2026-02-10").rupture(stream, contract, "2026-02-01");
    let corrected = world.on("2026-03-05").correct_rupture(stream, event, contract, "2026-01-15");
    let views = world.views(folder.path()).await;
    let mut time = TimeQuery::on(day("2026-01-20"));
    let status = async |time: TimeQuery| {
        let answer = views.trajectory(stream, time, RuleSet::R3).await.unwrap();
        (answer.value.current.unwrap().name(), answer.basis.position)
    };
    assert_eq!(status(time).await, ("RUPTURANT", Position(4)));
    time.known_at = KnownAt::Day(day("2026-02-28"));
    assert_eq!(status(time).await, ("APPRENTI", Position(3)));
    let then = views.get_contract(contract, time).await.unwrap().value.rupture.unwrap();
    assert_eq!((then.on, then.event), (day("2026-02-01"), event));
    let now = views.get_contract(contract, TimeQuery::on(time.as_of)).await.unwrap().value;
    assert_eq!(
        (now.rupture.clone().unwrap().on, now.rupture.unwrap().event),
        (day("2026-01-15"), corrected)
    );
}

#[tokio::test]
async fn a_damaged_view_is_rebuilt_when_it_is_opened() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    for n in 0..20 {
        let session = training(CFA, "2025-09-01", "2027-08-31");
        let stream = world.enrol_in(session, keys(1 + n, 1 + n / 2));
        let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
        world.rupture(stream, contract, "2026-01-01");
    }
    world.close_run(CFA, &[]);
    let views = world.views(folder.path()).await;
    let expected = (views.dump().await.unwrap(), files(folder.path()));
    views.close().await;
    for damaged in ["persons/persons.records", "outcomes/2025-09.rows", "detail/detail.sqlite"] {
        let path = folder.path().join(damaged);
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        for byte in &mut bytes[middle..middle + 50] {
            *byte ^= 0x55;
        }
        std::fs::write(&path, bytes).unwrap();
        let views = world.views(folder.path()).await;
        assert_eq!(views.dump().await.unwrap(), expected.0, "{damaged}");
        assert_eq!(files(folder.path()), expected.1, "{damaged}");
        views.close().await;
    }
}

#[tokio::test]
async fn a_torn_append_beyond_the_checkpoint_is_cut() {
    use std::io::Write;
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    world.contract(stream, 0, "2025-09-01", "2027-08-31");
    let views = world.views(folder.path()).await;
    let expected = files(folder.path());
    views.close().await;
    for torn in ["persons/persons.records", "outcomes/2025-09.rows"] {
        let path = folder.path().join(torn);
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(&[9; 70]).unwrap();
    }
    std::fs::write(folder.path().join("outcomes/2031-01.rows"), [9; 96]).unwrap();
    let views = world.views(folder.path()).await;
    assert_eq!(files(folder.path()), expected);
    views.close().await;
}

#[tokio::test]
async fn lists_go_on_from_page_to_page_without_gap_or_double() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let streams: Vec<StreamKey> = (0..7).map(|_| world.enrol()).collect();
    world.contract(streams[2], 0, "2025-09-01", "2027-08-31");
    let views = world.views(folder.path()).await;
    let time = TimeQuery::on(day("2025-10-01")).at(world.head());
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = PageQuery { size: 2, after };
        let status = Some(Status::Inscrit);
        let query = EnrolmentsQuery { time, rules: RuleSet::R3, trainer: None, status, page };
        let page = views.list_enrolments(query).await.unwrap().value;
        assert!(page.entries.len() <= 2);
        seen.extend(page.entries.into_iter().map(|e| e.enrolment));
        after = page.next;
        if after.is_none() {
            break;
        }
        world.enrol();
        views.catch_up().await;
    }
    let inscrits = streams.iter().copied().filter(|s| *s != streams[2]);
    assert_eq!(seen, inscrits.collect::<Vec<_>>());
}

#[tokio::test]
async fn a_list_by_status_reads_the_sessions_before_the_newest() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let first = training(CFA, "2025-09-01", "2026-07-31");
    let stream = world.enrol_in(first.clone(), keys(1, 1));
    let next = domain::enrolment::Training {
        school_year: "2026-2027".parse().unwrap(),
        ..training(CFA, "2026-09-01", "2027-07-31")
    };
    world.fact(stream, Fact::SchoolYearDeclared { training: next, repeated: false });
    let views = world.views(folder.path()).await;
    for (on, status) in [("2025-10-01", Status::Inscrit), ("2026-03-01", Status::Abandon)] {
        let time = TimeQuery::on(day(on)).at(world.head());
        for wanted in [Status::Inscrit, Status::Abandon] {
            let page = PageQuery { size: 10, after: None };
            let (rules, status_wanted) = (RuleSet::R3, Some(wanted));
            let query = EnrolmentsQuery { time, rules, trainer: None, status: status_wanted, page };
            let found = views.list_enrolments(query).await.unwrap().value.entries;
            assert_eq!(found.len(), usize::from(wanted == status), "{on}, {wanted}");
            assert!(found.iter().all(|entry| entry.status == Some(status)));
        }
        let told = views.trajectory(stream, time, RuleSet::R3).await.unwrap().value;
        assert_eq!(told.current, Some(status));
        assert_eq!(told.trajectory.0[0].from, day("2025-09-01"));
    }
}

#[tokio::test]
async fn what_is_not_known_or_not_there_is_said() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let views = world.views(folder.path()).await;
    let ask = async |stream, time| views.get_enrolment(stream, time, RuleSet::R3).await;
    let today = TimeQuery::on(day("2025-10-01"));
    assert!(matches!(ask(StreamKey([9; 16]), today).await, Err(QueryError::NotFound { .. })));
    assert!(matches!(ask(stream, today.at(Position(0))).await, Err(QueryError::NotFound { .. })));
    let beyond = ask(stream, today.at(Position(99))).await.unwrap_err();
    assert!(matches!(beyond, QueryError::Field { rule: "KNOWN_AT_BEYOND_HEAD", .. }));
    let basis = ask(stream, today).await.unwrap().basis;
    assert_eq!((basis.position, basis.lag), (world.head(), 0));
    assert!(basis.reference_set.is_some() && basis.recorded_at.is_some());
}

#[tokio::test]
async fn an_unknown_event_type_stops_the_views_and_their_questions_say_so() {
    struct Strange(Until);
    impl EventSource for Strange {
        fn head(&self) -> Position {
            self.0.head()
        }
        fn read_after(&self, _: Position, _: usize) -> Result<Vec<Recorded>, SourceError> {
            Err(SourceError::UnknownType { position: Position(1), code: 77 })
        }
        fn read_stream(
            &self,
            stream: domain::ids::StreamId,
            up_to: Position,
        ) -> Result<Vec<Recorded>, SourceError> {
            self.0.read_stream(stream, up_to)
        }
        fn position_at(&self, instant: domain::ids::Instant) -> Position {
            self.0.position_at(instant)
        }
        fn recorded_at(&self, position: Position) -> Option<domain::ids::Instant> {
            self.0.recorded_at(position)
        }
        fn watch(&self) -> tokio::sync::watch::Receiver<Position> {
            self.0.watch()
        }
    }
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    world.enrol();
    let until = Until(world.ledger.clone(), world.head().0.into());
    let views = open(folder.path(), Arc::new(Strange(until))).await;
    views.catch_up().await;
    let page = PageQuery::default();
    let query = ContractsQuery {
        time: TimeQuery::on(day("2025-10-01")),
        trainer: None,
        broken_only: false,
        page,
    };
    match views.list_contracts(query).await {
        Err(QueryError::Stopped { reason, .. }) => assert!(reason.contains("77"), "{reason}"),
        other => panic!("{other:?}"),
    }
    assert!(world.ledger.all().iter().all(
        |r| matches!(r.event, Event::Enrolment(_)) && r.stream.category == Category::Enrolment
    ));
}
