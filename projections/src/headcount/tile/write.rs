//! From sorted rows to the bytes of a tile.

use super::super::error::Result;
use super::super::packed::{CELL_BITS, CellNumbers, Codes, Names, Tail, with_cell};
use super::super::quarter::Quarter;
use super::{BLOCK_ROWS, CERTIFICATION_BYTES, CRC_AT, FIXED_BYTES, MAGIC, SITE_BYTES, STATUSES};
use std::io::Write;

/// The bytes of a tile, from rows packed with the ranks of these names, sorted.
///
/// # Errors
/// None: memory takes all bytes.
pub(in crate::headcount) fn image(
    quarter: Quarter,
    rows: &mut [u128],
    names: &Names,
) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write_image(quarter, rows, names, &mut bytes)?;
    Ok(bytes)
}

/// Writes a tile. Its blocks are encoded twice, first for their checksums, which
/// stand before them: that takes less than to hold them all.
///
/// # Errors
/// When a write fails.
pub(in crate::headcount) fn write_image(
    quarter: Quarter,
    rows: &mut [u128],
    names: &Names,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    let names = keep_used(rows, names);
    let cells = cells_of(rows);
    let mut counts = [0_u32; STATUSES];
    for row in rows.iter() {
        if let Some(count) = counts.get_mut((*row >> (64 + CELL_BITS)) as usize) {
            *count += 1;
        }
    }
    let mut index = Vec::new();
    for_each_block(rows, &counts, &cells, |first_cell, block| {
        index.extend_from_slice(&first_cell.to_le_bytes());
        index.extend_from_slice(&crc32c::crc32c(block).to_le_bytes());
        Ok(())
    })?;
    let directory: Vec<u8> = cells.iter().flat_map(|cell| cell.to_le_bytes()).collect();
    let mut head = Vec::with_capacity(FIXED_BYTES + index.len());
    head.extend_from_slice(MAGIC);
    head.extend_from_slice(&quarter.0.to_le_bytes());
    head.extend_from_slice(&[0, 0]);
    let lengths = [names.sites.len(), names.certifications.len(), names.homes.len(), cells.len()];
    let known_max = rows.iter().map(|row| Tail::of(*row).known).max().unwrap_or(0);
    let numbers = counts.into_iter().chain(lengths.map(|length| length as u32));
    for number in numbers.chain([known_max, crc32c::crc32c(&directory), 0]) {
        head.extend_from_slice(&number.to_le_bytes());
    }
    write_names(&mut head, &names);
    write_site_index(&mut head, names.sites.len(), &cells);
    head.extend_from_slice(&index);
    let crc = crc32c::crc32c(&head).to_le_bytes();
    if let Some(place) = head.get_mut(CRC_AT..FIXED_BYTES) {
        place.copy_from_slice(&crc);
    }
    out.write_all(&head)?;
    out.write_all(&directory)?;
    for_each_block(rows, &counts, &cells, |_, block| out.write_all(block))
}

/// Keeps the names that rows use, and renumbers the rows; their order stays.
fn keep_used(rows: &mut [u128], names: &Names) -> Names {
    let mut sites = vec![false; names.sites.len()];
    let mut certifications = vec![false; names.certifications.len()];
    let mut homes = vec![false; names.homes.len()];
    let mark = |used: &mut Vec<bool>, number: u32| {
        if let Some(place) = used.get_mut(number as usize) {
            *place = true;
        }
    };
    for row in rows.iter() {
        let numbers = CellNumbers::of((*row >> 64) as u64);
        mark(&mut sites, numbers.site);
        mark(&mut certifications, numbers.certification);
        mark(&mut homes, numbers.home);
    }
    let kept = Names {
        sites: used(&names.sites, &sites),
        certifications: used(&names.certifications, &certifications),
        homes: used(&names.homes, &homes),
    };
    let (sites, certifications, homes) = (ranks(&sites), ranks(&certifications), ranks(&homes));
    let rank = |ranks: &[u32], number: u32| ranks.get(number as usize).copied().unwrap_or(0);
    for row in rows.iter_mut() {
        let numbers = CellNumbers::of((*row >> 64) as u64);
        let cell = CellNumbers {
            site: rank(&sites, numbers.site),
            certification: rank(&certifications, numbers.certification),
            home: rank(&homes, numbers.home),
            ..numbers
        };
        *row = with_cell(*row, cell);
    }
    kept
}

