//! An auditor's sample, in the terminal: drawn twice it is the same, every bundle of it verifies, and one that was changed
//! does not.

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
use common::server::{Server, run, run_well};
use common::terminal::{FORM, Terminal};
use proto::v1::RunExtent;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Learners with a contract at a CFA of Ille-et-Vilaine, and as many elsewhere. The first one, whose enrolment is given, is
/// under contract since the day of `docs/examples/contrat.json`.
async fn push(server: &Server, random: &mut Random, source: &str, here: usize) -> String {
    let mut learners = rows::learners(random, 2 * here);
    for row in &mut learners[..here] {
        row.etablissement_formateur_uai = Some(rows::uai(350_031));
        row.etablissement_responsable_uai = Some(rows::uai(350_031));
    }
    let day = |day: &str| Some(day.to_owned());
    learners[0].date_inscription_formation = day("2024-06-15");
    learners[0].date_entree_formation = day("2024-09-01");
    learners[0].contrat_date_debut = day("2024-09-02");
    let at = "2025-10-01T02:00:00Z";
    let run = Run::new(random, source, RunExtent::Full, at, learners);
    let answers = client::push(&server.channel().await, &run, 100).await;
    assert!(answers.iter().all(|answer| !answer.enrolment.is_empty()), "{answers:?}");
    answers[0].enrolment.clone()
}

