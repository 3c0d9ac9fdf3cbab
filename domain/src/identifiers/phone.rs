//! A telephone number.

use super::code::{identifier, text};
use super::{IdentifierError, rules};
use crate::text::Rule;
use serde::{Deserialize, Serialize};

/// E.164 has at most 15 digits; fewer than 8 with a country code is no subscriber.
const INTERNATIONAL_DIGITS: std::ops::RangeInclusive<usize> = 8..=15;

/// Country codes of the French territories whose numbers are 9 digits of the
/// French plan (Réunion and Mayotte, Guadeloupe, Guyane, Martinique).
const OVERSEAS: [&str; 4] = ["262", "590", "594", "596"];

/// Saint-Pierre-et-Miquelon: 6 digits, dialled `0508…` from the rest of France.
const SAINT_PIERRE: &str = "508";

/// A telephone number that can be called: `0XXXXXXXXX` in the French plan
/// (overseas included), E.164 (`+` and digits) elsewhere; unused places are
/// zero bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone([u8; 16]);
identifier!(Phone, hidden);

impl Phone {
    /// Reads a number; spaces, full stops, hyphens, slashes and brackets do not matter.
    ///
    /// `+33`, `0033` and `33` are the same, as is a French number that lost its
    /// zero. Without `+` or `00`, a number is French.
    ///
    /// # Errors
    /// `PHONE_PREMIUM` for a French number in 08 (shared cost, premium, free
    /// numbers: services, not persons); `PHONE_FORM` for what is no number.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let dialled = Dialled::read(text).ok_or(rules::PHONE_FORM)?;
        match dialled.international() {
            Some(digits) => international(digits),
            None => domestic(dialled.digits()),
        }
        .map_err(IdentifierError::from)
    }

    /// The number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// A prefix and digits, which together fit by the callers' checks.
    fn of(prefix: &str, digits: &str) -> Result<Self, Rule> {
        let mut number = [0; 16];
        let bytes = prefix.bytes().chain(digits.bytes());
        if prefix.len() + digits.len() > number.len() {
            return Err(rules::PHONE_FORM);
        }
        number.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
        Ok(Self(number))
    }
}

/// The digits of a number as somebody wrote it, and whether a `+` came first.
struct Dialled {
    digits: [u8; 20],
    length: usize,
    plus: bool,
}

impl Dialled {
    fn read(text: &str) -> Option<Self> {
        let mut read = Self { digits: [0; 20], length: 0, plus: false };
        for c in text.chars() {
            match c {
                '0'..='9' => {
                    *read.digits.get_mut(read.length)? = u8::try_from(c).ok()?;
                    read.length += 1;
                }
                '+' if read.length == 0 && !read.plus => read.plus = true,
                '.' | '-' | '/' | '(' | ')' => {}
                c if c.is_whitespace() => {}
                _ => return None,
            }
        }
        Some(read)
    }

    fn digits(&self) -> &str {
        text(&self.digits[..self.length])
    }

    /// The digits after `+` or `00`, if the number was written so.
    fn international(&self) -> Option<&str> {
        if self.plus { Some(self.digits()) } else { self.digits().strip_prefix("00") }
    }
}

fn international(digits: &str) -> Result<Phone, Rule> {
    if let Some(number) = french(digits) {
        return number;
    }
    if INTERNATIONAL_DIGITS.contains(&digits.len()) && !digits.starts_with('0') {
        Phone::of("+", digits)
    } else {
        Err(rules::PHONE_FORM)
    }
}

/// Without `+` or `00`: a French number, with or without its zero or its country code.
fn domestic(digits: &str) -> Result<Phone, Rule> {
    match (digits.len(), digits.strip_prefix('0')) {
        (10, Some(national)) => subscriber(national),
        (9, None) => subscriber(digits),
        (11.., None) => french(digits).unwrap_or(Err(rules::PHONE_FORM)),
        _ => Err(rules::PHONE_FORM),
    }
}

/// The French number behind a French country code; `None` for other countries.
fn french(digits: &str) -> Option<Result<Phone, Rule>> {
    if let Some(local) = digits.strip_prefix(SAINT_PIERRE) {
        let whole =
            if local.len() == 6 { Phone::of("0508", local) } else { Err(rules::PHONE_FORM) };
        return Some(whole);
    }
    let national =
        std::iter::once("33").chain(OVERSEAS).find_map(|code| digits.strip_prefix(code))?;
    // People write +33 (0)6 12 34 56 78.
    Some(subscriber(national.strip_prefix('0').unwrap_or(national)))
}

/// The nine digits after the zero: 1 to 5 by region, 6 and 7 mobile, 9 not geographic.
fn subscriber(national: &str) -> Result<Phone, Rule> {
    if national.len() != 9 {
        return Err(rules::PHONE_FORM);
    }
    match national.as_bytes().first() {
        Some(b'8') => Err(rules::PHONE_PREMIUM),
        Some(b'1'..=b'7' | b'9') => Phone::of("0", national),
        _ => Err(rules::PHONE_FORM),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, &'static str> {
        Phone::parse(text).map(String::from).map_err(|e| e.rule)
    }

    #[test]
    fn the_ways_of_writing_a_french_number_are_one() {
        for text in [
            "0612345678",
            "06 12 34 56 78",
            "06.12.34.56.78",
            "06-12-34-56-78",
            "+33612345678",
            "+33 (0)6 12 34 56 78",
            "0033 6 12 34 56 78",
            "33612345678",
            "612345678",
        ] {
            assert_eq!(read(text).as_deref(), Ok("0612345678"), "{text}");
        }
    }

    #[test]
    fn overseas_numbers_are_of_the_french_plan() {
        assert_eq!(read("+262 692 12 34 56").as_deref(), Ok("0692123456"));
        assert_eq!(read("00590 690 12 34 56").as_deref(), Ok("0690123456"));
        assert_eq!(read("+596 (0)696 12 34 56").as_deref(), Ok("0696123456"));
        assert_eq!(read("+594694123456").as_deref(), Ok("0694123456"));
        assert_eq!(read("+508 41 12 34").as_deref(), Ok("0508411234"));
        assert_eq!(read("0692123456").as_deref(), Ok("0692123456"));
        assert_eq!(read("262692123456").as_deref(), Ok("0692123456"));
    }

    #[test]
    fn other_countries_are_kept_in_e164() {
        assert_eq!(read("+32 470 12 34 56").as_deref(), Ok("+32470123456"));
        assert_eq!(read("0041 79 123 45 67").as_deref(), Ok("+41791234567"));
        assert_eq!(read("+687 26 12 34").as_deref(), Ok("+687261234"), "New Caledonia");
        assert_eq!(read("+3247012345678901"), Err("PHONE_FORM"), "16 digits");
        assert_eq!(read("+3247012"), Err("PHONE_FORM"), "7 digits");
    }

    #[test]
    fn services_are_refused() {
        for text in ["0812345678", "08 00 12 34 56", "+33 8 92 12 34 56", "0033899123456"] {
            assert_eq!(read(text), Err("PHONE_PREMIUM"), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_called_is_refused() {
        for text in [
            "",
            "3639",
            "0012",
            "0000000000",
            "061234567",
            "06123456789",
            "+33 6 12 34 56",
            "06 12 34 56 78 ou 79",
            "06+12345678",
            "++33612345678",
            "+262123",
            "470123456789",
            "000000000000000000000000000000",
        ] {
            assert_eq!(read(text), Err("PHONE_FORM"), "{text}");
        }
    }
}
