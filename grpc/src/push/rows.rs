//! The rows of a push against what the ledger knows, many at once.

use super::outcome::{Outcome, RowIssue, RowReport};
use super::port::{Book, Executed, Fresh, Line, Origin, Refused, WriteError};
use super::prepare::{Content, Prepared, reused_issue};
use super::registries::Shared;
use super::repeats::Repeat;
use super::twins::twin_issue;
use crate::convert::dossier::bytes_without_nir;
use crate::errors::Failure;
use crate::limits;
use access::Tenant;
use domain::calendar::paris_day;
use domain::dossier::{Declaration, Field};
use domain::enrolment::{
    Command, CommandError, Enrolment, EnrolmentEvent, Establishment, LookupKey, Provenance, Stated,
    Unchanged, decide,
};
use domain::event::Event;
use domain::ids::{
    Category, ContractId, EventId, Instant, RequestId, StreamId, StreamKey, Version,
};
use domain::runs::{Extent, RunDeclaration};
use domain::text::Text;
use futures::{StreamExt, TryStreamExt};
use projections::source::Recorded;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// What every row of a run is compared with.
pub(super) struct Evaluation<'a, B> {
    /// Who sends them.
    pub(super) tenant: &'a Tenant,
    pub(super) book: &'a B,
    pub(super) run: &'a RunDeclaration,
    /// Whether the run is closed: then its rows are answered and nothing is written.
    pub(super) closed: bool,
    /// The newer full runs whose absences are held or were rejected.
    pub(super) disbelieved: Vec<Instant>,
    /// What the runs of the source settled.
    pub(super) registry: &'a Shared,
}

/// Rows of one dossier take their turn: the second must find what the first wrote.
type Turns = HashMap<LookupKey, Arc<Mutex<()>>>;

