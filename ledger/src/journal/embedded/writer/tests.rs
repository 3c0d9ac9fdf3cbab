//! What the writer does when the disk fails under it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::recover::recover;
use super::super::{EmbeddedJournal, Options, segment_files};
use super::*;
use crate::journal::Journal;
use crate::limits::SEGMENT_BYTES_MIN;
use crate::random::SeededRandom;
use crate::record::{Expected, NewRecord, Origin};
use crate::time::ManualClock;
use domain::ids::{Category, EventId, Instant, RequestId, Source, StreamId, StreamKey};
use std::fs::File;
use std::path::Path;
use tokio::sync::Semaphore;
use tokio::sync::oneshot::Receiver;

fn options() -> Options {
    let clock = Arc::new(ManualClock::new(Instant(1)));
    let random = Arc::new(SeededRandom::new(1));
    Options { segment_bytes: SEGMENT_BYTES_MIN, ..Options::new(clock, random) }
}

/// A request whose body has that many bytes.
fn job(number: u8, body: usize) -> (Job, Receiver<Answer>) {
    let origin = Origin {
        source: Source::parse("erp-one").unwrap(),
        actor: String::new(),
        request_id: RequestId([number; 16]),
        digest: [number; 16],
    };
    let record = NewRecord {
        event_id: EventId([number; 16]),
        type_code: 1,
        schema_version: 1,
        effective_on: "2026-10-01".parse().unwrap(),
        corrects: None,
        body: vec![number; body],
        sections: Vec::new(),
    };
    let stream = StreamId { category: Category::Enrolment, key: StreamKey([number; 16]) };
    let request = AppendRequest::new(stream, Expected::Any, origin, vec![record]).unwrap();
    let (answer, wait) = oneshot::channel();
    let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    (Job { request, answer, permit }, wait)
}

/// The writer's segment, as a disk that takes no write any more.
fn broken(segment: &Segment) -> Arc<Segment> {
    let file = Box::new(File::open(&segment.path).unwrap());
    Arc::new(Segment { file, path: segment.path.clone(), header: segment.header })
}

fn heads_agree(folder: &Path, expected: u64) {
    let journal = EmbeddedJournal::open(folder, &options()).unwrap();
    assert_eq!(journal.head().position, Position(expected));
}

#[test]
fn after_a_failed_write_no_segment_starts_and_nothing_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = recover(folder.path(), &options()).unwrap();
    let (first, first_answer) = job(1, 100);
    writer.commit(vec![first]);
    first_answer.blocking_recv().unwrap().unwrap();
    writer.segment = broken(&writer.segment);
    // The second fits the segment, the third needs the next one: both in one batch.
    let (second, second_answer) = job(2, 8_000);
    let (third, third_answer) = job(3, 12_000);
    writer.commit(vec![second, third]);
    let second = second_answer.blocking_recv().unwrap();
    assert!(matches!(second, Err(AppendError::Unknown)), "{second:?}");
    let third = third_answer.blocking_recv().unwrap();
    assert!(matches!(third, Err(AppendError::ReadOnly)), "{third:?}");
    assert_eq!(segment_files(folder.path()).unwrap().len(), 1);
    let (fourth, fourth_answer) = job(4, 100);
    writer.commit(vec![fourth]);
    assert!(matches!(fourth_answer.blocking_recv().unwrap(), Err(AppendError::ReadOnly)));
    drop(writer);
    heads_agree(folder.path(), 1);
}
