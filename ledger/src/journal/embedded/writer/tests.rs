//! What the writer does when the disk fails under it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::reader::Cursor;
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
use std::time::Duration;
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
    panics: AtomicBool,
    /// A file got its name while a sync was under way.
    overlapped: AtomicBool,
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
        assert!(!self.gate.panics.load(Ordering::SeqCst), "as it was told");
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

/// A writer that runs, and whose syncs wait at a gate.
struct Running {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
    gate: Arc<Gate>,
    thread: JoinHandle<()>,
}

impl Running {
    /// One that writes every group beside.
    fn start(folder: &Path) -> Self {
        Self::with(folder, 0)
    }

    fn with(folder: &Path, beside_bytes: usize) -> Self {
        let options = Options { beside_bytes, ..options() };
        let mut writer = recover(folder, &options).unwrap();
        let (gate, path) = (Arc::new(Gate::default()), writer.segment.path.clone());
        let room = AtomicU64::new(u64::MAX);
        writer.disk = Arc::new(Watched { room, gate: Some(Arc::clone(&gate)) });
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

    /// Waits until the writer has taken all that was sent.
    fn taken(&self) {
        // More than a segment holds: refused at once, unless the writer itself stands at the gate.
        let mut refused = self.send(job(99, 20_000));
        let until = std::time::Instant::now() + Duration::from_secs(10);
        let refused = loop {
            match refused.try_recv() {
                Ok(refused) => break refused,
                Err(_) if std::time::Instant::now() < until => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => panic!("the writer takes nothing while a group is written: {error}"),
            }
        };
        assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
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
fn what_is_answered_without_a_write_needs_no_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = recover(folder.path(), &options()).unwrap();
    let mut append = |(job, answer): (Job, Receiver<Answer>)| {
        writer.commit(vec![job]);
        answer.blocking_recv().unwrap()
    };
    let first = append(job(1, 12_000)).unwrap();
    assert_eq!(append(job(1, 12_000)).unwrap(), first);
    let refused = append(job_on(2, 1, Expected::NoStream, 12_000));
    assert!(matches!(refused, Err(AppendError::Conflict { .. })), "{refused:?}");
    assert_eq!(segment_files(folder.path()).unwrap().len(), 1);
}

fn must_wait(answers: &mut [&mut Receiver<Answer>]) {
    for answer in answers {
        assert!(answer.try_recv().is_err(), "answered before its sync");
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
    // Refused for what nobody can read yet: told once it can be read.
    let mut refused = running.send(job_on(3, 9, Expected::NoStream, 100));
    running.taken();
    must_wait(&mut [&mut first, &mut again, &mut second, &mut refused]);
    assert_eq!(running.head(), Position(0));
    running.gate.let_through(1);
    let first = first.blocking_recv().unwrap().unwrap();
    assert_eq!((first.last_position(), first.last_version()), (Position(1), Version(1)));
    running.gate.begun(2);
    assert_eq!(running.head(), Position(1));
    must_wait(&mut [&mut again, &mut second, &mut refused]);
    running.gate.let_through(1);
    let second = second.blocking_recv().unwrap().unwrap();
    assert_eq!((second.last_position(), second.last_version()), (Position(2), Version(2)));
    assert_eq!(again.blocking_recv().unwrap().unwrap(), first);
    let refused = refused.blocking_recv().unwrap();
    let conflict = matches!(refused, Err(AppendError::Conflict { found: Version(2), .. }));
    assert!(conflict, "{refused:?}");
    // What is durable refuses at once.
    let late = running.send(job_on(4, 9, Expected::NoStream, 100)).blocking_recv().unwrap();
    assert!(matches!(late, Err(AppendError::Conflict { .. })), "{late:?}");
    running.stop();
    heads_agree(folder.path(), 2);
}

#[test]
fn a_request_sent_again_while_it_is_on_its_way_is_answered_once_its_group_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let mut first = running.send(job(1, 100));
    running.gate.begun(1);
    let mut again = running.send(job(1, 100));
    running.taken();
    let shown = running.shared.index.read();
    running.gate.let_through(1);
    std::thread::sleep(Duration::from_millis(50));
    must_wait(&mut [&mut first, &mut again]);
    drop(shown);
    // Nothing else is to be written: its answer waits for no other group.
    assert_eq!(again.blocking_recv().unwrap().unwrap(), first.blocking_recv().unwrap().unwrap());
    running.stop();
    heads_agree(folder.path(), 1);
}

#[test]
fn a_small_group_behind_a_large_one_is_written_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::with(folder.path(), 4_000);
    let first = running.send(job(1, 6_000));
    running.gate.begun(1);
    let mut second = running.send(job(2, 100));
    running.taken();
    must_wait(&mut [&mut second]);
    running.gate.let_through(1);
    first.blocking_recv().unwrap().unwrap();
    running.gate.begun(2);
    must_wait(&mut [&mut second]);
    assert_eq!(running.head(), Position(1));
    running.gate.let_through(2);
    assert_eq!(second.blocking_recv().unwrap().unwrap().last_position(), Position(2));
    // And the other way round.
    let third = running.send(job(3, 6_000));
    assert_eq!(third.blocking_recv().unwrap().unwrap().last_position(), Position(3));
    for position in 1..=3 {
        let record = running.shared.read(&mut Cursor::scattered(), Position(position)).unwrap();
        assert_eq!(record.header.event_id, EventId([position as u8; 16]));
        record.verify().unwrap();
    }
    running.stop();
    heads_agree(folder.path(), 3);
}

#[test]
fn what_was_built_upon_a_group_that_failed_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let first = running.send(job(1, 100));
    running.gate.begun(1);
    let second = running.send(job(2, 100));
    let again = running.send(job(1, 100));
    running.taken();
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
fn a_write_that_panics_beside_makes_the_journal_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    running.gate.panics.store(true, Ordering::SeqCst);
    let first = running.send(job(1, 100)).blocking_recv().unwrap();
    assert!(matches!(first, Err(AppendError::Unknown)), "{first:?}");
    let second = running.send(job(2, 100)).blocking_recv().unwrap();
    assert!(matches!(second, Err(AppendError::ReadOnly)), "{second:?}");
    running.stop();
    heads_agree(folder.path(), 0);
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
    std::thread::sleep(Duration::from_millis(50));
    running.gate.let_through(1);
    second.blocking_recv().unwrap().unwrap();
    assert_eq!(third.blocking_recv().unwrap().unwrap().last_position(), Position(3));
    assert!(!running.gate.overlapped.load(Ordering::SeqCst));
    assert_eq!(segment_files(folder.path()).unwrap().len(), 2);
    running.stop();
    heads_agree(folder.path(), 3);
}

