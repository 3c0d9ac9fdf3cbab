//! Public holidays, *jours ouvrables* and the delays that are counted in them.
//!
//! A *jour ouvrable* is any day but the weekly day of rest and the public holidays: Monday to Saturday (C. trav.
//! L3133-1, L3132-3). The holidays depend on the place of work.

use crate::identifiers::{InseeCommune, Postcode};
use chrono::{Datelike, Days, NaiveDate, Weekday};

/// A part of the country with public holidays of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Metropolitan France but for the three départements of the East.
    Metropolitan,
    /// Bas-Rhin, Haut-Rhin and Moselle (C. trav. L3134-13).
    AlsaceMoselle,
    /// Guadeloupe.
    Guadeloupe,
    /// Martinique.
    Martinique,
    /// Guyane.
    Guyane,
    /// La Réunion.
    Reunion,
    /// Saint-Pierre-et-Miquelon.
    SaintPierreEtMiquelon,
    /// Mayotte.
    Mayotte,
    /// Saint-Barthélemy.
    SaintBarthelemy,
    /// Saint-Martin.
    SaintMartin,
}

/// Month and day of the holidays of the whole country that have a fixed date (C. trav. L3133-1).
const FIXED: [(u32, u32); 8] =
    [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];

/// The others, in days after Easter: Easter Monday, Ascension, Whit Monday.
const AFTER_EASTER: [i64; 3] = [1, 39, 50];

/// Good Friday, in days after Easter.
const GOOD_FRIDAY: i64 = -2;

impl Place {
    /// Every place.
    pub const ALL: [Self; 10] = [
        Self::Metropolitan,
        Self::AlsaceMoselle,
        Self::Guadeloupe,
        Self::Martinique,
        Self::Guyane,
        Self::Reunion,
        Self::SaintPierreEtMiquelon,
        Self::Mayotte,
        Self::SaintBarthelemy,
        Self::SaintMartin,
    ];

    /// Where a commune is; `None` abroad, and in the Pacific and the southern lands, where the labour code is another.
    #[must_use]
    pub fn of_commune(commune: &InseeCommune) -> Option<Self> {
        match commune.as_str() {
            // Their codes from when they were communes of Guadeloupe, until 2007.
            "97123" => Some(Self::SaintBarthelemy),
            "97127" => Some(Self::SaintMartin),
            _ => Self::of_departement(&commune.departement()?),
        }
    }

    /// Where a postcode is, as near as a postcode can tell; `None` as for a commune, and for those of large receivers
    /// (CEDEX) that tell no département.
    #[must_use]
    pub fn of_postcode(postcode: &Postcode) -> Option<Self> {
        match postcode.as_str() {
            // Both kept postcodes of Guadeloupe.
            "97133" => Some(Self::SaintBarthelemy),
            "97150" => Some(Self::SaintMartin),
            _ => Self::of_departement(&postcode.departement()?),
        }
    }

    fn of_departement(departement: &str) -> Option<Self> {
        match departement {
            "57" | "67" | "68" => Some(Self::AlsaceMoselle),
            "971" => Some(Self::Guadeloupe),
            "972" => Some(Self::Martinique),
            "973" => Some(Self::Guyane),
            "974" => Some(Self::Reunion),
            "975" => Some(Self::SaintPierreEtMiquelon),
            "976" => Some(Self::Mayotte),
            "977" => Some(Self::SaintBarthelemy),
            "978" => Some(Self::SaintMartin),
            // The Pacific and the southern lands.
            _ if departement.len() == 3 => None,
            _ => Some(Self::Metropolitan),
        }
    }

