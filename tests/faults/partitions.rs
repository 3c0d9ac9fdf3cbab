//! The network cut in the middle of calls, and healed.
//!
//! The server runs in a network namespace of its own. While a source pushes, a
//! follower follows and a reader catches up, the cable is out for 0.1 to 10 seconds.
//! Each takes up where it was: nothing is missing, nothing is there twice.

use crate::common::client::{self, Run};
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::{Fault, is_full};
use crate::support::link::Link;
use crate::support::readers::{Far, Reader};
use proto::v1::{BatchPushDossiersRequest, RunExtent};
use std::time::Duration;
use tokio::sync::watch;
use tonic::Code;

/// Rows of the push that is cut, and of each of its parts.
const ROWS: usize = 160;
const PART: usize = 8;
/// Rows in the log before, for the reader to catch up with.
const BEFORE: usize = 150;
/// How long a call waits for its answer, and a reader for the next event.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Milliseconds that outlast it.
const OUTLASTS: u64 = 2_000;
/// Tries that may fail: more than the longest cut takes.
const TRIES: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn partitions() {
    Fault::each(counts::PARTITIONS, "calls cut", one_run).await;
}

async fn one_run(fault: &mut Fault, seed: u64) {
    let mut random = fault.random(seed);
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let link = Link::new();
    let server = Server::start_at(&link.address, &link.wrapper(), &data).await;
    let far = Far::new(&server);
    let first = run(&mut random, BEFORE, "2025-10-01");
    client::push(&server.channel().await, &first, BEFORE).await;
    let second = run(&mut random, ROWS, "2025-10-02");
    let cut_at = random.below((ROWS / PART) as u64) as usize;
    // Every other cut outlasts a call; the longest belong to the long run.
    let (shortest, longest) = match (seed.is_multiple_of(2), is_full()) {
        (false, _) => (100, OUTLASTS),
        (true, false) => (OUTLASTS, 3_000),
        (true, true) => (OUTLASTS, 10_000),
    };
    let lasts = Duration::from_millis(shortest + random.below(longest - shortest));

    let (parts_sent, mut progress) = watch::channel(0);
    let (done, finished) = watch::channel(None);
    let pushing = tokio::spawn(push(far.clone(), second.parts(PART), parts_sent));
    let following = tokio::spawn(follow(far.clone(), finished.clone()));
    progress.wait_for(|sent| *sent > cut_at).await.unwrap();
    let catching_up = tokio::spawn(follow(far.clone(), finished));
    tokio::task::yield_now().await;
    link.pull_out();
    tokio::time::sleep(lasts).await;
    link.plug_in();

    let (told, retries) = pushing.await.unwrap();
    let channel = far.reached().await;
    let log = History::read(&channel).await;
    done.send_replace(Some(log.len()));
    let readers = [following.await.unwrap(), catching_up.await.unwrap()];
    log.must_be_the_head(&channel).await;
    fault.compare(&log, &told);
    assert_eq!(told.len() as u64 + 2, log.len() - 2 * BEFORE as u64, "something is there twice");
    for reader in &readers {
        assert_eq!(reader.entries(), log.entries(), "seed {seed}: a reader has another log");
    }
    let breaks: u64 = readers.iter().map(|reader| reader.breaks).sum();
    println!("cut for {lasts:?}: {retries} calls failed, {breaks} streams were opened again");
    fault.hit(retries);
    fault.acknowledged(told.len());
    drop(readers);
    assert!(server.stop().success());
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
}

fn run(random: &mut Random, rows: usize, day: &str) -> Run {
    let learners = rows::learners(random, rows);
    let at = format!("{day}T03:00:00Z");
    Run::new(random, "far", RunExtent::Partial, &at, learners)
}

/// Sends each part until it is answered; gives what was told, and how many tries failed.
async fn push(
    far: Far,
    parts: Vec<BatchPushDossiersRequest>,
    sent: watch::Sender<usize>,
) -> (Vec<Entry>, u64) {
    let mut told: Vec<Vec<Entry>> = vec![Vec::new(); parts.len()];
    let (mut failed, mut channel, mut next) = (0, None, 0);
    while next < parts.len() {
        assert!(failed < TRIES, "the network is back, and no answer");
        if channel.is_none() {
            channel = far.channel(PATIENCE).await.ok();
        }
        let Some(open) = &channel else {
            failed += 1;
            continue;
        };
        sent.send_modify(|sent| *sent += 1);
        match client::push_part(open, parts[next].clone()).await {
            Ok(response) => {
                let answer = history::acknowledged(&response.answers);
                // What was told before a run had to begin again is told again.
                assert!(told[next].is_empty() || told[next] == answer, "another receipt");
                told[next] = answer;
                next += 1;
            }
            Err(status) => {
                // A part that was cut off while it was written may end its run: it begins again.
                let again = status.message().contains("send it again from its first row");
                let lost = status.code() == Code::DeadlineExceeded
                    || client::is_cut(&status)
                    || status.message().contains("being written");
                assert!(again || lost, "not cut but refused: {status:?}");
                next = if again { 0 } else { next };
                failed += 1;
                channel = None;
            }
        }
    }
    (told.into_iter().flatten().collect(), failed)
}

/// Reads the log from its beginning until it has as many events as it is told in the end.
async fn follow(far: Far, finished: watch::Receiver<Option<u64>>) -> Reader {
    let mut reader = Reader::default();
    while finished.borrow().is_none_or(|end| reader.len() < end) {
        reader.next(&far, PATIENCE).await;
    }
    reader
}
