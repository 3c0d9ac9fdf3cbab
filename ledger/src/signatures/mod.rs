//! Signatures of the parties of a contract, verified before they are events.
//!
//! A provider takes what a party sends and says what it shows: who signed which document for whom. The contract then
//! compares that with what was asked for (`domain::contract`). Two are built in; an external one (a trust service) stands
//! behind the same trait.
//!
//! | module | holds |
//! |---|---|
//! | [`SignatureProvider`], [`Providers`] | what verifies evidence; those that are trusted |
//! | [`Ed25519`] | built in: a C2SP signed note over the statement, by a key that nobody vouches for |
//! | [`X509`] | built in: a detached signature over the statement, by the key of a certificate that a trusted authority issued |
//! | [`External`] | a trust service, by messages that it signs (Standard Webhooks) |

mod der;
mod ed25519;
pub mod external;
mod x509;

pub use ed25519::{Ed25519, identity, sign};
pub use external::External;
pub use x509::{Authority, NAME as X509_NAME, X509};

use domain::contract::Sha256;
use domain::contract::signing::{Evidence, Party, statement};
use domain::ids::{ContractId, Instant};
use prost::Message;
use std::fmt;
use std::sync::Arc;

/// The most bytes of evidence that are taken; a qualified signature with its certificates and its proof file fits.
pub const EVIDENCE_BYTES_MAX: usize = 256 * 1024;

/// What a party was asked to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    /// Which contract.
    pub contract: ContractId,
    /// 0 is the contract, 1 its first amendment.
    pub round: u16,
    /// Which time the parties of the contract are asked, from 1.
    pub request: u16,
    /// SHA-256 of the document.
    pub document: Sha256,
    /// For which party.
    pub party: Party,
}

/// Why evidence shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// More than [`EVIDENCE_BYTES_MAX`].
    #[error("the evidence has more than {EVIDENCE_BYTES_MAX} bytes")]
    TooLong,
    /// No provider of that name is trusted here.
    #[error("no provider of that name is trusted here")]
    Provider,
    /// Not what this provider takes.
    #[error("the evidence is not what {0} takes: {1}")]
    Form(&'static str, String),
    /// Another text was signed: of another contract, round, document or party.
    #[error("another text was signed: of another contract, round, document or party")]
    OtherText,
    /// The key that signed is named as somebody else than the party that was asked to sign.
    #[error("the key is not named as the party that is asked to sign: {}", .0.name())]
    OtherParty(Party),
    /// No authority that is trusted here issued the certificate, or not for signing, or not at that time.
    #[error("the certificate is not one that is trusted here: {0}")]
    Certificate(String),
    /// What a provider says has a field of another form.
    #[error("{0} is {1}")]
    Field(&'static str, &'static str),
    /// It is about something else than is asked for now.
    #[error("it is of another {0} than is asked for now")]
    Differs(&'static str),
    /// The signature is wrong.
    #[error("the signature is not right")]
    Wrong,
}

/// Verifies evidence of one kind.
pub trait SignatureProvider: Send + Sync {
    /// What signers name it by; stable.
    fn name(&self) -> &str;

    /// Whether its evidence says something of a person, and is sealed.
    fn says_who(&self) -> bool {
        true
    }

    /// What evidence that came at an instant shows; it is no longer than it may be.
    ///
    /// # Errors
    /// As [`Self::verify`].
    fn examine(
        &self,
        asked: &Asked,
        evidence: &[u8],
        at: Instant,
    ) -> Result<Evidence, SignatureError>;

    /// What evidence that came at an instant shows.
    ///
    /// # Errors
    /// When it does not show that what was asked for was signed; see [`SignatureError`].
    fn verify(
        &self,
        asked: &Asked,
        evidence: &[u8],
        at: Instant,
    ) -> Result<Evidence, SignatureError> {
        if evidence.len() > EVIDENCE_BYTES_MAX {
            return Err(SignatureError::TooLong);
        }
        self.examine(asked, evidence, at)
    }
}

/// The providers that are trusted here, by their names.
#[derive(Clone, Default)]
pub struct Providers(Vec<Arc<dyn SignatureProvider>>);

impl fmt::Debug for Providers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|one| one.name())).finish()
    }
}

impl Providers {
    /// Those that are built in; certificates when authorities are trusted.
    #[must_use]
    pub fn built_in(authorities: Vec<Authority>) -> Self {
        let mut all: Vec<Arc<dyn SignatureProvider>> = vec![Arc::new(Ed25519)];
        if !authorities.is_empty() {
            all.push(Arc::new(X509::new(authorities)));
        }
        Self(all)
    }

    /// These and external ones. No name is taken twice: the first counts.
    #[must_use]
    pub fn and(mut self, externals: impl IntoIterator<Item = External>) -> Self {
        self.0.extend(externals.into_iter().map(|one| Arc::new(one) as Arc<dyn SignatureProvider>));
        self
    }

    /// The one of a name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&dyn SignatureProvider> {
        self.0.iter().find(|one| one.name() == name).map(Arc::as_ref)
    }
}

/// The evidence that the body of an event holds; `None` when it has none, or it is sealed.
#[must_use]
pub fn evidence_in(body: &[u8]) -> Option<Vec<u8>> {
    let signed = proto::v1::PartySigned::decode(body).ok()?;
    Some(signed.evidence).filter(|evidence| !evidence.is_empty())
}

impl Asked {
    /// The text that is signed.
    #[must_use]
    pub fn text(&self) -> String {
        statement(self.contract, (self.round, self.request), &self.document, self.party)
    }
}
