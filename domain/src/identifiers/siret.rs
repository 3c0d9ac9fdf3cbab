//! The number of an establishment in the Sirene directory.

use super::code::{all_digits, compact, identifier, text};
use super::{IdentifierError, rules};
use serde::{Deserialize, Serialize};

/// La Poste numbers its post offices without a Luhn key.
const LA_POSTE: &[u8] = b"356000000";

/// A SIRET: 14 digits, of which the first 9 are the company's SIREN.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Siret([u8; 14]);
identifier!(Siret, shown);

impl Siret {
    /// Reads a SIRET; spaces, full stops and hyphens do not matter.
    ///
    /// # Errors
    /// `SIRET_FORM` when there are not 14 digits; `SIRET_KEY` when the Luhn sum
    /// is wrong, or when the SIREN is nine zeros. For La Poste (SIREN 356000000)
    /// a plain sum of digits that 5 divides is right too.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let ignored = |c: char| c.is_whitespace() || c == '.' || c == '-';
        let digits: [u8; 14] = compact(text, ignored)
            .filter(|code| all_digits(code))
            .ok_or_else(|| IdentifierError::from(rules::SIRET_FORM))?;
        if key_is_right(&digits) { Ok(Self(digits)) } else { Err(rules::SIRET_KEY.into()) }
    }

    /// The 14 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The 9 digits of the company.
    #[must_use]
    pub fn siren(&self) -> &str {
        text(&self.0[..9])
    }
}

fn key_is_right(digits: &[u8; 14]) -> bool {
    let siren = &digits[..9];
    if siren.iter().all(|d| *d == b'0') {
        return false;
    }
    luhn(digits) || siren == LA_POSTE && plain_sum(digits).is_multiple_of(5)
}

/// Luhn over an even number of digits: those at even indexes count double.
fn luhn(digits: &[u8; 14]) -> bool {
    let value = |(index, digit): (usize, &u8)| {
        let n = u32::from(digit - b'0') * if index % 2 == 0 { 2 } else { 1 };
        n / 10 + n % 10
    };
    digits.iter().enumerate().map(value).sum::<u32>().is_multiple_of(10)
}

fn plain_sum(digits: &[u8]) -> u32 {
    digits.iter().map(|d| u32::from(d - b'0')).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_does_not_matter() {
        let siret = Siret::parse(" 130.025-265 00013 ").unwrap();
        assert_eq!(siret.as_str(), "13002526500013");
        assert_eq!(siret.siren(), "130025265");
    }

    #[test]
    fn every_single_wrong_digit_is_seen() {
        let right = "13002526500013";
        for index in 0..14 {
            for digit in b'0'..=b'9' {
                let mut bytes = right.as_bytes().to_vec();
                bytes[index] = digit;
                let text = String::from_utf8(bytes).unwrap();
                assert_eq!(Siret::parse(&text).is_ok(), text == right, "{text}");
            }
        }
    }

    #[test]
    fn a_post_office_is_right_by_its_plain_sum() {
        // 3+5+6 = 14, so the last five digits must bring the sum to a multiple of 5.
        assert!(Siret::parse("35600000000100").is_ok());
        assert_eq!(Siret::parse("35600000000200").unwrap_err().rule, "SIRET_KEY");
        // The head office is right by Luhn.
        assert!(Siret::parse("35600000000048").is_ok());
        // Another company gets no such favour: same tail, plain sum 15, Luhn wrong.
        assert_eq!(Siret::parse("35600000100000").unwrap_err().rule, "SIRET_KEY");
    }

    #[test]
    fn zeros_and_other_lengths_are_refused() {
        assert_eq!(Siret::parse("00000000000000").unwrap_err().rule, "SIRET_KEY");
        for text in [
            "",
            "1300252650001",
            "130025265000130",
            "1300252650001A",
            "１３００２５２６５０００１３",
        ] {
            assert_eq!(Siret::parse(text).unwrap_err().rule, "SIRET_FORM", "{text}");
        }
    }
}
