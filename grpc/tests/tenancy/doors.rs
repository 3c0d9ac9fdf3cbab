//! What the door and the services refuse, and in which words.

use crate::contracts;
use crate::raw::{Answer, call, connect};
use crate::requests;
use crate::town::{Cfa, Town, declaration, key_of, path, row};
use access::keyring::NewKey;
use access::{Call, Role, Scope};
use grpc::client::{Client, Credential};
use prost::Message;
use proto::v1 as wire;
use proto::v1::RowOutcome;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

/// Every call that names a thing, but for acts on contracts.
const NAMING: [Call; 17] = [
    Call::GetPushRun,
    Call::ConfirmPushRun,
    Call::RejectPushRun,
    Call::GetEnrolment,
    Call::GetTrajectory,
    Call::CorrectEvent,
    Call::RetractEvent,
    Call::ExcludeLearner,
    Call::DeclareWithdrawal,
    Call::CompleteTraining,
    Call::RemapLearner,
    Call::LinkPersons,
    Call::UnlinkPersons,
    Call::GetContract,
    Call::BreakContract,
    Call::EndContract,
    Call::ListEvents,
];

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_id_is_answered_exactly_as_one_that_does_not_exist() {
    let town = Town::build().await;
    let channel = town.northern(Role::CfaDeposit).await;
    // As long as the foreign ones, so that not even the length differs.
    let mut nobody = town.south.clone();
    let fresh = || Uuid::new_v4().to_string();
    nobody.enrolments.iter_mut().for_each(|name| *name = format!("enrolments/{}", fresh()));
    nobody.contracts.iter_mut().for_each(|name| *name = format!("contracts/{}", fresh()));
    nobody.workflow = format!("contracts/{}", fresh());
    nobody.run = format!("pushRuns/{}/{}", town.north.source, fresh());
    let acts = contracts::OF_EMPLOYER.into_iter().chain([Call::DeclareInvoice]);
    for of in NAMING.into_iter().chain(acts) {
        let foreign = call(&channel, &path(of), requests::of(of, &town.south)).await;
        let missing = call(&channel, &path(of), requests::of(of, &nobody)).await;
        let name = foreign.missing().unwrap_or_else(|| panic!("{of:?}: {foreign:?}"));
        let other = missing.missing().unwrap_or_else(|| panic!("{of:?}: {missing:?}"));
        assert_ne!(name, other);
        assert_eq!(told(&foreign, &name), told(&missing, &other), "{of:?}");
    }
    town.server.stop().await;
}

/// All that a refusal says, but for the id and the clock.
pub(crate) fn told(answer: &Answer, name: &str) -> (Code, String, Vec<u8>) {
    let status = answer.status.as_ref().unwrap();
    let without = |text: &str| text.replace(name, "*");
    // Of another length, a name moves the length prefixes of the details with it.
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    let mut metadata: Vec<_> =
        info.metadata.iter().map(|(key, value)| (key.clone(), without(value))).collect();
    metadata.sort();
    let french = without(&details.localized_message().unwrap().message);
    let details = format!("{} {metadata:?} {french} {:?}", info.reason, details.retry_info());
    (status.code(), without(status.message()), details.into_bytes())
}

