//! Ruptures of contracts whose workflow runs here, beside those that a CFA declares.

use crate::views_support::{CFA, World, day, keys, noon, training};
use domain::contract::rupture::{Initiator, Mode, Rupture};
use domain::contract::{Changed, ContractEvent, Tie};
use domain::enrolment::Opened;
use domain::event::Event;
use domain::ids::{Category, ContractId, Source, StreamId, StreamKey, SubjectId};
use projections::alerts::{AlertKind, Subject};
use projections::reach::{Reach, Sites, Ties};
use projections::source::{Aside, EmployerSaid};
use projections::time::TimeQuery;
use projections::views::{AlertsQuery, PageQuery, Views};
use std::sync::Arc;

/// A contract that runs here, of a number, from a day to another.
fn runs_here(world: &World, number: u8, enrolment: Option<StreamKey>, [from, to]: [&str; 2]) {
    let field = |path: &str, value: &str| Changed {
        path: path.to_owned(),
        value: Opened::Clear(Some(value.to_owned())),
    };
    let changes = vec![
        field("terms.start_on", from),
        field("terms.end_on", to),
        field("training.responsible.uai", CFA),
    ];
    let events = [
        ContractEvent::Drafted { enrolment },
        ContractEvent::Contributed { changes },
        ContractEvent::FullySigned,
    ];
    for event in events {
        write(world, number, event, from);
    }
}

fn write(world: &World, number: u8, event: ContractEvent, on: &str) {
    let stream = StreamId { category: Category::Contract, key: StreamKey([number; 16]) };
    let (people, event) = (Source::parse("people").unwrap(), Event::Contract(event, day(on)));
    let drafts = matches!(event, Event::Contract(ContractEvent::Drafted { .. }, _));
    world.ledger.append(noon("2025-09-02"), stream, &people, event, None);
    if drafts {
        world.ledger.beside(Aside { drafter: Some("k-1".to_owned()), ..Aside::default() });
    }
}

fn breaks(world: &World, number: u8, mode: Mode, on: &str) {
    let rupture = Rupture::of(mode, Initiator::Both);
    write(world, number, ContractEvent::Broken { rupture, words: None }, on);
}

const HERE: fn(u8) -> Subject = |number| Subject::Contract(ContractId([number; 16]));

/// Ruptures and wants of a contract that are open on a day.
async fn open(views: &Views, on: &str) -> Vec<(AlertKind, Subject, u32)> {
    let page = PageQuery { size: 100, after: None };
    let time = TimeQuery::on(day(on));
    let query = AlertsQuery { time, kind: None, trainer: None, departement: None, page };
    let alerts = views.list_alerts(query).await.unwrap().value.entries;
    let told = |kind: AlertKind| {
        !matches!(kind, AlertKind::ContractDue | AlertKind::ContractLate | AlertKind::DoubtfulData)
    };
    let alerts = alerts.into_iter().filter(|alert| told(alert.kind));
    alerts.map(|alert| (alert.kind, alert.subject, alert.days)).collect()
}

#[tokio::test]
async fn a_rupture_here_is_told_once_in_calendar_days_until_a_new_contract() {
    let mut world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let enrolment = world.enrol();
    let declared = world.contract(enrolment, 1, "2025-09-15", "2027-08-31");
    runs_here(&world, 1, Some(enrolment), ["2025-09-15", "2027-08-31"]);
    // The CFA declares the same contract, and does not know yet that it is broken.
    breaks(&world, 1, Mode::MutualAgreement, "2025-11-03");
    let views = world.views(folder.path()).await;
    assert_eq!(open(&views, "2025-11-02").await, []);
    for (on, kind, days) in [
        ("2025-11-03", AlertKind::RuptureRecent, 0),
        ("2025-12-17", AlertKind::RuptureRecent, 44),
        ("2025-12-18", AlertKind::Rupture45Days, 45),
        ("2026-01-31", AlertKind::Rupture45Days, 89),
        ("2026-02-01", AlertKind::Rupture90Days, 90),
        ("2026-05-01", AlertKind::Rupture90Days, 179),
        ("2026-05-02", AlertKind::Rupture180Days, 180),
    ] {
        assert_eq!(open(&views, on).await, [(kind, HERE(1), days)], "{on}");
    }
    // It declares the rupture too: one alert still.
    world.rupture(enrolment, declared, "2025-11-03");
    views.catch_up().await;
    let told = Subject::Contract(declared);
    assert_eq!(open(&views, "2025-11-04").await, [(AlertKind::RuptureRecent, told.clone(), 1)]);
    // A new contract here closes both, from its first day on.
    runs_here(&world, 2, Some(enrolment), ["2026-01-05", "2027-08-31"]);
    views.catch_up().await;
    assert_eq!(open(&views, "2026-01-04").await, [(AlertKind::Rupture45Days, told, 62)]);
    assert_eq!(open(&views, "2026-01-05").await, []);
    // Cancelled, it closes nothing.
    write(&world, 2, ContractEvent::Cancelled { reason: Opened::Hidden }, "2026-01-05");
    views.catch_up().await;
    assert_eq!(open(&views, "2026-01-05").await.len(), 1);
}

