//! From a row of the wire to what can be compared with the ledger.

use super::outcome::{Outcome, RowIssue, RowReport};
use super::port::{Book, derived_request};
use super::registries::Shared;
use super::repeats::Repeat;
use crate::convert::dossier::to_raw_with_bytes;
use crate::errors::{Failure, Reason};
use domain::calendar::paris_day;
use domain::dossier::{
    Declaration, Field, Issue, RawDossier, RawValue, check, id_holds_nir, legible,
};
use domain::enrolment::{Certification, LookupKey};
use domain::identifiers::{Cfd, Rncp};
use domain::ids::{RequestId, StreamKey};
use domain::runs::RunDeclaration;
use domain::text::Text;
use prost::DecodeError;
use proto::v1::DossierRow;
use std::borrow::Cow;
use std::sync::Arc;

/// A row that was checked.
#[derive(Debug)]
pub(super) struct Prepared {
    /// Rank in the run.
    pub(super) row: u32,
    /// The request id, when it is usable.
    pub(super) request: RequestId,
    /// Canonical bytes; none of a row that was not read.
    pub(super) bytes: Vec<u8>,
    /// Keyed digest of the canonical bytes; of those that were sent, if they are no row.
    pub(super) digest: [u8; 16],
    /// What it says, or why it cannot be used.
    pub(super) content: Content,
}

/// What a row comes to before it meets the ledger.
#[derive(Debug)]
pub(super) enum Content {
    /// It is identified and dated.
    Good {
        /// What it says.
        declaration: Box<Declaration>,
        /// Its lookup key.
        lookup: LookupKey,
    },
    /// It says what it said before, when it was written or changed nothing.
    Same(Repeat),
    /// It is refused.
    Bad {
        /// Why.
        issues: Vec<Issue>,
        /// Whom it names all the same.
        lookup: Option<LookupKey>,
    },
    /// Nothing of it is used: its request id is no UUID, or its bytes are no row.
    Unusable(RowIssue),
}

impl Prepared {
    /// The lookup key, when the row names a dossier.
    pub(super) const fn lookup(&self) -> Option<LookupKey> {
        match &self.content {
            Content::Good { lookup, .. } => Some(*lookup),
            Content::Same(Repeat { lookup, .. }) => Some(*lookup),
            Content::Bad { lookup, .. } => *lookup,
            Content::Unusable(_) => None,
        }
    }

    /// The answer, before it is known what becomes of the row: it is refused.
    pub(super) fn report(&self, stream: Option<StreamKey>) -> RowReport {
        let (warnings, trainer) = match &self.content {
            Content::Good { declaration, .. } => {
                let trainer = Arc::new(declaration.training.trainer.clone());
                (declaration.warnings.as_slice(), Some(trainer))
            }
            Content::Same(same) => (Default::default(), Some(Arc::clone(&same.trainer))),
            Content::Bad { .. } | Content::Unusable(_) => Default::default(),
        };
        RowReport {
            row: self.row,
            request_id: self.request.to_string(),
            outcome: Outcome::Refused,
            stream,
            nameless: self.lookup().is_none(),
            lines: Vec::new(),
            warnings: warnings.iter().cloned().map(RowIssue::from).collect(),
            errors: Vec::new(),
            stated: None,
            vanished: Vec::new(),
            digest: self.digest,
            trainer,
        }
    }
}

/// Checks a row. `before` are the rows of the night before, when this run may be compared with them.
///
/// # Errors
/// When the ledger cannot be read.
pub(super) fn prepare(
    book: &impl Book,
    run: &RunDeclaration,
    row: u32,
    sent: &DossierRow,
    before: Option<&Shared>,
) -> Result<Prepared, Failure> {
    let derived = derived_request(run.id, &row.to_le_bytes());
    let given = match sent.request_id.as_str() {
        "" => Some(derived),
        text => text.parse().ok(),
    };
    let request = given.unwrap_or(derived);
    let prepared = |bytes, digest, content| Prepared { row, request, bytes, digest, content };
    let before = before.filter(|_| given.is_some());
    // Most senders' bytes are canonical as they come: then what says the same is not even read.
    let digest = book.digest(&sent.dossier);
    if let Some(same) = repeated(book, run, request, &digest, before)? {
        return Ok(prepared(Vec::new(), digest, Content::Same(same)));
    }
    let dossier = match sent.read() {
        Ok(dossier) => dossier,
        Err(error) => {
            return Ok(prepared(Vec::new(), digest, Content::Unusable(form_issue(&error))));
        }
    };
    let (raw, bytes) = to_raw_with_bytes(dossier);
    let canonical = bytes == sent.dossier;
    let digest = if canonical { digest } else { book.digest(&bytes) };
    if !canonical && let Some(same) = repeated(book, run, request, &digest, before)? {
        return Ok(prepared(Vec::new(), digest, Content::Same(same)));
    }
    let content = match given {
        Some(_) => checked(book, run, &raw),
        None => Content::Unusable(request_id_issue()),
    };
    Ok(prepared(bytes, digest, content))
}

/// What is known of a row, if it says the same as the night before and still changes
/// nothing: neither its request nor anybody else wrote to the dossier, and no newer run
/// spoke of it.
fn repeated(
    book: &impl Book,
    run: &RunDeclaration,
    request: RequestId,
    digest: &[u8; 16],
    before: Option<&Shared>,
) -> Result<Option<Repeat>, Failure> {
    let Some(before) = before else { return Ok(None) };
    let same = before.repeats().find(run, digest);
    let Some(same) = same else { return Ok(None) };
    let stands = before.read().stands(same.stream, same.unchanged.version, run.extracted_at);
    let written = !stands || book.has_written(&run.source, request)?;
    Ok((!written).then_some(same))
}

/// Why a row is refused that is none. The error names the column and nothing that it says.
fn form_issue(error: &DecodeError) -> RowIssue {
    RowIssue {
        field: "dossier",
        rule: "ROW_FORM",
        text: Text::new(
            format!("the row is no registre.v1.Dossier ({error}): encode it again, texts as UTF-8"),
            format!(
                "Cette ligne n'a pas pu être lue comme un registre.v1.Dossier ({error}) : \
                 encodez-la de nouveau, les textes en UTF-8, et transmettez-la dans un nouvel envoi."
            ),
        ),
    }
}

/// Why a row without a usable request id is refused.
fn request_id_issue() -> RowIssue {
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

fn checked(book: &impl Book, run: &RunDeclaration, raw: &RawDossier) -> Content {
    match check(raw, paris_day(run.extracted_at)) {
        Ok(declaration) => {
            let lookup = book.lookup(
                &run.source,
                &declaration.identity.id_erp,
                &declaration.training.certification,
            );
            Content::Good { declaration: Box::new(declaration), lookup }
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
