//! What "within scope" means: of whom somebody speaks, and under which names.

use crate::role::ScopeKind;
use domain::identifiers::{Siret, Uai};
use domain::ids::Source;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;

/// An establishment, by its two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Establishment {
    /// In the directory of national education.
    pub uai: Uai,
    /// In the Sirene directory.
    pub siret: Siret,
}

/// Of whom somebody may speak. Territories are those of the CFA that trains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Scope {
    /// Everybody.
    Everything,
    /// Nobody.
    Nothing,
    /// The learners of some establishments: a CFA's, or a network's.
    Establishments(BTreeSet<Establishment>),
    /// Whose contracts name one of these establishments as their employer.
    Employer(BTreeSet<Siret>),
    /// Whose contracts were sent to a skills operator, by its name in [`domain::contract::body::OPCOS`].
    Opco(String),
    /// Those of the CFAs of a région, by its INSEE code.
    Region(String),
    /// Of a département, by its code.
    Departement(String),
    /// Of an académie, by its code.
    Academie(String),
}

impl Scope {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ScopeKind {
        match self {
            Self::Everything => ScopeKind::Everything,
            Self::Nothing => ScopeKind::Nothing,
            Self::Establishments(_) => ScopeKind::Establishments,
            Self::Employer(_) => ScopeKind::Employer,
            Self::Opco(_) => ScopeKind::Opco,
            Self::Region(_) => ScopeKind::Region,
            Self::Departement(_) => ScopeKind::Departement,
            Self::Academie(_) => ScopeKind::Academie,
        }
    }

    /// Whether everybody of whom another speaks is among those of whom this one does, as far as the two
    /// say it themselves.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Establishments(own), Self::Establishments(others)) => others.is_subset(own),
            (Self::Employer(own), Self::Employer(others)) => others.is_subset(own),
            (own, other) => own == other,
        }
    }

    /// Whether an establishment that trains is named in it, by both its numbers. A territory names none:
    /// nobody writes for a territory. Nor does an employer: it has contracts, and no learners.
    #[must_use]
    pub fn names(&self, uai: Uai, siret: Siret) -> bool {
        match self {
            Self::Everything => true,
            Self::Establishments(named) => named.contains(&Establishment { uai, siret }),
            Self::Nothing
            | Self::Employer(_)
            | Self::Opco(_)
            | Self::Region(_)
            | Self::Departement(_)
            | Self::Academie(_) => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everything => f.write_str("everything"),
            Self::Nothing => f.write_str("nothing"),
            Self::Establishments(named) => {
                let uais: Vec<String> = named.iter().map(|one| one.uai.to_string()).collect();
                f.write_str(&uais.join(" "))
            }
            Self::Employer(sirets) => {
                let sirets: Vec<&str> = sirets.iter().map(Siret::as_str).collect();
                write!(f, "employer {}", sirets.join(" "))
            }
            Self::Opco(name) => write!(f, "opco {name}"),
            Self::Region(code) => write!(f, "région {code}"),
            Self::Departement(code) => write!(f, "département {code}"),
            Self::Academie(code) => write!(f, "académie {code}"),
        }
    }
}

/// Under which names somebody may push.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sources {
    /// Any.
    Any,
    /// These; none when it is empty.
    Only(BTreeSet<Source>),
}

impl Sources {
    /// Whether a name is among them.
    #[must_use]
    pub fn has(&self, source: &Source) -> bool {
        match self {
            Self::Any => true,
            Self::Only(names) => names.contains(source),
        }
    }
}

impl Default for Sources {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}
