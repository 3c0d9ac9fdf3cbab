//! Appends without a network: the journal beside the least that a log can be.

use super::names;
use crate::engines::{BareJournal, Engine, RawLog};
use crate::error::BenchError;
use crate::harness::{Cell, Room, Unit};
use crate::load::{Load, append};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// The loads that every engine in process is measured with.
pub const LOADS: [Load; 3] = [Load::single(1), Load::single(64), Load::hundreds(16)];

pub(super) fn cells() -> impl Iterator<Item = Cell> {
    LOADS.into_iter().flat_map(|load| {
        [
            in_process(names::RAW_LOG, load, RawLog::open),
            in_process(names::JOURNAL, load, |folder| BareJournal::embedded(&folder.join("log"))),
        ]
    })
}

/// An engine that is opened in the folder of its cell, under a load.
pub fn in_process<E: Engine>(
    name: &str,
    load: Load,
    open: impl Fn(&Path) -> Result<E, BenchError> + 'static,
) -> Cell {
    Cell::new(names::in_process(name, load), Unit::PerSecond, move |room: &Room| {
        let engines = [Arc::new(open(&room.folder)?)];
        let clients = Arc::clone(&room.clients);
        Ok(move |length: Duration| clients.block_on(append(&engines, load, length)))
    })
}
