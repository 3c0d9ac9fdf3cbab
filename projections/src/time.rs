//! The two times of every question, and what an answer says of them.

use chrono::{DateTime, NaiveDate};
use domain::calendar::end_of_paris_day;
use domain::ids::{Instant, Position};
use domain::rules::RuleSet;
use domain::text::Text;

/// A moment of the ledger, as a person writes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum KnownAt {
    /// All that the ledger knows.
    #[default]
    Now,
    /// An instant.
    Instant(Instant),
    /// The end of a civil day in Paris.
    Day(NaiveDate),
    /// A log position, written `@123`.
    Position(Position),
}

/// What every question may ask of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeQuery {
    /// The civil day (Europe/Paris) that the answer describes; the caller's clock gives today.
    pub as_of: NaiveDate,
    /// What the ledger knew.
    pub known_at: KnownAt,
    /// Wait until the views reflect at least this position; 0 does not wait.
    pub min_position: Position,
}

impl TimeQuery {
    /// What is known now of a day.
    #[must_use]
    pub const fn on(as_of: NaiveDate) -> Self {
        Self { as_of, known_at: KnownAt::Now, min_position: Position(0) }
    }

    /// The same question, asked of what the ledger knew at a position.
    #[must_use]
    pub const fn at(mut self, position: Position) -> Self {
        self.known_at = KnownAt::Position(position);
        self
    }
}

/// What an answer reflects, so that it can be asked again and found the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basis {
    /// The civil day described.
    pub as_of: NaiveDate,
    /// The log position reflected: events 1 to this one.
    pub position: Position,
    /// When the event at that position was recorded; `None` for an empty log.
    pub recorded_at: Option<Instant>,
    /// The rule set of every status in the answer; `None` when no status matters.
    pub rule_set: Option<RuleSet>,
    /// SHA-256 of the reference set in force at that position; `None` before the first.
    pub reference_set: Option<[u8; 32]>,
    /// How many events the views still had to fold when they answered.
    pub lag: u64,
}

/// Why a time was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {text}")]
pub struct TimeError {
    /// The field of the question: `as_of` or `known_at`.
    pub field: &'static str,
    /// `AS_OF_FORM` or `KNOWN_AT_FORM`.
    pub rule: &'static str,
    /// What to write instead.
    pub text: Text,
}

/// Reads `as_of`: empty is today, else `YYYY-MM-DD`.
///
/// # Errors
/// `AS_OF_FORM`.
pub fn parse_as_of(text: &str, today: NaiveDate) -> Result<NaiveDate, TimeError> {
    if text.is_empty() {
        return Ok(today);
    }
    day(text).ok_or_else(|| TimeError {
        field: "as_of",
        rule: "AS_OF_FORM",
        text: Text::new(
            "as_of is a day from 1900 to 2100, YYYY-MM-DD",
            "La date demandée s'écrit AAAA-MM-JJ, entre 1900 et 2100.",
        ),
    })
}

/// Reads `known_at`: empty is now, else an RFC 3339 instant, a day
/// `YYYY-MM-DD` (its end in Paris), or a position `@123`.
///
/// # Errors
/// `KNOWN_AT_FORM`.
pub fn parse_known_at(text: &str) -> Result<KnownAt, TimeError> {
    let read = match text.strip_prefix('@') {
        None if text.is_empty() => Some(KnownAt::Now),
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().ok().map(|p| KnownAt::Position(Position(p)))
        }
        Some(_) => None,
        None => day(text).map(KnownAt::Day).or_else(|| {
            let instant = DateTime::parse_from_rfc3339(text).ok()?;
            Some(KnownAt::Instant(Instant(instant.timestamp_micros())))
        }),
    };
    read.ok_or_else(|| TimeError {
        field: "known_at",
        rule: "KNOWN_AT_FORM",
        text: Text::new(
            "known_at is an RFC 3339 instant, a day YYYY-MM-DD (its end in Paris) or a position @123",
            "La date de connaissance est un instant RFC 3339, un jour AAAA-MM-JJ (sa fin à Paris) \
             ou une position du registre, par exemple @123.",
        ),
    })
}

/// The instant up to which a [`KnownAt`] knows; `None` when it is not an instant.
pub(crate) fn instant_of(known_at: KnownAt) -> Option<Instant> {
    match known_at {
        KnownAt::Instant(instant) => Some(instant),
        KnownAt::Day(day) => Some(end_of_paris_day(day)),
        KnownAt::Now | KnownAt::Position(_) => None,
    }
}

/// A day as views store it: days since 1970-01-01.
pub(crate) fn day_number(day: NaiveDate) -> i64 {
    day.signed_duration_since(NaiveDate::default()).num_days()
}

/// The day of a number; a number outside chrono's range clamps to 1970-01-01.
pub(crate) fn day_of(number: i64) -> NaiveDate {
    chrono::TimeDelta::try_days(number)
        .and_then(|span| NaiveDate::default().checked_add_signed(span))
        .unwrap_or_default()
}

fn day(text: &str) -> Option<NaiveDate> {
    let written = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| written)?;
    (1900..=2100).contains(&chrono::Datelike::year(&day)).then_some(day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_day_is_known_until_its_end_in_paris_also_when_the_clock_changes() {
        let end = |text| instant_of(parse_known_at(text).unwrap()).unwrap().0;
        let micros = |text: &str| DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros();
        assert_eq!(end("2026-02-28"), micros("2026-02-28T22:59:59.999999Z"));
        assert_eq!(end("2026-03-29"), micros("2026-03-29T21:59:59.999999Z"));
        assert_eq!(end("2026-10-25"), micros("2026-10-25T22:59:59.999999Z"));
    }

    #[test]
    fn the_three_forms_of_known_at_are_read_and_no_other() {
        assert_eq!(parse_known_at("").unwrap(), KnownAt::Now);
        assert_eq!(parse_known_at("@12").unwrap(), KnownAt::Position(Position(12)));
        assert!(matches!(
            parse_known_at("2026-02-28T12:00:00+01:00").unwrap(),
            KnownAt::Instant(_)
        ));
        for wrong in ["@", "@-1", "@1x", "28/02/2026", "2026-2-8", "2026-13-01", "9999-01-01", "é"]
        {
            assert_eq!(parse_known_at(wrong).unwrap_err().rule, "KNOWN_AT_FORM", "{wrong}");
        }
        assert_eq!(parse_as_of("0000-01-01", NaiveDate::MIN).unwrap_err().field, "as_of");
    }
}
