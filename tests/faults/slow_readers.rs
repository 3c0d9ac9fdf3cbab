//! Readers that take one message a second of a log that grows by thousands of
//! events, on a server whose other clients must not notice.
//!
//! The server's memory grows by less than 64 MiB for all of them together. It drops
//! who leaves an event unread for a minute; each takes the log up again where it
//! was, without a gap.

use crate::common::client::Channel;
use crate::common::client::{self, Run};
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::Server;
use crate::counts;
use crate::support::fault::{Fault, is_full};
use crate::support::readers::{Far, Reader};
use proto::v1::RunExtent;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Slow readers of one life.
const READERS: u64 = 10;
/// How long they are slow: longer than the server waits for a reader.
const SLOW_FOR: Duration = Duration::from_secs(75);
/// How often a slow reader reads.
const EVERY: Duration = Duration::from_secs(1);
/// Bytes that they may cost the server.
const MAY_GROW: u64 = 64 * 1024 * 1024;
/// Rows of one push, and pushes in the share and in the long run.
const ROWS: usize = 200;
const SHARE: usize = 15;
const FULL: usize = 200;
/// How long a reader that is not slow waits for the next event.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn slow_readers() {
    let mut fault = Fault::new(counts::SLOW_READERS, "slow readers left behind, and back");
    for seed in fault.lives(READERS) {
        one_life(&mut fault, seed).await;
    }
    fault.end();
}

async fn one_life(fault: &mut Fault, seed: u64) {
    // The same pushes without slow readers: what the server needs anyway.
    let without = one_server(fault, seed, 0).await;
    let with = one_server(fault, seed, READERS).await;
    println!("without slow readers: {without}\nwith {READERS}: {with}");
    let grown = with.grown.saturating_sub(without.grown);
    assert!(grown < MAY_GROW, "slow readers cost the server {grown} bytes");
}

/// How a server was while it was pushed to.
struct Seen {
    events: usize,
    took: Duration,
    /// Bytes by which its memory grew.
    grown: u64,
    /// The 99th percentile of another client's calls.
    slowest: Duration,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { events, took, grown, slowest } = self;
        let rate = *events as f64 / took.as_secs_f64();
        let mib = grown / 1024 / 1024;
        write!(f, "{events} events at {rate:.0} a second, {mib} MiB more memory, p99 {slowest:?}")
    }
}

async fn one_server(fault: &mut Fault, seed: u64, readers: u64) -> Seen {
    let mut random = fault.random(seed);
    let outer = tempfile::tempdir().unwrap();
    let server = Server::start(&outer.path().join("data")).await;
    let (far, channel) = (Far::new(&server), server.channel().await);
    let mut told = push(&mut random, &channel, 0).await;
    let mut quick = Reader::default();
    must_have_all(&mut quick, &far, &channel).await;
    let before = resident(server.id());

    let slow_end = Instant::now() + SLOW_FOR;
    let read = |_| tokio::spawn(read_slowly(far.clone(), slow_end));
    let slow: Vec<_> = (0..readers).map(read).collect();
    let stop = Arc::new(AtomicBool::new(false));
    let watching = tokio::spawn(most_memory(server.id(), Arc::clone(&stop)));
    let pinging = tokio::spawn(ping(server.channel().await, Arc::clone(&stop)));
    let begin = Instant::now();
    let pushes = if is_full() { FULL } else { SHARE };
    for number in 1..=pushes {
        told.extend(push(&mut random, &channel, number).await);
        // The one who is quick misses nothing.
        must_have_all(&mut quick, &far, &channel).await;
    }
    let took = begin.elapsed();
    let mut left_behind = Vec::new();
    for reader in slow {
        left_behind.push(reader.await.unwrap());
    }
    // What follows is no matter of slow readers.
    stop.store(true, Ordering::Relaxed);
    let grown = watching.await.unwrap().saturating_sub(before);
    let slowest = pinging.await.unwrap();
    let log = History::read(&channel).await;
    fault.compare(&log, &told);
    for mut reader in left_behind {
        fault.hit(u64::from(reader.len() < log.len()));
        must_have_all(&mut reader, &far, &channel).await;
        assert_eq!(reader.entries(), log.entries(), "seed {seed}: a reader has another log");
        fault.acknowledged(told.len());
        fault.ran();
    }
    drop(quick);
    assert!(server.stop().success());
    Seen { events: told.len(), took, grown, slowest }
}

async fn push(random: &mut Random, channel: &Channel, number: usize) -> Vec<Entry> {
    let learners = rows::learners(random, ROWS);
    let source = format!("source-{number}");
    let run = Run::new(random, &source, RunExtent::Partial, "2025-10-01T03:00:00Z", learners);
    history::acknowledged(&client::push(channel, &run, ROWS).await)
}

/// Reads on to the head.
async fn must_have_all(reader: &mut Reader, far: &Far, channel: &Channel) {
    let head = client::head(channel).await.position;
    let begin = Instant::now();
    while reader.len() < head {
        reader.next(far, PATIENCE).await;
        assert!(begin.elapsed() < 10 * PATIENCE, "a reader gets nothing more");
    }
}

/// One message a second, for a while.
async fn read_slowly(far: Far, end: Instant) -> Reader {
    let mut reader = Reader::default();
    while Instant::now() < end {
        reader.next(&far, EVERY).await;
        tokio::time::sleep(EVERY).await;
    }
    reader
}

/// Bytes of memory that a process has now.
fn resident(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kib: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// The most memory that a process ever has.
async fn most_memory(process: u32, stop: Arc<AtomicBool>) -> u64 {
    let mut most = 0;
    while !stop.load(Ordering::Relaxed) {
        most = resident(process).max(most);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    most
}

/// Another client, who asks for the head; gives the 99th percentile.
async fn ping(channel: Channel, stop: Arc<AtomicBool>) -> Duration {
    let mut took = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let begin = Instant::now();
        client::head(&channel).await;
        took.push(begin.elapsed());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    took.sort();
    took[took.len() * 99 / 100]
}
