//! The worked examples of the rules, and what each rule set tells of one life.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod rules_support;

use domain::rules::RuleSet::{self, R1, R2, R3};
use domain::rules::Status::{Abandon, Apprenti, FinDeFormation, Inscrit, Rupturant};
use domain::rules::trajectory;
use rules_support::{With, day, expect, session};

const ALL: [RuleSet; 3] = RuleSet::ALL;

#[test]
fn a_session_without_contract_is_abandoned_on_its_ninety_first_day() {
    let facts = session("2024-09-01", "2025-08-31");
    let life = [("2024-09-01", Inscrit), ("2024-11-30", Abandon)];
    expect(&facts, &[R2, R3], &life);
    expect(&facts, &[R1], &[life[0], life[1], ("2025-08-31", FinDeFormation)]);
}

#[test]
fn a_rupture_becomes_an_abandon_on_the_hundred_and_eighty_first_day() {
    let facts =
        session("2024-09-01", "2025-08-31").broken("2024-09-01", Some("2025-08-31"), "2024-12-01");
    let life = [("2024-09-01", Apprenti), ("2024-12-01", Rupturant), ("2025-05-30", Abandon)];
    expect(&facts, &[R2, R3], &life);
    expect(&facts, &[R1], &[life[0], life[1], life[2], ("2025-08-31", FinDeFormation)]);
}

#[test]
fn a_natural_end_sixty_days_before_the_session_ends_the_training_next_day() {
    let facts = session("2024-09-01", "2025-08-31").contract("2024-09-01", Some("2025-07-02"));
    expect(&facts, &[R3], &[("2024-09-01", Apprenti), ("2025-07-03", FinDeFormation)]);
    expect(
        &facts,
        &[R1, R2],
        &[("2024-09-01", Apprenti), ("2025-07-03", Rupturant), ("2025-08-31", FinDeFormation)],
    );
}

#[test]
fn a_natural_end_sixty_one_days_before_the_session_is_rupturant_until_the_last_day() {
    let facts = session("2024-09-01", "2025-08-31").contract("2024-09-01", Some("2025-07-01"));
    expect(
        &facts,
        &ALL,
        &[("2024-09-01", Apprenti), ("2025-07-02", Rupturant), ("2025-08-31", FinDeFormation)],
    );
}

#[test]
fn a_good_year_is_enrolled_then_apprentice_then_finished() {
    let facts = session("2024-09-01", "2025-08-31").contract("2024-10-15", Some("2025-08-31"));
    let life = [("2024-09-01", Inscrit), ("2024-10-15", Apprenti), ("2025-08-31", FinDeFormation)];
    expect(&facts, &ALL, &life);
}

#[test]
fn a_contract_before_the_session_opens_the_horizon() {
    let facts = session("2024-09-01", "2025-08-31").contract("2024-07-15", None);
    expect(&facts, &ALL, &[("2024-07-15", Apprenti), ("2025-08-31", FinDeFormation)]);
}

#[test]
fn a_learner_comes_back_to_a_contract_after_an_abandon() {
    let facts = session("2024-09-01", "2025-08-31").contract("2025-02-01", None);
    expect(
        &facts,
        &ALL,
        &[
            ("2024-09-01", Inscrit),
            ("2024-11-30", Abandon),
            ("2025-02-01", Apprenti),
            ("2025-08-31", FinDeFormation),
        ],
    );
}

#[test]
fn a_gap_between_two_natural_contracts_is_shown_as_a_rupture() {
    let facts = session("2024-09-01", "2025-08-31")
        .contract("2024-09-01", Some("2024-12-31"))
        .contract("2025-01-21", None);
    expect(
        &facts,
        &ALL,
        &[
            ("2024-09-01", Apprenti),
            ("2025-01-01", Rupturant),
            ("2025-01-21", Apprenti),
            ("2025-08-31", FinDeFormation),
        ],
    );
}

#[test]
fn an_exclusion_overrides_the_contract_until_the_end_and_only_r1_finishes() {
    let facts = session("2024-09-01", "2025-08-31")
        .contract("2024-09-01", Some("2025-08-31"))
        .excluded("2025-02-10");
    let life = [("2024-09-01", Apprenti), ("2025-02-10", Abandon)];
    expect(&facts, &[R2, R3], &life);
    expect(&facts, &[R1], &[life[0], life[1], ("2025-08-31", FinDeFormation)]);
}

#[test]
fn the_contract_that_started_last_decides_in_r2_the_one_that_ends_last_in_r3() {
    // The long contract runs out 100 days before the session's end; a second,
    // later and short, was broken while the first went on.
    let facts = session("2024-09-01", "2025-08-31")
        .contract("2024-09-01", Some("2025-05-23"))
        .broken("2025-01-06", None, "2025-02-01");
    let life = [("2024-09-01", Apprenti), ("2025-05-24", Rupturant)];
    expect(&facts, &[R2], &life);
    expect(&facts, &[R1, R3], &[life[0], life[1], ("2025-08-31", FinDeFormation)]);
}

#[test]
fn a_broken_terminal_contract_has_no_tolerance() {
    let facts =
        session("2024-09-01", "2025-08-31").broken("2024-09-01", Some("2025-08-31"), "2025-08-01");
    let life = [("2024-09-01", Apprenti), ("2025-08-01", Rupturant)];
    expect(&facts, &[R2, R3], &life);
    expect(&facts, &[R1], &[life[0], life[1], ("2025-08-31", FinDeFormation)]);
}

#[test]
fn a_session_that_ends_before_it_begins_has_no_step_and_is_currently_inscrit() {
    let facts = session("2024-09-01", "2024-08-31");
    expect(&facts, &ALL, &[]);
    let empty = trajectory(&facts, R3);
    assert_eq!(empty.at(day("2024-09-01")), None);
    assert_eq!(empty.current(day("2024-09-01")), Some(Inscrit));
    assert_eq!(empty.current(day("1999-01-01")), Some(Inscrit));
}

#[test]
fn the_current_status_is_that_of_the_last_step_begun() {
    let life = trajectory(&session("2024-09-01", "2025-08-31"), R1);
    for (asked, status) in [
        ("2024-08-31", None),
        ("2024-09-01", Some(Inscrit)),
        ("2024-11-29", Some(Inscrit)),
        ("2024-11-30", Some(Abandon)),
        ("2025-08-30", Some(Abandon)),
        ("2025-08-31", Some(FinDeFormation)),
        ("2031-01-01", Some(FinDeFormation)),
    ] {
        assert_eq!(life.at(day(asked)), status, "{asked}");
        assert_eq!(life.current(day(asked)), status, "{asked}");
    }
}
