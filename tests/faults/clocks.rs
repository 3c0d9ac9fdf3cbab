//! A clock that jumps: back an hour, on ten years, over a leap second, through
//! the nights when local time changes.
//!
//! The ledger takes its clock as a parameter, so the server runs inside the
//! test with a clock that the test sets; the client speaks gRPC as ever.

use crate::common::client::{self, Run};
use crate::common::client::{Channel, Key};
use crate::common::history::{self, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::counts;
use crate::support::fault::Fault;
use chrono::DateTime;
use domain::ids::{Instant, Position};
use ledger::ManualClock;
use proto::v1::RunExtent;
use registre::wiring::{Front, House, Served};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::Endpoint;

/// Pushes between which the clock moves.
const STEPS: usize = 30;
/// An hour, in microseconds.
const HOUR: i64 = 3_600_000_000;

/// What a clock may show, one reading after the other.
const LEAP: &[&str] = &[
    // The second 23:59:60 of 31 December 2016, as a clock shows it that repeats a second.
    "2016-12-31T23:59:59.500Z",
    "2016-12-31T23:59:59.999Z",
    "2016-12-31T23:59:59.000Z",
    "2017-01-01T00:00:00.000Z",
    // As one shows it that is a second ahead and steps back.
    "2017-01-01T00:00:00.900Z",
    "2016-12-31T23:59:59.950Z",
];
/// 2 o'clock becomes 3 in France, on a machine whose clock takes local time for UTC.
const SPRING: &[&str] =
    &["2025-03-30T00:59:59.999Z", "2025-03-30T01:00:00.001Z", "2025-03-30T03:00:00.002Z"];
/// 3 o'clock becomes 2 again.
const AUTUMN: &[&str] = &[
    "2025-10-26T00:59:59.999Z",
    "2025-10-26T02:59:59.999Z",
    "2025-10-26T02:00:00.000Z",
    "2025-10-26T01:00:00.001Z",
];

#[tokio::test(flavor = "multi_thread")]
async fn clocks() {
    Fault::each(counts::CLOCKS, "readings before the one last recorded", one_run).await;
}

async fn one_run(fault: &mut Fault, seed: u64) {
    let mut random = fault.random(seed);
    let readings = readings(&mut random);
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(readings[0]));
    let mut node = Node::open(folder.path(), &clock).await;
    let (mut told, mut newest) = (Vec::new(), Instant(i64::MIN));
    for (step, now) in readings.iter().enumerate() {
        clock.set(*now);
        if random.below(8) == 0 {
            node.close().await;
            node = Node::open(folder.path(), &clock).await;
        }
        fault.hit(u64::from(*now < newest));
        newest = newest.max(*now);
        // Each step is a new source: it is the order of writing that is looked at.
        let learners = rows::learners(&mut random, 2);
        let at = "2015-01-01T00:00:00Z";
        let source = format!("step-{step}");
        let run = Run::new(&mut random, &source, RunExtent::Partial, at, learners);
        let answers = client::push(&node.channel, &run, 2).await;
        told.extend(history::acknowledged(&answers));
        must_be_in_order(&node, newest);
    }
    let log = History::read(&node.channel).await;
    log.must_be_the_head(&node.channel).await;
    fault.compare(&log, &told);
    fault.acknowledged(told.len());
    node.close().await;
    // Opened by a clock that is behind everything, it is the same log.
    clock.set(Instant(0));
    let node = Node::open(folder.path(), &clock).await;
    let again = History::read(&node.channel).await;
    assert_eq!(again.entries(), log.entries(), "seed {seed}");
    must_be_in_order(&node, newest);
    node.close().await;
}

/// Readings of thirty moments: the scripts in any order, hours back and decades on.
fn readings(random: &mut Random) -> Vec<Instant> {
    let mut readings = vec![read("2016-11-01T00:00:00Z")];
    let ten_years = 87_660 * HOUR;
    while readings.len() < STEPS {
        let last = readings[readings.len() - 1].0;
        match random.below(6) {
            0 => readings.push(Instant(last - HOUR)),
            1 => readings.push(Instant(last + ten_years)),
            2 => readings.extend(LEAP.iter().map(|at| read(at))),
            3 => readings.extend(SPRING.iter().map(|at| read(at))),
            4 => readings.extend(AUTUMN.iter().map(|at| read(at))),
            _ => readings.push(Instant(last + 1 + random.below(HOUR as u64) as i64)),
        }
    }
    readings
}

fn read(at: &str) -> Instant {
    Instant(DateTime::parse_from_rfc3339(at).unwrap().timestamp_micros())
}

/// Positions are dense, `recorded_at` never decreases, is never ahead of every
/// reading so far, and leads to the last position that was recorded by then.
fn must_be_in_order(node: &Node, newest: Instant) {
    let ledger = node.house.ledger();
    let events = ledger.read_after(Position(0), usize::MAX).unwrap();
    assert_eq!(events.len() as u64, ledger.head().position.0);
    for (rank, event) in (1..).zip(&events) {
        assert_eq!(event.position, Position(rank));
    }
    let times: Vec<Instant> = events.iter().map(|event| event.header.recorded_at).collect();
    assert!(times.is_sorted(), "recorded_at decreases: {times:?}");
    assert_eq!(times.last(), Some(&newest), "recorded_at is max(previous, clock)");
    for event in &events {
        let at = event.header.recorded_at;
        let last = times.partition_point(|time| *time <= at) as u64;
        assert_eq!(ledger.position_at(at).unwrap(), Position(last), "known at {at:?}");
    }
}

/// A server inside the test, on a folder that outlives it.
struct Node {
    channel: Channel,
    house: House,
    served: Served,
}

impl Node {
    async fn open(folder: &Path, clock: &Arc<ManualClock>) -> Self {
        let house = opened(&folder.join("data"), clock).await;
        let served = house.serve(Front::local("127.0.0.1:0".parse().unwrap())).await.unwrap();
        let url = format!("http://{}", served.address);
        let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
        let channel = Key::local(&folder.join("data")).on(channel);
        Self { channel, house, served }
    }

    async fn close(self) {
        let Self { channel, house, served } = self;
        drop(channel);
        served.stop().await.unwrap();
        house.close().await;
    }
}

/// Tasks of the node before may still hold the folder for a moment: they are told
/// to end, and nobody waits for them in a process that ends itself.
async fn opened(data: &Path, clock: &Arc<ManualClock>) -> House {
    for _ in 0..500 {
        match House::open(data, clock.clone()).await {
            Err(error) if format!("{error:#}").contains("another process") => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            opened => return opened.unwrap(),
        }
    }
    panic!("the node before never lets go of its folder");
}
