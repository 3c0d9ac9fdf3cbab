//! Several sessions of one training (interpretation 22).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop")]

mod rules_support;

use domain::rules::RuleSet::{self, R1, R2, R3};
use domain::rules::Status::{Abandon, Apprenti, FinDeFormation, Inscrit, Rupturant};
use domain::rules::{Session, Status, StatusFacts, trajectory, trajectory_through};
use proptest::prelude::*;
use rules_support::dossiers::any_facts;
use rules_support::{With, day, session, steps};

fn former(entry: &str, end: &str) -> Session {
    Session { entry_on: day(entry), end_on: day(end) }
}

#[track_caller]
fn expect(former: &[Session], facts: &StatusFacts, sets: &[RuleSet], life: &[(&str, Status)]) {
    for rules in sets {
        assert_eq!(trajectory_through(former, facts.clone(), *rules), steps(life), "{rules}");
    }
}

#[test]
fn a_contract_begun_in_the_former_session_joins_the_next_to_it_across_the_summer() {
    let facts = session("2026-09-01", "2027-07-31").contract("2025-11-17", Some("2027-07-31"));
    let life = [("2025-09-01", Inscrit), ("2025-11-17", Apprenti), ("2027-07-31", FinDeFormation)];
    expect(&[former("2025-09-01", "2026-07-31")], &facts, &RuleSet::ALL, &life);
}

#[test]
fn each_session_without_contract_has_its_own_ninety_days() {
    let facts = session("2026-09-01", "2027-07-31").contract("2027-01-04", Some("2027-07-31"));
    let first = former("2025-09-01", "2026-07-31");
    let life = [
        ("2025-09-01", Inscrit),
        ("2025-11-30", Abandon),
        ("2026-09-01", Inscrit),
        ("2026-11-30", Abandon),
        ("2027-01-04", Apprenti),
        ("2027-07-31", FinDeFormation),
    ];
    expect(&[first], &facts, &[R2, R3], &life);
    let mut closed = life.to_vec();
    closed.insert(2, ("2026-07-31", FinDeFormation));
    expect(&[first], &facts, &[R1], &closed);
}

#[test]
fn sessions_that_touch_or_overlap_are_one_horizon() {
    for (end, next) in [("2026-08-31", "2026-09-01"), ("2027-07-31", "2026-01-05")] {
        let facts = session(next, "2027-07-31");
        let life = [("2025-09-01", Inscrit), ("2025-11-30", Abandon)];
        expect(&[former("2025-09-01", end)], &facts, &[R2, R3], &life);
    }
}

#[test]
fn three_sessions_join_as_far_as_they_touch() {
    let sessions = [former("2023-09-01", "2023-10-31"), former("2024-09-01", "2025-08-31")];
    let facts = session("2025-09-01", "2025-10-31");
    let life = [
        ("2023-09-01", Inscrit),
        ("2023-10-31", FinDeFormation),
        ("2024-09-01", Inscrit),
        ("2024-11-30", Abandon),
    ];
    expect(&sessions, &facts, &[R2, R3], &life);
}

#[test]
fn a_contract_joins_two_sessions_when_the_next_begins_within_its_180_days() {
    let first = [former("2025-09-01", "2026-07-31")];
    for (entry, joined) in [("2027-01-27", true), ("2027-01-28", false)] {
        let facts = session(entry, "2027-12-31").contract("2025-09-15", Some("2026-07-31"));
        let mut life = vec![("2025-09-01", Inscrit), ("2025-09-15", Apprenti)];
        life.extend(if joined {
            [("2026-08-01", Rupturant), ("2027-01-28", Abandon)].to_vec()
        } else {
            [("2026-07-31", FinDeFormation), (entry, Inscrit), ("2027-04-28", Abandon)].to_vec()
        });
        if joined {
            life.push(("2027-12-31", FinDeFormation));
        }
        expect(&first, &facts, &[R2, R3], &life);
    }
}

