//! The view: an immutable snapshot of open files, exchanged at each commit.

use super::error::{HeadcountError, Result};
use super::files::{open_tile, read_delta, sweep};
use super::manifest::Manifest;
use super::plan::{Groups, Scope};
use super::quarter::Quarter;
use super::query::{Answer, Counts, CoverageAnswer, Query};
use super::row::Mask;
use super::tile::{Probe, Tile, TileBytes};
use crate::reference::{ReferenceHash, ReferenceSet};
use domain::identifiers::Uai;
use domain::ids::Position;
use fs_err as fs;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// The files that a manifest names, open.
#[derive(Debug)]
pub(super) struct Snapshot {
    pub(super) manifest: Manifest,
    /// Rows known up to the last merge.
    pub(super) tiles: BTreeMap<Quarter, Arc<Tile>>,
    /// Rows known since.
    pub(super) delta: BTreeMap<Quarter, Arc<Tile>>,
}

/// Head-counts in a folder. Questions and folding may run at the same time:
/// a question keeps the snapshot that it began with.
#[derive(Debug)]
pub struct HeadcountView {
    pub(super) dir: PathBuf,
    pub(super) merge_every: u64,
    /// Held while files are written: one writer at a time.
    pub(super) writer: Mutex<()>,
    snapshot: RwLock<Arc<Snapshot>>,
}

impl HeadcountView {
    /// Opens the view of a folder, empty when the folder has none, and removes
    /// what a process that died left there.
    ///
    /// # Errors
    /// When a file cannot be read or is damaged; a rebuild repairs the latter
    /// (see [`Self::open_or_reset`]).
    pub fn open(dir: &Path) -> Result<Self> {
        Self::open_with(dir, super::MERGE_EVERY)
    }

    /// As [`Self::open`], with another number of events between merges.
    ///
    /// # Errors
    /// As [`Self::open`]; also when the files were made with another number.
    pub fn open_with(dir: &Path, merge_every: u64) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let manifest = Manifest::read(dir)?.unwrap_or_else(|| Manifest::empty(merge_every));
        if manifest.merge_every != merge_every {
            let found = manifest.merge_every;
            return Err(HeadcountError::OtherSetting { found, wanted: merge_every });
        }
        sweep(dir, &|name| manifest.names(name))?;
        Self::of_manifest(dir, manifest, merge_every)
    }

    /// Opens the view, or an empty one when its files are damaged or gone: the caller
    /// then sees checkpoint 0 and rebuilds.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open_or_reset(dir: &Path) -> Result<Self> {
        let unusable = |error: &HeadcountError| match error {
            HeadcountError::Damaged { .. } | HeadcountError::OtherSetting { .. } => true,
            // A file that the manifest names is gone.
            HeadcountError::Io(error) => error.kind() == io::ErrorKind::NotFound,
            _ => false,
        };
        match Self::open(dir) {
            Err(error) if unusable(&error) => {
                let empty = Manifest::empty(super::MERGE_EVERY);
                Self::of_manifest(dir, empty, super::MERGE_EVERY)
            }
            opened => opened,
        }
    }

    fn of_manifest(dir: &Path, manifest: Manifest, merge_every: u64) -> Result<Self> {
        let snapshot = Snapshot::open(dir, manifest)?;
        Ok(Self {
            dir: dir.to_owned(),
            merge_every,
            writer: Mutex::default(),
            snapshot: RwLock::new(Arc::new(snapshot)),
        })
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn exchange(&self, snapshot: Snapshot) {
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(snapshot);
    }

    /// Events 1 to this one are reflected.
    #[must_use]
    pub fn checkpoint(&self) -> Position {
        Position(self.snapshot().manifest.checkpoint)
    }

    /// How many rows the view holds.
    #[must_use]
    pub fn rows(&self) -> u64 {
        let snapshot = self.snapshot();
        snapshot.tiles.values().chain(snapshot.delta.values()).map(|tile| tile.rows()).sum()
    }

    /// The reference set in force at a position; `None` is the built-in one.
    #[must_use]
    pub fn reference_at(&self, position: Position) -> Option<ReferenceHash> {
        self.snapshot().manifest.references.at(position)
    }

    /// Answers a question. The reference set should be the one in force at the
    /// position asked ([`Self::reference_at`]).
    ///
    /// # Errors
    /// When a file cannot be read or is damaged.
    pub fn query(&self, query: &Query, reference: &ReferenceSet) -> Result<Answer> {
        self.snapshot().query(query, reference)
    }

    /// How many CFAs in the scope of a question transmit.
    #[must_use]
    pub fn coverage(&self, query: &Query, reference: &ReferenceSet) -> CoverageAnswer {
        self.snapshot().coverage(query, reference)
    }
}

