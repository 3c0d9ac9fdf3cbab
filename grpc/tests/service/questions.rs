//! Questions: what views answer, page by page; health and reflection.

use crate::house::{full, learner, learners, refusal, server};
use domain::dossier::Field;
use ledger::record::{Header, digest};
use proto::v1::{
    ComputeEvolutionRequest, ComputeHeadcountRequest, ComputeOutcomesRequest,
    GetReferenceSetRequest, GetTrajectoryRequest, ImportReferenceSetRequest, ListAlertsRequest,
    ListContractsRequest, ListEnrolmentsRequest, ListEventsRequest, StreamEventsRequest,
    StreamRecordsRequest, SummarizeAlertsRequest, TimeQuery,
};
use std::time::Duration;
use tonic::service::interceptor::InterceptedService;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_pushed_is_counted_listed_and_told() {
    let (_folder, server) = server().await;
    let mut rows = learners(5);
    rows[0] = learner(0).with(Field::ContratDateRupture, "2025-03-10");
    let pushed = server.push(&full(1, 5), &rows).await;
    let time = Some(TimeQuery {
        as_of: "2025-04-01".into(),
        known_at: String::new(),
        min_position: pushed.run.position,
    });
    let request = ComputeHeadcountRequest { time: time.clone(), ..Default::default() };
    let answer = server.client.dashboard().compute_headcount(request).await.unwrap().into_inner();
    let total = answer.total.unwrap();
    assert_eq!((total.apprentis, total.rupturants, total.apprenants), (4, 1, 5));
    let basis = answer.basis.unwrap();
    assert_eq!((basis.position, basis.as_of.as_str()), (pushed.run.position, "2025-04-01"));

    let request = ComputeEvolutionRequest {
        from_month: "2024-09".into(),
        to_month: "2025-04".into(),
        ..Default::default()
    };
    let months = server.client.dashboard().compute_evolution(request).await.unwrap().into_inner();
    assert_eq!(months.months.len(), 8);

    let enrolment = &pushed.answers[0].enrolment;
    let request = GetTrajectoryRequest { name: enrolment.clone(), time: time.clone(), rule_set: 0 };
    let answer = server.client.enrolments().get_trajectory(request).await.unwrap().into_inner();
    assert_eq!(answer.current(), proto::v1::Status::Rupturant);

    let request =
        ListContractsRequest { broken_only: true, time: time.clone(), ..Default::default() };
    let broken = server.client.contracts().list_contracts(request).await.unwrap().into_inner();
    assert_eq!(broken.contracts.len(), 1);
    assert_eq!(broken.contracts[0].broken_on, "2025-03-10");

    let request =
        ListEventsRequest { parent: broken.contracts[0].name.clone(), ..Default::default() };
    let told = server.client.history().list_events(request).await.unwrap().into_inner();
    let broken = told.events.iter().find(|event| event.r#type == "ContractBroken").unwrap();
    assert!(broken.sentence_fr.contains("2025"), "{}", broken.sentence_fr);
    assert!(broken.body_json.contains("effective_day"), "{}", broken.body_json);
    assert_eq!(broken.leaf_hash.len(), 32);

    let request = ListAlertsRequest { time: time.clone(), ..Default::default() };
    let alerts = server.client.alerts().list_alerts(request).await.unwrap().into_inner().alerts;
    assert!(alerts.iter().any(|alert| &alert.enrolment == enrolment));
    let request = SummarizeAlertsRequest { time: time.clone(), ..Default::default() };
    let summary = server.client.alerts().summarize_alerts(request).await.unwrap().into_inner();
    assert_eq!(summary.counts.iter().map(|c| c.count).sum::<u64>(), alerts.len() as u64);

    let request = ComputeOutcomesRequest {
        time,
        started_from: "2024-09-01".into(),
        started_to: "2024-09-30".into(),
        ..Default::default()
    };
    let outcomes = server.client.outcomes().compute_outcomes(request).await.unwrap().into_inner();
    let total = outcomes.total.unwrap();
    assert_eq!((total.contracts, total.broken), (5, 1));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_list_reflect_the_first_page_whatever_is_written_in_between() {
    let (_folder, server) = server().await;
    let pushed = server.push(&full(1, 7), &learners(7)).await;
    let mut request = ListEnrolmentsRequest {
        time: Some(TimeQuery { min_position: pushed.run.position, ..Default::default() }),
        page_size: 3,
        ..Default::default()
    };
    let mut names = Vec::new();
    loop {
        let page = server.client.enrolments().list_enrolments(request.clone()).await.unwrap();
        let page = page.into_inner();
        assert_eq!(page.basis.unwrap().position, pushed.run.position);
        names.extend(page.enrolments.into_iter().map(|enrolment| enrolment.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        let day = 2 + names.len() as u32;
        server.push(&full(day, 8), &learners(8)).await;
    }
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 7);
    request.trainer_uai = "0010826T".into();
    let foreign = refusal(server.client.enrolments().list_enrolments(request).await);
    assert_eq!(foreign.reason, "INVALID_PAGE_TOKEN");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_streamed_whole_and_then_live_without_what_names_a_person() {
    let (_folder, server) = server().await;
    let pushed = server.push(&full(1, 3), &learners(3)).await;
    let request = StreamEventsRequest { after_position: 0, follow: true };
    let mut log = server.client.history().stream_events(request).await.unwrap().into_inner();
    for position in 1..=pushed.run.position {
        let event = log.message().await.unwrap().unwrap().event.unwrap();
        assert_eq!(event.position, position);
        assert!(!event.body_json.contains("NOM"), "{}", event.body_json);
        assert_eq!(
            event.r#type == "EnrolmentDeclared",
            event.sealed.contains(&"identity".to_owned())
        );
    }
    server.push(&full(2, 3), &learners(3)).await;
    let event = log.message().await.unwrap().unwrap().event.unwrap();
    assert_eq!((event.position, event.r#type.as_str()), (pushed.run.position + 1, "PushRunClosed"));
    drop(log);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_streamed_as_it_is_stored() {
    let (_folder, server) = server().await;
    let last = server.push(&full(1, 40), &learners(40)).await.run.position;
    let history = || server.client.history();
    let request = StreamEventsRequest { after_position: 0, follow: false };
    let mut stream = history().stream_events(request).await.unwrap().into_inner();
    let mut events = Vec::new();
    while let Some(told) = stream.message().await.unwrap() {
        events.push(told.event.unwrap());
    }
    for include_sections in [false, true] {
        let request = StreamRecordsRequest { include_sections, ..Default::default() };
        let mut stream = history().stream_records(request).await.unwrap().into_inner();
        let (mut records, mut sealed) = (Vec::new(), 0);
        while let Some(told) = stream.message().await.unwrap() {
            records.extend(told.records);
        }
        assert_eq!((records.len(), events.len() as u64), (events.len(), last));
        for (record, event) in records.iter().zip(&events) {
            assert_eq!(record.position, event.position);
            assert_eq!(seal::leaf_hash(&record.header).to_vec(), event.leaf_hash);
            let header = Header::decode(&record.header).unwrap();
            assert_eq!(header.body_hash, digest(&record.body));
            let named = if include_sections { header.sections.len() } else { 0 };
            assert_eq!(record.sections.len(), named);
            for (section, named) in record.sections.iter().zip(&header.sections) {
                assert_eq!(digest(section), named.hash);
                sealed += 1;
            }
        }
        assert_eq!(sealed > 0, include_sections);
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_ends_the_streams_of_those_who_follow() {
    let (_folder, server) = server().await;
    let request = StreamEventsRequest { after_position: 0, follow: true };
    let mut log = server.client.history().stream_events(request).await.unwrap().into_inner();
    let reader = tokio::spawn(async move { log.message().await.unwrap_err() });
    let stopped = tokio::time::timeout(Duration::from_secs(8), server.stop()).await;
    assert!(stopped.is_ok(), "it waited for a reader who never leaves");
    assert_eq!(reader.await.unwrap().code(), tonic::Code::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reference_set_is_loaded_once() {
    let (_folder, server) = server().await;
    let mut references = server.client.references();
    let request = GetReferenceSetRequest::default();
    let built_in = references.get_reference_set(request.clone()).await.unwrap().into_inner();
    assert_eq!(built_in.position, 0);
    let mut set = projections::reference::ReferenceSet::built_in().unwrap();
    set.name = "autre".into();
    let import = |id: u128| ImportReferenceSetRequest {
        json: set.canonical_bytes().unwrap(),
        request_id: uuid::Uuid::from_u128(id).to_string(),
    };
    let first = references.import_reference_set(import(1)).await.unwrap().into_inner();
    assert_eq!((first.position, first.title.as_str()), (1, "autre"));
    let again = references.import_reference_set(import(2)).await.unwrap().into_inner();
    assert_eq!(again, first);
    let broken = ImportReferenceSetRequest { json: b"{".to_vec(), ..import(3) };
    assert_eq!(refusal(references.import_reference_set(broken).await).field, "json");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn health_answers_for_the_server_and_for_each_service() {
    let (_folder, server) = server().await;
    let channel = tonic::transport::Endpoint::from_shared(server.address.clone()).unwrap();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    for service in ["", "registre.v1.IngestionService", "registre.v1.ReferenceService"] {
        let request = HealthCheckRequest { service: service.into() };
        assert_eq!(health.check(request).await.unwrap().into_inner().status, 1, "{service}");
    }
    drop(health);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reflection_lists_the_services_in_both_versions_to_whoever_has_a_key() {
    use tonic_reflection::pb::{v1, v1alpha};
    let (_folder, server) = server().await;
    let channel = tonic::transport::Endpoint::from_shared(server.address.clone()).unwrap();
    let channel = channel.connect().await.unwrap();
    let ask = v1::ServerReflectionRequest {
        message_request: Some(v1::server_reflection_request::MessageRequest::ListServices(
            "".into(),
        )),
        ..Default::default()
    };
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let refused = client.server_reflection_info(futures::stream::iter([ask.clone()])).await;
    assert_eq!(refusal(refused).reason, "UNAUTHENTICATED");
    let channel = InterceptedService::new(channel, server.credential.clone());
    let mut client = v1::server_reflection_client::ServerReflectionClient::new(channel.clone());
    let answers = client.server_reflection_info(futures::stream::iter([ask])).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let listed = format!("{:?}", answer.message_response);
    for service in [
        "Ingestion",
        "Enrolment",
        "Contract",
        "History",
        "Dashboard",
        "Alert",
        "Outcome",
        "Reference",
    ] {
        assert!(listed.contains(&format!("registre.v1.{service}Service")), "{listed}");
    }
    let ask = v1alpha::ServerReflectionRequest {
        message_request: Some(
            v1alpha::server_reflection_request::MessageRequest::FileContainingSymbol(
                "registre.v1.IngestionService".into(),
            ),
        ),
        ..Default::default()
    };
    let mut client = v1alpha::server_reflection_client::ServerReflectionClient::new(channel);
    let answers = client.server_reflection_info(futures::stream::iter([ask])).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    assert!(format!("{:?}", answer.message_response).starts_with("Some(FileDescriptorResponse"));
    drop(client);
    server.stop().await;
}
