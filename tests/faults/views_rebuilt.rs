//! Views whose process is killed in the middle of a batch, or of a rebuild, and
//! views that a bug has spoilt: a rebuild gives the same bytes as following.

use crate::common::client::Channel;
use crate::common::client::{self, Run};
use crate::common::folder;
use crate::common::heard;
use crate::common::history::{self, Entry, History};
use crate::common::random::Random;
use crate::common::rows;
use crate::common::server::{self, Server};
use crate::common::views::Views;
use crate::counts;
use crate::support::fault::Fault;
use proto::v1::{ComputeHeadcountRequest, Dossier, RunExtent, TimeQuery};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Kills of one life.
const KILLS: u64 = 4;
/// Learners of the source.
const LEARNERS: usize = 120;
/// A kill comes within so many milliseconds of the answer to a push, or of the start of a rebuild.
const WITHIN: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn views_rebuilt() {
    let mut fault = Fault::new(counts::VIEWS, "kills of views that were behind");
    for seed in fault.lives(KILLS) {
        one_life(&mut fault, seed).await;
    }
    fault.end();
}

/// Found by `views_rebuilt`, seed 1000029: without a file of the head-counts nothing was rebuilt.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_file_of_the_views_is_gone_a_rebuild_brings_it_back() {
    let mut random = Random::new(19);
    let outer = tempfile::tempdir().unwrap();
    let (data, views) = (outer.path().join("data"), outer.path().join("data/views"));
    let mut learners = rows::learners(&mut random, LEARNERS);
    let server = Server::start(&data).await;
    let channel = server.channel().await;
    push(&mut random, &channel, &mut learners, 0).await;
    views_must_follow(&channel, client::head(&channel).await.position).await;
    assert!(server.stop().success());
    let followed = Views::read(&views).await;
    for name in followed.files.keys() {
        std::fs::remove_file(views.join(name)).unwrap();
        server::run_well(&["rebuild", "--data", data.to_str().unwrap()]);
        followed.must_equal(&Views::read(&views).await);
    }
}

async fn one_life(fault: &mut Fault, seed: u64) {
    let mut random = fault.random(seed);
    let outer = tempfile::tempdir().unwrap();
    let data = outer.path().join("data");
    let views = data.join("views");
    let mut learners = rows::learners(&mut random, LEARNERS);
    let mut told = Vec::new();
    for night in 0..KILLS {
        let server = Server::start(&data).await;
        let channel = server.channel().await;
        told.extend(push(&mut random, &channel, &mut learners, night).await);
        let head = client::head(&channel).await.position;
        tokio::time::sleep(Duration::from_micros(random.below(WITHIN * 1_000))).await;
        server.kill_nine();
        fault.hit(u64::from(checkpoint(outer.path(), &views).await < head));

        // The next process follows on from what it finds.
        let server = Server::start(&data).await;
        let channel = server.channel().await;
        views_must_follow(&channel, head).await;
        let log = History::read(&channel).await;
        fault.compare(&log, &told);
        assert!(server.stop().success());
        let followed = Views::read(&views).await;
        match random.below(3) {
            0 => kill_a_rebuild(&mut random, &data),
            1 => spoil(&mut random, &views, &followed),
            _ => {}
        }
        server::run_well(&["rebuild", "--data", data.to_str().unwrap()]);
        followed.must_equal(&Views::read(&views).await);
        fault.ran();
    }
    fault.acknowledged(told.len());
}

/// A night's changes: telephones, ruptures, corrected dates.
async fn push(
    random: &mut Random,
    channel: &Channel,
    learners: &mut [Dossier],
    night: u64,
) -> Vec<Entry> {
    for learner in learners.iter_mut() {
        match random.below(6) {
            0 => learner.tel_apprenant = Some(rows::phone(random)),
            1 => {
                let day = 10 + random.below(20);
                learner.contrat_date_rupture = Some(format!("2025-09-{day:02}"));
            }
            2 => learner.contrat_date_fin = Some(format!("2027-06-{:02}", 1 + random.below(30))),
            _ => {}
        }
    }
    let at = format!("2025-10-{:02}T03:00:00Z", 1 + night);
    let run = Run::new(random, "views", RunExtent::Full, &at, learners.iter().cloned());
    history::acknowledged(&client::push(channel, &run, LEARNERS).await)
}

async fn views_must_follow(channel: &Channel, head: u64) {
    let time = TimeQuery { min_position: head, ..Default::default() };
    let request = ComputeHeadcountRequest { time: Some(time), ..Default::default() };
    client::dashboard(channel).compute_headcount(request).await.unwrap();
}

/// How far the detail rows were, read from a copy: to open a database changes it.
async fn checkpoint(outer: &Path, views: &Path) -> u64 {
    let copy = outer.join("views-copy");
    folder::copy(views, &copy);
    let position = Views::read(&copy).await.checkpoint();
    std::fs::remove_dir_all(copy).unwrap();
    position
}

fn kill_a_rebuild(random: &mut Random, data: &Path) {
    let mut rebuild = heard::command()
        .args(["rebuild", "--data"])
        .arg(data)
        .stdin(Stdio::null())
        .stdout(heard::to_file())
        .stderr(heard::to_file())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_micros(random.below(4 * WITHIN * 1_000)));
    rebuild.kill().unwrap();
    rebuild.wait().unwrap();
}

/// What a bug might leave: a file cut short, other bytes, or no file.
fn spoil(random: &mut Random, views: &Path, followed: &Views) {
    let files: Vec<_> = followed.files.iter().filter(|(_, bytes)| !bytes.is_empty()).collect();
    let (name, bytes) = files[random.below(files.len() as u64) as usize];
    let path = views.join(name);
    let mut bytes = bytes.clone();
    match random.below(3) {
        0 => bytes.truncate(random.below(bytes.len() as u64) as usize),
        1 => {
            let at = random.below(bytes.len() as u64) as usize;
            bytes[at] ^= 0xFF;
        }
        _ => return std::fs::remove_file(path).unwrap(),
    }
    std::fs::write(path, bytes).unwrap();
}
