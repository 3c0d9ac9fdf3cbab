//! The history of a stream in one file, proven: what [`seal::bundle`] verifies.

use super::{Notary, NotaryError, must_be_in};
use crate::journal::{ReadError, pages};
use crate::record::{Content, Damage, StoredRecord};
use crate::tree::TreeError;
use domain::ids::{Position, StreamId};
use seal::Checkpoint;
use seal::bundle::{BUNDLE_BYTES_MAX, Draft, DraftEvent, DraftStream, StreamHead, TooLarge, write};

/// Gives what a reader may see of a record's sealed sections, as JSON; `None` for nothing.
pub type Clear<'a> = &'a dyn Fn(&StoredRecord) -> Option<String>;

/// What is asked of a bundle.
pub struct BundleRequest<'a> {
    /// The resource that it is about, as `contracts/…`.
    pub about: String,
    /// Now, as in RFC 3339.
    pub time: String,
    /// Name and version of the software.
    pub software: String,
    /// Whose histories.
    pub streams: Vec<StreamId>,
    /// What is opened.
    pub clear: Clear<'a>,
}

impl std::fmt::Debug for BundleRequest<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BundleRequest").field("about", &self.about).finish_non_exhaustive()
    }
}

impl Notary {
    /// Signs the head, has it cosigned, and proves the whole histories of some streams in it. It reads and writes
    /// files: call it off the event loop.
    ///
    /// # Errors
    /// [`NotaryError::NoHistory`] when a stream has no event, [`NotaryError::TooLarge`] when it has too many; else when nothing can be read or signed.
    pub fn bundle(&self, request: &BundleRequest<'_>) -> Result<Vec<u8>, NotaryError> {
        let newest = self.seen(self.journal.head().position)?;
        let up_to = Position(newest.checkpoint.size);
        let streams = request.streams.iter();
        let streams: Vec<(StreamId, Vec<StoredRecord>)> = streams
            .map(|stream| Ok((*stream, self.records(*stream, up_to)?)))
            .collect::<Result<_, NotaryError>>()?;
        let last = streams.iter().filter_map(|(_, records)| records.last());
        let last = last.map(|record| record.position).max().ok_or(NotaryError::NoHistory)?;
        // An older one that has all of it, when more witnesses signed that.
        let signed = self.kept().covering(last).cloned();
        let signed = signed.filter(|signed| signed.checkpoint.size <= up_to.0).unwrap_or(newest);
        let tree = &signed.checkpoint;
        let streams = streams
            .iter()
            .map(|(stream, records)| self.history(*stream, records, tree, request.clear));
        let draft = Draft {
            about: request.about.clone(),
            time: request.time.clone(),
            software: request.software.clone(),
            log: signed.checkpoint.origin.clone(),
            size: tree.size,
            checkpoint: signed.text.to_string(),
            streams: streams.collect::<Result<_, _>>()?,
        };
        Ok(write(&draft, &self.key)?)
    }

    /// The records of a stream up to a position, each compared with its header.
    fn records(&self, stream: StreamId, up_to: Position) -> Result<Vec<StoredRecord>, NotaryError> {
        let (mut records, mut bytes) = (Vec::new(), 0_usize);
        for page in pages(self.journal.as_ref(), stream, up_to) {
            for record in page.map_err(TreeError::from)? {
                let damaged = |damage: Damage| ReadError::Damaged {
                    position: record.position,
                    damage: damage.into(),
                };
                record.verify().map_err(damaged).map_err(TreeError::from)?;
                // Before memory holds more than is written.
                bytes = bytes.saturating_add(bytes_of(&record));
                if bytes > BUNDLE_BYTES_MAX {
                    return Err(TooLarge.into());
                }
                records.push(record);
            }
        }
        Ok(records)
    }

    fn history(
        &self,
        stream: StreamId,
        records: &[StoredRecord],
        tree: &Checkpoint,
        clear: Clear<'_>,
    ) -> Result<DraftStream, NotaryError> {
        let last = records.last().ok_or(NotaryError::NoHistory)?;
        let head = StreamHead {
            category: stream.category as u8,
            key: stream.key.0,
            version: last.header.version.0,
            leaf: last.leaf(),
        };
        let event = |record: &StoredRecord| {
            let index = record.position.0 - 1;
            let proof = self.inclusion(index, tree.size)?;
            must_be_in(tree, (record.position, &record.leaf()), &proof)?;
            Ok(DraftEvent {
                index,
                proof,
                clear: clear(record),
                header: record.header_bytes.to_vec(),
                body: record.body.to_vec(),
            })
        };
        let events = records.iter().map(event).collect::<Result<_, NotaryError>>()?;
        Ok(DraftStream { head, events })
    }
}

/// Bytes that a record holds, its sealed sections too.
fn bytes_of(record: &StoredRecord) -> usize {
    let sections = record.sections.iter().map(|content| match content {
        Content::Sealed(bytes) => bytes.len(),
        Content::Erased => 0,
    });
    record.header_bytes.len() + record.body.len() + sections.sum::<usize>()
}
