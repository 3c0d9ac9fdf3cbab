//! The SMIC: its gross amounts by day, in metropolitan France and overseas, and in Mayotte.
//!
//! Its law is C. trav. L3231-2 and following, and for Mayotte L3423-1 and following. An amount changes on the first
//! of a month. The hourly one is the law's; the monthly one, for 35 hours a week, is 35 × 52 / 12 of it (the
//! "151.67 hours"), to the nearest cent, as it is published.

use super::days::Place;
use super::rule::{Unknown, day};
use crate::cerfa::value::Cents;
use chrono::NaiveDate;

/// The amounts an hour from a day on.
#[derive(Debug, Clone, Copy)]
pub struct Smic {
    /// The first day.
    pub from: NaiveDate,
    /// In the whole country but Mayotte.
    pub hourly: Cents,
    /// In Mayotte; `None` where no source was read that says it.
    pub mayotte: Option<Cents>,
    /// The text that sets them.
    pub source: &'static str,
}

/// The name of this table where it is not confirmed.
const NAME: &str = "smic";

const fn smic(from: NaiveDate, hourly: u32, mayotte: u32, source: &'static str) -> Smic {
    Smic { from, hourly: Cents(hourly), mayotte: Some(Cents(mayotte)), source }
}

/// The amounts, oldest first. Those of Mayotte in 2019 and 2020 are also on the sheet F2300 of service-public.fr, as it
/// was on 10 January 2019 and on 1 January 2020; that of 2018 on none that was read.
pub const TABLE: &[Smic] = &[
    Smic {
        mayotte: None, ..smic(day(2018, 1, 1), 988, 0, "décret 2017-1719 du 20 décembre 2017")
    },
    smic(day(2019, 1, 1), 1003, 757, "décret 2018-1173 du 19 décembre 2018"),
    smic(day(2020, 1, 1), 1015, 766, "décret 2019-1387 du 18 décembre 2019"),
    smic(day(2021, 1, 1), 1025, 774, "décret 2020-1598 du 16 décembre 2020"),
    smic(day(2021, 10, 1), 1048, 791, "arrêté du 27 septembre 2021"),
    smic(day(2022, 1, 1), 1057, 798, "décret 2021-1741 du 22 décembre 2021"),
    smic(day(2022, 5, 1), 1085, 819, "arrêté du 19 avril 2022"),
    smic(day(2022, 8, 1), 1107, 835, "arrêté du 29 juillet 2022"),
    smic(day(2023, 1, 1), 1127, 851, "décret 2022-1608 du 22 décembre 2022"),
    smic(day(2023, 5, 1), 1152, 870, "arrêté du 26 avril 2023"),
    smic(day(2024, 1, 1), 1165, 880, "décret 2023-1216 du 20 décembre 2023"),
    smic(day(2024, 11, 1), 1188, 898, "décret 2024-951 du 23 octobre 2024"),
    smic(day(2026, 1, 1), 1202, 933, "décret 2025-1228 du 17 décembre 2025"),
    smic(day(2026, 6, 1), 1231, 956, "arrêté du 22 mai 2026"),
];

/// The last day for which the table is confirmed. The newest list that was read is of 27 October 2026.
pub const CONFIRMED_UNTIL: NaiveDate = day(2026, 10, 31);

/// The row of a day.
fn on(day: NaiveDate) -> Result<&'static Smic, Unknown> {
    let row = TABLE.iter().rev().find(|row| row.from <= day);
    row.filter(|_| day <= CONFIRMED_UNTIL).ok_or(Unknown::Unconfirmed(NAME))
}

/// The gross amount an hour, on a day.
///
/// # Errors
/// Before 2018, in Mayotte before 2019, and after the last day for which the table is confirmed.
pub fn hourly(day: NaiveDate, place: Place) -> Result<Cents, Unknown> {
    let smic = on(day)?;
    let hourly = if place == Place::Mayotte { smic.mayotte } else { Some(smic.hourly) };
    hourly.ok_or(Unknown::Unconfirmed(NAME))
}

