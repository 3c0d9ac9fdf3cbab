//! A sync that fails once, and would succeed if it were tried again.
//!
//! The kernel has dropped the pages by then, so a second sync would lie: nothing
//! more may be written until a restart, while reads go on. The real server runs
//! under strace, which fails one `fdatasync` of the journal or of the key store.

use crate::common::client::Channel;
use crate::common::client::{self, Run};
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::Fault;
use crate::support::tools;
use proto::v1::{Dossier, RunExtent};
use std::path::Path;
use tonic::{Code, Status};

/// The sync that fails is one of the first so many.
const SYNCS: u64 = 12;
/// Who pushes.
const SOURCE: &str = "sender";
/// Pushes tried after the failure.
const AFTER: usize = 5;
/// Learners whose keys are made before.
const KNOWN: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn failed_sync() {
    tools::need("strace", &["-V"]);
    let run = async |fault: &mut Fault, seed| {
        let mut random = fault.random(seed);
        let keys = random.below(3) == 0;
        one_run(fault, &mut random, keys).await;
    };
    Fault::each(counts::FAILED_SYNC, "pushes refused after the failure", run).await;
}

async fn one_run(fault: &mut Fault, random: &mut Random, keys: bool) {
    let outer = tempfile::tempdir().unwrap();
    let outer = outer.path().canonicalize().unwrap();
    let (data, trace) = (outer.join("data"), outer.join("trace"));
    let struck = data.join(if keys { "keys/subjects" } else { FIRST_SEGMENT });
    let known = known(random, &data).await;
    let mut sender = Sender::new(known);
    let failing = 1 + random.below(SYNCS);
    let inject = format!("inject=fdatasync:error=EIO:when={failing}");
    let words = ["strace", "-D", "-f", "-y", "-e", "trace=fdatasync,pwrite64", "-e", &inject];
    let (path, file) = (struck.to_str().unwrap(), trace.to_str().unwrap());
    let words: Vec<&str> = words.into_iter().chain(["-P", path, "-o", file]).collect();
    let server = Server::start_under(&words, &data).await;
    let channel = server.channel().await;
    // New learners until one is refused: each needs a key, then a place in the log.
    let mut pushes = 0;
    let refused = loop {
        let learner = rows::learner(random, KNOWN + pushes);
        match sender.push(random, &channel, learner).await {
            Ok(()) => pushes += 1,
            Err(status) => break status,
        }
        assert!(pushes as u64 <= 4 * SYNCS, "no sync failed");
    };
    // Of its own row nobody knows; without a key nothing went to the log.
    let code = if keys { Code::Internal } else { Code::Unavailable };
    assert_eq!(told(&refused), (code, false), "{refused:?}");
    for after in 0..AFTER {
        let learner = rows::learner(random, 1_000 + after);
        let status = sender.push(random, &channel, learner).await.expect_err("it carries on");
        assert_eq!(told(&status), (Code::Unavailable, true), "{status:?}");
        fault.hit(1);
    }
    // Whose key is there already can still be written of, if it is the key store that failed.
    let mut learner = sender.known[0].clone();
    learner.tel_apprenant = Some(rows::phone(random));
    let written = sender.push(random, &channel, learner).await;
    assert_eq!(written.is_ok(), keys, "{written:?}");
    let log = History::read(&channel).await;
    fault.compare(&log, &sender.acknowledged);
    server.kill_nine();
    must_not_have_tried_again(&trace);
    after_the_restart(fault, &data, &sender).await;
}

const FIRST_SEGMENT: &str = "log/00000000000000000001.segment";

/// A few learners, before anything fails.
async fn known(random: &mut Random, data: &Path) -> Vec<Dossier> {
    let server = Server::start(data).await;
    let learners = rows::learners(random, KNOWN);
    let at = "2025-10-01T03:00:00Z";
    let run = Run::new(random, SOURCE, RunExtent::Partial, at, learners.clone());
    client::push(&server.channel().await, &run, KNOWN).await;
    assert!(server.stop().success());
    learners
}

/// Everything is there, and every request may be sent again.
async fn after_the_restart(fault: &mut Fault, data: &Path, sender: &Sender) {
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
    let server = Server::start(data).await;
    let channel = server.channel().await;
    let log = History::read(&channel).await;
    fault.compare(&log, &sender.acknowledged);
    let mut again = Vec::new();
    for run in &sender.runs {
        again.extend(history::acknowledged(&client::push(&channel, run, 1).await));
    }
    for entry in &sender.acknowledged {
        assert!(again.contains(entry), "another receipt: {entry:?}");
    }
    let log = History::read(&channel).await;
    fault.compare(&log, &again);
    let closed = log.entries().iter().filter(|entry| entry.kind == "PushRunClosed").count();
    assert_eq!(closed, sender.runs.len() + 1, "each run is closed once");
    log.must_be_the_head(&channel).await;
    fault.acknowledged(sender.acknowledged.len());
    assert!(server.stop().success());
}

/// After the failure, no byte and no sync goes to the file.
fn must_not_have_tried_again(trace: &Path) {
    let trace = std::fs::read_to_string(trace).unwrap();
    let after: Vec<&str> = trace.lines().skip_while(|line| !line.contains("(INJECTED)")).collect();
    let (failed, after) = after.split_first().expect("no sync failed");
    let again: Vec<_> = after.iter().filter(|line| line.contains("= 0")).collect();
    assert!(again.is_empty(), "synced again after {failed}: {again:?}");
    let written: Vec<_> = after.iter().filter(|line| line.contains("pwrite64(")).collect();
    assert!(written.is_empty(), "written after {failed}: {written:?}");
}

/// The code, and whether it says that nothing can be written now.
fn told(status: &Status) -> (Code, bool) {
    (status.code(), status.message().contains("cannot write now"))
}

/// A source that pushes one learner at a time, and keeps what it was told.
struct Sender {
    known: Vec<Dossier>,
    runs: Vec<Run>,
    acknowledged: Vec<Entry>,
}

impl Sender {
    const fn new(known: Vec<Dossier>) -> Self {
        Self { known, runs: Vec::new(), acknowledged: Vec::new() }
    }

    async fn push(
        &mut self,
        random: &mut Random,
        channel: &Channel,
        learner: Dossier,
    ) -> Result<(), Status> {
        let day = chrono::NaiveDate::from_ymd_opt(2025, 10, 2).unwrap();
        let at = format!("{}T03:00:00Z", day + chrono::Days::new(self.runs.len() as u64));
        let run = Run::new(random, SOURCE, RunExtent::Partial, &at, [learner]);
        let part = run.parts(1).pop().unwrap();
        self.runs.push(run);
        let answers = client::push_part(channel, part).await?.answers;
        let told = history::acknowledged(&answers);
        assert!(!told.is_empty(), "nothing was written: {answers:?}");
        self.acknowledged.extend(told);
        Ok(())
    }
}
