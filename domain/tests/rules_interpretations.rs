//! One test for each line of the table of interpretations in
//! `domain/src/rules/mod.rs`, in its order.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod rules_support;

use chrono::NaiveDate;
use domain::rules::RuleSet::{self, R1, R2, R3};
use domain::rules::Status::{Abandon, Apprenti, FinDeFormation, Inscrit, Rupturant};
use domain::rules::{ContractSpan, StatusFacts, trajectory};
use rules_support::{With, expect, session};

const ALL: [RuleSet; 3] = RuleSet::ALL;

#[test]
fn i01_a_contract_without_contract_days_still_opens_the_horizon() {
    let facts = session("2025-09-01", "2025-10-31").broken("2025-08-20", None, "2025-08-20");
    expect(&facts, &ALL, &[("2025-08-20", Inscrit), ("2025-10-31", FinDeFormation)]);
}

#[test]
fn i02_a_contract_before_a_session_that_ends_before_it_begins_gives_a_trajectory() {
    let facts = session("2025-09-01", "2025-08-31").contract("2025-08-01", None);
    expect(&facts, &ALL, &[("2025-08-01", Apprenti), ("2025-08-31", FinDeFormation)]);
    let later = session("2025-09-01", "2025-08-31").contract("2025-09-01", None);
    expect(&later, &ALL, &[]);
}

#[test]
fn i03_a_session_of_one_day_is_its_last_day() {
    let alone = session("2025-09-01", "2025-09-01");
    expect(&alone, &ALL, &[("2025-09-01", FinDeFormation)]);
    let excluded = session("2025-09-01", "2025-09-01").excluded("2025-09-01");
    expect(&excluded, &[R2, R3], &[("2025-09-01", Abandon)]);
    expect(&excluded, &[R1], &[("2025-09-01", FinDeFormation)]);
}

#[test]
fn i04_contract_days_after_the_session_are_not_seen() {
    let facts = session("2025-09-01", "2025-10-31").contract("2025-09-15", Some("2027-01-31"));
    let life = [("2025-09-01", Inscrit), ("2025-09-15", Apprenti), ("2025-10-31", FinDeFormation)];
    expect(&facts, &ALL, &life);
}

#[test]
fn i05_a_rupture_after_the_end_of_the_contract_decides() {
    let facts =
        session("2025-09-01", "2026-08-31").broken("2025-09-01", Some("2026-01-31"), "2026-03-01");
    let life = [("2025-09-01", Apprenti), ("2026-03-01", Rupturant), ("2026-08-28", Abandon)];
    expect(&facts, &[R2, R3], &life);
}

#[test]
fn i06_a_rupture_on_or_before_the_start_gives_no_contract_day() {
    for rupture in ["2025-10-01", "2025-09-30", "2025-01-01"] {
        let facts = session("2025-09-01", "2026-08-31").broken("2025-10-01", None, rupture);
        expect(&facts, &[R2, R3], &[("2025-09-01", Inscrit), ("2025-11-30", Abandon)]);
    }
    let one_day = session("2025-09-01", "2025-12-31").broken("2025-10-01", None, "2025-10-02");
    let life = [("2025-09-01", Inscrit), ("2025-10-01", Apprenti), ("2025-10-02", Rupturant)];
    expect(&one_day, &[R2, R3], &life);
}

#[test]
fn i06_a_contract_without_contract_days_can_be_the_terminal_one() {
    // The second was broken on its first day, nine days after the natural end of the first.
    let facts = session("2025-09-01", "2026-08-31")
        .contract("2025-09-01", Some("2026-07-31"))
        .broken("2026-08-10", None, "2026-08-10");
    let life = [("2025-09-01", Apprenti), ("2026-08-01", Rupturant)];
    expect(&facts, &[R2, R3], &life);
}

#[test]
fn i07_overlapping_and_touching_contracts_are_one_stretch() {
    let facts = session("2025-09-01", "2026-08-31")
        .contract("2026-01-01", Some("2026-08-31"))
        .broken("2025-11-15", Some("2026-08-31"), "2026-01-01")
        .contract("2025-09-01", Some("2025-12-01"))
        .contract("2025-09-20", Some("2025-09-21"));
    expect(&facts, &ALL, &[("2025-09-01", Apprenti), ("2026-08-31", FinDeFormation)]);
}

