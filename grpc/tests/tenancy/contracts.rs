//! Who acts on a contract whose workflow runs here beside the CFA: its employer, and the OPCO to which it was sent.

#![allow(clippy::needless_update, reason = "all acts on a contract are made alike")]

use crate::raw::{Answer, connect};
use crate::requests;
use crate::town::{Cfa, Town, key_of};
use access::keyring::NewKey;
use access::{Call, Permission, Role, Scope, permission};
use domain::cerfa::example_form;
use grpc::client::{Credential, Keyed};
use prost::Message;
use proto::v1 as wire;
use tonic::Code;
use uuid::Uuid;

/// What an employer does to a contract.
pub(crate) const OF_EMPLOYER: [Call; 19] = [
    Call::FillContract,
    Call::AttachDocument,
    Call::PublishContract,
    Call::ReopenContract,
    Call::RequestSignatures,
    Call::SignContract,
    Call::RefuseSignature,
    Call::SignContractOnPaper,
    Call::WithdrawContract,
    Call::SubmitContract,
    Call::CompleteFile,
    Call::AmendContract,
    Call::RuptureContract,
    Call::CompleteContract,
    Call::CancelContract,
    Call::GiveCalendar,
    Call::GetContractWorkflow,
    Call::GetContractFunding,
    Call::DownloadDocument,
];
/// What an OPCO does.
const OF_OPCO: [Call; 8] = [
    Call::RequestDocument,
    Call::DepositContract,
    Call::RefuseDeposit,
    Call::CompleteFile,
    Call::DeclareFunding,
    Call::GetContractWorkflow,
    Call::GetContractFunding,
    Call::DownloadDocument,
];
/// What both take along of it: see `drafted`.
const TAKEN_ALONG: [Call; 2] = [Call::ListEvents, Call::ExportBundle];

/// A request about a contract.
async fn ask(town: &Town, channel: &Keyed, of: Call, contract: &str) -> Answer {
    let cfa = Cfa { workflow: contract.to_owned(), ..town.north.clone() };
    town.call(channel, of, requests::of(of, &cfa).concat()).await
}

async fn fill(town: &Town, channel: &Keyed, contract: &str, fields: &[(&str, &str)]) -> Answer {
    let field = |(path, value): &(&str, &str)| wire::FieldValue {
        path: (*path).to_owned(),
        value: Some((*value).to_owned()),
    };
    let request = wire::FillContractRequest {
        name: contract.to_owned(),
        request_id: Uuid::new_v4().to_string(),
        actor: "u1".to_owned(),
        fields: fields.iter().map(field).collect(),
        ..Default::default()
    };
    town.call(channel, Call::FillContract, request.encode_to_vec()).await
}

async fn draft(town: &Town, channel: &Keyed) -> String {
    let request = wire::DraftContractRequest {
        request_id: Uuid::new_v4().to_string(),
        actor: "u1".to_owned(),
        enrolment: String::new(),
    };
    let answer = town.call(channel, Call::DraftContract, request.encode_to_vec()).await;
    answer.read::<wire::ContractReceipt>().name
}

async fn without_reason(town: &Town, role: Role, cfa: &Cfa) -> Keyed {
    let key = town.server.keys.create(key_of(role, cfa), crate::house::now()).unwrap();
    tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
    connect(&town.server.address, Credential::new(key.text()).unwrap()).await
}

