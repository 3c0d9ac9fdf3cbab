//! Civil quarters: a row holds its days as ranks in one of them, a byte each.

use chrono::{Datelike, NaiveDate};
use std::fmt;

/// First year whose days are counted.
pub const FIRST_YEAR: i32 = 2000;
/// Last year whose days are counted. Days outside are in no head-count, so that
/// one absurd date cannot make thousands of tiles.
pub const LAST_YEAR: i32 = 2099;

/// A civil quarter; 0 is the first of 2000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quarter(pub u16);

impl Quarter {
    /// The quarter of a day and the day's rank in it, from 0; `None` outside
    /// the years that are counted.
    #[must_use]
    pub fn of(day: NaiveDate) -> Option<(Self, u8)> {
        if !(FIRST_YEAR..=LAST_YEAR).contains(&day.year()) {
            return None;
        }
        let number = (day.year() - FIRST_YEAR) as u16 * 4 + day.month0() as u16 / 3;
        let quarter = Self(number);
        Some((quarter, (day.num_days_from_ce() - quarter.first()) as u8))
    }

    /// The civil year.
    #[must_use]
    pub const fn year(self) -> i32 {
        FIRST_YEAR + self.0 as i32 / 4
    }

    /// Its first day, counted from the common era.
    pub(super) fn first(self) -> i32 {
        let month = u32::from(self.0 % 4) * 3 + 1;
        NaiveDate::from_ymd_opt(self.year(), month, 1).map_or(0, |day| day.num_days_from_ce())
    }
}

impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-q{}", self.year(), self.0 % 4 + 1)
    }
}

/// Calls back with each part `(quarter, from, to)` of the days `[from, until)`
/// (from the common era) that lies in the years counted; `to` is excluded.
pub(super) fn split(from: i32, until: i32, mut part: impl FnMut(Quarter, u8, u8)) {
    let last = Quarter(((LAST_YEAR - FIRST_YEAR + 1) * 4) as u16);
    let from = from.max(Quarter(0).first());
    let until = until.min(last.first());
    let Some((mut quarter, _)) =
        NaiveDate::from_num_days_from_ce_opt(from).filter(|_| from < until).and_then(Quarter::of)
    else {
        return;
    };
    let mut first = quarter.first();
    while first < until {
        let next = Quarter(quarter.0 + 1);
        let next_first = next.first();
        part(quarter, (from.max(first) - first) as u8, (until.min(next_first) - first) as u8);
        (quarter, first) = (next, next_first);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        text.parse::<NaiveDate>().unwrap().num_days_from_ce()
    }

    #[test]
    fn days_are_split_at_quarters_and_cut_at_the_years_counted() {
        let parts = |from, until| {
            let mut parts = Vec::new();
            split(day(from), day(until), |quarter, a, b| parts.push((quarter.to_string(), a, b)));
            parts
        };
        let text = |q: &str, a, b| (q.to_owned(), a, b);
        assert_eq!(parts("2024-02-01", "2024-02-01"), []);
        assert_eq!(parts("2024-02-01", "2024-04-01"), [text("2024-q1", 31, 91)]);
        assert_eq!(
            parts("2024-06-30", "2024-10-02"),
            [text("2024-q2", 90, 91), text("2024-q3", 0, 92), text("2024-q4", 0, 1)]
        );
        assert_eq!(parts("1990-01-01", "2000-01-03"), [text("2000-q1", 0, 2)]);
        assert_eq!(parts("2099-12-31", "9999-01-01"), [text("2099-q4", 91, 92)]);
        assert_eq!(parts("2150-01-01", "2151-01-01"), []);
    }
}
