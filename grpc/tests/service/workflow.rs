//! A public contract from its draft to its end, over a real server.

#![allow(
    clippy::needless_update,
    reason = "one macro makes the requests, of which some say no more"
)]

use crate::house::{Server, server};
use domain::cerfa::example_form;
use domain::contract::signing::Party;
use domain::ids::ContractId;
use ledger::signatures::{Asked, identity, sign};
use proto::v1 as wire;
use proto::v1::contract_workflow_service_client::ContractWorkflowServiceClient;
use seal::{Kind, SignerKey};
use std::collections::BTreeSet;
use tonic::{Code, Status};
use tonic_types::StatusExt;
use uuid::Uuid;

pub(crate) type Client = ContractWorkflowServiceClient<grpc::client::Keyed>;

const DOCUMENT: [u8; 32] = [0xD0; 32];
/// The parties of an adult's contract; a minor's has a fourth.
pub(crate) const PARTIES: &[(Party, wire::Party)] = &[
    (Party::Employer, wire::Party::Employer),
    (Party::Apprentice, wire::Party::Apprentice),
    (Party::Cfa, wire::Party::Cfa),
];
pub(crate) const OF_A_MINOR: &[(Party, wire::Party)] = &[
    (Party::Employer, wire::Party::Employer),
    (Party::Apprentice, wire::Party::Apprentice),
    (Party::Guardian, wire::Party::Guardian),
    (Party::Cfa, wire::Party::Cfa),
];

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn id() -> String {
    Uuid::new_v4().to_string()
}

/// What every act says, then the act.
macro_rules! act {
    ($client:expr, $method:ident, $request:ident { $($field:ident: $value:expr),* }, $name:expr, $etag:expr) => {
        $client
            .clone()
            .$method(wire::$request {
                name: $name.to_owned(),
                etag: $etag.to_string(),
                request_id: id(),
                actor: "agent-7".to_owned(),
                $($field: $value,)*
                ..Default::default()
            })
            .await
            .map(tonic::Response::into_inner)
    };
}

mod calendar;
mod days;
mod funding;
mod judged;
mod paper;
mod persons;
mod queue;
mod said;

/// Breaks a contract on a day.
async fn broken(
    client: &Client,
    name: &str,
    (mode, by): (wire::RuptureMode, wire::Initiator),
    on: &str,
) {
    let (mode, initiator, on) = (mode as i32, by as i32, on.to_owned());
    let request = act!(
        client,
        rupture_contract,
        RuptureContractRequest { mode: mode, initiator: initiator, on: on },
        name,
        ""
    );
    request.unwrap();
}

async fn drafted(client: &Client, enrolment: &str) -> String {
    let request = wire::DraftContractRequest {
        request_id: id(),
        actor: "agent-7".to_owned(),
        enrolment: enrolment.to_owned(),
    };
    let receipt = client.clone().draft_contract(request).await.unwrap().into_inner();
    assert_eq!((receipt.etag.as_str(), receipt.events), ("1", vec!["ContractDrafted".to_owned()]));
    receipt.name
}

fn fields() -> Vec<wire::FieldValue> {
    let met = example_form().fields().into_iter().filter(|met| met.value.is_some());
    met.map(|met| wire::FieldValue { path: met.path, value: met.value }).collect()
}

/// What makes the apprentice of the example a minor, whose representative signs too.
fn of_a_minor() -> Vec<wire::FieldValue> {
    let fields = [
        ("apprentice.born_on", "2008-04-17"),
        ("apprentice.emancipated", "false"),
        ("guardian.name", "Kerbiriou"),
        ("guardian.first_name", "Nolwenn"),
        ("guardian.email", "nolwenn.kerbiriou@exemple.fr"),
        ("guardian.same_address", "true"),
    ];
    let field = |(path, value): (&str, &str)| wire::FieldValue {
        path: path.to_owned(),
        value: Some(value.to_owned()),
    };
    fields.map(field).to_vec()
}