fn names(sample: &Value) -> Vec<String> {
    let contracts = sample["contracts"].as_array().unwrap();
    contracts.iter().map(|contract| contract["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sample_is_drawn_by_nobody_and_every_bundle_of_it_verifies() {
    let mut random = Random::announced("sample");
    let (terminal, server) = Terminal::start().await;
    let (path, at) = (|name: &str| terminal.path(name), terminal.at());
    let enrolment = push(&server, &mut random, "erp-one", 60).await;
    // Some that are written here, for a place of work in Rennes.
    let (act, draft) =
        (|act: &str, rest: &[&str]| terminal.act(act, rest), |rest: &[&str]| terminal.draft(rest));
    let paper = terminal.file("convention.pdf", "la convention de formation");
    let sign = |name: &str| {
        act("fill", &[name, FORM]);
        act("attach", &[name, &paper, "--kind", "training-agreement"]);
        act("publish", &[name]);
        act("paper", &[name, "--scan", &paper, "--attestation", "vu l'original"]);
    };
    let drafted = draft(&[]);
    sign(&drafted);
    // One that its CFA declares too is in it once.
    let both = draft(&["--enrolment", &enrolment]);
    sign(&both);
    // One that nobody has signed, and one that was withdrawn, are none.
    act("fill", &[&draft(&[]), FORM]);
    let withdrawn = draft(&[]);
    act("fill", &[&withdrawn, FORM]);
    act("withdraw", &[&withdrawn, "--why", "un autre apprenti"]);

    let ask = |words: &[&str]| -> Value {
        let asked = ["sample", "--departement", "35", "--format", "json"];
        serde_json::from_str(&run_well(&[&asked, words, &at].concat())).unwrap()
    };
    let out = path("echantillon");
    let first = ask(&["--n", "50", "--seed", "1", "--out", &out]);
    let drawn = names(&first);
    assert_eq!((drawn.len(), &first["population"]), (50, &Value::from(61)));
    assert_eq!(drawn.iter().collect::<BTreeSet<_>>().len(), 50);
    assert!(
        first["contracts"].as_array().unwrap().iter().all(|one| one["events"].as_u64() > Some(0))
    );
    assert_eq!(names(&ask(&["--n", "50", "--seed", "1"])), drawn);
    let other = names(&ask(&["--n", "50", "--seed", "2"]));
    assert_ne!(other, drawn);
    // All of them: those that are written here too, and nobody of another département.
    let all = ask(&["--n", "200"]);
    assert_eq!(names(&all).len(), 61);
    for written in [&drafted, &both] {
        assert!(names(&all).contains(written), "{all}");
    }
    assert_eq!(names(&all)[..50], drawn, "a smaller sample is the beginning of a larger one");
    // Anybody can check who was drawn, and from whom.
    let ranked = names(&all);
    assert_eq!(seal::sample::draw(&ranked, 50, 1), drawn);
    let digest = seal::hex(&seal::sample::population(&ranked));
    assert_eq!(all["population_digest"], digest.as_str());

    // What comes later changes nothing of what is asked of then.
    push(&server, &mut random, "erp-two", 40).await;
    let then = format!("@{}", first["position"]);
    let again = ask(&["--n", "50", "--seed", "1", "--known-at", &then]);
    assert_eq!((names(&again), &again["population"]), (drawn.clone(), &first["population"]));
    let now = ask(&["--n", "50", "--seed", "1"]);
    assert_eq!(now["population"], 101);
    assert_ne!(names(&now), drawn);

    // For people: a line a contract, and how many hold.
    let table = run_well(&[&["sample", "--departement", "35", "--n", "3"], at.as_slice()].concat());
    assert!(table.contains("3 contrats tirés parmi 101 du département 35, graine 1"), "{table}");
    assert!(table.contains("3 dossiers de preuve valides sur 3"), "{table}");
    assert!(table.contains(", couverte par un point de contrôle signé"), "{table}");
    let nowhere = run(&[&["sample", "--departement", "96"], at.as_slice()].concat());
    assert_eq!(nowhere.status.code(), Some(1), "{nowhere:?}");
    let too_many = run(&[&["sample", "--departement", "35", "--n", "201"], at.as_slice()].concat());
    assert_eq!(too_many.status.code(), Some(1), "{too_many:?}");

    // What was kept verifies without the server, and not once a byte of it is changed.
    let (policy, strangers) = (path("politique"), path("autre"));
    let mut proofs =
        proto::v1::proof_service_client::ProofServiceClient::new(server.channel().await);
    let key_of_log = proofs.get_checkpoint(proto::v1::GetCheckpointRequest {}).await.unwrap();
    let policy_text = format!("log {}\nquorum none\n", key_of_log.into_inner().log_key);
    std::fs::write(&policy, &policy_text).unwrap();
    let other_log =
        seal::SignerKey::new("registre/0123456789abcdef", seal::Kind::Ed25519, &[7; 32]);
    let other_log = other_log.unwrap().public().to_string();
    std::fs::write(&strangers, format!("log {other_log}\nquorum none\n")).unwrap();
    let asked = ["sample", "--departement", "35", "--n", "2", "--policy"];
    run_well(&[&asked[..], &[policy.as_str()], at.as_slice()].concat());
    let refused = run(&[&asked[..], &[strangers.as_str()], at.as_slice()].concat());
    assert_eq!(
        refused.status.code(),
        Some(1),
        "another log's key believes none of them: {refused:?}"
    );
    let table = String::from_utf8_lossy(&refused.stdout);
    assert!(table.contains("0 dossier de preuve valide sur 2"), "{table}");
    assert!(table.contains("NON couverte"), "{table}");
    assert!(server.stop().success());
    let mut kept: Vec<_> =
        std::fs::read_dir(&out).unwrap().map(|entry| entry.unwrap().path()).collect();
    kept.sort();
    let report = kept.pop().unwrap();
    assert!(report.ends_with("echantillon.json") && kept.len() == 50, "{kept:?}");
    for file in &kept {
        run_well(&["verify", file.to_str().unwrap(), "--policy", &policy]);
    }
    let mut bytes = std::fs::read(&kept[7]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&kept[7], bytes).unwrap();
    let changed = run(&["verify", kept[7].to_str().unwrap(), "--policy", &policy]);
    assert_eq!(changed.status.code(), Some(1), "{changed:?}");

    // Each read is in the log of reads.
    let mut lines = (0, 0);
    access::log::read(Path::new(&path("data")), |line| {
        lines.0 += u32::from(
            line.call == "DrawSample" && line.of == "a sample of contracts of département 35",
        );
        lines.1 += u32::from(line.call == "ExportBundle" && line.of == drawn[0]);
    })
    .unwrap();
    assert!(lines.0 >= 8 && lines.1 >= 3, "{lines:?}");
}
