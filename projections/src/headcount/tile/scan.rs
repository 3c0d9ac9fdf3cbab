//! Counting: the sum of signs over ranges of cells, without branches by row.

use super::super::error::Result;
use super::super::packed::Tail;
use super::open::{Block, Tile};
use super::{NARROW_BYTES, ROW_BYTES, STATUSES};

/// Above this many ranges in one block, rows are looked up one by one.
const SCATTERED: usize = 64;

/// Which rows count.
#[derive(Debug, Clone, Copy)]
pub(in crate::headcount) struct Probe {
    /// Known at this position.
    pub(in crate::headcount) known: u32,
    /// Valid on this day of the quarter.
    pub(in crate::headcount) day: u8,
    /// For this population and rule set.
    pub(in crate::headcount) mask: u8,
}

/// Cells `[first, last)` that count for one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::headcount) struct CellRange {
    pub(in crate::headcount) first: u32,
    pub(in crate::headcount) last: u32,
    pub(in crate::headcount) group: u32,
}

/// The columns of a block in memory; cells only when they were read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a> {
    known: &'a [[u8; 4]],
    from: &'a [u8],
    to: &'a [u8],
    sign: &'a [u8],
    mask: &'a [u8],
    cell: &'a [[u8; 4]],
}

impl<'a> Columns<'a> {
    pub(super) fn of(bytes: &'a [u8], rows: usize) -> Self {
        let part =
            |at: usize, width: usize| bytes.get(at * rows..(at + width) * rows).unwrap_or_default();
        Self {
            known: part(0, 4).as_chunks().0,
            from: part(4, 1),
            to: part(5, 1),
            sign: part(6, 1),
            mask: part(7, 1),
            cell: part(8, 4).as_chunks().0,
        }
    }

    /// One row and its cell.
    pub(super) fn row(&self, at: usize) -> Option<(Tail, u32)> {
        let tail = Tail {
            known: u32::from_le_bytes(*self.known.get(at)?),
            from: *self.from.get(at)?,
            to: *self.to.get(at)?,
            sign: *self.sign.get(at)?,
            mask: *self.mask.get(at)?,
        };
        Some((tail, u32::from_le_bytes(*self.cell.get(at)?)))
    }

    fn slice(&self, first: usize, last: usize) -> Self {
        let bytes = |column: &'a [u8]| column.get(first..last).unwrap_or_default();
        Self {
            known: self.known.get(first..last).unwrap_or_default(),
            from: bytes(self.from),
            to: bytes(self.to),
            sign: bytes(self.sign),
            mask: bytes(self.mask),
            cell: self.cell.get(first..last).unwrap_or_default(),
        }
    }

    /// The rank of the first row whose cell is not before this one.
    fn rank_of(&self, cell: u32) -> usize {
        self.cell.partition_point(|at| u32::from_le_bytes(*at) < cell)
    }

    /// The sum of signs of the rows that count. Written so that the compiler
    /// can do 16 rows at once: no branch, no early exit.
    fn sum(&self, probe: Probe) -> i64 {
        let bytes = self.from.iter().zip(self.to).zip(self.sign.iter().zip(self.mask));
        let mut sum = 0_i32;
        for (known, ((from, to), (sign, mask))) in self.known.iter().zip(bytes) {
            let counts = (u32::from_le_bytes(*known) <= probe.known)
                & (*from <= probe.day)
                & (probe.day < *to)
                & (mask & probe.mask != 0);
            sum += i32::from(*sign as i8) * i32::from(counts);
        }
        i64::from(sum)
    }

    /// As [`Self::sum`], when every row is known.
    fn sum_all_known(&self, probe: Probe) -> i64 {
        let bytes = self.from.iter().zip(self.to).zip(self.sign.iter().zip(self.mask));
        let mut sum = 0_i32;
        for ((from, to), (sign, mask)) in bytes {
            let counts = (*from <= probe.day) & (probe.day < *to) & (mask & probe.mask != 0);
            sum += i32::from(*sign as i8) * i32::from(counts);
        }
        i64::from(sum)
    }
}

