//! Random dossiers, made to meet the limits of the rules often: up to five
//! contracts, overlapping, in any order, broken before they start, without end.

use super::day;
use chrono::{Days, NaiveDate};
use domain::rules::{ContractSpan, StatusFacts};
use proptest::collection::vec;
use proptest::option::weighted;
use proptest::prelude::*;
use proptest::sample::select;

/// Days from 2023-09-01 to early 2027: a leap day (2024-02-29), clock changes,
/// four new years. Days that a real dossier holds often are drawn often.
pub fn any_day() -> impl Strategy<Value = NaiveDate> {
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
pub fn any_facts() -> impl Strategy<Value = StatusFacts> {
    let length = prop_oneof![1 => any_distance(), 2 => 150..800_i64];
    let sessions = (any_day(), length).prop_map(|(entry, n)| (entry, near(entry, n)));
    let bounds = prop_oneof![1 => (any_day(), any_day()), 6 => sessions];
    bounds.prop_flat_map(|(entry_on, end_on)| {
        let contracts = vec(any_contract(entry_on, end_on), 0..=5);
        (contracts, weighted(0.15, any_day())).prop_map(move |(contracts, excluded_on)| {
            StatusFacts { entry_on, end_on, contracts, excluded_on }
        })
    })
}
