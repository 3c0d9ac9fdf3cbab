//! Status rules: pure functions `(facts, rule set) -> dated trajectory`.
//!
//! A status is a conclusion: never stored as an event, always shown with its
//! rule set (facts: dossiers, section 2).

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A learner's status on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// In training, no contract yet.
    Inscrit,
    /// Under contract.
    Apprenti,
    /// Had a contract, has none.
    Rupturant,
    /// Out, or without a contract for too long.
    Abandon,
    /// The training is over.
    FinDeFormation,
}

/// A version of the rules; later sets are added, none is changed.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub enum RuleSet {
    /// 2025-07-01: day by day; the last session day always ends the training.
    R1,
    /// 2026-05-11: the last day depends on the contract that started last.
    R2,
    /// 2026-08-20: the last effective end decides, with 60 days of tolerance.
    #[default]
    R3,
}

/// One contract, as the rules see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractSpan {
    /// First day.
    pub start_on: NaiveDate,
    /// Last day agreed, when told.
    pub end_on: Option<NaiveDate>,
    /// First day without contract, when broken.
    pub broken_on: Option<NaiveDate>,
}

/// The facts that a status depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusFacts {
    /// First day of the session.
    pub entry_on: NaiveDate,
    /// Last day of the session.
    pub end_on: NaiveDate,
    /// Contracts, in the order of their ordinals.
    pub contracts: Vec<ContractSpan>,
    /// Exclusion, when declared.
    pub excluded_on: Option<NaiveDate>,
}

/// From this day on, this status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// First day.
    pub from: NaiveDate,
    /// The status from then on.
    pub status: Status,
}

/// Statuses over time: steps by strictly growing day, no two neighbours equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trajectory(pub Vec<Step>);

impl Trajectory {
    /// The status on a day: the last step that began, `None` before the first.
    /// The last step has no end.
    #[must_use]
    pub fn at(&self, day: NaiveDate) -> Option<Status> {
        self.0.iter().rev().find(|s| s.from <= day).map(|s| s.status)
    }
}

/// The trajectory that a rule set reads in the facts.
#[must_use]
pub fn trajectory(facts: &StatusFacts, rules: RuleSet) -> Trajectory {
    let _ = (facts, rules);
    Trajectory::default()
}
