//! One journal while it grows: `registre bench --growth 10000000`.
//!
//! At a tenth, half and all of its events the same is measured between probes
//! of the disk: appends, loads of streams from anywhere in the log, a retry of
//! one of the first requests, and a fresh append, one at a time. What does not
//! stay flat has something that grows with the log.

use crate::engines::{BareJournal, Engine};
use crate::error::BenchError;
use crate::harness::{Measured, Probe, median, table};
use crate::load::{Client, Load, Workload, append_as, drive, on_workers};
use crate::wire::AppendRequest;
use domain::ids::{Position, StreamId, Version};
use ledger::limits::READ_RECORDS_MAX;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// How much of the events there are when it is measured.
const PARTS: [u64; 3] = [10, 2, 1];
/// Appends on their way while the journal is filled and measured.
const IN_FLIGHT: usize = 64;
/// How long the journal grows between two looks at its size: it ends with little more than asked.
const FILLED_FOR: Duration = Duration::from_millis(100);
/// How long a probe is.
const PROBE: Duration = Duration::from_millis(350);

/// How growth is measured.
#[derive(Debug, Clone, Copy)]
pub struct Growth {
    /// Events at the end.
    pub events: u64,
    /// How often each is measured at each size.
    pub rounds: usize,
    /// How long each time.
    pub length: Duration,
}

/// What is measured, in the order of the table.
const WHAT: [&str; 4] = [
    "appends, 64 in flight",
    "streams loaded, whole",
    "retries of the first requests, 1 in flight",
    "fresh appends, 1 in flight",
];

/// Lets a journal grow in a folder and prints what was measured.
///
/// # Errors
/// When the journal or the disk fails, or an answer is not the one that must come.
pub fn grow(
    growth: Growth,
    folder: &Path,
    tell: &mut dyn FnMut(&str),
) -> Result<String, BenchError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(BenchError::failed)?;
    let mut growing = Growing {
        journal: Arc::new(BareJournal::embedded(&folder.join("log"))?),
        probe: Probe::open(folder, PROBE)?,
        runtime,
        clients: 0,
        chance: 1,
    };
    let mut rows = Vec::new();
    for part in PARTS {
        let events = growth.events / part;
        growing.fill_to(events, tell)?;
        let begun = growing.head();
        let mut rates: [Vec<[f64; 2]>; 4] = Default::default();
        for round in 1..=growth.rounds {
            tell(&format!("{events} events, round {round}"));
            let measures: [Measure; 4] =
                [Growing::append, Growing::load, Growing::retry, Growing::alone];
            for (rates, measure) in rates.iter_mut().zip(measures) {
                let before = growing.probe.run()?.rate;
                let rate = measure(&mut growing, growth.length)?.rate();
                let after = growing.probe.run()?.rate;
                rates.push([rate, rate / f64::midpoint(before, after)]);
            }
        }
        for (what, rates) in WHAT.into_iter().zip(rates) {
            let of = |at: usize| rates.iter().map(|rate| rate[at]).collect::<Vec<_>>();
            let [rate, over_f] = [0, 1].map(|at| median(&of(at)).unwrap_or(f64::NAN));
            let micros = 1e6 / rate;
            rows.push([
                format!("{begun} to {}", growing.head()),
                what.to_owned(),
                format!("{rate:.0}"),
                format!("{micros:.1}"),
                format!("{over_f:.2}"),
            ]);
        }
    }
    Ok(table(&["events", "what", "a second", "µs", "x F"], rows))
}

/// Measures for about that long.
type Measure = fn(&mut Growing, Duration) -> Result<Measured, BenchError>;

struct Growing {
    journal: Arc<BareJournal>,
    probe: Probe,
    runtime: Runtime,
    /// Ranks of clients that were used: their requests are never made again but on purpose.
    clients: usize,
    chance: u64,
}

impl Growing {
    fn head(&self) -> u64 {
        self.journal.journal().head().position.0
    }

    fn fill_to(&mut self, events: u64, tell: &mut dyn FnMut(&str)) -> Result<(), BenchError> {
        while self.head() < events {
            tell(&format!("{} events of {events}", self.head()));
            self.append(FILLED_FOR)?;
        }
        Ok(())
    }

