//! Two servers on one folder: the second says why it does not start, and the
//! first does not notice.

use crate::common::client::{self, Run};
use crate::common::heard;
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::counts;
use crate::support::fault::Fault;
use proto::v1::RunExtent;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long a server that must refuse, or one of two that race, may think about it.
const DECIDES_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn two_servers() {
    Fault::each(counts::TWO_SERVERS, "seconds refused", one_run).await;
}

async fn one_run(fault: &mut Fault, seed: u64) {
    let mut random = fault.random(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (mut log, mut acknowledged) = (History::default(), Vec::new());

    let first = Server::start(&data).await;
    acknowledged.extend(push(&mut random, &first, &mut log).await);
    must_refuse(&data, &["serve", "--listen", "127.0.0.1:0"]);
    must_refuse(&data, &["fsck"]);
    must_refuse(&data, &["rebuild"]);
    fault.hit(3);
    acknowledged.extend(push(&mut random, &first, &mut log).await);

    // The moment after a kill, the folder is free.
    first.kill_nine();
    let second = Server::start(&data).await;
    acknowledged.extend(push(&mut random, &second, &mut log).await);
    must_refuse(&data, &["serve", "--listen", "127.0.0.1:0"]);
    fault.hit(1);
    second.kill_nine();

    one_of_two_that_start_at_once_refuses(&data);
    fault.hit(1);

    let last = Server::start(&data).await;
    let again = History::read(&last.channel().await).await;
    fault.compare(&again, &acknowledged);
    assert_eq!(again.entries(), log.entries(), "the log is not what the first one showed");
    again.must_be_the_head(&last.channel().await).await;
    assert!(last.stop().success());
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
    fault.acknowledged(acknowledged.len());
}

/// A few new learners of a new source.
async fn push(random: &mut Random, server: &Server, log: &mut History) -> Vec<Entry> {
    let channel = server.channel().await;
    let learners = rows::learners(random, 3);
    let source = format!("source-{}", random.digits(8));
    let at = "2025-10-01T03:00:00Z";
    let run = Run::new(random, &source, RunExtent::Partial, at, learners);
    let told = history::acknowledged(&client::push(&channel, &run, 3).await);
    log.catch_up(&channel).await;
    told
}

fn command(data: &Path, words: &[&str]) -> Child {
    let (first, rest) = words.split_first().unwrap();
    heard::command()
        .arg(first)
        .arg("--data")
        .arg(data)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Whether it ended by itself so far.
fn has_ended(child: &mut Child) -> bool {
    child.try_wait().unwrap().is_some()
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < DECIDES_WITHIN, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The exit code is not that of a success, and the message names the folder and the reason.
fn must_say_why(data: &Path, child: Child) {
    let output = heard::heard(child.wait_with_output().unwrap());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success(), "a second one opened the folder: {said}");
    let reason = format!("another process has {} open", data.display());
    assert!(said.contains(&reason), "the message does not say why: {said}");
}

fn must_refuse(data: &Path, words: &[&str]) {
    let mut child = command(data, words);
    wait_until("a second process neither refuses nor ends", || has_ended(&mut child));
    must_say_why(data, child);
}

fn one_of_two_that_start_at_once_refuses(data: &Path) {
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let (mut one, mut two) = (command(data, &serve), command(data, &serve));
    wait_until("neither of two refuses", || has_ended(&mut one) || has_ended(&mut two));
    let (refused, mut serving) = if has_ended(&mut one) { (one, two) } else { (two, one) };
    must_say_why(data, refused);
    assert!(!has_ended(&mut serving), "both of two refused");
    serving.kill().unwrap();
    serving.wait().unwrap();
}