#[test]
fn what_needs_a_segment_is_refused_when_the_group_on_its_way_fails() {
    let folder = tempfile::tempdir().unwrap();
    let running = Running::start(folder.path());
    let first = running.send(job(1, 6_000));
    running.gate.begun(1);
    let second = running.send(job(2, 12_000));
    running.gate.fails.store(true, Ordering::SeqCst);
    running.gate.let_through(1);
    let (first, second) = (first.blocking_recv().unwrap(), second.blocking_recv().unwrap());
    assert!(matches!(first, Err(AppendError::Unknown)), "{first:?}");
    assert!(matches!(second, Err(AppendError::ReadOnly)), "{second:?}");
    assert_eq!(segment_files(folder.path()).unwrap().len(), 1);
    running.stop();
}

#[test]
fn what_was_accepted_is_written_at_shutdown() {
    let folder = tempfile::tempdir().unwrap();
    let Running { jobs, gate, thread, shared } = Running::start(folder.path());
    let answers = [1, 2].map(|number| {
        let (job, answer) = job(number, 100);
        assert!(jobs.blocking_send(job).is_ok());
        gate.begun(1);
        answer
    });
    drop(jobs);
    gate.let_through(2);
    for (answer, position) in answers.into_iter().zip(1..) {
        assert_eq!(answer.blocking_recv().unwrap().unwrap().last_position(), Position(position));
    }
    thread.join().unwrap();
    assert_eq!(shared.head.borrow().position, Position(2));
    heads_agree(folder.path(), 2);
}

/// The machine's disk, that says how much room it has, and sees names given while a sync is
/// under way.
#[derive(Debug)]
struct Watched {
    room: AtomicU64,
    gate: Option<Arc<Gate>>,
}

impl Disk for Watched {
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
        if let Some(gate) = &self.gate {
            let (begun, ended) = *gate.state.lock().unwrap();
            gate.overlapped.fetch_or(begun > ended, Ordering::SeqCst);
        }
        SystemDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        SystemDisk.remove(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        SystemDisk.sync_folder(folder)
    }
    fn room(&self, _: &Path) -> io::Result<u64> {
        Ok(self.room.load(Ordering::SeqCst))
    }
}

#[test]
fn a_segment_is_prepared_early_only_where_others_keep_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut writer = recover(folder.path(), &options()).unwrap();
    let enough = SEGMENT_BYTES_MIN + LEFT_TO_OTHERS;
    let disk = Arc::new(Watched { room: AtomicU64::new(enough - 1), gate: None });
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
    disk.room.store(enough, Ordering::SeqCst);
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
