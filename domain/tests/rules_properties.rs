//! What must hold of any dossier, said without a second implementation: how
//! the answer moves when the facts move, and where two rule sets may differ.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod rules_support;

use chrono::{Duration, NaiveDate};
use domain::rules::RuleSet::{self, R1, R2, R3};
use domain::rules::Status::{Abandon, Apprenti, FinDeFormation, Inscrit, Rupturant};
use domain::rules::{ContractSpan, Status, StatusFacts, Step, Trajectory, trajectory};
use proptest::prelude::*;
use rules_support::dossiers::{any_day, any_facts};

/// The same facts so many days later.
fn moved(facts: &StatusFacts, days: i64) -> StatusFacts {
    let later = |day: NaiveDate| day + Duration::days(days);
    StatusFacts {
        entry_on: later(facts.entry_on),
        end_on: later(facts.end_on),
        contracts: facts
            .contracts
            .iter()
            .map(|c| ContractSpan {
                start_on: later(c.start_on),
                end_on: c.end_on.map(later),
                broken_on: c.broken_on.map(later),
            })
            .collect(),
        excluded_on: facts.excluded_on.map(later),
    }
}

/// A trajectory day by day, from its first step to the last day of the session.
fn daily(facts: &StatusFacts, rules: RuleSet) -> Vec<(NaiveDate, Status)> {
    let life = trajectory(facts, rules);
    let Some(first) = life.0.first() else { return Vec::new() };
    let days = first.from.iter_days().take_while(|day| *day <= facts.end_on);
    days.map(|day| (day, life.at(day).unwrap())).collect()
}

/// Whether rule 3 puts this day under this contract.
fn covers(contract: &ContractSpan, facts: &StatusFacts, day: NaiveDate) -> bool {
    let until_end = contract.end_on.unwrap_or(facts.end_on) >= day;
    contract.start_on <= day && contract.broken_on.map_or(until_end, |broken| day < broken)
}

/// The longest run of neighbouring days of a status.
fn longest(days: &[(NaiveDate, Status)], status: Status) -> usize {
    days.chunk_by(|a, b| a.1 == b.1)
        .filter(|run| run[0].1 == status)
        .map(<[_]>::len)
        .max()
        .unwrap_or(0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No leap day, new year or clock change is special: 10,000 days later,
    /// the same life 10,000 days later.
    #[test]
    fn facts_moved_by_days_move_the_trajectory_by_as_many(
        facts in any_facts(), days in -10_000..10_000_i64
    ) {
        for rules in RuleSet::ALL {
            let steps = trajectory(&facts, rules).0.into_iter();
            let expected = steps.map(|s| Step { from: s.from + Duration::days(days), ..s }).collect();
            prop_assert_eq!(trajectory(&moved(&facts, days), rules), Trajectory(expected));
        }
    }

    #[test]
    fn a_day_is_apprenti_only_under_a_contract_and_before_any_exclusion(facts in any_facts()) {
        for rules in RuleSet::ALL {
            for (day, status) in daily(&facts, rules) {
                let covered = facts.contracts.iter().any(|c| covers(c, &facts, day));
                let excluded = facts.excluded_on.is_some_and(|from| from <= day);
                if day < facts.end_on {
                    prop_assert_eq!(status == Apprenti, covered && !excluded, "{} {}", day, rules);
                    prop_assert!(!excluded || status == Abandon, "{} {}", day, rules);
                }
            }
        }
    }

    #[test]
    fn no_run_is_longer_than_ninety_days_inscrit_or_a_hundred_and_eighty_rupturant(
        facts in any_facts()
    ) {
        for rules in RuleSet::ALL {
            let days = daily(&facts, rules);
            prop_assert!(longest(&days, Inscrit) <= 90);
            prop_assert!(longest(&days, Rupturant) <= 180);
        }
    }

    #[test]
    fn inscrit_never_follows_a_contract_and_rupturant_never_precedes_one(facts in any_facts()) {
        for rules in RuleSet::ALL {
            let steps = trajectory(&facts, rules).0;
            let lived: Vec<_> = steps.iter().map(|s| s.status).collect();
            let contract = lived.iter().position(|s| *s == Apprenti);
            let (before, after) = lived.split_at(contract.unwrap_or(lived.len()));
            prop_assert!(!before.contains(&Rupturant));
            prop_assert!(!after.contains(&Inscrit));
        }
    }

    #[test]
    fn r1_always_ends_on_the_last_day_and_r2_differs_from_it_on_no_other(facts in any_facts()) {
        let (first, second) = (daily(&facts, R1), daily(&facts, R2));
        prop_assert!(first.last().is_none_or(|(_, status)| *status == FinDeFormation));
        let before = first.len().saturating_sub(1);
        prop_assert_eq!(first.len(), second.len());
        prop_assert_eq!(&first[..before], &second[..before]);
    }

    #[test]
    fn r3_differs_from_r2_only_on_the_last_day_or_by_finishing_at_most_sixty_days_early(
        facts in any_facts()
    ) {
        for ((day, second), (_, third)) in daily(&facts, R2).into_iter().zip(daily(&facts, R3)) {
            if day < facts.end_on && second != third {
                prop_assert!(matches!(second, Inscrit | Rupturant));
                prop_assert_eq!(third, FinDeFormation);
                prop_assert!((facts.end_on - day).num_days() < 60, "{}", day);
                prop_assert_eq!(facts.excluded_on, None);
            }
        }
    }

    #[test]
    fn an_exclusion_changes_no_day_before_it_but_takes_the_tolerance_away(
        facts in any_facts(), on in any_day()
    ) {
        let free = StatusFacts { excluded_on: None, ..facts.clone() };
        let excluded = StatusFacts { excluded_on: Some(on), ..facts };
        for rules in RuleSet::ALL {
            let both = daily(&free, rules).into_iter().zip(daily(&excluded, rules));
            for ((day, without), (_, with)) in both {
                let early = rules == R3 && without == FinDeFormation;
                if day < on.min(free.end_on) && !early {
                    prop_assert_eq!(without, with, "{} {}", day, rules);
                }
            }
        }
    }

    #[test]
    fn a_contract_declared_twice_changes_nothing(
        facts in any_facts(), which in any::<prop::sample::Index>()
    ) {
        prop_assume!(!facts.contracts.is_empty());
        let mut twice = facts.clone();
        twice.contracts.push(facts.contracts[which.index(facts.contracts.len())]);
        for rules in RuleSet::ALL {
            prop_assert_eq!(trajectory(&twice, rules), trajectory(&facts, rules));
        }
    }

    #[test]
    fn the_current_status_is_that_of_the_last_step_on_or_before_any_day(
        facts in any_facts(), asked in any_day()
    ) {
        for rules in RuleSet::ALL {
            let life = trajectory(&facts, rules);
            let last = life.0.iter().rev().find(|step| step.from <= asked).map(|step| step.status);
            prop_assert_eq!(life.at(asked), last);
            let expected = if life.0.is_empty() { Some(Inscrit) } else { last };
            prop_assert_eq!(life.current(asked), expected);
        }
    }
}
