//! What the writer does when the disk fails under it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::recover::recover;
use super::super::{EmbeddedJournal, Options, segment_files};
use super::*;
use crate::disk::{DiskFile, SystemDisk};
use crate::journal::Journal;
use crate::limits::SEGMENT_BYTES_MIN;
use crate::random::SeededRandom;
use crate::record::{Expected, NewRecord, Origin};
use crate::time::ManualClock;
use domain::ids::{Category, EventId, Instant, RequestId, Source, StreamId, StreamKey, Version};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Condvar, Mutex};
use tokio::sync::Semaphore;
use tokio::sync::oneshot::Receiver;

fn options() -> Options {
    let clock = Arc::new(ManualClock::new(Instant(1)));
    let random = Arc::new(SeededRandom::new(1));
    Options { segment_bytes: SEGMENT_BYTES_MIN, ..Options::new(clock, random) }
}

/// A request to a stream of its own whose body has that many bytes.
fn job(number: u8, body: usize) -> (Job, Receiver<Answer>) {
    job_on(number, number, Expected::Any, body)
}

fn job_on(number: u8, stream: u8, expected: Expected, body: usize) -> (Job, Receiver<Answer>) {
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
    let stream = StreamId { category: Category::Enrolment, key: StreamKey([stream; 16]) };
    let request = AppendRequest::new(stream, expected, origin, &[record]).unwrap();
    let (answer, wait) = oneshot::channel();
    let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
    (Job { request, answer, permit }, wait)
}

impl Writer {
    /// Takes jobs as if all of them had waited, and writes them.
    fn commit(&mut self, batch: Vec<Job>) {
        let mut batch = batch.into_iter();
        self.fill(batch.next().unwrap(), &mut || batch.next());
        self.send(usize::MAX);
    }
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

/// A segment whose syncs wait until they are let through, and may fail then.
#[derive(Debug)]
struct Gated {
    file: Box<dyn DiskFile>,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    /// Syncs that were begun, and how many of them may end.
    state: Mutex<(usize, usize)>,
    moved: Condvar,
    fails: AtomicBool,
}

impl Gate {
    fn begun(&self, syncs: usize) {
        let state = self.state.lock().unwrap();
        drop(self.moved.wait_while(state, |(begun, _)| *begun < syncs).unwrap());
    }

    fn let_through(&self, syncs: usize) {
        self.state.lock().unwrap().1 += syncs;
        self.moved.notify_all();
    }

