//! Disappearances become events: one request a disappearance, each with an id
//! that a retry of the run derives again.

use super::port::{Book, Origin, WriteError, derived_request};
use crate::errors::Failure;
use crate::limits;
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::StreamKey;
use domain::runs::{HeldChange, RunDeclaration, Settlement};
use futures::{StreamExt, TryStreamExt};
use std::collections::{BTreeMap, HashMap, HashSet};

/// What newer runs settled of the dossiers concerned.
pub(super) type Settled = HashMap<StreamKey, Vec<Settlement>>;

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Applied {
    /// Learners now not transmitted.
    pub(super) stopped: HashSet<StreamKey>,
    /// Ruptures and exclusions withdrawn.
    pub(super) retracted: u32,
}

/// Applies disappearances; what newer runs settled is left as it is.
///
/// # Errors
/// When the ledger cannot read or write; a retry goes on where this stopped.
pub(super) async fn apply(
    book: &impl Book,
    settled: &Settled,
    run: &RunDeclaration,
    changes: &[HeldChange],
) -> Result<Applied, Failure> {
    let mut by_stream: BTreeMap<StreamKey, Vec<HeldChange>> = BTreeMap::new();
    for change in changes {
        by_stream.entry(change.stream).or_default().push(change.clone());
    }
    let written: Vec<Vec<HeldChange>> = futures::stream::iter(by_stream.into_values())
        .map(|changes| async move {
            let mut written = Vec::new();
            for change in changes {
                if apply_one(book, settled, run, &change).await? {
                    written.push(change);
                }
            }
            Ok::<_, Failure>(written)
        })
        .buffer_unordered(limits::ROWS_IN_FLIGHT)
        .try_collect()
        .await?;
    let mut applied = Applied::default();
    for change in written.into_iter().flatten() {
        match change.vanished {
            None => {
                applied.stopped.insert(change.stream);
            }
            Some(_) => applied.retracted += 1,
        }
    }
    Ok(applied)
}

async fn apply_one(
    book: &impl Book,
    settled: &Settled,
    run: &RunDeclaration,
    change: &HeldChange,
) -> Result<bool, Failure> {
    let provenance = Provenance {
        run: run.id,
        extracted_at: run.extracted_at,
        full: true,
        stated: Stated::Only(0),
    };
    let settled = settled.get(&change.stream).cloned().unwrap_or_default();
    let command = match change.vanished {
        None => Command::StopTransmission { provenance, settled },
        Some(event) => Command::RetractVanished { event, provenance, settled },
    };
    let mut name = change.stream.0.to_vec();
    name.extend_from_slice(&change.vanished.map_or([0; 16], |event| event.0));
    let origin = Origin {
        source: run.source.clone(),
        actor: String::new(),
        request: derived_request(run.id, &name),
        digest: book.digest(&name),
    };
    match book.execute(&|_| true, origin, change.stream, &command).await {
        Ok(executed) => Ok(!executed.lines.is_empty()),
        Err(WriteError::Failed(failure)) => Err(failure),
        Err(error) => Err(Failure::internal(&error)),
    }
}
