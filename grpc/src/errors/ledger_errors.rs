//! Refusals of the ledger as failures. What says how the server is made goes
//! to its log only.

use super::{Failure, Reason, command, request_reused};
use domain::enrolment::CommandError;
use domain::text::Text;
use ledger::vault::VaultError;
use ledger::{AppendError, LedgerError};

/// Anything that the ledger refuses.
#[must_use]
pub fn ledger(error: &LedgerError) -> Failure {
    match error {
        LedgerError::Command(refused) => command(refused),
        LedgerError::Append(refused) => append(refused),
        LedgerError::Contended(_) => conflict(),
        LedgerError::Record(_) => too_large(),
        LedgerError::Vault(VaultError::Erased(_)) => command(&CommandError::Hidden),
        other => Failure::internal(other),
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
        AppendError::Busy => Failure::new(
            Reason::Overloaded,
            Text::new(
                "too much waits to be written: try again",
                "Le registre reçoit trop de demandes : réessayez dans un instant.",
            ),
        ),
        AppendError::TooLarge { .. } => too_large(),
        AppendError::NoSpace | AppendError::ReadOnly | AppendError::LogFull => {
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

fn conflict() -> Failure {
    Failure::new(
        Reason::VersionConflict,
        Text::new(
            "somebody else changed it at the same time: read it again, then repeat",
            "Une autre modification a eu lieu au même moment : relisez, puis recommencez.",
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
