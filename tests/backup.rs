//! Backups taken while a server is pushed to, each put back and compared with what the server
//! acknowledged; and a backup that is killed half way.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Run};
use common::heard;
use common::history::{self, Entry, History};
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use proto::v1::RunExtent;
use seal::Frontier;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tokio::sync::RwLock;

/// Backups.
const BACKUPS: usize = 20;
/// So many go into one folder, each on top of the one before.
const IN_ONE_FOLDER: usize = 4;
/// Sources that push at once.
const WRITERS: usize = 4;
/// Rows of a source's run.
const ROWS: usize = 40;
/// Backups killed of each kind.
const KILLS: usize = 5;

/// A backup as its manifest tells it.
struct Taken {
    position: u64,
    root: String,
}

fn manifest(folder: &Path) -> Taken {
    let json = std::fs::read(folder.join("backup.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    let said = &json["manifest"];
    let root = said["root"].as_str().unwrap().to_owned();
    Taken { position: said["position"].as_u64().unwrap(), root }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_backups_under_load_hold_what_was_acknowledged_and_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (data, again) = (folder.path().join("data"), folder.path().join("again"));
    let mut random = Random::announced("backup");
    let server = Server::start(&data).await;
    let load = Load::start(&server, &mut random).await;
    let mut taken = Vec::new();
    for round in 0..BACKUPS {
        let to = folder.path().join(format!("backup-{}", round / IN_ONE_FOLDER));
        let acknowledged = load.acknowledged.lock().unwrap().len();
        server::run_well(&["backup", "--data", text(&data), "--to", text(&to)]);
        let _shut = load.gate.write().await;
        let backup = manifest(&to);
        for entry in &load.acknowledged.lock().unwrap()[..acknowledged] {
            assert!(entry.position <= backup.position, "round {round}: an event is missing");
        }
        let kek = data.join("keys/kek");
        let options = ["--to", text(&again), "--kek", text(&kek), "--verify"];
        let told = server::run_well(&[&["restore", text(&to)], &options[..]].concat());
        assert!(told.contains("all is right") && told.contains(&backup.root), "{told}");
        let whole = round % IN_ONE_FOLDER == IN_ONE_FOLDER - 1;
        let served = if whole { Some(served_again(&again).await) } else { None };
        std::fs::remove_dir_all(&again).unwrap();
        taken.push((backup, served));
    }
    let acknowledged = load.stop().await;
    let channel = server.channel().await;
    let history = History::read(&channel).await;
    history.must_be_the_head(&channel).await;
    history.must_hold(&acknowledged);
    assert!(server.stop().success());

    let roots = roots(history.entries());
    for (round, (backup, served)) in taken.iter().enumerate() {
        let position = backup.position as usize;
        assert_eq!(roots[position], backup.root, "round {round} is no prefix of the log");
        if let Some(served) = served {
            assert_eq!(served[..], history.entries()[..position], "round {round}, served");
        }
    }
    let (first, last) = (taken[0].0.position, taken[BACKUPS - 1].0.position);
    println!("{} events acknowledged; backups end from {first} to {last}", acknowledged.len());
    assert!(last > first + 100, "no load");
}

/// The log of a folder that was put back, as a client of its server reads it.
async fn served_again(data: &Path) -> Vec<Entry> {
    // Put back without its folder apart: refused, until somebody says that the log takes a new key.
    let refused = Server::try_start(data).await.unwrap_err();
    assert!(refused.contains("--new-log-key"), "{refused}");
    let server = Server::start_with(data, &["--new-log-key"]).await;
    let channel = server.channel().await;
    let history = History::read(&channel).await;
    history.must_be_the_head(&channel).await;
    assert!(server.stop().success());
    std::fs::remove_dir_all(data.with_extension("seal")).unwrap();
    std::fs::remove_file(server::stderr_of(data)).unwrap();
    history.entries().to_vec()
}

/// The root of the tree of the first events, by how many.
fn roots(entries: &[Entry]) -> Vec<String> {
    let mut tree = Frontier::default();
    let mut roots = vec![hex(&tree.root())];
    for entry in entries {
        tree.append(entry.leaf);
        roots.push(hex(&tree.root()));
    }
    roots
}

/// Sources that push, run after run, as long as the gate can be read: not while a backup is checked,
/// which takes longer than to take it.
struct Load {
    gate: Arc<RwLock<()>>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<Vec<Entry>>>,
    writers: tokio::task::JoinSet<()>,
}

impl Load {
    async fn start(server: &Server, random: &mut Random) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (gate, acknowledged): (Arc<RwLock<()>>, Arc<Mutex<Vec<Entry>>>) = Default::default();
        let mut writers = tokio::task::JoinSet::new();
        for writer in 0..WRITERS {
            let (channel, stop) = (server.channel().await, Arc::clone(&stop));
            let (gate, acknowledged) = (Arc::clone(&gate), Arc::clone(&acknowledged));
            let mut random = Random::new(random.next());
            writers.spawn(async move {
                let mut learners = Vec::new();
                let source = format!("school-{writer}");
                for run in 0_u32.. {
                    let _open = gate.read().await;
                    if stop.load(Ordering::Relaxed) {
                        return;
                    }
                    // Somebody new in each run, so that keys are made too, and news of the others.
                    learners.push(rows::learner(&mut random, learners.len()));
                    for learner in learners.iter_mut().rev().take(ROWS) {
                        learner.tel_apprenant = Some(rows::phone(&mut random));
                    }
                    let at = format!(
                        "2025-10-01T{:02}:{:02}:{:02}Z",
                        run / 3600,
                        run / 60 % 60,
                        run % 60
                    );
                    let rows = learners.iter().rev().take(ROWS).cloned();
                    let run = Run::new(&mut random, &source, RunExtent::Partial, &at, rows);
                    let answers = client::push(&channel, &run, ROWS).await;
                    acknowledged.lock().unwrap().extend(history::acknowledged(&answers));
                }
            });
        }
        Self { gate, stop, acknowledged, writers }
    }

    async fn stop(self) -> Vec<Entry> {
        self.stop.store(true, Ordering::Relaxed);
        self.writers.join_all().await;
        Arc::try_unwrap(self.acknowledged).unwrap().into_inner().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_backup_is_none_and_the_one_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let (data, to) = (folder.path().join("data"), folder.path().join("backup"));
    let mut random = Random::announced("killed backup");
    let server = Server::start(&data).await;
    let channel = server.channel().await;
    let mut push = async |night: u32| {
        let learners = rows::learners(&mut random, 300);
        let at = format!("2025-10-{night:02}T03:00:00Z");
        let run = Run::new(&mut random, "school", RunExtent::Partial, &at, learners);
        client::push(&channel, &run, 300).await;
    };
    push(1).await;
    let refused = |arguments: &[&str]| {
        let output = server::run(arguments);
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stderr).unwrap()
    };
    for _ in 0..KILLS {
        while !killed_half_way(&data, &to, || !to.join("backup.json").exists()) {
            // It was faster than we: from the beginning.
            std::fs::remove_dir_all(&to).unwrap();
        }
        let said = refused(&["restore", text(&to), "--verify"]);
        assert!(said.contains("backup.json is missing"), "{said}");
    }
    let take = ["backup", "--data", text(&data), "--to", text(&to)];
    server::run_well(&take);
    server::run_well(&["restore", text(&to), "--verify"]);
    let mut stopped = 0;
    for night in 2..2 + KILLS as u32 {
        push(night).await;
        let before = std::fs::read(to.join("backup.json")).unwrap();
        let same = || std::fs::read(to.join("backup.json")).unwrap() == before;
        stopped += usize::from(killed_half_way(&data, &to, same));
        server::run_well(&["restore", text(&to), "--verify"]);
    }
    assert!(stopped > 0, "each of {KILLS} was faster than its kill");
    server::run_well(&take);
    let told = server::run_well(&["restore", text(&to), "--verify"]);
    let head = client::head(&channel).await;
    assert!(told.contains(&hex(&head.root_hash)), "{told}");
    assert!(server.stop().success());
}

/// Kills a backup once it has begun to copy; whether it was stopped in time.
fn killed_half_way(data: &Path, to: &Path, unfinished: impl Fn() -> bool) -> bool {
    let parts = || {
        let log = std::fs::read_dir(to.join("log"));
        log.is_ok_and(|mut log| log.any(|file| text(&file.unwrap().path()).ends_with(".part")))
    };
    let mut child = heard::command()
        .args(["backup", "--data", text(data), "--to", text(to)])
        .stdout(heard::to_file())
        .stderr(heard::to_file())
        .spawn()
        .unwrap();
    while !parts() && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    child.kill().unwrap();
    child.wait().unwrap();
    unfinished()
}
