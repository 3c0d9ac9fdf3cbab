//! The files: one a month of first days, so that a cohort reads only its own.
//!
//! Rows are only added, in position order; the last row of a contract known at a
//! position is what was believed then. A contract whose first day moves to
//! another month leaves a row that says so behind. The checkpoint says how many
//! rows of each file count.

use super::rows::{Head, OutcomeRow, ROW, Texts, decode, encode, head, is_whole, rows_of};
use crate::files::{KeyMap, append_after, write_whole};
use crate::runner::StreamSteps;
use crate::time::day_number;
use chrono::{Datelike, NaiveDate};
use domain::ids::{Position, StreamKey};
use fs_err as fs;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};

const FORMAT: u32 = 4;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Checkpoint {
    format: u32,
    position: u64,
    /// Rows by month, `2025-09`.
    months: BTreeMap<String, u64>,
}

/// The view of contracts for outcomes.
#[derive(Debug)]
pub(crate) struct OutcomeStore {
    folder: PathBuf,
    checkpoint: RwLock<Checkpoint>,
}

/// What a batch adds: rows with their order in the log.
#[derive(Debug, Default)]
pub(crate) struct OutcomeBatch {
    rows: Vec<(u64, u16, bool, String, [u8; ROW])>,
}

impl OutcomeBatch {
    /// Adds what the batch does to one dossier.
    pub(crate) fn see(&mut self, steps: &StreamSteps<'_>) {
        let mut before =
            steps.before.as_deref().map(|c| rows_of(steps.stream, c)).unwrap_or_default();
        for step in &steps.steps {
            let after = step.after.as_deref().map(|c| rows_of(steps.stream, c)).unwrap_or_default();
            let known = step.recorded.position;
            for (ordinal, old) in &before {
                let new = after.get(ordinal);
                if new.is_none_or(|new| month(new) != month(old)) {
                    self.add(old, known, true);
                }
            }
            for (ordinal, new) in &after {
                if before.get(ordinal) != Some(new) {
                    self.add(new, known, false);
                }
            }
            before = after;
        }
    }

    /// Adds what another part of the batch did to other dossiers.
    pub(crate) fn join(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    fn add(&mut self, row: &OutcomeRow, known: Position, gone: bool) {
        self.rows.push((known.0, row.ordinal, !gone, month(row), encode(row, known, gone)));
    }
}

fn month(row: &OutcomeRow) -> String {
    month_of(row.start_on)
}

fn month_of(day: NaiveDate) -> String {
    format!("{:04}-{:02}", day.year(), day.month())
}

impl OutcomeStore {
    /// Opens the files of a folder; anything damaged or older empties it.
    pub(crate) fn open(folder: &Path) -> std::io::Result<Self> {
        fs::create_dir_all(folder)?;
        let store = Self { folder: folder.to_owned(), checkpoint: RwLock::default() };
        match store.read_checkpoint() {
            Some(checkpoint) => {
                *store.checkpoint.write().unwrap_or_else(PoisonError::into_inner) = checkpoint;
            }
            None => {
                if store.checkpoint_path().exists() {
                    let folder = folder.display();
                    tracing::warn!(%folder, "the view of outcomes is damaged or older: it is rebuilt");
                }
                store.clear()?;
            }
        }
        Ok(store)
    }

    /// The last position folded.
    pub(crate) fn position(&self) -> Position {
        Position(self.checkpoint.read().unwrap_or_else(PoisonError::into_inner).position)
    }

