//! Clients that each wait for an answer before they ask again.

use super::workload::Workload;
use crate::engines::Engine;
use crate::error::BenchError;
use crate::harness::Measured;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How much is asked at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Requests that are on their way at any moment.
    pub in_flight: usize,
    /// Events of each.
    pub events: usize,
}

impl Load {
    /// Requests of one event.
    #[must_use]
    pub const fn single(in_flight: usize) -> Self {
        Self { in_flight, events: 1 }
    }

    /// Requests of a hundred events.
    #[must_use]
    pub const fn hundreds(in_flight: usize) -> Self {
        Self { in_flight, events: 100 }
    }
}

/// What one client saw.
struct Seen {
    events: u64,
    latencies: Vec<Duration>,
}

/// Appends through these engines (one may be many clients' connection) for about that long: no
/// client asks again afterwards, and all that was asked counts, in the time until its last answer.
/// A client that is alone runs where this is awaited, several in tasks of their own.
///
/// # Errors
/// When an append fails, or its receipt tells another version than it must.
pub async fn drive<E: Engine>(
    engines: &[Arc<E>],
    load: Load,
    length: Duration,
) -> Result<Measured, BenchError> {
    let workload = |rank| Workload::new(rank, load.in_flight, load.events);
    let clients: Vec<_> = engines
        .iter()
        .cycle()
        .zip((0..load.in_flight).map(workload))
        .map(|(engine, workload)| client(Arc::clone(engine), workload, length))
        .collect();
    let begun = Instant::now();
    let seen = if load.in_flight == 1 {
        futures::future::try_join_all(clients).await?
    } else {
        let tasks: Vec<_> = clients.into_iter().map(tokio::spawn).collect();
        let ended = futures::future::try_join_all(tasks).await.map_err(BenchError::failed)?;
        ended.into_iter().collect::<Result<Vec<_>, _>>()?
    };
    let took = begun.elapsed();
    let events: u64 = seen.iter().map(|seen| seen.events).sum();
    let latencies = seen.into_iter().flat_map(|seen| seen.latencies).collect();
    Ok(Measured::new(events as f64, took, latencies))
}

async fn client<E: Engine>(
    engine: Arc<E>,
    mut workload: Workload,
    length: Duration,
) -> Result<Seen, BenchError> {
    let begun = Instant::now();
    let mut seen = Seen { events: 0, latencies: Vec::new() };
    while seen.events == 0 || begun.elapsed() < length {
        let request = workload.next_request();
        let events = request.payloads.len() as u64;
        let due = request.expected_version + events;
        let asked = Instant::now();
        let reply = engine.append(request).await?;
        seen.latencies.push(asked.elapsed());
        if reply.version != due {
            let found = reply.version;
            return Err(BenchError::Failed(format!("version {found} was answered, not {due}")));
        }
        seen.events += events;
    }
    Ok(seen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Null;
    use crate::wire::{AppendReply, AppendRequest};

    #[tokio::test(flavor = "multi_thread")]
    async fn every_client_asks_at_least_once_and_every_answer_counts() {
        let engines = [Arc::new(Null::default())];
        let load = Load::hundreds(5);
        let measured = drive(&engines, load, Duration::ZERO).await.unwrap();
        let position = engines[0].append(AppendRequest::default()).await.unwrap().position;
        assert_eq!(position, 500, "5 clients of 100 events each");
        assert!(measured.rate() > 0.0 && measured.percentiles().is_some());
    }

    #[tokio::test]
    async fn a_wrong_receipt_is_a_failure() {
        struct Forgetful;
        impl Engine for Forgetful {
            async fn append(&self, _: AppendRequest) -> Result<AppendReply, BenchError> {
                Ok(AppendReply { version: 1, ..AppendReply::default() })
            }
        }
        let load = Load { in_flight: 1, events: 2 };
        let said = drive(&[Arc::new(Forgetful)], load, Duration::ZERO).await.unwrap_err();
        assert_eq!(said.to_string(), "version 1 was answered, not 2");
    }
}
