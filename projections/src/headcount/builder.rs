//! All rows of a view at once, in any order, in bounded memory.
//!
//! Rows are packed and kept by quarter; above a limit they go to one scratch
//! file a quarter, and each quarter is sorted alone at the end: then memory holds
//! 16 bytes for each row of one quarter, and nothing twice. Used by a rebuild,
//! and to make a view without a ledger in the scale benchmark.

use super::coverage::Coverage;
use super::error::Result;
use super::files::{TILE, sweep, write_delta, write_named};
use super::manifest::{Manifest, merge_position};
use super::packed::{Packer, sort};
use super::quarter::Quarter;
use super::row::Row;
use super::tile::{image, write_image};
use crate::reference::InForce;
use domain::ids::Position;
use fs_err as fs;
use std::collections::BTreeMap;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Rows in memory before they are written to scratch files: 16 MB.
pub const BUFFERED_ROWS: usize = 1024 * 1024;
const SCRATCH: &str = "scratch";

/// Takes the rows of a view and writes its files.
#[derive(Debug)]
pub struct HeadcountBuilder {
    dir: PathBuf,
    packer: Packer,
    quarters: BTreeMap<Quarter, Vec<u128>>,
    buffered: usize,
    limit: usize,
    spilled: bool,
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
            spilled: false,
            coverage: Coverage::default(),
            references: InForce::default(),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When there are too many names, or a scratch file cannot be written.
    pub fn push(&mut self, row: &Row) -> Result<()> {
        let packed = self.packer.pack(row)?;
        self.quarters.entry(row.quarter).or_default().push(packed);
        self.buffered += 1;
        if self.buffered >= self.limit { self.spill() } else { Ok(()) }
    }

    fn scratch(&self, quarter: Quarter) -> PathBuf {
        self.dir.join(SCRATCH).join(quarter.to_string())
    }

    fn spill(&mut self) -> Result<()> {
        fs::create_dir_all(self.dir.join(SCRATCH))?;
        for (quarter, rows) in &self.quarters {
            let path = self.scratch(*quarter);
            let file = fs::OpenOptions::new().create(true).append(true).open(path)?;
            let mut file = BufWriter::new(file);
            rows.iter().try_for_each(|row| file.write_all(&row.to_le_bytes()))?;
            file.flush()?;
        }
        self.quarters.values_mut().for_each(|rows| *rows = Vec::new());
        self.buffered = 0;
        self.spilled = true;
        Ok(())
    }

    /// The rows of a quarter, those in its scratch file included.
    fn take(&mut self, quarter: Quarter) -> Result<Vec<u128>> {
        let mut rows = self.quarters.remove(&quarter).unwrap_or_default();
        let scratch = self.scratch(quarter);
        if scratch.exists() {
            let file = fs::File::open(&scratch)?;
            let spilled = file.metadata()?.len() as usize / size_of::<u128>();
            rows.reserve_exact(spilled);
            let (mut file, mut row) = (BufReader::new(file), [0; size_of::<u128>()]);
            for _ in 0..spilled {
                file.read_exact(&mut row)?;
                rows.push(u128::from_le_bytes(row));
            }
            fs::remove_file(&scratch)?;
        }
        Ok(rows)
    }

    /// Writes the files of the view at a checkpoint and puts them in place of
    /// those that the folder held. Returns how many rows there are.
    ///
    /// # Errors
    /// When a file cannot be written; the former view is then still there.
    pub fn finish(mut self, checkpoint: Position, merge_every: u64) -> Result<u64> {
        let (names, ranks) = self.packer.ranked();
        let mut manifest = Manifest::empty(merge_every);
        manifest.checkpoint = checkpoint.0;
        manifest.merged = merge_position(checkpoint.0, merge_every);
        let (mut delta, mut count) = (BTreeMap::new(), 0);
        let quarters: Vec<Quarter> = self.quarters.keys().copied().collect();
        for quarter in quarters {
            let mut rows = self.take(quarter)?;
            count += rows.len() as u64;
            rows.iter_mut().for_each(|row| *row = ranks.of(*row));
            let (merged, rest) = sort(&mut rows, manifest.merged);
            if !merged.is_empty() {
                let name = write_named(&self.dir, &quarter.to_string(), TILE, |out| {
                    write_image(quarter, merged, &names, out)
                })?;
                manifest.tiles.insert(quarter.0, name);
            }
            if !rest.is_empty() {
                delta.insert(quarter, image(quarter, rest, &names)?);
            }
        }
        if !delta.is_empty() {
            manifest.delta = Some(write_delta(&self.dir, &delta)?);
        }
        manifest.coverage = self.coverage;
        manifest.references = self.references;
        manifest.write(&self.dir)?;
        if self.spilled {
            fs::remove_dir_all(self.dir.join(SCRATCH))?;
        }
        sweep(&self.dir, &|name| manifest.names(name))?;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::cell::{AgeBand, Cell, Home};
    use super::super::row::Mask;
    use super::*;
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
        let entries = fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
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
}
