//! Pushes through the network and the disk.

use crate::house::{Server, count, full, learner, learners, refusal, run, server};
use domain::dossier::{Field, RawDossier, complete_row};
use grpc::convert::dossier::to_message;
use grpc::limits;
use proto::v1::push_dossiers_request::Message;
use proto::v1::{
    BatchPushDossiersRequest, ConfirmPushRunRequest, DossierRow, GetPushRunRequest,
    ListEventsRequest, ListPushRunsRequest, ListRefusedRowsRequest, PushDossiersRequest,
    RejectPushRunRequest, RowAnswer, RowOutcome, RunDeclaration, RunExtent, RunState,
};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio_stream::wrappers::ReceiverStream;

/// Rows of ten events each or so, whose receipts are more than an answer holds.
const LARGE_BATCH: usize = 1_200;

const ID: &str = "0e7a7d3c-36c1-4d0c-9d5e-3f4f6e0f1a2b";

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_dossiers_twenty_refusals_and_a_second_push_of_one_event_after_a_restart() {
    let (folder, server) = server().await;
    let mut rows = learners(2_000);
    for row in rows.iter_mut().step_by(100) {
        row.set(Field::DateEntreeFormation, None);
    }
    let first = server.push(&full(1, 2_000), &rows).await;
    assert_eq!(count(&first.answers, RowOutcome::Written), 1_980);
    assert_eq!(count(&first.answers, RowOutcome::Refused), 20);
    for answer in &first.answers {
        let refused = answer.outcome() == RowOutcome::Refused;
        assert_eq!(refused, answer.row % 100 == 0);
        assert_eq!(refused, answer.events.is_empty());
        assert_eq!(refused, answer.errors.iter().any(|e| e.field == "date_entree_formation"));
        assert!(answer.errors.iter().all(|e| e.text.as_ref().is_some_and(|t| !t.fr.is_empty())));
    }
    let positions: Vec<u64> =
        first.answers.iter().flat_map(|a| &a.events).map(|e| e.position).collect();
    let head = server.head().await;
    let mut sorted = positions.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, (1..head).collect::<Vec<_>>(), "every event once, then the run's");
    let request = ListRefusedRowsRequest { page_size: 15, ..Default::default() };
    let page = server.client.ingestion().list_refused_rows(request.clone()).await.unwrap();
    let page = page.into_inner();
    assert_eq!(page.refused_rows.len(), 15);
    let request = ListRefusedRowsRequest { page_token: page.next_page_token, ..request };
    let rest = server.client.ingestion().list_refused_rows(request).await.unwrap().into_inner();
    assert_eq!((rest.refused_rows.len(), rest.next_page_token.as_str()), (5, ""));
    server.stop().await;

    let server = Server::start(folder.path()).await;
    let second = server.push(&full(2, 2_000), &rows).await;
    assert_eq!(count(&second.answers, RowOutcome::Unchanged), 1_980);
    assert_eq!(server.head().await, head + 1);
    let again = server.push(&full(1, 2_000), &rows).await;
    assert_eq!(again.run.position, first.run.position);
    assert_eq!(again.answers[1], first.answers[1], "a row that wrote keeps its receipt");
    assert_eq!(server.head().await, head + 1);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_refused_between_two_pages_moves_none_of_the_others() {
    let (_folder, server) = server().await;
    let refused = |n| learner(n).with(Field::DateEntreeFormation, "");
    server.push(&full(1, 3), &[refused(0), refused(1), refused(2)]).await;
    let request = ListRefusedRowsRequest { page_size: 2, ..Default::default() };
    let first = server.client.ingestion().list_refused_rows(request.clone()).await.unwrap();
    let first = first.into_inner();
    server.push(&full(2, 1), &[refused(3)]).await;
    let request = ListRefusedRowsRequest { page_token: first.next_page_token, ..request };
    let rest = server.client.ingestion().list_refused_rows(request).await.unwrap().into_inner();
    assert_eq!(rest.next_page_token, "");
    let rows: Vec<u32> =
        first.refused_rows.iter().chain(&rest.refused_rows).map(|refused| refused.row).collect();
    assert_eq!(rows, [2, 1, 0], "each once, newest first");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_answers_in_order_and_closes_its_run() {
    let (_folder, server) = server().await;
    let pushed = server.client.push_stream(&full(1, 300), &learners(300)).await.unwrap();
    assert_eq!(count(&pushed.answers, RowOutcome::Written), 300);
    assert!((0..300).eq(pushed.answers.iter().map(|a| a.row)));
    assert_eq!(pushed.run.state(), RunState::Closed);
    let batch = server.push(&full(2, 300), &learners(300)).await;
    assert_eq!(count(&batch.answers, RowOutcome::Unchanged), 300);
    let request = ListPushRunsRequest { page_size: 1, ..Default::default() };
    let page = server.client.ingestion().list_push_runs(request).await.unwrap().into_inner();
    assert_eq!(page.push_runs[0].position, batch.run.position);
    let request = ListPushRunsRequest {
        page_size: 1,
        page_token: page.next_page_token,
        ..Default::default()
    };
    let page = server.client.ingestion().list_push_runs(request).await.unwrap().into_inner();
    assert_eq!(page.push_runs[0].position, pushed.run.position);
    server.stop().await;
}

/// A stream that sent its declaration and one row, and is still open.
fn begun(
    run: RunDeclaration,
) -> (Sender<PushDossiersRequest>, ReceiverStream<PushDossiersRequest>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(8);
    let dossier = grpc::convert::dossier::to_message(&learner(0)).unwrap();
    let row = DossierRow::of(&dossier);
    for message in [Message::Run(run), Message::Row(row)] {
        sender.try_send(PushDossiersRequest { message: Some(message) }).unwrap();
    }
    (sender, ReceiverStream::new(receiver))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_breaks_or_is_cancelled_before_its_end_writes_nothing() {
    let (_folder, server) = server().await;
    let mut partial = run(1, RunExtent::Partial, 1);
    partial.row_count = None;
    for run in [full(1, 2), partial] {
        let (sender, stream) = begun(run);
        let responses = server.client.ingestion().push_dossiers(stream).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop(responses);
        tokio::time::sleep(Duration::from_millis(200)).await;
        drop(sender);
        assert_eq!(server.head().await, 0);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_came_whole_is_written_though_its_client_leaves() {
    let (_folder, server) = server().await;
    // On a busy machine the client may have left before its row came: then it tries once more.
    for day in 1..20 {
        let run = full(day, 1);
        let (sender, stream) = begun(run.clone());
        let responses = server.client.ingestion().push_dossiers(stream).await.unwrap();
        tokio::time::sleep(Duration::from_millis(100)).await;
        drop((responses, sender));
        let name = format!("pushRuns/{}/{}", run.source, run.run_id);
        for _ in 0..20 {
            let request = GetPushRunRequest { name: name.clone() };
            if server.client.ingestion().get_push_run(request).await.is_ok() {
                return server.stop().await;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    panic!("a whole stream is never written");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_with_fewer_rows_than_announced_is_refused_and_writes_nothing() {
    let (_folder, server) = server().await;
    let (sender, stream) = begun(full(1, 2));
    drop(sender);
    let mut ingestion = server.client.ingestion();
    let mut answers = ingestion.push_dossiers(stream).await.unwrap().into_inner();
    let refused = refusal(answers.message().await);
    assert_eq!(refused.reason, "RUN_INCOMPLETE");
    assert_eq!(server.head().await, 0);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_rupture_column_is_held_and_confirmed_or_rejected_by_name() {
    let (_folder, server) = server().await;
    let broken: Vec<_> =
        (0..6).map(|n| learner(n).with(Field::ContratDateRupture, "2025-03-10")).collect();
    server.push(&full(1, 6), &broken).await;
    let held = server.push(&full(2, 6), &learners(6)).await.run;
    assert_eq!(held.state(), RunState::Held);
    assert_eq!(held.summary.as_ref().unwrap().held_disappearances, 6);
    assert!(held.hold_reason.as_ref().unwrap().fr.contains("ruptures"));
    let (name, request_id) = (held.name.clone(), ID.to_owned());
    let reject = RejectPushRunRequest {
        name: name.clone(),
        request_id: request_id.clone(),
        actor: "agent-7".into(),
    };
    let rejected = server.client.ingestion().reject_push_run(reject).await.unwrap().into_inner();
    assert_eq!(rejected.state(), RunState::Rejected);
    let confirm = ConfirmPushRunRequest { name: name.clone(), request_id, actor: "agent-7".into() };
    let refused = refusal(server.client.ingestion().confirm_push_run(confirm).await);
    assert_eq!(refused.reason, "NOT_ALLOWED");
    let found = server.client.ingestion().get_push_run(GetPushRunRequest { name }).await;
    assert_eq!(found.unwrap().into_inner().state(), RunState::Rejected);
    let held = server.push(&full(3, 6), &learners(6)).await.run;
    let confirm = ConfirmPushRunRequest {
        name: held.name,
        request_id: "1e7a7d3c-36c1-4d0c-9d5e-3f4f6e0f1a2b".into(),
        actor: "agent-7".into(),
    };
    let head = server.head().await;
    let done = server.client.ingestion().confirm_push_run(confirm.clone()).await.unwrap();
    assert_eq!(done.into_inner().state(), RunState::Confirmed);
    assert_eq!(server.head().await, head + 7);
    let again = server.client.ingestion().confirm_push_run(confirm).await.unwrap();
    assert_eq!(again.into_inner().state(), RunState::Confirmed);
    assert_eq!(server.head().await, head + 7);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_clients_push_one_new_dossier_at_once_and_it_is_there_once() {
    let (_folder, server) = server().await;
    let other =
        grpc::client::Client::connect(&server.address, server.credential.clone()).await.unwrap();
    let mut second = run(2, RunExtent::Partial, 40);
    second.run_id = ID.into();
    let first = run(1, RunExtent::Partial, 40);
    let rows = learners(40);
    let (one, two) =
        tokio::join!(server.client.push(&first, &rows, |_| {}), other.push(&second, &rows, |_| {}));
    let (one, two) = (one.unwrap(), two.unwrap());
    let written = |a: &[proto::v1::RowAnswer]| count(a, RowOutcome::Written);
    assert_eq!(written(&one.answers) + written(&two.answers), 40);
    let names = |a: &[proto::v1::RowAnswer]| -> Vec<String> {
        a.iter().map(|answer| answer.enrolment.clone()).collect()
    };
    assert_eq!(names(&one.answers), names(&two.answers));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_abandon_that_the_source_takes_back_is_withdrawn_in_the_history() {
    let (_folder, server) = server().await;
    let declares = |status: &str, since: &str| {
        [learner(0)
            .with(Field::StatutApprenant, status)
            .with(Field::DateMetierMiseAJourStatut, since)]
    };
    let first = server.push(&full(1, 1), &declares("0", "2025-09-20")).await;
    let second = server.push(&full(2, 1), &declares("3", "2025-09-25")).await;
    let types: Vec<_> = second.answers[0].events.iter().map(|e| e.r#type.as_str()).collect();
    assert_eq!(types, ["EnrolmentAmended", "Retracted"]);
    let parent = first.answers[0].enrolment.clone();
    let request = ListEventsRequest { parent, ..Default::default() };
    let told = server.client.history().list_events(request).await.unwrap().into_inner().events;
    assert!(told.last().unwrap().body_json.contains("OTHER_STATUS_DECLARED"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_as_many_receipts_as_its_limit_holds_and_a_stream_has_all() {
    let (_folder, server) = server().await;
    let learner = |n: usize| {
        complete_row()
            .with(Field::IdErpApprenant, &format!("L{n}"))
            .with(Field::NomApprenant, &format!("NOM{n}"))
            .with(Field::IneApprenant, "")
    };
    let rows: Vec<RawDossier> = (0..LARGE_BATCH).map(learner).collect();
    let asked = RunDeclaration { proofs: true, ..full(1, rows.len()) };
    let batch = BatchPushDossiersRequest {
        run: Some(asked.clone()),
        rows: rows.iter().map(|row| DossierRow::of(&to_message(row).unwrap())).collect(),
        ..Default::default()
    };
    let answered = server.client.ingestion().batch_push_dossiers(batch).await.unwrap().into_inner();
    let proofs = |answers: &[RowAnswer]| -> Vec<String> {
        let events = answers.iter().flat_map(|answer| &answer.events);
        events.map(|event| event.proof.clone()).collect()
    };
    let some = proofs(&answered.answers);
    let bytes: usize = some.iter().map(String::len).sum();
    let count = some.iter().filter(|proof| !proof.is_empty()).count();
    assert!(bytes <= limits::RECEIPTS_BYTES, "{bytes} bytes of receipts");
    assert!(count < some.len(), "{bytes} bytes of receipts are not too many");
    assert!(some[..count].iter().all(|proof| !proof.is_empty()), "one in the middle is left out");
    let streamed = server.client.push_stream(&asked, &rows).await.unwrap();
    let all = proofs(&streamed.answers);
    assert_eq!(all.len(), some.len());
    assert!(all.iter().all(|proof| !proof.is_empty()));
    // In parts that a limit holds: what the client makes of a run that asks for them.
    let parted = server.client.push(&asked, &rows, |_| {}).await.unwrap();
    assert!(proofs(&parted.answers).iter().all(|proof| !proof.is_empty()));
}
