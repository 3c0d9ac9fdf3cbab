//! The INSEE code of a commune.

use super::code::{all_digits, compact, identifier, number, text};
use super::{IdentifierError, departement, rules};
use serde::{Deserialize, Serialize};

/// An INSEE commune code: 2 digits, `2A` or `2B`, then 3 digits. Codes in 99
/// are foreign countries, as the birth place of many learners.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InseeCommune([u8; 5]);
identifier!(InseeCommune, shown);

impl InseeCommune {
    /// Reads a code; case and spaces do not matter.
    ///
    /// # Errors
    /// `COMMUNE_FORM` when the text has another form.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        compact(text, char::is_whitespace)
            .filter(|code: &[u8; 5]| {
                let (head, tail) = code.split_at(2);
                (all_digits(head) || head == b"2A" || head == b"2B") && all_digits(tail)
            })
            .map(Self)
            .ok_or_else(|| rules::COMMUNE_FORM.into())
    }

    /// The 5 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The département: the first two characters, three overseas; `None` for a
    /// foreign country and for numbers that no département has.
    #[must_use]
    pub fn departement(&self) -> Option<String> {
        match &self.0[..2] {
            b"2A" => Some("2A".to_owned()),
            b"2B" => Some("2B".to_owned()),
            b"97" | b"98" => departement::overseas(number(&self.0[..3])),
            digits => departement::metropolitan(number(digits)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_departement_is_the_head_of_the_code() {
        let departement = |text| InseeCommune::parse(text).unwrap().departement();
        assert_eq!(departement("01004").as_deref(), Some("01"));
        assert_eq!(departement("2a004").as_deref(), Some("2A"));
        assert_eq!(departement("2B033").as_deref(), Some("2B"));
        assert_eq!(departement("97411").as_deref(), Some("974"));
        assert_eq!(departement("98818").as_deref(), Some("988"));
        assert_eq!(departement("99352"), None);
        assert_eq!(departement("00123"), None);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "1004", "010040", "2C004", "A1004", "7505A"] {
            assert_eq!(InseeCommune::parse(text).unwrap_err().rule, "COMMUNE_FORM", "{text}");
        }
    }
}