#[test]
fn who_was_an_abandon_is_inscrit_again_in_the_next_session() {
    let facts = session("2026-09-01", "2027-07-31").broken("2025-09-01", None, "2025-11-03");
    let life = [
        ("2025-09-01", Apprenti),
        ("2025-11-03", Rupturant),
        ("2026-05-02", Abandon),
        ("2026-09-01", Inscrit),
        ("2026-11-30", Abandon),
    ];
    expect(&[former("2025-09-01", "2026-07-31")], &facts, &[R2, R3], &life);
}

#[test]
fn who_is_rupturant_at_the_end_of_a_session_is_an_abandon_after_180_days() {
    // The 180 days end on 11 December: a session that begins then is joined, a later one is not.
    for (entry, back) in [("2026-12-11", None), ("2026-12-14", Some(Inscrit))] {
        let facts = session(entry, "2027-07-31").broken("2025-09-01", None, "2026-06-15");
        let through = trajectory_through(&[former("2025-09-01", "2026-07-31")], facts, R3);
        assert_eq!(through.at(day("2026-12-11")), Some(Rupturant));
        assert_eq!(through.at(day("2026-12-13")), Some(Abandon), "{entry}");
        assert_eq!(through.at(day("2026-12-20")), back.or(Some(Abandon)), "{entry}");
    }
}

#[test]
fn an_exclusion_is_of_the_stretch_in_which_it_falls() {
    let first = [former("2024-09-02", "2025-07-31")];
    let contract = |s: StatusFacts| s.contract("2024-09-02", Some("2025-07-31"));
    let mut later = contract(session("2026-03-02", "2026-07-31"));
    later.excluded_on = Some(day("2026-03-15"));
    let life = [
        ("2024-09-02", Apprenti),
        ("2025-07-31", FinDeFormation),
        ("2026-03-02", Inscrit),
        ("2026-03-15", Abandon),
    ];
    expect(&first, &later, &[R2, R3], &life);
    let mut earlier = contract(session("2026-03-02", "2026-04-30"));
    earlier.excluded_on = Some(day("2025-05-05"));
    let life = [
        ("2024-09-02", Apprenti),
        ("2025-05-05", Abandon),
        ("2026-03-02", Inscrit),
        ("2026-04-30", FinDeFormation),
    ];
    expect(&first, &earlier, &[R2, R3], &life);
}

#[test]
fn a_rupture_counts_its_180_days_across_a_hole() {
    let facts = session("2026-09-01", "2027-07-31").broken("2025-09-01", None, "2026-05-04");
    let life = [("2025-09-01", Apprenti), ("2026-05-04", Rupturant), ("2026-10-31", Abandon)];
    expect(&[former("2025-09-01", "2026-07-31")], &facts, &[R2, R3], &life);
}

proptest! {
    #[test]
    fn without_a_former_session_nothing_changes(facts in any_facts()) {
        for rules in RuleSet::ALL {
            prop_assert_eq!(trajectory_through(&[], facts.clone(), rules), trajectory(&facts, rules));
        }
    }

    #[test]
    fn steps_come_in_order_and_what_follows_the_first_contract_day_stays(
        mut facts in any_facts(),
        before in proptest::collection::vec((0..900_u64, 0..400_u64), 0..4),
    ) {
        let entry_on = facts.entry_on;
        facts.contracts.retain(|contract| contract.start_on >= entry_on);
        let mut sessions: Vec<Session> = before
            .into_iter()
            .filter_map(|(apart, length)| {
                let entry_on = facts.entry_on.checked_sub_days(chrono::Days::new(apart + 1))?;
                Some(Session { entry_on, end_on: rules_support::plus(entry_on, length) })
            })
            .collect();
        sessions.sort_by_key(|session| session.entry_on);
        for rules in RuleSet::ALL {
            let through = trajectory_through(&sessions, facts.clone(), rules);
            prop_assert!(through.0.windows(2).all(|w| w[0].from < w[1].from));
            prop_assert!(through.0.windows(2).all(|w| w[0].status != w[1].status));
            let alone = trajectory(&facts, rules);
            for step in alone.0.iter().skip_while(|step| step.status != Apprenti) {
                prop_assert_eq!(through.at(step.from), Some(step.status));
            }
        }
    }
}
