//! Who there is, by what they do.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What somebody does. Facts 3.2, and the roles of the issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// A CFA's software: pushes, and acts in the name of the CFA.
    #[serde(rename = "cfa.depot")]
    CfaDeposit,
    /// A CFA's people: read what is theirs.
    #[serde(rename = "cfa.lecture")]
    CfaReading,
    /// The head of a network of CFAs.
    #[serde(rename = "reseau")]
    Network,
    /// An employer, who writes the contracts of its apprentices.
    #[serde(rename = "employeur")]
    Employer,
    /// A skills operator, with which private employers and establishments of industrial and commercial kind deposit
    /// theirs.
    #[serde(rename = "opco")]
    Opco,
    /// The labour administration of a région.
    #[serde(rename = "dreets")]
    Dreets,
    /// The labour administration of a département.
    #[serde(rename = "ddets")]
    Ddets,
    /// An académie.
    #[serde(rename = "academie")]
    Academie,
    /// Who checks: histories with a reason, and the whole log.
    #[serde(rename = "auditeur")]
    Auditor,
    /// Who publishes figures: nobody's dossier.
    #[serde(rename = "statistique")]
    Statistics,
    /// The data protection officer.
    #[serde(rename = "dpo")]
    Dpo,
    /// Who runs the server: nobody's dossier, but the log as it is stored.
    #[serde(rename = "exploitation")]
    Operator,
    /// Whoever may read the data folder, at the server's own console. Its key is a file of that
    /// folder, beside the keys of the vault: it opens no more than they do.
    #[serde(rename = "local")]
    Local,
}

/// What kind of scope a role is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScopeKind {
    /// Some establishments.
    Establishments,
    /// Some establishments of an employer.
    Employer,
    /// One skills operator.
    Opco,
    /// A région.
    Region,
    /// A département.
    Departement,
    /// An académie.
    Academie,
    /// Everything.
    Everything,
    /// Nothing.
    Nothing,
}

impl Role {
    /// Every role, in the order of the matrix.
    pub const ALL: [Self; 13] = [
        Self::CfaDeposit,
        Self::CfaReading,
        Self::Network,
        Self::Employer,
        Self::Opco,
        Self::Dreets,
        Self::Ddets,
        Self::Academie,
        Self::Auditor,
        Self::Statistics,
        Self::Dpo,
        Self::Operator,
        Self::Local,
    ];

    /// Its name, as files and options write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CfaDeposit => "cfa.depot",
            Self::CfaReading => "cfa.lecture",
            Self::Network => "reseau",
            Self::Employer => "employeur",
            Self::Opco => "opco",
            Self::Dreets => "dreets",
            Self::Ddets => "ddets",
            Self::Academie => "academie",
            Self::Auditor => "auditeur",
            Self::Statistics => "statistique",
            Self::Dpo => "dpo",
            Self::Operator => "exploitation",
            Self::Local => "local",
        }
    }

    /// The kinds of scope that it may be given.
    #[must_use]
    pub const fn scopes(self) -> &'static [ScopeKind] {
        match self {
            Self::CfaDeposit | Self::CfaReading | Self::Network => &[ScopeKind::Establishments],
            Self::Employer => &[ScopeKind::Employer],
            Self::Opco => &[ScopeKind::Opco],
            Self::Dreets => &[ScopeKind::Region],
            Self::Ddets => &[ScopeKind::Departement],
            Self::Academie => &[ScopeKind::Academie],
            Self::Auditor => &[
                ScopeKind::Everything,
                ScopeKind::Region,
                ScopeKind::Departement,
                ScopeKind::Academie,
                ScopeKind::Establishments,
            ],
            Self::Statistics | Self::Dpo | Self::Local => &[ScopeKind::Everything],
            Self::Operator => &[ScopeKind::Nothing],
        }
    }

    /// Whether it sees, of the dossiers in its scope, only those of learners without a contract:
    /// enrolled, in rupture or gone (facts 1, section 5).
    #[must_use]
    pub const fn sees_only_without_contract(self) -> bool {
        matches!(self, Self::Dreets | Self::Ddets | Self::Academie)
    }

    /// Whether it must say why when it reads of somebody. A CFA and its network read of their own
    /// learners, an employer of its apprentices; whoever is at the console has the folder.
    #[must_use]
    pub const fn gives_reasons(self) -> bool {
        match self {
            Self::Opco
            | Self::Dreets
            | Self::Ddets
            | Self::Academie
            | Self::Auditor
            | Self::Statistics
            | Self::Dpo
            | Self::Operator => true,
            Self::CfaDeposit | Self::CfaReading | Self::Network | Self::Employer | Self::Local => {
                false
            }
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no role: one of {names}", names = Role::ALL.map(Role::name).join(", "))]
pub struct RoleError(String);

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|role| role.name() == text);
        found.ok_or_else(|| RoleError(text.chars().take(32).collect()))
    }
}
