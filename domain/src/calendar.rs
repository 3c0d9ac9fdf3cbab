//! Civil days in Europe/Paris, the calendar of every `effective_on` and `as_of`.

use crate::ids::Instant;
use chrono::{DateTime, NaiveDate};
use chrono_tz::Europe::Paris;

/// The civil day in Paris at an instant; days outside chrono's range clamp to 1970-01-01.
#[must_use]
pub fn paris_day(at: Instant) -> NaiveDate {
    DateTime::from_timestamp_micros(at.0)
        .map_or(NaiveDate::default(), |utc| utc.with_timezone(&Paris).date_naive())
}
