//! The refusal of a name that is neither a status nor a rule set.

use crate::text::Text;
use thiserror::Error;

/// How many characters of a refused name are repeated in the error.
const SHOWN: usize = 40;

/// A text that names no status or no rule set.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnknownName {
    /// Not one of [`super::Status::ALL`].
    #[error(
        "no status is called {given:?}; expected INSCRIT, APPRENTI, RUPTURANT, ABANDON or \
         FIN_DE_FORMATION"
    )]
    Status {
        /// What was given, cut after 40 characters.
        given: String,
    },
    /// Not one of [`super::RuleSet::ALL`].
    #[error("no rule set is called {given:?}; expected R1, R2 or R3")]
    RuleSet {
        /// What was given, cut after 40 characters.
        given: String,
    },
}

impl UnknownName {
    /// The refusal in the two languages of the house.
    #[must_use]
    pub fn text(&self) -> Text {
        let french = match self {
            Self::Status { given } => format!(
                "Aucun statut ne s'appelle « {given} » : indiquez INSCRIT, APPRENTI, RUPTURANT, \
                 ABANDON ou FIN_DE_FORMATION."
            ),
            Self::RuleSet { given } => {
                format!("Aucun jeu de règles ne s'appelle « {given} » : indiquez R1, R2 ou R3.")
            }
        };
        Text::new(self.to_string(), french)
    }
}

/// The beginning of a refused text, so that an error never carries a whole file.
pub(super) fn short(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
