//! What a crash or a bad disk leaves: a torn tail is cut, damage is named.

use crate::support::{append, clock, journal_options, stream};
use domain::ids::{Position, Version};
use ledger::ManualClock;
use ledger::fsck::fsck;
use ledger::journal::embedded::{EmbeddedJournal, segment_files};
use ledger::journal::{AppendError, Head, Journal, OpenError, ReadError};
use ledger::record::Expected;
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub fn open(folder: &Path) -> Result<EmbeddedJournal, OpenError> {
    EmbeddedJournal::open(&folder.join("log"), &journal_options(clock()))
}

pub fn rt() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// Writes groups of one request each and gives the head after each of them.
pub fn written(folder: &Path, requests: u64) -> Vec<Head> {
    let journal = open(folder).unwrap();
    let rt = rt();
    let mut heads = vec![journal.head()];
    for number in 0..requests {
        let request = append(stream((number % 3) as u8), Expected::Any, number, 1 + number % 2);
        rt.block_on(journal.append(request)).unwrap();
        heads.push(journal.head());
    }
    heads
}

pub fn last_segment(folder: &Path) -> PathBuf {
    segment_files(&folder.join("log")).unwrap().pop().unwrap()
}

/// Where each group of a segment starts, and where the last one ends.
pub fn groups(bytes: &[u8]) -> Vec<usize> {
    let mut at = 128;
    let mut starts = vec![at];
    while bytes[at..].starts_with(b"GRP1") {
        at += u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        starts.push(at);
    }
    starts
}

#[test]
fn truncation_at_every_byte_of_the_last_group_cuts_that_group_alone() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 5);
    let path = last_segment(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let starts = groups(&whole);
    let [.., start, end] = starts[..] else { panic!() };
    for length in start..end {
        std::fs::write(&path, &whole[..length]).unwrap();
        let journal = open(folder.path()).unwrap();
        assert_eq!(journal.head(), heads[4], "cut at byte {length}");
        drop(journal);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), whole.len() as u64);
    }
    std::fs::write(&path, &whole[..end]).unwrap();
    assert_eq!(open(folder.path()).unwrap().head(), heads[5], "the whole group is kept");
}

#[test]
fn a_last_group_with_any_part_unwritten_is_cut_and_its_place_used_again() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 4);
    let path = last_segment(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let [.., start, end] = groups(&whole)[..] else { panic!() };
    for from in (start..end).step_by(13) {
        let mut torn = whole.clone();
        let to = (from + 32).min(end);
        if torn[from..to].iter().all(|byte| *byte == 0) {
            continue;
        }
        torn[from..to].fill(0);
        std::fs::write(&path, &torn).unwrap();
        let journal = open(folder.path()).unwrap();
        assert_eq!(journal.head(), heads[3], "zeroed from byte {from}");
        // The same request again: not a repeat, since it was never acknowledged.
        let request = append(stream(0), Expected::Any, 3, 2);
        let receipt = rt().block_on(journal.append(request)).unwrap();
        assert_eq!(receipt.lines[0].position.0, heads[3].position.0 + 1);
        drop(journal);
        assert!(open(folder.path()).is_ok());
    }
}

#[test]
fn a_damaged_group_before_the_last_is_an_error_that_names_its_position() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 6);
    let path = last_segment(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let starts = groups(&whole);
    for (group, window) in starts[..starts.len() - 2].windows(2).enumerate() {
        for at in (window[0]..window[1]).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            std::fs::write(&path, &damaged).unwrap();
            let Err(OpenError::Damaged { position, .. }) = open(folder.path()) else {
                panic!("a flipped bit at byte {at} of group {group} was not seen")
            };
            assert!(position.0 > heads[group].position.0, "{position} at byte {at}");
            assert!(position <= heads[group + 1].position, "{position} at byte {at}");
        }
    }
}

#[test]
fn a_zeroed_page_of_acknowledged_events_is_no_torn_tail() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), 60);
    let path = last_segment(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let mut damaged = whole.clone();
    damaged[4096..8192].fill(0);
    std::fs::write(&path, &damaged).unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Damaged { .. })));
    assert_eq!(std::fs::read(&path).unwrap(), damaged, "nothing was repaired or cut");
}

#[test]
fn a_missing_segment_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 400);
    let segments = segment_files(&folder.path().join("log")).unwrap();
    assert!(segments.len() >= 3, "the test crosses segments");
    assert_eq!(open(folder.path()).unwrap().head(), *heads.last().unwrap());
    std::fs::remove_file(&segments[1]).unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Damaged { .. })));
}

