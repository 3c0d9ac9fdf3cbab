//! A server leaves no core file: its memory holds keys.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::server::{Server, binary};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

/// Somebody who is not root.
const NOBODY: u32 = 65_534;

/// Whose the files are that the kernel shows of a process: root's, once it may not be dumped.
fn owner(process: u32) -> u32 {
    std::fs::metadata(format!("/proc/{process}/environ")).unwrap().uid()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_not_be_dumped() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    // Where somebody who is not root finds it.
    let program = folder.path().join("registre");
    std::fs::copy(binary(), &program).unwrap();
    let home = folder.path().join("home");
    std::fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let as_nobody = |program: &Path| {
        let id = NOBODY.to_string();
        let words = ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"];
        let words = words.into_iter().map(str::to_owned);
        words.chain([program.to_str().unwrap().to_owned()]).collect::<Vec<_>>()
    };
    let words = as_nobody(&program);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let server = Server::start_of(&words, &home.join("data")).await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", server.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).collect::<Vec<_>>(), ["0", "0", "bytes"]);
    assert_eq!(owner(server.id()), 0, "it may be dumped");
    // Another process of the same user is its own: the test sees the difference.
    let sleep = as_nobody(Path::new("sleep"));
    let mut other =
        std::process::Command::new(&sleep[0]).args(&sleep[1..]).arg("60").spawn().unwrap();
    while std::fs::read_to_string(format!("/proc/{}/comm", other.id())).unwrap().trim() != "sleep" {
        std::thread::yield_now();
    }
    assert_eq!(owner(other.id()), NOBODY);
    other.kill().unwrap();
    other.wait().unwrap();
    assert!(server.stop().success());
}
