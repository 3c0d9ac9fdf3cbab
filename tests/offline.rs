//! A bundle of 500 events is judged by the program alone: in a folder with the file and the policy, without any
//! network.

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
use common::server::{Server, binary};
use proto::v1::RunExtent;
use proto::v1::proof_service_client::ProofServiceClient;
use proto::v1::{ExportBundleRequest, GetCheckpointRequest};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Output};

const EVENTS: usize = 500;

/// The history of one learner whose telephone changes each night, and the key of the log that proves it.
async fn bundle(data: &Path) -> (Vec<u8>, String) {
    let mut random = Random::announced("offline");
    let server = Server::start(data).await;
    let channel = server.channel().await;
    let mut learner = rows::learner(&mut random, 0);
    let (mut events, mut enrolment) = (0, String::new());
    for night in 0_u32.. {
        learner.tel_apprenant = Some(rows::phone(&mut random));
        let at = format!("2025-10-01T{:02}:{:02}:00Z", night / 60, night % 60);
        let rows = [learner.clone()];
        let run = Run::new(&mut random, "erp-one", RunExtent::Partial, &at, rows);
        let answers = client::push(&channel, &run, 1).await;
        enrolment.clone_from(&answers[0].enrolment);
        events += answers[0].events.len();
        if events >= EVENTS {
            break;
        }
    }
    assert_eq!(events, EVENTS);
    let mut proofs = ProofServiceClient::new(channel.clone());
    let asked = ExportBundleRequest { name: enrolment };
    let mut parts = proofs.export_bundle(asked).await.unwrap().into_inner();
    let mut bytes = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        bytes.extend(part.data);
    }
    let answer = proofs.get_checkpoint(GetCheckpointRequest {}).await.unwrap().into_inner();
    assert!(server.stop().success());
    (bytes, answer.log_key)
}

/// Runs the program of a folder there: without a network, an environment, and a way to what is elsewhere.
fn verify(folder: &Path) -> Output {
    let words = ["-n", "./registre", "verify", "bundle.tar", "--policy", "policy"];
    Command::new("unshare").args(words).current_dir(folder).env_clear().output().unwrap()
}

fn names(folder: &Path) -> BTreeSet<String> {
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_events_are_judged_with_the_file_and_the_policy_alone() {
    let scene = tempfile::tempdir().unwrap();
    let (bytes, log) = bundle(&scene.path().join("data")).await;
    let folder = scene.path().join("alone");
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(binary(), folder.join("registre")).unwrap();
    std::fs::write(folder.join("bundle.tar"), &bytes).unwrap();
    std::fs::write(folder.join("policy"), format!("log {log}\nquorum none\n")).unwrap();
    std::fs::remove_dir_all(scene.path().join("data")).unwrap();
    std::fs::remove_dir_all(scene.path().join("data.seal")).unwrap();
    let before = names(&folder);

    let judged = verify(&folder);
    let report = String::from_utf8_lossy(&judged.stdout);
    assert_eq!(judged.status.code(), Some(0), "{report}{judged:?}");
    assert!(report.contains("VALIDE") && report.contains(&format!(" : {EVENTS} événements")));
    assert_eq!(report.lines().filter(|line| line.contains("  position ")).count(), EVENTS);
    assert_eq!(names(&folder), before, "it left something");

    let mut changed = bytes.clone();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(folder.join("bundle.tar"), changed).unwrap();
    assert_eq!(verify(&folder).status.code(), Some(1));
    std::fs::remove_file(folder.join("policy")).unwrap();
    assert_eq!(verify(&folder).status.code(), Some(2));
    println!("{EVENTS} events, {} bytes", bytes.len());
}
