//! What the writer does when the disk fails under it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::recover::recover;
use super::super::{EmbeddedJournal, Options, segment_files};
use super::*;
use crate::disk::SystemDisk;
use crate::journal::Journal;
use crate::limits::SEGMENT_BYTES_MIN;
use crate::random::SeededRandom;
use crate::record::{Expected, NewRecord, Origin};
use crate::time::ManualClock;
use domain::ids::{Category, EventId, Instant, RequestId, Source, StreamId, StreamKey};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;
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

/// The machine's disk, that says how much room it has.
#[derive(Debug)]
struct Small(AtomicU64);

impl Disk for Small {
    fn create_folder(&self, folder: &Path) -> io::Result<()> {
        SystemDisk.create_folder(folder)
    }
    fn list(&self, folder: &Path) -> io::Result<Vec<PathBuf>> {
        SystemDisk.list(folder)
    }
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        SystemDisk.open(path)
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        SystemDisk.create(path)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        SystemDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        SystemDisk.sync_folder(folder)
    }
    fn room(&self, _: &Path) -> io::Result<u64> {
        Ok(self.0.load(Ordering::SeqCst))
    }
}

#[test]
fn a_segment_is_prepared_early_only_where_others_keep_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = recover(folder.path(), &options()).unwrap();
    let enough = SEGMENT_BYTES_MIN + LEFT_TO_OTHERS;
    let disk = Arc::new(Small(AtomicU64::new(enough - 1)));
    writer.disk = disk.clone();
    let append = |writer: &mut Writer, number, bytes| {
        let (job, answer) = job(number, bytes);
        writer.commit(vec![job]);
        answer.blocking_recv().unwrap().unwrap();
    };
    append(&mut writer, 1, 12_000);
    assert!(writer.preparing.is_none(), "it would leave too little");
    // What needs the next one has it, whatever is left.
    append(&mut writer, 2, 12_000);
    assert_eq!(segment_files(folder.path()).unwrap().len(), 2);
    assert!(writer.preparing.is_none());
    disk.0.store(enough, Ordering::SeqCst);
    append(&mut writer, 3, 100);
    assert!(writer.preparing.is_some(), "there is room by now");
    append(&mut writer, 4, 12_000);
    assert_eq!(segment_files(folder.path()).unwrap().len(), 3);
    drop(writer);
    heads_agree(folder.path(), 4);
}

#[test]
fn the_room_of_the_disk_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let room = SystemDisk.room(folder.path()).unwrap();
    assert!(room > 0 && SystemDisk.room(&folder.path().join("nothing")).is_err(), "{room}");
}
