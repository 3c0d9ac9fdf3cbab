//! Parties, who signs for each, and what shows that they did.
//!
//! A signature is never a boolean. What is signed is a text that names the contract, the round, which time its parties
//! are asked, the document by its hash and the party, so that a signature is worth nothing anywhere else, and nothing
//! once the form was opened again.

use super::event::Sha256;
use crate::ids::ContractId;

/// A party of a contract. They sign at once, in no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// The employer.
    Employer,
    /// The apprentice.
    Apprentice,
    /// The legal representative of a minor.
    Guardian,
    /// The training centre, whose visa says that the apprentice is enrolled.
    Cfa,
}

impl Party {
    /// Every party.
    pub const ALL: [Self; 4] = [Self::Employer, Self::Apprentice, Self::Guardian, Self::Cfa];

    /// A stable name, lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Employer => "employer",
            Self::Apprentice => "apprentice",
            Self::Guardian => "guardian",
            Self::Cfa => "cfa",
        }
    }
}

/// How much a signature is worth (regulation (EU) 910/2014, eIDAS).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Made with a key that nobody vouches for: to show how it works.
    Demonstration,
    /// Simple (art. 3, 10).
    Simple,
    /// Advanced (art. 26).
    Advanced,
    /// Qualified (art. 3, 12): as a handwritten one (art. 25).
    Qualified,
}

/// Who is asked to sign for a party, and how it will be known to be them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signer {
    /// For which party.
    pub party: Party,
    /// Who verifies: `ed25519`, `x509`, or the name of an external provider.
    pub provider: String,
    /// SHA-256 of what the provider knows them by: a public key, a certificate, an account.
    pub identity: Sha256,
}

/// What shows that somebody signed, checked by its provider.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Evidence {
    /// Who verified it.
    pub provider: String,
    /// SHA-256 of what the provider knows the signer by.
    pub identity: Sha256,
    /// The document that was signed.
    pub document: Sha256,
    /// SHA-256 of the evidence itself: a signature, or what the provider sent.
    pub digest: Sha256,
    /// What it is worth.
    pub level: Level,
}

/// The text that a party signs. `request` is which time the parties of the contract are asked, from 1.
#[must_use]
pub fn statement(
    contract: ContractId,
    (round, request): (u16, u16),
    document: &Sha256,
    party: Party,
) -> String {
    let document: String = document.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "registre/signature/v1\ncontract {contract}\nround {round}\nrequest {request}\ndocument \
         sha256:{document}\nparty {}\n",
        party.name()
    )
}
