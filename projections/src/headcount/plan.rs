//! Which cells of a tile a question touches, and in which group each counts.
//!
//! A question about territory of CFAs or about one CFA is answered from the
//! list of CFAs: neighbours by département, so each run of one département is
//! judged once. Any other reads the cells of the CFAs that are left.

use super::cell::{AgeBand, Cell, Home};
use super::error::Result;
use super::packed::CellNumbers;
use super::query::{Filter, GroupBy, TerritoryOf, UNKNOWN_KEY};
use super::tile::{CellRange, Tile};
use crate::reach::Sites;
use crate::reference::ReferenceSet;
use domain::identifiers::{Cfd, Rncp, Uai};
use std::collections::HashMap;

/// The groups met so far, numbered.
#[derive(Debug, Default)]
pub(super) struct Groups {
    numbers: HashMap<String, u32>,
    pub(super) keys: Vec<String>,
}

impl Groups {
    fn number(&mut self, key: &str) -> u32 {
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = self.keys.len() as u32;
        self.numbers.insert(key.to_owned(), number);
        self.keys.push(key.to_owned());
        number
    }
}

/// A filter and a split over a reference set.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) filter: &'a Filter,
    pub(crate) group_by: GroupBy,
    pub(crate) reference: &'a ReferenceSet,
}

