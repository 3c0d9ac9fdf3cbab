//! Opening: what has no index yet is read, the torn tail cut, and what the log
//! shows made durable.

use super::index::{Index, Indexed, Tail, edge_of, end_segment};
use super::layout::SegmentHeader;
use super::scan::{End, Scanned, scan};
use super::segment::{self, Segment};
use super::writer::Writer;
use super::{Options, Shared};
use crate::disk::Disk;
use crate::journal::sequence::{Edge, Tip};
use crate::journal::{Head, OpenError, Unfit};
use crate::limits::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};
use crate::record::{StoredRecord, request_key};
use domain::ids::Position;
use std::io;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use tables::{Indexer, Shelf, Table};
use tokio::sync::watch;

/// The folder of tables, in that of the log.
const INDEX: &str = "index";

/// The segments of a folder, in the order of the log.
fn open_segments(disk: &dyn Disk, folder: &Path) -> Result<Vec<Arc<Segment>>, OpenError> {
    let paths = segment::list(disk, folder)?;
    paths.iter().map(|path| Segment::open(disk, path).map(Arc::new)).collect()
}

/// The writer of a folder, its index complete, its torn tail cut and its end durable.
pub(super) fn recover(folder: &Path, options: &Options) -> Result<Writer, OpenError> {
    let bounds = SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX;
    if !bounds.contains(&options.segment_bytes) {
        let (min, max) = (*bounds.start(), *bounds.end());
        return Err(OpenError::SegmentSize { min, max, found: options.segment_bytes });
    }
    let disk = &options.disk;
    disk.create_folder(folder)?;
    segment::forget_prepared(disk.as_ref(), folder)?;
    let mut segments = open_segments(disk.as_ref(), folder)?;
    if segments.is_empty() {
        segments.push(Arc::new(first_segment(folder, options)?));
    }
    let index = folder.join(INDEX);
    let shelf = indexed(disk, &index, &segments)?;
    let edge = shelf.tables().last().and_then(|table| edge_of(table)).unwrap_or_else(Edge::empty);
    let live = Tail::new(shelf.last().saturating_add(1));
    let shared = Arc::new(Shared {
        head: watch::Sender::new(edge.head()),
        index: Arc::new(Index::new(shelf, live)),
        segments: RwLock::new(segments.clone()),
        read_only: AtomicBool::new(false),
    });
    let (journal, layers) = (segments[0].header.journal, Arc::clone(&shared.index));
    let mut indexer = Indexer::new(Arc::clone(disk), index, journal, layers);
    let end = read_on(&segments, edge, &shared.index, &mut indexer)?;
    let Some(last) = segments.pop() else {
        return Err(OpenError::Locked(folder.into()));
    };
    // Before anybody is shown anything.
    settle(disk.as_ref(), folder, &last, &end)?;
    shared.head.send_replace(end.edge.head());
    let indexing = indexer.start("journal-indexer")?;
    let End { edge, offset, .. } = end;
    Ok(Writer::new(shared, folder.to_owned(), options, edge, (last, offset), indexing))
}

/// The tables that say the same as the headers of the segments.
fn indexed(disk: &Arc<dyn Disk>, folder: &Path, segments: &[Arc<Segment>]) -> io::Result<Shelf> {
    // A segment that was cut, or is not the next of the one before, is read: the error names a
    // position.
    let mut whole = 0;
    for (rank, segment) in segments.iter().enumerate() {
        let header = &segment.header;
        let foreign = header.journal != segments[0].header.journal;
        if foreign || header.number != rank as u64 + 1 || segment.file.length()? < header.size {
            break;
        }
        whole = rank + 1;
    }
    let fits = |table: &Table| {
        let next = Position(u64::from(table.last()) + 1);
        let after = segments.iter().take(whole).find(|segment| segment.header.first == next);
        after.is_some_and(|after| {
            *table.owner() == after.header.journal
                && edge_of(table).is_some_and(|edge| {
                    edge.frontier.size() == u64::from(table.last())
                        && edge.frontier.root() == after.header.root
                })
        })
    };
    Shelf::open(disk, folder, &fits)
}

/// Reads the segments that have no table, and writes those of full ones.
fn read_on(
    segments: &[Arc<Segment>],
    edge: Edge,
    index: &Index,
    indexer: &mut Indexer<Tail>,
) -> Result<End, OpenError> {
    let next = Position(edge.frontier.size() + 1);
    let from = segments.iter().position(|segment| segment.header.first == next).unwrap_or(0);
    let mut end = End::before(edge);
    for rank in from..segments.len() {
        scan(segments, rank, &mut end, &mut |scanned| {
            // Checksums can be repaired; the digests in a header are part of the tree.
            scanned.record.verify()?;
            index.write().live.push(&indexed_record(&scanned));
            Ok(())
        })?;
        if rank + 1 < segments.len() {
            indexer.add(end_segment(index, &end.edge));
        }
    }
    Ok(end)
}

fn indexed_record(Scanned { record, offset, leaf }: &Scanned<'_>) -> Indexed {
    let header = &record.header;
    let first = header.request_index == 0;
    Indexed {
        offset: *offset,
        stream: header.stream,
        tip: Tip { version: header.version, leaf: *leaf },
        request: first.then(|| request_key(&header.source, header.request_id)),
    }
}

/// Reads a whole journal from its first byte, showing every record. Gives the
/// head after the last whole group, and whether an unfinished one follows.
pub(super) fn read_all(
    segments: &[Arc<Segment>],
    visit: &mut dyn FnMut(&StoredRecord) -> Result<(), Unfit>,
) -> Result<(Head, bool), OpenError> {
    let mut end = End::before(Edge::empty());
    for rank in 0..segments.len() {
        scan(segments, rank, &mut end, &mut |scanned| visit(scanned.record))?;
    }
    Ok((end.edge.head(), end.torn))
}

/// Makes durable what the scan took for written.
///
/// The scan reads the page cache, and the process before may have been killed
/// between a write and its sync, or have seen that sync fail. One sync covers
/// one group and nothing is written after one that failed, so of all groups
/// only the last may not be on the disk. It is written again first: after a
/// failed sync the kernel takes its pages for clean, and a sync alone would
/// write nothing and succeed. What is written is what the scan checked, since
/// a page that was dropped meanwhile would read as something else.
fn settle(disk: &dyn Disk, folder: &Path, last: &Segment, end: &End) -> io::Result<()> {
    if let Some(group) = &end.last {
        last.file.write_all_at(&group.bytes, group.offset)?;
    }
    if end.torn {
        let bytes = segment::clear_from(last, end.offset)?;
        tracing::warn!(
            path = %last.path.display(), offset = end.offset, bytes,
            position = end.edge.frontier.size(),
            "what followed the last whole group of the journal was cut: the group of a write that \
             did not end, or damage to the newest groups"
        );
    }
    last.file.sync_all()?;
    // The segment may have got its name in the process's last moment.
    disk.sync_folder(folder)
}

fn first_segment(folder: &Path, options: &Options) -> Result<Segment, OpenError> {
    let (disk, mut journal) = (options.disk.as_ref(), [0; 16]);
    options.random.fill(&mut journal)?;
    segment::prepare(disk, folder, options.segment_bytes)?;
    let (size, root) = (options.segment_bytes, seal::empty_root());
    let header = SegmentHeader { journal, number: 1, first: Position(1), size, root };
    Ok(segment::activate(disk, folder, header)?)
}
