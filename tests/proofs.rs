//! What was recorded can be shown to somebody who trusts neither the network nor the server: receipts,
//! bundles, witnesses, and a server that does not start on another past.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Channel, Run};
use common::heard;
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use domain::event::Event;
use domain::ids::{Category, StreamId, StreamKey};
use ledger::Ledger;
use ledger::notary::BundleRequest;
use proto::v1::limits_service_client::LimitsServiceClient;
use proto::v1::proof_service_client::ProofServiceClient;
use proto::v1::{
    GetCheckpointRequest, GetConsistencyProofRequest, GetInclusionProofRequest, GetLimitsRequest,
    RowAnswer, RunExtent,
};
use seal::{Checkpoint, Hash, Note, TlogProof, VerifierKey, verify_consistency};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tempfile::TempDir;

fn free_address() -> String {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A witness process, killed when it is dropped.
struct Witness {
    child: Child,
    url: String,
    key: String,
}

impl Witness {
    fn start(folder: &Path, log: &str) -> Self {
        Self::start_at("127.0.0.1:0", folder, log)
    }

    fn start_at(address: &str, folder: &Path, log: &str) -> Self {
        let arguments =
            ["witness", "--dir", text(folder), "--name", "temoin.example/1", "--log", log];
        let mut child = heard::command()
            .args(arguments)
            .args(["--listen", address])
            .stdout(Stdio::piped())
            .stderr(heard::to_file())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut word = |after: &str| {
            let line = lines.next().unwrap().unwrap();
            line.strip_prefix(after).unwrap_or_else(|| panic!("{line}")).to_owned()
        };
        let url = word("witness on ").strip_suffix("/add-checkpoint").unwrap().to_owned();
        Self { child, url, key: word("key ") }
    }

    fn at(&self) -> String {
        format!("{}={}", self.key, self.url)
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn newest(channel: &Channel) -> (Checkpoint, VerifierKey) {
    let mut proofs = ProofServiceClient::new(channel.clone());
    let answer = proofs.get_checkpoint(GetCheckpointRequest {}).await.unwrap().into_inner();
    let key: VerifierKey = answer.log_key.parse().unwrap();
    (Checkpoint::open(answer.checkpoint.as_bytes(), &key).unwrap().0, key)
}

async fn push(
    channel: &Channel,
    random: &mut Random,
    learners: usize,
    proofs: bool,
) -> Vec<RowAnswer> {
    let dossiers = rows::learners(random, learners);
    let mut run = Run::new(random, "erp-one", RunExtent::Partial, "2026-01-15T20:00:00Z", dossiers);
    run.declaration.proofs = proofs;
    client::push(channel, &run, 2_000).await
}

fn get(address: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    assert!(
        bytes.starts_with(b"HTTP/1.1 200"),
        "{path}: {}",
        String::from_utf8_lossy(&bytes[..end])
    );
    bytes[end + 4..].to_vec()
}

fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!("{}{}", String::from_utf8_lossy(out), String::from_utf8_lossy(err))
}

struct Scene {
    folder: TempDir,
    random: Random,
}

impl Scene {
    fn new(test: &str) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), random: Random::announced(test) }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn bundle(&self, server: &Server, enrolment: &str, name: &str, more: &[&str]) -> PathBuf {
        let file = self.path(name);
        let key = self.path("data/access/local.key");
        let mut words = vec!["bundle", "enrolment", enrolment, "-o", text(&file)];
        let url = server.url();
        words.extend(["--to", &url, "--key-file", text(&key)]);
        words.extend(more);
        server::run_well(&words);
        file
    }

    fn verify(&self, file: &Path, policy: &str) -> Output {
        server::run(&["verify", text(file), "--policy", text(&self.path(policy))])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_and_a_bundle_hold_without_the_server_and_with_its_witness() {
    let mut scene = Scene::new("proofs");
    let data = scene.path("data");
    let server = Server::start(&data).await;
    let (_, log) = newest(&server.channel().await).await;
    assert!(server.stop().success());
    let witness = Witness::start(&scene.path("witness"), &log.to_string());
    let tiles = free_address();
    let server = Server::start_with(&data, &["--tiles", &tiles, "--witness", &witness.at()]).await;
    let channel = server.channel().await;

    // Receipts come with the push, and later for any position.
    let answers = push(&channel, &mut scene.random, 20, true).await;
    let events: Vec<_> = answers.iter().flat_map(|answer| &answer.events).collect();
    assert!(events.len() >= 20);
    for event in &events {
        let proof = TlogProof::parse(event.proof.as_bytes()).unwrap();
        assert_eq!(proof.index + 1, event.position);
        let leaf: Hash = event.leaf_hash.as_slice().try_into().unwrap();
        proof.verify(&leaf, &log).unwrap();
    }
    let (old, _) = newest(&channel).await;
    let silent = push(&channel, &mut scene.random, 5, false).await;
    // New events are signed soon, also when nobody asks for a proof.
    let begin = std::time::Instant::now();
    let head = client::head(&channel).await.position;
    while newest(&channel).await.0.size < head {
        assert!(begin.elapsed() < std::time::Duration::from_secs(60), "nothing signs by itself");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert!(silent.iter().flat_map(|answer| &answer.events).all(|event| event.proof.is_empty()));
    let mut proofs = ProofServiceClient::new(channel.clone());
    let position =
        silent.iter().flat_map(|answer| &answer.events).map(|event| event.position).max();
    let asked = GetInclusionProofRequest { position: position.unwrap() };
    let proof = proofs.get_inclusion_proof(asked).await.unwrap().into_inner().proof;
    let proof = TlogProof::parse(proof.as_bytes()).unwrap();
    let (new, _) = newest(&channel).await;
    assert_eq!(proof.checkpoint.lines().nth(1), Some(new.size.to_string().as_str()));
    let asked = GetConsistencyProofRequest { old_size: old.size, new_size: new.size };
    let hashes = proofs.get_consistency_proof(asked).await.unwrap().into_inner().hashes;
    let hashes: Vec<Hash> = hashes.iter().map(|hash| hash.as_slice().try_into().unwrap()).collect();
    verify_consistency((old.size, &old.root), (new.size, &new.root), &hashes).unwrap();
    for position in [0, u64::MAX] {
        let refused = proofs.get_inclusion_proof(GetInclusionProofRequest { position }).await;
        assert_eq!(refused.unwrap_err().code(), tonic::Code::InvalidArgument);
    }

    // Anybody may fetch the checkpoint and the tiles, within limits that are told with the others.
    let mut limits = LimitsServiceClient::new(channel.clone());
    let told = limits.get_limits(GetLimitsRequest {}).await.unwrap().into_inner().limits;
    let share = told.iter().find(|limit| limit.name == "HTTP_CONNECTIONS_PER_ADDRESS");
    assert_eq!(share.unwrap().value, tlog::limits::HTTP_CONNECTIONS_PER_ADDRESS as u64);
    let names: BTreeSet<&str> = told.iter().map(|limit| limit.name.as_str()).collect();
    assert_eq!(names.len(), told.len(), "two limits of one name");
    let fetched = get(&tiles, "/checkpoint");
    let (fetched, _) = Checkpoint::open(&fetched, &log).unwrap();
    assert!(fetched.size >= new.size);
    let tile = get(&tiles, &format!("/tile/0/000.p/{}", new.size.min(255)));
    assert_eq!(tile.len() as u64, 32 * new.size.min(255));

    // A bundle holds under a policy that asks for the witness, once that signed.
    until_cosigned(&channel, head).await;
    let policy = format!("log {log}\nwitness temoin {}\nquorum temoin\n", witness.key);
    std::fs::write(scene.path("policy"), &policy).unwrap();
    let enrolment = answers[3].enrolment.clone();
    let file = scene.bundle(&server, &enrolment, "bundle.tar", &[]);
    let judged = scene.verify(&file, "policy");
    let report = said(&judged);
    assert_eq!(judged.status.code(), Some(0), "{report}");
    for part in ["VALIDE", &enrolment, "contresigné par temoin", "aucun ne suivait le dernier"] {
        assert!(report.contains(part), "{part} is not in:\n{report}");
    }
    std::fs::write(scene.path("opened.tar"), "an older one, which others may read").unwrap();
    let others_may = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(scene.path("opened.tar"), others_may).unwrap();
    let opened = scene.bundle(&server, &enrolment, "opened.tar", &["--opened"]);
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&opened).unwrap());
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(scene.verify(&opened, "policy").status.code(), Some(0));
    let name = "\"last_name\"";
    let has = |file: &Path| String::from_utf8_lossy(&std::fs::read(file).unwrap()).contains(name);
    assert_eq!((has(&file), has(&opened)), (false, true));

    // It does not hold when it was changed, nor can it be judged without a policy.
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(scene.path("changed.tar"), bytes).unwrap();
    let judged = scene.verify(&scene.path("changed.tar"), "policy");
    assert_eq!(judged.status.code(), Some(1), "{}", said(&judged));
    assert!(said(&judged).contains("REFUSÉ"), "{}", said(&judged));
    assert_eq!(scene.verify(&file, "no policy").status.code(), Some(2));
    std::fs::write(scene.path("wrong"), "witness a b\n").unwrap();
    assert_eq!(scene.verify(&file, "wrong").status.code(), Some(2));
    let stranger =
        policy.replace("quorum temoin", "quorum none").replace(&log.to_string(), &seal_key());
    std::fs::write(scene.path("stranger"), stranger).unwrap();
    assert_eq!(scene.verify(&file, "stranger").status.code(), Some(1));

    // The log still begins with what it gave out.
    assert!(server.stop().success());
    let known = ["fsck", "--data", text(&data), "--known", text(&file)];
    assert!(server::run_well(&known).contains("all is right"));
    // A tree that it did not sign says nothing of it: whoever sends it forged nothing but that.
    let mut forged = seal::Note::new(format!("{}\n1\n{}\n", log.name(), "A".repeat(43) + "="));
    forged.sign(&seal::SignerKey::new(log.name(), seal::Kind::Ed25519, &[1; 32]).unwrap());
    let sent = scene.path("sent");
    std::fs::write(&sent, forged.to_string()).unwrap();
    let known = ["fsck", "--data", text(&data), "--known", text(&sent)];
    let checked = server::run(&known);
    assert_eq!(checked.status.code(), Some(1));
    let told = said(&checked);
    assert!(told.contains("says nothing of this log") && !told.contains("FORGED"), "{told}");
    // A folder apart that lost a file is told, and the data are checked all the same.
    std::fs::remove_file(scene.path("data.seal").join("checkpoint")).unwrap();
    let checked = server::run(&["fsck", "--data", text(&data)]);
    assert_eq!(checked.status.code(), Some(1));
    let told = said(&checked);
    assert!(told.contains("DAMAGED") && told.contains("events in"), "{told}");
}

/// The key of another log.
fn seal_key() -> String {
    let key = seal::SignerKey::new("registre/other", seal::Kind::Ed25519, &[1; 32]).unwrap();
    key.public().to_string()
}

/// Waits until the newest checkpoint that witnesses signed has so many events.
async fn until_cosigned(channel: &Channel, size: u64) {
    let mut proofs = ProofServiceClient::new(channel.clone());
    let begin = std::time::Instant::now();
    loop {
        let answer = proofs.get_checkpoint(GetCheckpointRequest {}).await.unwrap().into_inner();
        let found = answer.cosigned.lines().nth(1).map(|size| size.parse::<u64>().unwrap());
        if found.is_some_and(|found| found >= size) {
            return;
        }
        assert!(begin.elapsed() < std::time::Duration::from_secs(120), "nobody asks the witness");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

/// How many of the proofs in the answers of a push the witness signed, and how many it did not.
fn cosigned(answers: &[RowAnswer], witness: &VerifierKey) -> (usize, usize) {
    let events = answers.iter().flat_map(|answer| &answer.events);
    let is_signed = |proof: &str| {
        let proof = TlogProof::parse(proof.as_bytes()).unwrap();
        Note::parse(proof.checkpoint.as_bytes()).unwrap().verify(witness).is_ok()
    };
    let signed: Vec<bool> = events.map(|event| is_signed(&event.proof)).collect();
    let yes = signed.iter().filter(|signed| **signed).count();
    (yes, signed.len() - yes)
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_are_cosigned_and_a_witness_that_was_away_is_asked_again() {
    let mut scene = Scene::new("cosigned");
    let data = scene.path("data");
    let server = Server::start(&data).await;
    let (_, log) = newest(&server.channel().await).await;
    assert!(server.stop().success());
    let (address, folder) = (free_address(), scene.path("witness"));
    let witness = Witness::start_at(&address, &folder, &log.to_string());
    let key: VerifierKey = witness.key.parse().unwrap();
    let server = Server::start_with(&data, &["--witness", &witness.at()]).await;
    let channel = server.channel().await;
    until_cosigned(&channel, 0).await;
    // On a machine that does ten other things the witness may miss its two seconds, and is asked again.
    let (mut whole, mut pushes) = (0, 0);
    while whole < 5 {
        let answers = push(&channel, &mut scene.random, 10, true).await;
        let (yes, no) = cosigned(&answers, &key);
        assert!(yes == 0 || no == 0, "one checkpoint for all: {yes} and {no}");
        (whole, pushes) = (whole + usize::from(no == 0), pushes + 1);
        assert!(pushes < 50, "{whole} of {pushes} pushes are cosigned");
        if no > 0 {
            until_cosigned(&channel, client::head(&channel).await.position).await;
        }
    }
    drop(witness);
    let answers = push(&channel, &mut scene.random, 10, true).await;
    assert_eq!(cosigned(&answers, &key).0, 0, "nobody was there to sign");
    let head = client::head(&channel).await.position;
    // Nothing more is pushed.
    let _witness = Witness::start_at(&address, &folder, &log.to_string());
    until_cosigned(&channel, head).await;
    let mut proofs = ProofServiceClient::new(channel.clone());
    let asked = GetInclusionProofRequest { position: head };
    let answer = proofs.get_inclusion_proof(asked).await.unwrap().into_inner();
    assert_eq!(answer.witnesses, ["temoin.example/1"]);
    assert!(server.stop().success());
}

/// Answers each request as a server that knows nothing of witnesses; gives where, and how often it was asked.
fn no_witness() -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut some = [0; 4_096];
            let _ = stream.read(&mut some);
            let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_witness_that_was_mistyped_is_told_of_once_with_what_to_do() {
    let scene = Scene::new("mistyped");
    let data = scene.path("data");
    let (url, asked) = no_witness();
    let key = seal::SignerKey::new("temoin/9", seal::Kind::Cosignature, &[9; 32]).unwrap();
    let server =
        Server::start_with(&data, &["--witness", &format!("{}={url}", key.public())]).await;
    // What the third question came to is told before the fourth one.
    let begin = std::time::Instant::now();
    while asked.load(Ordering::SeqCst) < 4 {
        assert!(begin.elapsed() < std::time::Duration::from_secs(120), "it is not asked again");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let printed = server::said_by(&data).unwrap();
    let told: Vec<&str> = printed.lines().filter(|line| line.contains("temoin/9")).collect();
    assert_eq!(told.len(), 1, "{printed}");
    for part in ["WARN", &key.public().to_string(), &url, "404", "--witness KEY=URL", "--log"] {
        assert!(told[0].contains(part), "{part} is not in {}", told[0]);
    }
    assert!(server.stop().success());
    // The key of a log is refused before anything is made.
    let never = scene.path("never");
    let log = format!("{}={url}", seal_key());
    let refused = server::run(&["serve", "--data", text(&never), "--witness", &log]);
    assert!(said(&refused).contains("witnesses sign with keys of kind 04"), "{refused:?}");
    assert!(!never.exists());
}

/// The file of the most rows that a generated week has.
fn largest_file(folder: &Path) -> PathBuf {
    let days = std::fs::read_dir(folder).unwrap().map(|day| day.unwrap().path());
    let files = days.filter(|day| day.is_dir()).flat_map(|day| std::fs::read_dir(day).unwrap());
    let files = files.map(|file| file.unwrap()).max_by_key(|file| file.metadata().unwrap().len());
    files.unwrap().path()
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_a_push_are_files_that_anybody_checks_without_a_server() {
    let mut scene = Scene::new("receipts");
    let data = scene.path("data");
    let server = Server::start(&data).await;
    let channel = server.channel().await;
    let (_, log) = newest(&channel).await;
    let (year, receipts, url) = (scene.path("year"), scene.path("receipts"), server.url());
    let one = ["--apprentices", "400", "--from", "2026-01-11", "--to", "2026-01-17"];
    server::run_well(&[&["generate", "--out", text(&year)], &one[..]].concat());
    let rows = largest_file(&year);
    let key = scene.path("data/access/local.key");
    let asks = ["push", text(&rows), "--to", &url, "--key-file", text(&key), "--source", "erp-one"];
    let asks = [&asks[..], &["--extracted-at", "2026-01-15T22:00:00+01:00", "--format", "json"]];
    let asks = [&asks.concat()[..], &["--receipts", text(&receipts)]].concat();
    let told = server::run(&asks);
    let told: serde_json::Value = serde_json::from_slice(&told.stdout).unwrap();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(&receipts).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 20, "{told}");
    assert_eq!(told["receipts"], files.len());
    // Asked again, they are the same events'.
    std::fs::remove_dir_all(&receipts).unwrap();
    server::run(&asks);
    assert_eq!(std::fs::read_dir(&receipts).unwrap().count(), files.len());
    // The same from the answer of a call; and a proof of anybody's event, which does not say whose.
    let answers = push(&channel, &mut scene.random, 1, true).await;
    let event = &answers[0].events[0];
    std::fs::write(scene.path("answered"), &event.proof).unwrap();
    let mut proofs = ProofServiceClient::new(channel.clone());
    let asked = GetInclusionProofRequest { position: event.position };
    let bare = proofs.get_inclusion_proof(asked).await.unwrap().into_inner().proof;
    std::fs::write(scene.path("bare"), bare).unwrap();
    let leaf: String = event.leaf_hash.iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(server.stop().success());
    std::fs::remove_dir_all(&data).unwrap();

    std::fs::write(scene.path("policy"), format!("log {log}\nquorum none\n")).unwrap();
    let policy = scene.path("policy");
    let verify = |more: &[&str]| {
        let output = server::run(&[&["verify", "--policy", text(&policy)], more].concat());
        (output.status.code(), said(&output))
    };
    let every: Vec<&str> = files.iter().map(|file| text(file)).collect();
    let (code, report) = verify(&[&["--receipt"], &every[..]].concat());
    assert_eq!((code, report.matches("VALIDE").count()), (Some(0), files.len()), "{report}");
    for file in [text(&files[3]), text(&scene.path("answered"))] {
        let (code, report) = verify(&["--receipt", file]);
        assert_eq!(code, Some(0), "{report}");
        for part in ["VALIDE", "déclaré par erp-one", "de rang", log.name()] {
            assert!(report.contains(part), "{part} is not in {report}");
        }
    }
    let (code, report) = verify(&["--receipt", text(&scene.path("bare"))]);
    assert_eq!(code, Some(2), "{report}");
    assert!(report.contains("de quel événement"), "{report}");
    assert_eq!(verify(&["--receipt", text(&scene.path("bare")), "--leaf", &leaf]).0, Some(0));
    let other = format!("{}{}", if leaf.starts_with('a') { 'b' } else { 'a' }, &leaf[1..]);
    assert_eq!(verify(&["--receipt", text(&scene.path("bare")), "--leaf", &other]).0, Some(1));
    let mut changed = std::fs::read_to_string(&files[3]).unwrap();
    changed = changed.replacen("index ", "index 1", 1);
    std::fs::write(&files[3], changed).unwrap();
    let (code, report) = verify(&[&["--receipt"], &every[..]].concat());
    assert_eq!((code, report.matches("REFUSÉ").count()), (Some(1), 1), "{report}");
    assert_eq!(verify(&["--receipt", "nowhere"]).0, Some(2));
    assert_eq!(verify(&["--receipt", every[0], "nowhere", every[3]]).0, Some(2));
    let wrong = server::run(&["verify", "--policy", "nowhere", "--receipt", every[0]]);
    assert_eq!(wrong.status.code(), Some(2));
}

/// The key of the log is the operator's: what it signs may still be no proof of what is asked.
#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_of_a_contract_is_refused_when_no_event_of_it_is_about_that_contract() {
    let mut scene = Scene::new("other contract");
    let data = scene.path("data");
    let server = Server::start(&data).await;
    let answers = push(&server.channel().await, &mut scene.random, 2, false).await;
    assert!(server.stop().success());
    let streams: Vec<StreamKey> = answers
        .iter()
        .map(|answer| answer.enrolment.strip_prefix("enrolments/").unwrap().parse().unwrap())
        .collect();
    let stream = |key| StreamId { category: Category::Enrolment, key };
    let seal = ledger::notary::Options::new(&data, &scene.path("data.seal"));
    let (ledger, notary) = Ledger::open_sealed(&data, &ledger::Options::default(), &seal).unwrap();
    std::fs::write(scene.path("policy"), format!("log {}\nquorum none\n", notary.log())).unwrap();
    let of = |key| {
        let events = ledger.read_stream(stream(key), None, false).unwrap();
        events.iter().find_map(|event| match &event.event {
            Event::Enrolment(event) => event.fact.contract().map(|id| format!("contracts/{id}")),
            _ => None,
        })
    };
    let about = of(streams[0]).unwrap();
    for (key, held) in [(streams[0], true), (streams[1], false)] {
        let request = BundleRequest {
            about: about.clone(),
            time: "2026-10-01T12:00:00Z".to_owned(),
            software: "a test".to_owned(),
            streams: vec![stream(key)],
            clear: &|_| None,
        };
        let file = scene.path("bundle.tar");
        std::fs::write(&file, notary.bundle(&request).unwrap()).unwrap();
        let judged = scene.verify(&file, "policy");
        let report = said(&judged);
        assert_eq!(judged.status.code(), Some(i32::from(!held)), "{report}");
        let refusal = format!("ses historiques ne sont pas de {about}");
        assert_eq!(report.contains(&refusal), !held, "{report}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_on_an_older_copy_of_its_data() {
    let mut scene = Scene::new("older_copy");
    let (data, before) = (scene.path("data"), scene.path("before"));
    let server = Server::start(&data).await;
    push(&server.channel().await, &mut scene.random, 5, false).await;
    assert!(server.stop().success());
    copy(&data, &before);
    let server = Server::start(&data).await;
    let answers = push(&server.channel().await, &mut scene.random, 5, true).await;
    let enrolment = answers[0].enrolment.clone();
    let file = scene.bundle(&server, &enrolment, "bundle.tar", &[]);
    assert!(server.stop().success());
    std::fs::remove_dir_all(&data).unwrap();
    copy(&before, &data);
    let refused = Server::try_start(&data).await.unwrap_err();
    assert!(refused.contains("its end was cut, or an old copy was put back"), "{refused}");
    let checked = server::run(&["fsck", "--data", text(&data)]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(said(&checked).contains("FORGED"), "{}", said(&checked));
    // Without the folder apart, whoever has a bundle still sees it.
    let elsewhere = scene.path("nowhere");
    let words = ["fsck", "--data", text(&data), "--seal-dir", text(&elsewhere)];
    assert!(server::run_well(&words).contains("all is right"));
    let known = server::run(&[&words[..], &["--known", text(&file)]].concat());
    assert_eq!(known.status.code(), Some(1), "{}", said(&known));
    assert!(said(&known).contains("FORGED"), "{}", said(&known));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_does_not_start_beside_an_emptied_folder_apart() {
    let mut scene = Scene::new("emptied");
    let (data, apart, aside) = (scene.path("data"), scene.path("data.seal"), scene.path("aside"));
    let server = Server::start(&data).await;
    let (_, log) = newest(&server.channel().await).await;
    push(&server.channel().await, &mut scene.random, 3, false).await;
    assert!(server.stop().success());
    std::fs::rename(&apart, &aside).unwrap();
    let refused = Server::try_start(&data).await.unwrap_err();
    for told in ["serve --new-log-key", "Rien n'a été signé", &log.to_string()] {
        assert!(refused.contains(told), "{told} is not in {refused}");
    }
    assert!(!apart.exists());
    std::fs::rename(&aside, &apart).unwrap();
    let refused = server::run(&["serve", "--data", text(&data), "--new-log-key"]);
    assert!(said(&refused).contains("sans --new-log-key"), "{}", said(&refused));
    let server = Server::start(&data).await;
    assert_eq!(newest(&server.channel().await).await.1, log);
    assert!(server.stop().success());
}

fn copy(from: &Path, to: &Path) {
    let done = Command::new("cp").args(["-a", text(from), text(to)]).status().unwrap();
    assert!(done.success());
}
