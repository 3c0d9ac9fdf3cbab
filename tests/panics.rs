//! What a panic says may quote a row: neither the log nor an answer tells it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on fails, and this one panics in a process of its own"
)]

mod common;

use clap::Parser;
use common::client::Key;
use domain::ids::Instant;
use ledger::Clock;
use proto::v1::BatchPushDossiersRequest;
use proto::v1::ingestion_service_client::IngestionServiceClient;
use registre::commands::{self, Cli};
use registre::wiring::{Front, House};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tonic::Code;
use tonic::transport::Endpoint;

/// Set in the process that panics.
const CHILD: &str = "REGISTRE_TEST_PANICS";

/// A clock that ends up talking of somebody.
#[derive(Default)]
struct Indiscreet(AtomicBool);

impl Clock for Indiscreet {
    fn now(&self) -> Instant {
        if self.0.load(Ordering::SeqCst) {
            panic!("no time for Zoé d'Alençon");
        }
        Instant::default()
    }
}

#[test]
fn a_panic_is_logged_as_its_place_and_answered_as_an_internal_error() {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_push_that_panics", "--nocapture"])
        .env(CHILD, "1")
        .env_remove("RUST_LOG")
        .output()
        .unwrap();
    let told = [child.stdout, child.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    assert!(child.status.success(), "{told}");
    assert!(told.contains("answer: the server failed"), "{told}");
    assert!(told.contains("tests/panics.rs:"), "where it happened is logged: {told}");
    assert!(!told.contains("Alençon"), "{told}");
}

/// The process that panics; nothing when the other test does not run it.
#[tokio::test(flavor = "multi_thread")]
async fn a_push_that_panics() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    // Every command sets up the log and what a panic tells before it begins.
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let path = data.to_str().unwrap();
    let none = commands::run(Cli::parse_from(["registre", "fsck", "--data", path]));
    assert!(none.is_err(), "there is no ledger yet");
    let clock = Arc::new(Indiscreet::default());
    let house = House::open(&data, clock.clone()).await.unwrap();
    let served = house.serve(Front::local("127.0.0.1:0".parse().unwrap())).await.unwrap();
    let url = format!("http://{}", served.address);
    let channel = Endpoint::from_shared(url).unwrap().connect().await.unwrap();
    let mut client = IngestionServiceClient::new(Key::local(&data).on(channel));
    clock.0.store(true, Ordering::SeqCst);
    let push = client.batch_push_dossiers(BatchPushDossiersRequest::default()).await;
    let status = push.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    println!("answer: {} {}", status.message(), String::from_utf8_lossy(status.details()));
}