impl<B: Book> Evaluation<'_, B> {
    /// Evaluates the rows; the reports come in the order of the rows, with what
    /// was written.
    ///
    /// # Errors
    /// When the ledger cannot read or write; rows already written stay written.
    pub(super) async fn rows(
        &self,
        rows: Vec<Prepared>,
        held: &HashSet<u32>,
    ) -> Result<(Vec<RowReport>, Fresh), Failure> {
        let turns = turns(&rows);
        let done: Vec<(RowReport, Vec<Recorded>)> = futures::stream::iter(rows)
            .map(|row| {
                let turn = row.lookup().and_then(|lookup| turns.get(&lookup)).cloned();
                let waits = held.contains(&row.row);
                async move {
                    let _turn = match &turn {
                        Some(turn) => Some(turn.lock().await),
                        None => None,
                    };
                    self.row(row, waits).await
                }
            })
            .buffered(limits::ROWS_IN_FLIGHT)
            .try_collect()
            .await?;
        let (reports, written): (Vec<_>, Vec<_>) = done.into_iter().unzip();
        let fresh = written.into_iter().flatten().map(|event| (event.position, event));
        Ok((reports, fresh.collect()))
    }

    async fn row(&self, row: Prepared, held: bool) -> Result<(RowReport, Vec<Recorded>), Failure> {
        let nothing = |report| Ok((report, Vec::new()));
        let found = self.find(&row)?;
        let whose = self.whose(&row, found)?;
        let foreign = whose.as_ref().is_some_and(|trainer| !self.may_write_for(trainer));
        // Of a dossier that is somebody else's the run says nothing, not even that it named it.
        let report = row.report(found.filter(|_| !foreign));
        let (declaration, lookup) = match row.content {
            Content::Unusable(issue) => {
                return nothing(self.kept(report, &row.bytes, vec![issue])?);
            }
            // Nothing is kept of who was erased, a row with a fault neither.
            Content::Bad { .. } if self.is_erased(found)? => {
                let gone = domain_issue(&CommandError::Hidden);
                return nothing(report.held_back(Outcome::Refused, gone));
            }
            Content::Bad { issues, .. } => {
                let errors = issues.into_iter().map(RowIssue::from).collect();
                return nothing(self.kept(report, &row.bytes, errors)?);
            }
            Content::Good { .. } | Content::Same(_) if foreign || !self.is_bound(&report) => {
                // Its trainer did not transmit: somebody else spoke of it.
                let report = RowReport { trainer: None, ..report };
                return nothing(report.held_back(Outcome::Refused, not_bound_issue()));
            }
            Content::Good { .. } | Content::Same(_) if held => {
                return nothing(report.held_back(Outcome::Held, twin_issue()));
            }
            Content::Same(_) => {
                let stated = Some(Stated::Everything);
                return nothing(RowReport { outcome: Outcome::Unchanged, stated, ..report });
            }
            Content::Good { declaration, lookup } => (declaration, lookup),
        };
        let new = || self.book.new_stream(&self.run.source, &declaration);
        let stream = found.unwrap_or_else(new);
        let report = RowReport { stream: Some(stream), ..report };
        let command = self.command(stream, found.is_some(), *declaration, lookup);
        let origin = self.origin(row.request, &row.bytes);
        let done = if self.closed {
            self.book.recall(origin, stream, &command)
        } else {
            let speaks_for = |trainer: &Establishment| self.may_write_for(trainer);
            self.book.execute(&speaks_for, origin, stream, &command).await
        };
        match done {
            Ok(executed) if self.closed && is_news(&executed) => {
                nothing(report.held_back(Outcome::Refused, closed_issue()))
            }
            Ok(executed) => self.accepted(report, executed, &command, whose.as_ref()),
            Err(WriteError::OtherContent { known, sent }) => {
                nothing(report.held_back(Outcome::Refused, reused_issue(known, sent)))
            }
            // It was another's by the time at which it was to be written.
            Err(WriteError::Elsewhere) => {
                let report = RowReport { trainer: None, stream: None, ..report };
                nothing(report.held_back(Outcome::Refused, not_bound_issue()))
            }
            Err(WriteError::Command(error)) => {
                nothing(report.held_back(Outcome::Refused, domain_issue(&error)))
            }
            Err(WriteError::Failed(failure)) => Err(failure),
        }
    }

    /// Whether the sender may write for the establishment that trains in a row.
    fn is_bound(&self, report: &RowReport) -> bool {
        report.trainer.as_ref().is_some_and(|trainer| self.may_write_for(trainer))
    }

    fn may_write_for(&self, trainer: &Establishment) -> bool {
        self.tenant.may_write_for(trainer.uai, trainer.siret)
    }

    /// Who trains today the learner whom a row names: a dossier that left for another CFA is not its
    /// former one's to rewrite. `None` when nobody has it yet, and where it does not matter: a row
    /// that says the same as the night before says what its dossier says.
    fn whose(
        &self,
        row: &Prepared,
        found: Option<StreamKey>,
    ) -> Result<Option<Establishment>, Failure> {
        match found {
            Some(stream) if !matches!(row.content, Content::Same(_)) => self.book.trainer(stream),
            _ => Ok(None),
        }
    }

    /// Whether the learner of a dossier was erased.
    fn is_erased(&self, found: Option<StreamKey>) -> Result<bool, Failure> {
        found.map_or(Ok(false), |stream| self.book.is_erased(stream))
    }

    /// The answer to a row that cannot be used; the row is kept, once, until its sender has seen why.
    fn kept(
        &self,
        report: RowReport,
        canonical: &[u8],
        errors: Vec<RowIssue>,
    ) -> Result<RowReport, Failure> {
        if !self.closed {
            let (run, row, bytes) = (self.run, report.row, &bytes_without_nir(canonical));
            self.book.quarantine(&Refused { run, row, bytes, errors: &errors })?;
        }
        Ok(RowReport { errors, ..report })
    }

    fn accepted(
        &self,
        report: RowReport,
        executed: Executed,
        command: &Command,
        before: Option<&Establishment>,
    ) -> Result<(RowReport, Vec<Recorded>), Failure> {
        let Executed { stream, lines, recorded_at, decision } = executed;
        let (decision, unchanged, written) = match (decision, recorded_at) {
            (Some(mut decision), Some(recorded_at)) => {
                let unchanged = self.once_written(stream, &decision.events, &lines, command);
                let events = std::mem::take(&mut decision.events).into_iter();
                let ranked = (0..).zip(events.zip(&lines));
                let recorded = ranked.map(|(request_index, (event, line))| Recorded {
                    position: line.position,
                    request_index,
                    recorded_at,
                    stream: StreamId { category: Category::Enrolment, key: stream },
                    version: line.version,
                    source: self.run.source.clone(),
                    event: Event::Enrolment(event),
                    keys: None,
                    email: None,
                    aside: None,
                });
                (decision, unchanged, recorded.collect())
            }
            (Some(decision), None) => {
                let unchanged = decision.unchanged;
                (decision, unchanged, Vec::new())
            }
            // What it decides now is not what it wrote: the retry of a push that was cut short must
            // still find what vanished.
            (None, _) => {
                let decision = self.book.decide(stream, command).map_err(failure)?;
                let unchanged = decision.unchanged;
                (decision, unchanged, Vec::new())
            }
        };
        let outcome = match (lines.is_empty(), decision.stale) {
            (false, _) => Outcome::Written,
            (true, false) => Outcome::Unchanged,
            (true, true) => Outcome::Stale,
        };
        // Where a person moved the learner, what the row repeats is not what the dossier says.
        let stays = before.is_none_or(|before| report.trainer.as_deref() == Some(before));
        if let Some(unchanged) = unchanged.filter(|_| stays) {
            self.remember(&report, stream, unchanged, command);
        }
        let report = RowReport {
            outcome,
            stream: Some(stream),
            lines,
            stated: Some(decision.stated),
            vanished: decision.vanished,
            ..report
        };
        Ok((report, written))
    }

    /// Remembers a row that says nothing new from now on, for the nights that follow.
    fn remember(
        &self,
        report: &RowReport,
        stream: StreamKey,
        unchanged: Unchanged,
        command: &Command,
    ) {
        let (Command::Declare { lookup, .. }, Some(trainer)) = (command, &report.trainer) else {
            return;
        };
        let (lookup, trainer) = (*lookup, Arc::clone(trainer));
        let row = Repeat { stream, lookup, trainer, unchanged, since: self.run.extracted_at };
        self.registry.repeats().remember(self.run, report.digest, row);
    }

    /// How long the row that wrote this changes nothing more. It is written: that the stream
    /// cannot be read now is told when somebody asks for it.
    fn once_written(
        &self,
        stream: StreamKey,
        events: &[EnrolmentEvent],
        lines: &[Line],
        command: &Command,
    ) -> Option<Unchanged> {
        if lines.first()?.version > Version(1) {
            return self.book.decide(stream, command).ok()?.unchanged;
        }
        let state = events.iter().cloned().fold(Enrolment::default(), Enrolment::evolve);
        decide(&state, command, &|_| EventId::default(), &|_| ContractId::default()).ok()?.unchanged
    }

    fn find(&self, row: &Prepared) -> Result<Option<StreamKey>, Failure> {
        match (&row.content, row.lookup()) {
            (Content::Same(same), _) => Ok(Some(same.stream)),
            (_, Some(lookup)) => self.book.find(lookup),
            (_, None) => Ok(None),
        }
    }

    fn command(
        &self,
        stream: StreamKey,
        known: bool,
        declaration: Declaration,
        lookup: LookupKey,
    ) -> Command {
        let RunDeclaration { id, extracted_at, extent, .. } = self.run;
        let unseen_since = self.unseen_since(known.then_some(stream), &declaration);
        Command::Declare {
            declaration,
            lookup,
            provenance: Provenance {
                run: *id,
                extracted_at: *extracted_at,
                full: *extent == Extent::Full,
                stated: Stated::Everything,
            },
            settled: self.registry.read().settled(stream),
            held: self.disbelieved.clone(),
            unseen_since,
        }
    }

    /// The newest full run, when it is newer than this row and did not have the
    /// learner: a first sight comes too late for it if the training went on then.
    fn unseen_since(&self, known: Option<StreamKey>, declaration: &Declaration) -> Option<Instant> {
        let registry = self.registry.read();
        let full = registry.newest_full_of(&declaration.training.trainer);
        let full = full.filter(|full| *full > self.run.extracted_at)?;
        let gone = match known {
            Some(stream) => registry.is_absent(stream),
            None => declaration.training.end_on >= paris_day(full),
        };
        gone.then_some(full)
    }

    fn origin(&self, request: RequestId, bytes: &[u8]) -> Origin {
        // The run is part of what the request says: the same row in another
        // run is another statement.
        let mut said = self.run.id.0.to_vec();
        said.extend_from_slice(bytes);
        Origin {
            source: self.run.source.clone(),
            actor: String::new(),
            request,
            digest: self.book.digest(&said),
        }
    }
}

