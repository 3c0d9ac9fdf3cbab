//! A person erased from the whole program: nothing of her is in any file, and no figure changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Channel, Run};
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use common::views::Views;
use domain::enrolment::Identity;
use domain::ids::{Category, Position, StreamKey};
use ledger::Ledger;
use proto::v1::privacy_service_client::PrivacyServiceClient;
use proto::v1::{
    ComputeHeadcountRequest, ComputeHeadcountResponse, DecideErasureRequest, Dossier,
    ErasureRequester, ErasureState, ExecuteErasureRequest, Headcount, LegalBasis,
    RequestErasureRequest, RowOutcome, RunExtent, TimeQuery,
};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const LEARNERS: usize = 40;

/// Everything that names the learner of a row.
fn words(row: &Dossier) -> Vec<String> {
    let of = |value: &Option<String>| value.clone().unwrap();
    vec![
        of(&row.nom_apprenant),
        of(&row.prenom_apprenant),
        of(&row.ine_apprenant),
        of(&row.email_contact),
        of(&row.date_de_naissance_apprenant),
        of(&row.id_erp_apprenant),
        of(&row.tel_apprenant),
    ]
}

async fn count(channel: &Channel, known_at: &str) -> ComputeHeadcountResponse {
    let min_position = client::head(channel).await.position;
    let (as_of, known_at) = ("2025-10-10".to_owned(), known_at.to_owned());
    let time = Some(TimeQuery { as_of, known_at, min_position });
    let request = ComputeHeadcountRequest { time, ..Default::default() };
    client::dashboard(channel).compute_headcount(request).await.unwrap().into_inner()
}

/// The head-counts, but not when they were made.
async fn figures(channel: &Channel, known_at: &str) -> (Option<Headcount>, Vec<Headcount>) {
    let answer = count(channel, known_at).await;
    (answer.total, answer.groups)
}

/// Two sources, some of whose learners are the same persons.
async fn fill(data: &Path, random: &mut Random) -> (Vec<Dossier>, Vec<Dossier>) {
    let one = rows::learners(random, LEARNERS);
    let mut other = rows::learners(random, LEARNERS / 2);
    for (row, same) in other.iter_mut().zip(&one).take(8) {
        row.nom_apprenant.clone_from(&same.nom_apprenant);
        row.prenom_apprenant.clone_from(&same.prenom_apprenant);
        row.date_de_naissance_apprenant.clone_from(&same.date_de_naissance_apprenant);
        row.ine_apprenant.clone_from(&same.ine_apprenant);
    }
    let server = Server::start(data).await;
    let channel = server.channel().await;
    for (night, (source, dossiers)) in
        [("erp-one", &one), ("erp-two", &other)].into_iter().enumerate()
    {
        let at = format!("2025-10-0{}T03:00:00Z", night + 1);
        let run = Run::new(random, source, RunExtent::Full, &at, dossiers.clone());
        let answers = client::push(&channel, &run, 20).await;
        assert_eq!(client::count(&answers, RowOutcome::Written), dossiers.len());
    }
    // A row of hers that is refused waits in quarantine.
    let mut refused = one[0].clone();
    refused.siret_employeur = Some("12345678901234".to_owned());
    refused.date_entree_formation = None;
    let partial = RunExtent::Partial;
    let run = Run::new(random, "erp-one", partial, "2025-10-03T03:00:00Z", [refused]);
    let answers = client::push(&channel, &run, 20).await;
    assert_eq!(client::count(&answers, RowOutcome::Refused), 1);
    count(&channel, "").await;
    assert!(server.stop().success());
    (one, other)
}