fn used<T: Copy>(all: &[T], used: &[bool]) -> Vec<T> {
    all.iter().zip(used).filter(|(_, used)| **used).map(|(name, _)| *name).collect()
}

/// How many names before each one are used.
fn ranks(used: &[bool]) -> Vec<u32> {
    let mut next = 0;
    let ranks = used.iter().map(|used| {
        let rank = next;
        next += u32::from(*used);
        rank
    });
    ranks.collect()
}

/// The cell of a row.
const fn cell_of(row: u128) -> u64 {
    (row >> 64) as u64 & ((1 << CELL_BITS) - 1)
}

/// The cells of the rows, sorted.
fn cells_of(rows: &[u128]) -> Vec<u64> {
    let mut cells: Vec<u64> = Vec::new();
    for row in rows {
        let cell = cell_of(*row);
        if cells.last() != Some(&cell) {
            cells.push(cell);
        }
    }
    cells.sort_unstable();
    cells.dedup();
    cells
}

fn write_names(out: &mut Vec<u8>, names: &Names) {
    for site in &names.sites {
        push_padded::<SITE_BYTES>(out, site.as_str());
    }
    for certification in &names.certifications {
        out.extend_from_slice(&codes(certification));
    }
    for home in &names.homes {
        out.extend_from_slice(&home.bytes());
    }
}

fn codes((cfd, rncp): &Codes) -> [u8; CERTIFICATION_BYTES] {
    let mut bytes = Vec::with_capacity(CERTIFICATION_BYTES);
    push_padded::<8>(&mut bytes, cfd.as_ref().map_or("", |code| code.as_str()));
    push_padded::<9>(&mut bytes, rncp.as_ref().map_or("", |code| code.as_str()));
    bytes.try_into().unwrap_or([0; CERTIFICATION_BYTES])
}

fn push_padded<const N: usize>(out: &mut Vec<u8>, text: &str) {
    let bytes = text.as_bytes().iter().copied().chain(std::iter::repeat(0));
    out.extend(bytes.take(N));
}

/// For each CFA its first cell, and the number of cells at the end.
fn write_site_index(out: &mut Vec<u8>, sites: usize, cells: &[u64]) {
    for site in 0..=sites as u32 {
        let first = cells.partition_point(|cell| CellNumbers::of(*cell).site < site);
        out.extend_from_slice(&(first as u32).to_le_bytes());
    }
}

/// Calls back with each block: its first cell and its bytes.
fn for_each_block(
    rows: &[u128],
    counts: &[u32; STATUSES],
    cells: &[u64],
    mut each: impl FnMut(u32, &[u8]) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let (mut rest, mut numbers, mut bytes) = (rows, Vec::new(), Vec::new());
    for count in counts {
        let (section, after) = rest.split_at((*count as usize).min(rest.len()));
        rest = after;
        let mut next = 0;
        for block in section.chunks(BLOCK_ROWS) {
            numbers.clear();
            numbers.extend(block.iter().map(|row| {
                while cells.get(next).is_some_and(|at| *at < cell_of(*row)) {
                    next += 1;
                }
                next as u32
            }));
            bytes.clear();
            write_block(&mut bytes, block, &numbers);
            each(numbers.first().copied().unwrap_or(0), &bytes)?;
        }
    }
    Ok(())
}

fn write_block(out: &mut Vec<u8>, block: &[u128], cells: &[u32]) {
    let tails = || block.iter().map(|row| Tail::of(*row));
    tails().for_each(|tail| out.extend_from_slice(&tail.known.to_le_bytes()));
    out.extend(tails().map(|tail| tail.from));
    out.extend(tails().map(|tail| tail.to));
    out.extend(tails().map(|tail| tail.sign));
    out.extend(tails().map(|tail| tail.mask));
    cells.iter().for_each(|cell| out.extend_from_slice(&cell.to_le_bytes()));
}
