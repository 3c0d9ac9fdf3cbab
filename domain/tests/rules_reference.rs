//! The walk agrees with a naive day-by-day reference on random dossiers, which
//! are made to meet the limits of the rules often, and keeps its promises.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod rules_support;

use chrono::{Days, NaiveDate};
use domain::rules::{ContractSpan, RuleSet, StatusFacts, trajectory};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;
use rules_support::{day, reference};
use std::collections::HashSet;

/// Days from 2023-09-01 to early 2027: a leap day (2024-02-29), clock changes,
/// four new years. Days that a real dossier holds often are drawn often.
fn any_day() -> impl Strategy<Value = NaiveDate> {
    let usual = select(vec![
        "2024-01-01",
        "2024-02-28",
        "2024-02-29",
        "2024-03-01",
        "2024-03-31",
        "2024-09-01",
        "2024-10-27",
        "2024-12-31",
        "2025-01-01",
        "2025-03-30",
        "2025-07-31",
        "2025-08-31",
        "2025-09-01",
        "2026-01-01",
        "2026-08-31",
    ]);
    prop_oneof![
        3 => (0..1200_u64).prop_map(|n| day("2023-09-01") + Days::new(n)),
        1 => usual.prop_map(day),
    ]
}

/// Distances at which a rule changes its mind, and others.
fn any_distance() -> impl Strategy<Value = i64> {
    let limits =
        select(vec![-1, 0, 1, 2, 59, 60, 61, 89, 90, 91, 92, 179, 180, 181, 182, 365, 366]);
    prop_oneof![2 => limits, 1 => -40..700_i64]
}

/// A day at some distance of another.
fn near(origin: NaiveDate, distance: i64) -> NaiveDate {
    origin + chrono::Duration::days(distance)
}

/// A contract that starts anywhere, or at a chosen distance of the session's bounds.
fn any_contract(entry: NaiveDate, end: NaiveDate) -> impl Strategy<Value = ContractSpan> {
    let from_entry = || any_distance().prop_map(move |n| near(entry, n));
    let from_end = || any_distance().prop_map(move |n| near(end, -n));
    let start = prop_oneof![2 => any_day(), 3 => from_entry(), 1 => from_end()];
    let ends = weighted(0.8, prop_oneof![any_day(), from_entry(), from_end()]);
    let rupture = weighted(0.3, prop_oneof![any_day().prop_map(Ok), any_distance().prop_map(Err)]);
    (start, ends, rupture).prop_map(|(start_on, end_on, rupture)| ContractSpan {
        start_on,
        end_on,
        broken_on: rupture.map(|told| told.unwrap_or_else(|distance| near(start_on, distance))),
    })
}

/// A dossier with up to five contracts, in any order, overlapping or not.
fn any_facts() -> impl Strategy<Value = StatusFacts> {
    let bounds = prop_oneof![
        1 => (any_day(), any_day()),
        6 => (any_day(), prop_oneof![1 => any_distance(), 2 => 150..800_i64]).prop_map(|(entry, n)| (entry, near(entry, n))),
    ];
    bounds.prop_flat_map(|(entry_on, end_on)| {
        let contracts = vec(any_contract(entry_on, end_on), 0..=5);
        (contracts, weighted(0.15, any_day())).prop_map(move |(contracts, excluded_on)| {
            StatusFacts { entry_on, end_on, contracts, excluded_on }
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn r1_equals_the_day_by_day_reference(facts in any_facts()) {
        prop_assert_eq!(trajectory(&facts, RuleSet::R1), reference::trajectory(&facts, RuleSet::R1));
    }

    #[test]
    fn r2_equals_the_day_by_day_reference(facts in any_facts()) {
        prop_assert_eq!(trajectory(&facts, RuleSet::R2), reference::trajectory(&facts, RuleSet::R2));
    }

    #[test]
    fn r3_equals_the_day_by_day_reference(facts in any_facts()) {
        prop_assert_eq!(trajectory(&facts, RuleSet::R3), reference::trajectory(&facts, RuleSet::R3));
    }

    #[test]
    fn the_order_of_contracts_changes_nothing(
        (facts, shuffled) in any_facts().prop_flat_map(|facts| {
            let shuffled = Just(facts.contracts.clone()).prop_shuffle();
            (Just(facts), shuffled)
        })
    ) {
        let permuted = StatusFacts { contracts: shuffled, ..facts.clone() };
        for rules in RuleSet::ALL {
            prop_assert_eq!(trajectory(&permuted, rules), trajectory(&facts, rules));
        }
    }

    #[test]
    fn steps_grow_differ_and_stay_in_the_horizon(facts in any_facts()) {
        for rules in RuleSet::ALL {
            let steps = trajectory(&facts, rules).0;
            prop_assert!(steps.windows(2).all(|w| w[0].from < w[1].from && w[0].status != w[1].status));
            let first = facts.contracts.iter().map(|c| c.start_on).chain([facts.entry_on]).min();
            prop_assert_eq!(steps.first().map(|s| s.from), first.filter(|f| *f <= facts.end_on));
            prop_assert!(steps.iter().all(|s| s.from <= facts.end_on));
        }
    }
}

/// A generator that never meets a rule proves nothing about it.
#[test]
fn random_dossiers_meet_every_status_and_tell_the_rule_sets_apart() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let (mut seen, mut empty, mut told_apart) = (HashSet::new(), 0, [0; 2]);
    for _ in 0..2_000 {
        let facts = any_facts().new_tree(&mut runner).unwrap().current();
        let [r1, r2, r3] = RuleSet::ALL.map(|rules| trajectory(&facts, rules));
        empty += usize::from(r3.0.is_empty());
        told_apart[0] += usize::from(r1 != r2);
        told_apart[1] += usize::from(r2 != r3);
        seen.extend(r3.0.iter().map(|step| step.status));
    }
    assert_eq!(seen.len(), 5, "{seen:?}");
    assert!(empty > 20, "{empty} empty");
    assert!(told_apart.iter().all(|n| *n > 80), "{told_apart:?}");
}
