//! The log as a stream: what is there, then what comes.

use super::house::House;
use super::lasting::while_admitted;
use crate::errors::{Failure, Reason};
use crate::limits;
use access::Tenant;
use domain::ids::Position;
use domain::text::Text;
use ledger::record::{Content, StoredRecord};
use ledger::{Ledger, LedgerError};
use proto::v1 as wire;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

/// Messages on their way to a reader.
pub(super) type Told<M> = ReceiverStream<Result<M, Status>>;

/// Messages that wait for their reader.
const WAITING: usize = 64;

/// Sends the log after a position, as `tell` makes messages of records. It ends
/// when the reader leaves or leaves a message unread for too long, when the credential ends by which
/// the reader came, and after an hour; and, when it follows, as soon as the server stops.
pub(super) fn told<M: Send + 'static>(
    house: &Arc<House>,
    tenant: Tenant,
    after: Position,
    follow: bool,
    tell: impl Fn(Vec<StoredRecord>) -> Result<Vec<M>, Failure> + Send + Sync + 'static,
) -> Told<M> {
    let (messages, stream) = mpsc::channel(WAITING);
    let (house, mut stopping) = (Arc::clone(house), house.stopping());
    tokio::spawn(async move {
        let sent = send_all(&house.ledger, after, follow, &tell, &messages);
        let sent = for_an_hour(while_admitted(|| house.stands(&tenant), sent));
        let told = tokio::select! {
            told = sent => told,
            _ = stopping.wait_for(|stopping| *stopping), if follow => Err(closing()),
        };
        if let Err(failure) = told {
            let _ = messages.send_timeout(Err(failure.into()), limits::SLOW_READER).await;
        }
    });
    ReceiverStream::new(stream)
}

/// Ends what takes longer than a log may be read at once. It is an end that says so: what a reader has
/// by then may not be the whole log.
async fn for_an_hour<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(limits::READING_AGE, work).await.map_err(|_| read_long_enough())?
}

async fn send_all<M: Send>(
    ledger: &Ledger,
    mut after: Position,
    follow: bool,
    tell: &(impl Fn(Vec<StoredRecord>) -> Result<Vec<M>, Failure> + Sync),
    messages: &mpsc::Sender<Result<M, Status>>,
) -> Result<(), Failure> {
    let mut head = ledger.watch();
    loop {
        let records = ledger.journal().read_after(after, limits::STREAM_READ_EVENTS);
        let records = records.map_err(|error| Failure::from(LedgerError::from(error)))?;
        if let Some(last) = records.last() {
            after = last.position;
            for message in tell(records)? {
                if messages.send_timeout(Ok(message), limits::SLOW_READER).await.is_err() {
                    return Ok(());
                }
            }
            continue;
        }
        if !follow {
            return Ok(());
        }
        tokio::select! {
            () = messages.closed() => return Ok(()),
            moved = head.wait_for(|head| head.position > after) => {
                if moved.is_err() {
                    return Err(closing());
                }
            }
        }
    }
}

/// Records as they are stored, as many a message as fit its bytes.
pub(super) fn messages_of(
    records: Vec<StoredRecord>,
    include_sections: bool,
) -> Vec<wire::StreamRecordsResponse> {
    let (mut messages, mut bytes) = (Vec::new(), usize::MAX);
    for record in records {
        let record = record_of(record, include_sections);
        let sections: usize = record.sections.iter().map(bytes::Bytes::len).sum();
        let more = record.header.len() + record.body.len() + sections;
        if bytes.saturating_add(more) > limits::RECORDS_MESSAGE_BYTES {
            messages.push(wire::StreamRecordsResponse::default());
            bytes = 0;
        }
        bytes += more;
        if let Some(message) = messages.last_mut() {
            message.records.push(record);
        }
    }
    messages
}

fn record_of(record: StoredRecord, include_sections: bool) -> wire::Record {
    let sections = if include_sections { record.sections } else { Vec::new() };
    let sections = sections.into_iter().map(|content| match content {
        Content::Sealed(bytes) => bytes,
        Content::Erased => bytes::Bytes::new(),
    });
    wire::Record {
        position: record.position.0,
        header: record.header_bytes,
        body: record.body,
        sections: sections.collect(),
    }
}

