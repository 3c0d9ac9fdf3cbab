//! Where a refused row is kept.

use chrono::NaiveDate;
use std::fmt;

/// Where a refused row is kept: it stays there, whatever comes and goes around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub(super) day: NaiveDate,
    pub(super) offset: u64,
}

impl Place {
    /// A place as [`Display`](fmt::Display) writes it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (day, offset) = text.split_once('/')?;
        Some(Self { day: day.parse().ok()?, offset: offset.parse().ok()? })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.day, self.offset)
    }
}
