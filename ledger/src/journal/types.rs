//! What a journal promises and answers.

use domain::ids::{EventId, Instant, Position, StreamId, Version};
use seal::Hash;

/// Who gives the order of the whole log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordering {
    /// The writer, in the step that makes the records durable.
    InAppend,
    /// A sealer, in a step of its own after that: the append answers once both are done.
    AfterIntegration,
}

/// What a journal promises; the conformance suite runs what each states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Its name, for people.
    pub name: &'static str,
    /// Acknowledged records survive a crash of the machine.
    pub durable: bool,
    /// Who gives the order.
    pub ordering: Ordering,
    /// Reads come from local files and may run on an event loop.
    pub local_reads: bool,
    /// Several processes may append at once.
    pub several_writers: bool,
}

/// The newest durable state of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Position of the newest record, which is also the size of the tree.
    pub position: Position,
    /// When it was recorded; [`Instant`] 0 for an empty log.
    pub recorded_at: Instant,
    /// RFC 6962 root of the headers 1 to `position`.
    pub root: Hash,
}

/// Where one event of a request went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptLine {
    /// Rank in the log.
    pub position: Position,
    /// Rank in the stream.
    pub version: Version,
    /// The event.
    pub event_id: EventId,
    /// Leaf hash of its header.
    pub leaf: Hash,
}

/// What a sender gets for a request that wrote, the first time and every time after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The stream.
    pub stream: StreamId,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// The events, in order; never empty.
    pub lines: Vec<ReceiptLine>,
}

impl Receipt {
    /// The position of the last event; 0 for a receipt without lines.
    #[must_use]
    pub fn last_position(&self) -> Position {
        self.lines.last().map_or(Position(0), |line| line.position)
    }

    /// The version of the last event; 0 for a receipt without lines.
    #[must_use]
    pub fn last_version(&self) -> Version {
        self.lines.last().map_or(Version(0), |line| line.version)
    }
}

/// What was erased in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wiped {
    /// Sections that are zeros now.
    pub sections: u64,
    /// One section of each file that was changed.
    pub witnesses: Vec<Witness>,
}

/// A section that was erased in a file of the journal: where it is not, the file is an older copy,
/// and so is what else was erased in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Witness {
    /// Names the file; the same as long as the journal keeps its records there.
    pub file: u64,
    /// The record.
    pub position: Position,
    /// The rank of the section in it.
    pub section: u8,
}

impl Witness {
    /// That a file has none: nothing of it was erased.
    #[must_use]
    pub const fn none(file: u64) -> Self {
        Self { file, position: Position(0), section: 0 }
    }
}
