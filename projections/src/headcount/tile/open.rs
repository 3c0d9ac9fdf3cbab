//! A tile that can be asked.

use super::super::cell::Home;
use super::super::error::{HeadcountError, Result};
use super::super::packed::{CELL_BITS, CellNumbers, Codes, Names, Packer, Tail};
use super::super::quarter::Quarter;
use super::{
    BLOCK_ROWS, CERTIFICATION_BYTES, CRC_AT, FIXED_BYTES, HOME_BYTES, MAGIC, ROW_BYTES, SITE_BYTES,
    STATUSES,
};
use domain::identifiers::Uai;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Where the bytes of a tile are.
#[derive(Debug)]
pub(in crate::headcount) enum TileBytes {
    /// In a file of its own.
    File(File),
    /// In memory: a part of the delta file.
    Memory(Vec<u8>),
}

impl TileBytes {
    pub(super) fn read(&self, at: u64, out: &mut [u8]) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.read_exact_at(out, at),
            Self::Memory(bytes) => {
                let start = usize::try_from(at).unwrap_or(usize::MAX);
                let part = bytes.get(start..).and_then(|rest| rest.get(..out.len()));
                out.copy_from_slice(part.ok_or(std::io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    fn len(&self) -> std::io::Result<u64> {
        match self {
            Self::File(file) => Ok(file.metadata()?.len()),
            Self::Memory(bytes) => Ok(bytes.len() as u64),
        }
    }
}

/// One block of rows of one status.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) first_cell: u32,
    pub(super) rows: usize,
    pub(super) at: u64,
    crc: u32,
    checked: AtomicBool,
}

/// An open tile: names and index in memory, the rest where it is.
#[derive(Debug)]
pub(in crate::headcount) struct Tile {
    path: PathBuf,
    pub(super) bytes: TileBytes,
    pub(in crate::headcount) quarter: Quarter,
    pub(in crate::headcount) names: Names,
    /// First cell of each CFA; one more entry, the number of cells.
    pub(in crate::headcount) site_cells: Vec<u32>,
    pub(super) known_max: u32,
    /// Blocks of each status, by first cell.
    pub(super) blocks: [Vec<Block>; STATUSES],
    directory_at: u64,
    directory_crc: u32,
    directory_checked: AtomicBool,
}

/// Takes little-endian numbers and fixed parts off the front.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
}

impl Tile {
    /// Opens a tile and checks its fixed part, names and index.
    ///
    /// # Errors
    /// When it cannot be read, or is not a whole tile.
    pub(in crate::headcount) fn open(bytes: TileBytes, path: &Path) -> Result<Self> {
        let damaged = |what| HeadcountError::Damaged { file: path.to_owned(), what };
        let length = bytes.len()?;
        let mut fixed = vec![0; FIXED_BYTES];
        bytes.read(0, &mut fixed)?;
        let parsed = Fixed::read(&fixed).ok_or_else(|| damaged("it is no tile"))?;
        if parsed.total_bytes() != length {
            return Err(damaged("its length is another"));
        }
        let mut head = vec![0; parsed.head_bytes() as usize];
        bytes.read(0, &mut head)?;
        if let Some(place) = head.get_mut(CRC_AT..FIXED_BYTES) {
            place.fill(0);
        }
        if crc32c::crc32c(&head) != parsed.crc {
            return Err(damaged("its index has another checksum"));
        }
        let mut reader = Reader(head.get(FIXED_BYTES..).unwrap_or_default());
        let names = read_names(&mut reader, &parsed).ok_or_else(|| damaged("a name is no name"))?;
        let site_cells = (0..=parsed.sites).map_while(|_| reader.u32()).collect();
        let blocks = read_blocks(&mut reader, &parsed);
        Ok(Self {
            path: path.to_owned(),
            bytes,
            quarter: parsed.quarter,
            names,
            site_cells,
            known_max: parsed.known_max,
            blocks,
            directory_at: parsed.head_bytes(),
            directory_crc: parsed.directory_crc,
            directory_checked: AtomicBool::new(false),
        })
    }

    /// How many rows it holds.
    pub(in crate::headcount) fn rows(&self) -> u64 {
        self.blocks.iter().flatten().map(|block| block.rows as u64).sum()
    }

    /// The bytes of a tile that is in memory.
    pub(in crate::headcount) fn image(&self) -> Option<&[u8]> {
        match &self.bytes {
            TileBytes::File(_) => None,
            TileBytes::Memory(bytes) => Some(bytes),
        }
    }

    pub(super) fn damaged(&self, what: &'static str) -> HeadcountError {
        HeadcountError::Damaged { file: self.path.clone(), what }
    }

