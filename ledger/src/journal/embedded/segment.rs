//! Segment files: made full of zeros before their first use, so that a sync of
//! a group never has to write the file's own metadata.

use super::layout::{NoSegment, SEGMENT_HEADER, SegmentHeader};
use crate::disk::{Disk, DiskFile};
use crate::journal::{OpenError, ReadError};
use crate::limits::SEGMENT_BYTES_MAX;
use bytes::Bytes;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The suffix of segment files; their name is their first position.
const SUFFIX: &str = "segment";
/// The next segment while it is being filled with zeros.
const PREPARED: &str = "next.prepared";
/// Bytes of a read that expects one record.
pub(super) const ONE_RECORD_BYTES: usize = 2048;
/// Bytes of zeros written at once.
const ZEROS: usize = 1024 * 1024;

/// An open segment.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) file: Box<dyn DiskFile>,
    pub(super) path: PathBuf,
    pub(super) header: SegmentHeader,
}

impl Segment {
    /// Opens an existing file and reads its header.
    pub(super) fn open(disk: &dyn Disk, path: &Path) -> Result<Self, OpenError> {
        Self::of(disk.open(path)?, path)
    }

    /// The same, of a file of the machine's own disk that is not to be written.
    pub(super) fn open_to_read(path: &Path) -> Result<Self, OpenError> {
        Self::of(Box::new(fs_err::File::open(path)?.into_file()), path)
    }

    fn of(file: Box<dyn DiskFile>, path: &Path) -> Result<Self, OpenError> {
        let mut bytes = [0; SEGMENT_HEADER];
        let damaged = |what| OpenError::Segment { path: path.to_owned(), what };
        let read = file.read_exact_at(&mut bytes, 0);
        read.map_err(|_| damaged("it is shorter than a segment's header"))?;
        let header = SegmentHeader::decode(&bytes).map_err(|error| match error {
            NoSegment::Magic => damaged("it does not start like a segment"),
            NoSegment::Checksum => damaged("the checksum of its header does not match"),
            NoSegment::Version(version) => OpenError::Version { path: path.to_owned(), version },
        })?;
        // The file is given this size when it is shorter: a number must not fill the disk.
        if header.size > SEGMENT_BYTES_MAX {
            return Err(damaged("its header gives it more bytes than any segment has"));
        }
        Ok(Self { file, path: path.to_owned(), header })
    }

    pub(super) fn error(&self, error: io::Error) -> ReadError {
        ReadError::Io { path: self.path.clone(), source: Arc::new(error) }
    }
}

/// The segment files of a folder, oldest first.
pub(super) fn list(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = disk.list(folder)?;
    paths.retain(|path| path.extension().is_some_and(|suffix| suffix == SUFFIX));
    // Names are positions of 20 digits: their order is that of the log.
    paths.sort();
    Ok(paths)
}

/// Fills a file with zeros to a size and syncs it, so that the space is ours.
pub(super) fn prepare(disk: &dyn Disk, folder: &Path, size: u64) -> io::Result<()> {
    let path = folder.join(PREPARED);
    let filled = fill(disk, &path, size);
    if filled.is_err() {
        // A full disk: give back what was taken.
        let _ = disk.remove(&path);
    }
    filled
}

/// Synced piece by piece: the writer's own syncs wait for whatever the disk has to write, and
/// are not to wait for a whole segment.
fn fill(disk: &dyn Disk, path: &Path, size: u64) -> io::Result<()> {
    let file = disk.create(path)?;
    zero(file.as_ref(), 0, size, &|| file.sync_data())?;
    file.sync_all()
}

/// Writes zeros from an offset to another; what is to follow each piece follows it.
fn zero(
    file: &dyn DiskFile,
    mut at: u64,
    end: u64,
    after_each: &dyn Fn() -> io::Result<()>,
) -> io::Result<()> {
    let zeros = vec![0; ZEROS];
    while at < end {
        let now = usize::try_from(end - at).unwrap_or(ZEROS).min(ZEROS);
        file.write_all_at(&zeros[..now], at)?;
        after_each()?;
        at += now as u64;
    }
    Ok(())
}

