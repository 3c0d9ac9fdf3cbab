//! Detail rows that find no room, while batches follow each other: SQLite is told that its
//! file may not grow. And events that gather until a question waits for them.

use super::Views;
use crate::reference::ReferenceLibrary;
use crate::source::{EventSource, Recorded, SourceError};
use crate::testing::MemorySource;
use domain::event::{Event, ReferenceSetLoaded};
use domain::ids::{Category, Instant, Position, Source, StreamId, StreamKey};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Events of the log.
const EVENTS: u64 = 6;
/// The one whose row takes some fifty pages; the others take less than one.
const LARGE: u64 = 3;

/// A ledger that gives one event at a time: a batch.
struct OneByOne(MemorySource);

impl EventSource for OneByOne {
    fn head(&self) -> Position {
        self.0.head()
    }
    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, SourceError> {
        self.0.read_after(after, limit.min(1))
    }
    fn read_stream(&self, stream: StreamId, up_to: Position) -> Result<Vec<Recorded>, SourceError> {
        self.0.read_stream(stream, up_to)
    }
    fn position_at(&self, instant: Instant) -> Position {
        self.0.position_at(instant)
    }
    fn recorded_at(&self, position: Position) -> Option<Instant> {
        self.0.recorded_at(position)
    }
    fn watch(&self) -> watch::Receiver<Position> {
        self.0.watch()
    }
}

fn append(source: &MemorySource, n: u64, summary: usize) {
    let stream = StreamId { category: Category::Reference, key: StreamKey([7; 16]) };
    let (name, summary) = (format!("set {n}"), "x".repeat(summary));
    let event =
        Event::ReferenceSetLoaded(ReferenceSetLoaded { hash: [n as u8; 32], name, summary });
    source.append(Instant(0), stream, &Source::parse("one.cfa").unwrap(), event, None);
}

async fn open(folder: &Path) -> Views {
    let source = MemorySource::new();
    (1..=EVENTS).for_each(|n| append(&source, n, if n == LARGE { 200_000 } else { 20 }));
    Views::open(folder, Arc::new(OneByOne(source)), ReferenceLibrary::new(folder)).await.unwrap()
}

#[tokio::test]
async fn no_batch_is_left_out_when_the_one_before_found_no_room() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (views, others) = (open(folder.path()).await, open(other.path()).await);
    views.folded.detail.leave_pages(20).await;
    for _ in 0..3 {
        views.catch_up().await;
        assert_eq!(views.position(), Position(LARGE - 1));
        assert!(views.state().iter().all(|(_, _, reason)| reason.is_none()), "{:?}", views.state());
    }
    views.folded.detail.leave_pages(200).await;
    for views in [&views, &others] {
        views.catch_up().await;
        assert_eq!(views.position(), Position(EVENTS));
    }
    assert_eq!(views.dump().await.unwrap(), others.dump().await.unwrap());
}

#[tokio::test]
async fn a_question_that_waits_does_not_wait_for_events_to_gather() {
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (Arc::new(MemorySource::new()), ReferenceLibrary::new(folder.path()));
    let views = Views::open(folder.path(), Arc::clone(&source) as _, library).await.unwrap();
    let for_ever = Duration::from_secs(3_600);
    let following = tokio::spawn(Views { gather: for_ever, ..views.clone() }.run());
    for n in 1..=3 {
        append(&source, n, 20);
        views.wait_for(Position(n), Duration::from_secs(60)).await.unwrap();
    }
    following.abort();
}
