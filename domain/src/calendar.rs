//! Civil days in Europe/Paris, the calendar of every `effective_on` and `as_of`.

use crate::ids::Instant;
use chrono::{
    DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone,
};
use chrono_tz::Europe::Paris;

/// The first year of a date that a dossier may state.
const FIRST_YEAR: i32 = 1900;
/// The last one.
const LAST_YEAR: i32 = 2100;

/// The civil day in Paris at an instant; days outside chrono's range clamp to 1970-01-01.
#[must_use]
pub fn paris_day(at: Instant) -> NaiveDate {
    let utc = DateTime::from_timestamp_micros(at.0).map(|utc| utc.naive_utc());
    // Paris may be outside the range where UTC is in it, on its last day.
    let paris = utc.and_then(|utc| {
        utc.checked_add_offset(Paris.offset_from_utc_datetime(&utc).fix()).map(|at| at.date())
    });
    paris.unwrap_or_default()
}

/// The last microsecond of a civil day in Paris, whatever the clocks do that day.
///
/// A bare date as `known_at` means this instant. Days outside chrono's range
/// clamp to the last instant.
#[must_use]
pub fn end_of_paris_day(day: NaiveDate) -> Instant {
    day.checked_add_days(Days::new(1))
        .and_then(first_microsecond)
        .map_or(Instant(i64::MAX), |next| Instant(next - 1))
}

/// The first microsecond of a civil day in Paris. Midnight came twice when the
/// clocks went back at that hour (11 March 1911); no clock change skipped it.
fn first_microsecond(day: NaiveDate) -> Option<i64> {
    let midnight = day.and_time(NaiveTime::MIN);
    Paris.from_local_datetime(&midnight).earliest().map(|first| first.timestamp_micros())
}

/// A civil day, as somebody wrote it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParsedDay {
    /// The day in Paris.
    pub day: NaiveDate,
    /// Whether the text was an instant with a zone or an offset: its day in
    /// Paris may then not be the day that it shows, so that a warning is due.
    pub zoned: bool,
}

/// Why a text is not a civil day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DayError {
    /// Not written as a date, or a day that does not exist.
    #[error("not a date: write it 2024-09-01 or 01/09/2024")]
    Malformed,
    /// Before 1900 or after 2100: a default value of some software, or a typing error.
    #[error("a date is between 1900-01-01 and 2100-12-31")]
    OutOfRange,
}

/// Reads a civil day: `2024-09-01`, alone or followed by a time, or
/// `01/09/2024`.
///
/// A time with a zone or an offset makes an instant, whose day is taken in
/// Paris: `2024-08-31T22:00:00.000Z` is 1 September 2024. A time without one
/// is of the civil day that it follows.
///
/// # Errors
/// See [`DayError`].
pub fn parse_day(text: &str) -> Result<ParsedDay, DayError> {
    let text = text.trim();
    let (written, rest) =
        iso_date(text).or_else(|| french_date(text)).ok_or(DayError::Malformed)?;
    let day = written.to_day()?;
    let moment = Moment::read(rest).ok_or(DayError::Malformed)?;
    let Some(offset) = moment.offset else { return Ok(ParsedDay { day, zoned: false }) };
    let utc = NaiveDateTime::new(day, moment.time)
        .checked_sub_signed(TimeDelta::minutes(offset.into()))
        .ok_or(DayError::OutOfRange)?
        .and_utc();
    let day = in_range(utc.with_timezone(&Paris).date_naive())?;
    Ok(ParsedDay { day, zoned: true })
}

/// The numbers of a date, not yet known to be a day.
struct Written {
    year: u32,
    month: u32,
    day: u32,
}

impl Written {
    fn to_day(&self) -> Result<NaiveDate, DayError> {
        let year = i32::try_from(self.year).map_err(|_| DayError::OutOfRange)?;
        if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
            return Err(DayError::OutOfRange);
        }
        NaiveDate::from_ymd_opt(year, self.month, self.day).ok_or(DayError::Malformed)
    }
}

fn in_range(day: NaiveDate) -> Result<NaiveDate, DayError> {
    if (FIRST_YEAR..=LAST_YEAR).contains(&day.year()) { Ok(day) } else { Err(DayError::OutOfRange) }
}

/// `YYYY-MM-DD` and what follows.
fn iso_date(text: &str) -> Option<(Written, &str)> {
    let (year, rest) = digits(text, 4, 4)?;
    let (month, rest) = digits(rest.strip_prefix('-')?, 2, 2)?;
    let (day, rest) = digits(rest.strip_prefix('-')?, 2, 2)?;
    Some((Written { year, month, day }, rest))
}

