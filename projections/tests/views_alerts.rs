//! Alerts: what raises them, what closes them, who should act.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says no by a panic"
)]

mod views_support;

use domain::enrolment::Fact;
use domain::ids::StreamKey;
use domain::runs::{HoldDecision, RunEvent};
use projections::alerts::{ActsNext, Alert, AlertKind};
use projections::time::TimeQuery;
use projections::views::{AlertsQuery, PageQuery, Views};
use views_support::{CFA, OTHER_CFA, World, day, establishment, keys, noon, training};

async fn alerts_at(views: &Views, time: TimeQuery) -> Vec<Alert> {
    let page = PageQuery { size: 1_000, after: None };
    let query = AlertsQuery { time, kind: None, trainer: None, departement: None, page };
    views.list_alerts(query).await.unwrap().value.entries
}

async fn alerts(views: &Views, as_of: &str) -> Vec<Alert> {
    alerts_at(views, TimeQuery::on(day(as_of))).await
}

async fn alerts_of(views: &Views, stream: StreamKey, as_of: &str) -> Vec<AlertKind> {
    let all = alerts(views, as_of).await;
    all.into_iter().filter(|a| a.enrolment == Some(stream)).map(|a| a.kind).collect()
}

/// A dossier whose contract is broken on 10 January 2026.
fn rupture(world: &mut World) -> StreamKey {
    let stream = world.enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    world.on("2026-01-12").rupture(stream, contract, "2026-01-10");
    stream
}

#[tokio::test]
async fn a_rupture_goes_from_the_cfa_to_the_mission_locale_on_day_45() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = rupture(&mut world);
    let views = world.views(folder.path()).await;
    for (as_of, kind, acts) in [
        ("2026-01-10", AlertKind::RuptureRecent, ActsNext::Cfa),
        ("2026-02-23", AlertKind::RuptureRecent, ActsNext::Cfa),
        ("2026-02-24", AlertKind::Rupture45Days, ActsNext::MissionLocale),
        ("2026-04-09", AlertKind::Rupture45Days, ActsNext::MissionLocale),
        ("2026-04-10", AlertKind::Rupture90Days, ActsNext::MissionLocale),
        ("2026-07-09", AlertKind::Rupture180Days, ActsNext::MissionLocale),
        ("2027-08-31", AlertKind::Rupture180Days, ActsNext::MissionLocale),
    ] {
        let open = alerts(&views, as_of).await;
        assert_eq!(open.len(), 1, "{as_of}: {open:?}");
        assert_eq!((open[0].kind, open[0].acts_next), (kind, acts), "{as_of}");
        assert_eq!((open[0].enrolment, open[0].since), (Some(stream), day("2026-01-10")));
    }
    assert!(alerts(&views, "2026-01-09").await.is_empty(), "before the rupture");
    assert!(alerts(&views, "2027-09-01").await.is_empty(), "the training is over");
}

#[tokio::test]
async fn a_new_contract_closes_the_rupture_from_its_first_day() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = rupture(&mut world);
    world.contract(stream, 1, "2026-02-02", "2027-08-31");
    let views = world.views(folder.path()).await;
    assert_eq!(alerts(&views, "2026-02-01").await.len(), 1);
    assert!(alerts(&views, "2026-02-02").await.is_empty());
}

#[tokio::test]
async fn a_contract_that_ran_on_the_day_of_the_rupture_closes_it_also_after_its_term() {
    for linked in [false, true] {
        let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
        let mut enrol = || world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(1, 1));
        let left = enrol();
        let joined = if linked { enrol() } else { left };
        let broken = world.contract(left, 0, "2025-09-01", "2027-08-31");
        world.contract(joined, 1, "2026-01-07", "2026-07-31");
        world.on("2026-01-12").rupture(left, broken, "2026-01-10");
        let views = world.views(folder.path()).await;
        for as_of in ["2026-01-10", "2026-07-31", "2026-08-01"] {
            assert_eq!(alerts_of(&views, left, as_of).await, [], "{as_of}, linked: {linked}");
        }
    }
}

