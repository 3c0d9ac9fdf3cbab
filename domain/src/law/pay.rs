//! The minimum pay of an apprentice: a rate of the SMIC by age and by year of the contract.
//!
//! Sources: C. trav. D6222-26 and following, as they are for the day on which the contract is concluded; D6272-2 for
//! public employers. From 21 years on the rate is of the conventional minimum where that is higher, which is not
//! known here. A year of the contract begins on the day and month of its first day.

use super::days::Place;
use super::rule::{ALWAYS, REFORM_2019, Unknown, day};
use super::smic;
use crate::cerfa::codes::Diploma;
use crate::cerfa::turns;
use crate::cerfa::value::{Cents, Minutes, Rate};
use chrono::{Datelike, Months, NaiveDate};
use std::collections::BTreeSet;

/// The percents of the first year, the second and the third.
type Years = [u16; 3];

/// The rates for the contracts concluded from a day on.
#[derive(Debug)]
pub struct Grid {
    /// The first day.
    pub from: NaiveDate,
    /// The percents of the youngest.
    youngest: Years,
    /// The ages with which the other brackets begin, and their percents.
    older: &'static [(u32, Years)],
}

/// Until 2018.
pub const BEFORE_2019: Grid =
    Grid { from: ALWAYS, youngest: [25, 37, 53], older: &[(18, [41, 49, 65]), (21, [53, 61, 78])] };

/// Since décret 2018-1347.
pub const SINCE_2019: Grid = Grid {
    from: REFORM_2019,
    youngest: [27, 39, 55],
    older: &[(18, [43, 51, 67]), (21, [53, 61, 78]), (26, [100, 100, 100])],
};

/// From this day décret 2020-478 has public contracts under the common grid.
pub const PUBLIC_2020: NaiveDate = day(2020, 4, 27);

impl Grid {
    /// The rates for a contract concluded on a day.
    #[must_use]
    pub fn of(concluded_on: NaiveDate) -> &'static Self {
        if concluded_on < SINCE_2019.from { &BEFORE_2019 } else { &SINCE_2019 }
    }
}

/// The points that a contract of the public sector has above the grid for the diploma that it prepares (D6272-2): 10
/// at level 4 (then IV) and 20 at level 5 (then III), when it is concluded before décret 2020-478. Since, an employer
/// may add 10 or 20, and need not.
#[must_use]
pub fn public_points(concluded_on: NaiveDate, diploma: Diploma) -> u16 {
    match diploma.level() {
        4 if concluded_on < PUBLIC_2020 => 10,
        5 if concluded_on < PUBLIC_2020 => 20,
        _ => 0,
    }
}

/// What the minimum depends on.
#[derive(Debug, Clone, Copy)]
pub struct Contract {
    /// The rates: [`Grid::of`] the day of conclusion.
    pub grid: &'static Grid,
    /// Points above them: [`public_points`], or none.
    pub points: u16,
    /// Years that count as done before the first one.
    pub years_done: usize,
    /// The first day.
    pub start_on: NaiveDate,
    /// The last day.
    pub end_on: NaiveDate,
    /// The apprentice's birth.
    pub born_on: NaiveDate,
}

/// Days of a contract that have one minimum rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The first one.
    pub from: NaiveDate,
    /// The last one.
    pub to: NaiveDate,
    /// The year of the contract, from 1. From the third on the rate is that of the third.
    pub year: usize,
    /// The age with which the bracket begins; 0 for the youngest.
    pub aged: u32,
    /// The minimum rate.
    pub rate: Rate,
}

/// Days of a contract that have one minimum amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Minimum {
    /// The days and their rate.
    pub step: Step,
    /// The amount of it a month, gross, for 35 hours a week; or why it is not known.
    pub monthly: Result<Cents, Unknown>,
}