/// The gross amount a month for 35 hours a week, on a day.
///
/// # Errors
/// As [`hourly`].
pub fn monthly(day: NaiveDate, place: Place) -> Result<Cents, Unknown> {
    // No hourly amount gives half a cent: its 455 thirds never do.
    hourly(day, place).map(|Cents(hourly)| Cents((hourly * 35 * 52 + 6) / 12))
}

/// The days on which another answer begins, oldest first: that of each amount, and the one after the last confirmed.
pub fn changes() -> impl Iterator<Item = NaiveDate> {
    TABLE.iter().map(|row| row.from).chain(CONFIRMED_UNTIL.succ_opt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::Datelike;

    /// As they were published: INSEE and the ministry's pages, for 35 hours.
    const MONTHLY: &[(&str, &str, &str)] = &[
        ("2018-01-01", "1498.47", "unknown"),
        ("2018-12-31", "1498.47", "unknown"),
        ("2019-01-01", "1521.22", "1148.12"),
        ("2020-01-01", "1539.42", "1161.77"),
        ("2021-01-01", "1554.58", "1173.90"),
        ("2021-09-30", "1554.58", "1173.90"),
        ("2021-10-01", "1589.47", "1199.68"),
        ("2022-01-01", "1603.12", "1210.30"),
        ("2022-05-01", "1645.58", "1242.15"),
        ("2022-08-01", "1678.95", "1266.42"),
        ("2023-01-01", "1709.28", "1290.68"),
        ("2023-05-01", "1747.20", "1319.50"),
        ("2024-01-01", "1766.92", "1334.67"),
        ("2024-11-01", "1801.80", "1361.97"),
        ("2025-12-31", "1801.80", "1361.97"),
        ("2026-01-01", "1823.03", "1415.05"),
        ("2026-05-31", "1823.03", "1415.05"),
        ("2026-06-01", "1867.02", "1449.93"),
        ("2026-10-31", "1867.02", "1449.93"),
    ];

    #[test]
    fn the_monthly_amounts_are_those_that_were_published() {
        for (on, metropolitan, mayotte) in MONTHLY {
            let at = |place| match monthly(on.parse().unwrap(), place) {
                Ok(monthly) => monthly.to_string(),
                Err(_) => "unknown".to_owned(),
            };
            assert_eq!(at(Place::Metropolitan), *metropolitan, "{on}");
            assert_eq!(at(Place::Reunion), *metropolitan, "{on}");
            assert_eq!(at(Place::Mayotte), *mayotte, "{on}");
        }
        let told: Vec<&str> = MONTHLY.iter().map(|(on, ..)| *on).collect();
        assert!(TABLE.iter().all(|row| told.contains(&row.from.to_string().as_str())));
    }

    #[test]
    fn before_the_table_and_after_its_last_confirmed_day_nothing_is_said() {
        for on in ["2017-12-31", "2026-11-01", "2030-01-01"] {
            let at = |place| hourly(on.parse().unwrap(), place);
            assert_eq!(at(Place::Metropolitan), Err(Unknown::Unconfirmed("smic")), "{on}");
            assert_eq!(at(Place::Mayotte), Err(Unknown::Unconfirmed("smic")), "{on}");
        }
        assert_eq!(changes().last(), Some(day(2026, 11, 1)));
    }

    #[test]
    fn amounts_change_on_the_first_of_a_month_and_only_rise() {
        for pair in TABLE.windows(2) {
            assert!(pair[0].from < pair[1].from);
            assert!(pair[0].hourly < pair[1].hourly && pair[0].mayotte < pair[1].mayotte);
        }
        assert!(TABLE.iter().all(|row| row.from.day() == 1 && row.mayotte < Some(row.hourly)));
        let unknown: Vec<_> = TABLE.iter().filter(|row| row.mayotte.is_none()).collect();
        assert!(unknown.iter().all(|row| row.from < day(2019, 1, 1)), "{unknown:?}");
        assert!(TABLE.iter().all(|row| row.from <= CONFIRMED_UNTIL));
    }
}
