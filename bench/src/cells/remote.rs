//! Appends over gRPC, and what a stream can carry.
//!
//! Server and clients are in this process, each on a runtime of its own, so that they share the
//! machine as a server and its neighbour do.

use super::names;
use crate::engines::{BareJournal, Engine, Null};
use crate::error::BenchError;
use crate::harness::{Cell, Measured, Room, Unit};
use crate::load::{Load, append, on_workers};
use crate::wire::{BareLogClient, CeilingRequest, Remote, Server, connect};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes of the messages of the ceiling.
const MESSAGE_BYTES: u32 = 500;

/// A load, and over how many connections it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    /// The load.
    pub load: Load,
    /// Connections, among which the requests in flight are dealt.
    pub connections: usize,
}

/// One client.
pub const ONE: Layout = Layout { load: Load::single(1), connections: 1 };
/// 16 clients, each with a connection.
pub const SIXTEEN: Layout = Layout { load: Load::single(16), connections: 16 };
/// 64 requests in flight that share 4 connections.
pub const SHARED: Layout = Layout { load: Load::single(64), connections: 4 };
/// One client, 100 events a request.
pub const ONE_OF_HUNDREDS: Layout = Layout { load: Load::hundreds(1), connections: 1 };
/// 16 clients, 100 events a request.
pub const SIXTEEN_OF_HUNDREDS: Layout = Layout { load: Load::hundreds(16), connections: 16 };

/// The layouts that every engine behind gRPC is measured with.
pub const LAYOUTS: [Layout; 5] = [ONE, SIXTEEN, SHARED, ONE_OF_HUNDREDS, SIXTEEN_OF_HUNDREDS];

pub(super) fn cells() -> impl Iterator<Item = Cell> {
    LAYOUTS.into_iter().flat_map(|layout| {
        [
            remote(names::NULL, layout, |_| Ok(Null::default())),
            remote(names::JOURNAL, layout, |folder| BareJournal::embedded(&folder.join("log"))),
        ]
    })
}

/// An engine that is opened in the folder of its cell and served, under a load.
fn remote<E: Engine>(
    name: &str,
    layout: Layout,
    open: impl Fn(&Path) -> Result<E, BenchError> + 'static,
) -> Cell {
    Cell::new(names::remote(name, layout), Unit::PerSecond, move |room: &Room| {
        let server = Server::start(Arc::new(open(&room.folder)?))?;
        let clients = Arc::clone(&room.clients);
        let channels = clients.block_on(connect(server.address, layout.connections))?;
        let engines: Vec<_> = channels.into_iter().map(|one| Arc::new(Remote::over(one))).collect();
        Ok(move |length: Duration| {
            let _serving = &server;
            on_workers(&clients, append_owned(engines.clone(), layout.load, length))
        })
    })
}

async fn append_owned<E: Engine>(
    engines: Vec<Arc<E>>,
    load: Load,
    length: Duration,
) -> Result<Measured, BenchError> {
    append(&engines, load, length).await
}

/// The same message, as often as one reader of one stream can take it.
pub(super) fn ceiling() -> Cell {
    Cell::new(names::CEILING, Unit::PerSecond, |room: &Room| {
        let server = Server::start(Arc::new(Null::default()))?;
        let clients = Arc::clone(&room.clients);
        let channels = clients.block_on(connect(server.address, 1))?;
        Ok(move |length: Duration| {
            let _serving = &server;
            let channels = channels.clone();
            on_workers(&clients, async move {
                let mut messages = 0_u64;
                let begun = Instant::now();
                for channel in channels {
                    let request = CeilingRequest { bytes: MESSAGE_BYTES };
                    let stream = BareLogClient::new(channel).ceiling(request).await;
                    let mut stream = stream.map_err(BenchError::failed)?.into_inner();
                    while messages == 0 || begun.elapsed() < length {
                        let message = stream.message().await.map_err(BenchError::failed)?;
                        let message = message.ok_or_else(|| BenchError::failed("it ended"))?;
                        messages += u64::from(message.payload.len() == MESSAGE_BYTES as usize);
                    }
                }
                Ok(Measured::new(messages as f64, begun.elapsed(), Vec::new()))
            })
        })
    })
}
