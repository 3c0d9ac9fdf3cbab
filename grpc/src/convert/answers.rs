//! What became of a push, on the wire.

use crate::names;
use crate::push::declaration::to_wire;
use crate::push::runs::{ClosedRun, RunStanding};
use crate::push::{Outcome, RowIssue, RowReport, RunStatus};
use domain::runs::{HoldReason, RunCounts, RunDeclaration};
use domain::text::Text;
use proto::v1 as wire;

/// A text in both languages.
#[must_use]
pub fn text(text: Text) -> wire::Text {
    wire::Text { en: text.en, fr: text.fr }
}

/// The answer to a row.
#[must_use]
pub fn row(report: RowReport) -> wire::RowAnswer {
    wire::RowAnswer {
        row: report.row,
        request_id: report.request_id,
        outcome: match report.outcome {
            Outcome::Written => wire::RowOutcome::Written,
            Outcome::Unchanged => wire::RowOutcome::Unchanged,
            Outcome::Stale => wire::RowOutcome::Stale,
            Outcome::Held => wire::RowOutcome::Held,
            Outcome::Refused => wire::RowOutcome::Refused,
        } as i32,
        enrolment: match report.outcome {
            Outcome::Refused => String::new(),
            _ => report.stream.map(names::of_enrolment).unwrap_or_default(),
        },
        events: report
            .lines
            .into_iter()
            .map(|line| wire::WrittenEvent {
                event_id: line.event.to_string(),
                r#type: line.type_name.to_owned(),
                position: line.position.0,
                leaf_hash: line.leaf.to_vec(),
                proof: String::new(),
            })
            .collect(),
        warnings: report.warnings.into_iter().map(issue).collect(),
        errors: report.errors.into_iter().map(issue).collect(),
    }
}

fn issue(issue: RowIssue) -> wire::FieldIssue {
    wire::FieldIssue {
        field: issue.field.to_owned(),
        rule: issue.rule.to_owned(),
        text: Some(text(issue.text)),
    }
}

/// A run.
#[must_use]
pub fn run(status: &RunStatus) -> wire::PushRun {
    match status {
        RunStatus::Closed(run) => closed_run(run),
        RunStatus::Open(declaration, received) => wire::PushRun {
            name: name(declaration),
            declaration: Some(to_wire(declaration)),
            state: wire::RunState::Open as i32,
            summary: Some(wire::RunSummary { received: *received, ..Default::default() }),
            hold_reason: None,
            position: 0,
        },
    }
}

/// A closed run.
#[must_use]
pub fn closed_run(run: &ClosedRun) -> wire::PushRun {
    let standing = run.standing();
    wire::PushRun {
        name: name(&run.declaration),
        declaration: Some(to_wire(&run.declaration)),
        state: match standing {
            RunStanding::Closed => wire::RunState::Closed,
            RunStanding::Held => wire::RunState::Held,
            RunStanding::Confirmed => wire::RunState::Confirmed,
            RunStanding::Rejected => wire::RunState::Rejected,
            RunStanding::Superseded => wire::RunState::Superseded,
        } as i32,
        summary: Some(summary(
            &run.counts,
            if standing == RunStanding::Held { run.held.len() } else { 0 },
        )),
        hold_reason: run.hold.map(|why| text(hold_text(why))),
        position: run.position.0,
    }
}

fn name(declaration: &RunDeclaration) -> String {
    names::of_push_run(&declaration.source, declaration.id)
}

fn summary(counts: &RunCounts, held: usize) -> wire::RunSummary {
    wire::RunSummary {
        received: counts.received,
        written: counts.written,
        unchanged: counts.unchanged,
        stale: counts.stale,
        held: counts.held,
        refused: counts.refused,
        unseen: counts.unseen,
        vanished: counts.vanished,
        held_disappearances: u32::try_from(held).unwrap_or(u32::MAX),
    }
}

fn hold_text(why: HoldReason) -> Text {
    match why {
        HoldReason::TooMany => Text::new(
            "too many ruptures, exclusions or learners disappeared at once: confirm or reject the run",
            "Trop de ruptures, d'exclusions ou d'apprenants ont disparu d'un coup : confirmez \
             l'envoi s'il est juste, rejetez-le si l'export était défectueux.",
        ),
        HoldReason::ColumnEmptied => Text::new(
            "every declared rupture, or every exclusion, disappeared at once: confirm or reject \
             the run",
            "Toutes les ruptures, ou toutes les exclusions, ont disparu d'un coup : confirmez \
             l'envoi s'il est juste, rejetez-le si l'export était défectueux.",
        ),
        HoldReason::Incomplete => Text::new(
            "rows are missing, or have no id to know whose they are, so what is absent proves \
             nothing: confirm or reject the run",
            "Des lignes manquent, ou n'ont pas d'identifiant qui dise de qui elles parlent : les \
             absences ne prouvent rien. Confirmez l'envoi s'il est juste, sinon rejetez-le.",
        ),
    }
}
