//! SQLite, tuned, with group commit by one writer thread.
//!
//! Streams have integer keys, pages 8 KiB, the cache is large; every group is one transaction that
//! is synced before its answers (`synchronous=FULL`).

use bench::BenchError;
use bench::engines::Engine;
use bench::wire::{AppendReply, AppendRequest};
use rusqlite::{Connection, params};
use std::collections::HashMap;
use std::path::Path;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Requests that may wait, and that go together at most: as in the ledger's journal.
const WAITING: usize = 4_096;
const GROUP_REQUESTS: usize = 1_024;
/// As long as what other stores keep beside a payload.
const METADATA: &str =
    r#"{"source":"bench","actor":"","effective_on":"2025-09-02","schema_version":1}"#;

const SCHEMA: &str = "
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -262144;
    PRAGMA temp_store = MEMORY;
    CREATE TABLE streams (id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE);
    CREATE TABLE events (
        position INTEGER PRIMARY KEY,
        stream INTEGER NOT NULL,
        version INTEGER NOT NULL,
        event_id BLOB NOT NULL UNIQUE,
        recorded_at INTEGER NOT NULL,
        metadata TEXT NOT NULL,
        payload BLOB NOT NULL,
        UNIQUE (stream, version)
    );
";

type Failure = Box<dyn std::error::Error + Send + Sync>;

struct Job {
    request: AppendRequest,
    answer: oneshot::Sender<Result<AppendReply, BenchError>>,
}

/// The store.
#[derive(Debug)]
pub struct Sqlite {
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
}

impl Sqlite {
    /// A new database in a folder.
    pub fn open(folder: &Path) -> Result<Self, BenchError> {
        let database = Connection::open(folder.join("events.db")).map_err(BenchError::failed)?;
        database.execute_batch(SCHEMA).map_err(BenchError::failed)?;
        database.set_prepared_statement_cache_capacity(16);
        let (jobs, waiting) = mpsc::channel(WAITING);
        let writer = Writer { database, streams: HashMap::new(), position: 0 };
        let writer = std::thread::spawn(move || writer.run(waiting));
        Ok(Self { jobs: Some(jobs), writer: Some(writer) })
    }
}

impl Engine for Sqlite {
    async fn append(&self, request: AppendRequest) -> Result<AppendReply, BenchError> {
        let closed = || BenchError::failed("the writer of SQLite is gone");
        let (answer, answered) = oneshot::channel();
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(Job { request, answer }).await.map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

struct Writer {
    database: Connection,
    /// The integer key and the version of each stream.
    streams: HashMap<Vec<u8>, (i64, u64)>,
    position: i64,
}

impl Writer {
    fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            while group.len() < GROUP_REQUESTS {
                let Ok(job) = jobs.try_recv() else { break };
                group.push(job);
            }
            let (requests, answers): (Vec<_>, Vec<_>) =
                group.into_iter().map(|job| (job.request, job.answer)).unzip();
            match self.commit(&requests) {
                Ok(replies) => {
                    for (answer, reply) in answers.into_iter().zip(replies) {
                        let _ = answer.send(Ok(reply));
                    }
                }
                Err(error) => {
                    for answer in answers {
                        let _ = answer.send(Err(BenchError::failed(&error)));
                    }
                }
            }
        }
    }

    fn commit(&mut self, requests: &[AppendRequest]) -> Result<Vec<AppendReply>, Failure> {
        let transaction = self.database.transaction()?;
        let mut replies = Vec::with_capacity(requests.len());
        {
            let mut event = transaction.prepare_cached(
                "INSERT INTO events (position, stream, version, event_id, recorded_at, metadata, \
                 payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?;
            for request in requests {
                let known = self.streams.get(&request.stream).copied();
                let (stream, found) = match known {
                    Some(known) => known,
                    None => {
                        let mut new =
                            transaction.prepare_cached("INSERT INTO streams (name) VALUES (?1)")?;
                        (new.insert(params![request.stream])?, 0)
                    }
                };
                if found != request.expected_version {
                    return Err(format!("a stream has version {found}").into());
                }
                let mut version = found;
                for (index, payload) in (0_u32..).zip(&request.payloads) {
                    version += 1;
                    self.position += 1;
                    let mut id = request.request_id.clone();
                    for (byte, of_index) in id.iter_mut().zip(index.to_be_bytes()) {
                        *byte ^= of_index;
                    }
                    let recorded_at = 1_764_100_000_000_000_i64;
                    let version = version.cast_signed();
                    event.execute(params![
                        self.position,
                        stream,
                        version,
                        id,
                        recorded_at,
                        METADATA,
                        payload
                    ])?;
                }
                self.streams.insert(request.stream.clone(), (stream, version));
                let position = self.position.cast_unsigned();
                replies.push(AppendReply { position, version, ..AppendReply::default() });
            }
        }
        transaction.commit()?;
        Ok(replies)
    }
}
