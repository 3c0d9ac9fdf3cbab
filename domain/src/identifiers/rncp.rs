//! The number of a certification in the national register.

use super::code::{all_digits, identifier, text};
use super::{IdentifierError, rules};
use serde::{Deserialize, Serialize};

/// An RNCP code: `RNCP` and 2 to 5 digits; unused places are zero bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rncp([u8; 9]);
identifier!(Rncp, shown);

impl Rncp {
    /// Reads an RNCP code; case and spaces do not matter, and `RNCP` is added
    /// before a bare number.
    ///
    /// # Errors
    /// `RNCP_FORM` when there are not 2 to 5 digits.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let mut code = *b"RNCP\0\0\0\0\0";
        read_digits(text, &mut code).ok_or_else(|| IdentifierError::from(rules::RNCP_FORM))?;
        Ok(Self(code))
    }

    /// `RNCP` and the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }
}

/// Writes the digits of the text after the prefix.
fn read_digits(text: &str, code: &mut [u8; 9]) -> Option<()> {
    let text = text.trim();
    let prefixed = text.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("RNCP"));
    let number = if prefixed { text.get(4..)?.trim() } else { text }.as_bytes();
    if !(2..=5).contains(&number.len()) || !all_digits(number) {
        return None;
    }
    code.get_mut(4..4 + number.len())?.copy_from_slice(number);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefix_is_added_once() {
        for text in ["RNCP35316", "35316", " rncp 35316 "] {
            assert_eq!(Rncp::parse(text).unwrap().as_str(), "RNCP35316", "{text}");
        }
        assert_eq!(Rncp::parse("87").unwrap().as_str(), "RNCP87");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "RNCP", "RNCP1", "RNCP123456", "RS5436", "RNCP35 16", "ééé"] {
            assert_eq!(Rncp::parse(text).unwrap_err().rule, "RNCP_FORM", "{text}");
        }
    }
}
