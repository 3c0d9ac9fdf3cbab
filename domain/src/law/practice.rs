//! Days of practical training in the company: of them forty-five are free (L6222-18), consecutive or not. They are not
//! the forty-five calendar days after which a mission locale takes over.
//!
//! The calendar of the alternation says which days they are. Where none is given, or it is silent, they are known within
//! bounds. Days on which the apprentice was absent though expected are known to neither.

use super::case::Case;
use super::days::Place;
use super::rule::Unknown;
use crate::contract::Suspension;
use crate::contract::rupture::Bounds;
use crate::text::Text;
use chrono::{Datelike, Months, NaiveDate, Weekday};

/// Days of practical training in which a contract is broken without a motive (L6222-18).
pub const FREE_DAYS: u32 = 45;

/// Hours of training in a day at the CFA: with fewer there would be more of them.
const HOURS_A_DAY: u32 = 6;

/// Hours of which no more are counted: the form admits no more, and nobody counts the days of a thousand years.
const HOURS_MAX: u32 = 9_999;

/// Stretches of days away from the company that a calendar has at most: four years of fifty-two weeks, and leaves.
pub const STRETCHES_MAX: usize = 400;

/// Years of which a calendar speaks at most: longer than any contract.
pub const SPAN_YEARS_MAX: u32 = 6;

/// A calendar of the alternation: when the apprentice is in the company.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Calendar {
    /// The first day of which it speaks.
    from: NaiveDate,
    /// The last one.
    to: NaiveDate,
    /// The weekdays on which the apprentice works there, Monday first.
    weekdays: [bool; 7],
    /// Whether public holidays are worked.
    holidays: bool,
    /// The first and the last day of each stretch at the CFA or away, oldest first, none touching another.
    away: Vec<(NaiveDate, NaiveDate)>,
}

/// Why a calendar is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CalendarError {
    /// It ends before it begins.
    #[error("the calendar ends before it begins")]
    Backwards,
    /// Nobody works on no weekday.
    #[error("the calendar has no weekday on which the apprentice works")]
    NoWeekday,
    /// A stretch ends before it begins, or is outside the calendar: its rank, from 1.
    #[error("stretch {0} ends before it begins, or is not within the calendar")]
    Stretch(usize),
    /// It speaks of more days than a contract has.
    #[error("a calendar speaks of at most {SPAN_YEARS_MAX} years")]
    Long,
    /// It has more stretches than a calendar has.
    #[error("a calendar has at most {STRETCHES_MAX} stretches")]
    Stretches,
}

impl CalendarError {
    /// What to tell.
    #[must_use]
    pub fn text(self) -> Text {
        let fr = match self {
            Self::Backwards => "Le calendrier finit avant de commencer.".to_owned(),
            Self::Long => format!("Un calendrier porte sur {SPAN_YEARS_MAX} ans au plus."),
            Self::NoWeekday => "Indiquez au moins un jour de la semaine travaillé.".to_owned(),
            Self::Stretch(rank) => format!(
                "L'absence n° {rank} de l'entreprise finit avant de commencer, ou n'est pas dans le calendrier."
            ),
            Self::Stretches => format!("Un calendrier compte au plus {STRETCHES_MAX} absences."),
        };
        Text::new(self.to_string(), fr)
    }
}

impl Calendar {
    /// A calendar of some days, both included; stretches may come in any order and overlap.
    ///
    /// # Errors
    /// See [`CalendarError`].
    pub fn new(
        (from, to): (NaiveDate, NaiveDate),
        weekdays: [bool; 7],
        holidays: bool,
        mut away: Vec<(NaiveDate, NaiveDate)>,
    ) -> Result<Self, CalendarError> {
        if to < from {
            return Err(CalendarError::Backwards);
        }
        let most = from.checked_add_months(Months::new(12 * SPAN_YEARS_MAX));
        if most.is_none_or(|most| most < to) {
            return Err(CalendarError::Long);
        }
        if !weekdays.contains(&true) {
            return Err(CalendarError::NoWeekday);
        }
        if away.len() > STRETCHES_MAX {
            return Err(CalendarError::Stretches);
        }
        let outside =
            |(first, last): &(NaiveDate, NaiveDate)| last < first || *first < from || to < *last;
        if let Some(rank) = away.iter().position(outside) {
            return Err(CalendarError::Stretch(rank + 1));
        }
        away.sort_unstable();
        away.dedup_by(|next, one| {
            let joined = one.1.succ_opt().is_none_or(|after| next.0 <= after);
            if joined {
                one.1 = one.1.max(next.1);
            }
            joined
        });
        Ok(Self { from, to, weekdays, holidays, away })
    }

    /// The first and the last day of which it speaks.
    #[must_use]
    pub const fn span(&self) -> (NaiveDate, NaiveDate) {
        (self.from, self.to)
    }

    /// The weekdays on which the apprentice works, Monday first.
    #[must_use]
    pub const fn weekdays(&self) -> [bool; 7] {
        self.weekdays
    }

    /// Whether public holidays are worked.
    #[must_use]
    pub const fn holidays(&self) -> bool {
        self.holidays
    }