impl Contract {
    /// The minimum rates from the first day to the last one, without a gap. None when the contract ends before it
    /// begins.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let brackets = self.grid.older.iter().filter_map(|(age, _)| self.counts_from(*age));
        self.cut(self.years().chain(brackets))
    }

    /// The minimum amounts from the first day to the last one, without a gap.
    #[must_use]
    pub fn minimums(&self, place: Place) -> Vec<Minimum> {
        let steps = self.steps().into_iter().map(|step| step.from);
        let priced = |step: Step| Minimum {
            step,
            monthly: smic::monthly(step.from, place).map(|smic| amount(smic, step.rate, FULL_TIME)),
        };
        self.cut(steps.chain(smic::changes())).into_iter().map(priced).collect()
    }

    /// The days from which a bracket counts that begins with an age: from the first day of the contract when the
    /// apprentice is so old by then, or else from the first of the month after the birthday (D6222-34).
    fn counts_from(&self, age: u32) -> Option<NaiveDate> {
        let reached = turns(self.born_on, age)?;
        if reached <= self.start_on {
            return Some(self.start_on);
        }
        reached.with_day(1)?.checked_add_months(Months::new(1))
    }

    /// The first day of each year of the contract.
    fn years(&self) -> impl Iterator<Item = NaiveDate> {
        (0..).map_while(|year| turns(self.start_on, year)).take_while(|on| *on <= self.end_on)
    }

    /// The steps that begin on the first day, and on each of some days that is in the contract.
    fn cut(&self, days: impl Iterator<Item = NaiveDate>) -> Vec<Step> {
        let inside = |day: &NaiveDate| (self.start_on..=self.end_on).contains(day);
        let from: BTreeSet<_> = days.filter(inside).collect();
        let to = from.iter().skip(1).filter_map(NaiveDate::pred_opt).chain([self.end_on]);
        from.iter().zip(to).map(|(from, to)| self.step(*from, to)).collect()
    }

    fn step(&self, from: NaiveDate, to: NaiveDate) -> Step {
        let counts =
            |(age, _): &&(u32, Years)| self.counts_from(*age).is_some_and(|first| first <= from);
        let bracket = self.grid.older.iter().rfind(counts).copied();
        let (aged, [first, second, third]) = bracket.unwrap_or((0, self.grid.youngest));
        let year = self.years().take_while(|on| *on <= from).count();
        let percent = match year + self.years_done {
            ..=1 => first,
            2 => second,
            3.. => third,
        };
        Step { from, to, year, aged, rate: Rate::percent(percent + self.points) }
    }
}

/// The legal weekly time, of which the monthly SMIC is.
const FULL_TIME: Minutes = Minutes::hours(35);

