//! Identifiers of French education and companies, each checked at the door.
//!
//! A value of one of these types has passed its own check (length, characters,
//! key letter or Luhn) and is written in one way only; reading it back from
//! storage checks it again. That the thing it names exists is another question,
//! which only reference data can answer.
//!
//! Facts: keys shared by every system, section 0; data dictionary, section 1.2.

mod cfd;
mod code;
mod commune;
mod departement;
mod email;
mod ine;
pub mod nir;
mod phone;
mod postcode;
mod rncp;
pub mod rules;
mod school_year;
mod siret;
mod uai;

pub use cfd::Cfd;
pub use commune::InseeCommune;
pub use email::Email;
pub use ine::{Ine, IneForm};
pub use phone::Phone;
pub use postcode::Postcode;
pub use rncp::Rncp;
pub use school_year::SchoolYear;
pub use siret::Siret;
pub use uai::Uai;

use crate::text::{Rule, Text};

/// Why a text is not the identifier that it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {text}")]
pub struct IdentifierError {
    /// A stable name of the rule, `UPPER_SNAKE`; see [`rules`].
    pub rule: &'static str,
    /// What is wrong, without the value.
    pub text: Text,
}

impl From<Rule> for IdentifierError {
    fn from(rule: Rule) -> Self {
        Self { rule: rule.name, text: rule.text() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_checked_again_when_it_is_read_back() {
        let uai = Uai::parse("0010826T").unwrap();
        let stored = serde_json::to_string(&uai).unwrap();
        assert_eq!(stored, "\"0010826T\"");
        assert_eq!(serde_json::from_str::<Uai>(&stored).unwrap(), uai);
        assert!(serde_json::from_str::<Uai>("\"0010826A\"").is_err());
        assert!(serde_json::from_str::<Siret>("\"123\"").is_err());
        assert!(serde_json::from_str::<Email>("\"nobody\"").is_err());
    }

    #[test]
    fn every_rule_has_a_stable_name_and_two_texts() {
        for rule in rules::ALL {
            assert!(rule.name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{rule:?}");
            assert!(!rule.en.is_empty() && !rule.en.ends_with('.'), "{rule:?}");
            assert!(rule.fr.ends_with('.'), "{rule:?}");
        }
    }
}
