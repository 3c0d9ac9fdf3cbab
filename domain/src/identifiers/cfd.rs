//! The code of a diploma in the national nomenclature of training.

use super::code::{compact, identifier, text};
use super::{IdentifierError, rules};
use serde::{Deserialize, Serialize};

/// A code formation diplôme: 8 characters, 3 of level, 3 of speciality, 2 of order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cfd([u8; 8]);
identifier!(Cfd, shown);

impl Cfd {
    /// Reads a code; case and spaces do not matter.
    ///
    /// # Errors
    /// `CFD_FORM` when there are not 8 letters or digits.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        compact(text, char::is_whitespace)
            .filter(|code| code.iter().all(u8::is_ascii_alphanumeric))
            .map(Self)
            .ok_or_else(|| rules::CFD_FORM.into())
    }

    /// The 8 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_upper_cased() {
        assert_eq!(Cfd::parse(" 4002 521t ").unwrap().as_str(), "4002521T");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "4002521", "400252144", "4002521-"] {
            assert_eq!(Cfd::parse(text).unwrap_err().rule, "CFD_FORM", "{text}");
        }
    }
}
