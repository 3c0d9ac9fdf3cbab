//! A table, written once: page after page, its header last.

use super::filter::Filter;
use super::layout::{PAGE, PAYLOAD, TableHeader, page_crc, pair_bytes, seed};
use super::table::{Pair, Table};
use crate::disk::{Disk, DiskFile};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The name of a table while it is written.
pub(super) const MAKING: &str = "table.making";
/// Pages written at once.
const CHUNK: usize = 256;

/// What a new table covers.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    /// What it is an index of.
    pub(crate) owner: [u8; 16],
    /// First ordinal, from 1.
    pub(crate) first: u32,
    /// Last one.
    pub(crate) last: u32,
    /// How many tables were merged into it; 1 for one that is made from nothing.
    pub(crate) units: u32,
    /// Whatever the owner wants to find again of the moment after `last`.
    pub(crate) mark: Vec<u8>,
}

/// The name of a table's file.
pub(super) fn name(first: u32, last: u32) -> String {
    format!("{first:010}-{last:010}.table")
}

/// Writes a table: `pairs` in ascending order, with at most `hashes` different
/// hashes; and a value for each ordinal of the span, which its pairs have too, or
/// none at all. It has its name once all of it is durable.
///
/// # Errors
/// The file system's, or that of an iterator; then nothing has the name.
pub(crate) fn write(
    disk: &Arc<dyn Disk>,
    folder: &Path,
    span: Span,
    hashes: u64,
    pairs: impl Iterator<Item = io::Result<Pair>>,
    values: Option<&mut dyn Iterator<Item = io::Result<u32>>>,
) -> io::Result<Table> {
    let making = folder.join(MAKING);
    let written = fill(disk, &making, span, hashes, pairs, values);
    let named = written.and_then(|header| {
        let path = folder.join(name(header.first, header.last));
        disk.rename(&making, &path)?;
        disk.sync_folder(folder)?;
        Table::open(disk, &path)
    });
    if named.is_err() {
        // A full disk: give back what was taken.
        let _ = disk.remove(&making);
    }
    named
}

fn fill(
    disk: &Arc<dyn Disk>,
    path: &Path,
    span: Span,
    hashes: u64,
    pairs: impl Iterator<Item = io::Result<Pair>>,
    values: Option<&mut dyn Iterator<Item = io::Result<u32>>>,
) -> io::Result<TableHeader> {
    let file = disk.create(path)?;
    let mut pages = Pages {
        file: file.as_ref(),
        seed: seed(&span.owner, span.first, span.last),
        page: 1,
        chunk: Vec::with_capacity(CHUNK * PAGE),
        payload: Vec::with_capacity(PAYLOAD),
    };
    let (mut filter, mut fences) = (Filter::for_hashes(hashes), Vec::new());
    let mut count = 0;
    let valued = values.is_some();
    for pair in pairs {
        let Pair { hash, ordinal, value } = pair?;
        if pages.payload.is_empty() {
            fences.push(hash);
        }
        filter.insert(hash);
        let mut bytes = [0; pair_bytes(true)];
        bytes[..8].copy_from_slice(&hash.to_le_bytes());
        bytes[8..12].copy_from_slice(&ordinal.to_le_bytes());
        bytes[12..].copy_from_slice(&value.to_le_bytes());
        pages.put(&bytes[..pair_bytes(valued)])?;
        count += 1;
    }
    pages.end_part()?;
    for value in values.into_iter().flatten() {
        pages.put(&value?.to_le_bytes())?;
    }
    pages.end_part()?;
    for word in filter.words().iter().chain(&fences) {
        pages.put(&word.to_le_bytes())?;
    }
    pages.end_part()?;
    let Span { owner, first, last, units, mark } = span;
    let filter_words = filter.words().len() as u64;
    let header =
        TableHeader { owner, first, last, units, pairs: count, hashes, valued, filter_words, mark };
    if pages.page != header.plan().end {
        return Err(io::Error::other("an index has not one value for each ordinal"));
    }
    pages.flush()?;
    let mut bytes = header.encode();
    let crc = page_crc(pages.seed, 0, &bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    file.write_all_at(&bytes, 0)?;
    file.sync_all()?;
    Ok(header)
}

/// Pages on their way to a file.
struct Pages<'a> {
    file: &'a dyn DiskFile,
    seed: u32,
    /// The page that is filled.
    page: u64,
    /// Whole pages before it that are not written yet.
    chunk: Vec<u8>,
    payload: Vec<u8>,
}

impl Pages<'_> {
    /// Adds what no page may split.
    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.payload.len() + bytes.len() > PAYLOAD {
            self.end_page()?;
        }
        self.payload.extend_from_slice(bytes);
        // The first of the next page is told from the others by an empty payload.
        if self.payload.len() + bytes.len() > PAYLOAD {
            self.end_page()?;
        }
        Ok(())
    }

    fn end_part(&mut self) -> io::Result<()> {
        if self.payload.is_empty() { Ok(()) } else { self.end_page() }
    }

    fn end_page(&mut self) -> io::Result<()> {
        self.payload.resize(PAYLOAD, 0);
        let crc = page_crc(self.seed, self.page, &self.payload);
        self.chunk.extend_from_slice(&self.payload);
        self.chunk.extend_from_slice(&crc.to_le_bytes());
        self.payload.clear();
        self.page += 1;
        if self.chunk.len() >= CHUNK * PAGE { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let start = self.page - (self.chunk.len() / PAGE) as u64;
        self.file.write_all_at(&self.chunk, start * PAGE as u64)?;
        self.chunk.clear();
        Ok(())
    }
}