fn key_of(party: Party) -> SignerKey {
    SignerKey::new(party.name(), Kind::Ed25519, &[party as u8 + 1; 32]).unwrap()
}

fn signers(parties: &[(Party, wire::Party)]) -> Vec<wire::ContractSigner> {
    let of = |(party, code): &(Party, wire::Party)| wire::ContractSigner {
        party: *code as i32,
        provider: "ed25519".to_owned(),
        identity: hex(&identity(key_of(*party).public())),
    };
    parties.iter().map(of).collect()
}

/// A published contract, of which some fields are others than in the example, with the training agreement.
pub(crate) async fn published(
    client: &Client,
    enrolment: &str,
    more: Vec<wire::FieldValue>,
) -> String {
    let name = drafted(client, enrolment).await;
    let mut fields = fields();
    fields.extend(more);
    act!(client, fill_contract, FillContractRequest { fields: fields }, name, 1).unwrap();
    let content = b"the training agreement".to_vec();
    let kind = wire::DocumentKind::TrainingAgreement as i32;
    act!(client, attach_document, AttachDocumentRequest { kind: kind, content: content }, name, 2)
        .unwrap();
    act!(client, publish_contract, PublishContractRequest {}, name, 3).unwrap();
    name
}

/// What makes the employer an establishment of industrial and commercial kind, whose contracts an OPCO deposits.
fn industrial() -> Vec<wire::FieldValue> {
    let (path, value) = ("employer.kind".to_owned(), Some("30".to_owned()));
    vec![wire::FieldValue { path, value }]
}

/// All sign on paper, on a day; today when none is said.
async fn on_paper(client: &Client, name: &str, on: &str) -> Result<wire::ContractReceipt, Status> {
    let (content, attestation) = (b"a scan".to_vec(), "vu l'original".to_owned());
    let on = on.to_owned();
    act!(
        client,
        sign_contract_on_paper,
        SignContractOnPaperRequest { content: content, attestation: attestation, on: on },
        name,
        ""
    )
}

/// Writes a contract until its parties are asked to sign.
pub(crate) async fn to_be_signed(client: &Client, parties: &[(Party, wire::Party)]) -> String {
    to_be_signed_for(client, parties, "").await
}

/// The same of an enrolment.
pub(crate) async fn to_be_signed_for(
    client: &Client,
    parties: &[(Party, wire::Party)],
    enrolment: &str,
) -> String {
    let more = if parties.len() > PARTIES.len() { of_a_minor() } else { Vec::new() };
    let name = published(client, enrolment, more).await;
    let (document, signers) = (hex(&DOCUMENT), signers(parties));
    let asked = act!(
        client,
        request_signatures,
        RequestSignaturesRequest { document: document, signers: signers },
        name,
        4
    );
    assert_eq!(asked.unwrap().etag, "5");
    name
}

/// What a party sends.
pub(crate) fn evidence(name: &str, party: Party) -> Vec<u8> {
    let contract: ContractId = name.trim_start_matches("contracts/").parse().unwrap();
    let asked = Asked { contract, round: 0, request: 1, document: DOCUMENT, party };
    sign(&asked, &key_of(party))
}

pub(crate) async fn signed(
    client: &Client,
    name: &str,
    party: wire::Party,
    evidence: Vec<u8>,
) -> Result<wire::ContractReceipt, Status> {
    let (party, provider) = (party as i32, "ed25519".to_owned());
    act!(
        client,
        sign_contract,
        SignContractRequest { party: party, provider: provider, evidence: evidence },
        name,
        ""
    )
}

async fn workflow(client: &Client, name: &str) -> wire::ContractWorkflow {
    let request = wire::GetContractWorkflowRequest { name: name.to_owned(), ..Default::default() };
    client.clone().get_contract_workflow(request).await.unwrap().into_inner()
}

pub(crate) fn reason(status: &Status) -> String {
    status.get_error_details().error_info().unwrap().reason.clone()
}

