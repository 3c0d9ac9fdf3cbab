//! One quarter's rows in one immutable file, byte by byte.
//!
//! All numbers are little-endian. Rows are sorted by (status, cell, known,
//! from, to, sign, mask); cells by (UAI, certification, age band, sex, home).
//! A département's CFAs are neighbours, since a UAI begins with its number: no
//! reference set decides the order, so loading one moves no byte.
//!
//! | part | bytes | holds |
//! |---|---|---|
//! | fixed | 60 | magic `RHCTILE1`; quarter u16; 0 u16; rows of each of 5 statuses u32; CFAs, certifications, homes, cells u32; largest known u32; CRC-32C of the directory u32; CRC-32C of fixed part (this field as 0), names and index u32 |
//! | names | 8, 17, 3 each | UAIs; CFD and RNCP padded with 0 (all 0: none); home codes padded with 0; each list sorted |
//! | index | 4, then 8 each | first cell of each CFA and the number of cells; then for each block its first cell u32 and CRC-32C u32 |
//! | directory | 8 each | cells: the packed cell of `packed.rs` with the ranks of this tile's names |
//! | blocks | 12 a row | up to 4,096 rows of one status, columnar: known u32…, from u8…, to u8…, sign i8…, mask u8…, cell u32… |
//!
//! The fixed part, names and index are read when the tile is opened; blocks and
//! directory when a question needs them, checked the first time. Nothing is
//! cached here: the pages of the system are the cache, so a thousand tiles take
//! a few megabytes.

mod open;
mod scan;
mod write;

pub(super) use open::{Tile, TileBytes};
pub(super) use scan::{CellRange, Probe};
pub(super) use write::{image, write_image};

/// Rows in a full block.
pub(super) const BLOCK_ROWS: usize = 4096;
/// Bytes of a row.
pub(super) const ROW_BYTES: usize = 12;
/// Bytes of a row without its cell.
pub(super) const NARROW_BYTES: usize = 8;
pub(super) const STATUSES: usize = 5;
pub(super) const MAGIC: &[u8; 8] = b"RHCTILE1";
pub(super) const FIXED_BYTES: usize = 60;
pub(super) const CRC_AT: usize = 56;
pub(super) const SITE_BYTES: usize = 8;
pub(super) const CERTIFICATION_BYTES: usize = 17;
pub(super) const HOME_BYTES: usize = 3;
