//! kill -9 in the middle of pushes, again and again on one data folder.
//!
//! After each kill: fsck is clean, every acknowledged event is there once at
//! its position, the interrupted runs are sent again and answered whole with
//! the same receipts, and the head is the root over all leaves.

use crate::common::client::Channel;
use crate::common::client::{self, Run};
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::Fault;
use proto::v1::{Dossier, RowAnswer, RunExtent};
use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Kills of one life, all on one data folder.
const KILLS: u64 = 10;
/// Sources that push at once.
const WRITERS: usize = 4;
/// Rows of a source's run.
const ROWS: usize = 80;
/// Rows of one request: each of a run's parts is acknowledged alone.
const PART: usize = 20;
/// Half of the kills come within this time, in milliseconds, after the push began.
const SOON: u64 = 50;

#[tokio::test(flavor = "multi_thread")]
async fn kill_nine() {
    let mut fault = Fault::new(counts::KILL_NINE, "kills between a write and its answer");
    for seed in fault.lives(KILLS) {
        let mut random = fault.random(seed);
        one_life(&mut random, &mut fault).await;
    }
    fault.end();
}

/// A data folder from its first day to its tenth kill.
async fn one_life(random: &mut Random, fault: &mut Fault) {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut schools = schools(random);
    let mut server = Server::start(&data).await;
    let mut seen = Seen::default();
    let mut whole_push = Duration::from_millis(20 * SOON);
    for kill in 0..KILLS as usize {
        let runs = night(random, &mut schools, kill);
        let whole = whole_push.as_millis() as u64;
        let within = if kill.is_multiple_of(2) { SOON } else { whole };
        let moment = Duration::from_micros(random.below(within * 1_000 + 1));
        let acknowledged = push_and_kill(server, &runs, moment).await;
        must_be_sound(&data);
        server = Server::start(&data).await;
        let channel = server.channel().await;
        seen.after_the_kill(&channel, &acknowledged, fault).await;
        let again = Instant::now();
        let answers = push_again(&channel, &runs).await;
        whole_push = again.elapsed();
        seen.after_the_retry(&channel, &acknowledged, &answers, fault).await;
        if kill + 1 < KILLS as usize {
            fault.ran();
        }
    }
    // The log read from its first event says the same.
    seen.read_again(&server.channel().await, fault).await;
    fault.ran();
    assert!(server.stop().success());
    must_be_sound(&data);
    seen.must_have_closed_each_run_once();
    println!("{seen}");
    fault.acknowledged(seen.acknowledged.len());
    fault.hit(seen.written_unanswered as u64);
}

/// The learners of each source.
fn schools(random: &mut Random) -> Vec<Vec<Dossier>> {
    (0..WRITERS).map(|_| rows::learners(random, ROWS)).collect()
}

/// What the sources push in one night: each learner has a new telephone, some a rupture.
fn night(random: &mut Random, schools: &mut [Vec<Dossier>], night: usize) -> Vec<Run> {
    let day = chrono::NaiveDate::from_ymd_opt(2025, 10, 1).unwrap();
    let day = day + chrono::Days::new(night as u64);
    let extent = if night.is_multiple_of(3) { RunExtent::Full } else { RunExtent::Partial };
    let mut runs = Vec::new();
    for (school, learners) in schools.iter_mut().enumerate() {
        for (rank, learner) in learners.iter_mut().enumerate() {
            learner.tel_apprenant = Some(rows::phone(random));
            if rank == night {
                learner.contrat_date_rupture = Some(day.pred_opt().unwrap().to_string());
            }
        }
        let extracted_at = format!("{day}T03:00:00Z");
        let source = format!("school-{school}");
        runs.push(Run::new(random, &source, extent, &extracted_at, learners.iter().cloned()));
    }
    runs
}

