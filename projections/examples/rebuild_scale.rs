//! What a rebuild of every view costs, beside reading and decoding the log alone.
//!
//! `cargo run --release -p projections --example rebuild_scale -- DIR [VIEW]`
//!
//! DIR is a data folder that nobody serves, best a copy: its views are made anew. Each
//! phase prints its events a second, its CPU time and the peak of anonymous memory,
//! sampled every 50 ms.

#![allow(clippy::print_stdout, reason = "it prints its figures")]

#[path = "../../src/wiring/reading.rs"]
#[allow(unreachable_pub, reason = "the program has it in its own room")]
mod reading;

use domain::ids::Position;
use ledger::{Ledger, Options};
use projections::reference::ReferenceLibrary;
use projections::views::{View, Views};
use reading::LedgerSource;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Events read at once.
const READ: usize = 8_192;

/// Anonymous memory of this process, kB.
fn anonymous() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// CPU seconds of this process, in 100 ticks a second.
fn cpu() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    let ticks: u64 = fields.get(11..13)?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
    Some(ticks as f64 / 100.0)
}

/// The highest sample since the last question.
#[derive(Debug, Default)]
struct Peak(AtomicU64);

impl Peak {
    fn watch() -> (Arc<Self>, Arc<AtomicBool>) {
        let (peak, over) = (Arc::new(Self::default()), Arc::new(AtomicBool::new(false)));
        let (seen, stop) = (Arc::clone(&peak), Arc::clone(&over));
        std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                seen.0.fetch_max(anonymous().unwrap_or(0), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        (peak, over)
    }

    fn take(&self) -> u64 {
        self.0.swap(0, Ordering::Relaxed) / 1024
    }
}

/// A phase that began.
struct Phase(Instant, f64);

impl Phase {
    fn begin() -> Self {
        Self(Instant::now(), cpu().unwrap_or(0.0))
    }

    fn end(self, name: &str, events: u64, peak: &Peak) -> f64 {
        let (wall, cpu) = (self.0.elapsed().as_secs_f64(), cpu().unwrap_or(0.0) - self.1);
        let rate = events as f64 / wall;
        println!(
            "{name}: {events} events in {wall:.1} s, {rate:.0} events/s; CPU {cpu:.1} s, {:.1} µs \
             an event; peak RssAnon {} MB",
            cpu * 1e6 / events as f64,
            peak.take()
        );
        rate
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("name a data folder")?);
    let view: Option<View> = args.next().map(|name| name.parse()).transpose()?;
    let (peak, over) = Peak::watch();
    let phase = Phase::begin();
    let ledger = Arc::new(Ledger::open(&folder, &Options::default())?);
    let events = ledger.head().position.0;
    phase.end("open the ledger", events, &peak);

    let (phase, mut at) = (Phase::begin(), Position(0));
    while let Some(last) = ledger.read_after(at, READ)?.last() {
        at = last.position;
    }
    let read = phase.end("read and decode the log", events, &peak);

    let source = Arc::new(LedgerSource::new(Arc::clone(&ledger)));
    let references = ReferenceLibrary::new(&folder.join("references"));
    let phase = Phase::begin();
    let views = Views::open(&folder.join("views"), source, references).await?;
    views.rebuild(view, |_| {}).await?;
    let name = view.map_or("every view", View::name);
    let rebuilt = phase.end(&format!("rebuild {name}"), events, &peak);
    println!("rebuild over reading: {:.2}", rebuilt / read);
    views.close().await;
    for view in View::ALL {
        let files = std::fs::read_dir(folder.join("views").join(view.name()))?;
        let bytes: u64 = files.filter_map(|file| file.ok()?.metadata().ok()).map(|m| m.len()).sum();
        println!("{view}: {} MB", bytes / 1_000_000);
    }
    over.store(true, Ordering::Relaxed);
    Ok(())
}
