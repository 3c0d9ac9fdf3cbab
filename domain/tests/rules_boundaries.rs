//! Each limit of the rules, on its last day and the day after: 90/91, 180/181,
//! 60/61; then the same across leap days, new years and clock changes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod rules_support;

use chrono::{DateTime, Datelike, NaiveDate};
use domain::calendar::paris_day;
use domain::ids::Instant;
use domain::rules::RuleSet::{self, R1, R2, R3};
use domain::rules::Status::{Abandon, Apprenti, FinDeFormation, Inscrit, Rupturant};
use domain::rules::{ContractSpan, Status, StatusFacts, trajectory};
use rules_support::{With, day, expect, plus, session};

const ALL: [RuleSet; 3] = RuleSet::ALL;

/// Every day of five years: leap (2024, 2028) and common, every new year and
/// clock change in between.
fn five_years() -> impl Iterator<Item = NaiveDate> {
    day("2024-01-01").iter_days().take_while(|day| day.year() < 2029)
}

// 90 and 91 days without any contract.

#[test]
fn the_ninetieth_day_without_contract_is_inscrit_and_the_ninety_first_abandon() {
    for rules in ALL {
        let life = trajectory(&session("2025-09-01", "2026-08-31"), rules);
        assert_eq!(life.at(day("2025-11-29")), Some(Inscrit), "day 90, {rules}");
        assert_eq!(life.at(day("2025-11-30")), Some(Abandon), "day 91, {rules}");
    }
}

#[test]
fn a_contract_on_the_ninety_first_day_leaves_no_abandon() {
    let facts = session("2025-09-01", "2026-08-31").contract("2025-11-30", None);
    let life = [("2025-09-01", Inscrit), ("2025-11-30", Apprenti), ("2026-08-31", FinDeFormation)];
    expect(&facts, &ALL, &life);
}

#[test]
fn a_contract_on_the_ninety_second_day_leaves_one_day_of_abandon() {
    let facts = session("2025-09-01", "2026-08-31").contract("2025-12-01", None);
    expect(
        &facts,
        &ALL,
        &[
            ("2025-09-01", Inscrit),
            ("2025-11-30", Abandon),
            ("2025-12-01", Apprenti),
            ("2026-08-31", FinDeFormation),
        ],
    );
}

#[test]
fn a_session_of_ninety_days_without_contract_finishes() {
    let facts = session("2025-09-01", "2025-11-29");
    expect(&facts, &ALL, &[("2025-09-01", Inscrit), ("2025-11-29", FinDeFormation)]);
}

#[test]
fn a_session_of_ninety_one_days_without_contract_finishes_in_r1_only() {
    let facts = session("2025-09-01", "2025-11-30");
    expect(&facts, &[R2, R3], &[("2025-09-01", Inscrit), ("2025-11-30", Abandon)]);
    expect(&facts, &[R1], &[("2025-09-01", Inscrit), ("2025-11-30", FinDeFormation)]);
}

// 180 and 181 days after a contract.

#[test]
fn the_hundred_and_eightieth_day_after_a_rupture_is_rupturant_and_the_next_abandon() {
    let facts = session("2025-09-01", "2026-08-31").broken("2025-09-01", None, "2025-11-01");
    for rules in ALL {
        let life = trajectory(&facts, rules);
        assert_eq!(life.at(day("2025-10-31")), Some(Apprenti), "day 0, {rules}");
        assert_eq!(life.at(day("2025-11-01")), Some(Rupturant), "day 1, {rules}");
        assert_eq!(life.at(day("2026-04-29")), Some(Rupturant), "day 180, {rules}");
        assert_eq!(life.at(day("2026-04-30")), Some(Abandon), "day 181, {rules}");
    }
}

#[test]
fn the_count_after_a_natural_end_starts_on_the_day_after_it() {
    let facts = session("2025-09-01", "2026-08-31").contract("2025-09-01", Some("2025-10-31"));
    expect(
        &facts,
        &ALL,
        &[
            ("2025-09-01", Apprenti),
            ("2025-11-01", Rupturant),
            ("2026-04-30", Abandon),
            ("2026-08-31", FinDeFormation),
        ],
    );
}

