//! Reading records by position: never waits for the writer.

use super::Shared;
use super::index::{Whereabouts, offset_in, place};
use super::scan::read_frame;
use super::segment::{ONE_RECORD_BYTES, Segment, Window};
use crate::journal::{ReadError, Unfit};
use crate::record::StoredRecord;
use domain::ids::Position;
use std::sync::{Arc, PoisonError};
use tables::{PageCache, Shelf};

/// Where a reader is: what it read last serves the next position too.
pub(super) struct Cursor {
    window: Window,
    page: PageCache,
    shelf: Shelf,
    /// A segment, and the first position after it.
    segment: Option<(Arc<Segment>, u64)>,
}

impl Cursor {
    /// Reads at least `chunk` bytes at a time.
    pub(super) fn new(chunk: usize) -> Self {
        let (window, page) = (Window::new(chunk), PageCache::default());
        Self { window, page, shelf: Shelf::default(), segment: None }
    }

    /// For positions that are far from each other.
    pub(super) fn scattered() -> Self {
        Self::new(ONE_RECORD_BYTES)
    }
}

impl Shared {
    /// The record at a durable position.
    pub(super) fn read(
        &self,
        cursor: &mut Cursor,
        position: Position,
    ) -> Result<StoredRecord, ReadError> {
        let offset = self.offset(cursor, position)?;
        let offset = offset.ok_or(ReadError::Damaged { position, damage: Unfit::Order })?;
        self.read_at(cursor, position, offset)
    }

    /// The record at a durable position whose offset in its segment is known.
    pub(super) fn read_at(
        &self,
        cursor: &mut Cursor,
        position: Position,
        offset: u32,
    ) -> Result<StoredRecord, ReadError> {
        let segment = self.segment(cursor, position);
        let segment = segment.ok_or(ReadError::Damaged { position, damage: Unfit::Order })?;
        match read_frame(&segment, &mut cursor.window, u64::from(offset), position) {
            // A section that is erased while it is read shows its old state and its first zeros.
            Err(ReadError::Damaged { damage: Unfit::Checksum, .. }) => {
                cursor.window.forget();
                read_frame(&segment, &mut cursor.window, u64::from(offset), position)
            }
            read => read,
        }
    }

    /// The segment of a durable position, and the offset of its frame there.
    pub(super) fn whereabouts(
        &self,
        cursor: &mut Cursor,
        position: Position,
    ) -> Result<(Arc<Segment>, u32), ReadError> {
        let nowhere = ReadError::Damaged { position, damage: Unfit::Order };
        if position > self.head.borrow().position {
            return Err(nowhere);
        }
        let offset = self.offset(cursor, position)?;
        let segment = self.segment(cursor, position);
        segment.zip(offset).ok_or(nowhere)
    }

    fn offset(&self, cursor: &mut Cursor, position: Position) -> Result<Option<u32>, ReadError> {
        if position.0 > u64::from(cursor.shelf.last()) {
            let whereabouts = place(&self.index.read(), position);
            match whereabouts {
                Whereabouts::Offset(offset) => return Ok(Some(offset)),
                Whereabouts::Tables(shelf) => cursor.shelf = shelf,
                Whereabouts::Nowhere => return Ok(None),
            }
        }
        Ok(offset_in(&cursor.shelf, position, &mut cursor.page)?)
    }

    fn segment(&self, cursor: &mut Cursor, position: Position) -> Option<Arc<Segment>> {
        if let Some((segment, end)) = &cursor.segment
            && (segment.header.first.0..*end).contains(&position.0)
        {
            return Some(Arc::clone(segment));
        }
        let segments = self.segments.read().unwrap_or_else(PoisonError::into_inner);
        let after = segments.partition_point(|segment| segment.header.first <= position);
        let segment = Arc::clone(segments.get(after.checked_sub(1)?)?);
        // The last one goes on while it is written.
        let end = segments.get(after).map_or(u64::MAX, |next| next.header.first.0);
        drop(segments);
        // Another segment may begin meanwhile: of the last one nothing is remembered.
        if end < u64::MAX {
            cursor.segment = Some((Arc::clone(&segment), end));
        }
        Some(segment)
    }
}
