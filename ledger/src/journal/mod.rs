//! The journal: an append-only log of records, in streams, with one order.
//!
//! | module | holds |
//! |---|---|
//! | [`Journal`] | what every journal does, whatever it stands on |
//! | [`embedded`] | files in a folder: the default; `docs/formats/journal.md` says them byte by byte |
//! | [`memory`] | a journal that forgets, for tests |
//! | [`tail`] | catch-up reads, then live |
//! | `sequence` | the rules shared by all: expected version, idempotence, numbering, hashing |

pub mod embedded;
mod error;
pub mod memory;
mod sequence;
pub mod tail;
mod types;

pub use error::{AppendError, OpenError, ReadError, Unfit};
pub use tail::Tail;
pub use types::{Capabilities, Head, Ordering, Receipt, ReceiptLine, Wiped, Witness};

use crate::limits::{READ_BYTES_MAX, READ_RECORDS_MAX};
use crate::record::{AppendRequest, StoredRecord};
use domain::ids::{Instant, Position, RequestId, Source, StreamId, Version};
use futures::future::BoxFuture;
use tokio::sync::watch;

/// A journal.
///
/// Appends are asynchronous: they answer once the records are durable. Reads
/// block and are meant to be served from local files; a journal over a network
/// says so in its capabilities and its callers keep it off their event loop.
/// Every read stops at the head: nothing is shown before it is durable.
pub trait Journal: Send + Sync + 'static {
    /// What this journal promises.
    fn capabilities(&self) -> Capabilities;

    /// Writes a request, all or nothing, and answers once it is durable and has
    /// its place in the log: with [`Ordering::AfterIntegration`] too the answer
    /// waits for the sealer, so a receipt always tells positions and leaf
    /// hashes. A request id that the source used before gets its first receipt,
    /// without a write.
    ///
    /// # Errors
    /// See [`AppendError`]. All but [`AppendError::Unknown`] wrote nothing.
    fn append(&self, request: AppendRequest) -> BoxFuture<'_, Result<Receipt, AppendError>>;

    /// The newest durable state.
    fn head(&self) -> Head;

    /// Tells each time that the head moves.
    fn watch(&self) -> watch::Receiver<Head>;

    /// Up to `limit` records after a position, in position order, without gaps.
    /// Fewer when they are many bytes ([`READ_BYTES_MAX`]); none only at the
    /// head, so a short page is not the end.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<StoredRecord>, ReadError>;

    /// The records of a stream with a version above `after` and a position not
    /// above `up_to`, in version order, at most `limit`; fewer as in
    /// [`Journal::read_after`].
    ///
    /// # Errors
    /// See [`ReadError`].
    fn read_stream(
        &self,
        stream: StreamId,
        after: Version,
        up_to: Position,
        limit: usize,
    ) -> Result<Vec<StoredRecord>, ReadError>;

    /// The newest version of a stream; 0 when it has no event.
    ///
    /// # Errors
    /// See [`ReadError`]: a journal that asks another server may fail to hear.
    fn stream_version(&self, stream: StreamId) -> Result<Version, ReadError>;

    /// The receipt of a request that wrote, with the digest of its content.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn receipt(
        &self,
        source: &Source,
        request: RequestId,
    ) -> Result<Option<([u8; 16], Receipt)>, ReadError>;

    /// Erases sealed sections for good, in place: they are zeros when this returns, and durably.
    /// Each is given by the position of its record and its rank there, both ascending. Header,
    /// body, leaf and proofs stay. Others may read and append meanwhile; only one erases at a time.
    /// It may be done again, and is after a failure.
    ///
    /// # Errors
    /// See [`ReadError`]; also when there is no such section. Then some may be erased.
    fn erase(&self, sections: &[(Position, u8)]) -> Result<Wiped, ReadError>;

    /// The last position recorded at or before an instant; 0 when there is none.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn position_at(&self, instant: Instant) -> Result<Position, ReadError>;

    /// When the event at a position was recorded; `None` outside the log.
    ///
    /// # Errors
    /// See [`ReadError`].
    fn recorded_at(&self, position: Position) -> Result<Option<Instant>, ReadError>;

    /// Waits until the head reaches a position (`min_position` of a query). The
    /// caller bounds the wait; an unreached position waits for ever.
    ///
    /// # Errors
    /// [`ReadError::Closed`] when the journal is shut before.
    fn reach(&self, position: Position) -> BoxFuture<'static, Result<Head, ReadError>> {
        let mut watch = self.watch();
        Box::pin(async move {
            let head = watch.wait_for(|head| head.position >= position).await;
            head.map(|head| *head).map_err(|_| ReadError::Closed)
        })
    }
}

/// Takes records until they are [`READ_BYTES_MAX`] bytes or more.
fn page(
    records: impl Iterator<Item = Result<StoredRecord, ReadError>>,
) -> Result<Vec<StoredRecord>, ReadError> {
    let (mut page, mut bytes) = (Vec::new(), 0);
    for record in records {
        let record = record?;
        bytes += record.bytes();
        page.push(record);
        if bytes >= READ_BYTES_MAX {
            break;
        }
    }
    Ok(page)
}

/// All the records of a stream up to a position, page after page.
pub(crate) fn pages(
    journal: &dyn Journal,
    stream: StreamId,
    up_to: Position,
) -> impl Iterator<Item = Result<Vec<StoredRecord>, ReadError>> {
    pages_after(journal, stream, Version(0), up_to)
}

/// Those after a version.
pub(crate) fn pages_after(
    journal: &dyn Journal,
    stream: StreamId,
    version: Version,
    up_to: Position,
) -> impl Iterator<Item = Result<Vec<StoredRecord>, ReadError>> {
    let mut after = Some(version);
    std::iter::from_fn(move || {
        let page = journal.read_stream(stream, after?, up_to, READ_RECORDS_MAX);
        // After a failure nothing more is asked.
        after = page.as_ref().ok().and_then(|page| Some(page.last()?.header.version));
        page.map(|page| after.map(|_| page)).transpose()
    })
}

#[cfg(test)]
mod tests;