#[test]
fn a_new_contract_on_the_hundred_and_eighty_first_day_leaves_no_abandon() {
    let facts = session("2025-09-01", "2026-08-31")
        .broken("2025-09-01", None, "2025-11-01")
        .contract("2026-04-30", None);
    let life = [
        ("2025-09-01", Apprenti),
        ("2025-11-01", Rupturant),
        ("2026-04-30", Apprenti),
        ("2026-08-31", FinDeFormation),
    ];
    expect(&facts, &ALL, &life);
}

#[test]
fn a_new_contract_one_day_later_leaves_one_day_of_abandon() {
    let facts = session("2025-09-01", "2026-08-31")
        .broken("2025-09-01", None, "2025-11-01")
        .contract("2026-05-01", None);
    let life = [
        ("2025-09-01", Apprenti),
        ("2025-11-01", Rupturant),
        ("2026-04-30", Abandon),
        ("2026-05-01", Apprenti),
        ("2026-08-31", FinDeFormation),
    ];
    expect(&facts, &ALL, &life);
}

#[test]
fn a_single_contract_day_starts_the_count_again() {
    let facts = session("2025-01-01", "2026-08-31")
        .contract("2025-01-01", Some("2025-01-01"))
        .broken("2025-06-30", None, "2025-07-01");
    let life = [
        ("2025-01-01", Apprenti),
        ("2025-01-02", Rupturant),
        ("2025-06-30", Apprenti),
        ("2025-07-01", Rupturant),
        ("2025-12-28", Abandon),
    ];
    expect(&facts, &[R2, R3], &life);
}

// 60 and 61 days before the session's end.

#[test]
fn tolerance_lasts_sixty_days_in_r3_and_no_day_in_the_others() {
    for (end, finished_on) in [
        ("2026-08-31", "2026-08-31"), // 0 days: the last day itself
        ("2026-08-30", "2026-08-31"), // 1
        ("2026-07-03", "2026-07-04"), // 59
        ("2026-07-02", "2026-07-03"), // 60
        ("2026-07-01", "2026-08-31"), // 61
    ] {
        let facts = session("2025-09-01", "2026-08-31").contract("2025-09-01", Some(end));
        let finished = |rules| trajectory(&facts, rules).0.last().copied().unwrap();
        assert_eq!(finished(R3).status, FinDeFormation, "{end}");
        assert_eq!(finished(R3).from, day(finished_on), "{end}");
        assert_eq!(finished(R2).from, day("2026-08-31"), "{end}");
        assert_eq!(finished(R1).from, day("2026-08-31"), "{end}");
    }
}

#[test]
fn tolerance_needs_a_contract_that_was_not_broken_even_by_one_day() {
    let facts =
        session("2025-09-01", "2026-08-31").broken("2025-09-01", Some("2026-08-31"), "2026-08-31");
    let life = [("2025-09-01", Apprenti), ("2026-08-31", Rupturant)];
    expect(&facts, &[R2, R3], &life);
    expect(&facts, &[R1], &[life[0], ("2026-08-31", FinDeFormation)]);
}

// Every day of five years.

#[test]
fn ninety_days_are_ninety_days_from_any_day_of_leap_and_common_years() {
    for entry in five_years() {
        let facts = StatusFacts {
            entry_on: entry,
            end_on: plus(entry, 500),
            contracts: Vec::new(),
            excluded_on: None,
        };
        for rules in ALL {
            let life = trajectory(&facts, rules);
            assert_eq!(life.at(plus(entry, 89)), Some(Inscrit), "{entry} {rules}");
            assert_eq!(life.at(plus(entry, 90)), Some(Abandon), "{entry} {rules}");
        }
    }
}

#[test]
fn a_hundred_and_eighty_days_are_so_many_after_a_rupture_on_any_day() {
    for broken in five_years() {
        let contract =
            ContractSpan { start_on: day("2023-12-01"), end_on: None, broken_on: Some(broken) };
        let facts = StatusFacts {
            entry_on: contract.start_on,
            end_on: plus(broken, 500),
            contracts: vec![contract],
            excluded_on: None,
        };
        for rules in ALL {
            let life = trajectory(&facts, rules);
            assert_eq!(life.at(broken.pred_opt().unwrap()), Some(Apprenti), "{broken} {rules}");
            assert_eq!(life.at(broken), Some(Rupturant), "{broken} {rules}");
            assert_eq!(life.at(plus(broken, 179)), Some(Rupturant), "{broken} {rules}");
            assert_eq!(life.at(plus(broken, 180)), Some(Abandon), "{broken} {rules}");
        }
    }
}

