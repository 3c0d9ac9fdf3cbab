//! A power cut, on a simulated disk: torn writes (row 5), lost names (row 6).
//!
//! A journal appends requests of all sizes through small segments. At a step
//! drawn from the seed the power fails, some of what was not synced is kept, and
//! the journal opens again, to be cut off again, at times while it recovers. In
//! between the process alone is killed, or a sync fails, so that the next one
//! reads and answers from what the disk does not have yet.

use crate::common::random::Random;
use crate::counts::{self, Count};
use crate::support::fault::Fault;
use crate::support::sim_disk::{End, SimDisk};
use domain::ids::{
    Category, EventId, Instant, Position, RequestId, Source, StreamId, StreamKey, SubjectId,
};
use ledger::ManualClock;
use ledger::disk::Disk;
use ledger::journal::embedded::{EmbeddedJournal, Options};
use ledger::journal::{Journal, OpenError, Receipt};
use ledger::random::SeededRandom;
use ledger::record::{AppendRequest, Expected, NewRecord, Origin, SealedSection, StoredRecord};
use seal::Frontier;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a segment: a few requests fill one.
const SEGMENT: u64 = 16 * 1024;
/// Lives of one run; all but the last end before their time.
const LIVES: usize = 8;
/// Requests of a life at most; an append has two steps.
const REQUESTS: u64 = 12;
/// The folder of the log on the simulated disk.
const LOG: &str = "/log";

/// What is drawn for a run.
#[derive(Clone, Copy)]
struct Draw {
    /// 1 when requests are a third of a segment.
    large: fn(&mut Random) -> u64,
    /// Requests on their way at once.
    company: fn(&mut Random) -> u64,
}

const ALONE: Draw = Draw { large: |random| random.below(2), company: |_| 1 };

#[test]
fn torn_writes() {
    powers(counts::TORN_WRITES, "files torn", |disk| disk.harm().torn, ALONE);
}

#[test]
fn torn_writes_in_company() {
    let company = Draw { company: |random| 2 + random.below(6), ..ALONE };
    powers(counts::TORN_IN_COMPANY, "files torn", |disk| disk.harm().torn, company);
}

#[test]
fn lost_names() {
    let large = Draw { large: |_| 1, ..ALONE };
    powers(counts::LOST_NAMES, "changes of names lost", |disk| disk.harm().names, large);
}

fn powers(count: Count, target: &'static str, harm: fn(&SimDisk) -> u64, draw: Draw) {
    let mut fault = Fault::new(count, target);
    for seed in fault.seeds() {
        let disk = one_run(&mut fault, seed, draw);
        fault.hit(harm(&disk));
        fault.ran();
    }
    fault.end();
}

#[test]
fn a_seed_tells_the_same_story_twice() {
    let mut fault = Fault::new(counts::SAME_STORY, "stories told twice");
    for seed in fault.seeds() {
        let once = one_run(&mut fault, seed, ALONE).story();
        let twice = one_run(&mut fault, seed, ALONE).story();
        assert_eq!(once, twice, "seed {seed} is not replayed");
        let other = one_run(&mut fault, seed ^ (1 << 63), ALONE).story();
        assert_ne!(once, other, "the story does not depend on the seed");
        fault.hit(1);
        fault.ran();
    }
    fault.end();
}

/// What the client of a run knows.
struct Client {
    random: Random,
    large: bool,
    company: u64,
    /// Requests that were acknowledged.
    told: Vec<(u64, Receipt)>,
    /// The requests that got no answer, in the order in which they are sent.
    open: Vec<u64>,
    next: u64,
}

