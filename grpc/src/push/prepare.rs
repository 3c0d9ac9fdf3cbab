//! From a row of the wire to what can be compared with the ledger.

use super::outcome::{Outcome, RowIssue, RowReport};
use super::port::{Book, derived_request};
use crate::convert::dossier::to_raw_with_bytes;
use crate::errors::Reason;
use domain::calendar::paris_day;
use domain::dossier::{
    Declaration, Field, Issue, RawDossier, RawValue, check, id_holds_nir, legible,
};
use domain::enrolment::{Certification, LookupKey};
use domain::identifiers::{Cfd, Rncp};
use domain::ids::{RequestId, StreamKey};
use domain::runs::RunDeclaration;
use domain::text::Text;
use proto::v1::DossierRow;
use std::borrow::Cow;

/// A row that was checked.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Rank in the run.
    pub(super) row: u32,
    /// The request id, when it is usable.
    pub(super) request: RequestId,
    /// Canonical bytes.
    pub(super) bytes: Vec<u8>,
    /// Their keyed digest.
    pub(super) digest: [u8; 16],
    /// What it says, or why it cannot be used.
    pub(super) content: Content,
}

/// What a row comes to before it meets the ledger.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "the large one is nearly the only one")]
pub(super) enum Content {
    /// It is identified and dated.
    Good {
        /// What it says.
        declaration: Declaration,
        /// Its lookup key.
        lookup: LookupKey,
    },
    /// It is refused.
    Bad {
        /// Why.
        issues: Vec<Issue>,
        /// Whom it names all the same.
        lookup: Option<LookupKey>,
    },
    /// Its request id is no UUID.
    NoRequestId,
}

impl Prepared {
    /// The lookup key, when the row names a dossier.
    pub(super) const fn lookup(&self) -> Option<LookupKey> {
        match &self.content {
            Content::Good { lookup, .. } => Some(*lookup),
            Content::Bad { lookup, .. } => *lookup,
            Content::NoRequestId => None,
        }
    }

    /// The answer, before it is known what becomes of the row: it is refused.
    pub(super) fn report(&self, stream: Option<StreamKey>) -> RowReport {
        let declaration = match &self.content {
            Content::Good { declaration, .. } => Some(declaration),
            Content::Bad { .. } | Content::NoRequestId => None,
        };
        RowReport {
            row: self.row,
            request_id: self.request.to_string(),
            outcome: Outcome::Refused,
            stream,
            nameless: self.lookup().is_none(),
            lines: Vec::new(),
            warnings: declaration
                .map(|d| d.warnings.iter().cloned().map(RowIssue::from).collect())
                .unwrap_or_default(),
            errors: Vec::new(),
            stated: None,
            vanished: Vec::new(),
            digest: self.digest,
            trainer: declaration.map(|d| d.training.trainer.clone()),
        }
    }
}

/// Checks a row.
pub(super) fn prepare(
    book: &impl Book,
    run: &RunDeclaration,
    row: u32,
    sent: DossierRow,
) -> Prepared {
    let (raw, bytes) = to_raw_with_bytes(sent.dossier.unwrap_or_default());
    let digest = book.digest(&bytes);
    let derived = derived_request(run.id, &row.to_le_bytes());
    let given = match sent.request_id.as_str() {
        "" => Some(derived),
        text => text.parse().ok(),
    };
    let content = match given {
        None => Content::NoRequestId,
        Some(_) => read(book, run, &raw),
    };
    Prepared { row, request: given.unwrap_or(derived), bytes, digest, content }
}

/// Why a row without a usable request id is refused.
pub(super) fn request_id_issue() -> RowIssue {
    RowIssue {
        field: "request_id",
        rule: "REQUEST_ID_FORM",
        text: Text::new(
            "request_id is not a UUID",
            "L'identifiant de la demande doit être un UUID, ou être laissé vide.",
        ),
    }
}

/// Why a row is refused whose request id was used with another content.
pub(super) fn reused_issue(known: [u8; 16], sent: [u8; 16]) -> RowIssue {
    let (known, sent) = (hex(known), hex(sent));
    RowIssue {
        field: "request_id",
        rule: Reason::RequestIdReused.name(),
        text: Text::new(
            format!("request_id was used before with another row (digest {known}, now {sent})"),
            "L'identifiant de la demande a déjà servi pour un autre dossier : choisissez-en un \
             nouveau.",
        ),
    }
}

/// Hexadecimal, for people who compare digests.
pub(super) fn hex(digest: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(digest))
}

/// As [`hex`], of 32 bytes.
pub(super) fn hex32(digest: &[u8; 32]) -> String {
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(book: &impl Book, run: &RunDeclaration, raw: &RawDossier) -> Content {
    match check(raw, paris_day(run.extracted_at)) {
        Ok(declaration) => {
            let lookup = book.lookup(
                &run.source,
                &declaration.identity.id_erp,
                &declaration.training.certification,
            );
            Content::Good { declaration, lookup }
        }
        Err(issues) => Content::Bad { issues, lookup: named(book, run, raw) },
    }
}

/// Whom a refused row names: enough to know that the learner is still there.
fn named(book: &impl Book, run: &RunDeclaration, raw: &RawDossier) -> Option<LookupKey> {
    let id_erp = text(raw, Field::IdErpApprenant).filter(|id| !id.is_empty())?;
    if id_holds_nir(&id_erp, raw.get(Field::NirApprenant)) {
        return None;
    }
    let certification = Certification {
        cfd: text(raw, Field::FormationCfd).and_then(|t| Cfd::parse(&t).ok()),
        rncp: text(raw, Field::FormationRncp).and_then(|t| Rncp::parse(&t).ok()),
    };
    Some(book.lookup(&run.source, &id_erp, &certification))
}

fn text(raw: &RawDossier, field: Field) -> Option<Cow<'_, str>> {
    match raw.get(field)? {
        RawValue::Text(text) => Some(legible(text)),
        RawValue::Int(number) => Some(Cow::Owned(number.to_string())),
        RawValue::Bool(_) => None,
    }
}