#[tokio::test]
async fn a_contract_here_is_a_contract_and_who_is_excluded_is_in_no_rupture() {
    let mut world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let one = world.enrol();
    runs_here(&world, 1, Some(one), ["2025-10-01", "2027-08-31"]);
    let other = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), keys(1, 1));
    let views = world.views(folder.path()).await;
    let waits = (AlertKind::NoContract, Subject::Enrolment(other), 60);
    assert_eq!(open(&views, "2025-10-31").await, [waits]);
    breaks(&world, 1, Mode::CfaExclusion, "2025-11-03");
    views.catch_up().await;
    let subjects: Vec<Subject> =
        open(&views, "2025-12-01").await.into_iter().map(|(_, subject, _)| subject).collect();
    assert!(!subjects.contains(&HERE(1)), "{subjects:?}");
}

#[tokio::test]
async fn a_contract_of_no_dossier_is_told_while_its_training_lasts_to_whom_it_is_shown() {
    let world = World::new();
    let folder = tempfile::tempdir().unwrap();
    runs_here(&world, 1, None, ["2025-09-15", "2026-08-31"]);
    breaks(&world, 1, Mode::FreePeriod, "2025-10-01");
    let views = world.views(folder.path()).await;
    assert_eq!(open(&views, "2025-10-11").await, [(AlertKind::RuptureRecent, HERE(1), 10)]);
    assert_eq!(open(&views, "2026-08-31").await.len(), 1);
    assert_eq!(open(&views, "2026-09-01").await, []);
    // Its CFA is of the territory, but only who has a tie sees it: no dossier says that the CFA trains.
    let within = |contracts: Ties| {
        let sites = Sites::Departement("01".to_owned());
        views.within(Reach { sites, contracts, ..Reach::default() })
    };
    assert_eq!(open(&within(Ties::Of(Arc::default())), "2025-10-11").await, []);
    let drafter = Ties::Of(Arc::new([Tie::Drafter("k-1".to_owned())].into()));
    assert_eq!(open(&within(drafter), "2025-10-11").await.len(), 1);
}

/// Amends a contract that runs here, so that it begins on another day.
fn moves(world: &World, number: u8, start: &str) {
    let value = Opened::Clear(Some(start.to_owned()));
    let changes = vec![Changed { path: "terms.start_on".to_owned(), value }];
    let kind = Opened::Hidden;
    for event in [
        ContractEvent::AmendmentDrafted { kind, own_conclusion: true },
        ContractEvent::Contributed { changes },
        ContractEvent::FullySigned,
    ] {
        write(world, number, event, start);
    }
}

/// The one that is corrected or amended first is the same contract still: it closes no rupture of the other.
#[tokio::test]
async fn a_contract_whose_first_day_is_mended_in_one_place_is_not_two() {
    for declared_moves in [true, false] {
        for declared_breaks in [true, false] {
            let mut world = World::new();
            let folder = tempfile::tempdir().unwrap();
            let enrolment = world.enrol();
            let declared = world.contract(enrolment, 1, "2025-09-15", "2027-08-31");
            runs_here(&world, 1, Some(enrolment), ["2025-09-15", "2027-08-31"]);
            if declared_moves {
                world.amend(enrolment, declared, "2025-09-22", "2027-08-31");
            } else {
                moves(&world, 1, "2025-09-22");
            }
            let told = if declared_breaks {
                world.rupture(enrolment, declared, "2025-11-03");
                Subject::Contract(declared)
            } else {
                breaks(&world, 1, Mode::MutualAgreement, "2025-11-03");
                HERE(1)
            };
            let views = world.views(folder.path()).await;
            let rupture = (AlertKind::RuptureRecent, told, 7);
            assert_eq!(open(&views, "2025-11-10").await, [rupture]);
            // One that never was said to begin on such a day is another.
            if declared_breaks {
                runs_here(&world, 2, Some(enrolment), ["2025-11-05", "2027-08-31"]);
            } else {
                world.contract(enrolment, 2, "2025-11-05", "2027-08-31");
            }
            views.catch_up().await;
            assert_eq!(open(&views, "2025-11-10").await, [], "{declared_moves} {declared_breaks}");
        }
    }
}

#[tokio::test]
async fn a_contract_whose_first_day_is_mended_in_one_place_is_in_a_sample_once() {
    for declared_moves in [true, false] {
        let mut world = World::new();
        let folder = tempfile::tempdir().unwrap();
        let enrolment = world.enrol();
        let declared = world.contract(enrolment, 1, "2025-09-15", "2026-02-28");
        let other = world.contract(enrolment, 2, "2026-03-02", "2027-08-31");
        runs_here(&world, 1, Some(enrolment), ["2025-09-15", "2026-02-28"]);
        let value = Opened::Hidden;
        let changes = vec![Changed { path: String::new(), value }];
        write(&world, 1, ContractEvent::Contributed { changes }, "2025-09-15");
        let postcode = Some(Some("01000".parse().unwrap()));
        let employer = Some(EmployerSaid { subject: SubjectId([7; 16]), postcode, siret: None });
        world.ledger.beside(Aside { employer, ..Aside::default() });
        let head = world.head();
        if declared_moves {
            world.amend(enrolment, declared, "2025-09-22", "2026-02-28");
        } else {
            moves(&world, 1, "2025-09-22");
        }
        let views = world.views(folder.path()).await;
        let now = TimeQuery::on(day("2025-11-10"));
        let then = now.at(head);
        for time in [now, then] {
            let mut all = views.contracts_of_departement("01", time).await.unwrap().value;
            all.sort_unstable();
            let mut expected = vec![ContractId([1; 16]), other];
            expected.sort_unstable();
            assert_eq!(all, expected, "{declared_moves}");
        }
    }
}
