//! Batches that are sent again: at once, later, after a restart, after a kill.
//! Each event is written once, and each answer is the first one.

use crate::common::client::Channel;
use crate::common::client::{self, Run};
use crate::common::history::{self, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::Fault;
use proto::v1::{Dossier, RowAnswer, RunExtent};
use std::path::Path;

/// Batches of one life, all on one data folder.
const BATCHES: u64 = 200;
/// A batch is sent so many times at most.
const TIMES: u64 = 5;
/// Learners of the source.
const LEARNERS: usize = 12;
/// One sending of so many is followed by a new start of the server.
const RESTART: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn duplicates() {
    let mut fault = Fault::new(counts::DUPLICATES, "sendings answered by the first receipt");
    for seed in fault.lives(BATCHES) {
        one_life(&mut fault, seed).await;
    }
    fault.end();
}

/// A batch that was sent, and how often it will be again.
struct Sent {
    run: Run,
    answers: Vec<RowAnswer>,
    left: u64,
}

async fn one_life(fault: &mut Fault, seed: u64) {
    let mut random = fault.random(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut learners = rows::learners(&mut random, LEARNERS);
    let mut server = Server::start(&data).await;
    let mut channel = server.channel().await;
    // Those that will be sent again, and all.
    let (mut due, mut told) = (Vec::<Sent>::new(), Vec::new());
    let mut fresh = 0;
    while fresh < BATCHES || !due.is_empty() {
        if random.below(RESTART) == 0 {
            server = restarted(&mut random, server, &data).await;
            channel = server.channel().await;
        }
        if fresh < BATCHES && (due.is_empty() || random.below(3) == 0) {
            let sent = first(&mut random, &mut learners, &channel, fresh).await;
            told.extend(history::acknowledged(&sent.answers));
            fresh += 1;
            due.push(sent);
        } else {
            let rank = random.below(due.len() as u64) as usize;
            let sent = &mut due[rank];
            again(&mut random, sent, &channel, fault).await;
        }
        due.retain(|sent| sent.left > 0);
    }
    let log = History::read(&channel).await;
    log.must_be_the_head(&channel).await;
    fault.compare(&log, &told);
    let closed = log.entries().iter().filter(|entry| entry.kind == "PushRunClosed").count();
    assert_eq!(closed as u64, BATCHES, "each run is closed once");
    assert_eq!(log.len(), told.len() as u64 + BATCHES, "something was written twice");
    fault.acknowledged(told.len());
    assert!(server.stop().success());
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
    (0..BATCHES).for_each(|_| fault.ran());
}

async fn restarted(random: &mut Random, server: Server, data: &Path) -> Server {
    if random.below(2) == 0 {
        server.kill_nine();
    } else {
        assert!(server.stop().success());
    }
    Server::start(data).await
}

/// A batch that says something new, sent once, or twice at the same moment.
async fn first(
    random: &mut Random,
    learners: &mut [Dossier],
    channel: &Channel,
    number: u64,
) -> Sent {
    let rows = 1 + random.below(3);
    let mut changed = Vec::new();
    for row in 0..rows {
        let rank = ((number + row) % LEARNERS as u64) as usize;
        learners[rank].tel_apprenant = Some(rows::phone(random));
        changed.push(learners[rank].clone());
    }
    let day = chrono::NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    let at = format!("{}T03:00:00Z", day + chrono::Days::new(number));
    let run = Run::new(random, "twice", RunExtent::Partial, &at, changed);
    let mut left = random.below(TIMES);
    let answers = if left > 0 && random.below(3) == 0 {
        left -= 1;
        let (one, two) =
            tokio::join!(client::push(channel, &run, 3), client::push(channel, &run, 3));
        assert_eq!(receipts(&one), receipts(&two), "two at once had two receipts");
        one
    } else {
        client::push(channel, &run, 3).await
    };
    assert!(answers.iter().all(|answer| !answer.events.is_empty()), "{answers:?}");
    Sent { run, answers, left }
}

async fn again(random: &mut Random, sent: &mut Sent, channel: &Channel, fault: &mut Fault) {
    let times = (1 + random.below(2)).min(sent.left);
    for _ in 0..times {
        let answers = client::push(channel, &sent.run, 3).await;
        assert_eq!(receipts(&answers), receipts(&sent.answers), "another receipt");
        fault.hit(1);
    }
    sent.left -= times;
}

/// What a sender keeps of an answer.
fn receipts(answers: &[RowAnswer]) -> Vec<(u32, &str, &[proto::v1::WrittenEvent])> {
    answers.iter().map(|a| (a.row, a.enrolment.as_str(), a.events.as_slice())).collect()
}
