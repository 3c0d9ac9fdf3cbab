//! The segment files as a copy needs them: each up to its last whole group.

use super::layout::SEGMENT_HEADER;
use super::scan::{End, Scanned, scan_groups};
use super::segment::{Segment, clear_from, list};
use crate::disk::SystemDisk;
use crate::journal::sequence::Edge;
use crate::journal::{Head, OpenError, Unfit};
use crate::record::StoredRecord;
use seal::Hash;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A journal as it was found.
#[derive(Debug)]
pub(crate) struct Surveyed {
    /// Random, the same in all segments of one journal.
    pub(crate) journal: [u8; 16],
    /// After the last whole group.
    pub(crate) head: Head,
    /// Oldest first.
    pub(crate) segments: Vec<Extent>,
}

/// What counts of a segment file: its first bytes, up to its last whole group.
#[derive(Debug)]
pub(crate) struct Extent {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) sha256: Hash,
}

/// The segment files of a folder, while another process may begin new ones.
///
/// A listing is not of one moment and may miss a name that appears meanwhile. A segment is begun
/// after all those before it: the second listing has whatever precedes the last one of the first.
pub(crate) fn lasting_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let last = list(&SystemDisk, folder)?.pop();
    let mut files = list(&SystemDisk, folder)?;
    files.retain(|file| Some(file) <= last.as_ref());
    Ok(files)
}

/// Opens segment files that are not to be written.
pub(super) fn open_to_read(files: &[PathBuf]) -> Result<Vec<Arc<Segment>>, OpenError> {
    files.iter().map(|path| Segment::open_to_read(path).map(Arc::new)).collect()
}

/// Reads a journal from its segment files, oldest first, showing every record, and after each
/// group the size and root of the tree. Another process may be writing it: a group that is not
/// whole yet is not in what this gives. Hashes are of the very bytes that were checked.
///
/// # Errors
/// See [`OpenError`]; also when there is no segment.
pub(crate) fn survey(
    files: &[PathBuf],
    visit: &mut dyn FnMut(&StoredRecord) -> Result<(), Unfit>,
    after_group: &mut dyn FnMut(u64, Hash),
) -> Result<Surveyed, OpenError> {
    let segments = open_to_read(files)?;
    let first = segments.first().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    let journal = first.header.journal;
    let mut end = End::before(Edge::empty());
    let mut extents = Vec::with_capacity(segments.len());
    for (rank, segment) in segments.iter().enumerate() {
        let mut header = [0; SEGMENT_HEADER];
        segment.file.read_exact_at(&mut header, 0)?;
        let mut hasher = Sha256::new_with_prefix(header);
        let visit = &mut |scanned: Scanned<'_>| visit(scanned.record);
        scan_groups(&segments, rank, &mut end, visit, &mut |bytes, trailer| {
            hasher.update(bytes);
            after_group(trailer.size, trailer.root);
        })?;
        let (path, sha256) = (segment.path.clone(), hasher.finalize().into());
        extents.push(Extent { path, bytes: end.offset, sha256 });
    }
    Ok(Surveyed { journal, head: end.edge.head(), segments: extents })
}

/// Gives a segment file that was stored short its full size back, in zeros, durable when this
/// returns.
///
/// # Errors
/// When it has no header, or the disk is full.
pub(crate) fn fill_up(path: &Path) -> Result<(), OpenError> {
    let segment = Segment::open(&SystemDisk, path)?;
    clear_from(&segment, segment.file.length()?)?;
    Ok(segment.file.sync_all()?)
}