/// Turns the prepared file into the segment of a header. The name appears only
/// once the header is durable.
pub(super) fn activate(
    disk: &dyn Disk,
    folder: &Path,
    header: SegmentHeader,
) -> io::Result<Segment> {
    let prepared = folder.join(PREPARED);
    let path = folder.join(format!("{:020}.{SUFFIX}", header.first.0));
    let file = disk.open(&prepared)?;
    file.write_all_at(&header.encode(), 0)?;
    file.sync_all()?;
    disk.rename(&prepared, &path)?;
    // The name is there now: no error from here on may pass for a full disk, after which the
    // segment before would go on and take the positions of this one.
    disk.sync_folder(folder).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(Segment { file, path, header })
}

/// Removes a prepared file that a stopped process left.
pub(super) fn forget_prepared(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    disk.remove(&folder.join(PREPARED))
}

/// Whether there are only zeros. Compared block by block, which is a hundred
/// times faster than byte by byte in a build that is not optimised: each
/// opening looks at the whole unused part of the last segment.
pub(super) fn is_zero(bytes: &[u8]) -> bool {
    const BLOCK: [u8; 4096] = [0; 4096];
    bytes.chunks(BLOCK.len()).all(|chunk| chunk == &BLOCK[..chunk.len()])
}

/// Writes zeros from an offset to the end of the segment, where there are none,
/// and gives the file its full size back. The caller syncs. Gives the bytes from
/// there to the last one that was not zero.
pub(super) fn clear_from(segment: &Segment, offset: u64) -> io::Result<u64> {
    let mut cut = 0;
    let length = segment.file.length()?;
    let mut window = Window::new(ZEROS);
    let mut at = offset;
    while at < length {
        let now = (length - at).min(ZEROS as u64);
        let bytes = window.get(segment, at, usize::try_from(now).unwrap_or(ZEROS))?;
        if !is_zero(&bytes) {
            let last = bytes.iter().rposition(|byte| *byte != 0).unwrap_or_default();
            cut = at + last as u64 + 1 - offset;
            segment.file.write_all_at(&vec![0; bytes.len()], at)?;
        }
        at += now;
    }
    zero(segment.file.as_ref(), length.max(offset), segment.header.size, &|| Ok(()))?;
    Ok(cut)
}

/// A buffered reader of segments, for reads that go forward.
pub(super) struct Window {
    chunk: usize,
    /// First position of the segment that the bytes are of.
    segment: Option<u64>,
    start: u64,
    bytes: Bytes,
}

impl Window {
    /// Reads at least `chunk` bytes at a time.
    pub(super) const fn new(chunk: usize) -> Self {
        Self { chunk, segment: None, start: 0, bytes: Bytes::new() }
    }

    /// Reads anew what is asked for next.
    pub(super) fn forget(&mut self) {
        self.segment = None;
    }

    /// Whether what it reads at once is meant for many records.
    pub(super) const fn is_shared(&self) -> bool {
        self.chunk > ONE_RECORD_BYTES
    }

    /// Bytes of a segment; fewer than asked only at the end of the file.
    pub(super) fn get(
        &mut self,
        segment: &Segment,
        offset: u64,
        length: usize,
    ) -> io::Result<Bytes> {
        let here = self.segment == Some(segment.header.first.0) && offset >= self.start;
        let from = if here { usize::try_from(offset - self.start).ok() } else { None };
        if let Some(from) = from
            && let Some(to) = from.checked_add(length)
            && to <= self.bytes.len()
        {
            return Ok(self.bytes.slice(from..to));
        }
        let mut bytes = vec![0; length.max(self.chunk)];
        let filled = segment.file.read_up_to(&mut bytes, offset)?;
        bytes.truncate(filled);
        self.bytes = Bytes::from(bytes);
        self.segment = Some(segment.header.first.0);
        self.start = offset;
        Ok(self.bytes.slice(..length.min(filled)))
    }
}
