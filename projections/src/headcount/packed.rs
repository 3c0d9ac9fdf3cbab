//! A row as one 128-bit number whose order is the order of the tiles.
//!
//! From the top: status 3 bits, CFA 24, certification 20, age band 3, sex 2,
//! home 12 (these five are the cell), known position 32, from 8, to 8, sign 8,
//! mask 8. Names are numbered: first as they come, and by rank once all are
//! known, so that sorting numbers sorts rows by (status, cell, position, days).

use super::cell::{AgeBand, Cell, Home};
use super::error::{HeadcountError, Result};
use super::row::Row;
use domain::enrolment::Sex;
use domain::identifiers::{Cfd, Rncp, Uai};
use std::collections::HashMap;
use std::hash::Hash;

/// The bits of a cell in the upper half: all but the status.
pub(super) const CELL_BITS: u32 = 61;
const SITE_SHIFT: u32 = 37;
const CERTIFICATION_SHIFT: u32 = 17;
const AGE_SHIFT: u32 = 14;
const SEX_SHIFT: u32 = 12;
const SITES: usize = 1 << 24;
const CERTIFICATIONS: usize = 1 << 20;
const HOMES: usize = 1 << 12;

/// A certification's two codes.
pub(super) type Codes = (Option<Cfd>, Option<Rncp>);

/// The names that numbers stand for, each list sorted without doubles.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) sites: Vec<Uai>,
    pub(super) certifications: Vec<Codes>,
    pub(super) homes: Vec<Home>,
}

/// The numbers of a cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct CellNumbers {
    pub(super) site: u32,
    pub(super) certification: u32,
    pub(super) age: u8,
    pub(super) sex: u8,
    pub(super) home: u32,
}

impl CellNumbers {
    /// The numbers of a packed cell (a status above it is ignored).
    pub(super) const fn of(cell: u64) -> Self {
        Self {
            site: (cell >> SITE_SHIFT) as u32 & (SITES as u32 - 1),
            certification: (cell >> CERTIFICATION_SHIFT) as u32 & (CERTIFICATIONS as u32 - 1),
            age: (cell >> AGE_SHIFT) as u8 & 7,
            sex: (cell >> SEX_SHIFT) as u8 & 3,
            home: cell as u32 & (HOMES as u32 - 1),
        }
    }

    pub(super) const fn pack(self) -> u64 {
        (self.site as u64) << SITE_SHIFT
            | (self.certification as u64) << CERTIFICATION_SHIFT
            | (self.age as u64) << AGE_SHIFT
            | (self.sex as u64) << SEX_SHIFT
            | self.home as u64
    }

    /// The cell that the numbers stand for; `None` when a name is missing.
    pub(super) fn cell(self, names: &Names) -> Option<Cell> {
        let (cfd, rncp) = *names.certifications.get(self.certification as usize)?;
        Some(Cell {
            site: *names.sites.get(self.site as usize)?,
            cfd,
            rncp,
            age_band: AgeBand::from_code(self.age),
            sex: match self.sex {
                1 => Some(Sex::Male),
                2 => Some(Sex::Female),
                _ => None,
            },
            home: *names.homes.get(self.home as usize)?,
        })
    }
}

/// A packed row with another cell.
pub(super) const fn with_cell(packed: u128, cell: CellNumbers) -> u128 {
    let status = (packed >> 64) as u64 >> CELL_BITS;
    ((status << CELL_BITS | cell.pack()) as u128) << 64 | (packed & u64::MAX as u128)
}

/// The lower half of a row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tail {
    pub(super) known: u32,
    pub(super) from: u8,
    pub(super) to: u8,
    pub(super) sign: u8,
    pub(super) mask: u8,
}

impl Tail {
    pub(super) const fn of(packed: u128) -> Self {
        Self {
            known: (packed >> 32) as u32,
            from: (packed >> 24) as u8,
            to: (packed >> 16) as u8,
            sign: (packed >> 8) as u8,
            mask: packed as u8,
        }
    }

    pub(super) const fn pack(self) -> u64 {
        (self.known as u64) << 32
            | (self.from as u64) << 24
            | (self.to as u64) << 16
            | (self.sign as u64) << 8
            | self.mask as u64
    }
}

