//! A dated trajectory: what the rules answer, and how it is read.

use super::status::Status;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

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
        let begun = self.0.partition_point(|step| step.from <= day);
        begun.checked_sub(1).and_then(|last| self.0.get(last)).map(|step| step.status)
    }

    /// The current status on a day: as [`Self::at`], but INSCRIT on every day
    /// when the trajectory is empty (rule 1: a session that ends before it begins).
    #[must_use]
    pub fn current(&self, day: NaiveDate) -> Option<Status> {
        if self.0.is_empty() { Some(Status::Inscrit) } else { self.at(day) }
    }
}
