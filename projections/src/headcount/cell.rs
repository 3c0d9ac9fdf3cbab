//! What a counted learner is like: one cell of the head-count.

use chrono::{Datelike, NaiveDate};
use domain::enrolment::Sex;
use domain::identifiers::{Cfd, Rncp, Uai};

/// Age bands of the national dashboard, at the day counted.
///
/// A birthday counts from the first day of its month, because only the month
/// of birth is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum AgeBand {
    /// The birth month is not known.
    Unknown = 0,
    /// Under 18.
    Under18 = 1,
    /// 18 to 20.
    From18To20 = 2,
    /// 21 to 25.
    From21To25 = 3,
    /// 26 and over.
    From26 = 4,
}

/// The first age of each band after the youngest.
const LIMITS: [i32; 3] = [18, 21, 26];

impl AgeBand {
    /// Every band, by code.
    pub const ALL: [Self; 5] =
        [Self::Unknown, Self::Under18, Self::From18To20, Self::From21To25, Self::From26];

    /// The name in answers: `<18`, `18-20`, `21-25`, `26+`, `?`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "?",
            Self::Under18 => "<18",
            Self::From18To20 => "18-20",
            Self::From21To25 => "21-25",
            Self::From26 => "26+",
        }
    }

    /// The days (from the common era) on which the band of somebody born in
    /// this month changes: the first of the month of the 18th, 21st and 26th birthday.
    pub(super) fn birthdays(birth_month: NaiveDate) -> [i32; 3] {
        LIMITS.map(|age| {
            NaiveDate::from_ymd_opt(birth_month.year() + age, birth_month.month(), 1)
                .map_or(i32::MAX, |day| day.num_days_from_ce())
        })
    }

    /// The band on a day, given the days on which it changes.
    pub(super) fn on(day: i32, birthdays: &[i32; 3]) -> Self {
        match birthdays.iter().filter(|birthday| **birthday <= day).count() {
            0 => Self::Under18,
            1 => Self::From18To20,
            2 => Self::From21To25,
            _ => Self::From26,
        }
    }

    /// The band on a day of somebody born in this month.
    pub(crate) fn of(birth_month: Option<NaiveDate>, day: NaiveDate) -> Self {
        birth_month.map_or(Self::Unknown, |month| {
            Self::on(day.num_days_from_ce(), &Self::birthdays(month))
        })
    }

    pub(super) fn from_code(code: u8) -> Self {
        Self::ALL.get(usize::from(code)).copied().unwrap_or(Self::Unknown)
    }
}

/// The département of a learner's home: its code, three bytes at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Home([u8; 3]);

impl Home {
    /// Where nobody told, or told something that is no code.
    pub const UNKNOWN: Self = Self([0; 3]);

    /// A home from the code of its département.
    #[must_use]
    pub fn of(code: Option<&str>) -> Self {
        let mut bytes = [0; 3];
        let code = code.unwrap_or_default().as_bytes();
        match bytes.get_mut(..code.len()) {
            Some(place) if code.iter().all(u8::is_ascii_alphanumeric) => {
                place.copy_from_slice(code);
                Self(bytes)
            }
            _ => Self::UNKNOWN,
        }
    }

    /// The code of the département, `None` when it is not known.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        let end = self.0.iter().position(|byte| *byte == 0).unwrap_or(3);
        std::str::from_utf8(self.0.get(..end)?).ok().filter(|code| !code.is_empty())
    }

    pub(super) const fn bytes(self) -> [u8; 3] {
        self.0
    }

    pub(super) const fn from_bytes(bytes: [u8; 3]) -> Self {
        Self(bytes)
    }
}

/// Everything about a counted enrolment that a question can filter or split by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// The CFA that trains; its first three digits are its département.
    pub site: Uai,
    /// Code formation diplôme.
    pub cfd: Option<Cfd>,
    /// Number in the national register.
    pub rncp: Option<Rncp>,
    /// Age band on the day.
    pub age_band: AgeBand,
    /// Sex, when told.
    pub sex: Option<Sex>,
    /// Home.
    pub home: Home,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_changes_on_the_first_of_the_birth_month() {
        let born = NaiveDate::from_ymd_opt(2006, 3, 1).unwrap();
        let birthdays = AgeBand::birthdays(born);
        let on = |text: &str| {
            AgeBand::on(text.parse::<NaiveDate>().unwrap().num_days_from_ce(), &birthdays)
        };
        assert_eq!(on("2024-02-29"), AgeBand::Under18);
        assert_eq!(on("2024-03-01"), AgeBand::From18To20);
        assert_eq!(on("2027-03-01"), AgeBand::From21To25);
        assert_eq!(on("2032-02-29"), AgeBand::From21To25);
        assert_eq!(on("2032-03-01"), AgeBand::From26);
    }

    #[test]
    fn a_home_is_a_code_or_unknown() {
        assert_eq!(Home::of(Some("2A")).code(), Some("2A"));
        assert_eq!(Home::of(Some("974")).code(), Some("974"));
        for text in [None, Some(""), Some("9744"), Some("é"), Some("2-")] {
            assert_eq!(Home::of(text), Home::UNKNOWN, "{text:?}");
        }
        assert_eq!(Home::UNKNOWN.code(), None);
    }
}