    /// The stretches away from the company, oldest first, none touching another.
    #[must_use]
    pub fn away(&self) -> &[(NaiveDate, NaiveDate)] {
        &self.away
    }

    /// Whether a day is one of practical training there; `None` when it does not speak of it.
    #[must_use]
    pub fn is_practice(&self, day: NaiveDate, place: Place) -> Option<bool> {
        if day < self.from || self.to < day {
            return None;
        }
        let rank = day.weekday().num_days_from_monday() as usize;
        let works = self.weekdays.get(rank).copied().unwrap_or_default();
        let after = self.away.partition_point(|(first, _)| *first <= day);
        let away =
            self.away.get(..after).and_then(<[_]>::last).is_some_and(|(_, last)| day <= *last);
        Some(works && !away && (self.holidays || !place.is_holiday(day)))
    }
}

/// What is known of practical training, day after day.
struct Days<'a> {
    calendar: Option<&'a Calendar>,
    suspensions: &'a [Suspension],
    place: Place,
    first: NaiveDate,
    /// Weekdays that the whole training may take at the CFA, of those of which no calendar speaks.
    at_cfa: u32,
}

impl<'a> Days<'a> {
    fn of(case: &Case<'a>) -> Result<Self, Unknown> {
        let (first, place) = (case.practice_on()?, case.place()?);
        let at_cfa = case.hours()?.min(HOURS_MAX).div_ceil(HOURS_A_DAY);
        let (calendar, suspensions) = (case.calendar, case.suspensions);
        Ok(Self { calendar, suspensions, place, first, at_cfa })
    }

    /// Whether the contract is suspended on a day.
    fn is_suspended(&self, day: NaiveDate) -> bool {
        let holds = |one: &Suspension| one.from <= day && one.until.is_none_or(|until| day < until);
        self.suspensions.iter().any(holds)
    }

    /// From the first day on, each day with the days of practice until it, at least and at most.
    fn counted(&self) -> impl Iterator<Item = (NaiveDate, Bounds)> {
        let (mut known, mut most, mut weekdays) = (0_u32, 0_u32, 0_u32);
        self.first.iter_days().map(move |day| {
            match self.calendar.and_then(|calendar| calendar.is_practice(day, self.place)) {
                _ if self.is_suspended(day) => {}
                Some(practice) => {
                    known += u32::from(practice);
                    most += u32::from(practice);
                }
                // At most every working day (jours ouvrables), at least every weekday but those at the CFA.
                None => {
                    most += u32::from(self.place.is_working_day(day));
                    weekdays += u32::from(is_weekday(self.place, day));
                }
            }
            (day, Bounds { least: known + weekdays.saturating_sub(self.at_cfa), most })
        })
    }
}

/// The days of practical training from the first one to a day, both included: as many as the calendar says, or within
/// bounds where there is none.
///
/// # Errors
/// When the form does not say enough.
pub fn bounds(case: &Case<'_>, until: NaiveDate) -> Result<Bounds, Unknown> {
    let days = Days::of(case)?;
    let counted = days.counted().take_while(|(day, _)| *day <= until).last();
    Ok(counted.map_or(Bounds { least: 0, most: 0 }, |(_, bounds)| bounds))
}

/// When the free days are over (L6222-18): the forty-fifth day as the calendar says; else the earliest, as if none were at
/// the CFA and Saturdays were worked, and the latest, as if the whole training came first.
///
/// # Errors
/// When the form does not say enough; and while the contract is suspended, if they were not over before.
pub fn free_days_end(case: &Case<'_>) -> Result<(NaiveDate, NaiveDate), Unknown> {
    let days = Days::of(case)?;
    let stands_still = case.suspensions.iter().find(|one| one.until.is_none()).map(|one| one.from);
    let reached = |fits: &dyn Fn(Bounds) -> bool| {
        let before = |day: NaiveDate| stands_still.is_none_or(|from| day < from);
        let mut counted = days.counted().take_while(|(day, _)| before(*day));
        counted.find(|(_, counted)| fits(*counted)).map(|(day, _)| day).ok_or(Unknown::Suspended)
    };
    Ok((
        reached(&|counted| counted.most >= FREE_DAYS)?,
        reached(&|counted| counted.least >= FREE_DAYS)?,
    ))
}