    /// Whether a day is a public holiday there.
    ///
    /// In Alsace-Moselle, Good Friday is one in the communes with a Protestant church or a mixed one (ordonnance of
    /// 16 August 1892). Which they are is not known here, and it is taken as one in all: the last day of a delay is
    /// then never a day too early, and who is told to be late is late. Days off by custom alone, as 21 July in the
    /// Antilles, are no public holidays.
    #[must_use]
    pub fn is_holiday(self, day: NaiveDate) -> bool {
        let date = (day.month(), day.day());
        let after_easter = |holidays: &[i64]| {
            easter(day.year()).is_some_and(|easter| {
                holidays.contains(&day.signed_duration_since(easter).num_days())
            })
        };
        FIXED.contains(&date)
            || after_easter(&AFTER_EASTER)
            || match self {
                Self::Metropolitan | Self::SaintPierreEtMiquelon => false,
                Self::AlsaceMoselle => date == (12, 26) || after_easter(&[GOOD_FRIDAY]),
                // The abolition of slavery (C. trav. L3422-2; loi 83-550; décret 83-1003).
                Self::Mayotte => date == (4, 27),
                Self::Martinique => date == (5, 22),
                Self::Guadeloupe => date == (5, 27),
                // With Guadeloupe until 2017.
                Self::SaintMartin => date == if day.year() < 2018 { (5, 27) } else { (5, 28) },
                Self::Guyane => date == (6, 10),
                Self::SaintBarthelemy => date == (10, 9),
                Self::Reunion => date == (12, 20),
            }
    }

    /// Whether a day is a *jour ouvrable* there.
    #[must_use]
    pub fn is_working_day(self, day: NaiveDate) -> bool {
        day.weekday() != Weekday::Sun && !self.is_holiday(day)
    }
}

/// The last day of a delay of so many *jours ouvrables*. The day of the event is not counted (C. pr. civ. 641); as
/// only working days are, the last one needs no putting off. `None` for no day at all, and past the end of the calendar.
#[must_use]
pub fn deadline(after: NaiveDate, working_days: u16, place: Place) -> Option<NaiveDate> {
    let last = usize::from(working_days).checked_sub(1)?;
    after.iter_days().skip(1).filter(|day| place.is_working_day(*day)).nth(last)
}

/// The last day of a delay of so many calendar days; the day of the event is not counted. `None` past the end of the
/// calendar.
#[must_use]
pub fn after_days(event: NaiveDate, days: u16) -> Option<NaiveDate> {
    event.checked_add_days(Days::new(days.into()))
}

