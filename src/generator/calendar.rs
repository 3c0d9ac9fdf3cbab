//! The nights of the simulated school year.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta, Weekday};
use domain::ids::Instant;

/// A night, by its rank: the night of day `n` after [`first_day`]. Values below
/// zero are days before the first push.
pub(super) type Night = i16;

/// The first day of the simulation: a Monday, a week before the school year.
pub(super) fn first_day() -> NaiveDate {
    day_of(2025, 8, 25)
}

/// How many nights there are: the last one is that of 2026-08-31.
pub(super) const NIGHTS: Night = 372;

/// The civil day whose evening a night is.
pub(super) fn day(night: Night) -> NaiveDate {
    first_day() + TimeDelta::days(night.into())
}

/// The night of a day, clamped to what a night can number.
pub(super) fn night_of(day: NaiveDate) -> Night {
    let days = (day - first_day()).num_days();
    Night::try_from(days).unwrap_or(if days < 0 { Night::MIN } else { Night::MAX })
}

/// Whether every system pushes all that it has in this night.
pub(super) fn is_full(night: Night) -> bool {
    day(night).weekday() == Weekday::Sun
}

/// When the source of this rank extracts in this night: 19:30 UTC and a few
/// seconds a source, so that the civil day in Paris is that of the evening.
pub(super) fn extracted_at(night: Night, source: usize) -> Instant {
    let evening = NaiveTime::from_hms_opt(19, 30, 0).unwrap_or_default();
    let seconds = i64::try_from(source % 5_400).unwrap_or(0);
    let at = day(night).and_time(evening).and_utc() + TimeDelta::seconds(seconds);
    Instant(at.timestamp_micros())
}

/// A day that exists; 1970-01-01 otherwise.
pub(super) fn day_of(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nights_cover_the_school_year_and_its_sundays_are_full() {
        assert_eq!(day(NIGHTS - 1), day_of(2026, 8, 31));
        assert!(is_full(night_of(day_of(2025, 8, 31))));
        assert_eq!((0..NIGHTS).filter(|n| is_full(*n)).count(), 53);
        assert_eq!(night_of(day(200)), 200);
    }

    #[test]
    fn an_extraction_is_on_the_evening_of_its_night_in_paris() {
        for night in [0, 100, NIGHTS - 1] {
            assert_eq!(domain::calendar::paris_day(extracted_at(night, 5_399)), day(night));
        }
    }
}
