//! Detail rows that find no room, while batches follow each other: SQLite is told that its
//! file may not grow.

use super::Views;
use crate::reference::ReferenceLibrary;
use crate::source::{EventSource, Recorded, SourceError};
use crate::testing::MemorySource;
use domain::event::{Event, ReferenceSetLoaded};
use domain::ids::{Category, Instant, Position, Source, StreamId, StreamKey};
use std::path::Path;
use std::sync::Arc;
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

async fn open(folder: &Path) -> Views {
    let (source, stream) = (MemorySource::new(), StreamKey([7; 16]));
    let stream = StreamId { category: Category::Reference, key: stream };
    for n in 0..EVENTS {
        let summary = "x".repeat(if n + 1 == LARGE { 200_000 } else { 20 });
        let set = ReferenceSetLoaded { hash: [n as u8; 32], name: format!("set {n}"), summary };
        let event = Event::ReferenceSetLoaded(set);
        source.append(Instant(0), stream, &Source::parse("one.cfa").unwrap(), event, None);
    }
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