fn turns(rows: &[Prepared]) -> Turns {
    let mut count: HashMap<LookupKey, usize> = HashMap::new();
    for lookup in rows.iter().filter_map(Prepared::lookup) {
        *count.entry(lookup).or_default() += 1;
    }
    let shared = count.into_iter().filter(|(_, rows)| *rows > 1);
    shared.map(|(lookup, _)| (lookup, Arc::default())).collect()
}

/// Whether a row of a closed run says what nothing was written of.
fn is_news(executed: &Executed) -> bool {
    executed.lines.is_empty() && executed.decision.as_ref().is_some_and(|d| !d.events.is_empty())
}

/// What is no answer to a row but ends the push.
fn failure(error: WriteError) -> Failure {
    match error {
        WriteError::Failed(failure) => failure,
        error => Failure::internal(&error),
    }
}

fn not_bound_issue() -> RowIssue {
    RowIssue {
        field: Field::EtablissementFormateurUai.name(),
        rule: "ESTABLISHMENT_NOT_BOUND",
        text: Text::new(
            "this key does not write for that establishment (UAI and SIRET): ask for a key that does",
            "Votre clé ne permet pas d'écrire pour cet établissement formateur (UAI et SIRET) : \
             vérifiez ces deux numéros, ou demandez une clé qui le permette.",
        ),
    }
}

fn closed_issue() -> RowIssue {
    RowIssue {
        field: "run.run_id",
        rule: "RUN_CLOSED",
        text: Text::new(
            "the run is closed and did not have this row: send it in a new run",
            "Cet envoi est clos et ne comptait pas cette ligne : transmettez-la dans un nouvel \
             envoi.",
        ),
    }
}

fn domain_issue(error: &CommandError) -> RowIssue {
    let rule = match error {
        CommandError::Hidden => "SEALED_VALUE_GONE",
        CommandError::Date(_) => "DATE",
        _ => "NOT_ALLOWED",
    };
    RowIssue { field: "id_erp_apprenant", rule, text: error.text() }
}