impl Scope<'_> {
    /// Whether a place matches, and its key in a split by territory.
    fn place(&self, departement: Option<&str>) -> Option<&str> {
        let code = departement.unwrap_or_default();
        let entry = self.reference.departements.get_key_value(code);
        let of = |code: Option<&'_ str>, wanted: &Option<String>| {
            wanted.as_deref().is_none_or(|wanted| code == Some(wanted))
        };
        let region = entry.map(|(_, place)| place.region.as_str());
        let academie = entry.map(|(_, place)| place.academie.as_str());
        let known = entry.map(|(code, _)| code.as_str());
        let matches = of(departement, &self.filter.departement)
            && of(region, &self.filter.region)
            && of(academie, &self.filter.academie);
        let key = match self.group_by {
            GroupBy::Region => region,
            GroupBy::Departement => known,
            GroupBy::Academie => academie,
            _ => Some(""),
        };
        matches.then_some(key.unwrap_or(UNKNOWN_KEY))
    }

    fn has_territory(&self) -> bool {
        let filter = self.filter;
        let split =
            matches!(self.group_by, GroupBy::Region | GroupBy::Departement | GroupBy::Academie);
        split
            || filter.region.is_some()
            || filter.departement.is_some()
            || filter.academie.is_some()
    }

    /// Whether the CFAs alone decide.
    fn by_site(&self) -> bool {
        let filter = self.filter;
        let split =
            matches!(self.group_by, GroupBy::Certification | GroupBy::Level | GroupBy::AgeBand);
        let home = filter.territory_of == TerritoryOf::Home && self.has_territory();
        let inner = filter.rncp.is_some()
            || filter.cfd.is_some()
            || filter.level.is_some()
            || filter.age_band.is_some();
        !split && !home && !inner
    }

    fn asks_where_cfa_is(&self) -> bool {
        self.filter.territory_of == TerritoryOf::Cfa && self.has_territory()
    }

    /// Whether it is the CFA asked, and one that the asker may see.
    fn may_be(&self, uai: Uai) -> bool {
        self.filter.trainer.is_none_or(|wanted| wanted == uai)
            && self.filter.sites.has(uai, self.reference)
    }

    /// The key of a CFA, `None` when the filter leaves it out. A question about
    /// homes leaves no CFA out by its territory.
    fn site(&self, uai: Uai) -> Option<String> {
        if !self.may_be(uai) {
            return None;
        }
        let place =
            if self.asks_where_cfa_is() { self.place(uai.departement().as_deref())? } else { "" };
        Some(if self.group_by == GroupBy::Trainer { uai.as_str() } else { place }.to_owned())
    }

    /// The key of a CFA in a coverage, where the territory is always the CFA's.
    pub(super) fn covered(&self, uai: Uai) -> Option<String> {
        if !self.may_be(uai) {
            return None;
        }
        let place = self.place(uai.departement().as_deref())?;
        Some(if self.group_by == GroupBy::Trainer { uai.as_str() } else { place }.to_owned())
    }

    fn certification(&self, cfd: Option<Cfd>, rncp: Option<Rncp>) -> Option<String> {
        let filter = self.filter;
        if (filter.cfd.is_some() && filter.cfd != cfd)
            || (filter.rncp.is_some() && filter.rncp != rncp)
        {
            return None;
        }
        // Looked up only when asked: a whole table has thousands of certifications.
        let asked = filter.level.is_some() || self.group_by == GroupBy::Level;
        let level = if asked { self.reference.level(cfd, rncp) } else { None };
        if filter.level.is_some() && filter.level != level {
            return None;
        }
        Some(match self.group_by {
            GroupBy::Level => level.map_or_else(|| UNKNOWN_KEY.to_owned(), |l| l.to_string()),
            GroupBy::Certification => match (rncp, cfd) {
                (Some(rncp), Some(cfd)) => format!("{rncp}/{cfd}"),
                (Some(rncp), None) => rncp.to_string(),
                (None, Some(cfd)) => cfd.to_string(),
                (None, None) => UNKNOWN_KEY.to_owned(),
            },
            _ => String::new(),
        })
    }

    fn home(&self, home: Home) -> Option<String> {
        if self.filter.territory_of == TerritoryOf::Home && self.has_territory() {
            return self.place(home.code()).map(str::to_owned);
        }
        Some(String::new())
    }

    fn age(&self, band: AgeBand) -> Option<&'static str> {
        if self.filter.age_band.is_some_and(|wanted| wanted != band) {
            return None;
        }
        Some(if self.group_by == GroupBy::AgeBand { band.name() } else { "" })
    }

    /// The key of one cell, `None` when the filter leaves it out: what the
    /// ranges of [`Self::ranges`] amount to, cell by cell.
    pub(crate) fn key(&self, cell: &Cell) -> Option<String> {
        let site = self.site(cell.site)?;
        let certification = self.certification(cell.cfd, cell.rncp)?;
        let home = self.home(cell.home)?;
        let age = self.age(cell.age_band)?;
        Some([site, certification, home, age.to_owned()].concat())
    }

    /// The cells that count, in order, neighbours of one group joined.
    pub(super) fn ranges(&self, tile: &Tile, groups: &mut Groups) -> Result<Vec<CellRange>> {
        let sites = self.site_ranges(tile, groups);
        if self.by_site() {
            return Ok(sites);
        }
        let names = &tile.names;
        let codes = names.certifications.iter();
        let certifications: Vec<_> =
            codes.map(|(cfd, rncp)| self.certification(*cfd, *rncp)).collect();
        let homes: Vec<_> = names.homes.iter().map(|home| self.home(*home)).collect();
        let site_group = |range: &CellRange| {
            let split = matches!(self.group_by, GroupBy::Trainer) || self.asks_where_cfa_is();
            if split { groups.keys.get(range.group as usize).cloned() } else { None }
        };
        let keys: Vec<_> =
            sites.iter().map(|range| site_group(range).unwrap_or_default()).collect();
        let mut ranges = Vec::new();
        for (range, site) in sites.iter().zip(keys) {
            for (at, cell) in (range.first..).zip(tile.cells(range.first, range.last)?) {
                let numbers = CellNumbers::of(cell);
                let key = || {
                    let of = certifications.get(numbers.certification as usize)?.as_deref()?;
                    let home = homes.get(numbers.home as usize)?.as_deref()?;
                    let age = self.age(AgeBand::from_code(numbers.age))?;
                    // At most one of the four is not empty.
                    [site.as_str(), of, home, age].into_iter().max_by_key(|key| key.len())
                };
                if let Some(key) = key() {
                    let group = groups.number(key);
                    join(&mut ranges, CellRange { first: at, last: at + 1, group });
                }
            }
        }
        Ok(ranges)
    }

    /// The cells of the CFAs that count.
    fn site_ranges(&self, tile: &Tile, groups: &mut Groups) -> Vec<CellRange> {
        let sites = &tile.names.sites;
        let mut ranges = Vec::new();
        let mut add = |first: usize, last: usize, key: Option<String>| {
            let cell = |site: usize| tile.site_cells.get(site).copied();
            if let (Some(key), Some(first), Some(last)) = (key, cell(first), cell(last)) {
                join(&mut ranges, CellRange { first, last, group: groups.number(&key) });
            }
        };
        if let Some(wanted) = self.filter.trainer {
            if let Ok(at) = sites.binary_search(&wanted) {
                add(at, at + 1, self.site(wanted));
            }
        } else if self.group_by == GroupBy::Trainer || matches!(self.filter.sites, Sites::Of(_)) {
            for (at, uai) in sites.iter().enumerate() {
                add(at, at + 1, self.site(*uai));
            }
        } else if self.asks_where_cfa_is() || self.filter.sites != Sites::All {
            let mut first = 0;
            while let Some(uai) = sites.get(first) {
                // Same three digits, same département: judged once.
                let prefix = uai.as_str().get(..3);
                let rest = sites.get(first..).unwrap_or_default();
                let last = first + rest.partition_point(|uai| uai.as_str().get(..3) <= prefix);
                add(first, last, self.site(*uai));
                first = last.max(first + 1);
            }
        } else {
            add(0, sites.len(), Some(String::new()));
        }
        ranges
    }
}

/// Adds a range after the others, as part of the last one when it continues it.
fn join(ranges: &mut Vec<CellRange>, range: CellRange) {
    match ranges.last_mut() {
        Some(last) if last.last == range.first && last.group == range.group => {
            last.last = range.last;
        }
        _ if range.first < range.last => ranges.push(range),
        _ => {}
    }
}
