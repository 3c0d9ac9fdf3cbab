//! The runs of one fault: their seeds before, what they counted after.

use crate::common::history::{Entry, History};
use crate::common::random::Random;
use crate::counts::{Count, EVERY};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// One fault, tried many times.
///
/// `FAULTS_SEED=n` replays the one run of that seed, `FAULTS_FULL=1` makes the
/// full number of runs, `FAULTS_RUNS=n` another number, and `FAULTS_BASE=n` starts the
/// seeds elsewhere than at the clock.
#[derive(Debug)]
pub struct Fault {
    count: Count,
    base: u64,
    replay: Option<u64>,
    /// What really ran.
    runs: u64,
    acknowledged: u64,
    lost: u64,
    wrong: u64,
    hits: u64,
    target: &'static str,
}

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a whole number, not {text:?}")))
}

/// Whether the full counts are asked for.
pub fn is_full() -> bool {
    number("FAULTS_FULL").is_some_and(|full| full != 0)
}

impl Fault {
    /// The fault of a row; `target` says what a run must hit to prove anything.
    pub fn new(count: Count, target: &'static str) -> Self {
        let clock = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let base = number("FAULTS_BASE").unwrap_or_else(clock);
        let replay = number("FAULTS_SEED");
        Self { count, base, replay, runs: 0, acknowledged: 0, lost: 0, wrong: 0, hits: 0, target }
    }

    /// Makes the runs of a fault, each whole from its own seed, and judges them.
    pub async fn each(
        count: Count,
        target: &'static str,
        mut run: impl AsyncFnMut(&mut Self, u64),
    ) {
        let mut fault = Self::new(count, target);
        for seed in fault.seeds() {
            run(&mut fault, seed).await;
            fault.ran();
        }
        fault.end();
    }

    /// How many runs there are when none is replayed: what a test makes from its one seed.
    pub fn planned(&self) -> u64 {
        let counted = if is_full() { self.count.full } else { self.count.share };
        number("FAULTS_RUNS").unwrap_or(counted)
    }

    /// How many seeds are wanted.
    fn wanted(&self) -> u64 {
        if self.replay.is_some() { 1 } else { self.planned() }
    }

    /// Whether one seed is replayed: counts over many runs say nothing then.
    const fn is_replay(&self) -> bool {
        self.replay.is_some()
    }

    /// A seed for each life of so many runs, each printed before it begins.
    pub fn lives(&self, runs_each: u64) -> impl Iterator<Item = u64> + use<> {
        let (test, base, replay) = (self.count.test, self.base, self.replay);
        let lives = self.wanted().div_ceil(runs_each);
        (0..lives).map(move |life| {
            let seed = replay.unwrap_or_else(|| base.wrapping_add(life));
            println!("{test}: life {life}, FAULTS_SEED={seed}");
            seed
        })
    }

    /// A seed for each run, each printed before it begins.
    pub fn seeds(&self) -> impl Iterator<Item = u64> + use<> {
        self.lives(1)
    }

    /// The one seed of a test whose runs are not drawn.
    pub fn seed(&self) -> u64 {
        let seed = self.replay.unwrap_or(self.base);
        println!("{}: FAULTS_SEED={seed}", self.count.test);
        seed
    }

    /// A stream of numbers for a seed; each test has its own.
    pub fn random(&self, seed: u64) -> Random {
        Random::new(seed ^ (u64::from(self.count.row) << 56))
    }

    /// Notes a run that was made to its end; one that lost something is the last.
    pub fn ran(&mut self) {
        self.runs += 1;
        if (self.lost, self.wrong) != (0, 0) {
            panic!("{}", self.line());
        }
    }

    /// Compares what was acknowledged with the log as it is read now.
    pub fn compare(&mut self, log: &History, acknowledged: &[Entry]) {
        let (lost, wrong) = log.judge(acknowledged);
        self.lost(lost);
        self.served_wrong(wrong);
    }

    /// Notes events that were acknowledged.
    pub const fn acknowledged(&mut self, events: usize) {
        self.acknowledged += events as u64;
    }

    /// Notes acknowledged events that are not there any more, and nobody said so.
    pub const fn lost(&mut self, events: usize) {
        self.lost += events as u64;
    }

    /// Notes what was served and is not what was written.
    pub const fn served_wrong(&mut self, events: usize) {
        self.wrong += events as u64;
    }

    /// Notes that the target was hit.
    pub const fn hit(&mut self, times: u64) {
        self.hits += times;
    }

    fn line(&self) -> String {
        let Self { count, runs, acknowledged, lost, wrong, hits, target, .. } = self;
        format!(
            "FAULT {:02} {}: runs {runs}, acknowledged {acknowledged}, lost {lost}, served wrong \
             {wrong}; {target}: {hits}",
            count.row, count.fault
        )
    }

    /// Prints the line of the fault, and judges it.
    pub fn end(self) {
        let line = self.line();
        // Not by a macro: what a test prints by one is swallowed when it passes.
        std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
        assert_eq!((self.lost, self.wrong), (0, 0), "{line}");
        assert!(self.acknowledged > 0, "nothing was acknowledged, so nothing is proved: {line}");
        assert!(self.hits > 0 || self.is_replay(), "the target was never hit: {line}");
        if self.wanted() != EVERY {
            assert!(self.runs >= self.wanted(), "fewer runs than asked: {line}");
        }
    }
}
