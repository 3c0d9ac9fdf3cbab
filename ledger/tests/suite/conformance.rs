//! What every journal does: run on each of them.

use crate::support::{NOON, append, clock, embedded, journal_options, source, stream};
use domain::ids::{Instant, Position, Version};
use ledger::journal::embedded::{EmbeddedJournal, Options};
use ledger::journal::memory::MemoryJournal;
use ledger::journal::{AppendError, Journal, Tail};
use ledger::record::Expected;
use seal::Frontier;
use std::sync::Arc;
use std::time::Duration;

/// Runs a test on the journal in memory and on files.
macro_rules! on_each {
    ($($name:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $name() {
                let clock = super::clock();
                let journal = std::sync::Arc::new(super::MemoryJournal::new(clock.clone()));
                super::$name(journal, clock).await;
            })*
        }
        mod files {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let clock = super::clock();
                let options = super::journal_options(clock.clone());
                let journal = super::EmbeddedJournal::open(folder.path(), &options).unwrap();
                super::$name(std::sync::Arc::new(journal), clock).await;
            })*
        }
        /// Every group on the thread that large ones go to.
        mod files_beside {
            $(#[tokio::test]
            async fn $name() {
                let folder = tempfile::tempdir().unwrap();
                let clock = super::clock();
                let options = super::journal_options(clock.clone());
                let options = super::Options { beside_bytes: 0, ..options };
                let journal = super::EmbeddedJournal::open(folder.path(), &options).unwrap();
                super::$name(std::sync::Arc::new(journal), clock).await;
            })*
        }
    };
}

on_each! {
    an_empty_journal_has_position_zero_and_the_empty_root
    positions_and_versions_count_from_one_without_gaps
    the_expected_version_is_enforced
    a_request_sent_again_gets_its_first_receipt
    a_request_id_with_other_content_is_refused
    one_request_id_of_two_sources_is_two_requests
    a_request_is_written_whole_or_not_at_all
    streams_are_read_in_version_order_and_up_to_a_position
    the_log_is_read_in_position_order
    the_root_is_that_of_the_headers
    each_event_names_the_leaf_before_it_in_its_stream
    recorded_at_never_goes_backwards
    an_instant_resolves_to_the_last_position_before_it
    a_tail_catches_up_then_follows
    a_reader_waits_for_a_position
    concurrent_requests_on_one_stream_let_one_win
}

type Clock = Arc<ledger::ManualClock>;
type Any = Arc<dyn Journal>;

async fn fill(journal: &Any, requests: u64) {
    for number in 0..requests {
        let request = append(stream((number % 5) as u8), Expected::Any, number, 1 + number % 3);
        journal.append(request).await.unwrap();
    }
}

async fn an_empty_journal_has_position_zero_and_the_empty_root(journal: Any, _: Clock) {
    assert_eq!(journal.head().position, Position(0));
    assert_eq!(journal.head().root, seal::empty_root());
    assert!(journal.read_after(Position(0), 10).unwrap().is_empty());
    assert_eq!(journal.stream_version(stream(1)).unwrap(), Version(0));
}

async fn positions_and_versions_count_from_one_without_gaps(journal: Any, _: Clock) {
    let first = journal.append(append(stream(1), Expected::NoStream, 1, 2)).await.unwrap();
    let second = journal.append(append(stream(2), Expected::NoStream, 2, 1)).await.unwrap();
    let third = journal.append(append(stream(1), Expected::Exact(Version(2)), 3, 1)).await.unwrap();
    let at = |receipt: &ledger::Receipt| -> Vec<(u64, u64)> {
        receipt.lines.iter().map(|line| (line.position.0, line.version.0)).collect()
    };
    assert_eq!(at(&first), [(1, 1), (2, 2)]);
    assert_eq!(at(&second), [(3, 1)]);
    assert_eq!(at(&third), [(4, 3)]);
    assert_eq!(journal.head().position, Position(4));
}

async fn the_expected_version_is_enforced(journal: Any, _: Clock) {
    let refused = journal.append(append(stream(1), Expected::Exact(Version(1)), 1, 1)).await;
    assert!(matches!(refused, Err(AppendError::Conflict { found: Version(0), .. })));
    journal.append(append(stream(1), Expected::Exact(Version(0)), 2, 1)).await.unwrap();
    let refused = journal.append(append(stream(1), Expected::NoStream, 3, 1)).await;
    assert!(matches!(refused, Err(AppendError::Conflict { found: Version(1), .. })));
    journal.append(append(stream(1), Expected::Any, 4, 1)).await.unwrap();
    assert_eq!(journal.head().position, Position(2));
}