fn is_weekday(place: Place, day: NaiveDate) -> bool {
    place.is_working_day(day) && day.weekday() != Weekday::Sat
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cerfa::example_form;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    const MONDAY_TO_FRIDAY: [bool; 7] = [true, true, true, true, true, false, false];

    /// From the first day of practice of the example, 2 September 2024, to the end of 2025.
    fn calendar(weekdays: [bool; 7], holidays: bool, away: &[(&str, &str)]) -> Calendar {
        let away = away.iter().map(|(first, last)| (day(first), day(last))).collect();
        Calendar::new((day("2024-09-02"), day("2025-12-31")), weekdays, holidays, away).unwrap()
    }

    fn free_until(calendar: Option<&Calendar>) -> (String, String) {
        let form = example_form();
        let case = Case { calendar, ..Case::of(&form) };
        let (earliest, latest) = free_days_end(&case).unwrap();
        (earliest.to_string(), latest.to_string())
    }

    #[test]
    fn the_calendar_says_the_day() {
        let same = |on: &str| (on.to_owned(), on.to_owned());
        // Nine weeks of five days, Friday 1 November being a holiday: Monday 4 November.
        let plain = calendar(MONDAY_TO_FRIDAY, false, &[]);
        assert_eq!(free_until(Some(&plain)), same("2024-11-04"));
        assert_eq!(free_until(Some(&calendar(MONDAY_TO_FRIDAY, true, &[]))), same("2024-11-01"));
        // A week at the CFA in each three: 9 to 13 and 30 September to 4 October, 21 to 25 October, 11 to 15 November.
        let weeks = [
            ("2024-10-21", "2024-10-27"),
            ("2024-09-09", "2024-09-13"),
            ("2024-11-11", "2024-11-15"),
            ("2024-09-30", "2024-10-04"),
        ];
        // 45 + 1 holiday + 15 days at the CFA until 22 November; of the week of the 11th four more, since it has a holiday.
        assert_eq!(
            free_until(Some(&calendar(MONDAY_TO_FRIDAY, false, &weeks))),
            same("2024-12-02")
        );
        // Two days a week.
        let monday_and_tuesday = [true, true, false, false, false, false, false];
        assert_eq!(
            free_until(Some(&calendar(monday_and_tuesday, true, &[]))),
            same("2025-02-03"),
            "22 weeks of two days, then a Monday"
        );
    }

    #[test]
    fn without_a_calendar_or_after_its_end_there_are_bounds() {
        let (earliest, latest) = free_until(None);
        assert_eq!(earliest, "2024-10-23");
        assert!(latest > earliest);
        // It speaks of the first four weeks alone: twenty days are known, and the others as before.
        let four = Calendar::new(
            (day("2024-09-02"), day("2024-09-29")),
            MONDAY_TO_FRIDAY,
            false,
            Vec::new(),
        );
        let four = four.unwrap();
        let (sooner, later) = free_until(Some(&four));
        // Saturdays of these weeks are not worked: four days more.
        assert_eq!(sooner, "2024-10-28");
        assert_eq!(later, latest, "the training comes first in what is not told");
        let form = example_form();
        let case = Case { calendar: Some(&four), ..Case::of(&form) };
        let known = Bounds { least: 20, most: 20 };
        assert_eq!(bounds(&case, day("2024-09-29")), Ok(known));
        assert_eq!(bounds(&case, day("2024-10-01")), Ok(Bounds { least: 20, most: 22 }));
        assert_eq!(bounds(&case, day("2024-09-01")), Ok(Bounds { least: 0, most: 0 }));
    }

    #[test]
    fn stretches_are_joined_and_what_is_no_calendar_is_refused() {
        let of = |span: (&str, &str), weekdays, away: &[(&str, &str)]| {
            let away = away.iter().map(|(first, last)| (day(first), day(last))).collect();
            Calendar::new((day(span.0), day(span.1)), weekdays, false, away)
        };
        let year = ("2024-09-02", "2025-08-31");
        let joined = of(
            year,
            MONDAY_TO_FRIDAY,
            &[
                ("2024-10-07", "2024-10-11"),
                ("2024-09-09", "2024-09-13"),
                ("2024-09-10", "2024-09-11"),
                ("2024-10-12", "2024-10-13"),
            ],
        );
        let expected =
            [(day("2024-09-09"), day("2024-09-13")), (day("2024-10-07"), day("2024-10-13"))];
        assert_eq!(joined.unwrap().away(), expected);
        let refused = |span, weekdays, away: &[(&str, &str)]| of(span, weekdays, away).unwrap_err();
        let back = ("2025-08-31", "2024-09-02");
        assert_eq!(refused(back, MONDAY_TO_FRIDAY, &[]), CalendarError::Backwards);
        assert_eq!(refused(year, [false; 7], &[]), CalendarError::NoWeekday);
        let long = ("2024-09-02", "2030-09-03");
        assert_eq!(refused(long, MONDAY_TO_FRIDAY, &[]), CalendarError::Long);
        assert!(of(("2024-09-02", "2030-09-02"), MONDAY_TO_FRIDAY, &[]).is_ok());
        for outside in [
            ("2024-09-13", "2024-09-12"),
            ("2024-09-01", "2024-09-03"),
            ("2025-08-31", "2025-09-01"),
        ] {
            let within = ("2024-12-02", "2024-12-03");
            let refused = refused(year, MONDAY_TO_FRIDAY, &[within, outside]);
            assert_eq!(refused, CalendarError::Stretch(2), "{outside:?}");
            assert!(refused.text().fr.contains("n° 2"));
        }
        let many = vec![("2024-12-02", "2024-12-03"); STRETCHES_MAX + 1];
        assert_eq!(refused(year, MONDAY_TO_FRIDAY, &many), CalendarError::Stretches);
        assert!(of(year, MONDAY_TO_FRIDAY, &many[1..]).is_ok());
    }
}
