//! One thing to measure.

use super::statistics::percentile;
use crate::error::BenchError;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;

/// What a cell counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Events, commands, dossiers or messages a second.
    PerSecond,
    /// Millions of bytes a second.
    Megabytes,
    /// A ratio of its own; nothing a second.
    Times,
}

/// What came of measuring.
#[derive(Debug, Clone)]
pub struct Measured {
    amount: f64,
    beside: Option<f64>,
    took: Duration,
    /// Sorted.
    latencies: Vec<Duration>,
}

impl Measured {
    /// An amount (of events, of megabytes) in a time, and how long each acknowledged request took.
    #[must_use]
    pub fn new(amount: f64, took: Duration, mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self { amount, beside: None, took, latencies }
    }

    /// A ratio ([`Unit::Times`]).
    #[must_use]
    pub const fn times(ratio: f64) -> Self {
        let took = Duration::from_secs(1);
        Self { amount: ratio, beside: None, took, latencies: Vec::new() }
    }

    /// With another amount that the same time gave.
    #[must_use]
    pub fn with_beside(self, amount: f64) -> Self {
        Self { beside: Some(amount), ..self }
    }

    /// The amount a second.
    #[must_use]
    pub fn rate(&self) -> f64 {
        self.a_second(self.amount)
    }

    /// The other amount a second.
    #[must_use]
    pub fn beside(&self) -> Option<f64> {
        self.beside.map(|amount| self.a_second(amount))
    }

    fn a_second(&self, amount: f64) -> f64 {
        amount / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// p50 and p99 of the latencies, when there are any.
    #[must_use]
    pub fn percentiles(&self) -> Option<(Duration, Duration)> {
        Some((percentile(&self.latencies, 0.5)?, percentile(&self.latencies, 0.99)?))
    }
}

/// What a cell may use.
#[derive(Debug, Clone)]
pub struct Room {
    /// An empty folder of its own, on the disk that is measured; removed after it.
    pub folder: PathBuf,
    /// How long it will be measured.
    pub length: Duration,
    /// Where clients run. Servers have a runtime of their own.
    pub clients: Arc<Runtime>,
}

/// A cell that is prepared: measuring it costs nothing that is not to be measured. It is dropped
/// after the probe that follows.
pub trait Ready {
    /// Measures for about that long. Called once.
    ///
    /// # Errors
    /// When what is measured fails.
    fn measure(&mut self, length: Duration) -> Result<Measured, BenchError>;
}

impl<F: FnMut(Duration) -> Result<Measured, BenchError>> Ready for F {
    fn measure(&mut self, length: Duration) -> Result<Measured, BenchError> {
        self(length)
    }
}

type Prepare = Box<dyn Fn(&Room) -> Result<Box<dyn Ready>, BenchError>>;

/// One thing to measure.
pub struct Cell {
    /// What the table and `--only` call it.
    pub name: String,
    /// The name of the row of its other amount, when it gives one.
    pub beside: Option<String>,
    /// What it counts.
    pub unit: Unit,
    prepare: Prepare,
}

impl fmt::Debug for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cell").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Cell {
    /// A cell that is prepared anew in each round.
    pub fn new<R: Ready + 'static>(
        name: impl Into<String>,
        unit: Unit,
        prepare: impl Fn(&Room) -> Result<R, BenchError> + 'static,
    ) -> Self {
        let prepare: Prepare = Box::new(move |room| Ok(Box::new(prepare(room)?)));
        Self { name: name.into(), beside: None, unit, prepare }
    }

    /// A cell that gives a second row: another amount of the same time.
    #[must_use]
    pub fn with_beside(self, name: impl Into<String>) -> Self {
        Self { beside: Some(name.into()), ..self }
    }

    /// The names of its rows.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [Some(&self.name), self.beside.as_ref()].into_iter().flatten().map(String::as_str)
    }

    /// Makes it ready.
    ///
    /// # Errors
    /// When what is measured cannot be set up.
    pub fn prepare(&self, room: &Room) -> Result<Box<dyn Ready>, BenchError> {
        (self.prepare)(room)
    }
}
