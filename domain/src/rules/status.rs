//! The five statuses and their names.

use super::names::{UnknownName, short};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A learner's status on a day. PRE_INSCRIT, which the national dashboard
/// declares and never produces, is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// In training, no contract yet.
    Inscrit,
    /// Under contract.
    Apprenti,
    /// Had a contract, has none.
    Rupturant,
    /// Out, or without a contract for too long.
    Abandon,
    /// The training is over.
    FinDeFormation,
}

impl Status {
    /// Every status, in the order of a training that goes well, then badly, then ends.
    pub const ALL: [Self; 5] =
        [Self::Inscrit, Self::Apprenti, Self::Rupturant, Self::Abandon, Self::FinDeFormation];

    /// The name in files and answers: `INSCRIT`, `APPRENTI`, `RUPTURANT`,
    /// `ABANDON`, `FIN_DE_FORMATION`; the same as in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inscrit => "INSCRIT",
            Self::Apprenti => "APPRENTI",
            Self::Rupturant => "RUPTURANT",
            Self::Abandon => "ABANDON",
            Self::FinDeFormation => "FIN_DE_FORMATION",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Status {
    type Err = UnknownName;

    /// Reads exactly what `Display` writes.
    ///
    /// # Errors
    /// [`UnknownName::Status`] for any other text.
    fn from_str(text: &str) -> Result<Self, UnknownName> {
        Self::ALL
            .into_iter()
            .find(|status| status.name() == text)
            .ok_or_else(|| UnknownName::Status { given: short(text) })
    }
}
