//! The journal keeps a file open for each of its segments: a server takes all that it may have.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::server::{Server, said_by};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_open_as_many_files_as_its_hard_limit_says() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let lowered = "ulimit -Sn 300 && ulimit -Hn 700 && exec \"$@\"";
    let server = Server::start_under(&["sh", "-c", lowered, "sh"], &data).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let files = limits.lines().find_map(|line| line.strip_prefix("Max open files")).unwrap();
    let files: Vec<&str> = files.split_whitespace().collect();
    assert_eq!(files, ["700", "700", "files"]);
    assert_eq!(said_by(&data).unwrap(), "");
    assert!(server.stop().success());
}
