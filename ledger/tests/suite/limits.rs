//! Each limit of a record, at n and at n + 1.

use crate::support::{append, clock, journal_options, record, source, stream};
use domain::ids::{Position, RequestId, SubjectId, Version};
use ledger::journal::Journal;
use ledger::journal::embedded::{EmbeddedJournal, Options};
use ledger::journal::memory::MemoryJournal;
use ledger::limits::{
    ACTOR_BYTES_MAX, BODY_BYTES_MAX, READ_BYTES_MAX, REQUEST_EVENTS_MAX, SECTION_BYTES_MAX,
    SECTIONS_MAX,
};
use ledger::record::{
    AppendRequest, Expected, Header, HeaderError, NewRecord, Origin, RecordError, SealedSection,
};
use proptest::prelude::*;

fn origin(actor: usize) -> Origin {
    let (source, actor) = (source("erp-one"), "a".repeat(actor));
    Origin { source, actor, request_id: RequestId([1; 16]), digest: [1; 16] }
}

fn request(actor: usize, records: &[NewRecord]) -> Result<AppendRequest, RecordError> {
    AppendRequest::new(stream(1), Expected::Any, origin(actor), records)
}

fn with_body(length: usize) -> NewRecord {
    NewRecord { body: vec![0; length], ..record(1, 0) }
}

fn with_sections(count: usize, length: usize) -> NewRecord {
    let section = SealedSection { subject: SubjectId([1; 16]), kind: 1, bytes: vec![0; length] };
    NewRecord { sections: vec![section; count], ..record(1, 0) }
}

#[test]
fn each_limit_holds_at_n_and_refuses_at_n_plus_one() {
    assert!(request(ACTOR_BYTES_MAX, &[record(1, 0)]).is_ok());
    let refused = request(ACTOR_BYTES_MAX + 1, &[record(1, 0)]);
    assert_eq!(refused, Err(RecordError::Header(HeaderError::Text)));
    assert!(request(0, &[with_body(BODY_BYTES_MAX)]).is_ok());
    let refused = request(0, &[with_body(BODY_BYTES_MAX + 1)]);
    assert_eq!(refused, Err(RecordError::Body(BODY_BYTES_MAX + 1)));
    assert!(request(0, &[with_sections(SECTIONS_MAX, SECTION_BYTES_MAX)]).is_ok());
    let refused = request(0, &[with_sections(1, SECTION_BYTES_MAX + 1)]);
    assert_eq!(refused, Err(RecordError::Section(SECTION_BYTES_MAX + 1)));
    let refused = request(0, &[with_sections(SECTIONS_MAX + 1, 1)]);
    assert_eq!(refused, Err(RecordError::Header(HeaderError::Sections(SECTIONS_MAX + 1))));
    assert!(request(0, &vec![record(1, 0); REQUEST_EVENTS_MAX]).is_ok());
    let refused = request(0, &vec![record(1, 0); REQUEST_EVENTS_MAX + 1]);
    assert_eq!(refused, Err(RecordError::Events(REQUEST_EVENTS_MAX + 1)));
    assert_eq!(request(0, &[]), Err(RecordError::Events(0)));
    let whole = vec![with_body(BODY_BYTES_MAX); 8];
    assert!(matches!(request(0, &whole), Err(RecordError::Request(_))));
    assert_eq!(append(stream(1), Expected::Any, 1, 2), append(stream(1), Expected::Any, 1, 2));
}

/// Bodies of 1 MiB, more than one read may bring.
async fn fill_with_large(journal: &dyn Journal) -> u64 {
    let count = 24;
    for number in 0..count {
        let origin = Origin { request_id: crate::support::request_id(number), ..origin(0) };
        let large = [with_body(1024 * 1024)];
        let request = AppendRequest::new(stream(1), Expected::Any, origin, &large).unwrap();
        journal.append(request).await.unwrap();
    }
    count
}

#[tokio::test]
async fn a_read_stops_after_its_bytes_and_the_next_one_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { segment_bytes: 10 * 1024 * 1024, ..journal_options(clock()) };
    let journals: [Box<dyn Journal>; 2] = [
        Box::new(MemoryJournal::new(clock())),
        Box::new(EmbeddedJournal::open(folder.path(), &options).unwrap()),
    ];
    for journal in journals {
        let count = fill_with_large(journal.as_ref()).await;
        let mut after = Position(0);
        loop {
            let page = journal.read_after(after, 1_000).unwrap();
            let streamed = journal.read_stream(stream(1), Version(after.0), Position(count), 1_000);
            assert_eq!(page, streamed.unwrap());
            let Some(last) = page.last() else { break };
            let bytes: usize = page.iter().map(|record| record.body.len()).sum();
            assert!(bytes <= READ_BYTES_MAX, "{bytes} bytes at once");
            assert_eq!(page[0].position.0, after.0 + 1);
            after = last.position;
        }
        assert_eq!(after, Position(count), "and nothing is missing");
    }
}

proptest! {
    #[test]
    fn bytes_that_are_no_header_are_refused_and_never_a_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..600)
    ) {
        if let Ok(header) = Header::decode(&bytes) {
            prop_assert_eq!(&header.encode().unwrap(), &bytes);
        }
        let mut started = vec![1, 2];
        started.extend(&bytes);
        if let Ok(header) = Header::decode(&started) {
            prop_assert_eq!(header.encode().unwrap(), started);
        }
    }
}