/// A rate of a monthly SMIC, up to the next cent; for less than 35 hours a week in proportion. Above them more is due,
/// by rules of overtime that are not told here.
#[must_use]
pub fn amount(smic: Cents, rate: Rate, weekly_time: Minutes) -> Cents {
    let worked = weekly_time.min(FULL_TIME);
    let parts = u64::from(smic.0) * u64::from(rate.0) * u64::from(worked.0);
    // A rate is in hundredths of a percent.
    Cents(parts.div_ceil(10_000 * u64::from(FULL_TIME.0)).try_into().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// `from year aged rate amount` of each row.
    fn minimums(start: &str, end: &str, born: &str) -> Vec<String> {
        let contract = Contract {
            grid: Grid::of(day(start)),
            points: 0,
            years_done: 0,
            start_on: day(start),
            end_on: day(end),
            born_on: day(born),
        };
        let rows = contract.minimums(Place::Metropolitan);
        assert_eq!(rows.first().map(|row| row.step.from), Some(day(start)));
        assert_eq!(rows.last().map(|row| row.step.to), Some(day(end)));
        for pair in rows.windows(2) {
            assert_eq!(pair[0].step.to.succ_opt(), Some(pair[1].step.from));
        }
        let shown = |row: &Minimum| {
            let Step { from, year, aged, rate, .. } = row.step;
            let monthly = row.monthly.map_or_else(|_| "?".to_owned(), |cents| cents.to_string());
            format!("{from} {year} {aged} {rate} {monthly}")
        };
        rows.iter().map(shown).collect()
    }

    #[test]
    fn a_rate_changes_with_the_year_the_bracket_and_the_smic() {
        // 43 % of 1,766.92 is 759.7756, of 1,801.80 is 774.774; 53 % of that is 954.954.
        let expected = [
            "2024-09-02 1 18 43 759.78",
            "2024-11-01 1 18 43 774.78",
            "2025-05-01 1 21 53 954.96",
            "2025-09-02 2 21 61 1099.10",
            "2026-01-01 2 21 61 1112.05",
            "2026-06-01 2 21 61 1138.89",
        ];
        assert_eq!(minimums("2024-09-02", "2026-08-31", "2004-04-17"), expected);
    }

    #[test]
    fn a_birthday_counts_from_the_first_of_the_next_month_or_from_the_first_day() {
        let change = |born: &str| {
            let rows = minimums("2023-09-18", "2024-10-31", born);
            rows.into_iter().find(|row| row.contains(" 18 ")).map(|row| row[..10].to_owned())
        };
        // On the first of a month, on the last day of one, on 29 February.
        assert_eq!(change("2006-03-01").as_deref(), Some("2024-04-01"));
        assert_eq!(change("2006-03-31").as_deref(), Some("2024-04-01"));
        assert_eq!(change("2006-04-30").as_deref(), Some("2024-05-01"));
        assert_eq!(change("2004-02-29").as_deref(), Some("2023-09-18"));
        // By the first day it counts at once, the day after from the next month.
        assert_eq!(change("2005-09-18").as_deref(), Some("2023-09-18"));
        assert_eq!(change("2005-09-19").as_deref(), Some("2023-10-01"));
        // 29 February, in a year without one: the last day of February.
        let rows = minimums("2025-01-06", "2025-12-31", "2004-02-29");
        assert!(rows.iter().any(|row| row.starts_with("2025-03-01 1 21")), "{rows:?}");
    }

    #[test]
    fn the_fourth_year_is_as_the_third_and_a_year_begins_on_its_anniversary() {
        let rows = minimums("2020-02-29", "2024-02-28", "2003-01-15");
        let years: Vec<&str> = rows.iter().map(|row| &row[..12]).collect();
        for year in ["2020-02-29 1", "2021-02-28 2", "2022-02-28 3", "2023-02-28 4"] {
            assert!(years.contains(&year), "{year} in {years:?}");
        }
        assert!(rows.iter().any(|row| row.starts_with("2023-02-28 4 18 67 ")), "{rows:?}");
    }

    #[test]
    fn past_the_table_of_the_smic_the_rate_is_known_and_the_amount_is_not() {
        let rows = minimums("2026-10-05", "2027-10-04", "2000-06-15");
        assert_eq!(rows, ["2026-10-05 1 26 100 1867.02", "2026-11-01 1 26 100 ?"]);
    }

    #[test]
    fn a_contract_that_ends_before_it_begins_has_no_rate() {
        let (start_on, end_on) = (day("2024-09-02"), day("2024-09-01"));
        let born_on = day("2004-04-17");
        let contract =
            Contract { grid: &SINCE_2019, points: 0, years_done: 0, start_on, end_on, born_on };
        assert!(contract.steps().is_empty() && contract.minimums(Place::Reunion).is_empty());
    }

    #[test]
    fn a_year_that_counts_as_done_is_one_of_the_rates_and_not_of_the_contract() {
        let (start_on, end_on) = (day("2024-09-02"), day("2026-08-31"));
        let born_on = day("2000-04-17");
        let contract =
            Contract { grid: &SINCE_2019, points: 0, years_done: 1, start_on, end_on, born_on };
        let steps: Vec<_> =
            contract.steps().iter().map(|step| (step.year, step.rate.to_string())).collect();
        assert_eq!(steps, [(1, "61".into()), (2, "78".into()), (2, "100".into())]);
    }

    #[test]
    fn public_contracts_had_points_more_until_their_grid_was_the_common_one() {
        let (before, since) = (day("2020-04-26"), day("2020-04-27"));
        for (diploma, points) in
            [(Diploma::Cap, 0), (Diploma::BacPro, 10), (Diploma::Bts, 20), (Diploma::Licence, 0)]
        {
            assert_eq!(public_points(before, diploma), points, "{diploma}");
            assert_eq!(public_points(since, diploma), 0, "{diploma}");
        }
    }

    #[test]
    fn an_amount_is_rounded_up_and_follows_the_working_time_below_35_hours() {
        let smic = Cents(182_303);
        assert_eq!(amount(smic, Rate::percent(53), FULL_TIME), Cents(96_621), "966.2059");
        assert_eq!(amount(smic, Rate::percent(100), FULL_TIME), smic);
        assert_eq!(amount(smic, Rate::percent(100), Minutes::hours(39)), smic);
        assert_eq!(
            amount(smic, Rate::percent(100), Minutes::hours(20)),
            Cents(104_174),
            "1041.7314"
        );
    }
}
