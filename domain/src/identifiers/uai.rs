//! The number of an establishment in the national education directory.

use super::code::{all_digits, compact, identifier, number, text};
use super::{IdentifierError, departement, rules};
use serde::{Deserialize, Serialize};

/// The letters of the key, without I, O and Q.
const KEY_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPRSTUVWXYZ";

/// A UAI: 7 digits and a control letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Uai([u8; 8]);
identifier!(Uai, shown);

impl Uai {
    /// Reads a UAI; case and spaces do not matter.
    ///
    /// # Errors
    /// `UAI_FORM` when there are not 7 digits and a letter; `UAI_KEY` when the
    /// letter is not the one of the number, which is its rank (the number
    /// modulo 23) in the alphabet without I, O and Q.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        let code: [u8; 8] = compact(text, char::is_whitespace)
            .filter(|code: &[u8; 8]| all_digits(&code[..7]) && code[7].is_ascii_uppercase())
            .ok_or_else(|| IdentifierError::from(rules::UAI_FORM))?;
        let rank = (number(&code[..7]) % 23) as usize;
        if KEY_LETTERS.get(rank) == Some(&code[7]) {
            Ok(Self(code))
        } else {
            Err(rules::UAI_KEY.into())
        }
    }

    /// The 8 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        text(&self.0)
    }

    /// The département, from the first three digits: `001` is `01`, `620` is
    /// `2A`, `720` is `2B`, `974` is `974`.
    ///
    /// The education directory has its own numbers for three places, given here
    /// by their official code: 983 is New Caledonia (`988`), 984 French
    /// Polynesia (`987`), 985 Mayotte before 2011 (`976`).
    #[must_use]
    pub fn departement(&self) -> Option<String> {
        Self::departement_of(number(&self.0[..3]))
    }

    /// The département of all numbers that begin with these three digits.
    #[must_use]
    pub fn departement_of(first_three: u64) -> Option<String> {
        match first_three {
            620 => Some("2A".to_owned()),
            720 => Some("2B".to_owned()),
            983 => departement::overseas(988),
            984 => departement::overseas(987),
            985 => departement::overseas(976),
            n if n < 100 => departement::metropolitan(n),
            n => departement::overseas(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A UAI with the right letter for these seven digits.
    fn with_key(digits: &str) -> Uai {
        let rank = digits.parse::<usize>().unwrap() % 23;
        Uai::parse(&format!("{digits}{}", char::from(KEY_LETTERS[rank]))).unwrap()
    }

    #[test]
    fn the_key_letter_is_checked() {
        assert_eq!(Uai::parse("0010826t").unwrap().as_str(), "0010826T");
        assert!(Uai::parse("9830002K").is_ok());
        for letter in ('A'..='Z').filter(|c| *c != 'T') {
            assert_eq!(Uai::parse(&format!("0010826{letter}")).unwrap_err().rule, "UAI_KEY");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in ["", "010826T", "00108266", "0010826TT", "001O826T"] {
            assert_eq!(Uai::parse(text).unwrap_err().rule, "UAI_FORM", "{text}");
        }
    }

    #[test]
    fn the_departement_follows_from_the_number() {
        let departement = |digits| with_key(digits).departement();
        assert_eq!(departement("0010826").as_deref(), Some("01"));
        assert_eq!(departement("0951234").as_deref(), Some("95"));
        assert_eq!(departement("6200001").as_deref(), Some("2A"));
        assert_eq!(departement("7200001").as_deref(), Some("2B"));
        assert_eq!(departement("9740001").as_deref(), Some("974"));
        assert_eq!(departement("9830002").as_deref(), Some("988"));
        assert_eq!(departement("9840001").as_deref(), Some("987"));
        assert_eq!(departement("0000001"), None);
        assert_eq!(departement("0200001"), None);
        assert_eq!(departement("4000001"), None);
    }
}