#[test]
fn an_employer_and_an_opco_have_these_calls_and_what_is_everybodys() {
    for of in Call::ALL {
        let is_everybodys =
            Role::ALL.iter().all(|role| permission(*role, *of) == Permission::Everywhere);
        let more = [Call::DraftContract, Call::ExportOpenedBundle];
        // The lists and the alerts of their contracts.
        let lists = [Call::ListContractWorkflows, Call::ListAlerts, Call::SummarizeAlerts];
        let both = TAKEN_ALONG.contains(of) || lists.contains(of);
        let employer = both || OF_EMPLOYER.contains(of) || more.contains(of);
        let opco = both || OF_OPCO.contains(of);
        for (role, is_own) in [(Role::Employer, employer), (Role::Opco, opco)] {
            let expected = match (is_own, is_everybodys) {
                (true, _) => Permission::WithinScope,
                (_, true) => Permission::Everywhere,
                _ => Permission::Denied,
            };
            assert_eq!(permission(role, *of), expected, "{role} {of:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employer_writes_its_contracts_and_knows_of_no_others() {
    let town = Town::build().await;
    // It reads of its own apprentices, and says no reason.
    let own = without_reason(&town, Role::Employer, &town.north).await;
    let other = town.of(Role::Employer, &town.south).await;
    let nobody = format!("contracts/{}", Uuid::new_v4());
    for of in OF_EMPLOYER {
        let answer = ask(&town, &own, of, &town.north.workflow).await;
        assert!(answer.missing().is_none(), "{of:?}: {answer:?}");
        assert_ne!(answer.code(), Code::PermissionDenied, "{of:?}: {answer:?}");
        let foreign = ask(&town, &other, of, &town.north.workflow).await;
        let missing = ask(&town, &other, of, &nobody).await;
        assert_eq!(foreign.missing().as_ref(), Some(&town.north.workflow), "{of:?}");
        assert_eq!(missing.missing().as_ref(), Some(&nobody), "{of:?}");
    }
    // What it drafts is its own before any form names it, and nobody else's.
    let name = draft(&town, &own).await;
    assert_eq!(
        ask(&town, &other, Call::GetContractWorkflow, &name).await.missing().as_ref(),
        Some(&name)
    );
    let form = example_form().fields();
    let fields: Vec<(&str, &str)> = form
        .iter()
        .filter_map(|met| Some((met.path.as_str(), met.value.as_deref()?)))
        .map(|(path, value)| match path {
            "employer.siret" => (path, town.north.employer),
            _ => (path, value),
        })
        .collect();
    assert_eq!(fill(&town, &own, &name, &fields).await.code(), Code::Ok);
    for of in [
        Call::GetContractWorkflow,
        Call::AttachDocument,
        Call::PublishContract,
        Call::ReopenContract,
        Call::WithdrawContract,
        Call::GetContractWorkflow,
    ] {
        let done = ask(&town, &own, of, &name).await;
        // The form asks for the training agreement, which is no other document.
        let publishes = of == Call::PublishContract || of == Call::ReopenContract;
        assert!(done.code() == Code::Ok || publishes, "{of:?}: {done:?}");
    }
    for of in [Call::ComputeHeadcount, Call::ListEnrolments, Call::GetEnrolment] {
        let cfa = town.north.clone();
        let refused = town.call(&own, of, requests::of(of, &cfa).concat()).await;
        assert_eq!(refused.reason(), "PERMISSION_DENIED", "{of:?}");
    }
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employer_that_a_contract_does_not_name_any_more_acts_on_it_no_more() {
    let town = Town::build().await;
    let own = town.northern(Role::Employer).await;
    let name = draft(&town, &town.local).await;
    let seen = ask(&town, &own, Call::GetContractWorkflow, &name).await;
    assert_eq!(seen.missing().as_ref(), Some(&name), "it names nobody yet");
    let named = |siret| {
        let (town, name) = (&town, &name);
        async move { fill(town, &town.local, name, &[("employer.siret", siret)]).await }
    };
    assert_eq!(named(town.north.employer).await.code(), Code::Ok);
    let hours = async |text: &str| fill(&town, &own, &name, &[("terms.weekly_time", text)]).await;
    assert_eq!(hours("35:00").await.code(), Code::Ok);
    assert_eq!(named(town.south.employer).await.code(), Code::Ok);
    assert_eq!(hours("36:00").await.missing().as_ref(), Some(&name));
    assert_eq!(
        ask(&town, &own, Call::GetContractWorkflow, &name).await.missing().as_ref(),
        Some(&name)
    );
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_amendment_gives_a_contract_to_another_employer_once_all_have_signed_it() {
    let town = Town::build().await;
    let before = town.northern(Role::Employer).await;
    let after = town.of(Role::Employer, &town.south).await;
    let name = &town.north.workflow;
    let local = async |of: Call| {
        let done = ask(&town, &town.local, of, name).await;
        assert_eq!(done.code(), Code::Ok, "{of:?}: {done:?}");
    };
    let given = async || {
        local(Call::AmendContract).await;
        let given = [
            ("employer.siret", town.south.employer),
            ("terms.previous_number", "001202511AB0001"),
            ("terms.concluded_on", "2025-10-20"),
            ("terms.amendment_on", "2025-11-01"),
        ];
        assert_eq!(fill(&town, &town.local, name, &given).await.code(), Code::Ok);
    };
    local(Call::DepositContract).await;
    given().await;
    // Both are about to sign.
    let acts = async |channel| {
        let request = wire::AttachDocumentRequest {
            name: name.clone(),
            request_id: Uuid::new_v4().to_string(),
            actor: "u1".to_owned(),
            kind: wire::DocumentKind::TrainingAgreement as i32,
            content: Uuid::new_v4().as_bytes().to_vec(),
            ..Default::default()
        };
        town.call(channel, Call::AttachDocument, request.encode_to_vec()).await
    };
    assert_eq!(acts(&before).await.code(), Code::Ok, "it is the employer still");
    assert_eq!(acts(&after).await.code(), Code::Ok);
    local(Call::WithdrawContract).await;
    assert_eq!(acts(&after).await.missing().as_ref(), Some(name), "it is given up");
    assert!(acts(&before).await.missing().is_none());
    given().await;
    assert_eq!(acts(&after).await.code(), Code::Ok);
    local(Call::PublishContract).await;
    local(Call::SignContractOnPaper).await;
    assert_eq!(acts(&before).await.missing().as_ref(), Some(name));
    assert!(acts(&after).await.missing().is_none());
    let read = ask(&town, &before, Call::GetContractWorkflow, name).await;
    assert_eq!(read.missing().as_ref(), Some(name), "what comes after is not its");
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_labour_administration_of_the_place_suspends_any_contract_that_runs_there() {
    let town = Town::build().await;
    let (own, other) = (town.northern(Role::Ddets).await, town.of(Role::Ddets, &town.south).await);
    // One of a private employer went to an OPCO; an amendment of the other is under way.
    let Cfa { workflow, private, .. } = &town.north;
    for of in [Call::DepositContract, Call::AmendContract] {
        assert_eq!(ask(&town, &town.local, of, workflow).await.code(), Code::Ok);
    }
    for name in [private, workflow] {
        for of in [Call::GetContractWorkflow, Call::SuspendContract, Call::ResumeContract] {
            let foreign = ask(&town, &other, of, name).await;
            assert_eq!(foreign.missing().as_ref(), Some(name), "{of:?}");
            let done = ask(&town, &own, of, name).await;
            assert_eq!(done.code(), Code::Ok, "{of:?}: {done:?}");
        }
        // It decides on no deposit that is not asked of it.
        let deposit = ask(&town, &own, Call::DepositContract, name).await;
        assert_eq!(deposit.missing().as_ref(), Some(name), "{deposit:?}");
    }
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_controls_a_territory_reads_the_contracts_that_are_carried_out_there() {
    let town = Town::build().await;
    let north = &town.north;
    for scope in [
        Scope::Departement(north.departement.into()),
        Scope::Region(north.region.into()),
        Scope::Academie(north.academie.into()),
    ] {
        let key = NewKey { scope: scope.clone(), ..key_of(Role::Auditor, north) };
        let key = town.server.keys.create(key, crate::house::now()).unwrap();
        tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
        let credential = Credential::new(key.text()).unwrap().because("contrôle");
        let auditor = connect(&town.server.address, credential).await;
        let listed = ask(&town, &auditor, Call::ListContractWorkflows, &north.workflow).await;
        for (cfa, is_its) in [(north, true), (&town.south, false)] {
            for name in [&cfa.workflow, &cfa.private] {
                let read = ask(&town, &auditor, Call::GetContractWorkflow, name).await;
                assert_eq!(read.code() == Code::Ok, is_its, "{scope:?}: {read:?}");
                assert_eq!(listed.has(name), is_its, "{scope:?}: {listed:?}");
            }
        }
        town.server.keys.revoke(key.id(), crate::house::now()).unwrap();
    }
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employer_and_an_opco_have_the_alerts_of_their_contracts_and_of_no_learner() {
    let town = Town::build().await;
    for role in [Role::Employer, Role::Opco] {
        let own = town.northern(role).await;
        let read = ask(&town, &own, Call::GetContractWorkflow, &town.north.private).await;
        // The day after the last on which the deposit body decides.
        let time = wire::TimeQuery {
            as_of: "2025-11-22".to_owned(),
            min_position: read.read::<wire::ContractWorkflow>().position,
            ..Default::default()
        };
        let asked = wire::ListAlertsRequest { time: Some(time), ..Default::default() };
        let alerts = town.call(&own, Call::ListAlerts, asked.encode_to_vec()).await;
        assert_eq!(alerts.code(), Code::Ok, "{role}: {alerts:?}");
        assert!(alerts.has(&town.north.private), "{role}: {alerts:?}");
        assert!(!alerts.has(&town.south.private) && !alerts.has(&town.south.workflow), "{role}");
        let Cfa { enrolments, workflow, .. } = &town.north;
        assert!(!alerts.has(&enrolments[1]), "{role}: {alerts:?}");
        assert_eq!(alerts.has(workflow), role == Role::Employer, "{role}: {alerts:?}");
    }
    town.server.stop().await;
}

/// How often two acts meet.
const MEETINGS: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_meets_the_naming_of_another_employer_is_judged_on_what_is_written() {
    let town = Town::build().await;
    let own = town.northern(Role::Employer).await;
    let name = draft(&town, &town.local).await;
    let mut own_acts = 0;
    for n in 0..MEETINGS {
        let named = [("employer.siret", town.north.employer)];
        let named = fill(&town, &town.local, &name, &named).await;
        assert_eq!(named.code(), Code::Ok, "{named:?}");
        let hours = format!("{}:{:02}", 20 + n % 15, n % 60);
        let (given, written) =
            ([("employer.siret", town.south.employer)], [("terms.weekly_time", hours.as_str())]);
        let (given, written) = tokio::join!(
            fill(&town, &town.local, &name, &given),
            fill(&town, &own, &name, &written)
        );
        let position = |answer: &Answer| answer.read::<wire::ContractReceipt>().position;
        assert_eq!(given.code(), Code::Ok, "{given:?}");
        if written.code() == Code::Ok {
            assert!(position(&written) < position(&given), "another employer was named before");
            own_acts += 1;
        } else {
            assert_eq!(written.missing().as_ref(), Some(&name), "{written:?}");
        }
    }
    println!("{own_acts} of {MEETINGS} acts came before the naming");
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opco_deposits_what_was_sent_to_it_by_name_says_why_and_knows_of_nothing_else() {
    let town = Town::build().await;
    let own = town.northern(Role::Opco).await;
    let other = town.of(Role::Opco, &town.south).await;
    let name = &town.north.private;
    for of in OF_OPCO {
        let foreign = ask(&town, &other, of, name).await;
        assert_eq!(foreign.missing().as_ref(), Some(name), "{of:?}");
        let public = ask(&town, &own, of, &town.north.workflow).await;
        assert_eq!(public.missing().as_ref(), Some(&town.north.workflow), "{of:?}");
    }
    let silent =
        without_reason(&town, Role::Opco, &Cfa { opco: "AFDAS", ..town.north.clone() }).await;
    let refused = ask(&town, &silent, Call::GetContractWorkflow, name).await;
    assert_eq!(refused.reason(), "REASON_NEEDED", "{refused:?}");
    for of in [Call::RequestDocument, Call::GetContractWorkflow] {
        let done = ask(&town, &own, of, name).await;
        assert_eq!(done.code(), Code::Ok, "{of:?}: {done:?}");
    }
    assert_eq!(ask(&town, &town.local, Call::AttachDocument, name).await.code(), Code::Ok);
    assert_eq!(ask(&town, &town.local, Call::CompleteFile, name).await.code(), Code::Ok);
    assert_eq!(ask(&town, &own, Call::DepositContract, name).await.code(), Code::Ok);
    for of in [Call::SuspendContract, Call::AmendContract, Call::ListContracts] {
        let refused = town.call(&own, of, requests::of(of, &town.north).concat()).await;
        assert_eq!(refused.reason(), "PERMISSION_DENIED", "{of:?}");
    }
    // An amendment is written: it was not sent to it yet.
    assert_eq!(ask(&town, &town.local, Call::AmendContract, name).await.code(), Code::Ok);
    let again = ask(&town, &own, Call::DepositContract, name).await;
    assert_eq!(again.missing().as_ref(), Some(name), "{again:?}");
    for of in [Call::GetContractWorkflow, Call::DeclareFunding] {
        let done = ask(&town, &own, of, name).await;
        assert_eq!(done.code(), Code::Ok, "of what it deposited, {of:?}: {done:?}");
    }
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_body_whose_silence_accepted_a_contract_records_its_number_though_it_is_amended()
{
    let town = Town::build().await;
    let own = town.northern(Role::Ddets).await;
    let other = town.of(Role::Ddets, &town.south).await;
    let name = &town.north.workflow;
    town.server.clock.set(grpc::times::instant("now", "2025-11-30T00:00:00Z").unwrap());
    assert_eq!(ask(&town, &town.local, Call::AmendContract, name).await.code(), Code::Ok);
    let foreign = ask(&town, &other, Call::DepositContract, name).await;
    assert_eq!(foreign.missing().as_ref(), Some(name), "{foreign:?}");
    for of in [Call::RequestDocument, Call::RefuseDeposit] {
        let late = ask(&town, &own, of, name).await;
        assert_eq!(late.reason(), "NOT_ALLOWED", "{of:?}: {late:?}");
    }
    let done = ask(&town, &own, Call::DepositContract, name).await;
    assert_eq!(done.code(), Code::Ok, "{done:?}");
    let read = ask(&town, &own, Call::GetContractWorkflow, name).await;
    let rounds = read.read::<wire::ContractWorkflow>().rounds;
    let phases: Vec<_> = rounds.iter().map(wire::ContractRound::phase).collect();
    assert_eq!(phases, [wire::ContractPhase::Deposited, wire::ContractPhase::Draft]);
    let again = ask(&town, &own, Call::DepositContract, name).await;
    assert_eq!(again.missing().as_ref(), Some(name), "nothing waits for it: {again:?}");
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_is_that_of_the_round_it_names_and_of_the_body_that_this_round_was_sent_to() {
    let town = Town::build().await;
    let own = town.northern(Role::Ddets).await;
    let other = town.of(Role::Ddets, &town.south).await;
    let name = &town.north.workflow;
    // Silence accepts the contract; then an amendment that goes elsewhere is sent.
    town.server.clock.set(grpc::times::instant("now", "2025-11-30T00:00:00Z").unwrap());
    let local = async |of: Call| {
        let done = ask(&town, &town.local, of, name).await;
        assert_eq!(done.code(), Code::Ok, "{of:?}: {done:?}");
    };
    local(Call::AmendContract).await;
    let postcode = format!("{}000", town.south.departement);
    let moved = [
        ("employer.address.postcode", postcode.as_str()),
        ("terms.previous_number", "001202511AB0001"),
        ("terms.concluded_on", "2025-11-30"),
        ("terms.amendment_on", "2025-12-01"),
    ];
    assert_eq!(fill(&town, &town.local, name, &moved).await.code(), Code::Ok);
    let agreement = wire::AttachDocumentRequest {
        name: name.clone(),
        request_id: Uuid::new_v4().to_string(),
        actor: "u1".to_owned(),
        kind: wire::DocumentKind::TrainingAgreement as i32,
        content: b"the agreement of the amendment".to_vec(),
        ..Default::default()
    };
    let attached = town.call(&town.local, Call::AttachDocument, agreement.encode_to_vec()).await;
    assert_eq!(attached.code(), Code::Ok, "{attached:?}");
    for of in [Call::PublishContract, Call::SignContractOnPaper, Call::SubmitContract] {
        local(of).await;
    }
    let deposit = async |channel: &Keyed, round: Option<u32>| {
        let request = wire::DepositContractRequest {
            name: name.clone(),
            request_id: Uuid::new_v4().to_string(),
            actor: "u1".to_owned(),
            number: "001202511AB0001".to_owned(),
            round,
            ..Default::default()
        };
        town.call(channel, Call::DepositContract, request.encode_to_vec()).await
    };
    for channel in [&own, &other] {
        let which = deposit(channel, None).await;
        assert_eq!(which.reason(), "INVALID_FIELD", "{which:?}");
    }
    assert_eq!(deposit(&own, Some(1)).await.missing().as_ref(), Some(name));
    assert_eq!(deposit(&other, Some(0)).await.missing().as_ref(), Some(name));
    assert_eq!(deposit(&own, Some(7)).await.missing().as_ref(), Some(name));
    let done = deposit(&own, Some(0)).await;
    assert_eq!(done.code(), Code::Ok, "{done:?}");
    let phases = async || {
        let read = ask(&town, &town.local, Call::GetContractWorkflow, name).await;
        let rounds = read.read::<wire::ContractWorkflow>().rounds;
        rounds.iter().map(wire::ContractRound::phase).collect::<Vec<_>>()
    };
    use wire::ContractPhase::{Deposited, Submitted};
    assert_eq!(phases().await, [Deposited, Submitted], "the amendment is examined still");
    let done = deposit(&other, None).await;
    assert_eq!(done.code(), Code::Ok, "{done:?}");
    assert_eq!(phases().await, [Deposited, Deposited]);
    town.server.stop().await;
}