/// Pushes all runs at once and kills the server at a moment; gives each answer
/// that arrived, whole, by run and row.
async fn push_and_kill(
    server: Server,
    runs: &[Run],
    moment: Duration,
) -> HashMap<(usize, u32), RowAnswer> {
    let mut pushes = JoinSet::new();
    for (rank, run) in runs.iter().enumerate() {
        let (channel, parts) = (server.channel().await, run.parts(PART));
        pushes.spawn(async move {
            let mut answers = Vec::new();
            for part in parts {
                match client::push_part(&channel, part).await {
                    Ok(response) => answers.extend(response.answers),
                    Err(status) if client::is_cut(&status) => break,
                    Err(status) => panic!("not cut but refused: {status:?}"),
                }
            }
            (rank, answers)
        });
    }
    tokio::time::sleep(moment).await;
    server.kill_nine();
    let mut all = HashMap::new();
    while let Some(push) = pushes.join_next().await {
        let (rank, answers) = push.unwrap();
        all.extend(answers.into_iter().map(|answer| ((rank, answer.row), answer)));
    }
    all
}

/// The same runs once more, whole: a sender does not know what was written.
async fn push_again(channel: &Channel, runs: &[Run]) -> HashMap<(usize, u32), RowAnswer> {
    let mut all = HashMap::new();
    let pushes: JoinSet<_> = runs
        .iter()
        .cloned()
        .enumerate()
        .map(|(rank, run)| {
            let channel = channel.clone();
            async move { (rank, client::push(&channel, &run, PART).await) }
        })
        .collect();
    for (rank, answers) in pushes.join_all().await {
        assert_eq!(answers.len(), ROWS, "a retry was not answered whole");
        all.extend(answers.into_iter().map(|answer| ((rank, answer.row), answer)));
    }
    all
}

fn must_be_sound(data: &Path) {
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
}

/// What a client knows of the log, and what it counted.
#[derive(Debug, Default)]
struct Seen {
    history: History,
    /// Everything ever acknowledged.
    acknowledged: Vec<Entry>,
    /// Kills that left a push without some of its answers.
    interrupted: usize,
    /// Kills after which the log had events that no answer had told of yet.
    written_unanswered: usize,
    /// Events acknowledged before a kill of their own push.
    acknowledged_before_kills: usize,
}

impl Seen {
    async fn after_the_kill(
        &mut self,
        channel: &Channel,
        answers: &HashMap<(usize, u32), RowAnswer>,
        fault: &mut Fault,
    ) {
        let before = self.history.len();
        self.history.catch_up(channel).await;
        let told = entries(answers.values());
        fault.compare(&self.history, &told);
        let rows_unanswered = answers.len() < WRITERS * ROWS;
        self.interrupted += usize::from(rows_unanswered);
        let written = (self.history.len() - before) as usize;
        self.written_unanswered += usize::from(rows_unanswered && written > told.len());
        self.acknowledged_before_kills += told.len();
        self.acknowledged.extend(told);
        self.history.must_be_the_head(channel).await;
    }

    async fn after_the_retry(
        &mut self,
        channel: &Channel,
        before: &HashMap<(usize, u32), RowAnswer>,
        after: &HashMap<(usize, u32), RowAnswer>,
        fault: &mut Fault,
    ) {
        self.history.catch_up(channel).await;
        for (row, answer) in before {
            assert_eq!(answer.events, after[row].events, "another receipt for the same request");
        }
        let told = entries(after.values());
        fault.compare(&self.history, &told);
        self.acknowledged.extend(told);
        self.history.must_be_the_head(channel).await;
    }

    /// The log read from its first event says the same.
    async fn read_again(&self, channel: &Channel, fault: &mut Fault) {
        let again = History::read(channel).await;
        assert_eq!(again.entries(), self.history.entries(), "the log changed");
        fault.compare(&again, &self.acknowledged);
    }

    fn must_have_closed_each_run_once(&self) {
        let closed = self.history.entries().iter().filter(|e| e.kind == "PushRunClosed").count();
        assert_eq!(closed, KILLS as usize * WRITERS, "each run is closed once");
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} events in the log; {} acknowledged before the kill of their push; \
             {} kills left rows unanswered, {} left events written and not answered",
            self.history.len(),
            self.acknowledged_before_kills,
            self.interrupted,
            self.written_unanswered,
        )
    }
}

fn entries<'a>(answers: impl Iterator<Item = &'a RowAnswer>) -> Vec<Entry> {
    history::acknowledged(&answers.cloned().collect::<Vec<_>>())
}
