//! A group of requests that become durable together: built, closed, then told of.

use super::index::Indexed;
use super::layout::{GROUP_HEADER, GroupHeader, TRAILER, Trailer};
use crate::journal::sequence::Tip;
use crate::journal::{AppendError, Head, Receipt};
use crate::limits::{GROUP_BYTES_MAX, GROUP_REQUESTS_MAX};
use crate::record::{Frames, RequestKey};
use domain::ids::{Position, StreamId};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

pub(super) type Answer = Result<Receipt, AppendError>;

/// Somebody who waits for a group, and what there is to say once it is durable: a receipt, or
/// that something in it refuses the request.
pub(super) struct Waiter {
    pub(super) answer: oneshot::Sender<Answer>,
    pub(super) told: Answer,
    /// Given back when it is answered.
    pub(super) _permit: OwnedSemaphorePermit,
}

/// A group being built.
pub(super) struct Group {
    /// Position of its first record.
    first: Position,
    /// Its header's place, and the frames so far.
    bytes: Vec<u8>,
    crcs: Vec<u32>,
    entries: Vec<Indexed>,
    waiters: Vec<Waiter>,
}

/// What is published and answered once a group is durable.
pub(super) struct ToTell {
    pub(super) head: Head,
    pub(super) entries: Vec<Indexed>,
    pub(super) waiters: Vec<Waiter>,
}

impl Group {
    /// An empty group after the record at a position, in a buffer that may have been used.
    pub(super) fn after(position: Position, mut bytes: Vec<u8>) -> Self {
        bytes.clear();
        bytes.resize(GROUP_HEADER, 0);
        let first = Position(position.0 + 1);
        Self { first, bytes, crcs: Vec::new(), entries: Vec::new(), waiters: Vec::new() }
    }

    /// Whether there is nothing to write.
    pub(super) const fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) const fn is_full(&self) -> bool {
        self.waiters.len() >= GROUP_REQUESTS_MAX || self.bytes.len() >= GROUP_BYTES_MAX
    }

    /// Its bytes so far, trailer not included.
    pub(super) const fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Adds the records of a request. The group begins at an offset of its segment.
    pub(super) fn add(
        &mut self,
        (stream, key): (StreamId, RequestKey),
        frames: &Frames,
        receipt: &Receipt,
        offset: u64,
    ) {
        let mut request = Some(key);
        let start = offset + self.bytes.len() as u64;
        for ((at, crc), line) in frames.stamped().zip(&receipt.lines) {
            // Segments have at most 2^30 bytes, and limits keep lengths in 32 bits.
            let offset = u32::try_from(start + at as u64).unwrap_or(u32::MAX);
            let tip = Tip { version: line.version, leaf: line.leaf };
            self.crcs.push(crc);
            self.entries.push(Indexed { offset, stream, tip, request: request.take() });
        }
        // With the trailer: it is not to double a large group's buffer.
        self.bytes.reserve(frames.bytes().len() + TRAILER);
        self.bytes.extend_from_slice(frames.bytes());
    }

    /// Adds somebody who waits for it.
    pub(super) fn wait(&mut self, waiter: Waiter) {
        self.waiters.push(waiter);
    }

    /// Its bytes, complete, and what remains to be done once they are durable: then `head` is
    /// the log's state.
    pub(super) fn close(mut self, journal: &[u8; 16], head: Head) -> (Vec<u8>, ToTell) {
        let length = self.bytes.len() + TRAILER;
        let header = GroupHeader {
            length: u32::try_from(length).unwrap_or(u32::MAX),
            first: self.first,
            count: u32::try_from(self.entries.len()).unwrap_or(u32::MAX),
        };
        let header = header.encode(journal);
        self.bytes[..GROUP_HEADER].copy_from_slice(&header);
        let trailer = Trailer { size: head.position.0, root: head.root };
        self.bytes.extend_from_slice(&trailer.encode(&header, &self.crcs));
        (self.bytes, ToTell { head, entries: self.entries, waiters: self.waiters })
    }

    /// Those who wait for it, when it is not written.
    pub(super) fn take_waiters(&mut self) -> Vec<Waiter> {
        std::mem::take(&mut self.waiters)
    }
}
