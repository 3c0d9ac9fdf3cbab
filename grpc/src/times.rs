//! Days and instants on the wire.

use crate::errors::Failure;
use chrono::{DateTime, Datelike, NaiveDate, SecondsFormat};
use domain::ids::Instant;
use domain::text::Text;

/// The first year that a date may have.
pub const FIRST_YEAR: i32 = 1900;
/// The last one.
pub const LAST_YEAR: i32 = 2100;

/// Reads an RFC 3339 instant of the years 1900 to 2100.
///
/// # Errors
/// A field failure that names `field`.
pub fn instant(field: &str, text: &str) -> Result<Instant, Failure> {
    let malformed = || {
        Failure::field(
            field,
            Text::new(
                format!("{field} is not an RFC 3339 instant such as 2025-09-01T02:00:00Z"),
                format!("Le champ {field} doit être un instant comme 2025-09-01T02:00:00Z."),
            ),
        )
    };
    let parsed = DateTime::parse_from_rfc3339(text).map_err(|_| malformed())?.to_utc();
    in_range(field, parsed.date_naive())?;
    Ok(Instant(parsed.timestamp_micros()))
}

/// Reads a civil day `YYYY-MM-DD` of the years 1900 to 2100.
///
/// # Errors
/// A field failure that names `field`.
pub fn day(field: &str, text: &str) -> Result<NaiveDate, Failure> {
    let exact = text.len() == 10 && text.is_ascii();
    let parsed = exact.then(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()).flatten();
    let day = parsed.ok_or_else(|| {
        Failure::field(
            field,
            Text::new(
                format!("{field} is not a civil day YYYY-MM-DD"),
                format!("Le champ {field} doit être une date de la forme AAAA-MM-JJ."),
            ),
        )
    })?;
    in_range(field, day)?;
    Ok(day)
}

/// Reads a civil day that may be left empty.
///
/// # Errors
/// A field failure that names `field`.
pub fn optional_day(field: &str, text: &str) -> Result<Option<NaiveDate>, Failure> {
    if text.is_empty() { Ok(None) } else { day(field, text).map(Some) }
}

/// Reads a civil day that may be left empty, of something that has happened.
///
/// # Errors
/// A field failure that names `field`; also of a day after `today`.
pub fn past_day(field: &str, text: &str, today: NaiveDate) -> Result<Option<NaiveDate>, Failure> {
    match optional_day(field, text)? {
        Some(day) if today < day => Err(to_come(field)),
        other => Ok(other),
    }
}

/// That a day is to come of what is recorded once it has happened.
pub(crate) fn to_come(field: &str) -> Failure {
    Failure::field(
        field,
        Text::new(
            format!("{field} is a day to come: what has not happened yet is recorded once it has"),
            format!(
                "{field} : cette date est à venir, et ce qui n'a pas encore eu lieu n'est pas enregistré."
            ),
        ),
    )
}

/// Writes an instant as RFC 3339 in UTC, with microseconds.
#[must_use]
pub fn of_instant(at: Instant) -> String {
    DateTime::from_timestamp_micros(at.0)
        .map(|utc| utc.to_rfc3339_opts(SecondsFormat::Micros, true))
        .unwrap_or_default()
}

/// Writes a day, or nothing.
#[must_use]
pub fn of_day(day: Option<NaiveDate>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn in_range(field: &str, day: NaiveDate) -> Result<(), Failure> {
    if (FIRST_YEAR..=LAST_YEAR).contains(&day.year()) {
        return Ok(());
    }
    Err(Failure::field(
        field,
        Text::new(
            format!("{field} is outside the years {FIRST_YEAR} to {LAST_YEAR}"),
            format!("Le champ {field} est hors des années {FIRST_YEAR} à {LAST_YEAR}."),
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_as_it_is_read() {
        let at = instant("t", "2025-09-01T04:00:00.000001+02:00").unwrap();
        assert_eq!(of_instant(at), "2025-09-01T02:00:00.000001Z");
    }

    #[test]
    fn years_0_and_9999_are_refused_with_the_field() {
        for text in ["0000-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "soon", "", "2025-09-01"] {
            assert_eq!(
                instant("run.extracted_at", text).unwrap_err().at(),
                Some("run.extracted_at")
            );
        }
        for text in ["0000-01-01", "9999-12-31", "2025-02-29", "2025-9-1", "éééééé"] {
            assert!(day("on", text).is_err(), "{text}");
        }
    }
}