/// Of those, the ones that write in a dossier.
const ACTS: [Call; 11] = [
    Call::CorrectEvent,
    Call::RetractEvent,
    Call::ExcludeLearner,
    Call::DeclareWithdrawal,
    Call::CompleteTraining,
    Call::RemapLearner,
    Call::LinkPersons,
    Call::UnlinkPersons,
    Call::BreakContract,
    Call::EndContract,
    Call::GetEnrolment,
];

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_bound_to_another_siret_of_a_uai_reads_there_and_writes_nothing() {
    let town = Town::build().await;
    let twin = Cfa { siret: town.south.siret, source: "erp-autre", ..town.north.clone() };
    let channel = town.of(Role::CfaDeposit, &twin).await;
    let head = town.server.head().await;
    for of in ACTS {
        let answer = call(&channel, &path(of), requests::of(of, &town.north)).await;
        let reads = of == Call::GetEnrolment;
        assert_eq!(answer.missing().is_none(), reads, "{of:?}: {answer:?}");
    }
    assert_eq!(town.server.head().await, head, "nothing was written");
    // Whoever is bound to both its numbers does write.
    let own = town.northern(Role::CfaDeposit).await;
    let of = Call::ExcludeLearner;
    let answer = call(&own, &path(of), requests::of(of, &town.north)).await;
    assert!(answer.missing().is_none(), "{answer:?}");
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_of_the_state_acts_on_what_was_sent_to_it_and_reads_what_once_was() {
    let town = Town::build().await;
    let ddets = town.northern(Role::Ddets).await;
    let name = town.north.workflow.clone();
    let (request_id, actor) = (|| Uuid::new_v4().to_string(), || "u1".to_owned());
    let deposit = || {
        let number = "001202511AB0001".to_owned();
        let (name, request_id, actor) = (name.clone(), request_id(), actor());
        let etag = String::new();
        wire::DepositContractRequest { name, etag, request_id, actor, number, ..Default::default() }
            .encode_to_vec()
    };
    let done = town.call(&ddets, Call::DepositContract, deposit()).await;
    assert_eq!(done.code(), Code::Ok, "{done:?}");
    // An amendment is written: it was sent to nobody yet, or will be to another.
    let amend = wire::AmendContractRequest {
        name: name.clone(),
        request_id: request_id(),
        actor: actor(),
        r#type: "36".to_owned(),
        ..Default::default()
    };
    let amended = town.call(&town.local, Call::AmendContract, amend.encode_to_vec()).await;
    assert_eq!(amended.code(), Code::Ok, "{amended:?}");
    let again = town.call(&ddets, Call::DepositContract, deposit()).await;
    assert_eq!(again.missing(), Some(name.clone()), "{again:?}");
    let asked = wire::GetContractWorkflowRequest { name, ..Default::default() };
    let read = town.call(&ddets, Call::GetContractWorkflow, asked.encode_to_vec()).await;
    assert_eq!(read.code(), Code::Ok, "what it deposited it still reads");
    // And lists: one rule says both.
    let asked = wire::ListContractWorkflowsRequest {
        time: Some(wire::TimeQuery {
            min_position: read.read::<wire::ContractWorkflow>().position,
            ..Default::default()
        }),
        ..Default::default()
    };
    let listed = town.call(&ddets, Call::ListContractWorkflows, asked.encode_to_vec()).await;
    let listed = listed.read::<wire::ListContractWorkflowsResponse>().contracts;
    let told: Vec<_> = listed.iter().map(|one| (one.name.as_str(), one.round)).collect();
    // The other is a private employer's, carried out in its département.
    assert_eq!(told, [(town.north.private.as_str(), 0), (town.north.workflow.as_str(), 1)]);
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_another_establishment_is_refused_alone_and_the_others_go_on() {
    let town = Town::build().await;
    let channel = town.northern(Role::CfaDeposit).await;
    let client = client_of(&town, key_of(Role::CfaDeposit, &town.north), "").await;
    let own = |n| row(&town.north, n);
    let mut half = own(12);
    half = half.with(domain::dossier::Field::EtablissementFormateurSiret, town.south.siret);
    let rows = [own(10), row(&town.south, 1), own(11), half, own(2)];
    let receipt = client.push(&declaration(&town.north, Uuid::new_v4(), 5), &rows, |_| {}).await;
    let answers = receipt.unwrap().answers;
    let outcomes: Vec<RowOutcome> = answers.iter().map(wire::RowAnswer::outcome).collect();
    use RowOutcome::{Refused, Unchanged, Written};
    assert_eq!(outcomes, [Written, Refused, Written, Refused, Unchanged]);
    for refused in [&answers[1], &answers[3]] {
        let why = &refused.errors[0];
        assert_eq!(why.rule, "ESTABLISHMENT_NOT_BOUND");
        assert_eq!(why.field, "etablissement_formateur_uai");
        assert!(why.text.as_ref().unwrap().fr.contains("clé"), "{why:?}");
        assert!(refused.events.is_empty() && refused.enrolment.is_empty());
    }
    // Nobody's words make the southern CFA transmit.
    let asked = wire::ListPushRunsRequest { page_size: 1, ..Default::default() };
    let newest = client.ingestion().list_push_runs(asked).await.unwrap().into_inner();
    assert_eq!(newest.push_runs[0].summary.unwrap().refused, 2);
    let events = call(&town.local, &path(Call::StreamEvents), vec![Vec::new()]).await;
    let last: wire::StreamEventsResponse =
        wire::StreamEventsResponse::decode(events.messages.last().unwrap().as_slice()).unwrap();
    let body = last.event.unwrap().body_json;
    assert!(body.contains(town.north.uai) && !body.contains(town.south.uai), "{body}");
    drop(channel);
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_under_another_source_is_refused_whole_on_both_ways() {
    let town = Town::build().await;
    let client = client_of(&town, key_of(Role::CfaDeposit, &town.north), "").await;
    let head = town.server.head().await;
    for source in [town.south.source, "nobody", "people"] {
        let mut run = declaration(&town.north, Uuid::new_v4(), 1);
        run.source = source.into();
        let rows = [row(&town.north, 1)];
        let batch = crate::house::refusal(client.push(&run, &rows, |_| {}).await);
        let stream = crate::house::refusal(client.push_stream(&run, &rows).await);
        for refused in [batch, stream] {
            assert_eq!(
                (refused.code, &*refused.reason),
                (Code::PermissionDenied, "SOURCE_NOT_BOUND")
            );
        }
    }
    assert_eq!(town.server.head().await, head);
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_of_two_cfas_shows_each_of_them_its_own_dossier_only() {
    let town = Town::build().await;
    let asked = |name: &str| wire::GetEnrolmentRequest {
        name: name.to_owned(),
        time: requests::time(),
        rule_set: 0,
    };
    let whole = town.call(
        &town.local,
        Call::GetEnrolment,
        asked(&town.north.enrolments[0]).encode_to_vec(),
    );
    let whole = whole.await.read::<wire::GetEnrolmentResponse>().enrolment.unwrap();
    assert_eq!(whole.same_person, [town.south.enrolments[0].clone()]);
    let channel = town.northern(Role::CfaReading).await;
    let own =
        town.call(&channel, Call::GetEnrolment, asked(&town.north.enrolments[0]).encode_to_vec());
    let own = own.await.read::<wire::GetEnrolmentResponse>().enrolment.unwrap();
    assert_eq!(own, wire::Enrolment { same_person: Vec::new(), ..whole });
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administration_sees_the_learners_without_a_contract_and_counts_all() {
    let town = Town::build().await;
    let channel = town.northern(Role::Dreets).await;
    let listed = town.call(
        &channel,
        Call::ListEnrolments,
        requests::of(Call::ListEnrolments, &town.north).remove(0),
    );
    let listed = listed.await.read::<wire::ListEnrolmentsResponse>().enrolments;
    let names: Vec<&String> = listed.iter().map(|one| &one.name).collect();
    assert_eq!(names, [&town.north.enrolments[0], &town.north.enrolments[1]]);
    let under_contract = wire::GetEnrolmentRequest {
        name: town.north.enrolments[3].clone(),
        time: requests::time(),
        rule_set: 0,
    };
    let refused = town.call(&channel, Call::GetEnrolment, under_contract.encode_to_vec()).await;
    assert_eq!(refused.missing().as_ref(), Some(&town.north.enrolments[3]));
    let asked = wire::ComputeHeadcountRequest { time: requests::time(), ..Default::default() };
    let counted = town.call(&channel, Call::ComputeHeadcount, asked.encode_to_vec()).await;
    let total = counted.read::<wire::ComputeHeadcountResponse>().total.unwrap();
    assert_eq!((total.apprentis, total.cfa_transmitting), (3, 1));
    let closed = wire::ListCountedEnrolmentsRequest {
        time: requests::time(),
        status: wire::Status::Apprenti as i32,
        ..Default::default()
    };
    let closed = town.call(&channel, Call::ListCountedEnrolments, closed.encode_to_vec()).await;
    assert!(closed.read::<wire::ListCountedEnrolmentsResponse>().enrolments.is_empty());
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_and_a_request_id_are_of_one_tenant() {
    let town = Town::build().await;
    let (north, south) =
        (town.northern(Role::CfaDeposit).await, town.of(Role::CfaDeposit, &town.south).await);
    let mut list = wire::ListEnrolmentsRequest { page_size: 1, ..Default::default() };
    let first = town.call(&north, Call::ListEnrolments, list.encode_to_vec()).await;
    list.page_token = first.read::<wire::ListEnrolmentsResponse>().next_page_token;
    let own = town.call(&north, Call::ListEnrolments, list.encode_to_vec()).await;
    assert_eq!(own.code(), Code::Ok);
    let stolen = town.call(&south, Call::ListEnrolments, list.encode_to_vec()).await;
    assert_eq!(stolen.reason(), "INVALID_PAGE_TOKEN");
    let act = |enrolment: &String, on: &str| wire::DeclareWithdrawalRequest {
        enrolment: enrolment.clone(),
        request_id: Uuid::nil().to_string(),
        actor: "u".into(),
        on: on.into(),
    };
    let one = act(&town.north.enrolments[4], "2025-10-02").encode_to_vec();
    let other = act(&town.south.enrolments[2], "2025-10-03").encode_to_vec();
    let receipt = town.call(&north, Call::DeclareWithdrawal, one.clone()).await;
    assert_eq!(receipt.code(), Code::Ok, "{receipt:?}");
    let mine = town.call(&south, Call::DeclareWithdrawal, other).await;
    assert_eq!(mine.code(), Code::Ok, "the same id of another tenant is another request: {mine:?}");
    let again = town.call(&north, Call::DeclareWithdrawal, one).await;
    assert_eq!(again.messages, receipt.messages);
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_shows_nothing_or_something_wrong_is_told_what_to_do_and_then_to_wait() {
    let town = Town::build().await;
    let wrong = connect(&town.server.address, Credential::new("reg_test_x").unwrap()).await;
    for n in 0..access::limits::FAILURES_PER_MINUTE {
        let of = Call::ALL[n as usize];
        let refused = call(&wrong, &path(of), vec![Vec::new()]).await;
        assert_eq!(
            (refused.code(), &*refused.reason()),
            (Code::Unauthenticated, "UNAUTHENTICATED")
        );
    }
    let refused = call(&wrong, "/registre.v1.NoService/Any", vec![Vec::new()]).await;
    assert_eq!(refused.reason(), "TOO_MANY_FAILURES");
    let wait = refused.status.unwrap().get_error_details().retry_info().unwrap().retry_delay;
    assert!(wait.unwrap().as_secs() <= 12);
    let unknown = call(&town.local, "/registre.v1.NoService/Any", vec![Vec::new()]).await;
    assert_eq!(unknown.code(), Code::Unimplemented);
    let slow = NewKey { calls_per_minute: Some(2), ..key_of(Role::Statistics, &town.north) };
    let client = client_of(&town, slow, "").await;
    let ask = async || client.limits().get_limits(wire::GetLimitsRequest {}).await;
    assert!(ask().await.is_ok() && ask().await.is_ok());
    let refused = crate::house::refusal(ask().await);
    assert_eq!((refused.code, &*refused.reason), (Code::ResourceExhausted, "TOO_MANY_CALLS"));
    assert!(refused.retry_after.is_some());
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_says_why_and_a_territory_reads_no_whole_log() {
    let town = Town::build().await;
    let auditor = NewKey {
        scope: Scope::Region(town.north.region.into()),
        ..key_of(Role::Auditor, &town.north)
    };
    let silent = client_of(&town, auditor.clone(), "").await;
    let name = town.north.enrolments[2].clone();
    let asked = wire::GetEnrolmentRequest { name, ..Default::default() };
    let refused = silent.enrolments().get_enrolment(asked.clone()).await;
    assert_eq!(crate::house::refusal(refused).reason, "REASON_NEEDED");
    let why = client_of(&town, auditor, "contrôle de service fait, été 2025").await;
    assert!(why.enrolments().get_enrolment(asked).await.is_ok());
    let refused = why.history().stream_records(wire::StreamRecordsRequest::default()).await;
    assert_eq!(crate::house::refusal(refused).reason, "PERMISSION_DENIED");
    let mut lines = Vec::new();
    let checked = access::log::read(town.folder(), |line| lines.push(line.clone())).unwrap();
    assert_eq!(checked.broken, []);
    let mine: Vec<_> = lines.iter().filter(|line| line.role == "auditeur").collect();
    assert_eq!(mine.len(), 1, "{mine:?}");
    assert_eq!(mine[0].reason, "contrôle de service fait, été 2025");
    assert_eq!((&*mine[0].call, &mine[0].of), ("GetEnrolment", &town.north.enrolments[2]));
    assert!(lines.iter().any(|line| line.role == "local" && line.call == "ListContracts"));
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_of_a_read_is_what_was_understood_and_never_nothing() {
    let town = Town::build().await;
    let channel = town.local.clone();
    let mut odd = town.north.clone();
    let named = |collection: &str| format!("{collection}/Durand-Léa");
    odd.enrolments.iter_mut().for_each(|name| *name = named("enrolments"));
    odd.contracts.iter_mut().for_each(|name| *name = named("contracts"));
    (odd.uai, odd.source) = ("Durand-Léa", "Durand-Léa");
    for of in Call::ALL {
        for cfa in [&town.north, &odd] {
            call(&channel, &path(*of), requests::of(*of, cfa)).await;
        }
    }
    for parent in [named("contracts"), named("enrolments"), "Durand-Léa".into()] {
        let history = wire::ListEventsRequest { parent: parent.clone(), ..Default::default() };
        town.call(&channel, Call::ListEvents, history.encode_to_vec()).await;
        let bundle = wire::ExportBundleRequest { name: parent.clone() };
        town.call(&channel, Call::ExportBundle, bundle.encode_to_vec()).await;
        let erasure = wire::GetErasureRequest { name: parent.clone() };
        town.call(&channel, Call::GetErasure, erasure.encode_to_vec()).await;
        let alerts = wire::ListAlertsRequest { trainer_uai: parent.clone(), ..Default::default() };
        town.call(&channel, Call::ListAlerts, alerts.encode_to_vec()).await;
        let refused = wire::ListRefusedRowsRequest { source: parent, ..Default::default() };
        town.call(&channel, Call::ListRefusedRows, refused.encode_to_vec()).await;
    }
    let mut lines = Vec::new();
    access::log::read(town.folder(), |line| lines.push(line.clone())).unwrap();
    for line in &lines {
        assert!(!line.of.is_empty() && !line.of.contains("Durand"), "{line:?}");
    }
    for name in [&town.north.enrolments[0], &town.north.contracts[0]] {
        assert!(lines.iter().any(|line| line.of == *name), "{name}");
    }
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_cannot_be_recorded_is_refused_and_a_figure_is_not() {
    let (folder, server) = crate::house::server().await;
    // Root writes through any permission: a file stands where the folder of the log was.
    let log = folder.path().join("access/log");
    std::fs::remove_dir_all(&log).unwrap();
    std::fs::write(&log, "").unwrap();
    let asked = wire::ListEnrolmentsRequest::default();
    let refused = crate::house::refusal(server.client.enrolments().list_enrolments(asked).await);
    assert_eq!((refused.code, &*refused.reason), (Code::Unavailable, "NOT_RECORDED"));
    let asked = wire::ComputeHeadcountRequest::default();
    assert!(server.client.dashboard().compute_headcount(asked).await.is_ok());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_is_told_as_it_is() {
    let town = Town::build().await;
    let client = &town.server.client;
    let told = client.limits().get_limits(wire::GetLimitsRequest {}).await.unwrap().into_inner();
    let named = |name: &str| told.limits.iter().find(|limit| limit.name == name).unwrap();
    assert_eq!(named("BATCH_ROWS").value, grpc::limits::BATCH_ROWS as u64);
    assert_eq!(named("DECODE_BYTES").unit(), wire::LimitUnit::Bytes);
    assert_eq!(
        (named("REQUEST_TIMEOUT").value, named("REQUEST_TIMEOUT").unit()),
        (30_000, wire::LimitUnit::Milliseconds)
    );
    let mut names: Vec<&String> = told.limits.iter().map(|limit| &limit.name).collect();
    names.dedup();
    assert_eq!(names.len(), grpc::limits::all().len() + access::limits::all().len());
    assert!(told.limits.iter().all(|limit| !limit.description.is_empty() && limit.value > 0));
    // At n and at n + 1.
    let ask = async |token: usize, size: usize| {
        let page_token = "0".repeat(token);
        let asked = wire::ListEnrolmentsRequest {
            page_token,
            page_size: size as i32,
            ..Default::default()
        };
        client.enrolments().list_enrolments(asked).await.map_err(|status: Status| status.code())
    };
    assert!(ask(0, grpc::limits::PAGE_MAX + 1).await.is_ok(), "a larger wish is cut (AIP-158)");
    assert_eq!(
        ask(grpc::limits::PAGE_TOKEN_BYTES + 1, 1).await.unwrap_err(),
        Code::InvalidArgument
    );
    let act = async |bytes: usize| {
        let asked = wire::DeclareWithdrawalRequest {
            enrolment: town.north.enrolments[4].clone(),
            request_id: Uuid::new_v4().to_string(),
            actor: "a".repeat(bytes),
            on: "2025-10-02".into(),
        };
        client.enrolments().declare_withdrawal(asked).await.map_err(|status| status.code())
    };
    assert!(act(grpc::limits::ACTOR_BYTES).await.is_ok());
    assert_eq!(act(grpc::limits::ACTOR_BYTES + 1).await.unwrap_err(), Code::InvalidArgument);
    let batch = async |rows: usize| {
        let asked = wire::BatchPushDossiersRequest {
            run: Some(declaration(&town.north, Uuid::new_v4(), rows)),
            rows: vec![wire::DossierRow::default(); rows],
            ..Default::default()
        };
        client.ingestion().batch_push_dossiers(asked).await.map_err(|status| status.code())
    };
    assert!(batch(grpc::limits::BATCH_ROWS).await.is_ok());
    assert_eq!(batch(grpc::limits::BATCH_ROWS + 1).await.unwrap_err(), Code::InvalidArgument);
    town.server.stop().await;
}

async fn client_of(town: &Town, new: NewKey, reason: &str) -> Client {
    let key = town.server.keys.create(new, crate::house::now()).unwrap();
    tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
    let credential = Credential::new(key.text()).unwrap().because(reason);
    Client::connect(&town.server.address, credential).await.unwrap()
}
