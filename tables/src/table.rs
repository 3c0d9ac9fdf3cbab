//! A table, opened and asked.

use super::IndexError;
use super::filter::Filter;
use super::layout::{
    PAGE, PAYLOAD, Plan, TableHeader, VALUES, WORDS, page_crc, pair_bytes, pairs_a_page, seed,
    u32_of, u64_of,
};
use crate::disk::{Disk, DiskFile};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a file is no table of this version; it is made again.
fn no_table(path: &Path) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("{} is no whole index", path.display()))
}

/// A table. Its filter and fences are in memory, its pairs and values on disk.
#[derive(Debug)]
pub struct Table {
    disk: Arc<dyn Disk>,
    file: Box<dyn DiskFile>,
    path: PathBuf,
    header: TableHeader,
    plan: Plan,
    seed: u32,
    filter: Filter,
    /// The first hash of each page of pairs.
    fences: Vec<u64>,
}

/// A hash, an ordinal that it was seen at, and the ordinal's value; 0 when it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    pub(super) hash: u64,
    pub(super) ordinal: u32,
    pub(super) value: u32,
}

impl Pair {
    fn of(bytes: &[u8]) -> Self {
        Self { hash: u64_of(bytes, 0), ordinal: u32_of(bytes, 8), value: u32_of(bytes, 12) }
    }
}

/// Shows the pairs of a hash, of `N` bytes each; says whether the last of all was one of them or
/// below, so that more may follow on the next page.
fn equal<const N: usize>(pairs: &[u8], hash: u64, found: &mut dyn FnMut(Pair)) -> bool {
    let (pairs, _) = pairs.as_chunks::<N>();
    let start = pairs.partition_point(|pair| u64_of(pair, 0) < hash);
    let end = start + pairs[start..].partition_point(|pair| u64_of(pair, 0) == hash);
    pairs[start..end].iter().map(|pair| Pair::of(pair)).for_each(found);
    end == pairs.len()
}

/// A page that was read last, so that neighbours cost one read.
#[derive(Debug, Default)]
pub struct PageCache {
    /// The table's first and last ordinal, and the page.
    of: Option<(u32, u32, u64)>,
    payload: Vec<u8>,
}

impl Table {
    /// Opens a table. Of its pages those are checked that memory keeps; each
    /// other one when it is read.
    ///
    /// # Errors
    /// The file system's; `InvalidData` for what is no whole table.
    pub(super) fn open(disk: &Arc<dyn Disk>, path: &Path) -> io::Result<Self> {
        let file = disk.open(path)?;
        let mut page = vec![0; PAGE];
        let damaged = || no_table(path);
        file.read_exact_at(&mut page, 0).map_err(|_| damaged())?;
        let header = TableHeader::decode(&page[..PAYLOAD]).ok_or_else(damaged)?;
        let seed = seed(&header.owner, header.first, header.last);
        let whole =
            |number, page: &[u8]| page_crc(seed, number, &page[..PAYLOAD]) == u32_of(page, PAYLOAD);
        let plan = header.plan();
        if !whole(0, &page) || file.length()? < plan.end * PAGE as u64 {
            return Err(damaged());
        }
        let count = header.filter_words + header.pair_pages();
        let mut words = Vec::with_capacity(usize::try_from(count).map_err(|_| damaged())?);
        for number in plan.words..plan.end {
            file.read_exact_at(&mut page, number * PAGE as u64)?;
            if !whole(number, &page) {
                return Err(damaged());
            }
            let left = usize::try_from(count).unwrap_or(0) - words.len();
            words.extend((0..WORDS.min(left)).map(|rank| u64_of(&page, 8 * rank)));
        }
        let filter_words = usize::try_from(header.filter_words).map_err(|_| damaged())?;
        let fences = words.split_off(filter_words.min(words.len()));
        words.shrink_to_fit();
        let filter = Filter::from_words(words).ok_or_else(damaged)?;
        let disk = Arc::clone(disk);
        Ok(Self { disk, file, path: path.to_owned(), header, plan, seed, filter, fences })
    }

    /// What it is an index of.
    pub const fn owner(&self) -> &[u8; 16] {
        &self.header.owner
    }

    /// The first ordinal that it covers.
    pub const fn first(&self) -> u32 {
        self.header.first
    }

    /// The last one.
    pub const fn last(&self) -> u32 {
        self.header.last
    }

