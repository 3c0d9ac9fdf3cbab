//! `IngestionService`: pushes and their runs.

use super::budget::{Budget, Charge};
use super::house::House;
use super::lasting::while_admitted;
use super::read_of::Of;
use super::receive::receive;
use crate::convert::answers;
use crate::door::tenant;
use crate::errors::{Failure, Reason};
use crate::pages::{self, Cursor, Question, size};
use crate::push::{Part, Pushed, Word};
use crate::{limits, names, times};
use access::{Sources, Tenant};
use domain::ids::{Position, Source};
use domain::runs::HoldDecision;
use domain::text::Text;
use ledger::notary::Signed;
use ledger::quarantine::{Listed, Place, RefusedRow};
use proto::v1 as wire;
use proto::v1::ingestion_service_server::IngestionService;
use proto::v1::push_dossiers_response::Message as Answer;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status, Streaming};

/// Answers of one stream that wait for their reader.
const ANSWERS_WAITING: usize = 256;

/// What is sent on a stream.
type Sent = Result<wire::PushDossiersResponse, Status>;

/// The service.
#[derive(Debug, Clone)]
pub struct Ingestion {
    house: Arc<House>,
    budget: Budget,
}

/// A push, as it is answered.
struct Answered {
    rows: Vec<wire::RowAnswer>,
    run: Option<wire::PushRun>,
    /// What the receipts stand on, when they are asked for.
    signed: Option<Signed>,
}

impl Ingestion {
    /// The service of a house.
    #[must_use]
    pub fn new(house: Arc<House>) -> Self {
        Self { house, budget: Budget::default() }
    }

    /// Pushes in a task of its own, so that a client who leaves does not cut a
    /// push in two: the run is closed all the same, and its memory stays charged.
    async fn push(
        &self,
        tenant: Tenant,
        part: Part,
        charge: Charge,
    ) -> Result<(Answered, Charge), Status> {
        self.house.stands(&tenant)?;
        self.house.charge_rows(&tenant, part.rows.len())?;
        let proofs = part.run.as_ref().is_some_and(|run| run.proofs);
        let house = Arc::clone(&self.house);
        let pushed = whole(async move {
            let Pushed { rows, run } = house.pipeline.push(&tenant, part).await?;
            let rows: Vec<wire::RowAnswer> = rows.into_iter().map(answers::row).collect();
            let signed = if proofs { house.seen_with(&rows).await? } else { None };
            let run = run.as_ref().map(answers::closed_run);
            Ok((Answered { rows, run, signed }, charge))
        });
        Ok(pushed.await?)
    }