#[tokio::test]
async fn two_employers_at_once_is_no_anomaly_and_losing_one_is_no_rupture_alert() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let winter = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    world.contract(stream, 1, "2025-10-01", "2027-08-31");
    let views = world.views(folder.path()).await;
    assert!(alerts(&views, "2026-01-15").await.is_empty());
    world.on("2026-01-12").rupture(stream, winter, "2026-01-10");
    views.catch_up().await;
    assert!(alerts(&views, "2026-01-15").await.is_empty());
}

#[tokio::test]
async fn a_learner_who_changed_cfa_raises_no_alert_in_the_one_they_left() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let person = keys(1, 1);
    let left = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), person);
    let contract = world.contract(left, 0, "2025-09-01", "2027-08-31");
    world.on("2026-01-12").rupture(left, contract, "2026-01-10");
    world.fact(left, Fact::TransmissionStopped { as_of: noon("2026-01-20") });
    let alone = world.head();
    world.on("2026-02-02").from("other.cfa-75");
    let joined = world.enrol_in(training(OTHER_CFA, "2026-02-01", "2027-08-31"), person);
    world.contract(joined, 0, "2026-02-01", "2027-08-31");
    let views = world.views(folder.path()).await;
    assert_eq!(alerts_of(&views, left, "2026-02-10").await, []);
    assert_eq!(alerts_of(&views, joined, "2026-06-10").await, []);
    let before = alerts_at(&views, TimeQuery::on(day("2026-02-10")).at(alone)).await;
    let kinds: Vec<AlertKind> = before.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [AlertKind::RuptureRecent, AlertKind::NotTransmitted]);
}

#[tokio::test]
async fn no_contract_is_told_from_day_60_with_the_legal_limit() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let views = world.views(folder.path()).await;
    assert!(alerts(&views, "2025-10-30").await.is_empty());
    let open = alerts(&views, "2025-10-31").await;
    assert_eq!((open[0].kind, open[0].days), (AlertKind::NoContract, 60));
    assert!(open[0].text.fr.contains("L6222-12-1"), "{}", open[0].text.fr);
    assert_eq!(alerts(&views, "2025-11-30").await[0].rule, "NO_CONTRACT_90_DAYS");
    world.contract(stream, 0, "2025-11-15", "2027-08-31");
    views.catch_up().await;
    assert!(alerts(&views, "2025-11-15").await.is_empty());
}

#[tokio::test]
async fn the_ninety_days_of_who_changes_cfa_count_from_the_first_session() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let (from, training) = (establishment(CFA), training(OTHER_CFA, "2025-10-20", "2027-08-31"));
    let on = training.entry_on;
    world.on("2025-10-20").fact(stream, Fact::TransferDeclared { from, training, on });
    let views = world.views(folder.path()).await;
    let open = alerts(&views, "2025-10-31").await;
    assert_eq!((open[0].kind, open[0].days), (AlertKind::NoContract, 60));
    assert_eq!(open[0].trainer.map(|uai| uai.to_string()), Some(OTHER_CFA.to_owned()));
}

#[tokio::test]
async fn who_comes_back_after_a_hole_waits_for_a_contract_anew() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let first = training(CFA, "2024-09-02", "2025-07-31");
    let stream = world.enrol_in(first, keys(1, 1));
    let contract = world.contract(stream, 0, "2024-09-02", "2025-07-31");
    world.rupture(stream, contract, "2025-05-05");
    world.fact(stream, Fact::LearnerExcluded { on: day("2025-06-02"), cause: None });
    let back = Fact::TransferDeclared {
        from: establishment(CFA),
        training: training(OTHER_CFA, "2026-02-02", "2026-12-31"),
        on: day("2026-02-02"),
    };
    world.on("2026-02-02").fact(stream, back);
    let views = world.views(folder.path()).await;
    assert!(alerts(&views, "2026-02-10").await.is_empty(), "neither the old rupture nor a wait");
    let open = alerts(&views, "2026-04-10").await;
    assert_eq!((open.len(), open[0].kind, open[0].days), (1, AlertKind::NoContract, 67));
}

