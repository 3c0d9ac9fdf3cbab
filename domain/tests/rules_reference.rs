//! The walk agrees with a naive day-by-day reference on random dossiers, and
//! keeps the promises of its answer.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod rules_support;

use domain::rules::{RuleSet, StatusFacts, trajectory};
use proptest::prelude::*;
use rules_support::{dossiers::any_facts, reference};
use std::collections::HashSet;

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