    /// Forgets everything, to be folded anew.
    pub(crate) fn clear(&self) -> std::io::Result<()> {
        let mut checkpoint = self.checkpoint.write().unwrap_or_else(PoisonError::into_inner);
        *checkpoint = Checkpoint { format: FORMAT, ..Checkpoint::default() };
        self.save(&checkpoint)?;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "rows") {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Writes a batch that ends at a position; all of it counts, or nothing.
    pub(crate) fn apply(&self, mut batch: OutcomeBatch, last: Position) -> std::io::Result<()> {
        batch.rows.sort_unstable();
        let mut months: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for (.., month, bytes) in &batch.rows {
            months.entry(month).or_default().extend_from_slice(bytes);
        }
        let mut next = self.checkpoint.read().unwrap_or_else(PoisonError::into_inner).clone();
        for (month, bytes) in months {
            let rows = next.months.entry(month.to_owned()).or_default();
            append_after(&self.path(month), *rows * ROW as u64, &bytes)?;
            *rows += (bytes.len() / ROW) as u64;
        }
        next.position = last.0;
        self.save(&next)?;
        *self.checkpoint.write().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(())
    }

    /// The months that may hold contracts begun between two days, with their rows.
    pub(crate) fn months(&self, from: NaiveDate, to: NaiveDate) -> Vec<(String, u64)> {
        let checkpoint = self.checkpoint.read().unwrap_or_else(PoisonError::into_inner);
        let range = month_of(from)..=month_of(to);
        checkpoint.months.range(range).map(|(month, rows)| (month.clone(), *rows)).collect()
    }

    /// The contracts of a month that began between two days included, as known
    /// at a position, in any order.
    pub(crate) fn started(
        &self,
        (month, rows): &(String, u64),
        (from, to): (NaiveDate, NaiveDate),
        at: Position,
    ) -> std::io::Result<Vec<OutcomeRow>> {
        let days = day_number(from)..=day_number(to);
        let mut texts = Texts::default();
        let bytes = self.read(month, *rows)?;
        // Positions grow along the file: the last row of a contract wins.
        let mut last: KeyMap<(StreamKey, u16), &[u8]> = KeyMap::default();
        last.reserve(*rows as usize);
        for bytes in bytes.chunks_exact(ROW) {
            let Some(Head { known, contract, .. }) = head(bytes) else { continue };
            if known > at.0 {
                break;
            }
            last.insert(contract, bytes);
        }
        let standing = last.into_values().filter(|bytes| {
            head(bytes).is_some_and(|h| !h.gone && days.contains(&i64::from(h.start_on)))
        });
        Ok(standing.filter_map(|bytes| decode(bytes, &mut texts)).collect())
    }

    fn read(&self, month: &str, rows: u64) -> std::io::Result<Vec<u8>> {
        let length = rows * ROW as u64;
        let mut bytes = Vec::with_capacity(length as usize);
        fs::File::open(self.path(month))?.take(length).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn path(&self, month: &str) -> PathBuf {
        self.folder.join(format!("{month}.rows"))
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.folder.join("outcomes.checkpoint")
    }

    fn save(&self, checkpoint: &Checkpoint) -> std::io::Result<()> {
        write_whole(&self.checkpoint_path(), &serde_json::to_vec(checkpoint)?)
    }

    /// The checkpoint, when every row that it counts is whole; what a process
    /// that died wrote beyond it is cut.
    fn read_checkpoint(&self) -> Option<Checkpoint> {
        let text = fs::read(self.checkpoint_path()).ok()?;
        let checkpoint: Checkpoint = serde_json::from_slice(&text).ok()?;
        if checkpoint.format != FORMAT {
            return None;
        }
        for entry in fs::read_dir(&self.folder).ok()? {
            let path = entry.ok()?.path();
            let name = path.file_stem()?.to_str()?;
            if path.extension().is_some_and(|e| e == "rows")
                && !checkpoint.months.contains_key(name)
            {
                fs::remove_file(&path).ok()?;
            }
        }
        for (month, rows) in &checkpoint.months {
            let file = fs::OpenOptions::new().read(true).write(true).open(self.path(month)).ok()?;
            let (mut reader, mut row) = (BufReader::new(&file), [0; ROW]);
            for _ in 0..*rows {
                reader.read_exact(&mut row).ok()?;
                is_whole(&row).then_some(())?;
            }
            file.set_len(rows.checked_mul(ROW as u64)?).ok()?;
        }
        Some(checkpoint)
    }
}
