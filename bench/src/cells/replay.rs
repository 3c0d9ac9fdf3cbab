//! The whole log, read and decoded, beside decoding alone. On one thread: a rate per core.

use super::names;
use crate::engines::{BareJournal, Closed};
use crate::error::BenchError;
use crate::harness::{Cell, Measured, Room, Unit};
use crate::load::{Load, append};
use bytes::Bytes;
use domain::ids::Position;
use ledger::codec;
use ledger::record::StoredRecord;
use prost::Message;
use proto::v1::EnrolmentAmended;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Records of one read.
const PAGE: usize = 4_096;
/// Bodies that are decoded between two looks at the clock.
const BATCH: usize = 256;

pub(super) fn cells() -> [Cell; 3] {
    let with_prost = |record: &StoredRecord| decode(&record.body);
    let to_events = |record: &StoredRecord| {
        black_box(codec::decode(record, &Closed).map_err(BenchError::failed)?);
        Ok(())
    };
    [alone(), reading(names::REPLAY, with_prost), reading(names::REPLAY_EVENTS, to_events)]
}

fn decode(body: &[u8]) -> Result<(), BenchError> {
    black_box(EnrolmentAmended::decode(body).map_err(BenchError::failed)?);
    Ok(())
}

/// How long a log is filled that will be read: half a cell's time, and not so long that its bodies
/// would not fit in memory.
pub(super) fn filling(room: &Room) -> Duration {
    (room.length / 2).min(Duration::from_secs(1))
}

/// A log that was filled, closed and opened again.
fn log(room: &Room) -> Result<BareJournal, BenchError> {
    let folder = room.folder.join("log");
    let engines = [Arc::new(BareJournal::embedded(&folder)?)];
    room.clients.block_on(append(&engines, Load::hundreds(16), filling(room)))?;
    drop(engines);
    BareJournal::embedded(&folder)
}

/// A page of the log; empty at its end.
fn page(log: &BareJournal, after: Position) -> Result<Vec<StoredRecord>, BenchError> {
    log.journal().read_after(after, PAGE).map_err(BenchError::failed)
}

/// The log from its first event, again and again.
fn reading(
    name: &str,
    each: impl Fn(&StoredRecord) -> Result<(), BenchError> + Copy + 'static,
) -> Cell {
    Cell::new(name, Unit::PerSecond, move |room: &Room| {
        let log = log(room)?;
        Ok(move |length: Duration| {
            let (mut after, mut events) = (Position(0), 0_u64);
            let begun = Instant::now();
            while events == 0 || begun.elapsed() < length {
                let page = page(&log, after)?;
                after = page.last().map_or(Position(0), |last| last.position);
                events += page.len() as u64;
                page.iter().try_for_each(each)?;
            }
            Ok(Measured::new(events as f64, begun.elapsed(), Vec::new()))
        })
    })
}

/// The same bodies from memory.
fn alone() -> Cell {
    Cell::new(names::PROST, Unit::PerSecond, |room: &Room| {
        let log = log(room)?;
        let mut bodies: Vec<Bytes> = Vec::new();
        let mut after = Position(0);
        loop {
            let page = page(&log, after)?;
            let Some(last) = page.last() else { break };
            after = last.position;
            // Copied, or each would keep the whole read in memory that it is a part of.
            bodies.extend(page.iter().map(|record| Bytes::copy_from_slice(&record.body)));
        }
        Ok(move |length: Duration| {
            let mut events = 0_u64;
            let begun = Instant::now();
            for batch in bodies.chunks(BATCH).cycle() {
                if events > 0 && begun.elapsed() >= length {
                    break;
                }
                events += batch.len() as u64;
                batch.iter().try_for_each(|body| decode(body))?;
            }
            Ok(Measured::new(events as f64, begun.elapsed(), Vec::new()))
        })
    })
}