/// Easter Sunday of a year of the Gregorian calendar (Meeus, Astronomical Algorithms, ch. 8).
fn easter(year: i32) -> Option<NaiveDate> {
    let (golden, century, rest) = (year % 19, year / 100, year % 100);
    let (leap_centuries, d) = (century / 4, century % 4);
    let moon = (century - (century + 8) / 25 + 1) / 3;
    let epact = (19 * golden + century - leap_centuries - moon + 15) % 30;
    let weekday = (32 + 2 * d + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let from_march = epact + weekday - 7 * late + 114;
    let (month, day) = (from_march / 31, from_march % 31 + 1);
    NaiveDate::from_ymd_opt(year, month.try_into().ok()?, day.try_into().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn five(after: &str, place: Place) -> String {
        deadline(day(after), 5, place).unwrap().to_string()
    }

    #[test]
    fn easter_is_where_the_tables_have_it() {
        // The earliest and the latest of all, and some between.
        for text in
            ["1818-03-22", "1943-04-25", "2000-04-23", "2018-04-01", "2024-03-31", "2038-04-25"]
        {
            assert_eq!(easter(day(text).year()), Some(day(text)));
        }
    }

    #[test]
    fn a_deposit_counts_saturday_and_not_sunday() {
        // Monday 2 September 2024: Tuesday to Saturday.
        assert_eq!(five("2024-09-02", Place::Metropolitan), "2024-09-07");
        assert_eq!(five("2024-09-03", Place::Metropolitan), "2024-09-09");
        assert_eq!(five("2024-09-07", Place::Metropolitan), "2024-09-13");
        // The event may be on a day of rest.
        assert_eq!(five("2024-09-08", Place::Metropolitan), "2024-09-13");
    }

    #[test]
    fn a_deposit_across_a_local_holiday_has_a_day_more() {
        // Easter 2024 is 31 March: Good Friday on the 29th, Monday 1 April everywhere.
        assert_eq!(five("2024-03-28", Place::Metropolitan), "2024-04-04");
        assert_eq!(five("2024-03-28", Place::AlsaceMoselle), "2024-04-05");
        assert_eq!(five("2024-12-24", Place::Metropolitan), "2024-12-31");
        assert_eq!(five("2024-12-24", Place::AlsaceMoselle), "2025-01-02");
        assert_eq!(five("2024-12-18", Place::Metropolitan), "2024-12-24");
        assert_eq!(five("2024-12-18", Place::Reunion), "2024-12-26");
        assert_eq!(five("2024-05-24", Place::Guadeloupe), "2024-05-31");
        assert_eq!(five("2024-05-25", Place::Guadeloupe), "2024-06-01");
        assert_eq!(five("2024-05-25", Place::Metropolitan), "2024-05-31");
    }

    #[test]
    fn a_deposit_across_the_new_year_does_not_count_its_first_day() {
        assert_eq!(five("2024-12-28", Place::Metropolitan), "2025-01-04");
        // The first of January 2023 is a Sunday, and is not put off.
        assert_eq!(five("2022-12-30", Place::Metropolitan), "2023-01-05");
    }

    #[test]
    fn each_abolition_of_slavery_is_a_holiday_there_and_nowhere_else() {
        let days = [
            (Place::Mayotte, "2026-04-27"),
            (Place::Martinique, "2026-05-22"),
            (Place::Guadeloupe, "2026-05-27"),
            (Place::SaintMartin, "2026-05-28"),
            (Place::Guyane, "2026-06-10"),
            (Place::SaintBarthelemy, "2026-10-09"),
            (Place::Reunion, "2026-12-20"),
            (Place::AlsaceMoselle, "2026-12-26"),
        ];
        for (there, text) in days {
            let where_it_is: Vec<_> =
                Place::ALL.into_iter().filter(|place| place.is_holiday(day(text))).collect();
            assert_eq!(where_it_is, [there], "{text}");
        }
        assert!(Place::SaintMartin.is_holiday(day("2017-05-27")));
    }

    #[test]
    fn a_place_is_found_from_a_commune_and_from_a_postcode() {
        let commune = |text: &str| Place::of_commune(&text.parse().unwrap());
        let postcode = |text: &str| Place::of_postcode(&text.parse().unwrap());
        assert_eq!(commune("35238"), Some(Place::Metropolitan));
        assert_eq!(commune("2A004"), Some(Place::Metropolitan));
        assert_eq!(commune("57463"), Some(Place::AlsaceMoselle));
        assert_eq!(commune("97105"), Some(Place::Guadeloupe));
        assert_eq!(commune("97123"), Some(Place::SaintBarthelemy));
        assert_eq!(commune("97701"), Some(Place::SaintBarthelemy));
        assert_eq!(commune("97127"), Some(Place::SaintMartin));
        assert_eq!(commune("97801"), Some(Place::SaintMartin));
        assert_eq!(commune("97209"), Some(Place::Martinique));
        assert_eq!(commune("97302"), Some(Place::Guyane));
        assert_eq!(commune("97411"), Some(Place::Reunion));
        assert_eq!(commune("97502"), Some(Place::SaintPierreEtMiquelon));
        assert_eq!(commune("97608"), Some(Place::Mayotte));
        assert_eq!(commune("98818"), None, "Nouméa");
        assert_eq!(commune("99109"), None, "abroad");
        assert_eq!(postcode("67000"), Some(Place::AlsaceMoselle));
        assert_eq!(postcode("68100"), Some(Place::AlsaceMoselle));
        assert_eq!(postcode("88100"), Some(Place::Metropolitan));
        assert_eq!(postcode("97100"), Some(Place::Guadeloupe));
        assert_eq!(postcode("97133"), Some(Place::SaintBarthelemy));
        assert_eq!(postcode("97150"), Some(Place::SaintMartin));
        assert_eq!(postcode("97400"), Some(Place::Reunion));
        assert_eq!(postcode("97600"), Some(Place::Mayotte));
        assert_eq!(postcode("98714"), None, "Papeete");
    }

    #[test]
    fn calendar_delays_do_not_count_their_first_day_and_every_delay_ends() {
        assert_eq!(after_days(day("2024-02-10"), 20), Some(day("2024-03-01")));
        assert_eq!(after_days(NaiveDate::MAX, 1), None);
        assert_eq!(deadline(NaiveDate::MAX, 1, Place::Metropolitan), None);
        assert_eq!(deadline(day("2024-09-02"), 0, Place::Metropolitan), None);
        assert!(deadline(NaiveDate::MIN, 5, Place::Metropolitan).is_some());
    }
}
