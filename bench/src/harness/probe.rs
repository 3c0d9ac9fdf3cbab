//! F: how often the disk makes 4 KiB durable.

use super::cell::Measured;
use crate::error::BenchError;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Bytes of one write.
const PAGE: usize = 4096;
/// Bytes of the file; writes go round in it.
const FILE_BYTES: usize = 16 << 20;

/// A file that is full of zeros and synced, so that a sync writes no metadata: what a journal that
/// prepares its segments writes into.
#[derive(Debug)]
pub struct Probe {
    file: File,
    length: Duration,
    next: usize,
}

/// What a probe saw.
#[derive(Debug, Clone, Copy)]
pub struct Probed {
    /// Writes with their sync, a second.
    pub rate: f64,
    /// Median latency.
    pub p50: Duration,
    /// 99th percentile.
    pub p99: Duration,
}

impl Probe {
    /// Makes the file; each probe will last `length`.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn open(folder: &Path, length: Duration) -> Result<Self, BenchError> {
        let made = || {
            let path = folder.join("probe");
            let mut file = File::options().create(true).truncate(true).write(true).open(path)?;
            file.write_all(&vec![0; FILE_BYTES])?;
            file.sync_all()?;
            Ok(file)
        };
        let file = made().map_err(BenchError::io("the probe's file cannot be made"))?;
        Ok(Self { file, length, next: 0 })
    }

    /// Writes and syncs, one after the other, for the length of a probe.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn run(&mut self) -> Result<Probed, BenchError> {
        let failed = BenchError::io("a probe of the disk failed");
        let page = [0xA5; PAGE];
        let begun = Instant::now();
        let mut latencies = Vec::new();
        while latencies.is_empty() || begun.elapsed() < self.length {
            let started = Instant::now();
            self.file.write_all_at(&page, self.next as u64).map_err(&failed)?;
            self.file.sync_data().map_err(&failed)?;
            latencies.push(started.elapsed());
            self.next = (self.next + PAGE) % FILE_BYTES;
        }
        let done = latencies.len() as u64;
        let measured = Measured::new(done as f64, begun.elapsed(), latencies);
        let (p50, p99) = measured.percentiles().unwrap_or_default();
        Ok(Probed { rate: measured.rate(), p50, p99 })
    }
}