async fn a_request_sent_again_gets_its_first_receipt(journal: Any, clock: Clock) {
    let first = journal.append(append(stream(1), Expected::NoStream, 1, 3)).await.unwrap();
    fill_others(&journal).await;
    clock.set(Instant(NOON + 1_000_000));
    // The expected version no longer holds: the receipt comes before that.
    let again = journal.append(append(stream(1), Expected::NoStream, 1, 3)).await.unwrap();
    assert_eq!(again, first);
    assert_eq!(journal.stream_version(stream(1)).unwrap(), Version(3));
    let (digest, receipt) = journal.receipt(&source("erp-one"), request(1)).unwrap().unwrap();
    assert_eq!((digest, receipt), ([1; 16], first));
}

fn request(number: u64) -> domain::ids::RequestId {
    crate::support::request_id(number)
}

async fn fill_others(journal: &Any) {
    for number in 50..60 {
        journal.append(append(stream(9), Expected::Any, number, 1)).await.unwrap();
    }
}

async fn a_request_id_with_other_content_is_refused(journal: Any, _: Clock) {
    journal.append(append(stream(1), Expected::Any, 1, 1)).await.unwrap();
    let mut other = append(stream(1), Expected::Any, 257, 1);
    // 257 has the digest of 1 in this test; give 1's id another digest instead.
    assert_eq!(journal.append(other.clone()).await.unwrap().last_position(), Position(2));
    other = with_request(2, 1);
    let refused = journal.append(other).await;
    let Err(AppendError::OtherContent { first, known, sent }) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((first, known, sent), (Position(1), [1; 16], [2; 16]));
    assert_eq!(journal.head().position, Position(2));
}

/// A request with the digest of `digest` under the id of `id`.
fn with_request(digest: u8, id: u64) -> ledger::record::AppendRequest {
    let origin = ledger::record::Origin {
        source: source("erp-one"),
        actor: String::new(),
        request_id: request(id),
        digest: [digest; 16],
    };
    let records = [crate::support::record(id, 0)];
    ledger::record::AppendRequest::new(stream(1), Expected::Any, origin, &records).unwrap()
}

async fn one_request_id_of_two_sources_is_two_requests(journal: Any, _: Clock) {
    journal.append(append(stream(1), Expected::Any, 1, 1)).await.unwrap();
    let origin = ledger::record::Origin {
        source: source("erp-two"),
        actor: "agent-7".to_owned(),
        request_id: request(1),
        digest: [9; 16],
    };
    let records = [crate::support::record(1, 1)];
    let other = ledger::record::AppendRequest::new(stream(1), Expected::Any, origin, &records);
    let receipt = journal.append(other.unwrap()).await.unwrap();
    assert_eq!(receipt.last_position(), Position(2));
    let read = journal.read_after(Position(1), 1).unwrap();
    assert_eq!(read[0].header.actor, "agent-7");
}

async fn a_request_is_written_whole_or_not_at_all(journal: Any, _: Clock) {
    journal.append(append(stream(1), Expected::Any, 1, 1)).await.unwrap();
    assert!(journal.append(append(stream(1), Expected::NoStream, 2, 5)).await.is_err());
    assert_eq!(journal.head().position, Position(1));
    // The refused id is free: nothing was written under it.
    journal.append(append(stream(1), Expected::Any, 2, 5)).await.unwrap();
    assert_eq!(journal.head().position, Position(6));
}

async fn streams_are_read_in_version_order_and_up_to_a_position(journal: Any, _: Clock) {
    fill(&journal, 40).await;
    let all = journal.read_stream(stream(2), Version(0), Position(u64::MAX), 1000).unwrap();
    let versions: Vec<u64> = all.iter().map(|r| r.header.version.0).collect();
    assert_eq!(versions, (1..=all.len() as u64).collect::<Vec<_>>());
    assert!(all.iter().all(|r| r.header.stream == stream(2)));
    let bound = all[3].position;
    let some = journal.read_stream(stream(2), Version(1), bound, 1000).unwrap();
    assert_eq!(some, all[1..4]);
    let two = journal.read_stream(stream(2), Version(1), bound, 2).unwrap();
    assert_eq!(two, all[1..3]);
}