#[tokio::test]
async fn who_should_act_depends_on_the_age_on_the_day() {
    use ActsNext::{Cfa, FranceTravail, MissionLocale};
    for (born, after_rupture, without_contract) in [
        (Some("2010-07-01"), Cfa, Cfa),
        (Some("2010-06-01"), MissionLocale, MissionLocale),
        (Some("2008-07-01"), MissionLocale, MissionLocale),
        (Some("2008-06-01"), MissionLocale, FranceTravail),
        (Some("2000-07-01"), MissionLocale, FranceTravail),
        (Some("2000-06-01"), FranceTravail, FranceTravail),
        (None, MissionLocale, FranceTravail),
    ] {
        let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
        world.born(born);
        rupture(&mut world);
        world.enrol();
        let views = world.views(folder.path()).await;
        let open = alerts(&views, "2026-06-15").await;
        let acts: Vec<ActsNext> = open.iter().map(|a| a.acts_next).collect();
        assert_eq!(acts, [without_contract, after_rupture], "born {born:?}");
        for alert in open {
            let named = ["mission locale", "France Travail"].map(|who| alert.text.fr.contains(who));
            let acting = [MissionLocale, FranceTravail].map(|who| who == alert.acts_next);
            assert_eq!(named, acting, "born {born:?}: {}", alert.text.fr);
        }
    }
}

#[tokio::test]
async fn a_silent_cfa_is_told_after_30_days_and_goes_to_the_support_after_90() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    world.on("2025-10-01").close_run(CFA, &[]);
    let views = world.views(folder.path()).await;
    assert!(alerts(&views, "2025-10-30").await.is_empty());
    let open = alerts(&views, "2025-10-31").await;
    assert_eq!((open[0].rule, open[0].acts_next), ("CFA_SILENT_30_DAYS", ActsNext::Cfa));
    let open = alerts(&views, "2025-12-30").await;
    assert_eq!((open[0].rule, open[0].acts_next), ("CFA_SILENT_90_DAYS", ActsNext::Support));
    world.on("2025-12-15").close_run(CFA, &[]);
    views.catch_up().await;
    assert!(alerts(&views, "2025-12-30").await.is_empty());
}

#[tokio::test]
async fn a_held_run_waits_until_somebody_decides() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    world.on("2025-10-01");
    let stream = world.enrol();
    let run = world.close_run(CFA, &[stream]);
    let waiting = world.head();
    let views = world.views(folder.path()).await;
    assert_eq!(alerts(&views, "2025-10-02").await[0].kind, AlertKind::RunHeld);
    world.run_event(run, RunEvent::HoldDecided { decision: HoldDecision::Rejected });
    views.catch_up().await;
    assert!(alerts(&views, "2025-10-02").await.is_empty());
    let then = alerts_at(&views, TimeQuery::on(day("2025-10-02")).at(waiting)).await;
    assert_eq!(then[0].kind, AlertKind::RunHeld);
}

#[tokio::test]
async fn a_held_run_waits_no_more_once_a_newer_full_run_is_closed() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    world.on("2025-10-01");
    let stream = world.enrol();
    world.close_run(CFA, &[stream]);
    world.from("other").close_run(OTHER_CFA, &[]);
    world.from("ymag.cfa-01").on("2025-10-02");
    let waiting = world.head();
    let views = world.views(folder.path()).await;
    assert_eq!(alerts(&views, "2025-10-03").await.len(), 1);
    world.close_run(CFA, &[stream]);
    views.catch_up().await;
    let now = alerts(&views, "2025-10-03").await;
    assert_eq!(now.len(), 1, "one question a source");
    assert_eq!(now[0].since, day("2025-10-02"));
    let then = alerts_at(&views, TimeQuery::on(day("2025-10-03")).at(waiting)).await;
    assert_eq!(then[0].since, day("2025-10-01"));
}

#[tokio::test]
async fn impossible_dates_are_told_until_they_are_put_right() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.on("2025-09-10").enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2024-08-31");
    let long = world.contract(stream, 1, "2025-09-01", "2029-09-01");
    let rupture = world.rupture(stream, long, "2025-08-01");
    let views = world.views(folder.path()).await;
    let rules = async |as_of: &str| {
        let mut rules: Vec<&str> = alerts(&views, as_of)
            .await
            .into_iter()
            .filter(|a| a.kind == AlertKind::DoubtfulData)
            .map(|a| a.rule)
            .collect();
        rules.sort_unstable();
        rules
    };
    let all = ["CONTRACT_ENDS_BEFORE_START", "CONTRACT_OVER_FOUR_YEARS", "RUPTURE_BEFORE_START"];
    assert_eq!(rules("2025-09-10").await, all);
    assert!(rules("2025-09-09").await.is_empty(), "not told yet");
    world.on("2025-09-20").retract(stream, rupture);
    world.amend(stream, contract, "2025-09-01", "2026-08-31");
    world.amend(stream, long, "2025-09-01", "2029-08-31");
    views.catch_up().await;
    assert!(rules("2025-09-25").await.is_empty());
}

