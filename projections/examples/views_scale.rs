//! What the views cost at 100,000 dossiers; docs/benchmarks.md keeps the figures.
//!
//! `cargo run --release -p projections --example views_scale`

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measure that cannot go on says no by a panic"
)]

#[path = "../tests/views_support/mod.rs"]
mod views_support;

use domain::rules::RuleSet;
use projections::headcount::{Filter, GroupBy};
use projections::time::TimeQuery;
use projections::views::{AlertsQuery, EnrolmentsQuery, OutcomesQuery, PageQuery, View};
use std::time::Instant;
use views_support::{CFA, OTHER_CFA, World, day, keys, training};

const DOSSIERS: u32 = 100_000;

/// 100,000 dossiers with a contract each; one in four is broken, one in twenty
/// has another enrolment.
fn large() -> World {
    let mut world = World::new();
    for n in 0..DOSSIERS {
        let mut person = keys(1, 1);
        let number = if n % 20 == 1 { n - 1 } else { n };
        for key in [&mut person.ine, &mut person.names_and_birth].into_iter().flatten() {
            key[..4].copy_from_slice(&number.to_be_bytes());
        }
        let cfa = if n % 2 == 0 { CFA } else { OTHER_CFA };
        let stream = world.enrol_in(training(cfa, "2025-09-01", "2027-08-31"), person);
        let start = day("2025-09-01") + chrono::TimeDelta::days(i64::from(n % 60));
        let contract = world.contract(stream, 0, &start.to_string(), "2027-08-31");
        if n % 4 == 0 {
            let on = start + chrono::TimeDelta::days(i64::from(n % 200));
            world.rupture(stream, contract, &on.to_string());
        }
    }
    world.close_run(CFA, &[]);
    world
}

#[tokio::main]
async fn main() {
    let (folder, world) = (tempfile::tempdir().unwrap(), large());
    let begun = Instant::now();
    let views = world.views(folder.path()).await;
    let events = world.head().0;
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "all views: {events} events in {seconds:.1} s, {:.0} events/s",
        events as f64 / seconds
    );
    for view in View::ALL {
        let begun = Instant::now();
        views.rebuild(Some(view), |_| {}).await.unwrap();
        let seconds = begun.elapsed().as_secs_f64();
        let files = std::fs::read_dir(folder.path().join(view.name())).unwrap();
        let bytes: u64 = files.map(|f| f.unwrap().metadata().unwrap().len()).sum();
        let per_dossier = bytes / u64::from(DOSSIERS);
        println!(
            "rebuild {view}: {:.0} events/s, {per_dossier} bytes a dossier",
            events as f64 / seconds
        );
    }
    let time = TimeQuery::on(day("2026-06-01"));
    let mut query = OutcomesQuery {
        time,
        started_from: day("2025-09-01"),
        started_to: day("2025-12-31"),
        filter: Filter::default(),
        group_by: GroupBy::Nothing,
    };
    for group_by in [GroupBy::Nothing, GroupBy::Trainer, GroupBy::AgeBand] {
        query.group_by = group_by;
        let begun = Instant::now();
        let found = views.outcomes(query.clone()).await.unwrap().value.total;
        println!("outcomes of {} contracts, {group_by:?}: {:?}", found.contracts, begun.elapsed());
        assert_eq!(found.contracts, u64::from(DOSSIERS));
    }
    for _ in 0..2 {
        let begun = Instant::now();
        let page = PageQuery { size: 100, after: None };
        let query = AlertsQuery { time, kind: None, trainer: None, departement: None, page };
        views.list_alerts(query).await.unwrap();
        println!("alerts, a page: {:?}", begun.elapsed());
    }
    let begun = Instant::now();
    let query = EnrolmentsQuery {
        time,
        rules: RuleSet::R3,
        trainer: None,
        status: Some(domain::rules::Status::Rupturant),
        page: PageQuery::default(),
    };
    views.list_enrolments(query).await.unwrap();
    println!("enrolments with a status, a page: {:?}", begun.elapsed());
}
