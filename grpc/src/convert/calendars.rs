//! Calendars of the alternation, on the wire.

use super::enums;
use crate::errors::Failure;
use crate::times;
use domain::law::practice::Calendar;
use proto::v1 as wire;

/// Reads a calendar.
///
/// # Errors
/// Which of its fields is wrong, and why.
pub(crate) fn read(of: &wire::AlternationCalendar) -> Result<Calendar, Failure> {
    let mut weekdays = [false; 7];
    for day in &of.weekdays {
        let rank = usize::try_from(*day).ok().and_then(|day| day.checked_sub(1));
        let works = rank.and_then(|rank| weekdays.get_mut(rank));
        *works.ok_or_else(|| enums::unknown("calendar.weekdays"))? = true;
    }
    let stretch = |away: &wire::DayRange| {
        let first = times::day("calendar.away.first_on", &away.first_on)?;
        Ok((first, times::day("calendar.away.last_on", &away.last_on)?))
    };
    let away = of.away.iter().map(stretch).collect::<Result<Vec<_>, Failure>>()?;
    let span = (times::day("calendar.from", &of.from)?, times::day("calendar.to", &of.to)?);
    let read = Calendar::new(span, weekdays, of.holidays, away);
    read.map_err(|error| Failure::field("calendar", error.text()))
}

/// A calendar on the wire.
pub(crate) fn of(calendar: &Calendar) -> wire::AlternationCalendar {
    let (from, to) = calendar.span();
    let worked = calendar.weekdays().into_iter().zip(1..);
    let away = calendar.away().iter().map(|(first, last)| wire::DayRange {
        first_on: first.to_string(),
        last_on: last.to_string(),
    });
    wire::AlternationCalendar {
        from: from.to_string(),
        to: to.to_string(),
        weekdays: worked.filter_map(|(works, day)| works.then_some(day)).collect(),
        holidays: calendar.holidays(),
        away: away.collect(),
    }
}
