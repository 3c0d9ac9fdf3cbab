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
use proto::v1::privacy_service_client::PrivacyServiceClient;
use proto::v1::{
    ErasureRequester, ErasureState, ExecuteRetentionRequest, LegalBasis, ListDueErasuresRequest,
    ListDueErasuresResponse, RowOutcome, RunExtent,
};

async fn due(node: &Node, until: &str, rules: &str) -> ListDueErasuresResponse {
    let mut privacy = PrivacyServiceClient::new(node.channel.clone());
    let asked =
        ListDueErasuresRequest { until: until.to_owned(), rules_json: rules.as_bytes().to_vec() };
    privacy.list_due_erasures(asked).await.unwrap().into_inner()
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
    let wrong = ListDueErasuresRequest { until: String::new(), rules_json: b"[]".to_vec() };
    assert!(privacy.list_due_erasures(wrong).await.is_err());
    let execute = || ExecuteRetentionRequest {
        actor: "dpo-1".to_owned(),
        reference: "DPO/2030-1".to_owned(),
        rules_json: Vec::new(),
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