/// `DD/MM/YYYY`, day and month with or without their zero, and what follows.
fn french_date(text: &str) -> Option<(Written, &str)> {
    let (day, rest) = digits(text, 1, 2)?;
    let (month, rest) = digits(rest.strip_prefix('/')?, 1, 2)?;
    let (year, rest) = digits(rest.strip_prefix('/')?, 4, 4)?;
    Some((Written { year, month, day }, rest))
}

/// A number of `least` to `most` digits, and what follows, which is no digit.
fn digits(text: &str, least: usize, most: usize) -> Option<(u32, &str)> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    if !(least..=most).contains(&length) {
        return None;
    }
    let (number, rest) = text.split_at(length);
    Some((number.parse().ok()?, rest))
}

/// What follows a date: a time and, perhaps, minutes east of Greenwich.
struct Moment {
    time: NaiveTime,
    offset: Option<i32>,
}

impl Moment {
    fn read(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self { time: NaiveTime::MIN, offset: None });
        }
        let text = text.strip_prefix(['T', 't', ' '])?;
        let (hour, rest) = digits(text, 1, 2)?;
        let (minute, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
        let (second, rest) = match rest.strip_prefix(':') {
            Some(rest) => digits(rest, 2, 2)?,
            None => (0, rest),
        };
        let rest = match rest.strip_prefix(['.', ',']) {
            Some(fraction) => digits(fraction, 1, 9)?.1,
            None => rest,
        };
        // A leap second is of the same day as the second before it.
        let second = if second == 60 { 59 } else { second };
        let time = NaiveTime::from_hms_opt(hour, minute, second)?;
        let zone = rest.trim_start();
        let offset = if zone.is_empty() { None } else { Some(offset(zone)?) };
        Some(Self { time, offset })
    }
}

