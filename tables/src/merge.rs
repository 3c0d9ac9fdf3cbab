//! Several adjacent tables made one.

use super::table::Pair;
use super::write::{Span, write};
use super::{IndexError, PageCache, Table};
use crate::disk::Disk;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// How many tables of one size become one of the next.
const FANOUT: usize = 8;

/// How many of the last tables, oldest first, should become one; `None` when none should.
pub(crate) fn due(tables: &[Arc<Table>]) -> Option<usize> {
    let level = |table: &Arc<Table>| table.units().max(1).ilog(FANOUT as u32);
    let newest = level(tables.last()?);
    let same = tables.iter().rev().take_while(|table| level(table) == newest).count();
    (same >= FANOUT).then_some(same)
}

/// Writes one table in the place of several adjacent ones, oldest first. Their
/// files stay until they are removed.
///
/// # Errors
/// The file system's; when one of them is damaged; `Interrupted` when `stop` is set.
pub(crate) fn merge(
    disk: &Arc<dyn Disk>,
    folder: &Path,
    tables: &[Arc<Table>],
    stop: &AtomicBool,
) -> io::Result<Table> {
    let (Some(oldest), Some(newest)) = (tables.first(), tables.last()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let span = Span {
        owner: *oldest.owner(),
        first: oldest.first(),
        last: newest.last(),
        units: tables.iter().map(|table| table.units()).sum(),
        mark: newest.mark().to_vec(),
    };
    let hashes = tables.iter().map(|table| table.hashes()).sum();
    let mut cache = PageCache::default();
    let ordinals = tables
        .iter()
        .flat_map(|table| (table.first()..=table.last()).map(move |ordinal| (table, ordinal)));
    let mut values = ordinals.map(|(table, ordinal)| {
        table
            .value(ordinal, &mut cache)
            .map_err(failed)?
            .ok_or_else(|| io::ErrorKind::InvalidData.into())
    });
    let valued = tables.iter().all(|table| table.is_valued());
    let values: Option<&mut dyn Iterator<Item = _>> = if valued { Some(&mut values) } else { None };
    let pairs = Merged::of(tables).map(|pair| {
        if stop.load(Ordering::Relaxed) { Err(io::ErrorKind::Interrupted.into()) } else { pair }
    });
    write(disk, folder, span, hashes, pairs, values)
}

fn failed(error: IndexError) -> io::Error {
    io::Error::other(error)
}

/// The pairs of several tables, in ascending order.
struct Merged<'a> {
    tables: Vec<Pairs<'a>>,
}

/// The pairs of one table.
struct Pairs<'a> {
    table: &'a Table,
    next_page: u64,
    pairs: Vec<Pair>,
    at: usize,
}

impl Pairs<'_> {
    /// The next pair, without taking it.
    fn peek(&mut self) -> Result<Option<Pair>, IndexError> {
        if self.at == self.pairs.len() {
            self.pairs.clear();
            self.at = 0;
            self.table.pairs(self.next_page, &mut self.pairs)?;
            self.next_page += 1;
        }
        Ok(self.pairs.get(self.at).copied())
    }
}

impl<'a> Merged<'a> {
    fn of(tables: &'a [Arc<Table>]) -> Self {
        let pairs = |table| Pairs { table, next_page: 0, pairs: Vec::new(), at: 0 };
        Self { tables: tables.iter().map(|table| pairs(table.as_ref())).collect() }
    }

    fn step(&mut self) -> Result<Option<Pair>, IndexError> {
        let mut least: Option<(Pair, usize)> = None;
        for (rank, pairs) in self.tables.iter_mut().enumerate() {
            if let Some(pair) = pairs.peek()?
                && least.is_none_or(|(other, _)| pair < other)
            {
                least = Some((pair, rank));
            }
        }
        Ok(least.map(|(pair, rank)| {
            self.tables[rank].at += 1;
            pair
        }))
    }
}

impl Iterator for Merged<'_> {
    type Item = io::Result<Pair>;

    fn next(&mut self) -> Option<Self::Item> {
        self.step().map_err(failed).transpose()
    }
}