/// The dossiers whose learner has one of some INEs, and the blind keys of their statements.
fn dossiers_of(data: &Path, ines: &[String]) -> (BTreeSet<StreamKey>, Vec<[u8; 16]>) {
    let ledger = Ledger::open(data, &ledger::Options::default()).unwrap();
    let (mut found, mut keys) = (BTreeSet::new(), Vec::new());
    for event in ledger.read_after(Position(0), 10_000).unwrap() {
        if event.header.stream.category != Category::Enrolment {
            continue;
        }
        let key = event.header.stream.key;
        let state = ledger.load_enrolment(key, None, true).unwrap().unwrap().state;
        let current = state.current.unwrap();
        let identity: &Identity = current.identity.clear().unwrap();
        if identity.ine.as_ref().is_some_and(|ine| ines.contains(&ine.text)) {
            found.insert(key);
            if let Some(of) = ledger.person_keys(&event).unwrap() {
                keys.extend(of.ine.into_iter().chain(of.names_and_birth));
            }
        }
    }
    (found, keys)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn hits(folder: &Path, bytes: &[u8]) -> Vec<PathBuf> {
    let holds = |path: &PathBuf| {
        let file = std::fs::read(path).unwrap();
        file.windows(bytes.len()).any(|part| part == bytes)
    };
    files(folder).into_iter().filter(holds).collect()
}

async fn erase(channel: &Channel, random: &mut Random, one_of_hers: StreamKey) -> Vec<String> {
    let mut privacy = PrivacyServiceClient::new(channel.clone());
    let asked = privacy
        .request_erasure(RequestErasureRequest {
            request_id: random.uuid(),
            actor: "dpo-1".to_owned(),
            enrolments: vec![format!("enrolments/{one_of_hers}")],
            with_linked: true,
            requester: ErasureRequester::Person.into(),
            received_on: "2025-10-20".to_owned(),
        })
        .await
        .unwrap();
    let asked = asked.into_inner().erasure.unwrap();
    assert_eq!(asked.state(), ErasureState::Requested);
    let name = asked.name;
    let execute = ExecuteErasureRequest {
        request_id: random.uuid(),
        actor: "dpo-1".to_owned(),
        name: name.clone(),
    };
    let early = privacy.execute_erasure(execute.clone()).await.unwrap_err();
    assert!(early.message().contains("not decided"), "{early}");
    let decided = privacy
        .decide_erasure(DecideErasureRequest {
            request_id: random.uuid(),
            actor: "dpo-1".to_owned(),
            name,
            granted: true,
            basis: LegalBasis::Objection.into(),
            reference: "DPO/2025-3".to_owned(),
        })
        .await
        .unwrap();
    assert_eq!(decided.into_inner().erasure.unwrap().state(), ErasureState::Granted);
    let done = privacy.execute_erasure(execute.clone()).await.unwrap().into_inner();
    let again = privacy.execute_erasure(execute).await.unwrap().into_inner();
    assert_eq!(done, again, "asked again, the same");
    let done = done.erasure.unwrap();
    assert_eq!(done.state(), ErasureState::Done);
    let certificate = done.certificate.unwrap();
    assert!(certificate.sections > 3 && certificate.text.contains("DPO/2025-3"));
    done.enrolments
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_an_erased_person_is_in_any_file_and_no_figure_changes() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut random = Random::announced("erasure");
    let (one, _) = fill(&data, &mut random).await;
    let her_words = words(&one[0]);
    let (hers, keys) = dossiers_of(&data, &her_words[2..3]);
    assert_eq!(hers.len(), 2, "one in each source");
    let views = data.join("views");
    assert!(keys.iter().all(|key| !hits(&views, key).is_empty()), "blind keys are there before");
    let before = Views::read(&views).await;
    let server = Server::start(&data).await;
    let channel = server.channel().await;
    // Her row is one that says nothing new: the server remembers it.
    for at in ["2025-10-11T03:00:00Z", "2025-10-12T03:00:00Z"] {
        let run = Run::new(&mut random, "erp-one", RunExtent::Partial, at, [one[0].clone()]);
        let answers = client::push(&channel, &run, 20).await;
        assert_eq!(client::count(&answers, RowOutcome::Unchanged), 1, "{answers:?}");
    }
    let now = figures(&channel, "").await;
    let past = figures(&channel, "@20").await;
    let erased = erase(&channel, &mut random, *hers.first().unwrap()).await;
    assert_eq!(erased.len(), 2, "the other dossier of the same person came along");
    assert_eq!(figures(&channel, "").await, now);
    assert_eq!(figures(&channel, "@20").await, past);
    // Her software sends her again, as she was and changed: refused, and not kept.
    let mut again = one[0].clone();
    for at in ["2025-10-25T03:00:00Z", "2025-10-26T03:00:00Z"] {
        let rows = [again.clone(), one[1].clone()];
        let run = Run::new(&mut random, "erp-one", RunExtent::Partial, at, rows);
        let answers = client::push(&channel, &run, 20).await;
        assert_eq!(client::count(&answers, RowOutcome::Refused), 1, "{answers:?}");
        again.adresse_apprenant = Some("1 rue de la Reprise".to_owned());
    }
    assert_eq!(figures(&channel, "").await, now);
    assert!(server.stop().success());

    for word in &her_words {
        assert_eq!(hits(&data, word.as_bytes()), Vec::<PathBuf>::new(), "{word}");
    }
    for key in &keys {
        assert_eq!(hits(&data, key), Vec::<PathBuf>::new(), "a blind key of hers");
    }
    let after = Views::read(&views).await;
    for (name, bytes) in &before.files {
        let statistical = name.starts_with("headcount") || name.starts_with("outcomes");
        let checkpoint =
            ["checkpoint", "manifest"].iter().any(|word| name.to_str().unwrap().contains(word));
        if statistical && !checkpoint {
            assert!(after.files.get(name) == Some(bytes), "{} changed", name.display());
        }
    }
    std::fs::remove_dir_all(&views).unwrap();
    server::run_well(&["rebuild", "--data", data.to_str().unwrap()]);
    after.must_equal(&Views::read(&views).await);
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
}
