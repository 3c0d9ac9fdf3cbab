//! The simulated nights, pushed through the gRPC client.

use crate::console;
use crate::generator::{Push, Settings, Simulation};
use crate::remote::{answer, count};
use anyhow::Context;
use chrono::{DateTime, SecondsFormat};
use domain::ids::Instant;
use domain::runs::Extent;
use grpc::client::Client;
use ledger::time::ManualClock;
use proto::v1::{self, RowOutcome};
use std::path::Path;
use std::time::Duration;
use uuid::Uuid;

/// Microseconds between an extraction and its arrival.
const TRAVEL: i64 = 20_000_000;

/// What the year came to.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pushes: u64,
    rows: u64,
    events: u64,
    refused: u64,
    held_runs: u64,
    took: Duration,
}

/// Pushes the whole year, night by night, on the ledger's simulated clock.
pub(super) async fn pass(
    client: &Client,
    clock: &ManualClock,
    settings: Settings,
) -> anyhow::Result<Counts> {
    let simulation = Simulation::new(settings);
    let started = std::time::Instant::now();
    let bar = console::bar(simulation.nights().into(), "nights");
    let mut counts = Counts::default();
    for night in 0..simulation.nights() {
        bar.set_message(format!("{}, {} events", simulation.day(night), count(counts.events)));
        if let Some((source, run)) = simulation.rejected(night) {
            reject(client, &format!("pushRuns/{source}/{run}")).await?;
        }
        for push in simulation.pushes(night) {
            clock.set(Instant(push.extracted_at.0 + TRAVEL));
            counts.add(&send(client, &push).await?);
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    counts.took = started.elapsed();
    Ok(counts)
}

async fn send(client: &Client, push: &Push) -> anyhow::Result<Counts> {
    let at = DateTime::from_timestamp_micros(push.extracted_at.0).context("not an instant")?;
    let extent = match push.extent {
        Extent::Full => v1::RunExtent::Full,
        Extent::Partial => v1::RunExtent::Partial,
    };
    let run = v1::RunDeclaration {
        run_id: push.run_id.to_string(),
        source: push.source.clone(),
        software: "registre demo".to_owned(),
        extracted_at: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        extent: extent.into(),
        row_count: u32::try_from(push.rows.len()).ok(),
        proofs: false,
    };
    let receipt = client
        .push(&run, &push.rows, |_| {})
        .await
        .with_context(|| format!("the push of {} at {}", push.source, run.extracted_at))?;
    let refused = |answer: &&v1::RowAnswer| answer.outcome() == RowOutcome::Refused;
    Ok(Counts {
        pushes: 1,
        rows: push.rows.len() as u64,
        events: receipt.answers.iter().map(|answer| answer.events.len() as u64).sum(),
        refused: receipt.answers.iter().filter(refused).count() as u64,
        held_runs: u64::from(receipt.run.state() == v1::RunState::Held),
        took: Duration::ZERO,
    })
}

/// The CFA says that its export was broken. In a very small country too few
/// ruptures vanish with it for anything to be held.
async fn reject(client: &Client, name: &str) -> anyhow::Result<()> {
    let request = v1::GetPushRunRequest { name: name.to_owned() };
    let run = answer(client.ingestion().get_push_run(request).await)?;
    if run.state() != v1::RunState::Held {
        return Ok(());
    }
    let request_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string();
    let actor = "demo".to_owned();
    let request = v1::RejectPushRunRequest { name: name.to_owned(), request_id, actor };
    answer(client.ingestion().reject_push_run(request).await)
        .with_context(|| format!("rejecting the broken export {name}"))?;
    Ok(())
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.pushes += other.pushes;
        self.rows += other.rows;
        self.events += other.events;
        self.refused += other.refused;
        self.held_runs += other.held_runs;
    }

    /// What the year came to, in two lines.
    pub(super) fn line(&self, data: &Path) -> anyhow::Result<String> {
        let seconds = self.took.as_secs_f64().max(0.001);
        let bytes = console::folder_bytes(data)?;
        let memory = console::peak_memory_bytes()
            .map(|bytes| format!(", {} MB of memory at most", bytes >> 20))
            .unwrap_or_default();
        Ok(format!(
            "A school year passed: {} rows in {} pushes gave {} dossier events in {seconds:.0} s \
             ({:.0} rows/s).\n{} rows were refused, {} full exports held back. The folder has \
             {} MB{memory}.",
            count(self.rows),
            count(self.pushes),
            count(self.events),
            self.rows as f64 / seconds,
            count(self.refused),
            count(self.held_runs),
            bytes >> 20,
        ))
    }
}