fn read_long_enough() -> Failure {
    Failure::new(
        Reason::Unavailable,
        Text::new(
            "this stream has gone on for as long as one may: ask again after the last position \
             received",
            "Ce flux a duré aussi longtemps qu'un flux le peut : reprenez après la dernière position \
             reçue.",
        ),
    )
}

fn closing() -> Failure {
    Failure::new(
        Reason::Unavailable,
        Text::new(
            "the server is stopping: ask again after the last position received",
            "Le registre s'arrête : reprenez après la dernière position reçue.",
        ),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use domain::event::ReferenceSetLoaded;
    use domain::ids::{Category, EventId, RequestId, Source, StreamId, StreamKey};
    use ledger::journal::Journal;
    use ledger::journal::memory::MemoryJournal;
    use ledger::record::{AppendRequest, Expected, NewRecord, Origin};
    use ledger::{Options, RequestMeta};

    #[tokio::test]
    async fn a_message_has_as_many_records_as_fit_and_one_at_least() {
        let clock = Arc::new(ledger::ManualClock::new(domain::ids::Instant(1)));
        let journal = MemoryJournal::new(clock);
        let half = limits::RECORDS_MESSAGE_BYTES / 2;
        for (number, body) in (1..).zip([10, 10, half, half, 3 * half, 10]) {
            let record = NewRecord {
                event_id: EventId([number; 16]),
                type_code: 1,
                schema_version: 1,
                effective_on: "2026-10-01".parse().unwrap(),
                corrects: None,
                body: vec![number; body],
                sections: Vec::new(),
            };
            let origin = Origin {
                source: Source::parse("erp-one").unwrap(),
                actor: String::new(),
                request_id: RequestId([number; 16]),
                digest: [number; 16],
            };
            let stream = StreamId { category: Category::Run, key: StreamKey([number; 16]) };
            let request = AppendRequest::new(stream, Expected::Any, origin, &[record]).unwrap();
            journal.append(request).await.unwrap();
        }
        let messages = messages_of(journal.read_after(Position(0), 100).unwrap(), true);
        let counts: Vec<_> = messages.iter().map(|message| message.records.len()).collect();
        assert_eq!(counts, [3, 1, 1, 1]);
        let positions = messages.iter().flat_map(|m| m.records.iter().map(|r| r.position));
        assert_eq!(positions.collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    }

    /// Two events: one message fits the channel, the other waits for its reader.
    async fn ledger(folder: &std::path::Path) -> Ledger {
        let ledger = Ledger::open(folder, &Options::default()).unwrap();
        for n in 1..=2 {
            let source = Source::parse("registre").unwrap();
            let meta = RequestMeta {
                source,
                actor: String::new(),
                request_id: RequestId::from(uuid::Uuid::from_u128(n)),
                digest: [n as u8; 16],
            };
            let set = ReferenceSetLoaded {
                hash: [n as u8; 32],
                name: "set".into(),
                summary: String::new(),
            };
            ledger.append_reference_set(meta, set).await.unwrap();
        }
        ledger
    }

    #[tokio::test(start_paused = true)]
    async fn a_log_that_is_followed_is_read_for_an_hour() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        let (messages, _reader) = mpsc::channel(8);
        let tell = |records: Vec<StoredRecord>| Ok(records);
        let begun = tokio::time::Instant::now();
        let ended = for_an_hour(send_all(&ledger, Position(0), true, &tell, &messages)).await;
        assert_eq!(ended.unwrap_err().reason(), Reason::Unavailable);
        assert_eq!(begun.elapsed().as_secs(), 3_600);
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_who_leaves_a_message_unread_is_given_up() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(folder.path()).await;
        let (messages, mut unread) = mpsc::channel(1);
        let tell = |records: Vec<StoredRecord>| Ok(records);
        let begun = tokio::time::Instant::now();
        let sent = send_all(&ledger, Position(0), true, &tell, &messages);
        tokio::time::timeout(2 * limits::SLOW_READER, sent).await.unwrap().unwrap();
        assert_eq!(begun.elapsed().as_secs(), limits::SLOW_READER.as_secs());
        assert_eq!(unread.recv().await.unwrap().unwrap().position, Position(1));
    }
}
