//! A learner counts once: named cases.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod common;

use common::{LYON, PARIS, Story, day, everyone, key, training, uai};
use domain::enrolment::{Facets, Fact};
use domain::ids::Position;
use domain::rules::{RuleSet, Status};
use projections::headcount::{
    Counts, Filter, GroupBy, HeadcountView, Population, Query, TerritoryOf,
};
use projections::source::EventSource;

const YEAR: (&str, &str, &str) = ("2024-2025", "2024-09-01", "2025-07-05");

fn counts(pairs: &[(Status, u64)]) -> Counts {
    let mut counts = Counts::default();
    for (status, count) in pairs {
        counts.by_status[*status as usize] = *count;
    }
    counts
}

fn one(status: Status) -> Counts {
    counts(&[(status, 1)])
}

/// Excluded in Lyon on 10 January, under contract in Paris from the same day.
fn changed_cfa() -> Story {
    let mut story = Story::default();
    let (year, entry, end) = YEAR;
    story.declare(key(1), training(LYON, year, entry, end), Facets::default());
    story.contract(key(1), 0, "2024-09-15", "2026-08-31");
    story.broken(key(1), 0, "2025-01-10");
    story.excluded(key(1), "2025-01-10");
    story.declare(key(2), training(PARIS, year, "2025-01-10", end), Facets::default());
    story.contract(key(2), 0, "2025-01-10", "2026-08-31");
    story
}

#[test]
fn a_learner_who_changes_cfa_in_mid_year_is_no_double_count_and_no_abandon() {
    let mut story = changed_cfa();
    let apart = story.ask(&everyone("2025-03-01")).total;
    assert_eq!(apart, counts(&[(Status::Apprenti, 1), (Status::Abandon, 1)]), "before the link");
    story.link(key(1), key(2), true);
    for day in ["2024-09-20", "2025-01-09", "2025-01-10", "2025-03-01", "2025-07-04"] {
        let mut query = everyone(day);
        query.group_by = GroupBy::Region;
        let answer = story.ask(&query);
        assert_eq!(answer.total, one(Status::Apprenti), "{day}");
        let region = if day < "2025-01-10" { "84" } else { "11" };
        assert_eq!(answer.groups.keys().collect::<Vec<_>>(), [region], "{day}");
    }
    let raw = Query { population: Population::Dossiers, ..everyone("2025-03-01") };
    assert_eq!(story.ask(&raw).total, counts(&[(Status::Apprenti, 1), (Status::Abandon, 1)]));
}

#[test]
fn linking_changes_no_figure_of_before_and_parting_brings_both_back() {
    let mut story = changed_cfa();
    let before = story.source.all().len() as u64;
    story.link(key(1), key(2), true);
    story.link(key(1), key(2), false);
    let at = |position| Query { known_at: Position(position), ..everyone("2025-03-01") };
    let two = counts(&[(Status::Apprenti, 1), (Status::Abandon, 1)]);
    assert_eq!(story.ask(&at(before)).total, two);
    assert_eq!(story.ask(&at(before + 1)).total, one(Status::Apprenti));
    assert_eq!(story.ask(&at(before + 2)).total, two);
}

#[test]
fn a_transfer_declared_in_one_dossier_gives_each_cfa_its_days() {
    let mut story = Story::default();
    let (year, entry, end) = YEAR;
    story.declare(key(1), training(LYON, year, entry, end), Facets::default());
    story.contract(key(1), 0, "2024-09-01", "2026-08-31");
    let fact = Fact::TransferDeclared {
        from: common::establishment(LYON),
        training: training(PARIS, year, entry, end),
        on: day("2025-02-01"),
    };
    story.fact(key(1), fact, None);
    for (day, cfa) in [("2025-01-31", LYON), ("2025-02-01", PARIS)] {
        let query = Query { group_by: GroupBy::Trainer, ..everyone(day) };
        let answer = story.ask(&query);
        assert_eq!(answer.total, one(Status::Apprenti), "{day}");
        assert_eq!(answer.groups.into_keys().collect::<Vec<_>>(), [uai(cfa).to_string()], "{day}");
    }
}

