//! `StreamRecords`: the whole log, read by one client.

use super::super::names;
use super::super::replay::filling;
use super::house::{Channel, House};
use crate::engines::BareJournal;
use crate::error::BenchError;
use crate::harness::{Cell, Measured, Room, Unit};
use crate::load::{Load, append, on_workers};
use crate::premises::{Premises, Views};
use ledger::{Ledger, Options};
use proto::v1::StreamRecordsRequest;
use proto::v1::history_service_client::HistoryServiceClient;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The log of a ledger, appended to bare and served by the real server, again and again from its
/// first event. Its views are left: they have nothing to say of this.
pub(in super::super) fn replay(premises: &Arc<dyn Premises>) -> Cell {
    let premises = Arc::clone(premises);
    Cell::new(names::REPLAY_REMOTE, Unit::PerSecond, move |room: &Room| {
        let folder = room.folder.join("ledger");
        fill(room, &folder)?;
        let house = House::start(premises.as_ref(), &folder, Views::Left)?;
        let clients = Arc::clone(&room.clients);
        let channels = house.connect(&clients, 1)?;
        Ok(move |length: Duration| {
            let _serving = &house;
            on_workers(&clients, read(channels.clone(), length))
        })
    })
}

/// A log to read.
fn fill(room: &Room, folder: &Path) -> Result<(), BenchError> {
    let ledger = Ledger::open(folder, &Options::default()).map_err(BenchError::failed)?;
    let engines = [Arc::new(BareJournal::over(Arc::clone(ledger.journal())))];
    room.clients.block_on(append(&engines, Load::hundreds(16), filling(room)))?;
    Ok(())
}

async fn read(channels: Vec<Channel>, length: Duration) -> Result<Measured, BenchError> {
    let mut events = 0_u64;
    let begun = Instant::now();
    for channel in channels {
        let mut history = HistoryServiceClient::new(channel);
        while events == 0 || begun.elapsed() < length {
            let request = StreamRecordsRequest::default();
            let stream = history.stream_records(request).await.map_err(BenchError::failed)?;
            let mut stream = stream.into_inner();
            let mut due = 1;
            while let Some(answer) = stream.message().await.map_err(BenchError::failed)? {
                for record in answer.records {
                    let found = record.position;
                    if found != due {
                        return Err(BenchError::Failed(format!("event {found} came, not {due}")));
                    }
                    due += 1;
                    events += 1;
                }
                if begun.elapsed() >= length {
                    break;
                }
            }
        }
    }
    Ok(Measured::new(events as f64, begun.elapsed(), Vec::new()))
}
