//! Kaplan-Meier over months: the share of contracts broken within a time, when
//! not all could be followed that long.
//!
//! Time since the start counts in whole calendar months and the days over them,
//! as *months × 31 + days*: a scale that grows with the date, on which "within
//! three months" means before 93 for every contract, whatever its months.

use super::answers::{RUPTURE_MONTHS, RuptureShare, Share};
use chrono::{Datelike, Months, NaiveDate};

/// Units of a month on the scale.
const MONTH: usize = 31;
/// The longest time that a question asks; later ones count as this.
const LONGEST: usize = 12 * MONTH;

/// How contracts left the set at risk, by time.
#[derive(Debug, Clone)]
pub(super) struct Survival {
    broken: [u64; LONGEST + 1],
    left: [u64; LONGEST + 1],
}

impl Default for Survival {
    fn default() -> Self {
        Self { broken: [0; LONGEST + 1], left: [0; LONGEST + 1] }
    }
}

impl Survival {
    /// Adds a contract that began on a day and was last seen on another,
    /// broken or not.
    pub(super) fn add(&mut self, start: NaiveDate, last: NaiveDate, broken: bool) {
        let time = elapsed(start, last).min(LONGEST);
        let counts = if broken { &mut self.broken } else { &mut self.left };
        if let Some(count) = counts.get_mut(time) {
            *count += 1;
        }
    }

    /// The shares broken within 3, 6, 9 and 12 months.
    pub(super) fn shares(&self) -> [RuptureShare; 4] {
        RUPTURE_MONTHS.map(|months| RuptureShare { months, share: self.within(months) })
    }

    fn within(&self, months: u32) -> Share {
        let end = months as usize * MONTH;
        let all: u64 = self.broken.iter().chain(&self.left).sum();
        let (mut at_risk, mut surviving) = (all, 1.0);
        let (mut yes, mut censored) = (0, 0);
        for (broken, left) in self.broken.iter().zip(&self.left).take(end) {
            if *broken > 0 {
                surviving *= 1.0 - *broken as f64 / at_risk as f64;
            }
            // Those who leave on a day were at risk on that day.
            at_risk -= broken + left;
            yes += broken;
            censored += left;
        }
        let value = (all > 0).then_some(1.0 - surviving);
        Share { value, yes, observed: all - censored, censored }
    }
}

/// Time from a start to a day on the scale; 0 when the day is not later.
fn elapsed(start: NaiveDate, day: NaiveDate) -> usize {
    if day <= start {
        return 0;
    }
    let count = |date: NaiveDate| date.year() * 12 + date.month0() as i32;
    let mut months = u32::try_from(count(day) - count(start)).unwrap_or(0);
    let after = |months| start.checked_add_months(Months::new(months)).unwrap_or(day);
    if after(months) > day {
        months -= 1;
    }
    let days = day.signed_duration_since(after(months)).num_days();
    months as usize * MONTH + usize::try_from(days).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap()
    }

    #[test]
    fn the_scale_grows_with_the_date_and_months_are_whole() {
        let start = day("2025-01-31");
        let mut before = elapsed(start, start);
        for days in 1..800 {
            let now = elapsed(start, start + chrono::TimeDelta::days(days));
            assert!(now > before, "day {days}");
            before = now;
        }
        assert_eq!(elapsed(day("2025-09-15"), day("2025-12-15")), 93);
        assert_eq!(elapsed(day("2025-09-15"), day("2025-12-14")), 62 + 29);
        assert_eq!(elapsed(day("2025-09-15"), day("2025-09-01")), 0);
    }

    #[test]
    fn a_worked_example_with_censoring() {
        // Four contracts: broken in month 2; term in month 4; broken in month 5; still running.
        let (start, mut survival) = (day("2025-01-01"), Survival::default());
        survival.add(start, day("2025-02-10"), true);
        survival.add(start, day("2025-04-15"), false);
        survival.add(start, day("2025-05-20"), true);
        survival.add(start, day("2025-08-01"), false);
        let shares = survival.shares();
        let value = |n: usize| shares[n].share.value.unwrap();
        assert!((value(0) - 0.25).abs() < 1e-12, "1 of 4");
        assert!((value(1) - (1.0 - 0.75 * 0.5)).abs() < 1e-12, "then 1 of the 2 left");
        assert_eq!(shares[0].share, Share { value: Some(0.25), yes: 1, observed: 4, censored: 0 });
        let half = shares[1].share;
        assert_eq!((half.yes, half.observed, half.censored), (2, 3, 1));
        let nine = shares[2].share;
        assert_eq!((nine.yes, nine.observed, nine.censored), (2, 2, 2));
    }
}