#[test]
fn sixty_days_are_sixty_days_before_a_session_that_ends_on_any_day() {
    for last in five_years() {
        for (distance, tolerated) in [(60, true), (61, false)] {
            let end = last - chrono::Days::new(distance);
            let contract =
                ContractSpan { start_on: day("2023-06-01"), end_on: Some(end), broken_on: None };
            let facts = StatusFacts {
                entry_on: contract.start_on,
                end_on: last,
                contracts: vec![contract],
                excluded_on: None,
            };
            let next_day = trajectory(&facts, R3).at(plus(end, 1));
            let expected = if tolerated { FinDeFormation } else { Rupturant };
            assert_eq!(next_day, Some(expected), "{last} {distance}");
        }
    }
}

/// The day on which a session without contract that begins on `entry` is abandoned.
fn abandoned_on(entry: &str) -> NaiveDate {
    let life = trajectory(&session(entry, "2030-12-31"), R3);
    let step = life.0.iter().find(|step| step.status == Abandon);
    step.map(|step| step.from).unwrap()
}

#[test]
fn the_leap_day_counts_as_a_day() {
    assert_eq!(abandoned_on("2023-12-31"), day("2024-03-30"));
    assert_eq!(abandoned_on("2024-12-31"), day("2025-03-31"));
    assert_eq!(abandoned_on("2024-02-29"), day("2024-05-29"));
    assert_eq!(abandoned_on("2023-12-01"), day("2024-02-29"));
}

#[test]
fn a_contract_of_the_leap_day_alone_is_one_day_long() {
    let facts = session("2024-02-28", "2024-03-31").contract("2024-02-29", Some("2024-02-29"));
    let life = [
        ("2024-02-28", Inscrit),
        ("2024-02-29", Apprenti),
        ("2024-03-01", Rupturant),
        ("2024-03-31", FinDeFormation),
    ];
    expect(&facts, &[R1, R2], &life);
    expect(&facts, &[R3], &[life[0], life[1], ("2024-03-01", FinDeFormation)]);
}

#[test]
fn new_year_neither_adds_nor_loses_a_day() {
    assert_eq!(abandoned_on("2025-10-03"), day("2026-01-01"));
    assert_eq!(abandoned_on("2025-10-02"), day("2025-12-31"));
    assert_eq!(abandoned_on("2026-01-01"), day("2026-04-01"));
    let facts = session("2025-09-01", "2025-12-31").broken("2025-09-01", None, "2026-01-01");
    expect(&facts, &ALL, &[("2025-09-01", Apprenti), ("2025-12-31", FinDeFormation)]);
}

#[test]
fn clock_changes_neither_add_nor_lose_a_day() {
    // In Paris 2025-03-30 lasts 23 hours and 2025-10-26 lasts 25.
    for change in ["2024-03-31", "2024-10-27", "2025-03-30", "2025-10-26", "2026-03-29"] {
        let change = day(change);
        for shift in 0..=91 {
            let entry = change - chrono::Days::new(shift);
            assert_eq!(abandoned_on(&entry.to_string()), plus(entry, 90), "{change} {shift}");
        }
    }
}

/// The civil day in Paris of an instant in UTC.
fn heard_on(utc: &str) -> NaiveDate {
    let at = DateTime::parse_from_rfc3339(utc).unwrap();
    paris_day(Instant(at.timestamp_micros()))
}

#[test]
fn an_instant_on_the_night_of_a_clock_change_reads_the_status_of_its_day_in_paris() {
    for (change, before, after) in [
        ("2025-03-30", "2025-03-29T22:59:59Z", "2025-03-29T23:00:00Z"),
        ("2025-10-26", "2025-10-25T21:59:59Z", "2025-10-25T22:00:00Z"),
        ("2026-01-01", "2025-12-31T22:59:59Z", "2025-12-31T23:00:00Z"),
    ] {
        let facts = session("2024-12-01", "2026-08-31").broken("2024-12-01", None, change);
        let life = trajectory(&facts, R3);
        let read = |utc| -> Option<Status> { life.at(heard_on(utc)) };
        assert_eq!((read(before), read(after)), (Some(Apprenti), Some(Rupturant)), "{change}");
    }
}