#[test]
fn i08_an_exclusion_before_the_horizon_leaves_only_abandon() {
    let facts = session("2025-09-01", "2026-08-31")
        .contract("2025-09-01", Some("2026-08-31"))
        .excluded("2025-06-01");
    expect(&facts, &[R2, R3], &[("2025-09-01", Abandon)]);
    expect(&facts, &[R1], &[("2025-09-01", Abandon), ("2026-08-31", FinDeFormation)]);
}

#[test]
fn i08_an_exclusion_on_the_last_day_shows_in_r2_and_r3() {
    let facts = session("2025-09-01", "2026-08-31")
        .contract("2025-09-01", Some("2026-08-31"))
        .excluded("2026-08-31");
    expect(&facts, &[R2, R3], &[("2025-09-01", Apprenti), ("2026-08-31", Abandon)]);
    expect(&facts, &[R1], &[("2025-09-01", Apprenti), ("2026-08-31", FinDeFormation)]);
}

#[test]
fn i09_a_future_contract_does_not_count_yet_and_an_empty_one_never() {
    let facts = session("2025-09-01", "2026-08-31")
        .broken("2025-09-01", None, "2025-09-01")
        .contract("2026-03-01", None);
    let life = [
        ("2025-09-01", Inscrit),
        ("2025-11-30", Abandon),
        ("2026-03-01", Apprenti),
        ("2026-08-31", FinDeFormation),
    ];
    expect(&facts, &ALL, &life);
}

#[test]
fn i10_the_count_starts_with_the_horizon_also_before_the_session() {
    // The empty contract opens the horizon 30 days before the session.
    let facts = session("2025-09-01", "2026-08-31").broken("2025-08-02", None, "2025-08-02");
    expect(&facts, &[R2, R3], &[("2025-08-02", Inscrit), ("2025-10-31", Abandon)]);
}

#[test]
fn i11_contract_days_under_an_exclusion_change_nothing_that_is_seen() {
    let without = session("2025-09-01", "2026-08-31")
        .broken("2025-09-01", None, "2025-11-01")
        .excluded("2025-12-01");
    let with = without.clone().broken("2026-01-01", None, "2026-02-01");
    for rules in ALL {
        assert_eq!(trajectory(&with, rules), trajectory(&without, rules), "{rules}");
    }
}

#[test]
fn i12_a_contract_after_the_session_can_be_the_terminal_one() {
    let facts = session("2025-09-01", "2026-08-31")
        .broken("2025-09-01", None, "2026-08-01")
        .contract("2026-09-15", Some("2027-08-31"));
    let life =
        [("2025-09-01", Apprenti), ("2026-08-01", Rupturant), ("2026-08-31", FinDeFormation)];
    expect(&facts, &ALL, &life);
    let broken = session("2025-09-01", "2026-08-31")
        .contract("2025-09-01", Some("2026-07-31"))
        .broken("2026-09-15", Some("2027-08-31"), "2026-10-01");
    expect(&broken, &[R2, R3], &[("2025-09-01", Apprenti), ("2026-08-01", Rupturant)]);
}

#[test]
fn i13_on_a_tie_the_broken_contract_wins_in_any_order() {
    // R2: the same start. R3: the same last effective day, 2026-05-31.
    let life = [("2025-09-01", Apprenti), ("2026-06-01", Rupturant)];
    let mut facts = session("2025-09-01", "2026-08-31")
        .contract("2025-09-01", Some("2026-05-31"))
        .broken("2025-09-01", None, "2026-06-01");
    expect(&facts, &[R2, R3], &life);
    facts.contracts.reverse();
    expect(&facts, &[R2, R3], &life);
}

#[test]
fn i14_a_contract_whose_end_is_not_told_ends_naturally() {
    let facts = session("2025-09-01", "2026-08-31").contract("2025-09-01", None);
    expect(&facts, &ALL, &[("2025-09-01", Apprenti), ("2026-08-31", FinDeFormation)]);
}

#[test]
fn i14_a_rupture_after_the_session_still_makes_the_contract_broken() {
    // Empty second contract: it "ended" on the day before its rupture, after the session.
    let facts = session("2025-09-01", "2026-08-31")
        .contract("2025-09-01", Some("2026-08-15"))
        .broken("2026-10-01", None, "2026-09-20");
    expect(&facts, &[R2, R3], &[("2025-09-01", Apprenti), ("2026-08-16", Rupturant)]);
}

