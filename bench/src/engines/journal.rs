//! This ledger's journal, without what stands above it.

use super::Engine;
use crate::error::BenchError;
use crate::load::payload;
use crate::wire::{AppendReply, AppendRequest};
use chrono::NaiveDate;
use domain::ids::{
    Category, EventId, Instant, RequestId, Source, StreamId, StreamKey, SubjectId, Version,
};
use ledger::codec::{Clear, Opener, TypeCode};
use ledger::journal::Journal;
use ledger::journal::embedded::{EmbeddedJournal, Options};
use ledger::limits::SEGMENT_BYTES_DEFAULT;
use ledger::random::SystemRandom;
use ledger::record::{self, Expected, NewRecord, Origin};
use ledger::time::SystemClock;
use ledger::vault::VaultError;
use std::path::Path;
use std::sync::Arc;

/// The source of all that is appended here.
const SOURCE: &str = "bench";

/// Bare appends to a journal. The record is encoded and hashed in the calling task.
#[derive(Clone)]
pub struct BareJournal(Arc<dyn Journal>);

impl std::fmt::Debug for BareJournal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("BareJournal").field(&self.0.head()).finish()
    }
}

impl BareJournal {
    /// The embedded journal of a folder, with the settings of a ledger.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn embedded(folder: &Path) -> Result<Self, BenchError> {
        Self::with_segments(folder, SEGMENT_BYTES_DEFAULT)
    }

    /// The same with segments of another size.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn with_segments(folder: &Path, segment_bytes: u64) -> Result<Self, BenchError> {
        let options = Options::new(Arc::new(SystemClock), Arc::new(SystemRandom));
        let options = Options { segment_bytes, ..options };
        let journal = EmbeddedJournal::open(folder, &options).map_err(BenchError::failed)?;
        Ok(Self(Arc::new(journal)))
    }

    /// Over a journal that is open.
    #[must_use]
    pub fn over(journal: Arc<dyn Journal>) -> Self {
        Self(journal)
    }

    /// Whether a request was written.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn knows(&self, request: &AppendRequest) -> Result<bool, BenchError> {
        let (source, id) = (source()?, RequestId(sixteen(&request.request_id)?));
        Ok(self.0.receipt(&source, id).map_err(BenchError::failed)?.is_some())
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &dyn Journal {
        self.0.as_ref()
    }
}

impl Engine for BareJournal {
    async fn append(&self, request: AppendRequest) -> Result<AppendReply, BenchError> {
        let request = encoded(request)?;
        let receipt = self.0.append(request).await.map_err(BenchError::failed)?;
        let last = receipt.lines.last();
        let last = last.ok_or_else(|| BenchError::failed("a receipt without a line"))?;
        Ok(AppendReply {
            position: last.position.0,
            version: last.version.0,
            recorded_at_us: receipt.recorded_at.0,
            leaf_hash: last.leaf.to_vec(),
        })
    }
}

fn encoded(request: AppendRequest) -> Result<record::AppendRequest, BenchError> {
    let request_id = sixteen(&request.request_id)?;
    let stream =
        StreamId { category: Category::Enrolment, key: StreamKey(sixteen(&request.stream)?) };
    let expected = match request.expected_version {
        0 => Expected::NoStream,
        version => Expected::Exact(Version(version)),
    };
    let origin = Origin {
        source: source()?,
        actor: String::new(),
        request_id: RequestId(request_id),
        digest: request_id,
    };
    let records = (0_u32..).zip(request.payloads).map(|(index, body)| new(request_id, index, body));
    record::AppendRequest::new(stream, expected, origin, &records.collect::<Vec<_>>())
        .map_err(BenchError::failed)
}

fn source() -> Result<Source, BenchError> {
    Source::parse(SOURCE).map_err(BenchError::failed)
}

fn new(request_id: [u8; 16], index: u32, body: Vec<u8>) -> NewRecord {
    // The ledger derives it with a keyed hash; the record is as long.
    let mut event_id = request_id;
    for (byte, of_index) in event_id.iter_mut().zip(index.to_be_bytes()) {
        *byte ^= of_index;
    }
    NewRecord {
        event_id: EventId(event_id),
        type_code: TypeCode::EnrolmentAmended.code(),
        schema_version: TypeCode::EnrolmentAmended.schema(),
        effective_on: effective_on(),
        corrects: None,
        body,
        sections: Vec::new(),
    }
}

/// The day on which all of it is true: 2 September 2025.
fn effective_on() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 9, 2).unwrap_or_default()
}

fn sixteen(bytes: &[u8]) -> Result<[u8; 16], BenchError> {
    bytes.try_into().map_err(|_| BenchError::failed("an id has 16 bytes"))
}

/// Leaves every section sealed.
#[derive(Debug, Clone, Copy)]
pub struct Closed;

impl Opener for Closed {
    fn open(&self, _: SubjectId, _: &[u8], _: &[u8]) -> Result<Option<Clear>, VaultError> {
        Ok(None)
    }
}

/// Bytes of one record of the load: header, body, no section; framing not included.
///
/// # Errors
/// Never with a payload within the ledger's limits.
pub fn record_bytes() -> Result<usize, BenchError> {
    let body = payload([1; 16]);
    let record = new([1; 16], 0, body.clone());
    let header = record::Header {
        type_code: record.type_code,
        schema_version: record.schema_version,
        event_id: record.event_id,
        stream: StreamId { category: Category::Enrolment, key: StreamKey([1; 16]) },
        version: Version(1),
        effective_on: record.effective_on,
        recorded_at: Instant(0),
        request_id: RequestId([1; 16]),
        request_index: 0,
        request_digest: [1; 16],
        corrects: None,
        previous: [0; 32],
        body_hash: [0; 32],
        source: Source::parse(SOURCE).map_err(BenchError::failed)?,
        actor: String::new(),
        sections: Vec::new(),
    };
    Ok(header.encode().map_err(BenchError::failed)?.len() + body.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Load, append};
    use domain::ids::Position;
    use std::time::Duration;

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_appended_is_in_the_journal_byte_for_byte_and_can_be_decoded() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Arc::new(BareJournal::embedded(folder.path()).unwrap());
        append(&[Arc::clone(&engine)], Load::hundreds(2), Duration::ZERO).await.unwrap();
        let records = engine.journal().read_after(Position(0), 1_000).unwrap();
        assert_eq!(records.len(), 200);
        for record in records {
            record.verify().unwrap();
            let bytes = record.header_bytes.len() + record.body.len();
            assert_eq!(bytes, record_bytes().unwrap());
            ledger::codec::decode(&record, &Closed).unwrap();
        }
    }
}
