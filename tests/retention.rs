//! Dossiers that fall due: reported ahead, then erased by one decision a batch.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Run};
use common::inside::Node;
use common::random::Random;
use common::rows;
use domain::cerfa::Form;
use proto::v1::contract_workflow_service_client::ContractWorkflowServiceClient;
use proto::v1::privacy_service_client::PrivacyServiceClient;
use proto::v1::{
    AttachDocumentRequest, DocumentKind, DraftContractRequest, DueErasure, ErasureRequester,
    ErasureState, ExecuteRetentionRequest, FieldValue, FillContractRequest,
    GetContractWorkflowRequest, LegalBasis, ListDueErasuresRequest, ListDueErasuresResponse,
    PublishContractRequest, RowOutcome, RunExtent, SignContractOnPaperRequest,
};
use std::process::Command;
use uuid::Uuid;

async fn due(node: &Node, until: &str, rules: &str) -> ListDueErasuresResponse {
    let mut privacy = PrivacyServiceClient::new(node.channel.clone());
    let (until, rules_json) = (until.to_owned(), rules.as_bytes().to_vec());
    let asked = ListDueErasuresRequest { until, rules_json, ..Default::default() };
    let mut all = privacy.list_due_erasures(asked.clone()).await.unwrap().into_inner();
    assert_eq!(all.next_page_token, "", "few have one page");
    let paged = in_pages(&mut privacy, asked, 2).await;
    assert_eq!(paged, all.due, "in pages they are the same");
    all.due.sort_by(|one, other| one.due_on.cmp(&other.due_on));
    all
}

/// What falls due, in pages of so many persons at most.
async fn in_pages(
    privacy: &mut PrivacyServiceClient<client::Channel>,
    asked: ListDueErasuresRequest,
    page_size: i32,
) -> Vec<DueErasure> {
    let (mut due, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = ListDueErasuresRequest { page_size, page_token, ..asked.clone() };
        let page = privacy.list_due_erasures(asked).await.unwrap().into_inner();
        assert!(page.due.len() <= page_size as usize, "{page:?}");
        due.extend(page.due);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return due;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_falls_due_is_told_ahead_and_erased_by_a_decision() {
    let mut random = Random::announced("retention");
    let node = Node::start().await;
    node.set_clock("2025-10-01T03:00:00Z");
    // Under contract since 2 September 2025: five years from then, and a year from July 2027.
    let mut learners = rows::learners(&mut random, 6);
    // One who began a year later elsewhere, and is the same person as the first.
    let mut later = rows::learner(&mut random, 90);
    later.nom_apprenant.clone_from(&learners[0].nom_apprenant);
    later.prenom_apprenant.clone_from(&learners[0].prenom_apprenant);
    later.date_de_naissance_apprenant.clone_from(&learners[0].date_de_naissance_apprenant);
    later.ine_apprenant.clone_from(&learners[0].ine_apprenant);
    later.contrat_date_debut = Some("2025-09-20".to_owned());
    // Two without a contract: two years from the end of the training.
    for row in learners.iter_mut().skip(4) {
        row.contrat_date_debut = None;
        row.contrat_date_fin = None;
        row.siret_employeur = None;
    }
    for (source, rows) in [("erp-one", learners.clone()), ("erp-two", vec![later])] {
        let count = rows.len();
        let at = "2025-10-01T02:00:00Z";
        let run = Run::new(&mut random, source, RunExtent::Full, at, rows);
        let answers = client::push(&node.channel, &run, 20).await;
        assert_eq!(client::count(&answers, RowOutcome::Written), count, "{answers:?}");
    }
    assert!(due(&node, "", "").await.due.is_empty());
    let ahead = due(&node, "2030-09-30", "").await;
    let days: Vec<(&str, usize)> =
        ahead.due.iter().map(|one| (one.due_on.as_str(), one.enrolments.len())).collect();
    let first = [("2029-07-31", 1), ("2029-07-31", 1)];
    let then = [("2030-09-02", 1), ("2030-09-02", 1), ("2030-09-02", 1)];
    let last = [("2030-09-20", 2)];
    assert_eq!(days, [&first[..], &then, &last].concat(), "{ahead:?}");
    node.set_clock("2030-08-10T03:00:00Z");
    let soon = due(&node, "", "").await;
    assert_eq!((soon.until.as_str(), soon.due.len()), ("2030-09-09", 5), "30 days ahead");
    let stricter = r#"{"notice_days": 0, "rules": [{"in_force_from": "2026-01-01",
        "years_after_conclusion": 1, "months_after_end": 0, "years_without_contract": 40,
        "cohorts": []}]}"#;
    assert_eq!(due(&node, "", stricter).await.due.len(), 4, "those with a contract");
    let mut privacy = PrivacyServiceClient::new(node.channel.clone());
    let wrong = ListDueErasuresRequest { rules_json: b"[]".to_vec(), ..Default::default() };
    assert!(privacy.list_due_erasures(wrong).await.is_err());
    let execute = || ExecuteRetentionRequest {
        actor: "dpo-1".to_owned(),
        reference: "DPO/2030-1".to_owned(),
        ..Default::default()
    };
    let done = privacy.execute_retention(execute()).await.unwrap().into_inner().erasures;
    assert_eq!(done.len(), 1, "one decision a batch");
    let erasure = &done[0];
    assert_eq!(erasure.state(), ErasureState::Done);
    assert_eq!(erasure.requester(), ErasureRequester::Retention);
    assert_eq!(
        (erasure.basis(), erasure.article.as_str()),
        (LegalBasis::RetentionExpired, "5(1)(e)")
    );
    assert_eq!(erasure.enrolments.len(), 2, "those without a contract; the others are due later");
    let again = privacy.execute_retention(execute()).await.unwrap().into_inner().erasures;
    assert!(again.is_empty(), "nobody is left");
    assert_eq!(due(&node, "2030-09-30", "").await.due.len(), 4);
    node.set_clock("2030-10-01T03:00:00Z");
    let rest = privacy.execute_retention(execute()).await.unwrap().into_inner().erasures;
    assert_eq!(rest.iter().map(|one| one.enrolments.len()).sum::<usize>(), 5);
    assert!(due(&node, "2040-01-01", "").await.due.is_empty());
    node.stop().await;
}

