//! Identifiers of French education and companies, each checked at the door.

use serde::{Deserialize, Serialize};

/// Why a text is not the identifier that it claims to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}")]
pub struct IdentifierError {
    /// A stable name of the rule, `UPPER_SNAKE`.
    pub rule: &'static str,
    /// What is wrong, without the value.
    pub text: crate::text::Text,
}

macro_rules! placeholder {
    ($($name:ident)*) => { $(
        /// Placeholder of the skeleton.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(String);
        impl $name {
            /// Checks the text.
            ///
            /// # Errors
            /// When the text breaks a rule.
            pub fn parse(text: &str) -> Result<Self, IdentifierError> { Ok(Self(text.to_owned())) }
            /// The normalised text.
            #[must_use]
            pub fn as_str(&self) -> &str { &self.0 }
        }
    )* };
}
placeholder!(Ine Siret Uai Rncp Cfd InseeCommune SchoolYear Postcode Phone Email);