/// Counts by group, then by status.
pub(in crate::headcount) type GroupCounts = Vec<[i64; STATUSES]>;

impl Tile {
    /// Adds up the rows that count, by group and status. Ranges are sorted and
    /// do not overlap.
    ///
    /// # Errors
    /// When a block cannot be read or is damaged.
    pub(in crate::headcount) fn count(
        &self,
        probe: Probe,
        ranges: &[CellRange],
        counts: &mut GroupCounts,
    ) -> Result<()> {
        let mut buffer = Vec::new();
        for (status, blocks) in self.blocks.iter().enumerate() {
            let mut rest = ranges;
            let mut at = 0;
            while let (Some(block), Some(range)) = (blocks.get(at), rest.first()) {
                let last_cell = blocks.get(at + 1).map_or(u32::MAX, |next| next.first_cell);
                if range.last <= block.first_cell {
                    rest = rest.get(1..).unwrap_or_default();
                } else if last_cell < range.first {
                    // The last block that begins before the range may end inside it.
                    let begun = blocks.partition_point(|b| b.first_cell < range.first);
                    at = begun.saturating_sub(1).max(at + 1);
                } else {
                    let here = rest.partition_point(|range| range.first <= last_cell);
                    let here = rest.get(..here).unwrap_or_default();
                    let mut add = |group: u32, sum: i64| {
                        let place = counts.get_mut(group as usize);
                        if let Some(place) = place.and_then(|group| group.get_mut(status)) {
                            *place += sum;
                        }
                    };
                    self.count_block(block, last_cell, probe, here, &mut buffer, &mut add)?;
                    at += 1;
                }
            }
        }
        Ok(())
    }

    fn count_block(
        &self,
        block: &Block,
        last_cell: u32,
        probe: Probe,
        ranges: &[CellRange],
        buffer: &mut Vec<u8>,
        add: &mut dyn FnMut(u32, i64),
    ) -> Result<()> {
        let sum = |columns: Columns<'_>| {
            if self.known_max <= probe.known {
                columns.sum_all_known(probe)
            } else {
                columns.sum(probe)
            }
        };
        if let [whole] = ranges
            && whole.first <= block.first_cell
            && (last_cell < whole.last
                || whole.last >= self.site_cells.last().copied().unwrap_or(0))
        {
            self.block(block, block.rows * NARROW_BYTES, buffer)?;
            add(whole.group, sum(Columns::of(buffer, block.rows)));
            return Ok(());
        }
        self.block(block, block.rows * ROW_BYTES, buffer)?;
        let columns = Columns::of(buffer, block.rows);
        if ranges.len() > SCATTERED {
            count_scattered(columns, probe, ranges, add);
            return Ok(());
        }
        for range in ranges {
            let (first, last) = (columns.rank_of(range.first), columns.rank_of(range.last));
            if first < last {
                add(range.group, sum(columns.slice(first, last)));
            }
        }
        Ok(())
    }
}

/// Many small ranges in one block: rows and ranges are walked side by side.
fn count_scattered(
    columns: Columns<'_>,
    probe: Probe,
    ranges: &[CellRange],
    add: &mut dyn FnMut(u32, i64),
) {
    let mut first = columns.rank_of(ranges.first().map_or(0, |range| range.first));
    for range in ranges {
        let cell = |at: usize| columns.cell.get(at).map(|cell| u32::from_le_bytes(*cell));
        while cell(first).is_some_and(|cell| cell < range.first) {
            first += 1;
        }
        let mut last = first;
        while cell(last).is_some_and(|cell| cell < range.last) {
            last += 1;
        }
        if first < last {
            add(range.group, columns.slice(first, last).sum(probe));
        }
        first = last;
    }
}
