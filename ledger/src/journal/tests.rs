//! A stream that no single read brings.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::memory::MemoryJournal;
use super::{Journal, pages};
use crate::record::{AppendRequest, Expected, NewRecord, Origin};
use crate::time::ManualClock;
use domain::ids::{
    Category, EventId, Instant, Position, RequestId, Source, StreamId, StreamKey, Version,
};
use futures::executor::block_on;
use std::sync::Arc;

#[test]
fn the_pages_of_a_stream_are_the_whole_stream() {
    let journal = MemoryJournal::new(Arc::new(ManualClock::new(Instant(1))));
    let stream = StreamId { category: Category::Run, key: StreamKey([1; 16]) };
    for number in 1..=20 {
        let origin = Origin {
            source: Source::parse("erp-one").unwrap(),
            actor: String::new(),
            request_id: RequestId([number; 16]),
            digest: [number; 16],
        };
        let record = NewRecord {
            event_id: EventId([number; 16]),
            type_code: 32,
            schema_version: 1,
            effective_on: "2026-10-01".parse().unwrap(),
            corrects: None,
            body: vec![number; 1024 * 1024],
            sections: Vec::new(),
        };
        let request = AppendRequest::new(stream, Expected::Any, origin, &[record]).unwrap();
        block_on(journal.append(request)).unwrap();
    }
    let read = |up_to| {
        let pages: Vec<_> = pages(&journal, stream, Position(up_to)).map(Result::unwrap).collect();
        let versions = pages.iter().flatten().map(|record| record.header.version);
        (pages.len(), versions.collect::<Vec<_>>())
    };
    assert_eq!(read(u64::MAX), (2, (1..=20).map(Version).collect()));
    assert_eq!(read(3), (1, (1..=3).map(Version).collect()));
    assert_eq!(read(0), (0, Vec::new()));
}
