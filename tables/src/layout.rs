//! The bytes of a table; `docs/formats/index.md` is their description.

use crc32c::{crc32c, crc32c_append};

/// The format of tables that this version writes; one of another format is made again from what
/// it is an index of. Where ordinals have no values nothing changed since format 1.
const fn format(valued: bool) -> u16 {
    if valued { 2 } else { 1 }
}
const MAGIC: [u8; 8] = *b"RGSTTABL";
/// Bytes of a page, its checksum included.
pub(super) const PAGE: usize = 4096;
/// Bytes of a page before its checksum.
pub(super) const PAYLOAD: usize = PAGE - 4;
/// Bytes of a pair: hash, ordinal, and the ordinal's value when it has one.
pub(super) const fn pair_bytes(valued: bool) -> usize {
    if valued { 16 } else { 12 }
}
/// Pairs of a page.
pub(super) const fn pairs_a_page(valued: bool) -> usize {
    PAYLOAD / pair_bytes(valued)
}
/// Values of a page.
pub(super) const VALUES: usize = PAYLOAD / 4;
/// Words of a page: those of the filter, then the fences.
pub(super) const WORDS: usize = PAYLOAD / 8;
/// Bytes of a header before the mark.
const FIXED: usize = 96;
/// Longest mark, in bytes.
pub(crate) const MARK_MAX: usize = PAYLOAD - FIXED;

/// The first page of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableHeader {
    /// What it is an index of: the journal's id, or another name of 16 bytes.
    pub(super) owner: [u8; 16],
    /// First ordinal that it covers.
    pub(super) first: u32,
    /// Last one.
    pub(super) last: u32,
    /// How many tables were merged into it, itself included.
    pub(super) units: u32,
    pub(super) pairs: u64,
    /// Different hashes, at most.
    pub(super) hashes: u64,
    /// Whether each ordinal has a value.
    pub(super) valued: bool,
    /// Words of the filter.
    pub(super) filter_words: u64,
    /// What its owner wrote down of the moment after the last ordinal.
    pub(super) mark: Vec<u8>,
}

/// Where each part of a table is, in pages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) values: u64,
    pub(super) words: u64,
    pub(super) end: u64,
}

impl TableHeader {
    /// How many ordinals it covers.
    pub(super) const fn ordinals(&self) -> u64 {
        self.last as u64 - self.first as u64 + 1
    }

    /// Pages of pairs: as many as there are fences.
    pub(super) const fn pair_pages(&self) -> u64 {
        self.pairs.div_ceil(pairs_a_page(self.valued) as u64)
    }

    /// Pairs come first, after this page; then values, then words.
    pub(super) const fn plan(&self) -> Plan {
        let values = 1 + self.pair_pages();
        let valued = if self.valued { self.ordinals().div_ceil(VALUES as u64) } else { 0 };
        let words = values + valued;
        let count = self.filter_words + self.pair_pages();
        Plan { values, words, end: words + count.div_ceil(WORDS as u64) }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = vec![0; FIXED];
        out[..8].copy_from_slice(&MAGIC);
        out[8..10].copy_from_slice(&format(self.valued).to_le_bytes());
        out[10] = u8::from(self.valued);
        out[16..32].copy_from_slice(&self.owner);
        out[32..36].copy_from_slice(&self.first.to_le_bytes());
        out[36..40].copy_from_slice(&self.last.to_le_bytes());
        out[40..44].copy_from_slice(&self.units.to_le_bytes());
        out[48..56].copy_from_slice(&self.pairs.to_le_bytes());
        out[56..64].copy_from_slice(&self.hashes.to_le_bytes());
        out[64..72].copy_from_slice(&self.filter_words.to_le_bytes());
        let mark = u32::try_from(self.mark.len()).unwrap_or(u32::MAX);
        out[72..76].copy_from_slice(&mark.to_le_bytes());
        out.extend_from_slice(&self.mark);
        out.resize(PAYLOAD, 0);
        out
    }

    /// Of the first page's payload; `None` for what is no table of this format.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (u32_at, u64_at) = (|at| Some(u32_of(bytes, at)), |at| u64_of(bytes, at));
        if bytes.len() < PAYLOAD || bytes[..8] != MAGIC {
            return None;
        }
        let valued = bytes[10] != 0;
        if bytes[8..10] != format(valued).to_le_bytes() {
            return None;
        }
        let (first, last) = (u32_at(32)?, u32_at(36)?);
        let mark = u32_at(72)? as usize;
        if first == 0 || last < first || mark > MARK_MAX {
            return None;
        }
        Some(Self {
            owner: bytes[16..32].try_into().ok()?,
            first,
            last,
            units: u32_at(40)?,
            pairs: u64_at(48),
            hashes: u64_at(56),
            valued,
            filter_words: u64_at(64),
            mark: bytes[FIXED..FIXED + mark].to_vec(),
        })
    }
}

/// The checksum of a page: of its payload, after whose page it is and which. A
/// page of another table, or another page of this one, does not fit.
pub(super) fn page_crc(seed: u32, page: u64, payload: &[u8]) -> u32 {
    crc32c_append(crc32c_append(seed, &page.to_le_bytes()), payload)
}

/// The seed of the checksums of a table's pages.
pub(super) fn seed(owner: &[u8; 16], first: u32, last: u32) -> u32 {
    crc32c_append(crc32c_append(crc32c(owner), &first.to_le_bytes()), &last.to_le_bytes())
}

/// A number inside a page; the caller keeps `at` inside.
pub(super) fn u32_of(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u32::from_le_bytes)
}

/// As [`u32_of`].
pub(super) fn u64_of(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied().map_or(0, u64::from_le_bytes)
}
