//! Small conversions of single values.

use super::Bad;
use crate::record::{day_of, days_of};
use chrono::NaiveDate;

pub(super) fn days(day: Option<NaiveDate>) -> Option<i32> {
    day.map(days_of)
}

pub(super) fn day(days: i32) -> Result<NaiveDate, Bad> {
    day_of(days).ok_or("a day is outside the calendar")
}

pub(super) fn some_day(days: Option<i32>) -> Result<Option<NaiveDate>, Bad> {
    days.map(day).transpose()
}

pub(super) fn bytes<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Bad> {
    bytes.try_into().map_err(|_| "an identifier has another length")
}

pub(super) fn small<T: TryFrom<u32>>(value: u32) -> Result<T, Bad> {
    T::try_from(value).map_err(|_| "a number is too large")
}

pub(super) fn some_small<T: TryFrom<u32>>(value: Option<u32>) -> Result<Option<T>, Bad> {
    value.map(small).transpose()
}

pub(super) fn text<T: AsRef<str>>(value: Option<&T>) -> Option<String> {
    value.map(|value| value.as_ref().to_owned())
}

/// An identifier, checked again as it is read.
pub(super) fn code<T: std::str::FromStr>(text: &str) -> Result<T, Bad> {
    text.parse().map_err(|_| "an identifier does not pass its check")
}

pub(super) fn some_code<T: std::str::FromStr>(text: Option<&String>) -> Result<Option<T>, Bad> {
    text.map(|text| code(text)).transpose()
}

/// A part of a message that is always written.
pub(super) fn needed<T>(part: Option<T>) -> Result<T, Bad> {
    part.ok_or("a part is missing")
}
