//! Sections erased in place while the power fails, on a simulated disk: torn writes, writes that
//! come in another order, syncs that fail. No record is ever damaged, none that was acknowledged
//! is lost, and what was told to be erased is.

use crate::common::random::Random;
use crate::support::sim_disk::{End, SimDisk};
use domain::ids::{
    Category, EventId, Instant, Position, RequestId, Source, StreamId, StreamKey, SubjectId,
};
use ledger::ManualClock;
use ledger::disk::Disk;
use ledger::journal::Journal;
use ledger::journal::embedded::{EmbeddedJournal, Options};
use ledger::random::SeededRandom;
use ledger::record::{
    AppendRequest, Content, Expected, NewRecord, Origin, SealedSection, StoredRecord,
};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

const RUNS: u64 = 150;
const LIVES: u64 = 6;

fn open(disk: &SimDisk, seed: u64) -> Option<EmbeddedJournal> {
    let clock = Arc::new(ManualClock::new(Instant(1_790_856_000_000_000)));
    let random = Arc::new(SeededRandom::new(seed));
    let beside_bytes = [0, usize::MAX][(seed % 2) as usize];
    let disk = Arc::new(disk.clone());
    let options =
        Options { segment_bytes: 16 * 1024, beside_bytes, clock, random, disk: disk.clone() };
    let opened = EmbeddedJournal::open(Path::new("/log"), &options);
    match opened {
        Ok(journal) if disk.sync_folder(Path::new("/")).is_ok() => Some(journal),
        Err(error) if !disk.has_ended() => panic!("seed {seed}: {error}"),
        _ => None,
    }
}

/// A request of two records, each with two sections of a length of its own.
fn request(number: u64) -> AppendRequest {
    let mut id = [1; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    let origin = Origin {
        source: Source::parse("erased").unwrap(),
        actor: String::new(),
        request_id: RequestId(id),
        digest: id,
    };
    let record = |part: u8| NewRecord {
        event_id: EventId({
            let mut id = id;
            id[0] = part;
            id
        }),
        type_code: 1,
        schema_version: 1,
        effective_on: "2026-10-01".parse().unwrap(),
        corrects: None,
        body: vec![part; (number % 300) as usize],
        sections: (1..3)
            .map(|kind| SealedSection {
                subject: SubjectId([7; 16]),
                kind,
                bytes: vec![0xA5 ^ kind; 40 + (number * 97 % 900) as usize],
            })
            .collect(),
    };
    let stream = StreamId { category: Category::Enrolment, key: StreamKey([3; 16]) };
    AppendRequest::new(stream, Expected::Any, origin, &[record(1), record(2)]).unwrap()
}

fn all(journal: &EmbeddedJournal) -> Vec<StoredRecord> {
    let mut records = Vec::new();
    loop {
        let page = journal.read_after(Position(records.len() as u64), 1_000).unwrap();
        if page.is_empty() {
            return records;
        }
        records.extend(page);
    }
}

#[test]
fn erased_while_the_power_fails() {
    let (mut cut, mut erased) = (0_u64, 0);
    for seed in 0..RUNS {
        let mut random = Random::new(seed);
        let mut disk = SimDisk::new(seed, if random.below(2) == 0 { 512 } else { 4096 });
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (mut acknowledged, mut sent) = (0, 0);
        let mut gone: BTreeSet<(Position, u8)> = BTreeSet::new();
        for life in 1..=LIVES {
            let ends = [End::Kill, End::Sync, End::Power, End::Power];
            let end = ends[random.below(4) as usize];
            if life < LIVES {
                disk.end_after(1 + random.below(60), end);
            }
            if let Some(journal) = open(&disk, seed)
                && !disk.has_ended()
            {
                let records = all(&journal);
                assert!(records.len() as u64 >= acknowledged, "seed {seed}: lost");
                for record in &records {
                    record.verify().unwrap_or_else(|what| panic!("seed {seed}: {what}"));
                    for (rank, content) in (0_u8..).zip(&record.sections) {
                        if gone.contains(&(record.position, rank)) {
                            assert_eq!(*content, Content::Erased, "seed {seed}: it came back");
                        }
                    }
                }
                for _ in 0..4 {
                    sent += 1;
                    let told = runtime.block_on(journal.append(request(sent)));
                    if let Ok(receipt) = told {
                        acknowledged = receipt.last_position().0;
                    }
                    // Some of the newest group, and some of any before.
                    let head = journal.head().position.0;
                    if head < 4 {
                        continue;
                    }
                    let near = Position(head - random.below(2));
                    let far = Position(1 + random.below(head - 3));
                    let sections = [(far, 0), (far, 1), (near, random.below(2) as u8)];
                    if journal.erase(&sections).is_ok() {
                        gone.extend(sections);
                        erased += 1;
                    }
                }
            }
            if life < LIVES {
                cut += u64::from(disk.has_ended());
                let both = end == End::Sync && random.below(2) == 0;
                disk = disk.restart(if both { End::Power } else { end });
            }
        }
    }
    println!("{RUNS} runs, {cut} ends, {erased} erasures told");
    assert!(cut > RUNS && erased > RUNS, "{cut} {erased}");
}
