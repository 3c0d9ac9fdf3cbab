//! Receiving a push stream: everything is kept until the client has sent its
//! last row, so a stream that breaks before writes nothing.
//!
//! A trap: when a client cancels its call, tonic ends the request stream as if
//! the client had sent its last message. So a stream with fewer rows than were
//! announced is refused; and of one that did not say how many, or sent more, the
//! answers must still have a reader before anything is written.

use super::budget::Charge;
use crate::errors::{Failure, Reason};
use crate::limits;
use crate::push::{Part, declaration};
use access::Tenant;
use domain::ids::Instant;
use domain::runs::MAX_ROWS;
use domain::text::Text;
use proto::v1::push_dossiers_request::Message as Sent;
use proto::v1::{DossierRow, PushDossiersRequest, RunDeclaration};
use tonic::{Status, Streaming};

/// A stream, received.
#[derive(Debug)]
pub(super) struct Received {
    /// All of it.
    pub(super) part: Part,
    /// Whether the rows are as many as were announced: then nobody cut it short.
    pub(super) is_whole: bool,
}

/// Receives a whole stream.
///
/// # Errors
/// When the stream breaks, its messages are not in order, or it is too large.
pub(super) async fn receive(
    tenant: &Tenant,
    mut stream: Streaming<PushDossiersRequest>,
    charge: &mut Charge,
    now: Instant,
) -> Result<Received, Status> {
    let run = match stream.message().await?.and_then(|first| first.message) {
        Some(Sent::Run(run)) => run,
        Some(Sent::Row(_)) | None => return Err(out_of_order().into()),
    };
    // Refused at once, rather than after the last row.
    let checked = declaration::check(Some(run.clone()), now)?;
    declaration::must_be_bound(tenant, &checked.source)?;
    let rows = rows(&mut stream, charge).await?;
    check_count(&run, rows.len())?;
    let is_whole = run.row_count.is_some_and(|count| count as usize == rows.len());
    Ok(Received { part: Part { run: Some(run), rows, first_row: 0, more: false }, is_whole })
}

async fn rows(
    stream: &mut Streaming<PushDossiersRequest>,
    charge: &mut Charge,
) -> Result<Vec<DossierRow>, Status> {
    let mut rows = Vec::new();
    let mut bytes = 0;
    while let Some(next) = stream.message().await? {
        let Some(Sent::Row(row)) = next.message else { return Err(out_of_order().into()) };
        bytes += charge.take(&row)?;
        if rows.len() == MAX_ROWS || bytes > limits::STREAM_BYTES {
            return Err(too_large().into());
        }
        rows.push(row);
    }
    Ok(rows)
}

fn check_count(run: &RunDeclaration, rows: usize) -> Result<(), Failure> {
    let Some(count) = run.row_count.filter(|count| rows < *count as usize) else {
        return Ok(());
    };
    Err(Failure::new(
        Reason::RunIncomplete,
        Text::new(
            format!("{rows} rows came where {count} were announced: nothing was written"),
            format!(
                "{rows} lignes reçues sur {count} annoncées : rien n'a été enregistré, renvoyez \
                 tout l'envoi."
            ),
        ),
    ))
}

fn out_of_order() -> Failure {
    Failure::new(
        Reason::UnexpectedMessage,
        Text::new(
            "the first message declares the run, all the others are rows",
            "Le premier message déclare l'envoi, tous les autres sont des lignes.",
        ),
    )
}

fn too_large() -> Failure {
    let bytes = limits::STREAM_BYTES / 1024 / 1024;
    Failure::new(
        Reason::PushTooLarge,
        Text::new(
            format!("a push has at most {MAX_ROWS} rows and {bytes} MiB"),
            format!("Un envoi compte au plus {MAX_ROWS} lignes et {bytes} Mio."),
        ),
    )
}
