//! Days of practical training in the company: of them forty-five are free (L6222-18), consecutive or not. They are not
//! the forty-five calendar days after which a mission locale takes over.

use super::case::Case;
use super::days::Place;
use super::rule::Unknown;
use crate::contract::rupture::Bounds;
use chrono::{Datelike, NaiveDate, Weekday};

/// Days of practical training in which a contract is broken without a motive (L6222-18).
pub const FREE_DAYS: u32 = 45;

/// Hours of training in a day at the CFA: with fewer there would be more of them.
const HOURS_A_DAY: u32 = 6;

/// The days of practical training from the first one to a day, both included, when no calendar says them: at most every
/// working day (jours ouvrables), at least every weekday but those that the whole training takes at the CFA.
///
/// # Errors
/// When the form does not say enough.
pub fn bounds(case: &Case<'_>, until: NaiveDate) -> Result<Bounds, Unknown> {
    let (first, place) = (case.practice_on()?, case.place()?);
    let at_cfa = case.hours()?.div_ceil(HOURS_A_DAY);
    let (mut most, mut weekdays) = (0_u32, 0_u32);
    for day in first.iter_days().take_while(|day| *day <= until) {
        most += u32::from(place.is_working_day(day));
        weekdays += u32::from(is_weekday(place, day));
    }
    Ok(Bounds { least: weekdays.saturating_sub(at_cfa), most })
}

fn is_weekday(place: Place, day: NaiveDate) -> bool {
    place.is_working_day(day) && day.weekday() != Weekday::Sat
}

/// When the free days are over (L6222-18): the earliest day, as if none were at the CFA and Saturdays were worked, and
/// the latest, as if the whole training came first.
///
/// # Errors
/// When the form does not say enough.
pub fn free_days_end(case: &Case<'_>) -> Result<(NaiveDate, NaiveDate), Unknown> {
    let (first, place) = (case.practice_on()?, case.place()?);
    let at_cfa = case.hours()?.div_ceil(HOURS_A_DAY);
    let nth = |is_counted: &dyn Fn(NaiveDate) -> bool, n: u32| {
        let counted = first.iter_days().filter(|day| is_counted(*day));
        counted.take(n as usize).last().unwrap_or(first)
    };
    let earliest = nth(&|day| place.is_working_day(day), FREE_DAYS);
    let latest = nth(&|day| is_weekday(place, day), FREE_DAYS.saturating_add(at_cfa));
    Ok((earliest, latest))
}