fn french(status: &Status) -> String {
    status.get_error_details().localized_message().unwrap().message.clone()
}

fn told(status: &Status, key: &str) -> String {
    status.get_error_details().error_info().unwrap().metadata[key].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_contract_is_written_signed_deposited_amended_and_broken() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = to_be_signed(&client, PARTIES).await;
    for (party, code) in PARTIES {
        signed(&client, &name, *code, evidence(&name, *party)).await.unwrap();
    }
    let now = workflow(&client, &name).await;
    assert_eq!(
        (now.life(), now.rounds[0].phase()),
        (wire::ContractLife::Running, wire::ContractPhase::Signed)
    );
    assert_eq!((now.rounds[0].percent, now.rounds[0].signatures.len()), (100, 3));
    assert!(now.due.iter().any(|due| due.id == "SUBMIT"), "{:?}", now.due);
    assert_eq!(now.rounds[0].rules_of, "2024-08-26");
    let unsure = &now.rounds[0].undetermined;
    let law = domain::law::judge(&domain::law::Case {
        training_agreement: true,
        ..domain::law::Case::of(&example_form())
    });
    let expected = law
        .unwrap()
        .into_iter()
        .filter(|one| matches!(one.outcome, domain::law::Outcome::Undetermined(_)));
    let expected: Vec<String> = expected.map(|one| one.rule.id.to_owned()).collect();
    assert_eq!(*unsure, expected, "what was not checked is told");
    let form = domain::cerfa::Form::from_json(&now.rounds[0].form).unwrap().form;
    assert!(form == example_form());

    let other = act!(
        client,
        submit_contract,
        SubmitContractRequest { service: "DRIEETS 75".to_owned() },
        name,
        now.etag
    );
    assert_eq!(reason(&other.unwrap_err()), "INVALID_FIELD", "it is not the one of Rennes");
    act!(client, submit_contract, SubmitContractRequest {}, name, now.etag).unwrap();
    let missing = "la convention".to_owned();
    act!(client, request_document, RequestDocumentRequest { missing: missing }, name, "").unwrap();
    let early = act!(client, complete_file, CompleteFileRequest {}, name, "").unwrap_err();
    assert_eq!(reason(&early), "NOT_ALLOWED");
    let (kind, content) = (wire::DocumentKind::Other as i32, b"what was asked for".to_vec());
    act!(client, attach_document, AttachDocumentRequest { kind: kind, content: content }, name, "")
        .unwrap();
    act!(client, complete_file, CompleteFileRequest {}, name, "").unwrap();
    let number = "035202509AB0001".to_owned();
    act!(client, deposit_contract, DepositContractRequest { number: number.clone() }, name, "")
        .unwrap();
    for wrong in ["99", "11", ""] {
        let kind = wrong.to_owned();
        let refused = act!(client, amend_contract, AmendContractRequest { r#type: kind }, name, "");
        let refused = refused.unwrap_err();
        assert_eq!(
            (reason(&refused), told(&refused, "field")),
            ("INVALID_FIELD".to_owned(), "type".to_owned())
        );
        assert!(refused.message().contains("31, 32, "), "{refused:?}");
    }
    act!(client, amend_contract, AmendContractRequest { r#type: "36".to_owned() }, name, "")
        .unwrap();
    let now = workflow(&client, &name).await;
    assert_eq!((now.rounds[0].deposit_body.as_str(), now.rounds.len()), ("DDETS(PP) 35", 2));
    assert_eq!(
        (&now.rounds[0].deposit_number, &now.rounds[1].phase),
        (&number, &wire::ContractPhase::Draft.into())
    );
    let (mode, initiator) =
        (wire::RuptureMode::MutualAgreement as i32, wire::Initiator::Both as i32);
    let verbatim = "d'un commun accord".to_owned();
    let break_by = async |dsn| {
        let verbatim = verbatim.clone();
        act!(
            client,
            rupture_contract,
            RuptureContractRequest {
                mode: mode,
                initiator: initiator,
                verbatim: verbatim,
                dsn: dsn
            },
            name,
            ""
        )
    };
    // No code of the payroll return, and one.
    assert_eq!(told(&break_by(38).await.unwrap_err(), "field"), "dsn");
    break_by(84).await.unwrap();
    let broken = workflow(&client, &name).await;
    assert_eq!(broken.life(), wire::ContractLife::Broken);
    assert_eq!(broken.end.map(|end| end.dsn), Some(84));
    let late =
        act!(client, suspend_contract, SuspendContractRequest { reason: "x".into() }, name, "");
    let late = late.unwrap_err();
    assert_eq!(
        (reason(&late), told(&late, "life")),
        ("NOT_ALLOWED".to_owned(), "broken".to_owned())
    );

    let digest = now.rounds[0].attachments[0].digest.clone();
    let request = wire::DownloadDocumentRequest { name: name.clone(), digest };
    let mut parts = client.clone().download_document(request).await.unwrap().into_inner();
    let mut document = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        document.extend(part.data);
    }
    assert_eq!(document, b"the training agreement");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_acts_on_what_changed_is_told_who_did_what_since() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = drafted(&client, "").await;
    let early = act!(client, publish_contract, PublishContractRequest {}, name, 1).unwrap_err();
    assert_eq!(
        (early.code(), reason(&early)),
        (Code::FailedPrecondition, "FORM_INCOMPLETE".into())
    );
    assert!(told(&early, "missing").contains("apprentice.birth_name"));
    act!(client, fill_contract, FillContractRequest { fields: fields() }, name, 1).unwrap();
    // Sent again, a request gets its first answer, whatever was done since.
    let request = wire::FillContractRequest {
        name: name.clone(),
        request_id: id(),
        actor: "agent-7".to_owned(),
        fields: vec![wire::FieldValue {
            path: "terms.weekly_time".to_owned(),
            value: Some("34:00".to_owned()),
        }],
        ..Default::default()
    };
    let first = client.clone().fill_contract(request.clone()).await.unwrap().into_inner();
    let back = vec![wire::FieldValue {
        path: "terms.weekly_time".to_owned(),
        value: Some("35:00".to_owned()),
    }];
    act!(client, fill_contract, FillContractRequest { fields: back }, name, 3).unwrap();
    let again = client.clone().fill_contract(request).await.unwrap().into_inner();
    assert_eq!((&again, again.events.len()), (&first, 1));
    let late = act!(client, publish_contract, PublishContractRequest {}, name, 1).unwrap_err();
    assert_eq!((late.code(), reason(&late)), (Code::Aborted, "VERSION_CONFLICT".to_owned()));
    let since = told(&late, "since");
    assert!(since.starts_with("2 FormContributed ") && since.contains("/agent-7 "), "{since}");
    // A rule of the law, by name.
    let short =
        wire::FieldValue { path: "terms.end_on".to_owned(), value: Some("2024-10-01".to_owned()) };
    act!(client, fill_contract, FillContractRequest { fields: vec![short] }, name, 4).unwrap();
    let refused = act!(client, publish_contract, PublishContractRequest {}, name, 5).unwrap_err();
    assert_eq!(reason(&refused), "LAW_REFUSES");
    assert!(told(&refused, "rules").contains("DURATION"), "{refused:?}");
    let wrong =
        ["no.such", "nor.this"].map(|path| wire::FieldValue { path: path.to_owned(), value: None });
    let wrong = act!(client, fill_contract, FillContractRequest { fields: wrong.into() }, name, 5);
    let wrong = wrong.unwrap_err();
    assert_eq!(reason(&wrong), "INVALID_FIELD");
    let both = |text: &str| text.contains("no.such") && text.contains("nor.this");
    assert!(both(wrong.message()) && both(&french(&wrong)), "each is told: {wrong:?}");
    let ahead = act!(client, publish_contract, PublishContractRequest {}, name, 999).unwrap_err();
    assert_eq!(
        (reason(&ahead), told(&ahead, "field"), told(&ahead, "version")),
        ("INVALID_FIELD".to_owned(), "etag".to_owned(), "5".to_owned())
    );
    let other = "Mme Dupont".to_owned();
    let other = act!(client, submit_contract, SubmitContractRequest { opco: other }, name, 5);
    let other = other.unwrap_err();
    assert_eq!(reason(&other), "INVALID_FIELD", "everybody may read it");
    assert!(french(&other).contains("DDETS(PP) 35") && !french(&other).contains("Dupont"));
    let other = "DDETS 36".to_owned();
    let other = act!(client, submit_contract, SubmitContractRequest { service: other }, name, 5);
    assert!(french(&other.unwrap_err()).contains("DDETS(PP) 35"));
    let long = "9".repeat(grpc::limits::VERBATIM_BYTES + 1);
    let long = act!(client, deposit_contract, DepositContractRequest { number: long }, name, 5);
    assert!(french(&long.unwrap_err()).contains("Le champ number "));
    let kind = wire::DocumentKind::Other as i32;
    let empty = act!(client, attach_document, AttachDocumentRequest { kind: kind }, name, 5);
    assert!(french(&empty.unwrap_err()).contains("vide"));
    let mut others = signers(PARTIES);
    others[0].provider = "Mme Dupont".to_owned();
    let document = hex(&DOCUMENT);
    let request = act!(
        client,
        request_signatures,
        RequestSignaturesRequest { document: document, signers: others },
        name,
        5
    );
    assert_eq!(reason(&request.unwrap_err()), "INVALID_FIELD", "nobody of that name verifies");
    let nir = "184127645108946 est son numéro".to_owned();
    let nir = act!(client, withdraw_contract, WithdrawContractRequest { reason: nir }, name, 5);
    assert_eq!(reason(&nir.unwrap_err()), "INVALID_FIELD", "a NIR is never stored");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opened_bundle_says_nothing_of_a_disability_and_holds_no_part_of_a_document() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let name = to_be_signed(&client, PARTIES).await;
    let request = wire::ExportOpenedBundleRequest { name };
    let mut parts =
        server.client.proofs().export_opened_bundle(request).await.unwrap().into_inner();
    let mut bundle = Vec::new();
    while let Some(part) = parts.message().await.unwrap() {
        bundle.extend(part.data);
    }
    let text = String::from_utf8_lossy(&bundle);
    assert!(text.contains("D'Alençon"), "it is opened");
    let at = text.find("apprentice.disability").expect("that it was filled");
    let said = &text[at.saturating_sub(120)..at + 120];
    assert!(said.contains("non communiqué") && !said.contains("false"), "{said}");
    assert!(text.contains("à lire à part") && !text.contains("the training agreement"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_that_is_not_what_was_asked_for_is_refused_each_with_its_reason() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let (name, other) =
        (to_be_signed(&client, PARTIES).await, to_be_signed(&client, PARTIES).await);
    let right = evidence(&name, Party::Employer);
    let mut forged = right.clone();
    let last = forged.len() - 5;
    forged[last] = if forged[last] == b'A' { b'B' } else { b'A' };
    // An employer's key, in the hand of somebody else.
    let contract: ContractId = name.trim_start_matches("contracts/").parse().unwrap();
    let asked =
        Asked { contract, round: 0, request: 1, document: DOCUMENT, party: Party::Employer };
    let stranger = SignerKey::new("employer", Kind::Ed25519, &[99; 32]).unwrap();
    let changed = Asked { document: [0xD1; 32], ..asked };
    let employer = wire::Party::Employer;
    let swapped = signed(&client, &name, employer, sign(&asked, &key_of(Party::Cfa))).await;
    let swapped = swapped.unwrap_err();
    assert_eq!(reason(&swapped), "SIGNATURE_REFUSED");
    assert!(french(&swapped).starts_with("Cette clé n'est pas celle de la partie"), "{swapped:?}");
    for (what, party, sent, code) in [
        ("forged", employer, forged, "SIGNATURE_REFUSED"),
        ("swapped", wire::Party::Cfa, right.clone(), "SIGNATURE_REFUSED"),
        ("of another contract", employer, evidence(&other, Party::Employer), "SIGNATURE_REFUSED"),
        (
            "of a document changed since",
            employer,
            sign(&changed, &key_of(Party::Employer)),
            "SIGNATURE_REFUSED",
        ),
        ("by a stranger", employer, sign(&asked, &stranger), "SIGNATURE_REFUSED"),
        (
            "of no party",
            wire::Party::Guardian,
            evidence(&name, Party::Guardian),
            "SIGNATURE_REFUSED",
        ),
        ("nothing", employer, Vec::new(), "SIGNATURE_REFUSED"),
    ] {
        let refused = signed(&client, &name, party, sent).await.unwrap_err();
        assert_eq!(reason(&refused), code, "{what}: {refused:?}");
    }
    signed(&client, &name, employer, right.clone()).await.unwrap();
    let again = signed(&client, &name, employer, right.clone()).await.unwrap_err();
    assert_eq!(reason(&again), "ALREADY_SO", "sent again under another request id");
    // Once the form was opened again, the same document is another request: the old signature says nothing.
    act!(client, reopen_contract, ReopenContractRequest { reason: "une faute".into() }, name, "")
        .unwrap();
    act!(client, publish_contract, PublishContractRequest {}, name, "").unwrap();
    let (document, signers) = (hex(&DOCUMENT), signers(PARTIES));
    act!(
        client,
        request_signatures,
        RequestSignaturesRequest { document: document, signers: signers },
        name,
        ""
    )
    .unwrap();
    let replayed = signed(&client, &name, employer, right).await.unwrap_err();
    assert_eq!(reason(&replayed), "SIGNATURE_REFUSED");
    server.stop().await;
}

/// How often the parties sign at once; `CONTRACTS=1000` for the figure.
fn contracts() -> u64 {
    std::env::var("CONTRACTS").ok().and_then(|count| count.parse().ok()).unwrap_or(20)
}

#[tokio::test(flavor = "multi_thread")]
async fn four_parties_who_sign_at_once_from_clients_of_their_own_sign_once_each() {
    let (_folder, server) = server().await;
    let client = server.client.contract_workflow();
    let mut own = Vec::new();
    for _ in OF_A_MINOR {
        own.push(client_of(&server).await);
    }
    for _ in 0..contracts() {
        let name = to_be_signed(&client, OF_A_MINOR).await;
        let signing = OF_A_MINOR.iter().zip(&own).map(|((party, code), own)| {
            let (own, name, code, party) = (own.clone(), name.clone(), *code, *party);
            tokio::spawn(async move {
                signed(&own, &name, code, evidence(&name, party)).await.unwrap().events
            })
        });
        let mut events = Vec::new();
        for task in signing.collect::<Vec<_>>() {
            events.extend(task.await.unwrap());
        }
        let count = |name: &str| events.iter().filter(|event| *event == name).count();
        assert_eq!((count("PartySigned"), count("FullySigned")), (4, 1), "{events:?}");
        let now = workflow(&client, &name).await;
        let parties: BTreeSet<i32> =
            now.rounds[0].signatures.iter().map(|signature| signature.party).collect();
        assert_eq!((parties.len(), now.rounds[0].phase()), (4, wire::ContractPhase::Signed));
    }
    server.stop().await;
}

/// A client with a connection of its own.
async fn client_of(server: &Server) -> Client {
    let credential = server.credential.clone();
    grpc::client::Client::connect(&server.address, credential).await.unwrap().contract_workflow()
}