    /// How many tables were merged into it.
    pub(super) const fn units(&self) -> u32 {
        self.header.units
    }

    /// How many different hashes it has, at most.
    pub(super) const fn hashes(&self) -> u64 {
        self.header.hashes
    }

    /// Whether each of its ordinals has a value.
    pub(super) const fn is_valued(&self) -> bool {
        self.header.valued
    }

    /// What its owner wrote down of the moment after the last ordinal.
    pub fn mark(&self) -> &[u8] {
        &self.header.mark
    }

    /// Its file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The ordinals of a hash, in ascending order, added to `found`.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn find(&self, hash: u64, found: &mut Vec<u32>) -> Result<(), IndexError> {
        self.each(hash, &mut |pair| found.push(pair.ordinal))
    }

    /// The same with their values; 0 when ordinals have none.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn find_valued(&self, hash: u64, found: &mut Vec<(u32, u32)>) -> Result<(), IndexError> {
        self.each(hash, &mut |pair| found.push((pair.ordinal, pair.value)))
    }

    fn each(&self, hash: u64, found: &mut dyn FnMut(Pair)) -> Result<(), IndexError> {
        if !self.filter.may_have(hash) {
            return Ok(());
        }
        // Equal hashes may begin in the page before the first fence that is not below.
        let fence = self.fences.partition_point(|fence| *fence < hash).saturating_sub(1);
        let mut payload = Vec::new();
        for page in fence as u64..self.header.pair_pages() {
            self.read(1 + page, &mut payload)?;
            let valued = self.header.valued;
            let pairs = &payload[..pair_bytes(valued) * self.pairs_of(page)];
            let to_the_end = if valued {
                equal::<{ pair_bytes(true) }>(pairs, hash, found)
            } else {
                equal::<{ pair_bytes(false) }>(pairs, hash, found)
            };
            if !to_the_end {
                break;
            }
        }
        Ok(())
    }

    /// The value of an ordinal that the table covers, when its ordinals have values.
    ///
    /// # Errors
    /// See [`IndexError`].
    pub fn value(&self, ordinal: u32, cache: &mut PageCache) -> Result<Option<u32>, IndexError> {
        if !self.header.valued || ordinal < self.first() || ordinal > self.last() {
            return Ok(None);
        }
        let rank = (ordinal - self.first()) as usize;
        let page = self.plan.values + (rank / VALUES) as u64;
        let wanted = Some((self.first(), self.last(), page));
        if cache.of != wanted {
            cache.of = None;
            self.read(page, &mut cache.payload)?;
            cache.of = wanted;
        }
        Ok(Some(u32_of(&cache.payload, 4 * (rank % VALUES))))
    }

    /// The pairs of a page of pairs, from 0, added to `pairs`; none after the last.
    pub(super) fn pairs(&self, page: u64, pairs: &mut Vec<Pair>) -> Result<(), IndexError> {
        if page >= self.header.pair_pages() {
            return Ok(());
        }
        let mut payload = Vec::new();
        self.read(1 + page, &mut payload)?;
        let size = pair_bytes(self.header.valued);
        pairs.extend(payload[..size * self.pairs_of(page)].chunks_exact(size).map(Pair::of));
        Ok(())
    }

    /// How many pairs a page of pairs has.
    fn pairs_of(&self, page: u64) -> usize {
        let most = pairs_a_page(self.header.valued);
        usize::try_from(self.header.pairs - page * most as u64).unwrap_or(most).min(most)
    }

    fn read(&self, page: u64, payload: &mut Vec<u8>) -> Result<(), IndexError> {
        payload.resize(PAGE, 0);
        let read = self.file.read_up_to(payload, page * PAGE as u64);
        let read = read.map_err(|source| IndexError::Io {
            path: self.path.clone(),
            source: Arc::new(source),
        })?;
        let crc = u32_of(payload, PAYLOAD);
        payload.truncate(PAYLOAD);
        if read == PAGE && page_crc(self.seed, page, payload) == crc {
            return Ok(());
        }
        let path = self.path.clone();
        tracing::error!(
            path = %path.display(), page,
            "an index is damaged and was removed: restart the server, which makes it again from \
             what it is an index of; nothing else is lost"
        );
        let _ = self.disk.remove(&self.path);
        Err(IndexError::Damaged { path, page })
    }
}
