//! The national number of a pupil or student.

use super::code::{all_digits, compact, identifier, text};
use super::{IdentifierError, rules};
use serde::{Deserialize, Serialize};

/// Which register gave an INE (facts: dossiers, section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IneForm {
    /// 9 digits and 2 letters: the national register (RNIE).
    Rnie,
    /// 10 digits or underscores and 1 letter: the older académie base (BEA).
    Bea,
    /// 4 digits, `A`, 5 digits and 1 letter: apprenticeship.
    Apprenticeship,
}

/// An INE: 11 characters, upper case. No public rule gives its last letter, so
/// that only the form is checked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ine([u8; 11]);
identifier!(Ine, hidden);

impl Ine {
    /// Reads an INE; case and spaces do not matter.
    ///
    /// # Errors
    /// `INE_FORM` when the text has none of the forms of [`IneForm`], or digits that
    /// are all the same.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        compact(text, char::is_whitespace)
            .filter(|code| form(code).is_some())
            .map(Self)
            .ok_or_else(|| rules::INE_FORM.into())
    }

    /// The 11 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// Which register gave it.
    #[must_use]
    pub fn form(&self) -> IneForm {
        form(&self.0).unwrap_or(IneForm::Bea)
    }
}

fn form(code: &[u8; 11]) -> Option<IneForm> {
    let [head @ .., before_last, last] = code;
    if !last.is_ascii_uppercase() || is_filler(code) {
        return None;
    }
    if before_last.is_ascii_uppercase() {
        return all_digits(head).then_some(IneForm::Rnie);
    }
    let first_ten = &code[..10];
    if first_ten.iter().all(|b| b.is_ascii_digit() || *b == b'_') {
        return Some(IneForm::Bea);
    }
    let apprenticeship = all_digits(&code[..4]) && code[4] == b'A' && all_digits(&code[5..10]);
    apprenticeship.then_some(IneForm::Apprenticeship)
}

/// Zeros, nines, underscores: what software writes in a field that may not be empty.
/// As an INE it would make one person of all who have none.
fn is_filler(code: &[u8; 11]) -> bool {
    let mut digits = code.iter().filter(|byte| byte.is_ascii_digit());
    let first = digits.next();
    digits.all(|digit| Some(digit) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_forms_are_read_and_told_apart() {
        let form = |text| Ine::parse(text).map(|ine| ine.form());
        assert_eq!(form("123456789AB"), Ok(IneForm::Rnie));
        assert_eq!(form("1234567890K"), Ok(IneForm::Bea));
        assert_eq!(form("01_3456_89K"), Ok(IneForm::Bea));
        assert_eq!(form("0123A45678C"), Ok(IneForm::Apprenticeship));
    }

    #[test]
    fn case_and_spaces_do_not_matter() {
        let ine = Ine::parse(" 123 456 789 ab ").unwrap();
        assert_eq!(ine.as_str(), "123456789AB");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "12345678901", "123456789A", "123456789ABC", "0123B45678C", "1234567É9AB"]
        {
            assert_eq!(Ine::parse(text).unwrap_err().rule, "INE_FORM", "{text}");
        }
    }

    #[test]
    fn what_fills_the_field_when_there_is_no_ine_is_refused() {
        for text in ["0000000000A", "__________A", "9999999999Z", "000000000AA", "1111A11111A"] {
            assert_eq!(Ine::parse(text).unwrap_err().rule, "INE_FORM", "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_it() {
        assert_eq!(format!("{:?}", Ine::parse("123456789AB").unwrap()), "Ine(…)");
    }
}