#[tokio::test]
async fn pages_and_the_summary_tell_the_same_alerts() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    for _ in 0..5 {
        rupture(&mut world);
    }
    let views = world.views(folder.path()).await;
    let time = TimeQuery::on(day("2026-02-01"));
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = PageQuery { size: 2, after };
        let query = AlertsQuery {
            time,
            kind: None,
            trainer: None,
            departement: Some("01".to_owned()),
            page,
        };
        let page = views.list_alerts(query).await.unwrap().value;
        seen.extend(page.entries);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, alerts_at(&views, time).await);
    let counts = views.summarize_alerts(time, None, None).await.unwrap().value;
    assert_eq!(counts.iter().map(|c| c.count).sum::<u64>(), 5);
    let none = views.summarize_alerts(time, None, Some("75".to_owned())).await.unwrap().value;
    assert_eq!(none.iter().map(|c| c.count).sum::<u64>(), 0);
}

#[tokio::test]
async fn one_rupture_that_two_sources_tell_is_one_alert() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    for source in ["ymag.cfa-01", "aurion.cfa-02"] {
        world.from(source);
        let stream = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(1, 1));
        let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
        world.rupture(stream, contract, "2025-12-01");
        // Another learner, never under contract.
        world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(2, 2));
    }
    let views = world.views(folder.path()).await;
    let kinds: Vec<AlertKind> = alerts(&views, "2025-12-10").await.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [AlertKind::RuptureRecent, AlertKind::NoContract]);
}

#[tokio::test]
async fn the_rupture_of_a_learner_who_moved_is_told_where_they_train() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let mut last = None;
    for (cfa, entry) in [(OTHER_CFA, "2025-10-06"), (CFA, "2025-09-01")] {
        let stream = world.enrol_in(training(cfa, entry, "2027-08-31"), keys(1, 1));
        let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
        world.rupture(stream, contract, "2025-12-01");
        last = last.or(Some(stream));
    }
    let views = world.views(folder.path()).await;
    let told: Vec<_> = alerts(&views, "2025-12-10").await.iter().map(|a| a.enrolment).collect();
    assert_eq!(told, [last]);
}

#[tokio::test]
async fn a_rupture_dated_after_the_declared_end_is_no_rupture() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    world.fact(stream, Fact::ContractEnded { contract, on: day("2025-12-31") });
    world.rupture(stream, contract, "2026-01-10");
    let views = world.views(folder.path()).await;
    assert_eq!(alerts_of(&views, stream, "2026-01-15").await, []);
}

#[tokio::test]
async fn a_rupture_corrected_in_march_leaves_the_alerts_known_in_february() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = world.enrol();
    let contract = world.contract(stream, 0, "2025-09-01", "2027-08-31");
    let event = world.on("2026-01-12").rupture(stream, contract, "2026-01-10");
    world.on("2026-03-05").correct_rupture(stream, event, contract, "2025-12-10");
    let views = world.views(folder.path()).await;
    let mut time = TimeQuery::on(day("2026-02-01"));
    let since = async |time| {
        let alerts = alerts_at(&views, time).await;
        alerts.iter().map(|a| (a.kind, a.since)).collect::<Vec<_>>()
    };
    assert_eq!(since(time).await, [(AlertKind::Rupture45Days, day("2025-12-10"))]);
    time.known_at = projections::time::KnownAt::Day(day("2026-02-28"));
    assert_eq!(since(time).await, [(AlertKind::RuptureRecent, day("2026-01-10"))]);
}

#[tokio::test]
async fn a_contract_that_ends_before_it_begins_closes_no_rupture() {
    let (folder, mut world) = (tempfile::tempdir().unwrap(), World::new());
    let stream = rupture(&mut world);
    world.contract(stream, 1, "2026-01-20", "2026-01-10");
    let views = world.views(folder.path()).await;
    let kinds = alerts_of(&views, stream, "2026-02-01").await;
    assert!(kinds.contains(&AlertKind::RuptureRecent), "{kinds:?}");
}