impl Snapshot {
    pub(super) fn open(dir: &Path, manifest: Manifest) -> Result<Self> {
        let mut tiles = BTreeMap::new();
        for (quarter, name) in &manifest.tiles {
            tiles.insert(Quarter(*quarter), open_tile(dir, name)?);
        }
        let mut delta = BTreeMap::new();
        if let Some(name) = &manifest.delta {
            for (quarter, image) in read_delta(dir, name)? {
                let tile = Tile::open(TileBytes::Memory(image), &dir.join(name))?;
                delta.insert(quarter, Arc::new(tile));
            }
        }
        Ok(Self { manifest, tiles, delta })
    }

    fn query(&self, query: &Query, reference: &ReferenceSet) -> Result<Answer> {
        let position = Position(query.known_at.0.min(self.manifest.checkpoint));
        let mut answer = Answer { position, ..Answer::default() };
        let Some((quarter, day)) = Quarter::of(query.as_of) else { return Ok(answer) };
        let known = u32::try_from(position.0).unwrap_or(u32::MAX);
        let probe = Probe { known, day, mask: Mask::of(query.population, query.rules).0 };
        let scope = Scope { filter: &query.filter, group_by: query.group_by, reference };
        let (mut groups, mut counts) = (Groups::default(), Vec::new());
        // Rows of the delta are younger than the last merge.
        let delta = self.delta.get(&quarter).filter(|_| position.0 > self.manifest.merged);
        for tile in self.tiles.get(&quarter).into_iter().chain(delta) {
            let ranges = scope.ranges(tile, &mut groups)?;
            counts.resize(groups.keys.len(), [0; 5]);
            tile.count(probe, &ranges, &mut counts)?;
        }
        for (key, sums) in groups.keys.into_iter().zip(counts) {
            // A sum of signs is never negative: what is taken back was there.
            let part = Counts { by_status: sums.map(|sum| u64::try_from(sum).unwrap_or(0)) };
            add(&mut answer.total, &part);
            if query.group_by != super::query::GroupBy::Nothing && !part.is_empty() {
                answer.groups.insert(key, part);
            }
        }
        Ok(answer)
    }

    fn coverage(&self, query: &Query, reference: &ReferenceSet) -> CoverageAnswer {
        let position = Position(query.known_at.0.min(self.manifest.checkpoint));
        let scope = Scope { filter: &query.filter, group_by: query.group_by, reference };
        let mut firsts: BTreeMap<Uai, bool> =
            reference.cfas().map(|(uai, _)| (uai, false)).collect();
        for (uai, first) in self.manifest.coverage.seen(position) {
            firsts.insert(uai, first <= query.as_of);
        }
        let mut answer = CoverageAnswer::default();
        for (uai, transmits) in firsts {
            let Some(key) = scope.covered(uai) else { continue };
            let add = |counts: &mut super::query::CoverageCounts| {
                counts.known += 1;
                counts.transmitting += u64::from(transmits);
            };
            add(&mut answer.total);
            if !key.is_empty() {
                add(answer.groups.entry(key).or_default());
            }
        }
        answer
    }
}

fn add(total: &mut Counts, part: &Counts) {
    for (total, part) in total.by_status.iter_mut().zip(part.by_status) {
        *total += part;
    }
}
