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
    /// Canonical bytes.
    pub(super) bytes: Vec<u8>,
    /// Their keyed digest.
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
    /// It says the same as the night before, which changed nothing.
    Same(Repeat),
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
            Content::Same(Repeat { lookup, .. }) => Some(*lookup),
            Content::Bad { lookup, .. } => *lookup,
            Content::NoRequestId => None,
        }
    }

    /// What is known of the row, if it says the same as the night before and still changes
    /// nothing: neither its request nor anybody else wrote to the dossier, and no newer run
    /// spoke of it.
    fn same(
        &self,
        book: &impl Book,
        run: &RunDeclaration,
        raw: &RawDossier,
        before: &Shared,
    ) -> Result<Option<Repeat>, Failure> {
        let Some(lookup) = named(book, run, raw) else { return Ok(None) };
        let same = before.repeats().find(run, lookup, &self.digest);
        let Some(same) = same else { return Ok(None) };
        let (stream, version) = (same.stream, same.unchanged.version);
        let stands = before.read().stands(stream, version, run.extracted_at);
        let written = !stands || book.has_written(&run.source, self.request)?;
        Ok((!written).then_some(same))
    }

    /// The answer, before it is known what becomes of the row: it is refused.
    pub(super) fn report(&self, stream: Option<StreamKey>) -> RowReport {
        let (warnings, trainer) = match &self.content {
            Content::Good { declaration, .. } => {
                let trainer = Arc::new(declaration.training.trainer.clone());
                (declaration.warnings.as_slice(), Some(trainer))
            }
            Content::Same(same) => (Default::default(), Some(Arc::clone(&same.trainer))),
            Content::Bad { .. } | Content::NoRequestId => Default::default(),
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
    sent: DossierRow,
    before: Option<&Shared>,
) -> Result<Prepared, Failure> {
    let (raw, bytes) = to_raw_with_bytes(sent.dossier.unwrap_or_default());
    let digest = book.digest(&bytes);
    let derived = derived_request(run.id, &row.to_le_bytes());
    let given = match sent.request_id.as_str() {
        "" => Some(derived),
        text => text.parse().ok(),
    };
    let mut prepared = Prepared {
        row,
        request: given.unwrap_or(derived),
        bytes,
        digest,
        content: Content::NoRequestId,
    };
    if given.is_some() {
        let same = before.map_or(Ok(None), |before| prepared.same(book, run, &raw, before))?;
        prepared.content = same.map_or_else(|| read(book, run, &raw), Content::Same);
    }
    Ok(prepared)
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
