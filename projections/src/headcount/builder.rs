//! All rows of a view at once, in any order, in bounded memory.
//!
//! Rows are packed and kept by quarter; above a limit they go to one scratch
//! file a quarter, and each quarter is sorted alone at the end: then memory holds
//! 16 bytes for each row of one quarter, beside those that are in no scratch file.
//! Used by a rebuild, and to make a view without a ledger in the scale benchmark.
//!
//! What finds no room on the disk may be tried again: what is in a scratch file or
//! in its quarter's file is not there twice.

use super::coverage::Coverage;
use super::error::Result;
use super::files::{TILE, sweep, write_delta, write_named};
use super::manifest::{Manifest, merge_position};
use super::packed::{Packer, sort};
use super::quarter::Quarter;
use super::row::Row;
use super::tile::{image, write_image};
use crate::files::append_after;
use crate::reference::InForce;
use domain::ids::Position;
use fs_err as fs;
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Rows in memory before they are written to scratch files: 16 MB.
pub const BUFFERED_ROWS: usize = 1024 * 1024;
const SCRATCH: &str = "scratch";
/// Bytes of a packed row.
const ROW: usize = size_of::<u128>();

/// Takes the rows of a view and writes its files.
#[derive(Debug)]
pub struct HeadcountBuilder {
    dir: PathBuf,
    packer: Packer,
    quarters: BTreeMap<Quarter, Vec<u128>>,
    buffered: usize,
    limit: usize,
    /// Rows of each scratch file.
    spilled: BTreeMap<Quarter, usize>,
    /// What is written of the view: the tile of each quarter, its part of the delta, rows.
    tiles: BTreeMap<u16, String>,
    delta: BTreeMap<Quarter, Vec<u8>>,
    written: u64,
    pub(super) coverage: Coverage,
    pub(super) references: InForce,
}

impl HeadcountBuilder {
    /// Starts a view in a folder; what the folder holds stays until
    /// [`Self::finish`].
    ///
    /// # Errors
    /// When the folder cannot be made or scratch files of a former try removed.
    pub fn new(dir: &Path) -> Result<Self> {
        Self::with_limit(dir, BUFFERED_ROWS)
    }

