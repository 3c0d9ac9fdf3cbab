//! Refusals of contracts whose workflow runs here, as failures.

use super::{Failure, Reason};
use domain::contract::ContractError;
use domain::text::Text;
use ledger::LedgerError;
use ledger::limits::CONTRACT_DOCUMENT_BYTES_MAX;
use ledger::signatures::SignatureError;

/// An act that the contract refuses.
pub(super) fn contract(error: &ContractError) -> Failure {
    let failure = |reason| Failure::new(reason, error.text());
    match error {
        ContractError::NoContract => failure(Reason::NotFound),
        ContractError::Drafted | ContractError::AttachedAlready | ContractError::OtherInvoice => {
            failure(Reason::AlreadySo)
        }
        ContractError::Phase { phase, .. } => {
            failure(Reason::NotAllowed).with("phase", format!("{phase:?}"))
        }
        ContractError::Life { life, .. } => failure(Reason::NotAllowed).with("life", *life),
        ContractError::Fields(_) => Failure::field("fields", error.text()),
        ContractError::Incomplete(missing) => {
            failure(Reason::FormIncomplete).with("missing", missing.join(","))
        }
        ContractError::Law(rules) => failure(Reason::LawRefuses).with("rules", rules.join(",")),
        ContractError::Unrepresented => {
            failure(Reason::LawRefuses).with("rules", domain::law::GUARDIAN_NEEDED)
        }
        ContractError::Missing(_) => Failure::field("text", error.text()),
        ContractError::Signers(_)
        | ContractError::SameSigner(..)
        | ContractError::NotAParty(_)
        | ContractError::OtherSigner(_)
        | ContractError::OtherDocument => failure(Reason::SignatureRefused),
        ContractError::SignedAlready(_) | ContractError::Replayed => failure(Reason::AlreadySo),
        ContractError::OtherKind
        | ContractError::Initiator(_)
        | ContractError::Begun
        | ContractError::NotOver
        | ContractError::Ended(_)
        | ContractError::NotBegun(_)
        | ContractError::NothingGiven
        | ContractError::NoAnswer
        | ContractError::AmendedSince
        | ContractError::ReplacedSince
        | ContractError::Silent { .. }
        | ContractError::NoCeiling => failure(Reason::NotAllowed),
        ContractError::TooEarly { .. } => Failure::field("on", error.text()),
        ContractError::WhichRound(_) | ContractError::NoRound(_) => {
            Failure::field("round", error.text())
        }
        ContractError::InvoicedDays => Failure::field("last_on", error.text()),
        ContractError::InvoicedBefore(_) => Failure::field("first_on", error.text()),
        ContractError::CalendarElsewhere => Failure::field("calendar", error.text()),
    }
}

/// Evidence that shows nothing.
pub(super) fn signature(error: &SignatureError) -> Failure {
    let fr = match error {
        SignatureError::TooLong => "La preuve de signature est trop longue.",
        SignatureError::Provider => "Aucun prestataire de ce nom n'est admis ici.",
        SignatureError::Form(..) => "La preuve de signature n'a pas la forme attendue.",
        SignatureError::OtherText => {
            "Un autre texte a été signé : d'un autre contrat, d'une autre demande, d'un autre document ou d'une autre \
             partie."
        }
        SignatureError::OtherParty(party) => {
            return refused(
                error,
                format!(
                    "Cette clé n'est pas celle de la partie à qui la signature est demandée ({}) : signez avec \
                     celle qui a été faite pour elle.",
                    party.fr()
                ),
            )
            .with("party", party.name());
        }
        SignatureError::Field(field, _) => {
            return Failure::field(
                *field,
                Text::new(
                    error.to_string(),
                    format!("Le champ {field} n'a pas la forme attendue."),
                ),
            );
        }
        SignatureError::Differs(field) => {
            return refused(
                error,
                format!("Ce n'est pas ce qui est demandé maintenant : le champ {field} diffère."),
            )
            .with("field", *field);
        }
        SignatureError::Certificate(_) => {
            "Le certificat n'est pas d'une autorité admise ici, ou n'est pas valable pour signer à cette date."
        }
        SignatureError::Wrong => "La signature est fausse.",
    };
    refused(error, fr)
}

fn refused(error: &SignatureError, fr: impl Into<String>) -> Failure {
    Failure::new(Reason::SignatureRefused, Text::new(error.to_string(), fr))
}

/// Somebody acted since.
pub(super) fn changed(error: &LedgerError) -> Failure {
    Failure::new(
        Reason::VersionConflict,
        Text::new(
            error.to_string(),
            "Quelqu'un d'autre a agi sur ce contrat depuis : relisez-le, puis recommencez.",
        ),
    )
}

/// The enrolment that was named.
pub(super) fn enrolment_gone() -> Failure {
    Failure::field(
        "enrolment",
        Text::new("there is no such enrolment", "Cette inscription n'existe pas dans le registre."),
    )
}

/// The documents of a contract are too many bytes.
pub(super) fn too_many_documents(error: &LedgerError) -> Failure {
    Failure::field(
        "content",
        Text::new(
            error.to_string(),
            format!(
                "Les pièces d'un contrat comptent {} Mio au plus.",
                CONTRACT_DOCUMENT_BYTES_MAX >> 20
            ),
        ),
    )
}