#[test]
fn fsck_counts_what_is_there_and_sees_every_flipped_bit() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 6);
    let report = fsck(folder.path()).unwrap();
    assert!(report.problem.is_none() && !report.torn, "{report:?}");
    assert_eq!(report.head, heads.last().copied());
    assert_eq!((report.segments, report.streams), (1, 3));
    assert_eq!(report.events, heads.last().unwrap().position.0);
    let path = last_segment(folder.path());
    let whole = std::fs::read(&path).unwrap();
    let end = *groups(&whole).last().unwrap();
    for at in 0..end {
        // Bytes that are reserved and not covered would be a hole in the format.
        let mut damaged = whole.clone();
        damaged[at] ^= 1 << (at % 8);
        std::fs::write(&path, &damaged).unwrap();
        let seen = match fsck(folder.path()) {
            Err(_) => true,
            Ok(report) => report.problem.is_some() || report.torn,
        };
        assert!(seen, "a flipped bit at byte {at} was not seen");
    }
}

#[test]
fn a_bit_that_flips_while_the_server_runs_is_never_served() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), 5);
    let journal = open(folder.path()).unwrap();
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    let third = groups(&bytes)[2];
    bytes[third + 28 + 12 + 60] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let read = journal.read_after(Position(0), 100);
    assert!(matches!(read, Err(ReadError::Damaged { .. })), "{read:?}");
    assert_eq!(journal.read_after(Position(0), 2).unwrap().len(), 2);
}

#[test]
fn receipts_and_versions_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let rt = rt();
    let first = {
        let journal = open(folder.path()).unwrap();
        let request = append(stream(1), Expected::NoStream, 1, 3);
        rt.block_on(journal.append(request)).unwrap()
    };
    let journal = open(folder.path()).unwrap();
    assert_eq!(journal.stream_version(stream(1)).unwrap(), Version(3));
    let again = rt.block_on(journal.append(append(stream(1), Expected::NoStream, 1, 3))).unwrap();
    assert_eq!(again, first);
    let next = append(stream(1), Expected::Exact(Version(3)), 2, 1);
    assert_eq!(rt.block_on(journal.append(next)).unwrap().lines[0].version, Version(4));
}

#[test]
fn appends_in_flight_share_syncs_and_a_refusal_forces_none() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(folder.path()).unwrap());
    let rt = rt();
    rt.block_on(async {
        let mut waiting = Vec::new();
        for number in 0..64 {
            // All are queued before the first is answered: no await in between.
            let journal = Arc::clone(&journal);
            let request = append(stream(number as u8), Expected::NoStream, number, 1);
            waiting.push(async move { journal.append(request).await });
        }
        let done = futures_join(waiting).await;
        assert!(done.iter().all(Result::is_ok));
    });
    let path = last_segment(folder.path());
    let count = || groups(&std::fs::read(&path).unwrap()).len() - 1;
    let syncs = count();
    assert!(syncs <= 16, "64 appends in flight took {syncs} syncs");
    let refused = rt.block_on(journal.append(append(stream(1), Expected::NoStream, 99, 1)));
    assert!(matches!(refused, Err(AppendError::Conflict { .. })));
    assert_eq!(count(), syncs);
}

/// Polls all at once and gives the answers in order.
async fn futures_join<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<_> = futures.into_iter().map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = future.as_mut().poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[test]
fn a_request_larger_than_a_segment_is_refused_and_the_rest_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    let rt = rt();
    let large = append(stream(1), Expected::Any, 1, 300);
    let refused = rt.block_on(journal.append(large));
    assert!(matches!(refused, Err(AppendError::TooLarge { .. })), "{refused:?}");
    rt.block_on(journal.append(append(stream(1), Expected::NoStream, 2, 1))).unwrap();
}

#[test]
fn the_clock_of_a_restarted_server_may_be_behind() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), 2);
    let behind = Arc::new(ManualClock::new(domain::ids::Instant(0)));
    let journal =
        EmbeddedJournal::open(&folder.path().join("log"), &journal_options(behind)).unwrap();
    let before = journal.head().recorded_at;
    let receipt = rt().block_on(journal.append(append(stream(1), Expected::Any, 50, 1))).unwrap();
    assert_eq!(receipt.recorded_at, before);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_cut_off_the_file_only_whole_groups_remain(at in 128_usize..60_000) {
        let folder = tempfile::tempdir().unwrap();
        let heads = written(folder.path(), 8);
        let path = last_segment(folder.path());
        let whole = std::fs::read(&path).unwrap();
        let starts = groups(&whole);
        std::fs::write(&path, &whole[..at.min(whole.len())]).unwrap();
        let kept = starts.iter().filter(|start| **start <= at).count() - 1;
        let journal = open(folder.path()).unwrap();
        prop_assert_eq!(journal.head(), heads[kept]);
    }
}

/// A journal of format 1: two requests, three events, the file up to its zeros.
const GOLDEN_SEGMENT: &str = "tests/golden/segment-v1.txt";