/// A server on the day on which 30 learners more than a batch are due.
async fn more_than_a_batch() -> Node {
    let most = grpc::limits::RETENTION_BATCH;
    let mut random = Random::announced("retention batches");
    let node = Node::start().await;
    node.set_clock("2025-10-01T03:00:00Z");
    let mut learners = rows::learners(&mut random, most + 30);
    for row in &mut learners {
        row.contrat_date_debut = None;
        row.contrat_date_fin = None;
        row.siret_employeur = None;
    }
    let (at, first) = ("2025-10-01T02:00:00Z", learners[0].clone());
    let run = Run::new(&mut random, "erp-one", RunExtent::Full, at, learners);
    // The first has another dossier elsewhere, which is looked at with the last ones.
    let other = Run::new(&mut random, "erp-two", RunExtent::Full, at, vec![first]);
    for run in [run, other] {
        let answers = client::push(&node.channel, &run, most + 30).await;
        assert_eq!(client::count(&answers, RowOutcome::Written), answers.len());
    }
    node.set_clock("2035-08-10T03:00:00Z");
    node
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_walks_all_pages_and_all_batches() {
    let most = grpc::limits::RETENTION_BATCH;
    let node = more_than_a_batch().await;
    let retention = |more: &[&str]| {
        let key = node.key_file();
        let mut command = Command::new(env!("CARGO_BIN_EXE_registre"));
        command.args(["retention", "--to", &node.url, "--key-file"]).arg(key).args(more);
        let done = command.output().unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    let told = retention(&["--dry-run"]);
    assert_eq!(told.matches("enrolments/").count(), most + 31, "each dossier once");
    assert!(told.contains(&format!("{} persons fall due by", most + 30)), "{told}");
    let days: Vec<&str> = told.lines().filter(|line| line.contains("enrolments/")).collect();
    assert!(days.is_sorted_by_key(|line| &line[..10]), "the first day first");
    let execute = ["--execute", "--reference", "DPO/2035-1", "--actor", "dpo-1"];
    assert!(retention(&execute).contains("2 erasures done"));
    assert!(retention(&execute).contains("0 erasures done"));
    node.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_batch_is_erased_call_after_call_also_after_an_interruption() {
    let most = grpc::limits::RETENTION_BATCH;
    let node = more_than_a_batch().await;
    let mut privacy = PrivacyServiceClient::new(node.channel.clone());
    let due = in_pages(&mut privacy, ListDueErasuresRequest::default(), 300).await;
    assert_eq!(due.len(), most + 30, "persons");
    let mut dossiers: Vec<String> = due.into_iter().flat_map(|one| one.enrolments).collect();
    dossiers.sort_unstable();
    dossiers.dedup();
    assert_eq!(dossiers.len(), most + 31, "each once, across pages");
    let asked = |page_token| ExecuteRetentionRequest {
        actor: "dpo-1".to_owned(),
        reference: "DPO/2035-1".to_owned(),
        page_token,
        ..Default::default()
    };
    let first = privacy.execute_retention(asked(String::new())).await.unwrap().into_inner();
    assert_eq!(first.erasures.len(), 1, "one batch a call");
    let batch = first.erasures[0].enrolments.len();
    assert!((most - 1..=most).contains(&batch), "{batch}");
    assert!(!first.next_page_token.is_empty(), "there are more");
    let other = ExecuteRetentionRequest {
        reference: "DPO/2035-2".to_owned(),
        ..asked(first.next_page_token.clone())
    };
    assert!(privacy.execute_retention(other).await.is_err(), "a token is of its question");
    // Whoever was interrupted and has no token finds those who are left.
    let rest = privacy.execute_retention(asked(String::new())).await.unwrap().into_inner();
    assert_eq!(
        rest.erasures.iter().map(|one| one.enrolments.len()).sum::<usize>(),
        most + 31 - batch
    );
    assert_eq!(rest.next_page_token, "");
    let over = privacy.execute_retention(asked(first.next_page_token)).await.unwrap().into_inner();
    assert!(over.erasures.is_empty() && over.next_page_token.is_empty(), "{over:?}");
    assert!(in_pages(&mut privacy, ListDueErasuresRequest::default(), 300).await.is_empty());
    node.stop().await;
}

/// A contract that is written here, of an enrolment or none: its form filled, and signed on paper if asked.
async fn written(node: &Node, enrolment: &str, signed: bool) -> String {
    let mut client = ContractWorkflowServiceClient::new(node.channel.clone());
    let (request_id, actor) = (|| Uuid::new_v4().to_string(), || "agent-7".to_owned());
    let enrolment = enrolment.to_owned();
    let draft = DraftContractRequest { request_id: request_id(), actor: actor(), enrolment };
    let name = client.draft_contract(draft).await.unwrap().into_inner().name;
    let form = Form::from_json(include_str!("../docs/examples/contrat.json")).unwrap().form;
    let met = form.fields().into_iter().filter(|met| met.value.is_some());
    let fill = FillContractRequest {
        name: name.clone(),
        request_id: request_id(),
        actor: actor(),
        fields: met.map(|met| FieldValue { path: met.path, value: met.value }).collect(),
        ..Default::default()
    };
    client.fill_contract(fill).await.unwrap();
    if !signed {
        return name;
    }
    let attach = AttachDocumentRequest {
        name: name.clone(),
        request_id: request_id(),
        actor: actor(),
        kind: DocumentKind::TrainingAgreement.into(),
        content: b"la convention".to_vec(),
        ..Default::default()
    };
    client.attach_document(attach).await.unwrap();
    let (id, by) = (request_id(), actor());
    let publish = PublishContractRequest {
        name: name.clone(),
        request_id: id,
        actor: by,
        ..Default::default()
    };
    client.publish_contract(publish).await.unwrap();
    let paper = SignContractOnPaperRequest {
        name: name.clone(),
        request_id: request_id(),
        actor: actor(),
        content: b"le contrat, sur papier".to_vec(),
        attestation: "vu l'original".to_owned(),
        ..Default::default()
    };
    client.sign_contract_on_paper(paper).await.unwrap();
    name
}

/// The birth name in the form of a contract; empty once whose it was is erased.
async fn birth_name(node: &Node, name: &str) -> String {
    let mut client = ContractWorkflowServiceClient::new(node.channel.clone());
    let asked = GetContractWorkflowRequest { name: name.to_owned(), ..Default::default() };
    let form =
        client.get_contract_workflow(asked).await.unwrap().into_inner().rounds[0].form.clone();
    Form::from_json(&form)
        .unwrap()
        .form
        .apprentice
        .birth_name
        .map(|name| name.to_string())
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_erased_before_the_ten_years_of_a_contract_that_is_written_here() {
    let mut random = Random::announced("retention of contracts");
    let node = Node::start().await;
    node.set_clock("2025-10-01T03:00:00Z");
    // Without a declared contract: due two years after the end of the training.
    let mut learners = rows::learners(&mut random, 2);
    for row in &mut learners {
        row.contrat_date_debut = None;
        row.contrat_date_fin = None;
        row.siret_employeur = None;
    }
    let run = Run::new(&mut random, "erp-one", RunExtent::Full, "2025-10-01T02:00:00Z", learners);
    let answers = client::push(&node.channel, &run, 20).await;
    let [hers, other] = [0, 1].map(|n: usize| answers[n].enrolment.clone());
    let of_hers = written(&node, &hers, true).await;
    let alone = written(&node, "", true).await;
    let abandoned = written(&node, "", false).await;
    let empty = DraftContractRequest {
        request_id: Uuid::new_v4().to_string(),
        actor: "agent-7".to_owned(),
        enrolment: String::new(),
    };
    ContractWorkflowServiceClient::new(node.channel.clone()).draft_contract(empty).await.unwrap();

    let told = |due: ListDueErasuresResponse| -> Vec<(String, String)> {
        due.due.into_iter().map(|one| (one.due_on, one.enrolments.join(" "))).collect()
    };
    let is = |due_on: &str, of: &str| (due_on.to_owned(), of.to_owned());
    let first = [is("2027-10-01", &abandoned), is("2029-07-31", &other)];
    assert_eq!(told(due(&node, "2036-08-30", "").await), first, "not hers, nor the other contract");
    let all = told(due(&node, "2036-08-31", "").await);
    assert_eq!(all[..2], first);
    let mut last = all[2..].to_vec();
    last.sort();
    let mut ten_years = [is("2036-08-31", &hers), is("2036-08-31", &alone)];
    ten_years.sort();
    assert_eq!(last, ten_years);

    let mut privacy = PrivacyServiceClient::new(node.channel.clone());
    let execute = || ExecuteRetentionRequest {
        actor: "dpo-1".to_owned(),
        reference: "DPO/2036-1".to_owned(),
        ..Default::default()
    };
    node.set_clock("2036-08-29T03:00:00Z");
    let done = privacy.execute_retention(execute()).await.unwrap().into_inner();
    assert_eq!((done.erasures.len(), done.next_page_token.as_str()), (1, ""));
    let mut gone = done.erasures[0].enrolments.clone();
    gone.sort();
    assert_eq!(gone, [abandoned.clone(), other]);
    let names = [&of_hers, &alone, &abandoned].map(|name| birth_name(&node, name));
    let [hers_named, alone_named, abandoned_named] =
        futures::future::join_all(names).await.try_into().unwrap();
    assert_eq!((&*hers_named, &*alone_named, &*abandoned_named), ("D'Alençon", "D'Alençon", ""));
    node.set_clock("2036-09-01T03:00:00Z");
    let done = privacy.execute_retention(execute()).await.unwrap().into_inner();
    assert_eq!(done.erasures[0].enrolments.len(), 2, "{done:?}");
    for name in [&of_hers, &alone] {
        assert_eq!(birth_name(&node, name).await, "", "{name}");
    }
    assert!(due(&node, "2060-01-01", "").await.due.is_empty());
    node.stop().await;
}
