//! Clients that each wait for an answer before they ask again.

use super::workload::Workload;
use crate::engines::Engine;
use crate::error::BenchError;
use crate::harness::Measured;
use crate::wire::AppendRequest;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

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

/// Somebody who asks, one request after the other.
pub trait Client: Send + 'static {
    /// What is asked.
    type Request: Send;

    /// Makes the next request; its latency begins after that. `None` when there is none left.
    fn next(&mut self) -> Option<Self::Request>;

    /// Asks, and tells what the answer counts for: events, commands, dossiers.
    ///
    /// # Errors
    /// When the answer is not the one that must come.
    fn ask(
        &mut self,
        request: Self::Request,
    ) -> impl Future<Output = Result<u64, BenchError>> + Send;
}

/// Lets clients ask for about that long, each at least once: none asks again afterwards, and all
/// that was asked counts, in the time until the last answer. A client that is alone runs where this
/// is awaited, several in tasks of their own.
///
/// # Errors
/// When a client's is.
pub async fn drive<C: Client>(clients: Vec<C>, length: Duration) -> Result<Measured, BenchError> {
    let alone = clients.len() == 1;
    let begun = Instant::now();
    let asking = clients.into_iter().map(|client| ask(client, length));
    let seen = if alone {
        futures::future::try_join_all(asking).await?
    } else {
        let tasks: Vec<_> = asking.map(tokio::spawn).collect();
        let ended = futures::future::try_join_all(tasks).await.map_err(BenchError::failed)?;
        ended.into_iter().collect::<Result<Vec<_>, _>>()?
    };
    let took = begun.elapsed();
    let amount: u64 = seen.iter().map(|seen| seen.0).sum();
    let latencies = seen.into_iter().flat_map(|seen| seen.1).collect();
    Ok(Measured::new(amount as f64, took, latencies))
}

/// Does the work in a task of these clients' runtime, where their connections are: a client that is
/// alone would else hop between threads with each answer.
///
/// # Errors
/// When the work fails.
pub fn on_workers<T: Send + 'static>(
    clients: &Runtime,
    work: impl Future<Output = Result<T, BenchError>> + Send + 'static,
) -> Result<T, BenchError> {
    clients.block_on(clients.spawn(work)).map_err(BenchError::failed)?
}

async fn ask<C: Client>(
    mut client: C,
    length: Duration,
) -> Result<(u64, Vec<Duration>), BenchError> {
    let begun = Instant::now();
    let (mut amount, mut latencies) = (0, Vec::new());
    while latencies.is_empty() || begun.elapsed() < length {
        let Some(request) = client.next() else { break };
        let asked = Instant::now();
        amount += client.ask(request).await?;
        latencies.push(asked.elapsed());
    }
    Ok((amount, latencies))
}

/// Appends through these engines, among which the clients of the load are dealt.
///
/// # Errors
/// When an append fails, or its receipt tells another version than it must.
pub async fn append<E: Engine>(
    engines: &[Arc<E>],
    load: Load,
    length: Duration,
) -> Result<Measured, BenchError> {
    append_as(0, engines, load, length).await
}

/// The same by clients of other ranks: requests of one rank are the same each time.
///
/// # Errors
/// As for [`append`].
pub async fn append_as<E: Engine>(
    first: usize,
    engines: &[Arc<E>],
    load: Load,
    length: Duration,
) -> Result<Measured, BenchError> {
    let clients = engines.iter().cycle().zip(0..load.in_flight).map(|(engine, rank)| Appending {
        engine: Arc::clone(engine),
        workload: Workload::new(first + rank, load.in_flight, load.events),
    });
    drive(clients.collect(), length).await
}

struct Appending<E> {
    engine: Arc<E>,
    workload: Workload,
}

impl<E: Engine> Client for Appending<E> {
    type Request = AppendRequest;

    fn next(&mut self) -> Option<AppendRequest> {
        Some(self.workload.next_request())
    }

    async fn ask(&mut self, request: AppendRequest) -> Result<u64, BenchError> {
        let events = request.payloads.len() as u64;
        let due = request.expected_version + events;
        let found = self.engine.append(request).await?.version;
        if found != due {
            return Err(BenchError::Failed(format!("version {found} was answered, not {due}")));
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engines::Null;
    use crate::wire::AppendReply;

    #[tokio::test(flavor = "multi_thread")]
    async fn every_client_asks_at_least_once_and_every_answer_counts() {
        let engines = [Arc::new(Null::default())];
        let load = Load::hundreds(5);
        let measured = append(&engines, load, Duration::ZERO).await.unwrap();
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
        let said = append(&[Arc::new(Forgetful)], load, Duration::ZERO).await.unwrap_err();
        assert_eq!(said.to_string(), "version 1 was answered, not 2");
    }

    #[tokio::test]
    async fn a_client_with_nothing_left_ends_before_its_time() {
        struct Three(u64);
        impl Client for Three {
            type Request = u64;
            fn next(&mut self) -> Option<u64> {
                self.0 += 1;
                (self.0 <= 3).then_some(self.0)
            }
            async fn ask(&mut self, request: u64) -> Result<u64, BenchError> {
                Ok(request)
            }
        }
        let measured = drive(vec![Three(0)], Duration::from_secs(3_600)).await.unwrap();
        let seconds = 6.0 / measured.rate();
        assert!(seconds < 3_600.0, "1 + 2 + 3 in {seconds} s");
    }
}