fn one_run(fault: &mut Fault, seed: u64, draw: Draw) -> SimDisk {
    let mut random = fault.random(seed);
    let block = if random.below(2) == 0 { 512 } else { 4096 };
    let large = (draw.large)(&mut random) == 1;
    let company = (draw.company)(&mut random);
    let mut disk = SimDisk::new(seed, block);
    let told = Vec::new();
    let mut client = Client { random, large, company, told, open: Vec::new(), next: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for life in 1..=LIVES {
        let end = match client.random.below(4) {
            0 => End::Kill,
            1 => End::Sync,
            _ => End::Power,
        };
        if life < LIVES {
            disk.end_after(1 + client.random.below(3 * REQUESTS), end);
        }
        match open(&disk, seed) {
            Ok(journal) => {
                if !disk.has_ended() {
                    client.must_find_everything(fault, &journal);
                }
                runtime.block_on(client.append(&journal, &disk));
            }
            Err(error) => assert!(disk.has_ended(), "seed {seed}, life {life}: {error}"),
        }
        if life < LIVES {
            // After a sync that failed the power may fail as well.
            let both = end == End::Sync && client.random.below(2) == 0;
            disk = disk.restart(if both { End::Power } else { end });
        }
    }
    assert!(client.open.is_empty(), "seed {seed}: the last life leaves a request unanswered");
    let events: usize = client.told.iter().map(|(_, receipt)| receipt.lines.len()).sum();
    fault.acknowledged(events);
    disk
}

/// Opens the journal as a ledger does, which syncs the folder above before anybody is answered.
fn open(disk: &SimDisk, seed: u64) -> Result<EmbeddedJournal, OpenError> {
    let clock = Arc::new(ManualClock::new(Instant(1_790_856_000_000_000)));
    let random = Arc::new(SeededRandom::new(seed));
    let disk = Arc::new(disk.clone());
    // Both ways to the disk, the writer's own and the thread's for large groups, and either.
    let beside_bytes = [0, usize::MAX, 2_000][(seed % 3) as usize];
    let options =
        Options { segment_bytes: SEGMENT, beside_bytes, clock, random, disk: disk.clone() };
    let journal = EmbeddedJournal::open(Path::new(LOG), &options)?;
    disk.sync_folder(Path::new("/"))?;
    Ok(journal)
}

impl Client {
    /// Sends the requests that had no answer again, then new ones, so many at a time.
    async fn append(&mut self, journal: &EmbeddedJournal, disk: &SimDisk) {
        for _ in 0..=REQUESTS.div_ceil(self.company) {
            while (self.open.len() as u64) < self.company {
                self.next += 1;
                self.open.push(self.next);
            }
            let sent = self.open.iter().map(|number| journal.append(self.request(*number)));
            let answers = futures::future::join_all(sent).await;
            for (number, answer) in std::mem::take(&mut self.open).into_iter().zip(answers) {
                match answer {
                    Ok(receipt) => self.told.push((number, receipt)),
                    Err(error) if disk.has_ended() => {
                        drop(error);
                        self.open.push(number);
                    }
                    Err(error) => panic!("request {number}: {error}"),
                }
            }
            if disk.has_ended() {
                // Nothing more is acknowledged, though the disk may work again.
                let more = journal.append(self.request(u64::MAX)).await;
                assert!(more.is_err(), "it carries on: {more:?}");
                return;
            }
        }
        // An old one again gets its old answer.
        let known = self.random.below(self.told.len() as u64) as usize;
        let (number, receipt) = self.told[known].clone();
        let again = journal.append(self.request(number)).await;
        assert_eq!(again.unwrap(), receipt, "another receipt");
    }

    /// The log is what was acknowledged, then open requests, each whole and in their order.
    fn must_find_everything(&self, fault: &mut Fault, journal: &EmbeddedJournal) {
        let mut records: Vec<StoredRecord> = Vec::new();
        loop {
            let after = Position(records.len() as u64);
            let more = journal.read_after(after, 1_000).unwrap();
            if more.is_empty() {
                break;
            }
            records.extend(more);
        }
        let mut tree = Frontier::new();
        for (rank, record) in (1..).zip(&records) {
            assert_eq!(record.position, Position(rank));
            fault.served_wrong(usize::from(record.verify().is_err()));
            tree.append(record.leaf());
        }
        let head = journal.head();
        assert_eq!((head.position.0, head.root), (records.len() as u64, tree.root()));
        let mut known = 0;
        for line in self.told.iter().flat_map(|(_, receipt)| &receipt.lines) {
            known += 1;
            match records.get(line.position.0 as usize - 1) {
                None => fault.lost(1),
                Some(found) => fault.served_wrong(usize::from(found.leaf() != line.leaf)),
            }
        }
        let mut more: Vec<EventId> =
            records.iter().skip(known).map(|record| record.header.event_id).collect();
        for number in &self.open {
            let events = self.events(*number);
            if more.starts_with(&events) {
                more.drain(..events.len());
            }
        }
        assert!(more.is_empty(), "a part of a request, or of none: {more:?}");
    }

    /// Each request depends on its number alone.
    fn request(&self, number: u64) -> AppendRequest {
        let mut id = [0; 16];
        id[8..].copy_from_slice(&number.to_be_bytes());
        let origin = Origin {
            source: Source::parse("power").unwrap(),
            actor: String::new(),
            request_id: RequestId(id),
            digest: id,
        };
        let mut random = Random::new(number);
        let stream =
            StreamId { category: Category::Enrolment, key: StreamKey([random.below(5) as u8; 16]) };
        let records = self.events(number).into_iter().map(|id| self.record(&mut random, id));
        AppendRequest::new(stream, Expected::Any, origin, &records.collect::<Vec<_>>()).unwrap()
    }

    fn events(&self, number: u64) -> Vec<EventId> {
        let event =
            |rank: u64| EventId((u128::from(number) << 64 | u128::from(rank)).to_be_bytes());
        (1..=1 + number % 4).map(event).collect()
    }

    fn record(&self, random: &mut Random, event_id: EventId) -> NewRecord {
        let most = if self.large { 3_000 } else { 600 };
        let mut text = |most: u64| random.digits(random.clone().below(most) as usize).into_bytes();
        NewRecord {
            event_id,
            type_code: 1,
            schema_version: 1,
            effective_on: "2026-10-01".parse().unwrap(),
            corrects: None,
            body: text(most),
            sections: vec![SealedSection {
                subject: SubjectId([7; 16]),
                kind: 1,
                bytes: text(200),
            }],
        }
    }
}