/// Made once by `REGENERATE=1 cargo test -p ledger golden`; a difference in the
/// stored file is a change of format.
#[test]
fn golden_segment_is_written_the_same_and_read_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 2);
    let path = last_segment(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    let used = &bytes[..*groups(&bytes).last().unwrap()];
    let mut text = String::new();
    for line in used.chunks(32) {
        text.extend(line.iter().map(|byte| format!("{byte:02x}")));
        text.push('\n');
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join(GOLDEN_SEGMENT);
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&golden, &text).unwrap();
    }
    let stored = std::fs::read_to_string(golden).unwrap();
    assert_eq!(text, stored);
    let digits: String = stored.split_whitespace().collect();
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let mut old: Vec<u8> = (0..digits.len()).step_by(2).map(byte).collect();
    old.resize(bytes.len(), 0);
    std::fs::write(&path, old).unwrap();
    assert_eq!(open(folder.path()).unwrap().head(), heads[2]);
}

/// Rewrites the checksums of a group after its one frame was changed.
pub fn repair_checksums(bytes: &mut [u8], start: usize, end: usize) {
    let frame = start + 28;
    let header = u16::from_le_bytes(bytes[frame + 4..frame + 6].try_into().unwrap()) as usize;
    let body = u32::from_le_bytes(bytes[frame + 8..frame + 12].try_into().unwrap()) as usize;
    let sections = bytes[frame + 13] as usize;
    let clear_end = frame + 12 + header + 4 * sections + body;
    let crc = crc32c::crc32c(&bytes[frame..clear_end]);
    bytes[clear_end..clear_end + 4].copy_from_slice(&crc.to_le_bytes());
    let trailer = end - 48;
    let group = crc32c::crc32c(&bytes[start..start + 28]);
    let group = crc32c::crc32c_append(group, &crc.to_le_bytes());
    let group = crc32c::crc32c_append(group, &bytes[trailer..end - 4]);
    bytes[end - 4..end].copy_from_slice(&group.to_le_bytes());
}

#[test]
fn a_forged_header_with_repaired_checksums_is_no_torn_tail_and_refuses_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let heads = written(folder.path(), 3);
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    let [.., start, end] = groups(&bytes)[..] else { panic!() };
    let effective_on = start + 28 + 12 + 47;
    bytes[effective_on] ^= 1;
    repair_checksums(&mut bytes, start, end);
    std::fs::write(&path, &bytes).unwrap();
    let Err(OpenError::Damaged { position, .. }) = open(folder.path()) else { panic!() };
    assert_eq!(position.0, heads[2].position.0 + 1);
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "evidence is kept");
    assert!(fsck(folder.path()).unwrap().problem.is_some());
}

#[test]
fn a_segment_that_says_it_is_larger_than_any_does_not_fill_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), 2);
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[48..56].copy_from_slice(&(1_u64 << 50).to_le_bytes());
    let crc = crc32c::crc32c(&bytes[..124]);
    bytes[124..128].copy_from_slice(&crc.to_le_bytes());
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(open(folder.path()), Err(OpenError::Segment { .. })));
    assert!(fsck(folder.path()).unwrap().problem.is_some());
    assert_eq!(std::fs::read(&path).unwrap(), bytes, "nothing is written");
}

#[test]
fn a_forged_body_with_repaired_checksums_is_seen_by_fsck() {
    let folder = tempfile::tempdir().unwrap();
    written(folder.path(), 3);
    let path = last_segment(folder.path());
    let mut bytes = std::fs::read(&path).unwrap();
    let [.., start, end] = groups(&bytes)[..] else { panic!() };
    let body = bytes[start..end].windows(4).position(|four| four == b"body").unwrap();
    bytes[start + body] = b'B';
    repair_checksums(&mut bytes, start, end);
    std::fs::write(&path, &bytes).unwrap();
    let problem = fsck(folder.path()).unwrap().problem.unwrap();
    assert!(problem.to_string().contains("body"), "{problem}");
}

#[test]
fn a_failed_segment_makes_the_journal_read_only_until_a_restart_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(folder.path()).unwrap();
    let in_the_way = folder.path().join("log/next.prepared");
    std::fs::create_dir(&in_the_way).unwrap();
    let rt = rt();
    let mut acknowledged = journal.head();
    let mut refused = None;
    for number in 0..1_000 {
        match rt.block_on(journal.append(append(stream(1), Expected::Any, number, 2))) {
            Ok(_) => acknowledged = journal.head(),
            Err(error) => {
                refused = Some(error);
                break;
            }
        }
    }
    assert!(matches!(refused, Some(AppendError::ReadOnly)), "{refused:?}");
    let again = rt.block_on(journal.append(append(stream(2), Expected::Any, 5_000, 1)));
    assert!(matches!(again, Err(AppendError::ReadOnly)), "it does not carry on");
    let read = journal.read_after(Position(0), 10_000).unwrap();
    assert_eq!(read.len() as u64, acknowledged.position.0, "reads go on");
    drop(journal);
    std::fs::remove_dir(&in_the_way).unwrap();
    let journal = open(folder.path()).unwrap();
    assert_eq!(journal.head(), acknowledged);
    rt.block_on(journal.append(append(stream(2), Expected::NoStream, 5_000, 1))).unwrap();
}