#[test]
fn home_and_cfa_in_two_regions_count_once_in_each_view() {
    let mut story = Story::default();
    let (year, entry, end) = YEAR;
    let facets = Facets { home_departement: Some("75".to_owned()), ..Facets::default() };
    story.declare(key(1), training(LYON, year, entry, end), facets);
    story.contract(key(1), 0, entry, "2025-07-05");
    let ask = |territory_of, region: &str| {
        let filter = Filter { territory_of, region: Some(region.to_owned()), ..Filter::default() };
        story.ask(&Query { filter, ..everyone("2025-01-15") }).total
    };
    assert_eq!(ask(TerritoryOf::Cfa, "84"), one(Status::Apprenti));
    assert_eq!(ask(TerritoryOf::Cfa, "11"), Counts::default());
    assert_eq!(ask(TerritoryOf::Home, "84"), Counts::default());
    assert_eq!(ask(TerritoryOf::Home, "11"), one(Status::Apprenti));
}

#[test]
fn a_repeated_year_is_one_learner_in_both_years() {
    let mut story = Story::default();
    story.declare(
        key(1),
        training(LYON, "2023-2024", "2023-09-01", "2024-07-05"),
        Facets::default(),
    );
    story.contract(key(1), 0, "2023-09-01", "2024-07-05");
    let first = story.source.all().len() as u64;
    let again = training(LYON, "2024-2025", "2023-09-01", "2025-07-04");
    story.fact(key(1), Fact::SchoolYearDeclared { training: again, repeated: true }, None);
    story.contract(key(1), 1, "2024-07-06", "2025-07-04");
    for day in ["2023-10-01", "2024-07-05", "2024-09-15", "2025-06-30"] {
        assert_eq!(story.ask(&everyone(day)).total, one(Status::Apprenti), "{day}");
    }
    let known_then = Query { known_at: Position(first), ..everyone("2024-07-20") };
    assert_eq!(story.ask(&known_then).total, one(Status::FinDeFormation));
    let known_then = Query { known_at: Position(first), ..everyone("2024-08-01") };
    assert_eq!(story.ask(&known_then).total, Counts::default(), "the school year is over");
}

/// A session in Lyon of each of two school years, the second declared on its first night.
fn two_years(story: &mut Story, contract: Option<&str>) -> Position {
    let first = training(LYON, "2025-2026", "2025-09-01", "2026-06-30");
    story.declare(key(1), first, Facets::default());
    if let Some(start) = contract {
        story.contract(key(1), 0, start, "2027-07-31");
    }
    let before = Position(story.source.all().len() as u64);
    let next = training(LYON, "2026-2027", "2026-09-01", "2027-07-31");
    story.fact(key(1), Fact::SchoolYearDeclared { training: next, repeated: false }, None);
    before
}

#[test]
fn a_new_school_year_changes_no_figure_of_the_year_before() {
    for contract in [None, Some("2025-11-17"), Some("2026-10-05")] {
        let mut story = Story::default();
        let before = two_years(&mut story, contract);
        for rules in RuleSet::ALL {
            for day in ["2025-08-31", "2025-09-01", "2025-10-01", "2026-01-15", "2026-06-30"] {
                let now = Query { rules, ..everyone(day) };
                let then = Query { known_at: before, ..now.clone() };
                let (now, then) = (story.ask(&now).total, story.ask(&then).total);
                // On the last day of a session rule 8 reads all contracts, later ones too.
                if contract.is_none() || day != "2026-06-30" {
                    assert_eq!(now, then, "{day}, {rules}, {contract:?}");
                }
            }
        }
        assert_eq!(story.ask(&everyone("2025-10-01")).total, one(Status::Inscrit));
    }
}