#[test]
fn i15_an_exclusion_after_the_session_takes_tolerance_and_excuse_away() {
    let facts = session("2025-09-01", "2026-08-31")
        .contract("2025-09-01", Some("2026-08-15"))
        .excluded("2026-12-01");
    let life = [("2025-09-01", Apprenti), ("2026-08-16", Rupturant)];
    expect(&facts, &[R2, R3], &life);
    expect(&facts, &[R1], &[life[0], life[1], ("2026-08-31", FinDeFormation)]);
}

#[test]
fn i16_the_tolerance_is_counted_in_calendar_days_across_a_leap_day_too() {
    for (end, last) in [("2024-01-31", "2024-03-31"), ("2025-01-30", "2025-03-31")] {
        let facts = session("2023-09-01", last).contract("2023-09-01", Some(end));
        let finished_on = rules_support::plus(rules_support::day(end), 1).to_string();
        expect(&facts, &[R3], &[("2023-09-01", Apprenti), (&finished_on, FinDeFormation)]);
    }
}

#[test]
fn i17_tolerance_leaves_abandon_as_it_is_until_the_last_day() {
    // The only contract ends before it starts: no day, yet the terminal one.
    let facts = session("2025-09-01", "2026-01-31").contract("2026-01-15", Some("2025-12-31"));
    let life = [("2025-09-01", Inscrit), ("2025-11-30", Abandon), ("2026-01-31", FinDeFormation)];
    expect(&facts, &ALL, &life);
}

#[test]
fn i17_tolerance_also_ends_the_training_of_one_who_is_inscrit() {
    let facts = session("2025-09-01", "2025-11-15").contract("2025-10-15", Some("2025-10-10"));
    expect(&facts, &[R3], &[("2025-09-01", Inscrit), ("2025-10-11", FinDeFormation)]);
    expect(&facts, &[R1, R2], &[("2025-09-01", Inscrit), ("2025-11-15", FinDeFormation)]);
}

#[test]
fn i18_without_any_contract_an_abandon_stays_on_the_last_day() {
    let facts = session("2025-09-01", "2026-08-31");
    expect(&facts, &[R2, R3], &[("2025-09-01", Inscrit), ("2025-11-30", Abandon)]);
}

#[test]
fn i19_r1_finishes_even_one_who_is_excluded() {
    let facts = session("2025-09-01", "2026-08-31").excluded("2025-09-01");
    expect(&facts, &[R1], &[("2025-09-01", Abandon), ("2026-08-31", FinDeFormation)]);
    expect(&facts, &[R2, R3], &[("2025-09-01", Abandon)]);
}

#[test]
fn absurd_dates_have_an_answer_and_no_panic() {
    let ends = [NaiveDate::MIN, NaiveDate::default(), NaiveDate::MAX];
    let options = || ends.into_iter().map(Some).chain([None]);
    for (entry_on, end_on) in ends.into_iter().flat_map(|a| ends.map(|b| (a, b))) {
        for excluded_on in options() {
            for start_on in ends {
                for (end, broken_on) in options().flat_map(|a| options().map(move |b| (a, b))) {
                    let contract = ContractSpan { start_on, end_on: end, broken_on };
                    let contracts = vec![contract, contract];
                    let facts = StatusFacts { entry_on, end_on, contracts, excluded_on };
                    for rules in ALL {
                        let first = entry_on.min(start_on);
                        let steps = trajectory(&facts, rules).0;
                        let expected = (first <= end_on).then_some(first);
                        assert_eq!(steps.first().map(|s| s.from), expected, "{facts:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn ten_thousand_contracts_of_one_day_each_are_read_in_any_order() {
    let first = rules_support::day("1950-01-01");
    let contracts: Vec<_> = (0..10_000)
        .rev()
        .map(|n| rules_support::plus(first, 2 * n))
        .map(|on| ContractSpan { start_on: on, end_on: Some(on), broken_on: None })
        .collect();
    let end_on = rules_support::plus(first, 20_000);
    let facts = StatusFacts { entry_on: first, end_on, contracts, excluded_on: None };
    for rules in ALL {
        // Every contract day, every day between two, then the last day of the session.
        assert_eq!(trajectory(&facts, rules).0.len(), 20_000 + usize::from(rules != R3), "{rules}");
    }
}
