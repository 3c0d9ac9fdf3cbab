//! Folding events into the view: a batch at a time, or all again.

use super::batch::HeadcountBatch;
use super::builder::HeadcountBuilder;
use super::error::{HeadcountError, Result};
use super::files::{TILE, open_tile, sweep, write_delta, write_named};
use super::groups::PersonGroups;
use super::manifest::{Manifest, merge_position};
use super::packed::{Packer, sort};
use super::quarter::Quarter;
use super::row::Row;
use super::tile::{Tile, TileBytes, image};
use super::view::{HeadcountView, Snapshot};
use crate::runner::{of_streams, steps_of};
use crate::source::{EventSource, Recorded};
use domain::ids::Position;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::{Arc, PoisonError};

/// All head-counts made again, while the view answers from its former files.
#[derive(Debug)]
pub struct Remaking {
    builder: HeadcountBuilder,
    reached: Position,
    /// All batches are there, and files are being written.
    ended: bool,
}

/// The part of a batch after a position, which it must follow without a gap.
fn news(batch: &[Recorded], reached: Position) -> Result<&[Recorded]> {
    let seen = batch.partition_point(|recorded| recorded.position <= reached);
    let news = batch.get(seen..).unwrap_or_default();
    for (expected, recorded) in (reached.0 + 1..).zip(news) {
        if recorded.position.0 != expected {
            let (expected, found) = (Position(expected), recorded.position);
            return Err(HeadcountError::Gap { expected, found });
        }
    }
    Ok(news)
}

fn fold<'a>(
    news: &'a [Recorded],
    source: &dyn EventSource,
    groups: &'a dyn PersonGroups,
) -> Result<HeadcountBatch<'a>> {
    let mut batch = HeadcountBatch::of(news, groups);
    for events in of_streams(news) {
        batch.see(&steps_of(&events, source)?);
    }
    Ok(batch)
}

impl Remaking {
    /// The last position folded.
    #[must_use]
    pub const fn reached(&self) -> Position {
        self.reached
    }

    /// Whether it was given to [`HeadcountView::exchange_for`], which failed.
    pub(crate) const fn ended(&self) -> bool {
        self.ended
    }

    /// Folds the next events, as [`HeadcountView::apply`] does.
    ///
    /// # Errors
    /// As [`HeadcountView::apply`]; what is made is then of no use, unless a file could not
    /// be written: then the batch may be given again.
    pub fn apply(
        &mut self,
        batch: &[Recorded],
        source: &dyn EventSource,
        groups: &dyn PersonGroups,
    ) -> Result<()> {
        let batch = fold(news(batch, self.reached)?, source, groups)?;
        self.add(batch, source)
    }

    /// Adds a batch whose dossiers were all seen, right after what is reached.
    pub(crate) fn add(
        &mut self,
        batch: HeadcountBatch<'_>,
        source: &dyn EventSource,
    ) -> Result<()> {
        let Some(last) = batch.events.last() else { return Ok(()) };
        // Before anything else: what finds no room is then nothing of this batch.
        self.builder.make_room()?;
        self.reached = last.position;
        for recorded in batch.events {
            self.builder.coverage.fold(recorded);
            self.builder.references.fold(recorded);
        }
        batch.rows(source)?.iter().try_for_each(|row| self.builder.keep(row))
    }
}

impl HeadcountView {
    /// Folds the next events of the log, without a gap after the checkpoint
    /// (those up to it are skipped), up to the end of a request
    /// ([`EventSource::read_requests`]). `groups` must reflect the whole batch.
    /// Either the whole batch is durable when this returns, or nothing of it.
    ///
    /// # Errors
    /// When there is a gap, the ledger cannot be read or a file not written;
    /// the view then stays at its checkpoint.
    pub fn apply(
        &self,
        batch: &[Recorded],
        source: &dyn EventSource,
        groups: &dyn PersonGroups,
    ) -> Result<()> {
        self.add(fold(news(batch, self.checkpoint())?, source, groups)?, source)
    }

    /// Adds a batch whose dossiers were all seen, right after the checkpoint.
    pub(crate) fn add(&self, batch: HeadcountBatch<'_>, source: &dyn EventSource) -> Result<()> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(last) = batch.events.last() else { return Ok(()) };
        let before = self.snapshot();
        let mut manifest = before.manifest.clone();
        manifest.checkpoint = last.position.0;
        for recorded in batch.events {
            manifest.coverage.fold(recorded);
            manifest.references.fold(recorded);
        }
        let mut fresh: BTreeMap<Quarter, Vec<Row>> = BTreeMap::new();
        for row in batch.rows(source)? {
            fresh.entry(row.quarter).or_default().push(row);
        }
        let committed = self.commit(&before, manifest, fresh);
        if committed.is_err() {
            self.give_back(&before)?;
        }
        self.exchange(committed?);
        Ok(())
    }