#[test]
fn between_two_sessions_only_contract_days_and_what_follows_a_rupture_count() {
    let mut story = Story::default();
    two_years(&mut story, None);
    let july = story.ask(&everyone("2026-07-15")).total;
    assert_eq!(july.by_status.iter().sum::<u64>(), 1, "the school year goes on");
    for day in ["2026-08-01", "2026-08-31"] {
        assert_eq!(story.ask(&everyone(day)).total, Counts::default(), "{day}");
    }
    assert_eq!(story.ask(&everyone("2026-09-01")).total, one(Status::Inscrit));

    let mut story = Story::default();
    two_years(&mut story, Some("2025-11-17"));
    assert_eq!(story.ask(&everyone("2026-08-15")).total, one(Status::Apprenti));
    story.broken(key(1), 0, "2026-05-04");
    assert_eq!(story.ask(&everyone("2026-08-15")).total, one(Status::Rupturant));
    assert_eq!(story.ask(&everyone("2026-11-15")).total, one(Status::Abandon));
}

#[test]
fn a_transfer_with_its_own_session_counts_the_days_before_in_the_cfa_that_was_left() {
    let mut story = Story::default();
    let first = training(LYON, "2025-2026", "2025-09-01", "2026-06-30");
    story.declare(key(1), first, Facets::default());
    let fact = Fact::TransferDeclared {
        from: common::establishment(LYON),
        training: training(PARIS, "2025-2026", "2025-10-20", "2026-06-30"),
        on: day("2025-10-20"),
    };
    story.fact(key(1), fact, None);
    for (day, cfa) in [("2025-09-15", LYON), ("2025-10-20", PARIS)] {
        let answer = story.ask(&Query { group_by: GroupBy::Trainer, ..everyone(day) });
        assert_eq!(answer.total, one(Status::Inscrit), "{day}");
        assert_eq!(answer.groups.into_keys().collect::<Vec<_>>(), [uai(cfa).to_string()], "{day}");
    }
}

#[test]
fn the_same_learner_from_two_sources_counts_once() {
    let mut story = Story::default();
    let (year, entry, end) = YEAR;
    for number in [1, 2] {
        story.declare(key(number), training(LYON, year, entry, end), Facets::default());
    }
    story.contract(key(2), 0, "2024-10-01", end);
    story.link(key(1), key(2), true);
    // The source that knows the contract speaks for the person.
    assert_eq!(story.ask(&everyone("2024-09-15")).total, one(Status::Inscrit));
    assert_eq!(story.ask(&everyone("2025-01-15")).total, one(Status::Apprenti));
    let raw = Query { population: Population::Dossiers, ..everyone("2025-01-15") };
    assert_eq!(story.ask(&raw).total, counts(&[(Status::Apprenti, 1), (Status::Abandon, 1)]));
}

#[test]
fn a_dossier_counts_until_its_session_and_its_school_year_are_both_over() {
    let last_days = [
        (("2024-2025", "2024-09-01", "2025-06-30"), "2025-07-31"),
        (("2024-2025", "2024-09-01", "2026-08-31"), "2026-08-31"),
        (("2024-2024", "2024-02-01", "2024-06-30"), "2024-12-31"),
    ];
    for ((year, entry, end), last) in last_days {
        let mut story = Story::default();
        story.declare(key(1), training(LYON, year, entry, end), Facets::default());
        story.contract(key(1), 0, entry, end);
        let before = day(entry).pred_opt().unwrap().to_string();
        let after = day(last).succ_opt().unwrap().to_string();
        assert!(story.ask(&everyone(&before)).total.is_empty(), "{before}");
        assert_eq!(story.ask(&everyone(entry)).total, one(Status::Apprenti), "{entry}");
        assert_eq!(story.ask(&everyone(last)).total, one(Status::FinDeFormation), "{last}");
        assert!(story.ask(&everyone(&after)).total.is_empty(), "{after}");
    }
}