    fn append(&mut self, length: Duration) -> Result<Measured, BenchError> {
        let first = self.clients;
        self.clients += IN_FLIGHT;
        let journal = Arc::clone(&self.journal);
        let load = Load::single(IN_FLIGHT);
        on_workers(&self.runtime, async move { append_as(first, &[journal], load, length).await })
    }

    fn alone(&mut self, length: Duration) -> Result<Measured, BenchError> {
        let first = self.clients;
        self.clients += 1;
        let journal = Arc::clone(&self.journal);
        let load = Load::single(1);
        on_workers(&self.runtime, async move { append_as(first, &[journal], load, length).await })
    }

    fn retry(&mut self, length: Duration) -> Result<Measured, BenchError> {
        // The requests of the first client that ever was, as long as they were made.
        let mut workload = Workload::new(0, IN_FLIGHT, 1);
        let mut requests = Vec::new();
        while requests.len() < 5_000 {
            let request = workload.next_request();
            if !self.journal.knows(&request)? {
                break;
            }
            requests.push(request);
        }
        let again = Again { journal: Arc::clone(&self.journal), requests: requests.into_iter() };
        on_workers(&self.runtime, async move { drive(vec![again], length).await })
    }

    /// Whole streams, each that of an event somewhere in the log.
    fn load(&mut self, length: Duration) -> Result<Measured, BenchError> {
        let journal = Arc::clone(&self.journal);
        let streams = (0..5_000).map(|_| self.somewhere()).collect::<Result<Vec<_>, _>>()?;
        let (begun, mut loaded) = (Instant::now(), 0.0);
        for stream in streams {
            let read = journal.journal();
            let all = Position(u64::MAX);
            let found = read.read_stream(stream, Version(0), all, READ_RECORDS_MAX);
            if found.map_err(BenchError::failed)?.is_empty() {
                return Err(BenchError::failed("a stream that has an event was found empty"));
            }
            loaded += 1.0;
            if begun.elapsed() >= length {
                break;
            }
        }
        Ok(Measured::new(loaded, begun.elapsed(), Vec::new()))
    }

    fn somewhere(&mut self) -> Result<StreamId, BenchError> {
        // Knuth's multiplier: any order that has no order will do.
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let before = Position((self.chance >> 33) % self.head());
        let read = self.journal.journal().read_after(before, 1).map_err(BenchError::failed)?;
        let record = read.first().ok_or_else(|| BenchError::failed("an event is not there"))?;
        Ok(record.header.stream)
    }
}

/// Sends requests again that were answered long ago.
struct Again {
    journal: Arc<BareJournal>,
    requests: std::vec::IntoIter<AppendRequest>,
}

impl Client for Again {
    type Request = AppendRequest;

    fn next(&mut self) -> Option<AppendRequest> {
        self.requests.next()
    }

    async fn ask(&mut self, request: AppendRequest) -> Result<u64, BenchError> {
        let (head, due) = (self.journal.journal().head().position, request.expected_version + 1);
        let receipt = self.journal.append(request).await?;
        if receipt.version != due || self.journal.journal().head().position != head {
            return Err(BenchError::failed("a retry was taken for a new request"));
        }
        Ok(1)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_journal_that_grows_is_measured_at_each_size() {
        let folder = tempfile::tempdir().unwrap();
        let growth = Growth { events: 3_000, rounds: 1, length: Duration::from_millis(20) };
        let said = grow(growth, folder.path(), &mut |_| {}).unwrap();
        let sizes: Vec<u64> = said
            .lines()
            .filter_map(|line| line.split(" to ").next()?.trim().parse().ok())
            .collect();
        assert_eq!(sizes.len(), 12, "{said}");
        for (least, sizes) in [300, 1_500, 3_000].iter().zip(sizes.chunks(4)) {
            assert!(sizes.iter().all(|size| size >= least), "{said}");
        }
        assert!(!said.contains("NaN"), "{said}");
    }
}