    /// The refused rows of the runs of a source that a tenant may know of, newest first.
    async fn refused_before(
        &self,
        tenant: &Tenant,
        source: Option<Source>,
        mut before: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Listed>, Failure> {
        let (mut found, mut is_known) = (Vec::new(), HashMap::new());
        // Rows that the tenant may not know of are passed over many at a time.
        let at_once = limit.max(limits::PAGE_DEFAULT);
        loop {
            let (ledger, source) = (Arc::clone(&self.house.ledger), source.clone());
            let after = before.clone();
            let read = move || ledger.quarantine().list(source.as_ref(), after.as_ref(), at_once);
            let rows = tokio::task::spawn_blocking(read).await.map_err(Failure::from)??;
            let Some(last) = rows.last() else { return Ok(found) };
            before = Some(last.place.clone());
            for listed in rows {
                let name = (listed.row.source.clone(), listed.row.run);
                if !is_known.contains_key(&name) {
                    let known = self.house.pipeline.may_know(tenant, &name.0, name.1).await?;
                    is_known.insert(name.clone(), known);
                }
                if is_known.get(&name) == Some(&true) {
                    found.push(listed);
                }
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }

    async fn decide(
        &self,
        tenant: &Tenant,
        name: &str,
        request_id: &str,
        actor: &str,
        decision: HoldDecision,
    ) -> Result<Response<wire::PushRun>, Status> {
        let (source, run) = names::push_run("name", name)?;
        let request = names::request_id(request_id)?;
        let actor = tenant.actor(names::actor(actor)?);
        may_name(tenant, &source, name)?;
        let word = Word { source, run, request, actor, decision };
        let (house, tenant) = (Arc::clone(&self.house), tenant.clone());
        let decided = whole(async move { house.pipeline.decide_hold(&tenant, word).await }).await?;
        Ok(Response::new(answers::closed_run(&decided)))
    }
}

#[tonic::async_trait]
impl IngestionService for Ingestion {
    type PushDossiersStream = ReceiverStream<Sent>;

    async fn push_dossiers(
        &self,
        request: Request<Streaming<wire::PushDossiersRequest>>,
    ) -> Result<Response<Self::PushDossiersStream>, Status> {
        let tenant = tenant(&request)?;
        let (answers, stream) = mpsc::channel(ANSWERS_WAITING);
        let service = self.clone();
        tokio::spawn(async move {
            let now = service.house.ledger.clock().now();
            let mut charge = service.budget.open(&tenant);
            let until = Instant::now() + limits::PUSH_STREAM_TIMEOUT;
            let received = receive(&tenant, request.into_inner(), &mut charge, now);
            let received = while_admitted(|| service.house.stands(&tenant), received);
            let received = tokio::time::timeout_at(until, received).await;
            let pushed = match received {
                Ok(Ok(received)) if !received.is_whole && is_abandoned(&answers).await => return,
                Ok(Ok(received)) => service.push(tenant, received.part, charge).await,
                Ok(Err(status)) => Err(status),
                Err(_) => Err(too_slow().into()),
            };
            let until = until.max(Instant::now() + limits::SLOW_READER);
            let answered = match pushed {
                Ok((pushed, _charge)) => {
                    let answering = answer(&service.house, &answers, pushed);
                    tokio::time::timeout_at(until, answering).await
                }
                Err(status) => {
                    tokio::time::timeout_at(until, send(&answers, Err(status))).await.map(drop)
                }
            };
            if answered.is_err() {
                tracing::info!("a push stream was not read to its last answer in time");
            }
        });
        Ok(Response::new(ReceiverStream::new(stream)))
    }

    async fn batch_push_dossiers(
        &self,
        request: Request<wire::BatchPushDossiersRequest>,
    ) -> Result<Response<wire::BatchPushDossiersResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        if request.rows.len() > limits::BATCH_ROWS {
            return Err(too_many_rows().into());
        }
        let mut charge = self.budget.open(&tenant);
        request.rows.iter().try_for_each(|row| charge.take(row).map(drop))?;
        let part = Part {
            run: request.run,
            rows: request.rows,
            first_row: request.first_row,
            more: request.more_parts_follow,
        };
        let (Answered { rows, run, signed }, _charge) = self.push(tenant, part, charge).await?;
        let (mut answers, mut left) = (Vec::with_capacity(rows.len()), limits::RECEIPTS_BYTES);
        for row in rows {
            let (row, rest) = match &signed {
                Some(signed) => self.house.prove(signed, row, left).await?,
                None => (row, left),
            };
            answers.push(row);
            left = rest;
        }
        Ok(Response::new(wire::BatchPushDossiersResponse { answers, run }))
    }

    async fn get_push_run(
        &self,
        request: Request<wire::GetPushRunRequest>,
    ) -> Result<Response<wire::PushRun>, Status> {
        let tenant = tenant(&request)?;
        let name = request.into_inner().name;
        let (source, run) = names::push_run("name", &name)?;
        may_name(&tenant, &source, &name)?;
        let found = self.house.pipeline.run(&tenant, &source, run).await?;
        let found = found.ok_or_else(|| Failure::not_found(&name))?;
        Ok(Response::new(answers::run(&found)))
    }

    async fn list_push_runs(
        &self,
        request: Request<wire::ListPushRunsRequest>,
    ) -> Result<Response<wire::ListPushRunsResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let sources = asked_sources(&tenant, optional_source(&request.source)?);
        let cleared = wire::ListPushRunsRequest { source: request.source, ..Default::default() };
        let question = Question::new(&tenant, "ListPushRuns", &cleared);
        let before = match self.house.pages.open(question, &request.page_token)? {
            Some(cursor) => cursor.position,
            None => Position(u64::MAX),
        };
        let size = size(request.page_size)?;
        let mut runs = Vec::new();
        for source in sources {
            let pipeline = &self.house.pipeline;
            runs.extend(pipeline.runs_before(&tenant, before, source.as_ref(), size).await?);
        }
        runs.sort_by_key(|run| Reverse(run.position));
        runs.truncate(size);
        let next = runs.last().filter(|_| runs.len() == size).map(|last| {
            let cursor = Cursor { position: last.position, ..Cursor::default() };
            self.house.pages.seal(question, &cursor)
        });
        Ok(Response::new(wire::ListPushRunsResponse {
            push_runs: runs.iter().map(answers::closed_run).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }

    async fn confirm_push_run(
        &self,
        request: Request<wire::ConfirmPushRunRequest>,
    ) -> Result<Response<wire::PushRun>, Status> {
        let tenant = tenant(&request)?;
        let wire::ConfirmPushRunRequest { name, request_id, actor } = request.into_inner();
        self.decide(&tenant, &name, &request_id, &actor, HoldDecision::Confirmed).await
    }

    async fn reject_push_run(
        &self,
        request: Request<wire::RejectPushRunRequest>,
    ) -> Result<Response<wire::PushRun>, Status> {
        let tenant = tenant(&request)?;
        let wire::RejectPushRunRequest { name, request_id, actor } = request.into_inner();
        self.decide(&tenant, &name, &request_id, &actor, HoldDecision::Rejected).await
    }

    async fn list_refused_rows(
        &self,
        request: Request<wire::ListRefusedRowsRequest>,
    ) -> Result<Response<wire::ListRefusedRowsResponse>, Status> {
        let tenant = tenant(&request)?;
        let request = request.into_inner();
        let asked = optional_source(&request.source)?;
        self.house.record(&tenant, &Of::RefusedRows(asked.clone()))?;
        let sources = asked_sources(&tenant, asked);
        let cleared = wire::ListRefusedRowsRequest { source: request.source, ..Default::default() };
        let question = Question::new(&tenant, "ListRefusedRows", &cleared);
        let before = match self.house.pages.open(question, &request.page_token)? {
            Some(cursor) => Some(place(&cursor).ok_or_else(pages::invalid_token)?),
            None => None,
        };
        let size = size(request.page_size)?;
        let mut rows = Vec::new();
        for source in sources {
            rows.extend(self.refused_before(&tenant, source, before.clone(), size).await?);
        }
        rows.sort_by(|one: &Listed, other| other.place.cmp(&one.place));
        rows.truncate(size);
        let next = rows.last().filter(|_| rows.len() == size).map(|last| {
            let last = last.place.to_string().into_bytes();
            self.house.pages.seal(question, &Cursor { last, ..Cursor::default() })
        });
        Ok(Response::new(wire::ListRefusedRowsResponse {
            refused_rows: rows.into_iter().map(|listed| refused_row(listed.row)).collect(),
            next_page_token: next.unwrap_or_default(),
        }))
    }
}

/// Carries out in a task of its own what must not be cut in two when its
/// caller leaves or has waited too long.
async fn whole<T: Send + 'static>(
    work: impl Future<Output = Result<T, Failure>> + Send + 'static,
) -> Result<T, Failure> {
    tokio::spawn(work).await?
}

/// Whether the client cancelled: its answers then lose their reader, at the
/// latest a moment after its last row.
async fn is_abandoned<T>(answers: &mpsc::Sender<T>) -> bool {
    tokio::time::timeout(limits::CANCEL_SEEN, answers.closed()).await.is_ok()
}

/// Sends the answers, each with its receipts as it goes: those of a large push are more than it was. A reader who leaves
/// them unread for too long is dropped. What was written stays written, and the same push asked again tells it.
async fn answer(house: &House, answers: &mpsc::Sender<Sent>, pushed: Answered) {
    let Answered { rows, run, signed } = pushed;
    for row in rows {
        let proven = match &signed {
            Some(signed) => house.prove(signed, row, limits::RECEIPTS_BYTES).await,
            None => Ok((row, 0)),
        };
        let failed = proven.is_err();
        let message = proven.map(|(row, _)| Answer::Answer(row)).map_err(Status::from);
        if !send(answers, message).await || failed {
            return;
        }
    }
    if let Some(run) = run {
        send(answers, Ok(Answer::Run(run))).await;
    }
}

/// Sends one message; whether its reader was there.
async fn send(answers: &mpsc::Sender<Sent>, message: Result<Answer, Status>) -> bool {
    let message = message.map(|message| wire::PushDossiersResponse { message: Some(message) });
    let sent = answers.send_timeout(message, limits::SLOW_READER).await.is_ok();
    if !sent {
        tracing::info!("a push stream was left before its last answer");
    }
    sent
}

/// Refuses a run of somebody else's source as one that does not exist.
fn may_name(tenant: &Tenant, source: &Source, run: &str) -> Result<(), Failure> {
    if tenant.may_name(source) { Ok(()) } else { Err(Failure::not_found(run)) }
}

/// The sources to read for a question about one or about all, `None` for all that there are. One
/// that is somebody else's has nothing, as one that nobody has.
fn asked_sources(tenant: &Tenant, asked: Option<Source>) -> Vec<Option<Source>> {
    match (asked, tenant.sources()) {
        (Some(asked), _) => {
            Some(asked).filter(|s| tenant.may_name(s)).map(Some).into_iter().collect()
        }
        (None, Sources::Any) => vec![None],
        (None, Sources::Only(names)) => names.iter().cloned().map(Some).collect(),
    }
}

fn optional_source(text: &str) -> Result<Option<Source>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    Source::parse(text).map(Some).map_err(|_| {
        Failure::field(
            "source",
            Text::new(
                "source is 1 to 64 characters among a-z, 0-9, '.', '_' and '-'",
                "Le nom de la source compte 1 à 64 caractères parmi a-z, 0-9, « . », « _ » et \
                 « - ».",
            ),
        )
    })
}

/// The place of the last refused row of the page before.
fn place(cursor: &Cursor) -> Option<Place> {
    Place::parse(std::str::from_utf8(&cursor.last).ok()?)
}

fn refused_row(row: RefusedRow) -> wire::RefusedRow {
    wire::RefusedRow {
        push_run: names::of_push_run(&row.source, row.run),
        row: row.row,
        refused_at: times::of_instant(row.refused_at),
        errors: row
            .errors
            .into_iter()
            .map(|fault| wire::FieldIssue {
                field: fault.field,
                rule: fault.rule,
                text: Some(answers::text(fault.text)),
            })
            .collect(),
    }
}

fn too_many_rows() -> Failure {
    let most = limits::BATCH_ROWS;
    Failure::field(
        "rows",
        Text::new(
            format!("a batch has at most {most} rows: send the run in several parts"),
            format!("Un lot compte au plus {most} lignes : envoyez-les en plusieurs parties."),
        ),
    )
}

fn too_slow() -> Failure {
    Failure::new(
        Reason::TooLate,
        Text::new(
            "the push stream took too long; nothing was written",
            "L'envoi a duré trop longtemps ; rien n'a été enregistré.",
        ),
    )
}
