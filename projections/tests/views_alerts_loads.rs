//! Alerts that held when a dossier was first declared: shown, never notified.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says no by a panic")]

mod views_support;

use domain::ids::StreamKey;
use projections::alerts::{Alert, AlertKind};
use projections::time::TimeQuery;
use projections::views::{AlertsQuery, PageQuery, Views};
use views_support::{CFA, World, day, keys, training};

async fn alerts(views: &Views, as_of: &str) -> Vec<Alert> {
    let (time, page) = (TimeQuery::on(day(as_of)), PageQuery { size: 1_000, after: None });
    let query = AlertsQuery { time, kind: None, trainer: None, departement: None, page };
    views.list_alerts(query).await.unwrap().value.entries
}

/// Whether each alert of a dossier is of its first load.
async fn flags(views: &Views, stream: StreamKey, as_of: &str) -> Vec<(AlertKind, bool)> {
    let open = alerts(views, as_of).await;
    let of_dossier = open.iter().filter(|alert| alert.enrolment == Some(stream));
    of_dossier.map(|alert| (alert.kind, alert.first_load)).collect()
}

/// A dossier whose contract is broken on 10 January 2026, all told at once.
fn rupture(world: &mut World) -> StreamKey {
    let stream = world.enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    world.rupture(stream, contract, "2026-01-10");
    stream
}

#[tokio::test]
async fn what_a_first_load_says_is_no_news_and_a_threshold_passed_since_is() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let old = rupture(world.on("2026-03-01"));
    world.close_run(CFA, &[]);
    let new = world.enrol();
    let contract = world.contract(new, 0, "2025-09-01", "2027-08-31");
    world.on("2026-03-10").rupture(new, contract, "2026-02-20");
    world.close_run(CFA, &[]);
    let views = world.views(folder.path()).await;
    assert_eq!(flags(&views, old, "2026-03-20").await, [(AlertKind::Rupture45Days, true)]);
    assert_eq!(flags(&views, new, "2026-03-20").await, [(AlertKind::RuptureRecent, false)]);
    assert_eq!(flags(&views, old, "2026-04-10").await, [(AlertKind::Rupture90Days, false)]);
}

#[tokio::test]
async fn a_load_that_comes_after_a_trial_or_in_parts_raises_no_backlog() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let first = rupture(world.on("2026-03-01"));
    world.close_run(CFA, &[]);
    let broken = rupture(world.on("2026-03-02"));
    let without = world.enrol();
    let doubtful = world.enrol();
    world.contract(doubtful, 0, "2025-09-01", "2029-12-31");
    world.close_run(CFA, &[]);
    let views = world.views(folder.path()).await;
    assert_eq!(flags(&views, first, "2026-03-03").await, [(AlertKind::Rupture45Days, true)]);
    assert_eq!(flags(&views, broken, "2026-03-03").await, [(AlertKind::Rupture45Days, true)]);
    assert_eq!(flags(&views, without, "2026-03-03").await, [(AlertKind::NoContract, true)]);
    assert_eq!(flags(&views, doubtful, "2026-03-03").await, [(AlertKind::DoubtfulData, true)]);
}

#[tokio::test]
async fn a_first_load_read_in_several_batches_is_one() {
    let (followed, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let views = world.views(followed.path()).await;
    let stream = world.on("2026-03-01").enrol();
    views.catch_up().await;
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    views.catch_up().await;
    world.rupture(stream, contract, "2026-01-10");
    views.catch_up().await;
    let expected = [(AlertKind::Rupture45Days, true)];
    assert_eq!(flags(&views, stream, "2026-03-03").await, expected);
    let rebuilt = tempfile::tempdir().unwrap();
    let again = world.views(rebuilt.path()).await;
    assert_eq!(views.dump().await.unwrap(), again.dump().await.unwrap());
}

/// What one source told as news is not taken back by another that comes with all
/// its past, whichever of the two names, which are random, is the smaller.
#[tokio::test]
async fn of_two_sources_that_tell_one_wait_the_first_says_whether_it_is_news() {
    for news_first in [true, false] {
        let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
        let mut loads = [("news", "2025-09-10"), ("backlog", "2026-03-10")];
        if !news_first {
            loads.reverse();
        }
        for (source, loaded_on) in loads {
            let training = training(CFA, "2025-09-01", "2027-08-31");
            world.from(source).on(loaded_on).enrol_in(training, keys(1, 1));
        }
        let views = world.views(folder.path()).await;
        let open = alerts(&views, "2026-03-20").await;
        let told: Vec<_> = open.iter().map(|alert| (alert.kind, alert.first_load)).collect();
        assert_eq!(told, [(AlertKind::NoContract, false)], "news first: {news_first}");
    }
}
