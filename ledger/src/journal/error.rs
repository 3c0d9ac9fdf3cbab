//! How a journal refuses.

use crate::record::{Damage, Expected, FrameError};
use domain::ids::{Position, StreamId, Version};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tables::IndexError;

/// Why an append wrote nothing, or may not have.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AppendError {
    /// Another request changed the stream: load it again and decide again.
    #[error("stream {stream} is at version {found}, where {expected:?} was expected")]
    Conflict {
        /// The stream.
        stream: StreamId,
        /// What the request expected.
        expected: Expected,
        /// What is there.
        found: Version,
    },
    /// The source used the request id before, with other content.
    #[error("the request id was used before with other content, at position {first}")]
    OtherContent {
        /// First event of the first use.
        first: Position,
        /// Digest of the first use.
        known: [u8; 16],
        /// Digest of this one.
        sent: [u8; 16],
    },
    /// Too much waits for the writer: try again later.
    #[error("the journal's queue is full; try again")]
    Busy,
    /// The disk is full. Reads go on, and writes do when space is back.
    #[error("the disk is full")]
    NoSpace,
    /// A write or a sync failed before: nothing is written until a restart.
    #[error("the journal is read-only since a write failed; restart the server")]
    ReadOnly,
    /// The write or the sync of the request's group failed, or of the group before it: it may be
    /// there after a restart. The same request id may be sent again then.
    #[error(
        "the write failed and its outcome is unknown; send the same request again after a restart"
    )]
    Unknown,
    /// The request does not fit an empty segment.
    #[error("a request of {bytes} bytes does not fit a segment of {segment} bytes")]
    TooLarge {
        /// Of the request.
        bytes: usize,
        /// Of a segment.
        segment: u64,
    },
    /// The log has as many events as this version can index.
    #[error("the log is full: it has as many events as this version can index")]
    LogFull,
    /// What was written before cannot be read.
    #[error("the journal cannot be read: {0}")]
    Read(#[from] ReadError),
    /// The journal is shut.
    #[error("the journal is closed")]
    Closed,
}

/// Why a read failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// A checksum or a digest does not match: the record is not shown.
    #[error("the record at position {position} is damaged: {damage}")]
    Damaged {
        /// Where.
        position: Position,
        /// How.
        damage: Unfit,
    },
    /// The file system failed.
    #[error("reading {} failed: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// How.
        source: Arc<io::Error>,
    },
    /// The index is damaged where the answer would be: no answer is better than a wrong one.
    #[error(
        "page {page} of the index {} is damaged; restart the server: the index is made again from \
         the log, which has everything",
        path.display()
    )]
    Index {
        /// Which file.
        path: PathBuf,
        /// Which page, from 0.
        page: u64,
    },
    /// The journal is shut.
    #[error("the journal is closed")]
    Closed,
}

impl From<IndexError> for ReadError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Damaged { path, page } => Self::Index { path, page },
            IndexError::Io { path, source } => Self::Io { path, source },
        }
    }
}

/// What is wrong with stored bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A length leads outside the file or contradicts another.
    #[error("a length is impossible")]
    Length,
    /// A checksum does not match.
    #[error("a checksum does not match")]
    Checksum,
    /// The group's position, size or root is not the next one.
    #[error("its group does not follow from what is before it")]
    Order,
    /// The record contradicts its header.
    #[error(transparent)]
    Record(#[from] Damage),
}

impl From<FrameError> for Unfit {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Length => Self::Length,
            FrameError::Checksum => Self::Checksum,
            FrameError::Record(damage) => Self::Record(damage),
        }
    }
}

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has the folder.
    #[error("another process has {} open", .0.display())]
    Locked(PathBuf),
    /// The file system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A segment file's header is damaged or of another journal.
    #[error("{} is no segment of this journal: {what}", path.display())]
    Segment {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// A segment of a later version.
    #[error("{} has format {version}, which this version does not know: upgrade", path.display())]
    Version {
        /// Which file.
        path: PathBuf,
        /// Its format.
        version: u16,
    },
    /// A record that was acknowledged is damaged. It is not cut: restore a backup.
    #[error(
        "the group at position {position} ({} at byte {offset}) is damaged and is no torn tail: \
         {damage}; restore a backup",
        path.display()
    )]
    Damaged {
        /// First position of the group.
        position: Position,
        /// Which file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// How.
        damage: Unfit,
    },
    /// A setting is outside its bounds.
    #[error("a segment has {min} to {max} bytes, not {found}")]
    SegmentSize {
        /// Smallest.
        min: u64,
        /// Largest.
        max: u64,
        /// Asked.
        found: u64,
    },
}
