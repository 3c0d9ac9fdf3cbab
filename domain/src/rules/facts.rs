//! What a status depends on, and nothing else: a session, contracts, an exclusion.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One contract, as the rules see it. No order is assumed between its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractSpan {
    /// First day.
    pub start_on: NaiveDate,
    /// Last day agreed, when told.
    pub end_on: Option<NaiveDate>,
    /// First day without contract, when broken.
    pub broken_on: Option<NaiveDate>,
}

impl ContractSpan {
    /// Whether a rupture is declared, whatever its date.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.broken_on.is_some()
    }
}

/// The facts that a status depends on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusFacts {
    /// First day of the session.
    pub entry_on: NaiveDate,
    /// Last day of the session.
    pub end_on: NaiveDate,
    /// Contracts, in the order of their ordinals. The order never changes a trajectory.
    pub contracts: Vec<ContractSpan>,
    /// Exclusion, when declared.
    pub excluded_on: Option<NaiveDate>,
}
