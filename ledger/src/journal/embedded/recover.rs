//! Opening: the log is read, its torn tail cut, and what it shows made durable.

use super::index::{Index, Place};
use super::layout::SegmentHeader;
use super::scan::{self, End};
use super::segment::{self, Segment};
use super::writer::Writer;
use super::{Options, Shared};
use crate::journal::OpenError;
use crate::limits::{SEGMENT_BYTES_MAX, SEGMENT_BYTES_MIN};
use crate::record::StoredRecord;
use domain::ids::Position;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use tokio::sync::watch;

/// The segments of a folder, in the order of the log.
pub(super) fn open_segments(folder: &Path) -> Result<Vec<Arc<Segment>>, OpenError> {
    let paths = segment::list(folder)?;
    paths.iter().map(|path| Segment::open(path).map(Arc::new)).collect()
}

/// The writer of a folder, its log scanned, its torn tail cut and its end durable.
pub(super) fn recover(folder: &Path, options: &Options) -> Result<Writer, OpenError> {
    let bounds = SEGMENT_BYTES_MIN..=SEGMENT_BYTES_MAX;
    if !bounds.contains(&options.segment_bytes) {
        let (min, max) = (*bounds.start(), *bounds.end());
        return Err(OpenError::SegmentSize { min, max, found: options.segment_bytes });
    }
    fs_err::create_dir_all(folder)?;
    segment::forget_prepared(folder)?;
    let mut segments = open_segments(folder)?;
    if segments.is_empty() {
        segments.push(Arc::new(first_segment(folder, options)?));
    }
    let mut index = Index::default();
    let end = scan::scan(&segments, &mut |record, place| {
        note(&mut index, record, place);
        Ok(())
    })?;
    let Some(last) = segments.last().cloned() else {
        return Err(OpenError::Locked(folder.into()));
    };
    // Before anybody is shown anything.
    settle(folder, &last, &end)?;
    let head = watch::Sender::new(end.edge.head());
    let rank = u32::try_from(segments.len() - 1).unwrap_or(u32::MAX);
    let shared = Arc::new(Shared {
        segments: RwLock::new(segments),
        index: RwLock::new(index),
        head,
        read_only: AtomicBool::new(false),
    });
    Ok(Writer {
        shared: Arc::clone(&shared),
        clock: Arc::clone(&options.clock),
        folder: folder.to_owned(),
        segment_size: options.segment_bytes,
        edge: end.edge,
        segment: last,
        rank,
        offset: end.offset,
        preparing: None,
    })
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
fn settle(folder: &Path, last: &Segment, end: &End) -> io::Result<()> {
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
    segment::sync_folder(folder)
}

fn first_segment(folder: &Path, options: &Options) -> Result<Segment, OpenError> {
    let mut journal = [0; 16];
    options.random.fill(&mut journal)?;
    segment::prepare(folder, options.segment_bytes)?;
    let (size, root) = (options.segment_bytes, seal::empty_root());
    let header = SegmentHeader { journal, number: 1, first: Position(1), size, root };
    Ok(segment::activate(folder, header)?)
}

fn note(index: &mut Index, record: &StoredRecord, place: Place) {
    let header = &record.header;
    index.push(place, header.stream);
    index.note_request(&header.source, header.request_id, header.request_index);
}