/// `Z`, `+02:00`, `+0200` or `+02`, in minutes.
fn offset(zone: &str) -> Option<i32> {
    if zone.eq_ignore_ascii_case("Z") {
        return Some(0);
    }
    let (sign, zone) = match zone.strip_prefix('+') {
        Some(zone) => (1, zone),
        None => (-1, zone.strip_prefix('-')?),
    };
    let (hours, minutes) = match (zone.len(), zone.split_once(':')) {
        (5, Some((hours, minutes))) => (hours, minutes),
        (4, None) => zone.split_at_checked(2)?,
        (2, None) => (zone, "00"),
        _ => return None,
    };
    let part = |text, most| digits(text, 2, 2).filter(|(n, rest)| rest.is_empty() && *n <= most);
    let minutes = part(hours, 14)?.0 * 60 + part(minutes, 59)?.0;
    Some(sign * i32::try_from(minutes).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn read(text: &str) -> Result<(String, bool), DayError> {
        parse_day(text).map(|parsed| (parsed.day.to_string(), parsed.zoned))
    }

    fn civil(text: &str) -> Result<(String, bool), DayError> {
        Ok((text.to_owned(), false))
    }

    fn zoned(text: &str) -> Result<(String, bool), DayError> {
        Ok((text.to_owned(), true))
    }

    #[test]
    fn a_civil_day_is_read_in_both_ways_of_writing() {
        for text in [
            "2024-09-01",
            " 2024-09-01 ",
            "01/09/2024",
            "1/9/2024",
            "2024-09-01T00:00:00",
            "2024-09-01T23:59",
            "2024-09-01 23:59:60.123",
            "01/09/2024 08:30",
        ] {
            assert_eq!(read(text), civil("2024-09-01"), "{text}");
        }
        assert_eq!(read("2024-02-29"), civil("2024-02-29"));
    }

    #[test]
    fn no_instant_is_without_a_day() {
        let last = DateTime::<chrono::Utc>::MAX_UTC.timestamp_micros();
        let first = DateTime::<chrono::Utc>::MIN_UTC.timestamp_micros();
        for at in [i64::MIN, first - 1, last, last + 1, i64::MAX] {
            assert_eq!(paris_day(Instant(at)), NaiveDate::default(), "{at}");
        }
        assert_eq!(paris_day(Instant(first)), NaiveDate::MIN);
        assert_eq!(paris_day(Instant(0)), day(1970, 1, 1));
    }

    #[test]
    fn a_zoned_instant_is_read_in_paris() {
        assert_eq!(read("2024-08-31T22:00:00.000Z"), zoned("2024-09-01"));
        assert_eq!(read("2024-08-31T21:59:59.999Z"), zoned("2024-08-31"));
        assert_eq!(read("2024-12-31T23:00:00Z"), zoned("2025-01-01"));
        assert_eq!(read("2024-12-31T22:59:59Z"), zoned("2024-12-31"));
        assert_eq!(read("2024-09-01T00:00:00+02:00"), zoned("2024-09-01"));
        assert_eq!(read("2024-09-01 00:00:00 +0200"), zoned("2024-09-01"));
        assert_eq!(read("2024-09-01T00:30:00+04"), zoned("2024-08-31"), "Réunion");
        assert_eq!(read("2024-08-31T18:30:00-04:00"), zoned("2024-09-01"), "Martinique");
    }

    #[test]
    fn clock_changes_move_the_midnight_that_a_zone_gives() {
        // Summer time begins on 31 March 2024 and ends on 27 October.
        assert_eq!(read("2024-03-30T23:00:00Z"), zoned("2024-03-31"));
        assert_eq!(read("2024-03-31T22:00:00Z"), zoned("2024-04-01"));
        assert_eq!(read("2024-10-26T22:00:00Z"), zoned("2024-10-27"));
        assert_eq!(read("2024-10-27T22:30:00Z"), zoned("2024-10-27"));
        assert_eq!(read("2024-10-27T23:00:00Z"), zoned("2024-10-28"));
    }

    #[test]
    fn what_is_no_date_is_told_from_what_is_out_of_range() {
        for text in [
            "",
            "2024",
            "2024-13-01",
            "2024-02-30",
            "2023-02-29",
            "32/01/2024",
            "2024-9-1",
            "24-09-01",
            "01/09/24",
            "20240901",
            "2024-09-01X",
            "2024-09-01T",
            "2024-09-01T25:00",
            "2024-09-01T10:00+99:00",
            "01-09-2024",
            "2024-09-01T10:00 Paris",
            "hier",
            "２０２４-09-01",
            "+2024-09-01",
            "2024-09-01T00:00+é1",
        ] {
            assert_eq!(read(text), Err(DayError::Malformed), "{text}");
        }
        for text in [
            "0000-01-01",
            "0001-01-01",
            "1899-12-31",
            "2101-01-01",
            "9999-12-31",
            "31/12/9999",
            "2100-12-31T23:30:00Z",
            "1900-01-01T00:00:00+10:00",
        ] {
            assert_eq!(read(text), Err(DayError::OutOfRange), "{text}");
        }
        assert_eq!(read("1900-01-01"), civil("1900-01-01"));
        assert_eq!(read("2100-12-31"), civil("2100-12-31"));
    }

    #[test]
    fn days_of_23_and_25_hours_end_at_their_own_midnight() {
        let length = |d| end_of_paris_day(d).0 - end_of_paris_day(d.pred_opt().unwrap()).0;
        let hours = |n: i64| n * 3_600_000_000;
        assert_eq!(length(day(2024, 3, 31)), hours(23));
        assert_eq!(length(day(2024, 10, 27)), hours(25));
        assert_eq!(length(day(2024, 7, 1)), hours(24));
    }

    #[test]
    fn days_out_of_reach_clamp() {
        assert_eq!(end_of_paris_day(NaiveDate::MAX), Instant(i64::MAX));
        assert!(end_of_paris_day(NaiveDate::MAX.pred_opt().unwrap()) > Instant(0));
        assert!(end_of_paris_day(NaiveDate::MIN) < Instant(0));
    }

    #[test]
    fn the_end_of_every_day_is_its_last_microsecond() {
        let mut day = day(1900, 1, 1);
        while day.year() <= LAST_YEAR {
            let end = end_of_paris_day(day);
            let next = day.succ_opt().unwrap();
            assert_eq!((paris_day(end), paris_day(Instant(end.0 + 1))), (day, next));
            day = next;
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9TZ/:+. -]{0,30}|\\PC{0,30}") {
            let _ = parse_day(&text);
        }

        #[test]
        fn both_ways_of_writing_give_the_same_day(days in 0_i32..73_414) {
            let d = day(1900, 1, 1) + TimeDelta::days(days.into());
            prop_assert_eq!(parse_day(&d.to_string()).unwrap().day, d);
            prop_assert_eq!(parse_day(&d.format("%d/%m/%Y").to_string()).unwrap().day, d);
        }
    }
}
