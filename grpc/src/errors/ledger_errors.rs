//! Refusals of the ledger as failures. What says how the server is made goes
//! to its log only.

use super::contract_errors::{changed, contract, enrolment_gone, signature, too_many_documents};
use super::{Failure, Reason, command, erasure, request_reused};
use domain::enrolment::CommandError;
use domain::text::Text;
use ledger::disk::is_full;
use ledger::limits::ERASED_TOGETHER_MAX;
use ledger::notary::{BUNDLE_BYTES_MAX, NotaryError};
use ledger::tree::TreeError;
use ledger::vault::VaultError;
use ledger::{AppendError, LedgerError};
use std::fmt;

/// Anything that the ledger refuses.
#[must_use]
pub fn ledger(error: &LedgerError) -> Failure {
    match error {
        LedgerError::Command(refused) => command(refused),
        LedgerError::Erasure(refused) => erasure(refused),
        LedgerError::Contract(refused) => contract(refused),
        LedgerError::Signature(refused) => signature(refused),
        LedgerError::ContractChanged { .. } => changed(error),
        LedgerError::NoEnrolment => enrolment_gone(),
        LedgerError::TooManyDocuments => too_many_documents(error),
        LedgerError::Append(refused) => append(refused),
        LedgerError::TooManyPersons(_) => too_many_persons(error),
        LedgerError::Contended(_) => conflict(),
        LedgerError::Record(_) => too_large(),
        LedgerError::Vault(refused) => vault(refused),
        LedgerError::Io(error) if is_full(error) => no_space(error),
        other => Failure::internal(other),
    }
}

/// Whatever keeps the log from signing.
#[must_use]
pub fn notary(error: &NotaryError) -> Failure {
    match error {
        NotaryError::Io { source, .. } if is_full(source) => no_space(error),
        NotaryError::Tree(TreeError::Read(error)) => Failure::internal(error),
        NotaryError::TooLarge(_) => Failure::new(
            Reason::NotAllowed,
            Text::new(
                format!(
                    "the history is too large for a bundle, which has at most {} MiB: read its events instead",
                    BUNDLE_BYTES_MAX >> 20
                ),
                format!(
                    "L'historique est trop volumineux pour un dossier de preuve, qui compte au plus {} Mio : \
                     consultez plutôt ses événements.",
                    BUNDLE_BYTES_MAX >> 20
                ),
            ),
        ),
        _ => {
            tracing::error!(%error, "nothing can be signed or proven");
            Failure::new(
                Reason::NotSigned,
                Text::new(
                    "the log could not sign: what was written stays written; ask again later",
                    "Le registre n'a pas pu signer : ce qui est écrit le reste ; redemandez plus tard.",
                ),
            )
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        ledger(&error)
    }
}

fn append(error: &AppendError) -> Failure {
    match error {
        AppendError::Conflict { .. } => conflict(),
        AppendError::OtherContent { known, sent, .. } => request_reused(*known, *sent),
        AppendError::Busy => overloaded(),
        AppendError::TooLarge { .. } => too_large(),
        AppendError::NoSpace => no_space(error),
        AppendError::ReadOnly | AppendError::LogFull => cannot_write(error),
        AppendError::Unknown | AppendError::Closed => {
            tracing::error!(%error, "the outcome of a write is unknown");
            Failure::new(
                Reason::Unavailable,
                Text::new(
                    "whether it was written is not known: send the same request again",
                    "Le registre ne sait pas si la demande est enregistrée : renvoyez-la telle \
                     quelle, rien ne sera doublé.",
                ),
            )
        }
        AppendError::Read(_) => Failure::internal(error),
    }
}

/// A new key comes before the first event of a person: a full disk is met there first.
fn vault(error: &VaultError) -> Failure {
    match error {
        VaultError::Erased(_) => command(&CommandError::Hidden),
        VaultError::Busy => overloaded(),
        VaultError::NoSpace => no_space(error),
        VaultError::Io(source) if is_full(source) => no_space(error),
        VaultError::ReadOnly => cannot_write(error),
        other => Failure::internal(other),
    }
}

fn overloaded() -> Failure {
    Failure::new(
        Reason::Overloaded,
        Text::new(
            "too much waits to be written: try again",
            "Le registre reçoit trop de demandes : réessayez dans un instant.",
        ),
    )
}

/// What went wrong goes to the log only.
fn cannot_write(error: &dyn fmt::Display) -> Failure {
    tracing::error!(%error, "the ledger cannot write");
    Failure::new(
        Reason::ReadOnly,
        Text::new(
            "the ledger cannot write now; reading goes on",
            "Le registre ne peut rien enregistrer pour le moment ; la consultation reste \
             possible.",
        ),
    )
}

/// Unlike [`cannot_write`] it ends without a restart.
fn no_space(error: &dyn fmt::Display) -> Failure {
    tracing::error!(%error, "the disk is full");
    Failure::new(
        Reason::NoSpace,
        Text::new(
            "the ledger has no room to write; reading goes on: send the same request again once \
             there is room",
            "Le registre n'a plus de place pour enregistrer ; la consultation reste possible. \
             Renvoyez la même demande quand il y aura de la place.",
        ),
    )
}

fn conflict() -> Failure {
    Failure::new(
        Reason::VersionConflict,
        Text::new(
            "somebody else changed it at the same time: read it again, then repeat",
            "Une autre modification a eu lieu au même moment : relisez, puis recommencez.",
        ),
    )
}

fn too_many_persons(error: &LedgerError) -> Failure {
    Failure::new(
        Reason::NotAllowed,
        Text::new(
            format!("{error}: ask for them in several"),
            format!(
                "Un effacement porte sur {ERASED_TOGETHER_MAX} personnes au plus : faites-en plusieurs demandes."
            ),
        ),
    )
}

fn too_large() -> Failure {
    Failure::field(
        "request",
        Text::new(
            "a value of the request is too long to be recorded",
            "Une valeur de la demande est trop longue pour être enregistrée.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::SubjectId;
    use std::io;

    #[test]
    fn the_key_store_and_the_journal_refuse_for_the_same_reasons() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        for (error, reason) in [
            (VaultError::Busy, Reason::Overloaded),
            (VaultError::NoSpace, Reason::NoSpace),
            (VaultError::ReadOnly, Reason::ReadOnly),
            (full().into(), Reason::NoSpace),
            (io::Error::other("bad sector").into(), Reason::Internal),
            (VaultError::Erased(SubjectId([1; 16])), Reason::SealedValueGone),
            (VaultError::Unsealed, Reason::Internal),
        ] {
            assert_eq!(ledger(&LedgerError::Vault(error)).reason(), reason);
        }
        assert_eq!(notary(&ledger::notary::TooLarge.into()).reason(), Reason::NotAllowed);
        assert_eq!(ledger(&LedgerError::TooManyPersons(5_001)).reason(), Reason::NotAllowed);
        assert_eq!(ledger(&LedgerError::Io(full())).reason(), Reason::NoSpace);
        assert_eq!(ledger(&AppendError::Busy.into()).reason(), Reason::Overloaded);
        assert_eq!(ledger(&AppendError::NoSpace.into()).reason(), Reason::NoSpace);
    }
}