#[test]
fn what_changes_no_counted_day_adds_no_row() {
    let mut story = Story::default();
    let (year, entry, end) = YEAR;
    story.declare(key(1), training(LYON, year, entry, end), Facets::default());
    story.contract(key(1), 0, entry, end);
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open(dir.path()).unwrap();
    story.fold(&view, 10);
    let rows = view.rows();
    assert!(rows > 0);
    story.fact(key(1), Fact::TrainingCompleted { on: None, diploma: true }, None);
    story.fact(key(1), Fact::TransmissionResumed, None);
    story.fold(&view, 10);
    assert_eq!((view.rows(), view.checkpoint()), (rows, Position(4)));
    story.broken(key(1), 0, "2025-03-01");
    story.fold(&view, 10);
    assert!(view.rows() > rows);
}

#[test]
fn rule_sets_are_counted_apart_where_they_differ() {
    let mut story = Story::default();
    let (year, entry, end) = YEAR;
    story.declare(key(1), training(LYON, year, entry, end), Facets::default());
    // Ends 50 days before the session: FIN_DE_FORMATION under R3 only.
    story.contract(key(1), 0, entry, "2025-05-16");
    let ask = |rules| story.ask(&Query { rules, ..everyone("2025-06-01") }).total;
    assert_eq!(ask(RuleSet::R1), one(Status::Rupturant));
    assert_eq!(ask(RuleSet::R2), one(Status::Rupturant));
    assert_eq!(ask(RuleSet::R3), one(Status::FinDeFormation));
}

#[test]
fn what_one_request_wrote_became_known_together() {
    let mut story = Story::default();
    let (year, entry, end) = YEAR;
    story.declare(key(1), training(LYON, year, entry, end), Facets::default());
    story.contract(key(1), 0, "2024-09-01", "2025-08-31");
    // One request: another dossier, found to be of the same learner, and its broken contract.
    story.together = true;
    story.declare(key(2), training(PARIS, year, entry, end), Facets::default());
    story.groups.set(Position(3), vec![vec![key(1), key(2)]]);
    story.contract(key(2), 0, "2024-09-01", "2025-08-31");
    story.broken(key(2), 0, "2024-12-01");
    story.together = false;
    let dir = tempfile::tempdir().unwrap();
    let view = HeadcountView::open(dir.path()).unwrap();
    story.fold(&view, 3);
    assert_eq!(view.checkpoint(), Position(5), "a batch never ends within a request");
    // One request again: a third dossier, there before, is found to be of the same learner.
    story.declare(key(3), training(LYON, year, entry, end), Facets::default());
    story.excluded(key(3), "2025-06-01");
    story.together = true;
    story.excluded(key(3), "2025-05-01");
    story.groups.set(Position(8), vec![vec![key(1), key(2), key(3)]]);
    story.excluded(key(3), "2025-04-01");
    story.together = false;
    story.fold(&view, 1_000);
    let at = |known_at, population| {
        let query = Query { known_at: Position(known_at), population, ..everyone("2025-03-01") };
        view.query(&query, &story.reference).unwrap().total
    };
    let one = counts(&[(Status::Apprenti, 1)]);
    for known_at in 2..=4 {
        for population in [Population::Persons, Population::Dossiers] {
            assert_eq!(at(known_at, population), one, "@{known_at}");
        }
    }
    assert_eq!(at(5, Population::Persons), one);
    let both = counts(&[(Status::Apprenti, 1), (Status::Rupturant, 1)]);
    assert_eq!(at(5, Population::Dossiers), both);
    let persons = |known_at| at(known_at, Population::Persons).by_status.iter().sum::<u64>();
    assert_eq!([6, 7, 8, 9].map(persons), [2, 2, 2, 1]);
    // Of what was never to be seen there is no row: neither INSCRIT nor an unbroken contract.
    let alone = |events: usize| {
        let dir = tempfile::tempdir().unwrap();
        let view = HeadcountView::open(dir.path()).unwrap();
        let batch = story.source.read_after(Position(0), events).unwrap();
        view.apply(&batch, &story.source, &story.groups).unwrap();
        view.rows()
    };
    let rows = alone(5) - alone(2);
    assert!(rows <= 14, "{rows} rows for six quarters of one dossier that adds and takes nothing");
}