    /// Removes what a commit that failed wrote, and would take room. It may have come as
    /// far as its manifest: what that one names stays.
    fn give_back(&self, before: &Snapshot) -> Result<()> {
        let standing = Manifest::read(&self.dir)?;
        let stands = |name: &str| standing.as_ref().is_some_and(|manifest| manifest.names(name));
        sweep(&self.dir, &|name| before.manifest.names(name) || stands(name))
    }

    /// Begins to make the view again from the beginning of the log: give it all
    /// batches, then give it to [`Self::exchange_for`].
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn remake(&self) -> Result<Remaking> {
        let builder = HeadcountBuilder::new(&self.dir)?;
        Ok(Remaking { builder, reached: Position(0), ended: false })
    }

    /// Puts what was made again in place of what is there.
    ///
    /// # Errors
    /// When a file cannot be written; the former files then stay. It may be called again,
    /// and goes on where it was; no batch is added in between.
    pub fn exchange_for(&self, made: &mut Remaking) -> Result<()> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        made.ended = true;
        made.builder.finish(made.reached, self.merge_every)?;
        let manifest = Manifest::read(&self.dir)?;
        let manifest = manifest.unwrap_or_else(|| Manifest::empty(self.merge_every));
        self.exchange(Snapshot::open(&self.dir, manifest)?);
        Ok(())
    }

    /// Writes what a batch adds and gives the snapshot that holds it.
    fn commit(
        &self,
        before: &Snapshot,
        mut manifest: Manifest,
        mut fresh: BTreeMap<Quarter, Vec<Row>>,
    ) -> Result<Snapshot> {
        manifest.merged = merge_position(manifest.checkpoint, self.merge_every);
        let merges = manifest.merged > before.manifest.merged;
        let mut changed: BTreeSet<Quarter> = fresh.keys().copied().collect();
        if merges {
            changed.extend(before.delta.keys().copied());
        }
        let (mut tiles, mut delta) = (before.tiles.clone(), before.delta.clone());
        for quarter in &changed {
            let fresh = fresh.remove(quarter).unwrap_or_default();
            let merged = (merges).then_some(manifest.merged);
            let parts = Parts::of(before, *quarter, &fresh, merged)?;
            if let Some(bytes) = parts.tile {
                let write = |out: &mut dyn Write| out.write_all(&bytes);
                let name = write_named(&self.dir, &quarter.to_string(), TILE, write)?;
                tiles.insert(*quarter, open_tile(&self.dir, &name)?);
                manifest.tiles.insert(quarter.0, name);
            }
            match parts.delta {
                Some(bytes) => {
                    let tile = Tile::open(TileBytes::Memory(bytes), &self.dir.join("rows.delta"))?;
                    delta.insert(*quarter, Arc::new(tile));
                }
                None => {
                    delta.remove(quarter);
                }
            }
        }
        if !changed.is_empty() {
            let images: BTreeMap<Quarter, Vec<u8>> = delta
                .iter()
                .filter_map(|(quarter, tile)| Some((*quarter, tile.image()?.to_vec())))
                .collect();
            manifest.delta = match images.is_empty() {
                true => None,
                false => Some(write_delta(&self.dir, &images)?),
            };
        }
        manifest.write(&self.dir)?;
        sweep(&self.dir, &|name| manifest.names(name))?;
        Ok(Snapshot { manifest, tiles, delta })
    }
}

/// The new bytes of one quarter.
struct Parts {
    /// Its tile, when rows are merged into it.
    tile: Option<Vec<u8>>,
    /// Its part of the delta, when rows are left for it.
    delta: Option<Vec<u8>>,
}

impl Parts {
    fn of(before: &Snapshot, quarter: Quarter, fresh: &[Row], merged: Option<u64>) -> Result<Self> {
        let mut packer = Packer::default();
        let mut rows = Vec::new();
        if let Some(delta) = before.delta.get(&quarter) {
            delta.repack(&mut packer, |row| rows.push(row))?;
        }
        for row in fresh {
            rows.push(packer.pack(row)?);
        }
        let merged = merged.unwrap_or(before.manifest.merged);
        if !sort(&mut rows, merged).0.is_empty()
            && let Some(tile) = before.tiles.get(&quarter)
        {
            tile.repack(&mut packer, |row| rows.push(row))?;
        }
        let (names, ranks) = packer.ranked();
        rows.iter_mut().for_each(|row| *row = ranks.of(*row));
        let (old, rest) = sort(&mut rows, merged);
        let finish = |rows: &mut [u128]| match rows.is_empty() {
            true => Ok(None),
            false => image(quarter, rows, &names).map(Some),
        };
        Ok(Self { tile: finish(old)?, delta: finish(rest)? })
    }
}
