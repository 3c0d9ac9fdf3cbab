//! Shared by the rule tests: short ways to write facts, random dossiers, and a
//! naive reference.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub mod dossiers;
pub mod reference;

use chrono::{Days, NaiveDate};
use domain::rules::{ContractSpan, RuleSet, Status, StatusFacts, Step, Trajectory, trajectory};

/// A day written `YYYY-MM-DD`.
pub fn day(text: &str) -> NaiveDate {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// A day so many days later.
pub fn plus(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap()
}

/// A session without contract.
pub fn session(entry: &str, end: &str) -> StatusFacts {
    StatusFacts { entry_on: day(entry), end_on: day(end), contracts: Vec::new(), excluded_on: None }
}

/// Facts, one after the other.
pub trait With: Sized {
    /// And a contract that ends, or whose end is not told, without rupture.
    fn contract(self, start: &str, end: Option<&str>) -> Self;
    /// And a contract that is broken before its end.
    fn broken(self, start: &str, end: Option<&str>, broken: &str) -> Self;
    /// And an exclusion.
    fn excluded(self, on: &str) -> Self;
}

impl With for StatusFacts {
    fn contract(mut self, start: &str, end: Option<&str>) -> Self {
        self.contracts.push(ContractSpan {
            start_on: day(start),
            end_on: end.map(day),
            broken_on: None,
        });
        self
    }

    fn broken(mut self, start: &str, end: Option<&str>, broken: &str) -> Self {
        self.contracts.push(ContractSpan {
            start_on: day(start),
            end_on: end.map(day),
            broken_on: Some(day(broken)),
        });
        self
    }

    fn excluded(mut self, on: &str) -> Self {
        self.excluded_on = Some(day(on));
        self
    }
}

/// A trajectory written as days and status names.
pub fn steps(expected: &[(&str, Status)]) -> Trajectory {
    Trajectory(
        expected.iter().map(|(from, status)| Step { from: day(from), status: *status }).collect(),
    )
}

/// The facts have this trajectory under these rule sets, and the reference agrees.
#[track_caller]
pub fn expect(facts: &StatusFacts, sets: &[RuleSet], expected: &[(&str, Status)]) {
    for rules in sets {
        assert_eq!(trajectory(facts, *rules), steps(expected), "{rules} of {facts:?}");
        assert_eq!(reference::trajectory(facts, *rules), steps(expected), "reference, {rules}");
    }
}