    fn pass(&self) -> io::Result<()> {
        let mut state = self.state.lock().unwrap();
        state.0 += 1;
        let mine = state.0;
        self.moved.notify_all();
        drop(self.moved.wait_while(state, |(_, ended)| *ended < mine).unwrap());
        if self.fails.load(Ordering::SeqCst) { Err(io::Error::other("no")) } else { Ok(()) }
    }
}

impl DiskFile for Gated {
    fn read_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
        self.file.read_at(bytes, offset)
    }
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }
    fn set_len(&self, length: u64) -> io::Result<()> {
        self.file.set_len(length)
    }
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }
    fn sync_data(&self) -> io::Result<()> {
        self.gate.pass()?;
        self.file.sync_data()
    }
    fn sync_all(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

/// A writer that runs, writes every group beside, and whose syncs wait at a gate.
struct Running {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
    gate: Arc<Gate>,
    thread: JoinHandle<()>,
}

impl Running {
    fn start(folder: &Path) -> Self {
        let options = Options { beside_bytes: 0, ..options() };
        let mut writer = recover(folder, &options).unwrap();
        let (gate, path) = (Arc::new(Gate::default()), writer.segment.path.clone());
        let file = SystemDisk.open(&path).unwrap();
        let file = Box::new(Gated { file, gate: Arc::clone(&gate) });
        writer.segment = Arc::new(Segment { file, path, header: writer.segment.header });
        let shared = Arc::clone(writer.shared());
        let (jobs, waiting) = mpsc::channel(100);
        let thread = std::thread::spawn(move || writer.run(waiting));
        Self { shared, jobs, gate, thread }
    }

    fn send(&self, (job, answer): (Job, Receiver<Answer>)) -> Receiver<Answer> {
        assert!(self.jobs.blocking_send(job).is_ok());
        answer
    }

    fn head(&self) -> Position {
        self.shared.head.borrow().position
    }

    fn stop(self) {
        drop(self.jobs);
        self.thread.join().unwrap();
    }
}

#[test]
fn what_comes_sees_the_group_that_is_on_its_way_and_nobody_else_does() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let mut first = running.send(job_on(1, 9, Expected::NoStream, 100));
    running.gate.begun(1);
    let mut again = running.send(job_on(1, 9, Expected::NoStream, 100));
    let mut second = running.send(job_on(2, 9, Expected::Exact(Version(1)), 100));
    // Refused for what is not durable yet: at once, while the others wait.
    let refused = running.send(job_on(3, 9, Expected::NoStream, 100)).blocking_recv().unwrap();
    let Err(AppendError::Conflict { found: Version(2), .. }) = refused else {
        panic!("{refused:?}");
    };
    for answer in [&mut first, &mut again, &mut second] {
        assert!(answer.try_recv().is_err(), "answered before its sync");
    }
    assert_eq!(running.head(), Position(0));
    running.gate.let_through(1);
    let first = first.blocking_recv().unwrap().unwrap();
    assert_eq!((first.last_position(), first.last_version()), (Position(1), Version(1)));
    running.gate.begun(2);
    assert_eq!(running.head(), Position(1));
    assert!(second.try_recv().is_err(), "answered before its sync");
    running.gate.let_through(1);
    let second = second.blocking_recv().unwrap().unwrap();
    assert_eq!((second.last_position(), second.last_version()), (Position(2), Version(2)));
    assert_eq!(again.blocking_recv().unwrap().unwrap(), first);
    running.stop();
    heads_agree(folder.path(), 2);
}

#[test]
fn a_request_sent_again_while_it_is_on_its_way_is_answered_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let first = running.send(job(1, 100));
    running.gate.begun(1);
    let again = running.send(job(1, 100));
    // Nothing else is to be written: its answer waits for no other group.
    running.gate.let_through(1);
    assert_eq!(again.blocking_recv().unwrap().unwrap(), first.blocking_recv().unwrap().unwrap());
    running.stop();
    heads_agree(folder.path(), 1);
}

#[test]
fn what_was_built_upon_a_group_that_failed_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let first = running.send(job(1, 100));
    running.gate.begun(1);
    let second = running.send(job(2, 100));
    let again = running.send(job(1, 100));
    // The writer has taken both once it refuses this one.
    let refused = running.send(job_on(3, 2, Expected::NoStream, 100)).blocking_recv().unwrap();
    assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
    running.gate.fails.store(true, Ordering::SeqCst);
    running.gate.let_through(1);
    for answer in [first, second, again] {
        let answer = answer.blocking_recv().unwrap();
        assert!(matches!(answer, Err(AppendError::Unknown)), "{answer:?}");
    }
    let later = running.send(job(4, 100)).blocking_recv().unwrap();
    assert!(matches!(later, Err(AppendError::ReadOnly)), "{later:?}");
    assert_eq!(running.head(), Position(0));
    running.stop();
    heads_agree(folder.path(), 1);
}

#[test]
fn a_segment_starts_when_all_of_the_one_before_is_durable() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let first = running.send(job(1, 6_000));
    running.gate.begun(1);
    let second = running.send(job(2, 6_000));
    let third = running.send(job(3, 12_000));
    running.gate.let_through(1);
    first.blocking_recv().unwrap().unwrap();
    running.gate.begun(2);
    assert_eq!(segment_files(folder.path()).unwrap().len(), 1);
    running.gate.let_through(1);
    second.blocking_recv().unwrap().unwrap();
    assert_eq!(third.blocking_recv().unwrap().unwrap().last_position(), Position(3));
    assert_eq!(segment_files(folder.path()).unwrap().len(), 2);
    running.stop();
    heads_agree(folder.path(), 3);
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
