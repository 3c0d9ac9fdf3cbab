//! A person erased from the whole program: nothing of her is in any file, and no figure changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use common::client::{self, Channel, Run};
use common::folder::{self, copy};
use common::forgotten::{count, dossiers_of, files, hits, words};
use common::heard::as_sent;
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use common::views::Views;
use domain::ids::{Category, StreamId, StreamKey};
use ledger::record::{Content, associated_data};
use proto::v1::privacy_service_client::PrivacyServiceClient;
use proto::v1::proof_service_client::ProofServiceClient;
use proto::v1::{
    DecideErasureRequest, Dossier, ErasureRequester, ErasureState, ExecuteErasureRequest,
    GetCheckpointRequest, Headcount, LegalBasis, RequestErasureRequest, RowOutcome, RunExtent,
};
use serde_json::Value;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const LEARNERS: usize = 40;

/// The head-counts, but not when they were made.
async fn figures(channel: &Channel, known_at: &str) -> (Option<Headcount>, Vec<Headcount>) {
    let answer = count(channel, known_at).await;
    (answer.total, answer.groups)
}

/// Two sources, some of whose learners are the same persons.
async fn fill(data: &Path, random: &mut Random) -> (Vec<Dossier>, Vec<Dossier>) {
    let one = rows::complete(random, LEARNERS);
    let mut other = rows::complete(random, LEARNERS / 2);
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
    let (one, other) = fill(&data, &mut random).await;
    let her_words = [words(&one[0]), words(&other[0])].concat();
    let (hers, keys) = dossiers_of(&data, one[0].ine_apprenant.as_slice());
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
    // With a fault too: a row that names her is not kept until somebody mends it.
    again.date_de_naissance_apprenant = Some("un zquarndi".to_owned());
    let run = Run::new(
        &mut random,
        "erp-one",
        RunExtent::Partial,
        "2025-10-27T03:00:00Z",
        [again, one[1].clone()],
    );
    let answers = client::push(&channel, &run, 20).await;
    let rules: Vec<&str> =
        answers.iter().flat_map(|row| &row.errors).map(|issue| issue.rule.as_str()).collect();
    assert_eq!(rules, ["SEALED_VALUE_GONE"], "{answers:?}");
    let kept = proto::v1::ingestion_service_client::IngestionServiceClient::new(channel.clone())
        .list_refused_rows(proto::v1::ListRefusedRowsRequest::default())
        .await
        .unwrap()
        .into_inner();
    // That one of hers was refused before stays told, without the row.
    assert_eq!(kept.refused_rows.len(), 1, "{kept:?}");
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

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_of_persons_is_nobody_elses_to_read() {
    let folder = tempfile::tempdir().unwrap();
    let (data, backup) = (folder.path().join("data"), folder.path().join("backup"));
    fill(&data, &mut Random::announced("modes")).await;
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    server::run_well(&["rebuild", "--data", &text(&data)]);
    server::run_well(&["rekey", "--data", &text(&data)]);
    server::run_well(&["backup", "--data", &text(&data), "--to", &text(&backup)]);
    for owned in [&data, &backup, &data.with_extension("seal")] {
        let all = files(owned);
        assert!(all.len() > 2, "{all:?}");
        let within = |path: &&Path| path.starts_with(owned);
        let above = all.iter().flat_map(|path| path.ancestors().take_while(within));
        for path in above {
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{} has mode {mode:o}", path.display());
        }
    }
}

/// `registre export-person`, which may be refused.
fn export(
    server: &Server,
    dossier: &str,
    key: &Path,
    to: &Path,
    reason: &str,
) -> Result<Value, String> {
    let (url, key, file) = (server.url(), key.to_str().unwrap(), to.to_str().unwrap());
    let words = ["export-person", dossier, "-o", file, "--to", &url, "--key-file", key];
    let done = server::run(&[&words[..], &["--reason", reason]].concat());
    if !done.status.success() {
        return Err(String::from_utf8_lossy(&done.stderr).into_owned());
    }
    let mode = std::fs::metadata(to).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    Ok(serde_json::from_slice(&std::fs::read(to).unwrap()).unwrap())
}

/// `registre find-person`, which may be refused: what it prints.
fn find(server: &Server, key: &Path, by: &[&str], reason: &str) -> Result<String, String> {
    let (url, key) = (server.url(), key.to_str().unwrap());
    let to = ["--to", &url, "--key-file", key, "--reason", reason];
    let done = server::run(&[&["find-person"], by, &to].concat());
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if done.status.success() { Ok(said(&done.stdout)) } else { Err(said(&done.stderr)) }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_held_of_one_person_is_given_and_of_an_erased_one_the_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut random = Random::announced("export of one person");
    let (one, other) = fill(&data, &mut random).await;
    let her_words = [words(&one[0]), words(&other[0])].concat();
    let (hers, _) = dossiers_of(&data, one[0].ine_apprenant.as_slice());
    let server = Server::start(&data).await;
    let channel = server.channel().await;
    let (name, file) = (format!("enrolments/{}", hers.first().unwrap()), folder.path().join("out"));
    let local = data.join("access/local.key");
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let dpo = folder.path().join("dpo.key");
    let made = ["key", "create", "--data", &text(&data), "--role", "dpo", "--name", "the DPO"];
    std::fs::write(&dpo, server::run_well(&made)).unwrap();

    let text_of = |field: &Option<String>| field.clone().unwrap();
    let (ine, email) = (text_of(&one[0].ine_apprenant), text_of(&one[0].email_contact));
    let [last, first, born] =
        [&one[0].nom_apprenant, &one[0].prenom_apprenant, &one[0].date_de_naissance_apprenant]
            .map(text_of);
    let by_names = ["--last-name", &last, "--first-name", &first, "--born-on", &born[..10]];
    for by in [&["--ine", &ine][..], &by_names] {
        let found = find(&server, &dpo, by, "demande DPO/2025-8").unwrap();
        assert!(hers.iter().all(|key| found.contains(&format!("enrolments/{key}\n"))), "{found}");
        assert!(found.contains("Trouvé : 2 dossiers ("), "{found}");
    }
    let found = find(&server, &dpo, &["--email", &email], "demande DPO/2025-8").unwrap();
    assert!(found.contains("Trouvé : 1 dossier ("), "the other source has another: {found}");
    let refused = find(&server, &dpo, &["--ine", &ine], "").unwrap_err();
    assert!(refused.contains("REASON") && !refused.contains(&ine), "{refused}");
    let wrong = find(&server, &dpo, &["--email", "zquarndi"], "demande DPO/2025-8").unwrap_err();
    assert!(wrong.contains("nom@domaine.fr") && !wrong.contains("zquarndi"), "{wrong}");
    assert!(find(&server, &dpo, &["--last-name", &last], "demande DPO/2025-8").is_err());

    let told = export(&server, &name, &dpo, &file, "demande DPO/2025-9").unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(told["format"], "registre/person-export/1");
    let dossiers = told["enrolments"].as_array().unwrap();
    let named: BTreeSet<String> =
        dossiers.iter().map(|of| of["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(named, hers.iter().map(|key| format!("enrolments/{key}")).collect());
    let events: Vec<&Value> =
        dossiers.iter().flat_map(|of| of["events"].as_array().unwrap()).collect();
    let sources: BTreeSet<&str> =
        events.iter().map(|event| event["source"].as_str().unwrap()).collect();
    assert_eq!(sources, ["erp-one", "erp-two"].into());
    for event in &events {
        assert!(event["position"].as_u64().unwrap() > 0);
        let has = |field: &str| !event[field].as_str().unwrap().is_empty();
        assert!(["event_id", "type", "recorded_at", "effective_on"].into_iter().all(has));
        let sections = event["sections"].as_array().unwrap();
        assert!(sections.iter().all(|section| section["data"].is_object()), "{sections:?}");
    }
    for row in [&one[0], &other[0]] {
        for word in as_sent(row) {
            // The NIR is taken out of each row and kept nowhere.
            let kept = row.nir_apprenant.as_ref() != Some(&word);
            assert_eq!(written.contains(word.as_str()), kept, "{word}");
        }
    }
    for stranger in [&one[1], &other[10]] {
        let hits = words(stranger).into_iter().filter(|word| written.contains(word.as_str()));
        assert_eq!(hits.collect::<Vec<_>>(), Vec::<String>::new(), "of somebody else");
    }
    let reads = told["reads"].as_array().unwrap();
    let this =
        |read: &&Value| read["call"] == "ExportPerson" && read["reason"] == "demande DPO/2025-9";
    assert!(reads.iter().filter(this).count() >= 2, "one a dossier: {reads:?}");
    assert!(reads.iter().all(|read| read["role"] == "dpo"));
    assert_eq!(told["reads_are_whole"], true);

    let refused = export(&server, &name, &dpo, &file, "").unwrap_err();
    assert!(refused.contains("REASON"), "{refused}");
    let nobody = export(&server, &format!("enrolments/{}", random.uuid()), &local, &file, "");
    assert!(nobody.unwrap_err().contains("NOT_FOUND"));

    erase(&channel, &mut random, *hers.first().unwrap()).await;
    for by in [&["--ine", &ine][..], &by_names, &["--email", &email]] {
        let found = find(&server, &dpo, by, "demande DPO/2025-10").unwrap();
        assert!(found.starts_with("Rien trouvé ("), "{found}");
    }
    let told = export(&server, &name, &dpo, &file, "demande DPO/2025-10").unwrap();
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(her_words.iter().all(|word| !written.contains(word.as_str())), "{written}");
    let dossiers = told["enrolments"].as_array().unwrap();
    assert_eq!(dossiers.len(), 2);
    for dossier in dossiers {
        assert!(dossier.get("events").is_none());
        assert_eq!(dossier["erased"]["article"], "17(1)(c)");
        assert_eq!(dossier["erased"]["reference"], "DPO/2025-3");
        assert!(dossier["erased"]["certificate"].as_str().unwrap().contains("Attestation"));
    }
    assert!(server.stop().success());
}

/// Kinds of sections of others: the disability referent of a CFA, and the employer.
const REFERENT: u8 = 5;
const EMPLOYER: u8 = 6;

/// A sealed section as it was before, and where its bytes are.
struct Section {
    aad: [u8; 33],
    sealed: Vec<u8>,
    file: PathBuf,
    at: usize,
}

/// Every section of a person's dossiers that is not of a referent, who is another person.
fn sections(data: &Path, dossiers: &BTreeSet<StreamKey>) -> Vec<Section> {
    let ledger = folder::open(data);
    let log = files(&data.join("log"));
    let segments: Vec<_> = log.iter().filter(|path| path.extension().is_some()).collect();
    let mut found = Vec::new();
    for key in dossiers {
        let stream = StreamId { category: Category::Enrolment, key: *key };
        for event in ledger.read_stream(stream, None, false).unwrap() {
            for (named, content) in event.header.sections.iter().zip(&event.sections) {
                let Content::Sealed(sealed) = content else { panic!("erased already") };
                let aad = associated_data(event.header.event_id, named.subject, named.kind);
                let place = segments.iter().find_map(|path| {
                    let bytes = std::fs::read(path).unwrap();
                    let at = bytes.windows(sealed.len()).position(|part| part == &sealed[..])?;
                    Some(((*path).clone(), at))
                });
                let (file, at) = place.unwrap();
                if named.kind != REFERENT {
                    found.push(Section { aad, sealed: sealed.to_vec(), file, at });
                }
            }
        }
    }
    found
}

/// Opens what is sealed as `docs/formats/journal.md` says: nonce, ciphertext and tag.
fn open(key: &[u8], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<24>()?;
    let cipher = XChaCha20Poly1305::new(key.try_into().ok()?);
    cipher.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad }).ok()
}

/// The keys of a file of keys, by the format, under any of some key-encryption keys; these too.
fn keys_in(subjects: &Path, keks: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(subjects).unwrap();
    let mut keys = keks.to_vec();
    for entry in bytes[32..].as_chunks::<116>().0 {
        let aad = [&entry[4..20], &entry[1..2], &entry[20..36]].concat();
        let opened = keks.iter().find_map(|kek| open(kek, &aad, &entry[36..108]));
        assert_eq!(opened.is_some(), entry[0] == 1, "a key opens unless its person was erased");
        keys.extend(opened);
    }
    keys
}

/// The file of keys of a backup: its name has its hash.
fn of_backup(backup: &Path, name: &str) -> PathBuf {
    let mut all = files(&backup.join("keys")).into_iter();
    all.find(|path| path.file_name().unwrap().to_str().unwrap().starts_with(name)).unwrap()
}

/// Row 6 of the proofs: every key there ever was, on every section of hers.
#[tokio::test(flavor = "multi_thread")]
async fn no_key_there_ever_was_opens_a_section_of_an_erased_person() {
    let folder = tempfile::tempdir().unwrap();
    let (data, outer) = (folder.path().join("data"), folder.path());
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let mut random = Random::announced("erasure under every key");
    let (one, other) = fill(&data, &mut random).await;
    let her_words = [words(&one[0]), words(&other[0])].concat();
    let (hers, _) = dossiers_of(&data, one[0].ine_apprenant.as_slice());
    let sections = sections(&data, &hers);
    let kek = |data: &Path| std::fs::read(data.join("keys/kek")).unwrap();

    // Three moments of the keys: a backup, another key-encryption key and its backup, and now.
    let (first, second) = (outer.join("backup-1"), outer.join("backup-2"));
    let backup = |to: &Path| {
        server::run_well(&["backup", "--data", &text(&data), "--to", &text(to)]);
    };
    backup(&first);
    let old_files = outer.join("keys-before-rekey");
    copy(&data.join("keys"), &old_files);
    let mut keks = vec![kek(&data)];
    server::run_well(&["rekey", "--data", &text(&data)]);
    keks.push(kek(&data));
    assert_ne!(keks[0], keks[1]);
    backup(&second);
    let older = || -> Vec<Vec<u8>> {
        let files = [
            of_backup(&first, "subjects"),
            old_files.join("subjects"),
            of_backup(&second, "subjects"),
        ];
        files.iter().flat_map(|file| keys_in(file, &keks)).collect()
    };
    let all = |data: &Path| [keys_in(&data.join("keys/subjects"), &keks), older()].concat();
    let opens = |keys: &[Vec<u8>], aad: &[u8], sealed: &[u8]| {
        keys.iter().filter(|key| open(key, aad, sealed).is_some()).count()
    };
    let before = keys_in(&data.join("keys/subjects"), &keks[1..]);
    let opened = sections.iter().filter(|of| opens(&before, &of.aad, &of.sealed) == 1).count();
    assert_eq!(opened, sections.len(), "before it each of them opens, under one key");

    let server = Server::start(&data).await;
    let channel = server.channel().await;
    let (now, past) = (figures(&channel, "").await, figures(&channel, "@20").await);
    let (name, key_file) = (hers.first().unwrap().to_string(), data.join("access/local.key"));
    let bundle = |to: &str| {
        let file = outer.join(to);
        let words = ["bundle", "enrolment", &name, "-o", &text(&file), "--to", &server.url()];
        server::run_well(&[&words[..], &["--key-file", &text(&key_file)]].concat());
        file
    };
    let bundled_before = bundle("before.tar");
    erase(&channel, &mut random, *hers.first().unwrap()).await;
    assert_eq!((figures(&channel, "").await, figures(&channel, "@20").await), (now, past));
    let bundled_after = bundle("after.tar");
    let mut proofs = ProofServiceClient::new(channel.clone());
    let log = proofs.get_checkpoint(GetCheckpointRequest {}).await.unwrap().into_inner().log_key;
    let policy = outer.join("policy");
    std::fs::write(&policy, format!("log {log}\nquorum none\n")).unwrap();
    assert!(server.stop().success());
    for file in [&bundled_before, &bundled_after] {
        server::run_well(&["verify", &text(file), "--policy", &text(&policy)]);
    }

    let keys = all(&data);
    let (mut still, mut zeros, mut tries) = (0, 0, 0);
    for of in &sections {
        let file = std::fs::read(&of.file).unwrap();
        let bytes = &file[of.at..of.at + of.sealed.len()];
        zeros += usize::from(bytes.iter().all(|byte| *byte == 0));
        still += opens(&keys, &of.aad, bytes);
        tries += keys.len();
    }
    let found: usize = her_words.iter().map(|word| hits(&data, word.as_bytes()).len()).sum();
    let sealed: usize = sections.iter().map(|of| hits(&data, &of.sealed).len()).sum();
    println!(
        "{} sections of hers in {} dossiers: {opened} opened before; after it {} keys of 4 moments \
         under 2 key-encryption keys, {tries} tries: {still} open; {zeros} are zeros; {found} hits \
         of {} words and {sealed} of the sealed bytes in {} files; 2 bundles verify",
        sections.len(),
        hers.len(),
        keys.len(),
        her_words.len(),
        files(&data).len()
    );
    assert_eq!((still, zeros, found, sealed), (0, sections.len(), 0, 0));

    // The key files of before put back, the log being that of now.
    for (older, kek) in [(&first, &keks[0]), (&second, &keks[1])] {
        let again = outer.join("again");
        copy(&data, &again);
        for file in ["subjects", "master"] {
            std::fs::copy(of_backup(older, file), again.join("keys").join(file)).unwrap();
        }
        std::fs::write(again.join("keys/kek"), kek).unwrap();
        std::fs::remove_dir_all(again.join("keys/index")).unwrap();
        let ledger = folder::open(&again);
        for key in &hers {
            let state = ledger.load_enrolment(*key, None, true).unwrap().unwrap().state;
            assert!(state.current.unwrap().identity.clear().is_none());
        }
        drop(ledger);
        // The employer's key, which is not hers, opens what was sealed under it: zeros now.
        let keys = keys_in(&again.join("keys/subjects"), std::slice::from_ref(kek));
        let opened = sections.iter().filter(|of| opens(&keys, &of.aad, &of.sealed) > 0);
        assert!(opened.clone().count() < sections.len());
        assert!(opened.clone().all(|of| of.aad[32] == EMPLOYER), "her keys are destroyed again");
        std::fs::remove_dir_all(&again).unwrap();
    }
    server::run_well(&["fsck", "--data", &text(&data)]);
}
