//! Sealed sections erased for good, in place, while others read and the writer appends.
//!
//! The state of a section says that it was erased before its first byte is zero, and that is
//! durable in between: whatever the power leaves, a section is whole, or says that it is not,
//! and nothing looks like damage. Frames, groups and leaves do not cover sections.
//!
//! It is safe beside the writer: only durable groups are touched, of which the writer writes
//! nothing any more, and at opening the last group is written again before anything is erased.
//! Each file is opened anew, since a failed sync is told once to each open file: whoever shared
//! the writer's would take from it the news that its group was not written.

use super::Shared;
use super::reader::Cursor;
use super::segment::Segment;
use crate::disk::{Disk, DiskFile};
use crate::journal::{ReadError, Wiped, Witness};
use crate::record::{ERASED, SECTION_PREFIX, decode_frame, frame_length, section_places};
use bytes::Bytes;
use domain::ids::Position;
use std::sync::Arc;

/// A section in its file.
struct Place {
    /// Of its state.
    at: u64,
    /// Bytes of the section, which follow its state and its checksum.
    length: usize,
}

/// Sections of one segment.
struct OfSegment {
    segment: Arc<Segment>,
    file: Box<dyn DiskFile>,
    places: Vec<Place>,
    last: (Position, u8),
}

/// Erases sections, each given by the position of its record and its rank there; both ascend.
/// What was erased before is written again: after a failed sync nobody knows what the disk has.
pub(super) fn erase(
    shared: &Shared,
    disk: &dyn Disk,
    sections: &[(Position, u8)],
) -> Result<Wiped, ReadError> {
    let mut wiped = Wiped { sections: 0, witnesses: Vec::new() };
    let mut cursor = Cursor::scattered();
    let mut current: Option<OfSegment> = None;
    for record in sections.chunk_by(|one, next| one.0 == next.0) {
        let position = record[0].0;
        let (segment, offset) = shared.whereabouts(&mut cursor, position)?;
        if current.as_ref().is_none_or(|of| of.segment.header.first != segment.header.first) {
            if let Some(full) = current.take() {
                wiped.add(&full)?;
            }
            let file = disk.open(&segment.path).map_err(|error| segment.error(error))?;
            current = Some(OfSegment { segment, file, places: Vec::new(), last: record[0] });
        }
        if let Some(of) = &mut current {
            of.note(position, u64::from(offset), record)?;
        }
    }
    current.map_or(Ok(()), |last| wiped.add(&last))?;
    Ok(wiped)
}

impl OfSegment {
    /// Finds sections of a record whose frame is whole.
    fn note(
        &mut self,
        position: Position,
        offset: u64,
        record: &[(Position, u8)],
    ) -> Result<(), ReadError> {
        let damaged = |damage| ReadError::Damaged { position, damage };
        let mut length = [0; 4];
        let read = self.file.read_exact_at(&mut length, offset);
        read.map_err(|error| self.segment.error(error))?;
        let length = frame_length(&length).map_err(|error| damaged(error.into()))?;
        let mut frame = vec![0; length];
        let read = self.file.read_exact_at(&mut frame, offset);
        read.map_err(|error| self.segment.error(error))?;
        let frame = Bytes::from(frame);
        decode_frame(&frame, position).map_err(|error| damaged(error.into()))?;
        let places = section_places(&frame).map_err(|error| damaged(error.into()))?;
        for (_, rank) in record {
            let place = places.get(usize::from(*rank));
            let (at, length) = *place.ok_or(damaged(crate::journal::Unfit::Length))?;
            self.places.push(Place { at: offset + at as u64, length });
            self.last = (position, *rank);
        }
        Ok(())
    }

    /// States, synced; then zeros, synced.
    fn erase(&self) -> std::io::Result<()> {
        for place in &self.places {
            self.file.write_all_at(&[ERASED], place.at)?;
        }
        self.file.sync_data()?;
        for place in &self.places {
            self.file.write_all_at(&vec![0; place.length], place.at + SECTION_PREFIX as u64)?;
        }
        self.file.sync_data()
    }
}

impl Wiped {
    fn add(&mut self, of: &OfSegment) -> Result<(), ReadError> {
        of.erase().map_err(|error| of.segment.error(error))?;
        self.sections += of.places.len() as u64;
        let (position, section) = of.last;
        self.witnesses.push(Witness { file: of.segment.header.first.0, position, section });
        Ok(())
    }
}
