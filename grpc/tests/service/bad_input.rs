//! Bad input of every kind gets a typed error, and the server lives on.

use crate::house::{full, learner, learners, refusal, run, server};
use proto::v1::push_dossiers_request::Message;
use proto::v1::{
    BatchPushDossiersRequest, ComputeHeadcountRequest, DossierRow, GetEnrolmentRequest,
    ListEnrolmentsRequest, PushDossiersRequest, RowOutcome, RunExtent, TimeQuery,
};
use tonic::Code;

fn batch(rows: Vec<DossierRow>) -> BatchPushDossiersRequest {
    let run = run(1, RunExtent::Partial, rows.len());
    BatchPushDossiersRequest { run: Some(run), rows, first_row: 0, more_parts_follow: false }
}

fn row(n: usize) -> DossierRow {
    DossierRow::of(&grpc::convert::dossier::to_message(&learner(n)).unwrap())
}

/// A row with an address of so many bytes.
fn addressed(n: usize, bytes: usize) -> DossierRow {
    let mut dossier = grpc::convert::dossier::to_message(&learner(n)).unwrap();
    dossier.adresse_apprenant = Some("x".repeat(bytes));
    DossierRow::of(&dossier)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ten_megabyte_string_is_refused_and_the_next_push_is_served() {
    let (_folder, server) = server().await;
    let huge = addressed(0, 11 * 1024 * 1024);
    let status = server
        .client
        .ingestion()
        .max_encoding_message_size(usize::MAX)
        .batch_push_dossiers(batch(vec![huge]))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    let large = addressed(0, 9 * 1024 * 1024);
    let answered = server.client.ingestion().batch_push_dossiers(batch(vec![large])).await;
    let answer = &answered.unwrap().into_inner().answers[0];
    assert!(
        answer.outcome() == RowOutcome::Refused || !answer.warnings.is_empty(),
        "a text above 4 KiB is told"
    );
    let pushed = server.push(&full(2, 3), &learners(3)).await;
    assert_eq!(pushed.answers.len(), 3);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_empty_rows_is_refused_before_it_is_decoded() {
    let (_folder, server) = server().await;
    let flood = batch(vec![DossierRow::default(); 50_000]);
    let status = server.client.ingestion().batch_push_dossiers(flood).await.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument);
    assert!(status.message().contains("far more rows"), "{}", status.message());
    let pushed = server.push(&full(1, 2), &learners(2)).await;
    assert_eq!(pushed.answers.len(), 2);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn declarations_batches_and_streams_out_of_form_are_told_by_field() {
    let (_folder, server) = server().await;
    let mut ingestion = server.client.ingestion();
    let refused = refusal(ingestion.batch_push_dossiers(BatchPushDossiersRequest::default()).await);
    assert_eq!((refused.code, refused.field.as_str()), (Code::InvalidArgument, "run"));
    let too_many = batch(vec![DossierRow::default(); 2_001]);
    assert_eq!(refusal(ingestion.batch_push_dossiers(too_many).await).field, "rows");
    for year in ["0000", "9999"] {
        let mut request = batch(vec![row(0)]);
        request.run.as_mut().unwrap().extracted_at = format!("{year}-01-01T00:00:00Z");
        let refused = refusal(ingestion.batch_push_dossiers(request).await);
        assert_eq!(refused.field, "run.extracted_at");
        assert!(!refused.french.is_empty());
    }
    let mut unknown = batch(vec![row(0)]);
    unknown.run.as_mut().unwrap().extent = 42;
    assert_eq!(refusal(ingestion.batch_push_dossiers(unknown).await).field, "run.extent");
    for messages in [vec![], vec![None], vec![Some(Message::Row(row(0)))]] {
        let messages: Vec<_> =
            messages.into_iter().map(|message| PushDossiersRequest { message }).collect();
        let stream = ingestion.push_dossiers(futures::stream::iter(messages)).await;
        let first = stream.unwrap().into_inner().message().await;
        assert_eq!(refusal(first).reason, "UNEXPECTED_MESSAGE");
    }
    assert_eq!(server.head().await, 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_id_or_a_row_request_id_with_another_body_is_told_with_both_digests() {
    let (_folder, server) = server().await;
    server.push(&full(1, 2), &learners(2)).await;
    let other = [learner(0), learner(7)];
    let status = server.client.push(&full(1, 2), &other, |_| {}).await;
    let refused = refusal(status);
    assert_eq!((refused.code, refused.reason.as_str()), (Code::AlreadyExists, "RUN_ID_REUSED"));
    let id = "0e7a7d3c-36c1-4d0c-9d5e-3f4f6e0f1a2b";
    for (n, outcome) in [(20, RowOutcome::Written), (21, RowOutcome::Refused)] {
        let mut request = batch(vec![DossierRow { request_id: id.into(), ..row(n) }]);
        request.run.as_mut().unwrap().run_id = uuid::Uuid::from_u128(n as u128).to_string();
        let answered = server.client.ingestion().batch_push_dossiers(request).await.unwrap();
        let answer = answered.into_inner().answers.remove(0);
        assert_eq!(answer.outcome(), outcome);
        assert_eq!(answer.errors.iter().any(|e| e.rule == "REQUEST_ID_REUSED"), n == 21);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_out_of_form_are_told_by_field() {
    let (_folder, server) = server().await;
    let time = |as_of: &str, known_at: &str| {
        Some(TimeQuery { as_of: as_of.into(), known_at: known_at.into(), min_position: 0 })
    };
    let mut dashboard = server.client.dashboard();
    for (time, field) in [
        (time("0000-01-01", ""), "as_of"),
        (time("9999-12-31", ""), "as_of"),
        (time("", "@x"), "known_at"),
    ] {
        let request = ComputeHeadcountRequest { time, ..Default::default() };
        assert_eq!(refusal(dashboard.compute_headcount(request).await).field, field);
    }
    let request = ComputeHeadcountRequest { rule_set: 9, ..Default::default() };
    assert_eq!(refusal(dashboard.compute_headcount(request).await).field, "rule_set");
    let request = ComputeHeadcountRequest { group_by: 99, ..Default::default() };
    assert_eq!(refusal(dashboard.compute_headcount(request).await).field, "group_by");
    let mut enrolments = server.client.enrolments();
    let request = GetEnrolmentRequest { name: "enrolments/x".into(), ..Default::default() };
    assert_eq!(refusal(enrolments.get_enrolment(request).await).field, "name");
    let name = format!("enrolments/{}", uuid::Uuid::nil());
    let request = GetEnrolmentRequest { name, ..Default::default() };
    assert_eq!(refusal(enrolments.get_enrolment(request).await).code, Code::NotFound);
    let request = ListEnrolmentsRequest { page_token: "00ff".into(), ..Default::default() };
    let refused = refusal(enrolments.list_enrolments(request).await);
    assert_eq!(
        (refused.code, refused.reason.as_str()),
        (Code::InvalidArgument, "INVALID_PAGE_TOKEN")
    );
    server.stop().await;
}