    pub(super) fn with_limit(dir: &Path, limit: usize) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let scratch = dir.join(SCRATCH);
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        Ok(Self {
            dir: dir.to_owned(),
            packer: Packer::default(),
            quarters: BTreeMap::new(),
            buffered: 0,
            limit,
            spilled: BTreeMap::new(),
            tiles: BTreeMap::new(),
            delta: BTreeMap::new(),
            written: 0,
            coverage: Coverage::default(),
            references: InForce::default(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When there are too many names, or a scratch file cannot be written; the row is then
    /// not added.
    pub fn push(&mut self, row: &Row) -> Result<()> {
        self.make_room()?;
        self.keep(row)
    }

    /// Adds a row, in memory whatever the limit.
    pub(super) fn keep(&mut self, row: &Row) -> Result<()> {
        let packed = self.packer.pack(row)?;
        self.quarters.entry(row.quarter).or_default().push(packed);
        self.buffered += 1;
        Ok(())
    }

    /// Writes the rows in memory to scratch files, when they are many.
    pub(super) fn make_room(&mut self) -> Result<()> {
        if self.buffered < self.limit {
            return Ok(());
        }
        let folder = self.dir.join(SCRATCH);
        fs::create_dir_all(&folder)?;
        for (quarter, rows) in &mut self.quarters {
            let spilled = self.spilled.entry(*quarter).or_default();
            let bytes: Vec<u8> = rows.iter().flat_map(|row| row.to_le_bytes()).collect();
            append_after(&folder.join(quarter.to_string()), (*spilled * ROW) as u64, &bytes)?;
            *spilled += rows.len();
            self.buffered -= rows.len();
            *rows = Vec::new();
        }
        Ok(())
    }

    fn scratch(&self, quarter: Quarter) -> PathBuf {
        self.dir.join(SCRATCH).join(quarter.to_string())
    }

    /// The rows of a quarter, those in its scratch file included.
    fn rows(&self, quarter: Quarter) -> Result<Vec<u128>> {
        let mut rows = self.quarters.get(&quarter).cloned().unwrap_or_default();
        if let Some(spilled) = self.spilled.get(&quarter) {
            rows.reserve_exact(*spilled);
            let mut file = BufReader::new(fs::File::open(self.scratch(quarter))?);
            let mut row = [0; ROW];
            for _ in 0..*spilled {
                file.read_exact(&mut row)?;
                rows.push(u128::from_le_bytes(row));
            }
        }
        Ok(rows)
    }

    /// Forgets the rows of a quarter, when they are written.
    fn forget(&mut self, quarter: Quarter) -> Result<()> {
        if self.spilled.contains_key(&quarter) {
            fs::remove_file(self.scratch(quarter))?;
        }
        self.quarters.remove(&quarter);
        Ok(())
    }

    /// Writes the files of the view at a checkpoint and puts them in place of
    /// those that the folder held. Returns how many rows there are.
    ///
    /// # Errors
    /// When a file cannot be written; the former view is then still there, and this may be
    /// called again with the same arguments, if no row was added.
    pub fn finish(&mut self, checkpoint: Position, merge_every: u64) -> Result<u64> {
        let (names, ranks) = self.packer.ranked();
        let mut manifest = Manifest::empty(merge_every);
        manifest.checkpoint = checkpoint.0;
        manifest.merged = merge_position(checkpoint.0, merge_every);
        while let Some(quarter) = self.quarters.keys().next().copied() {
            let mut rows = self.rows(quarter)?;
            let count = rows.len() as u64;
            rows.iter_mut().for_each(|row| *row = ranks.of(*row));
            let (merged, rest) = sort(&mut rows, manifest.merged);
            if !merged.is_empty() {
                let name = write_named(&self.dir, &quarter.to_string(), TILE, |out| {
                    write_image(quarter, merged, &names, out)
                })?;
                self.tiles.insert(quarter.0, name);
            }
            if !rest.is_empty() {
                self.delta.insert(quarter, image(quarter, rest, &names)?);
            }
            self.forget(quarter)?;
            self.written += count;
        }
        if !self.delta.is_empty() {
            manifest.delta = Some(write_delta(&self.dir, &self.delta)?);
        }
        manifest.tiles.clone_from(&self.tiles);
        manifest.coverage.clone_from(&self.coverage);
        manifest.references.clone_from(&self.references);
        manifest.write(&self.dir)?;
        let scratch = self.dir.join(SCRATCH);
        if scratch.exists() {
            fs::remove_dir_all(&scratch)?;
        }
        sweep(&self.dir, &|name| manifest.names(name))?;
        Ok(self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::{AgeBand, Cell, Home};
    use super::super::row::Mask;
    use super::*;
    use crate::headcount::HeadcountError;
    use crate::runner::lacks_room;
    use domain::rules::Status;

    /// Rows of several quarters, CFAs and homes, so that each order of arrival
    /// numbers the names differently.
    fn rows() -> Vec<Row> {
        let site = |at: u32| {
            let sites = ["0699928T", "0010826T", "9749939F", "0759930A"];
            let digits = sites[at as usize % 4].get(..7).unwrap();
            ('A'..='Z').find_map(|key| format!("{digits}{key}").parse().ok()).unwrap()
        };
        let row = |at: u32| Row {
            quarter: Quarter(96 + (at % 3) as u16),
            status: Status::ALL[at as usize % 5],
            cell: Cell {
                site: site(at / 3),
                cfd: None,
                rncp: at.is_multiple_of(2).then(|| "RNCP38765".parse().unwrap()),
                age_band: AgeBand::ALL[at as usize / 7 % 5],
                sex: None,
                home: Home::of([Some("69"), Some("2A"), None][at as usize / 2 % 3]),
            },
            known: at,
            from: (at % 50) as u8,
            to: 60,
            sign: if at.is_multiple_of(9) { -1 } else { 1 },
            mask: Mask(63),
        };
        (1..6_000).map(row).collect()
    }

    fn files(rows: &[Row], limit: usize) -> BTreeMap<String, Vec<u8>> {
        let dir = tempfile::tempdir().unwrap();
        let mut builder = HeadcountBuilder::with_limit(dir.path(), limit).unwrap();
        rows.iter().for_each(|row| builder.push(row).unwrap());
        assert_eq!(builder.finish(Position(6_000), 2_500).unwrap(), rows.len() as u64);
        files_in(dir.path())
    }

    fn files_in(dir: &Path) -> BTreeMap<String, Vec<u8>> {
        let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
        let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        entries.map(|path| (name(&path), fs::read(&path).unwrap())).collect()
    }

    #[test]
    fn neither_the_order_of_rows_nor_scratch_files_change_a_byte() {
        let mut rows = rows();
        let expected = files(&rows, usize::MAX);
        assert_eq!(expected.len(), 5, "three tiles, a delta, a manifest: {:?}", expected.keys());
        assert_eq!(files(&rows, 700), expected);
        rows.reverse();
        rows.sort_by_key(|row| (row.known % 97, row.known));
        assert_eq!(files(&rows, 1_000), expected);
    }

    #[test]
    fn what_found_no_room_is_tried_again_and_nothing_is_there_twice() {
        let rows = rows();
        let expected = files(&rows, usize::MAX);
        let second = Quarter(97);
        let scratch = format!("{SCRATCH}/{second}");
        let tile = format!("{second}.{TILE}.tmp");
        for file in [scratch.as_str(), tile.as_str(), "rows.delta.tmp", "manifest.tmp"] {
            let dir = tempfile::tempdir().unwrap();
            let mut builder = HeadcountBuilder::with_limit(dir.path(), 2_500).unwrap();
            let full = dir.path().join(file);
            fs::create_dir(dir.path().join(SCRATCH)).unwrap();
            std::os::unix::fs::symlink("/dev/full", &full).unwrap();
            let mut refused = 0;
            let mut room_again = |error: HeadcountError| {
                assert!(lacks_room(&error), "{error}");
                refused += 1;
                // What is written anew each time is removed already.
                let _ = fs::remove_file(&full);
            };
            for row in &rows {
                if let Err(error) = builder.push(row) {
                    room_again(error);
                    builder.push(row).unwrap();
                }
            }
            let finish = |builder: &mut HeadcountBuilder| builder.finish(Position(6_000), 2_500);
            let written = finish(&mut builder).or_else(|error| {
                room_again(error);
                finish(&mut builder)
            });
            assert_eq!((written.unwrap(), refused), (rows.len() as u64, 1), "{file}");
            assert_eq!(files_in(dir.path()), expected, "{file}");
        }
    }
}
