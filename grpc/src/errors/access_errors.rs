//! Who was not let in, and why, as failures.

use super::{Failure, Reason};
use crate::door::REASON_HEADER;
use access::{Refused, Tenant, limits};
use domain::ids::Source;
use domain::text::Text;
use std::fmt::Display;

/// Anything that the door refuses.
#[must_use]
pub fn refused(why: &Refused) -> Failure {
    match why {
        Refused::NoCredential => Failure::new(
            Reason::Unauthenticated,
            Text::new(
                "send `authorization: Bearer KEY`: `registre key create` makes a key",
                "Joignez votre clé : en-tête « authorization: Bearer CLÉ ». Votre administrateur \
                 la crée avec « registre key create ».",
            ),
        ),
        Refused::BadCredential => Failure::new(
            Reason::Unauthenticated,
            Text::new(
                "the credential opens nothing: is it whole, and of this server?",
                "Cette clé ou ce jeton n'ouvre rien : vérifiez qu'il est complet et destiné à ce \
                 registre.",
            ),
        ),
        Refused::Expired => Failure::new(
            Reason::CredentialExpired,
            Text::new(
                "the credential is revoked or has expired: ask for a new one",
                "Cette clé ou ce jeton est révoqué ou expiré : demandez-en un nouveau.",
            ),
        ),
        Refused::TooManyFailures(wait) => Failure::new(
            Reason::TooManyFailures,
            Text::new(
                "too many refused credentials came from this address: wait",
                "Trop de clés refusées sont venues de cette adresse : patientez.",
            ),
        )
        .after(*wait),
        Refused::TooManyCalls(wait) => Failure::new(
            Reason::TooManyCalls,
            Text::new(
                "this key or person calls too often: wait",
                "Cette clé ou cette personne appelle trop souvent : patientez.",
            ),
        )
        .after(*wait),
        Refused::Denied(role) => denied(Text::new(
            format!("role {role} may not make this call"),
            format!("Le rôle {role} ne permet pas cette demande."),
        )),
        Refused::NoRights => denied(Text::new(
            "nobody gave you a role in this ledger: `registre grant give` does",
            "Aucun rôle ne vous est attribué dans ce registre : demandez-le à son administrateur.",
        )),
        Refused::Provider => Failure::new(
            Reason::Unavailable,
            Text::new(
                "the identity provider does not answer: try again",
                "Le service d'identité ne répond pas : réessayez dans un instant.",
            ),
        ),
        Refused::NoReason => reason_needed(Text::new(
            format!("this role must say why it reads of somebody: header {REASON_HEADER}"),
            format!(
                "Indiquez le motif de cette consultation : en-tête {REASON_HEADER}, ou option --reason au terminal."
            ),
        )),
        Refused::BadReason => {
            let most = limits::REASON_BYTES;
            reason_needed(Text::new(
                format!(
                    "{REASON_HEADER} is percent-encoded UTF-8 of at most {most} bytes, on one line"
                ),
                format!(
                    "Le motif ({REASON_HEADER}) est un texte UTF-8 de {most} octets au plus, sur une ligne."
                ),
            ))
        }
    }
}

/// What a role may not do, whatever exists.
fn denied(text: Text) -> Failure {
    Failure::new(Reason::PermissionDenied, text)
}

/// A push under a name that is not the sender's.
pub(crate) fn source_not_bound(source: &Source) -> Failure {
    Failure::new(
        Reason::SourceNotBound,
        Text::new(
            "this key does not push under that source",
            "Cette clé ne permet pas d'envoyer sous ce nom de source.",
        ),
    )
    .with("source", source.as_str())
}

/// What only somebody without bounds may read: the log is not narrowed.
pub(crate) fn whole_log(tenant: &Tenant) -> Result<(), Failure> {
    if *tenant.scope() == access::Scope::Everything {
        return Ok(());
    }
    Err(denied(Text::new(
        "the log is read whole: only a scope of everything allows it",
        "Le journal se lit en entier : votre périmètre ne le permet pas.",
    )))
}

/// A read that could not be recorded is not answered.
pub(crate) fn not_recorded(error: &dyn Display) -> Failure {
    tracing::error!(%error, "a read cannot be recorded: it is refused");
    Failure::new(
        Reason::NotRecorded,
        Text::new(
            "the read cannot be recorded now, so it is refused",
            "Cette consultation ne peut pas être tracée pour le moment ; elle est refusée.",
        ),
    )
}

fn reason_needed(text: Text) -> Failure {
    Failure::new(Reason::ReasonNeeded, text).with("field", REASON_HEADER)
}