    /// The packed cells `[first, last)`.
    pub(in crate::headcount) fn cells(&self, first: u32, last: u32) -> Result<Vec<u64>> {
        if !self.directory_checked.load(Ordering::Relaxed) {
            let all = self.read_cells(0, self.site_cells.last().copied().unwrap_or(0))?;
            if crc32c::crc32c(&all) != self.directory_crc {
                return Err(self.damaged("its directory has another checksum"));
            }
            self.directory_checked.store(true, Ordering::Relaxed);
        }
        let bytes = self.read_cells(first, last)?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|cell| u64::from_le_bytes(*cell)).collect())
    }

    fn read_cells(&self, first: u32, last: u32) -> Result<Vec<u8>> {
        let mut bytes = vec![0; last.saturating_sub(first) as usize * 8];
        self.bytes.read(self.directory_at + u64::from(first) * 8, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads the first `length` bytes of a block; the whole of it the first
    /// time, to check it.
    pub(super) fn block(&self, block: &Block, length: usize, out: &mut Vec<u8>) -> Result<()> {
        let checked = block.checked.load(Ordering::Relaxed);
        out.resize(if checked { length } else { block.rows * ROW_BYTES }, 0);
        self.bytes.read(block.at, out)?;
        if !checked {
            if crc32c::crc32c(out) != block.crc {
                return Err(self.damaged("a block has another checksum"));
            }
            block.checked.store(true, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Packs every row again with the numbers of a packer.
    ///
    /// # Errors
    /// When a block is damaged or a name does not fit.
    pub(in crate::headcount) fn repack(
        &self,
        packer: &mut Packer,
        mut each: impl FnMut(u128),
    ) -> Result<()> {
        let cells = self.cells(0, self.site_cells.last().copied().unwrap_or(0))?;
        let mut numbers = Vec::with_capacity(cells.len());
        for cell in cells {
            let cell = CellNumbers::of(cell).cell(&self.names);
            numbers.push(packer.cell(&cell.ok_or_else(|| self.damaged("a cell has no name"))?)?);
        }
        let mut buffer = Vec::new();
        for (status, blocks) in self.blocks.iter().enumerate() {
            for block in blocks {
                self.block(block, block.rows * ROW_BYTES, &mut buffer)?;
                let rows = super::scan::Columns::of(&buffer, block.rows);
                for at in 0..block.rows {
                    let (tail, cell) = rows.row(at).ok_or_else(|| self.damaged("a short block"))?;
                    let Some(cell) = numbers.get(cell as usize) else {
                        return Err(self.damaged("a row has no cell"));
                    };
                    let upper = (status as u64) << CELL_BITS | cell;
                    each(u128::from(upper) << 64 | u128::from(Tail::pack(tail)));
                }
            }
        }
        Ok(())
    }
}

/// The fixed part.
struct Fixed {
    quarter: Quarter,
    rows: [u32; STATUSES],
    sites: u32,
    certifications: u32,
    homes: u32,
    cells: u32,
    known_max: u32,
    directory_crc: u32,
    crc: u32,
}

impl Fixed {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.take(8)? != MAGIC {
            return None;
        }
        let quarter = Quarter(u16::from_le_bytes(reader.take(2)?.try_into().ok()?));
        reader.take(2)?;
        let mut rows = [0; STATUSES];
        for count in &mut rows {
            *count = reader.u32()?;
        }
        Some(Self {
            quarter,
            rows,
            sites: reader.u32()?,
            certifications: reader.u32()?,
            homes: reader.u32()?,
            cells: reader.u32()?,
            known_max: reader.u32()?,
            directory_crc: reader.u32()?,
            crc: reader.u32()?,
        })
    }

    fn head_bytes(&self) -> u64 {
        let blocks: u64 =
            self.rows.iter().map(|rows| u64::from(*rows).div_ceil(BLOCK_ROWS as u64)).sum();
        FIXED_BYTES as u64
            + u64::from(self.sites) * SITE_BYTES as u64
            + u64::from(self.certifications) * CERTIFICATION_BYTES as u64
            + u64::from(self.homes) * HOME_BYTES as u64
            + (u64::from(self.sites) + 1) * 4
            + blocks * 8
    }

    fn blocks_at(&self) -> u64 {
        self.head_bytes() + u64::from(self.cells) * 8
    }

    fn total_bytes(&self) -> u64 {
        let rows: u64 = self.rows.iter().map(|rows| u64::from(*rows)).sum();
        self.blocks_at() + rows * ROW_BYTES as u64
    }
}

fn read_names(reader: &mut Reader<'_>, fixed: &Fixed) -> Option<Names> {
    let mut names = Names::default();
    for _ in 0..fixed.sites {
        names.sites.push(Uai::parse(std::str::from_utf8(reader.take(SITE_BYTES)?).ok()?).ok()?);
    }
    for _ in 0..fixed.certifications {
        names.certifications.push(codes(reader.take(CERTIFICATION_BYTES)?)?);
    }
    for _ in 0..fixed.homes {
        names.homes.push(Home::from_bytes(reader.take(HOME_BYTES)?.try_into().ok()?));
    }
    Some(names)
}

fn codes(bytes: &[u8]) -> Option<Codes> {
    let text = |bytes: &'_ [u8]| {
        let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
        bytes.get(..end).and_then(|text| String::from_utf8(text.to_vec()).ok())
    };
    let (cfd, rncp) = bytes.split_at_checked(8)?;
    let (cfd, rncp) = (text(cfd)?, text(rncp)?);
    let cfd = if cfd.is_empty() { None } else { Some(cfd.parse().ok()?) };
    let rncp = if rncp.is_empty() { None } else { Some(rncp.parse().ok()?) };
    Some((cfd, rncp))
}

fn read_blocks(reader: &mut Reader<'_>, fixed: &Fixed) -> [Vec<Block>; STATUSES] {
    let mut at = fixed.blocks_at();
    fixed.rows.map(|count| {
        let mut left = count as usize;
        let mut blocks = Vec::with_capacity(left.div_ceil(BLOCK_ROWS));
        while left > 0 {
            let rows = left.min(BLOCK_ROWS);
            let (Some(first_cell), Some(crc)) = (reader.u32(), reader.u32()) else { break };
            blocks.push(Block { first_cell, rows, at, crc, checked: AtomicBool::new(false) });
            at += (rows * ROW_BYTES) as u64;
            left -= rows;
        }
        blocks
    })
}
