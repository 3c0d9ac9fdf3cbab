//! Folding events into the view: a batch at a time, or all again.

use super::builder::HeadcountBuilder;
use super::error::{HeadcountError, Result};
use super::files::{DELTA, TILE, delta_bytes, open_tile, sweep, write_named};
use super::groups::PersonGroups;
use super::intervals::{GroupHistory, rows_of_group};
use super::manifest::{Manifest, merge_position};
use super::packed::{Packer, Tail};
use super::quarter::Quarter;
use super::row::Row;
use super::tile::{Tile, TileBytes, image};
use super::view::{HeadcountView, Snapshot};
use crate::source::{EventSource, Recorded};
use domain::event::Event;
use domain::ids::{Category, Position, StreamKey};
use domain::persons::PersonLinkEvent;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

/// Events read at once by a rebuild.
const READ_AT_ONCE: usize = 8_192;

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
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.snapshot();
        let checkpoint = before.manifest.checkpoint;
        let seen = batch.partition_point(|recorded| recorded.position.0 <= checkpoint);
        let Some((batch, end)) =
            batch.get(seen..).and_then(|batch| batch.last().map(|last| (batch, last.position)))
        else {
            return Ok(());
        };
        for (expected, recorded) in (checkpoint + 1..).zip(batch) {
            if recorded.position.0 != expected {
                let (expected, found) = (Position(expected), recorded.position);
                return Err(HeadcountError::Gap { expected, found });
            }
        }
        let mut manifest = before.manifest.clone();
        manifest.checkpoint = end.0;
        for recorded in batch {
            manifest.coverage.fold(recorded);
            manifest.references.fold(recorded);
        }
        let mut fresh: BTreeMap<Quarter, Vec<Row>> = BTreeMap::new();
        rows_of(affected(batch), end, source, groups, &mut |row| {
            if u64::from(row.known) > checkpoint {
                fresh.entry(row.quarter).or_default().push(row);
            }
            Ok(())
        })?;
        let snapshot = self.commit(&before, manifest, fresh)?;
        self.exchange(snapshot);
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
                let name = write_named(&self.dir, &quarter.to_string(), TILE, &bytes)?;
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
                false => Some(write_named(&self.dir, "rows", DELTA, &delta_bytes(&images))?),
            };
        }
        manifest.write(&self.dir)?;
        sweep(&self.dir, &|name| manifest.names(name))?;
        Ok(Snapshot { manifest, tiles, delta })
    }

    /// Makes the view again from the log, up to its head at the start and no further
    /// than `groups` reflect it: what came meanwhile is for [`Self::apply`].
    /// `progress` hears (done, all) of two passes: the log is read once for the
    /// enrolments that there are, then each person group once. The view answers
    /// from its former files until the new ones are complete.
    ///
    /// # Errors
    /// When the ledger cannot be read or a file not written; the former files
    /// then stay.
    pub fn rebuild(
        &self,
        source: &dyn EventSource,
        groups: &dyn PersonGroups,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let _writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let end = source.head().min(groups.position());
        let mut builder = HeadcountBuilder::new(&self.dir)?;
        let mut enrolments = Vec::new();
        let mut read = Position(0);
        while read < end {
            let events = source.read_after(read, READ_AT_ONCE)?;
            let Some(last) = events.last() else { break };
            read = last.position;
            for recorded in events.iter().take_while(|recorded| recorded.position <= end) {
                builder.coverage.fold(recorded);
                builder.references.fold(recorded);
                if recorded.stream.category == Category::Enrolment && recorded.version.0 == 1 {
                    enrolments.push(recorded.stream.key);
                }
            }
            progress(read.0.min(end.0), end.0 * 2);
        }
        enrolments.sort_unstable();
        let (total, mut done) = (enrolments.len().max(1) as u64, 0);
        let each = enrolments.into_iter().inspect(|_| {
            done += 1;
            if done % 1_024 == 0 {
                progress(end.0 + end.0 * done / total, end.0 * 2);
            }
        });
        rows_of(each, end, source, groups, &mut |row| builder.push(&row))?;
        builder.finish(end, self.merge_every)?;
        progress(end.0 * 2, end.0 * 2);
        let manifest = Manifest::read(&self.dir)?;
        let manifest = manifest.unwrap_or_else(|| Manifest::empty(self.merge_every));
        self.exchange(Snapshot::open(&self.dir, manifest)?);
        Ok(())
    }
}

/// The enrolments whose rows a batch may change, with those linked to them.
fn affected(batch: &[Recorded]) -> BTreeSet<StreamKey> {
    let mut keys = BTreeSet::new();
    for recorded in batch {
        match &recorded.event {
            Event::Enrolment(_) => {
                keys.insert(recorded.stream.key);
            }
            Event::PersonLink(
                PersonLinkEvent::PersonsLinked { pair, .. }
                | PersonLinkEvent::PersonsUnlinked { pair, .. },
            ) => keys.extend(pair),
            Event::Run(_) | Event::ReferenceSetLoaded(_) => {}
        }
    }
    keys
}

/// The rows of the groups of these enrolments, each group once.
fn rows_of(
    enrolments: impl IntoIterator<Item = StreamKey>,
    end: Position,
    source: &dyn EventSource,
    groups: &dyn PersonGroups,
    each: &mut dyn FnMut(Row) -> Result<()>,
) -> Result<()> {
    let mut done: BTreeSet<StreamKey> = BTreeSet::new();
    for key in enrolments {
        if done.remove(&key) {
            continue;
        }
        let group = groups.group_of(key, end)?;
        done.extend(group.members.iter().filter(|member| **member != key));
        for row in rows_of_group(GroupHistory::read(source, group, end)?)? {
            each(row)?;
        }
    }
    Ok(())
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
        let (mut old, mut rest): (Vec<u128>, Vec<u128>) =
            rows.into_iter().partition(|row| u64::from(Tail::of(*row).known) <= merged);
        if !old.is_empty()
            && let Some(tile) = before.tiles.get(&quarter)
        {
            tile.repack(&mut packer, |row| old.push(row))?;
        }
        let (names, ranks) = packer.ranked();
        let finish = |rows: &mut Vec<u128>| {
            rows.iter_mut().for_each(|row| *row = ranks.of(*row));
            rows.sort_unstable();
            (!rows.is_empty()).then(|| image(quarter, rows, &names))
        };
        Ok(Self { tile: finish(&mut old), delta: finish(&mut rest) })
    }
}
