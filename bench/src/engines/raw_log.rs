//! The least that a log with group commit can be.
//!
//! A file full of zeros, frames with a checksum, one thread that writes what waits and syncs once.
//! It has no index, checks no version, hashes nothing, and cannot be read: what it reaches, a log
//! on this disk with these records can reach at most.

use super::{Engine, record_bytes};
use crate::error::BenchError;
use crate::wire::{AppendReply, AppendRequest};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread::JoinHandle;
use tokio::sync::{mpsc, oneshot};

/// Bytes of the file. At its end writing begins again at its start: the blocks are as prepared
/// there as anywhere.
const FILE_BYTES: usize = 64 << 20;
/// Requests that may wait.
const WAITING: usize = 4_096;
/// Requests, and bytes, that go together at most.
const GROUP_REQUESTS: usize = 1_024;
const GROUP_BYTES: usize = 4 << 20;
/// Length and checksum.
const FRAME_PREFIX: usize = 8;

struct Job {
    frames: Vec<u8>,
    events: u64,
    answer: oneshot::Sender<io::Result<u64>>,
}

/// The log.
#[derive(Debug)]
pub struct RawLog {
    /// `None` only while it is dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// Bytes before the payload, so that a record is as long as the ledger's.
    header: usize,
}

impl RawLog {
    /// A new log in a folder.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn open(folder: &Path) -> Result<Self, BenchError> {
        let failed = BenchError::io("the raw log cannot be made");
        let made = || {
            let mut file = File::create(folder.join("raw"))?;
            let zeros = vec![0; 1 << 20];
            for _ in 0..FILE_BYTES / zeros.len() {
                file.write_all(&zeros)?;
            }
            file.sync_all()?;
            Ok(file)
        };
        let file = made().map_err(&failed)?;
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new().name("raw-log-writer".to_owned());
        let writer = thread.spawn(move || write(&file, waiting)).map_err(&failed)?;
        let header = record_bytes()?.saturating_sub(crate::load::payload([0; 16]).len());
        Ok(Self { jobs: Some(jobs), writer: Some(writer), header })
    }

    /// The frames of a request: length, checksum, the ids, zeros up to the size of the ledger's
    /// header, the payload.
    fn frames(&self, request: &AppendRequest) -> Vec<u8> {
        let payloads: usize = request.payloads.iter().map(Vec::len).sum();
        let each = FRAME_PREFIX + self.header;
        let mut frames = Vec::with_capacity(payloads + each * request.payloads.len());
        for payload in &request.payloads {
            let start = frames.len();
            frames.extend_from_slice(&[0; FRAME_PREFIX]);
            frames.extend_from_slice(&request.stream);
            frames.extend_from_slice(&request.request_id);
            frames.resize(start + each, 0);
            frames.extend_from_slice(payload);
            let length = u32::try_from(frames.len() - start).unwrap_or(u32::MAX);
            let crc = crc32c::crc32c(&frames[start + FRAME_PREFIX..]);
            frames[start..start + 4].copy_from_slice(&length.to_le_bytes());
            frames[start + 4..start + FRAME_PREFIX].copy_from_slice(&crc.to_le_bytes());
        }
        frames
    }
}

impl Engine for RawLog {
    async fn append(&self, request: AppendRequest) -> Result<AppendReply, BenchError> {
        let closed = || BenchError::failed("the raw log's writer is gone");
        let events = request.payloads.len() as u64;
        let (answer, answered) = oneshot::channel();
        let job = Job { frames: self.frames(&request), events, answer };
        let jobs = self.jobs.as_ref().ok_or_else(closed)?;
        jobs.send(job).await.map_err(|_| closed())?;
        let written = answered.await.map_err(|_| closed())?;
        let position = written.map_err(BenchError::io("the raw log cannot be written"))?;
        let version = request.expected_version + events;
        Ok(AppendReply { position, version, ..AppendReply::default() })
    }
}

impl Drop for RawLog {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

/// Takes what waits, writes it, syncs it, answers: no timer.
fn write(file: &File, mut jobs: mpsc::Receiver<Job>) {
    let (mut offset, mut position, mut group) = (0, 0, Vec::with_capacity(GROUP_BYTES));
    while let Some(first) = jobs.blocking_recv() {
        group.clear();
        let mut answers = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            group.extend_from_slice(&job.frames);
            position += job.events;
            answers.push((job.answer, position));
            let full = answers.len() >= GROUP_REQUESTS || group.len() >= GROUP_BYTES;
            next = if full { None } else { jobs.try_recv().ok() };
        }
        if offset + group.len() > FILE_BYTES {
            offset = 0;
        }
        let written = file.write_all_at(&group, offset as u64).and_then(|()| file.sync_data());
        offset += group.len();
        for (answer, position) in answers {
            let told = written.as_ref().map(|()| position);
            let _ = answer.send(told.map_err(|error| io::Error::other(error.to_string())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{Load, Workload, append, payload};
    use std::sync::Arc;
    use std::time::Duration;

    #[tokio::test(flavor = "multi_thread")]
    async fn frames_are_on_the_disk_when_it_answers_and_are_as_long_as_a_record() {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(RawLog::open(folder.path()).unwrap());
        append(&[Arc::clone(&log)], Load::single(64), Duration::ZERO).await.unwrap();
        let last = log.append(Workload::new(99, 100, 1).next_request()).await.unwrap();
        assert_eq!(last.position, 65);
        let bytes = std::fs::read(folder.path().join("raw")).unwrap();
        let (mut at, mut found) = (0, 0);
        loop {
            let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
            let length = number(at) as usize;
            if length == 0 {
                break;
            }
            assert_eq!(length, FRAME_PREFIX + record_bytes().unwrap());
            assert_eq!(number(at + 4), crc32c::crc32c(&bytes[at + FRAME_PREFIX..at + length]));
            assert!(bytes[..at + length].ends_with(&payload([0; 16])[20..]));
            (at, found) = (at + length, found + 1);
        }
        assert_eq!(found, 65);
    }
}
