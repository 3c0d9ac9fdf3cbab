//! The tables of a folder that cover a range without a gap.

use super::merge::{due, merge};
use super::table::Table;
use super::write::MAKING;
use crate::disk::Disk;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Tables that cover the ordinals 1 to some last one, oldest first. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Shelf {
    tables: Arc<Vec<Arc<Table>>>,
}

impl Shelf {
    /// The tables of a folder that follow one another from ordinal 1, of which
    /// `fits` says yes. Whatever else is there is removed: it is derived, and
    /// was damaged, is of something else, or is part of a merged one.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(
        disk: &Arc<dyn Disk>,
        folder: &Path,
        fits: &dyn Fn(&Table) -> bool,
    ) -> io::Result<Self> {
        disk.create_folder(folder)?;
        let mut found = Vec::new();
        for path in disk.list(folder)? {
            if path.extension().is_some_and(|suffix| suffix == "table") {
                match Table::open(disk, &path) {
                    Ok(table) => found.push(Arc::new(table)),
                    Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                        drop_file(disk, &path);
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        disk.remove(&folder.join(MAKING))?;
        let mut tables: Vec<Arc<Table>> = Vec::new();
        loop {
            let next = tables.last().map_or(1, |table| table.last().saturating_add(1));
            let here = found.iter().filter(|table| table.first() == next && fits(table));
            // A merged one stands for those that it was made of.
            let Some(longest) = here.max_by_key(|table| table.last()) else { break };
            tables.push(Arc::clone(longest));
        }
        for table in found {
            if !tables.iter().any(|kept| Arc::ptr_eq(kept, &table)) {
                drop_file(disk, table.path());
            }
        }
        Ok(Self { tables: Arc::new(tables) })
    }

    /// The tables, oldest first.
    pub fn tables(&self) -> &[Arc<Table>] {
        &self.tables
    }

    /// The last ordinal that they cover; 0 for none.
    pub fn last(&self) -> u32 {
        self.tables.last().map_or(0, |table| table.last())
    }

    /// The table that covers an ordinal.
    pub fn covering(&self, ordinal: u32) -> Option<&Arc<Table>> {
        let rank = self.tables.partition_point(|table| table.last() < ordinal);
        self.tables.get(rank).filter(|table| table.first() <= ordinal)
    }

    /// With one more table at the end.
    pub(crate) fn with(&self, table: Table) -> Self {
        let mut tables = self.tables.as_ref().clone();
        tables.push(Arc::new(table));
        Self { tables: Arc::new(tables) }
    }

    /// With its newest tables merged, when that is due. [`Merged::replaced`] are
    /// the files that are needed no more once nobody asks the former shelf.
    ///
    /// # Errors
    /// The file system's; when a table is damaged; `Interrupted` when `stop` is set.
    pub(crate) fn merged(
        &self,
        disk: &Arc<dyn Disk>,
        folder: &Path,
        stop: &AtomicBool,
    ) -> io::Result<Option<Merged>> {
        let Some(count) = due(&self.tables) else { return Ok(None) };
        let (kept, old) = self.tables.split_at(self.tables.len() - count);
        let table = merge(disk, folder, old, stop)?;
        let mut tables = kept.to_vec();
        tables.push(Arc::new(table));
        let replaced = old.iter().map(|table| table.path().to_owned()).collect();
        Ok(Some(Merged { shelf: Self { tables: Arc::new(tables) }, replaced }))
    }
}

/// A shelf after a merge.
pub(crate) struct Merged {
    pub(crate) shelf: Shelf,
    pub(crate) replaced: Vec<PathBuf>,
}

fn drop_file(disk: &Arc<dyn Disk>, path: &Path) {
    tracing::debug!(path = %path.display(), "an index that is not needed is removed");
    // One that stays is looked at again at the next opening.
    let _ = disk.remove(path);
}