async fn the_log_is_read_in_position_order(journal: Any, _: Clock) {
    fill(&journal, 300).await;
    let mut after = Position(0);
    let mut count = 0;
    loop {
        let batch = journal.read_after(after, 37).unwrap();
        let Some(last) = batch.last() else { break };
        for record in &batch {
            count += 1;
            assert_eq!(record.position, Position(count));
            record.verify().unwrap();
        }
        after = last.position;
    }
    assert_eq!(Position(count), journal.head().position);
    assert_eq!(journal.read_after(Position(u64::MAX), 10).unwrap(), [], "far behind the end");
}

async fn the_root_is_that_of_the_headers(journal: Any, _: Clock) {
    fill(&journal, 50).await;
    let mut frontier = Frontier::new();
    for record in journal.read_after(Position(0), 10_000).unwrap() {
        frontier.append(seal::leaf_hash(&record.header_bytes));
    }
    assert_eq!(frontier.root(), journal.head().root);
    assert_eq!(frontier.size(), journal.head().position.0);
}

async fn each_event_names_the_leaf_before_it_in_its_stream(journal: Any, _: Clock) {
    fill(&journal, 40).await;
    let mut previous = [0; 32];
    for record in journal.read_stream(stream(3), Version(0), Position(u64::MAX), 1000).unwrap() {
        assert_eq!(record.header.previous, previous);
        previous = record.leaf();
    }
    assert_ne!(previous, [0; 32]);
}

async fn recorded_at_never_goes_backwards(journal: Any, clock: Clock) {
    let mut times = Vec::new();
    for (number, offset) in [0, 5, -3_600_000_000, 7, 6].into_iter().enumerate() {
        clock.set(Instant(NOON + offset));
        let request = append(stream(1), Expected::Any, number as u64, 1);
        times.push(journal.append(request).await.unwrap().recorded_at.0 - NOON);
    }
    assert_eq!(times, [0, 5, 5, 7, 7]);
}

async fn an_instant_resolves_to_the_last_position_before_it(journal: Any, clock: Clock) {
    for number in 0..20 {
        clock.set(Instant(NOON + 10 * number as i64));
        journal.append(append(stream(1), Expected::Any, number, 2)).await.unwrap();
    }
    let at = |offset: i64| journal.position_at(Instant(NOON + offset)).unwrap().0;
    assert_eq!([at(-1), at(0), at(9), at(10), at(95), at(1_000)], [0, 2, 2, 4, 20, 40]);
    assert_eq!(journal.recorded_at(Position(4)).unwrap(), Some(Instant(NOON + 10)));
    assert_eq!(journal.recorded_at(Position(0)).unwrap(), None);
    assert_eq!(journal.recorded_at(Position(41)).unwrap(), None);
}

async fn a_tail_catches_up_then_follows(journal: Any, _: Clock) {
    fill(&journal, 10).await;
    let before = journal.head().position.0;
    let mut tail = Tail::new(Arc::clone(&journal), Position(0));
    let mut seen = 0;
    while seen < before {
        for record in tail.next(7).await.unwrap() {
            seen += 1;
            assert_eq!(record.position.0, seen);
        }
    }
    let waiting = tokio::spawn(async move { tail.next(7).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(5)).await;
    assert!(!waiting.is_finished(), "there is nothing to read yet");
    journal.append(append(stream(1), Expected::Any, 100, 1)).await.unwrap();
    let live = waiting.await.unwrap();
    assert_eq!(live[0].position.0, before + 1);
}

async fn a_reader_waits_for_a_position(journal: Any, _: Clock) {
    fill(&journal, 3).await;
    let next = Position(journal.head().position.0 + 2);
    let waiting = tokio::spawn(journal.reach(next));
    journal.append(append(stream(1), Expected::Any, 100, 2)).await.unwrap();
    assert!(waiting.await.unwrap().unwrap().position >= next);
    let never = journal.reach(Position(1_000_000));
    assert!(tokio::time::timeout(Duration::from_millis(5), never).await.is_err());
}

async fn concurrent_requests_on_one_stream_let_one_win(journal: Any, _: Clock) {
    let mut tasks = Vec::new();
    for number in 0..32 {
        let journal = Arc::clone(&journal);
        let request = append(stream(1), Expected::NoStream, number, 2);
        tasks.push(tokio::spawn(async move { journal.append(request).await }));
    }
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(_) => won += 1,
            Err(AppendError::Conflict { found: Version(2), .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!((won, journal.stream_version(stream(1)).unwrap()), (1, Version(2)));
}

#[tokio::test]
async fn files_state_durability_and_memory_does_not() {
    let folder = tempfile::tempdir().unwrap();
    assert!(embedded(folder.path()).capabilities().durable);
    assert!(!MemoryJournal::new(clock()).capabilities().durable);
}
