//! What people decide: ruptures, corrections, retractions, links, new ids.

use crate::house::{full, learner, learners, refusal, server};
use domain::dossier::Field;
use proto::v1::correct_event_request::Value;
use proto::v1::{
    BreakContractRequest, CorrectEventRequest, ExcludeLearnerRequest, LinkBasis,
    LinkPersonsRequest, ListEventsRequest, RemapLearnerRequest, RetractEventRequest,
    RetractionReason, RowOutcome, RuptureMode, RuptureValue,
};
use tonic::Code;
use uuid::Uuid;

fn id(n: u128) -> String {
    Uuid::from_u128(n).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rupture_is_declared_corrected_and_retracted_and_a_superseded_event_is_aborted() {
    let (_folder, server) = server().await;
    let pushed = server.push(&full(1, 1), &learners(1)).await;
    let enrolment = pushed.answers[0].enrolment.clone();
    let request = ListEventsRequest { parent: enrolment.clone(), ..Default::default() };
    let events = server.client.history().list_events(request).await.unwrap().into_inner().events;
    let contract = events.iter().find(|e| e.r#type == "ContractDeclared").unwrap().contract.clone();

    let request = BreakContractRequest {
        name: contract.clone(),
        request_id: id(1),
        actor: "agent-7".into(),
        effective_on: "2025-03-10".into(),
        mode: RuptureMode::MutualAgreement as i32,
        verbatim: "mots secrets".into(),
        ..Default::default()
    };
    let mut contracts = server.client.contracts();
    let broken = contracts.break_contract(request.clone()).await.unwrap().into_inner();
    let again = contracts.break_contract(request.clone()).await.unwrap().into_inner();
    assert_eq!(again, broken, "a retry gets the same receipt");
    let other = BreakContractRequest { effective_on: "2025-03-11".into(), ..request.clone() };
    let refused = refusal(contracts.break_contract(other).await);
    assert_eq!((refused.code, refused.reason.as_str()), (Code::AlreadyExists, "REQUEST_ID_REUSED"));
    let second = BreakContractRequest { request_id: id(2), ..request.clone() };
    assert_eq!(refusal(contracts.break_contract(second).await).reason, "ALREADY_SO");
    let unsigned = BreakContractRequest { actor: String::new(), ..request.clone() };
    assert_eq!(refusal(contracts.break_contract(unsigned).await).field, "actor");
    let late =
        BreakContractRequest { effective_on: "9999-01-01".into(), request_id: id(3), ..request };
    assert_eq!(refusal(contracts.break_contract(late).await).field, "effective_on");

    let mut enrolments = server.client.enrolments();
    let correct = |n, event: &str, value| CorrectEventRequest {
        enrolment: enrolment.clone(),
        event_id: event.into(),
        request_id: id(n),
        actor: "agent-7".into(),
        value: Some(value),
    };
    let value =
        |day: &str| Value::Rupture(RuptureValue { effective_on: day.into(), ..Default::default() });
    let corrected =
        enrolments.correct_event(correct(4, &broken.event_id, value("2025-03-12"))).await;
    let corrected = corrected.unwrap().into_inner().receipt.unwrap();
    let stale = enrolments.correct_event(correct(5, &broken.event_id, value("2025-03-13"))).await;
    let stale = refusal(stale);
    assert_eq!((stale.code, stale.reason.as_str()), (Code::Aborted, "EVENT_SUPERSEDED"));
    let wrong = correct(6, &corrected.event_id, Value::Day("2025-03-13".into()));
    assert_eq!(refusal(enrolments.correct_event(wrong).await).code, Code::FailedPrecondition);
    let retract = RetractEventRequest {
        enrolment: enrolment.clone(),
        event_id: corrected.event_id,
        request_id: id(7),
        actor: "agent-7".into(),
        reason: RetractionReason::SentByMistake as i32,
    };
    let retracted = enrolments.retract_event(retract).await.unwrap().into_inner();
    let request = ListEventsRequest { parent: contract, ..Default::default() };
    let told = server.client.history().list_events(request).await.unwrap().into_inner().events;
    let last = told.last().unwrap();
    assert_eq!(last.event_id, retracted.receipt.unwrap().event_id);
    assert_eq!(last.r#type, "EventRetracted");
    assert!(last.actor.starts_with("k-") && last.actor.ends_with("/agent-7"), "{}", last.actor);
    assert!(told.iter().all(|event| !event.body_json.contains("secrets")));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_on_names_and_a_first_of_january_is_refused_and_a_new_id_finds_its_dossier() {
    let (_folder, server) = server().await;
    let rows: Vec<_> =
        (0..2).map(|n| learner(n).with(Field::DateDeNaissanceApprenant, "2006-01-01")).collect();
    let pushed = server.push(&full(1, 2), &rows).await;
    let link = |n, basis: LinkBasis| LinkPersonsRequest {
        enrolment: pushed.answers[0].enrolment.clone(),
        other_enrolment: pushed.answers[1].enrolment.clone(),
        request_id: id(n),
        actor: "agent-7".into(),
        basis: basis as i32,
    };
    let mut enrolments = server.client.enrolments();
    let refused = refusal(enrolments.link_persons(link(1, LinkBasis::NamesAndBirthDate)).await);
    assert_eq!(refused.field, "basis");
    let linked = enrolments.link_persons(link(2, LinkBasis::IdentityDocument)).await.unwrap();
    let again = enrolments.link_persons(link(2, LinkBasis::IdentityDocument)).await.unwrap();
    assert_eq!(again.into_inner(), linked.into_inner());
    let refused = refusal(enrolments.link_persons(link(3, LinkBasis::Ine)).await);
    assert_eq!(refused.reason, "ALREADY_SO");

    let remap = |n, id_erp: &str| RemapLearnerRequest {
        enrolment: pushed.answers[0].enrolment.clone(),
        request_id: id(n),
        actor: "agent-7".into(),
        id_erp_apprenant: id_erp.into(),
    };
    assert_eq!(refusal(enrolments.remap_learner(remap(4, "L1")).await).reason, "NOT_ALLOWED");
    enrolments.remap_learner(remap(5, "NEUF")).await.unwrap();
    let renamed = [rows[0].clone().with(Field::IdErpApprenant, "NEUF"), rows[1].clone()];
    let again = server.push(&full(2, 2), &renamed).await;
    assert_eq!(again.answers[0].enrolment, pushed.answers[0].enrolment);
    assert_eq!(again.answers[0].outcome(), RowOutcome::Unchanged);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exclusion_is_declared_once_and_changes_the_status() {
    let (_folder, server) = server().await;
    let pushed = server.push(&full(1, 1), &learners(1)).await;
    let enrolment = pushed.answers[0].enrolment.clone();
    let request = ExcludeLearnerRequest {
        enrolment: enrolment.clone(),
        request_id: id(1),
        actor: "agent-7".into(),
        on: "2025-03-10".into(),
        cause: "absences".into(),
    };
    let mut enrolments = server.client.enrolments();
    let done = enrolments.exclude_learner(request.clone()).await.unwrap().into_inner();
    let again = enrolments.exclude_learner(request.clone()).await.unwrap().into_inner();
    assert_eq!(again, done, "a retry gets the same receipt");
    let second = ExcludeLearnerRequest { request_id: id(2), ..request.clone() };
    let refused = refusal(enrolments.exclude_learner(second).await);
    assert_eq!(refused.reason, "ALREADY_SO");
    let words = ExcludeLearnerRequest { request_id: id(3), cause: "x".repeat(4_097), ..request };
    assert_eq!(refusal(enrolments.exclude_learner(words).await).field, "cause");
    let request = ListEventsRequest { parent: enrolment, ..Default::default() };
    let events = server.client.history().list_events(request).await.unwrap().into_inner().events;
    let last = events.last().unwrap();
    assert_eq!(last.r#type, "LearnerExcluded");
    assert!(last.actor.starts_with("k-") && last.actor.ends_with("/agent-7"), "{}", last.actor);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn words_that_hold_a_nir_are_refused_by_field_and_nothing_is_written() {
    let (_folder, server) = server().await;
    let pushed = server.push(&full(1, 1), &learners(1)).await;
    let enrolment = pushed.answers[0].enrolment.clone();
    let request = ListEventsRequest { parent: enrolment.clone(), ..Default::default() };
    let events = server.client.history().list_events(request).await.unwrap().into_inner().events;
    let contract = events.iter().find(|e| e.r#type == "ContractDeclared").unwrap().contract.clone();
    let words = "sécu 1 85 05 78 006 084 91";
    let mut contracts = server.client.contracts();
    let mut enrolments = server.client.enrolments();
    let breaking = BreakContractRequest {
        name: contract,
        request_id: id(1),
        actor: "agent-7".into(),
        effective_on: "2025-03-10".into(),
        ..Default::default()
    };
    let broken = contracts.break_contract(breaking.clone()).await.unwrap().into_inner();
    let head = server.head().await;

    let request =
        BreakContractRequest { verbatim: words.into(), request_id: id(2), ..breaking.clone() };
    let mut refused = vec![("verbatim", refusal(contracts.break_contract(request).await))];
    let request = BreakContractRequest { actor: words.into(), request_id: id(3), ..breaking };
    refused.push(("actor", refusal(contracts.break_contract(request).await)));
    let request = CorrectEventRequest {
        enrolment: enrolment.clone(),
        event_id: broken.event_id,
        request_id: id(4),
        actor: "agent-7".into(),
        value: Some(Value::Rupture(RuptureValue {
            effective_on: "2025-03-11".into(),
            verbatim: words.into(),
            ..Default::default()
        })),
    };
    refused.push(("rupture.verbatim", refusal(enrolments.correct_event(request).await)));
    let request = RemapLearnerRequest {
        enrolment,
        request_id: id(5),
        actor: "agent-7".into(),
        id_erp_apprenant: "185057800608491".into(),
    };
    refused.push(("id_erp_apprenant", refusal(enrolments.remap_learner(request).await)));
    for (field, refused) in refused {
        assert_eq!((refused.code, refused.field.as_str()), (Code::InvalidArgument, field));
        assert!(refused.french.contains("sécurité sociale"), "{}", refused.french);
        assert!(!refused.french.contains("1 85"), "the number is not quoted");
    }
    assert_eq!(server.head().await, head);
    server.stop().await;
}
