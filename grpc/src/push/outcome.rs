//! What became of a row.

use super::port::Line;
use domain::dossier::Issue;
use domain::enrolment::{Establishment, Stated};
use domain::ids::{EventId, StreamKey};
use domain::text::Text;
use std::sync::Arc;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Events were written.
    Written,
    /// The ledger already knew all of it.
    Unchanged,
    /// A newer run has settled all of it.
    Stale,
    /// Another, different row of the push has the same id.
    Held,
    /// The row cannot be identified or dated, or its request id is taken.
    Refused,
}

/// Something to say of a field of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowIssue {
    /// The v3 name of the column, or a field of the request: `request_id`, `dossier`, `run.run_id`.
    pub field: &'static str,
    /// The rule, `UPPER_SNAKE`.
    pub rule: &'static str,
    /// What is wrong and what to do.
    pub text: Text,
}

impl From<Issue> for RowIssue {
    fn from(issue: Issue) -> Self {
        Self { field: issue.field.name(), rule: issue.rule, text: issue.text }
    }
}

/// The answer to one row, and what its run must remember of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowReport {
    /// Rank in the run, from 0.
    pub row: u32,
    /// The request id, as sent or derived.
    pub request_id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The dossier, when the row names one that is known.
    pub stream: Option<StreamKey>,
    /// Whether the row has no id to know its dossier by: it may be anybody's.
    pub nameless: bool,
    /// What was written.
    pub lines: Vec<Line>,
    /// What is doubtful.
    pub warnings: Vec<RowIssue>,
    /// Why it was refused or held.
    pub errors: Vec<RowIssue>,
    /// What the row stated, when it was compared.
    pub stated: Option<Stated>,
    /// Ruptures and exclusions that the row no longer has.
    pub vanished: Vec<EventId>,
    /// Keyed digest of the row.
    pub digest: [u8; 16],
    /// The trainer, of a row that was understood.
    pub trainer: Option<Arc<Establishment>>,
}

impl RowReport {
    /// The same of a row that waits or is refused, with one reason.
    pub(super) fn held_back(self, outcome: Outcome, why: RowIssue) -> Self {
        Self { outcome, errors: vec![why], ..self }
    }

    /// The same without what only the answer needs.
    pub(super) fn to_remember(&self) -> Self {
        Self {
            row: self.row,
            request_id: String::new(),
            outcome: self.outcome,
            stream: self.stream,
            nameless: self.nameless,
            lines: Vec::new(),
            warnings: Vec::new(),
            errors: Vec::new(),
            stated: self.stated,
            vanished: self.vanished.clone(),
            digest: self.digest,
            trainer: self.trainer.clone(),
        }
    }
}
