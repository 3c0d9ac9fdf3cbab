//! A school year.

use super::code::{all_digits, identifier, number, text};
use super::{IdentifierError, rules};
use serde::{Deserialize, Serialize};

/// A school year: `2024-2025`, or `2024-2024` for a training within one civil
/// year. Kept as its 9 characters, which sort as the years do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SchoolYear([u8; 9]);
identifier!(SchoolYear, shown);

impl SchoolYear {
    /// Reads a school year; spaces do not matter, and `/` or `–` stand for `-`.
    ///
    /// # Errors
    /// `SCHOOL_YEAR_FORM` when it is not two years from 1900 to 2100;
    /// `SCHOOL_YEAR_SPAN` when they are neither equal nor consecutive.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let code = shape(text).ok_or_else(|| IdentifierError::from(rules::SCHOOL_YEAR_FORM))?;
        let (start, end) = (number(&code[..4]), number(&code[5..]));
        if !(1900..=2100).contains(&start) || !(1900..=2100).contains(&end) {
            return Err(rules::SCHOOL_YEAR_FORM.into());
        }
        if end != start && end != start + 1 {
            return Err(rules::SCHOOL_YEAR_SPAN.into());
        }
        Ok(Self(code))
    }

    /// The two years and the hyphen.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The civil year in which it begins.
    #[must_use]
    pub fn start(&self) -> u16 {
        number(&self.0[..4]) as u16
    }

    /// The civil year in which it ends.
    #[must_use]
    pub fn end(&self) -> u16 {
        number(&self.0[5..]) as u16
    }
}

/// The text as four digits, a hyphen and four digits.
fn shape(text: &str) -> Option<[u8; 9]> {
    let mut code = [0; 9];
    let mut length = 0;
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        let c = if matches!(c, '/' | '–') { '-' } else { c };
        *code.get_mut(length)? = u8::try_from(c).ok()?;
        length += 1;
    }
    let whole = length == code.len() && code[4] == b'-';
    (whole && all_digits(&code[..4]) && all_digits(&code[5..])).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ways_of_writing_it_are_one() {
        for text in ["2024-2025", "2024/2025", " 2024 - 2025 ", "2024–2025"] {
            let year = SchoolYear::parse(text).unwrap();
            assert_eq!(year.as_str(), "2024-2025");
            assert_eq!((year.start(), year.end()), (2024, 2025));
        }
        assert_eq!(SchoolYear::parse("2024-2024").unwrap().end(), 2024);
    }

    #[test]
    fn years_sort_as_time() {
        let year = |text| SchoolYear::parse(text).unwrap();
        assert!(year("2024-2024") < year("2024-2025"));
        assert!(year("2023-2024") < year("2024-2024"));
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2024",
            "20242025",
            "2024x2025",
            "2024-25",
            "20-242025",
            "0000-0001",
            "9999-9999",
            "2024-2025-",
        ] {
            let error = SchoolYear::parse(text).unwrap_err();
            assert_eq!(error.rule, "SCHOOL_YEAR_FORM", "{text}");
        }
        for text in ["2024-2026", "2025-2024"] {
            assert_eq!(SchoolYear::parse(text).unwrap_err().rule, "SCHOOL_YEAR_SPAN", "{text}");
        }
    }
}
