//! Refusals of the domain as failures.

use super::{Failure, Reason};
use domain::dossier::{holds_nir, id_holds_nir};
use domain::enrolment::CommandError;
use domain::erasure::ErasureError;
use domain::persons::LinkError;
use domain::text::Text;

/// A command that the enrolment refuses.
#[must_use]
pub fn command(error: &CommandError) -> Failure {
    let failure = |reason| Failure::new(reason, error.text());
    match error {
        CommandError::NotFound => failure(Reason::NotFound),
        CommandError::NoSuchContract(contract) => {
            failure(Reason::NotFound).with("contract", contract.to_string())
        }
        CommandError::AlreadyBroken(event) | CommandError::AlreadyExcluded(event) => {
            failure(Reason::AlreadySo).with("event", event.to_string())
        }
        CommandError::NoSuchEvent(event) => {
            failure(Reason::NotFound).with("event", event.to_string())
        }
        CommandError::Superseded { event, by } => failure(Reason::EventSuperseded)
            .with("event", event.to_string())
            .with("superseded_by", by.to_string()),
        CommandError::OtherType { expected, found } => {
            failure(Reason::NotAllowed).with("expected", *expected).with("found", *found)
        }
        CommandError::FirstEvent => failure(Reason::NotAllowed),
        CommandError::Hidden => failure(Reason::SealedValueGone),
        CommandError::EndAfterTerm(term) => {
            failure(Reason::NotAllowed).with("term", term.to_string())
        }
        CommandError::Date(text) => Failure::field("date", text.clone()),
    }
}

/// A link between persons that is refused.
#[must_use]
pub fn link(error: &LinkError) -> Failure {
    match error {
        LinkError::Same => Failure::field("other_enrolment", error.text()),
        LinkError::FirstOfJanuary => Failure::field("basis", error.text()),
        LinkError::Already => Failure::new(Reason::AlreadySo, error.text()),
    }
}

/// A step of an erasure that is refused.
#[must_use]
pub fn erasure(error: &ErasureError) -> Failure {
    let failure = |reason| Failure::new(reason, error.text());
    match error {
        ErasureError::Nobody => failure(Reason::NotFound),
        ErasureError::InTheFuture => Failure::field("received_on", error.text()),
        ErasureError::Basis { .. } => Failure::field("basis", error.text()),
        ErasureError::NotRequested => failure(Reason::NotFound),
        ErasureError::Decided => failure(Reason::AlreadySo),
        ErasureError::NotDecided => failure(Reason::ErasureNotDecided),
        ErasureError::Refused => failure(Reason::ErasureRefused),
    }
}

/// Nothing that somebody writes may hold a NIR, which is never stored.
///
/// # Errors
/// A field failure that names `field`, and does not quote the text.
pub fn without_nir(field: impl Into<String>, text: &str) -> Result<(), Failure> {
    refuse_nir(field, holds_nir(text))
}

/// The same of an id or a pseudonym, which may be any number.
///
/// # Errors
/// As [`without_nir`].
pub fn id_without_nir(field: impl Into<String>, id: &str) -> Result<(), Failure> {
    refuse_nir(field, id_holds_nir(id, None))
}

fn refuse_nir(field: impl Into<String>, found: bool) -> Result<(), Failure> {
    if !found {
        return Ok(());
    }
    Err(Failure::field(
        field,
        Text::new(
            "the text holds what looks like a social security number, which is never stored; \
             take the number out",
            "Ce texte contient ce qui ressemble à un numéro de sécurité sociale, qui n'est jamais \
             conservé : retirez ce numéro.",
        ),
    ))
}

/// A request id that was used with another body.
#[must_use]
pub fn request_reused(known: [u8; 16], sent: [u8; 16]) -> Failure {
    let hex = |digest: [u8; 16]| format!("{:032x}", u128::from_be_bytes(digest));
    Failure::new(
        Reason::RequestIdReused,
        Text::new(
            "request_id was used before for another request: choose a new one",
            "L'identifiant de la demande a déjà servi pour une autre demande : choisissez-en un \
             nouveau.",
        ),
    )
    .with("known_digest", hex(known))
    .with("sent_digest", hex(sent))
}