/// Sorts rows, those known up to a position first, and parts the two.
pub(super) fn sort(rows: &mut [u128], merged: u64) -> (&mut [u128], &mut [u128]) {
    let is_later = |row: &u128| u64::from(Tail::of(*row).known) > merged;
    rows.sort_unstable_by_key(|row| (is_later(row), *row));
    let later = rows.partition_point(|row| !is_later(row));
    rows.split_at_mut(later)
}

/// Numbers names as they come.
#[derive(Debug)]
struct Numbers<T> {
    of: HashMap<T, u32>,
    list: Vec<T>,
}

impl<T> Default for Numbers<T> {
    fn default() -> Self {
        Self { of: HashMap::new(), list: Vec::new() }
    }
}

impl<T: Copy + Eq + Hash + Ord> Numbers<T> {
    fn number(&mut self, name: T, limit: usize, what: &'static str) -> Result<u32> {
        if let Some(number) = self.of.get(&name) {
            return Ok(*number);
        }
        let number = self.list.len();
        if number >= limit {
            return Err(HeadcountError::TooMany { what, limit });
        }
        self.of.insert(name, number as u32);
        self.list.push(name);
        Ok(number as u32)
    }

    /// The names in order, and the rank of each number.
    fn ranked(&self) -> (Vec<T>, Vec<u32>) {
        let mut order: Vec<usize> = (0..self.list.len()).collect();
        order.sort_unstable_by_key(|number| self.list.get(*number).copied());
        let mut ranks = vec![0; order.len()];
        for (rank, number) in order.iter().enumerate() {
            if let Some(place) = ranks.get_mut(*number) {
                *place = rank as u32;
            }
        }
        (order.iter().filter_map(|number| self.list.get(*number).copied()).collect(), ranks)
    }
}

/// Packs rows while their names come in any order.
#[derive(Debug, Default)]
pub(super) struct Packer {
    sites: Numbers<Uai>,
    certifications: Numbers<Codes>,
    homes: Numbers<Home>,
}

/// What turns the packer's numbers into ranks.
#[derive(Debug)]
pub(super) struct Ranks {
    sites: Vec<u32>,
    certifications: Vec<u32>,
    homes: Vec<u32>,
}

impl Packer {
    /// The number of a row's cell, without its status.
    pub(super) fn cell(&mut self, cell: &Cell) -> Result<u64> {
        let codes = (cell.cfd, cell.rncp);
        let numbers = CellNumbers {
            site: self.sites.number(cell.site, SITES, "CFAs")?,
            certification: self.certifications.number(codes, CERTIFICATIONS, "certifications")?,
            age: cell.age_band as u8,
            sex: match cell.sex {
                None => 0,
                Some(Sex::Male) => 1,
                Some(Sex::Female) => 2,
            },
            home: self.homes.number(cell.home, HOMES, "home départements")?,
        };
        Ok(numbers.pack())
    }

    /// A row, in the numbers of this packer.
    pub(super) fn pack(&mut self, row: &Row) -> Result<u128> {
        let upper = (row.status as u64) << CELL_BITS | self.cell(&row.cell)?;
        let tail = Tail {
            known: row.known,
            from: row.from,
            to: row.to,
            sign: row.sign as u8,
            mask: row.mask.0,
        };
        Ok(u128::from(upper) << 64 | u128::from(tail.pack()))
    }

    /// The names in order, and how to renumber rows packed so far.
    pub(super) fn ranked(&self) -> (Names, Ranks) {
        let (sites, site_ranks) = self.sites.ranked();
        let (certifications, certification_ranks) = self.certifications.ranked();
        let (homes, home_ranks) = self.homes.ranked();
        let ranks =
            Ranks { sites: site_ranks, certifications: certification_ranks, homes: home_ranks };
        (Names { sites, certifications, homes }, ranks)
    }
}

impl Ranks {
    /// The row, its names numbered by rank.
    pub(super) fn of(&self, packed: u128) -> u128 {
        let numbers = CellNumbers::of((packed >> 64) as u64);
        let rank = |ranks: &[u32], number: u32| ranks.get(number as usize).copied().unwrap_or(0);
        let cell = CellNumbers {
            site: rank(&self.sites, numbers.site),
            certification: rank(&self.certifications, numbers.certification),
            home: rank(&self.homes, numbers.home),
            ..numbers
        };
        with_cell(packed, cell)
    }
}
