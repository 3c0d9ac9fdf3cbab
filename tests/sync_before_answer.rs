//! No acknowledgement leaves before the sync that covers it.
//!
//! The real server runs under strace. A client sends requests one at a time;
//! each time the first byte of an answer goes to its socket, every byte that
//! went to the journal before must have been synced, and every key before the
//! record that it seals. `tests/process/no_sync_is_caught.sh` runs this file
//! against a build whose journal does not sync, and wants it to fail.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Run};
use common::random::Random;
use common::rows;
use common::server::Server;
use common::trace::{self, Broken};
use proto::v1::{RowOutcome, RunExtent};
use std::path::Path;
use std::time::Duration;

/// Requests sent, one at a time.
const REQUESTS: usize = 120;
/// Acknowledgements that must have been seen after journal writes.
const AT_LEAST: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_leaves_before_the_sync_that_covers_it() {
    let version = std::process::Command::new("strace").arg("-V").output();
    assert!(version.is_ok(), "strace is missing: install the package `strace`");
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().canonicalize().unwrap();
    let (data, file) = (folder.join("data"), folder.join("trace"));
    let wrapper: Vec<&str> =
        trace::STRACE.iter().copied().chain([file.to_str().unwrap()]).collect();
    let server = Server::start_under(&wrapper, &data).await;
    push_one_at_a_time(&server).await;
    let id = server.id();
    assert!(server.stop().success());
    let trace = whole(&file, id);
    let inside = |name: &str| format!("{}/", data.join(name).display());
    match trace::check(&trace, &inside("log"), &inside("keys")) {
        Ok(seen) => {
            println!("{seen:?}");
            assert!(seen.acknowledgements >= AT_LEAST, "too few were seen: {seen:?}");
            assert!(seen.vault_writes > 0, "no key was written: {seen:?}");
        }
        Err(broken) => panic!("ANSWERED BEFORE SYNC: {broken}"),
    }
}

async fn push_one_at_a_time(server: &Server) {
    let mut random = Random::announced("sync_before_answer");
    let channel = server.channel().await;
    for number in 0..REQUESTS {
        let learner = rows::learner(&mut random, number);
        let at = "2025-10-01T04:00:00Z";
        let run = Run::new(&mut random, "strace", RunExtent::Partial, at, [learner]);
        let answers = client::push(&channel, &run, 1).await;
        assert_eq!(client::count(&answers, RowOutcome::Written), 1, "{answers:?}");
    }
}

/// The trace, once strace has written the end of the process.
fn whole(file: &Path, id: u32) -> String {
    let end = format!("{id} ");
    for _ in 0..500 {
        let trace = std::fs::read_to_string(file).unwrap_or_default();
        let is_end = |line: &str| line.starts_with(&end) && line.contains("+++ exited");
        if trace.lines().rev().take(50).any(is_end) {
            return trace;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("strace did not finish its trace");
}

/// A trace in short: each word is a call of one thread, whole unless cut.
fn told(words: &str) -> Result<trace::Checked, Broken> {
    let answer = r#"\x00\x00\x01\x00\x00\x00\x00\x00\x01\x2a"#;
    let line = |word: &str| match word {
        "key" => "1 0.1 write(8</d/keys/a>, \"k\", 1) = 1".to_owned(),
        "key-sync" => "1 0.1 fsync(8</d/keys/a>) = 0".to_owned(),
        "write" => "1 0.1 pwrite64(7</d/log/1>, \"r\", 1, 0) = 1".to_owned(),
        "sync" => "1 0.1 fdatasync(7</d/log/1>) = 0".to_owned(),
        "failed-sync" => "1 0.1 fdatasync(7</d/log/1>) = -1 EIO (Input/output error)".to_owned(),
        "other-sync" => "1 0.1 fdatasync(9</d/log/2>) = 0".to_owned(),
        "sync-begins" => "1 0.1 fdatasync(7</d/log/1> <unfinished ...>".to_owned(),
        "sync-ends" => "1 0.1 <... fdatasync resumed>) = 0".to_owned(),
        "answer" => format!("2 0.1 sendto(5<TCP:[a->b]>, \"{answer}\", 10, 0, NULL, 0) = 10"),
        "answer-in-two" => {
            let (head, tail) = answer.split_at(12);
            let send = |s: &str, n| format!("2 0.1 write(5<TCP:[a->b]>, \"{s}\", {n}) = {n}");
            format!("{}\n{}", send(head, 3), send(tail, 7))
        }
        "settings" => {
            r#"2 0.1 write(5<TCP:[a->b]>, "\x00\x00\x00\x04\x00\x00\x00\x00\x00", 9) = 9"#
                .to_owned()
        }
        other => panic!("no such word: {other}"),
    };
    let lines: Vec<String> = words.split_whitespace().map(line).collect();
    trace::check(&lines.join("\n"), "/d/log/", "/d/keys/")
}

#[test]
fn a_synced_write_may_be_answered() {
    let seen = told("settings key key-sync write sync answer write sync answer-in-two").unwrap();
    assert_eq!((seen.acknowledgements, seen.journal_writes, seen.syncs), (2, 2, 3));
    assert!(told("write sync-begins settings sync-ends answer").is_ok());
}

#[test]
fn an_early_answer_is_caught() {
    for words in [
        "write answer sync",
        "write sync answer write answer",
        "write sync answer write answer-in-two sync",
        "write failed-sync answer",
        "write other-sync answer",
        "sync-begins write sync-ends answer",
        "write sync-begins answer sync-ends",
    ] {
        let broken = told(words).unwrap_err();
        assert_eq!((broken.early, broken.path.as_str()), ("an answer left", "/d/log/1"), "{words}");
    }
}

#[test]
fn a_record_before_its_key_is_caught() {
    for words in ["key write key-sync sync answer", "key key-sync write sync answer key answer"] {
        assert_eq!(told(words).unwrap_err().path, "/d/keys/a", "{words}");
    }
}
