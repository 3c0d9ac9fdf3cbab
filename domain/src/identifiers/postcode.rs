//! A French postcode.

use super::code::{all_digits, identifier, number, text};
use super::{IdentifierError, departement, rules};
use serde::{Deserialize, Serialize};

/// A postcode: 5 digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Postcode([u8; 5]);
identifier!(Postcode, shown);

impl Postcode {
    /// Reads a postcode; spaces do not matter, and the leading zero that a
    /// spreadsheet took away (`1000` for `01000`) is put back.
    ///
    /// # Errors
    /// `POSTCODE_FORM` when there are not 4 or 5 digits.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let mut code = *b"00000";
        let mut length = 0;
        let mut digits = [0; 5];
        for c in text.chars().filter(|c| !c.is_whitespace()) {
            let (Some(place), Ok(byte)) = (digits.get_mut(length), u8::try_from(c)) else {
                return Err(rules::POSTCODE_FORM.into());
            };
            *place = byte;
            length += 1;
        }
        let digits = &digits[..length];
        if length < 4 || !all_digits(digits) {
            return Err(rules::POSTCODE_FORM.into());
        }
        code[5 - length..].copy_from_slice(digits);
        Ok(Self(code))
    }

    /// The 5 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The département, as near as a postcode can tell: a few communes are
    /// served from the next département, and Corsica is told apart by its third
    /// digit (200 and 201 are `2A`, 202 and 206 are `2B`).
    #[must_use]
    pub fn departement(&self) -> Option<String> {
        match number(&self.0[..3]) {
            200 | 201 => Some("2A".to_owned()),
            202 | 206 => Some("2B".to_owned()),
            n @ 970..=989 => departement::overseas(n),
            n => departement::metropolitan(n / 10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lost_zero_is_put_back() {
        assert_eq!(Postcode::parse("1000").unwrap().as_str(), "01000");
        assert_eq!(Postcode::parse(" 75 011 ").unwrap().as_str(), "75011");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "750", "750111", "7501A", "B-1000", "é7501"] {
            assert_eq!(Postcode::parse(text).unwrap_err().rule, "POSTCODE_FORM", "{text}");
        }
    }

    #[test]
    fn the_departement_is_told_overseas_and_in_corsica() {
        let departement = |text| Postcode::parse(text).unwrap().departement();
        assert_eq!(departement("01000").as_deref(), Some("01"));
        assert_eq!(departement("95800").as_deref(), Some("95"));
        assert_eq!(departement("20000").as_deref(), Some("2A"));
        assert_eq!(departement("20137").as_deref(), Some("2A"));
        assert_eq!(departement("20200").as_deref(), Some("2B"));
        assert_eq!(departement("20600").as_deref(), Some("2B"));
        assert_eq!(departement("20900"), None);
        assert_eq!(departement("97400").as_deref(), Some("974"));
        assert_eq!(departement("98800").as_deref(), Some("988"));
        assert_eq!(departement("98000"), None, "Monaco");
        assert_eq!(departement("99000"), None);
        assert_eq!(departement("00100"), None, "the army");
    }
}
