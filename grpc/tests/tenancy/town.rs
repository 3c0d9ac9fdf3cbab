//! Two CFAs of two régions on one server, with learners of their own and one that both have.

use crate::house::{Server, server};
use crate::raw::{Answer, call, connect};
use access::keyring::NewKey;
use access::{Call, Establishment, Role, Scope, Sources};
use domain::cerfa::{Met, example_form};
use domain::dossier::{Field, RawDossier, example_row};
use domain::identifiers::{Siret, Uai};
use domain::ids::Source;
use grpc::client::Keyed;
use prost::Message;
use proto::v1 as wire;
use proto::v1::{
    ErasureRequester, ListContractsRequest, ListContractsResponse, RequestErasureRequest,
    RequestErasureResponse, RunDeclaration, RunExtent,
};
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

/// A CFA and what it pushed.
#[derive(Debug, Clone)]
pub(crate) struct Cfa {
    pub(crate) uai: &'static str,
    pub(crate) siret: &'static str,
    pub(crate) source: &'static str,
    /// The name of its software, which nothing else says.
    pub(crate) software: &'static str,
    pub(crate) region: &'static str,
    pub(crate) departement: &'static str,
    pub(crate) academie: &'static str,
    pub(crate) learners: usize,
    pub(crate) run: String,
    pub(crate) enrolments: Vec<String>,
    pub(crate) contracts: Vec<String>,
    /// The contract of its first learner whose workflow runs here: it was sent to the deposit body.
    pub(crate) workflow: String,
    /// One of an establishment of industrial and commercial kind, which was sent to its OPCO.
    pub(crate) private: String,
    /// The establishment that employs in both.
    pub(crate) employer: &'static str,
    /// That OPCO.
    pub(crate) opco: &'static str,
    /// The erasure of its second learner, which was asked for and waits for a decision.
    pub(crate) erasure: String,
}

pub(crate) struct Town {
    pub(crate) north: Cfa,
    pub(crate) south: Cfa,
    /// Whoever may read the folder.
    pub(crate) local: Keyed,
    pub(crate) server: Server,
    folder: TempDir,
}

/// A learner of a CFA; the first ones have broken contracts, the next ones none.
pub(crate) fn row(cfa: &Cfa, n: usize) -> RawDossier {
    let row = example_row()
        .with(Field::IdErpApprenant, &format!("{}-{n}", cfa.source))
        .with(Field::NomApprenant, &format!("NOM{n}{}", cfa.source.to_uppercase()))
        .with(Field::IneApprenant, if n == 0 { "0123A45678C" } else { "" })
        .with(Field::EtablissementFormateurUai, cfa.uai)
        .with(Field::EtablissementFormateurSiret, cfa.siret)
        .with(Field::EtablissementResponsableUai, cfa.uai)
        .with(Field::EtablissementResponsableSiret, cfa.siret);
    match n {
        0 | 1 => row.with(Field::ContratDateRupture, "2025-08-01"),
        _ => row,
    }
}

impl Town {
    pub(crate) async fn build() -> Self {
        let (folder, server) = server().await;
        let local = connect(&server.address, server.credential.clone()).await;
        let mut town = Self {
            north: cfa(
                ["0010826T", "12345678200010", "erp-nord", "Boussole", "84", "01", "10"],
                ["21350238800019", "OPCO 2i"],
                5,
            ),
            south: cfa(
                ["0751234J", "13002526500013", "erp-sud", "Sextant", "11", "75", "01"],
                ["21750001600019", "AKTO"],
                3,
            ),
            local,
            server,
            folder,
        };
        for south in [false, true] {
            let cfa = if south { &town.south } else { &town.north };
            let rows: Vec<RawDossier> = (0..cfa.learners).map(|n| row(cfa, n)).collect();
            let run = declaration(cfa, Uuid::new_v4(), rows.len());
            let pushed = town.server.push(&run, &rows).await;
            let enrolments: Vec<String> =
                pushed.answers.iter().map(|answer| answer.enrolment.clone()).collect();
            let asked = ListContractsRequest {
                trainer_uai: cfa.uai.into(),
                time: Some(proto::v1::TimeQuery {
                    min_position: pushed.run.position,
                    ..Default::default()
                }),
                ..Default::default()
            };
            let answer = town.call(&town.local, Call::ListContracts, asked.encode_to_vec()).await;
            let contracts = answer.read::<ListContractsResponse>().contracts;
            let asked = RequestErasureRequest {
                request_id: Uuid::new_v4().to_string(),
                actor: "u1".into(),
                enrolments: vec![pushed.answers[1].enrolment.clone()],
                with_linked: false,
                requester: ErasureRequester::Person as i32,
                received_on: "2025-10-15".into(),
            };
            let answer = town.call(&town.local, Call::RequestErasure, asked.encode_to_vec()).await;
            let erasure = answer.read::<RequestErasureResponse>().erasure.unwrap().name;
            let sent = |private| workflow(&town, cfa, &enrolments[0], private);
            let (workflow, private) = (sent(false).await, sent(true).await);
            let cfa = if south { &mut town.south } else { &mut town.north };
            cfa.workflow = workflow;
            cfa.private = private;
            cfa.erasure = erasure;
            cfa.run = pushed.run.name;
            cfa.enrolments = enrolments;
            cfa.contracts = contracts.into_iter().map(|contract| contract.name).collect();
        }
        town
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn call(&self, channel: &Keyed, of: Call, message: Vec<u8>) -> Answer {
        call(channel, &path(of), vec![message]).await
    }

    /// A connection of somebody in that role, whose scope is the northern CFA.
    pub(crate) async fn northern(&self, role: Role) -> Keyed {
        self.of(role, &self.north).await
    }

    pub(crate) async fn of(&self, role: Role, cfa: &Cfa) -> Keyed {
        if role == Role::Local {
            return self.local.clone();
        }
        let key = self.server.keys.create(key_of(role, cfa), crate::house::now()).unwrap();
        // The server looks at the file a few times a second.
        tokio::time::sleep(2 * access::limits::LOOK_EVERY).await;
        let credential = grpc::client::Credential::new(key.text()).unwrap();
        connect(&self.server.address, credential.because("contrôle")).await
    }
}

/// The path of a call; of all of a service, one method that there is not.
pub(crate) fn path(call: Call) -> String {
    let (service, method) = call.name();
    let method = match (call, method) {
        (Call::Reflection | Call::ReflectionAlpha, _) => "ServerReflectionInfo",
        (_, "*") => "Any",
        (_, method) => method,
    };
    format!("/{service}/{method}")
}

/// What a key of that role is bound to, for a CFA.
pub(crate) fn key_of(role: Role, cfa: &Cfa) -> NewKey {
    let uai = Uai::parse(cfa.uai).unwrap();
    let one = Establishment { uai, siret: Siret::parse(cfa.siret).unwrap() };
    let is_cfa = matches!(role, Role::CfaDeposit | Role::CfaReading | Role::Network);
    NewKey {
        name: format!("{role} of {}", cfa.uai),
        environment: "test".into(),
        role,
        scope: match role {
            Role::CfaDeposit | Role::CfaReading | Role::Network => {
                Scope::Establishments([one].into())
            }
            Role::Employer => Scope::Employer([Siret::parse(cfa.employer).unwrap()].into()),
            Role::Opco => Scope::Opco(cfa.opco.into()),
            Role::Dreets => Scope::Region(cfa.region.into()),
            Role::Ddets => Scope::Departement(cfa.departement.into()),
            Role::Academie => Scope::Academie(cfa.academie.into()),
            Role::Operator => Scope::Nothing,
            _ => Scope::Everything,
        },
        sources: if is_cfa {
            Sources::Only([Source::parse(cfa.source).unwrap()].into())
        } else {
            Sources::default()
        },
        days: 30,
        calls_per_minute: Some(1_000_000),
    }
}

fn cfa(
    [uai, siret, source, software, region, departement, academie]: [&'static str; 7],
    [employer, opco]: [&'static str; 2],
    n: usize,
) -> Cfa {
    let (run, enrolments, contracts) = (String::new(), Vec::new(), Vec::new());
    let (erasure, workflow, private) = (String::new(), String::new(), String::new());
    Cfa {
        uai,
        siret,
        source,
        software,
        region,
        departement,
        academie,
        learners: n,
        run,
        enrolments,
        contracts,
        workflow,
        private,
        employer,
        opco,
        erasure,
    }
}

pub(crate) fn declaration(cfa: &Cfa, run: Uuid, rows: usize) -> RunDeclaration {
    RunDeclaration {
        run_id: run.to_string(),
        source: cfa.source.into(),
        software: cfa.software.into(),
        extracted_at: "2025-10-01T02:00:00Z".into(),
        extent: RunExtent::Partial as i32,
        row_count: Some(rows as u32),
        proofs: false,
    }
}

/// A contract of a learner, written, signed and sent to the service of the CFA's département, or to its OPCO.
async fn workflow(town: &Town, cfa: &Cfa, enrolment: &str, private: bool) -> String {
    let postcode = format!("{}000", cfa.departement);
    let fields: Vec<Met> =
        example_form().fields().into_iter().filter(|met| met.value.is_some()).collect();
    let fields = fields.into_iter().map(|met| wire::FieldValue {
        value: match met.path.as_str() {
            "employer.address.postcode" => Some(postcode.clone()),
            // The example's is that of the southern CFA.
            "employer.siret" => Some(cfa.employer.to_owned()),
            "employer.kind" if private => Some("30".to_owned()),
            "training.responsible.uai" => Some(cfa.uai.to_owned()),
            "training.responsible.siret" => Some(cfa.siret.to_owned()),
            _ => met.value,
        },
        path: met.path,
    });
    let request_id = || Uuid::new_v4().to_string();
    let draft = wire::DraftContractRequest {
        request_id: request_id(),
        actor: "u1".into(),
        enrolment: enrolment.into(),
    };
    let act = async |of: Call, message: Vec<u8>| {
        let answer = town.call(&town.local, of, message).await;
        assert!(answer.status.is_none(), "{of:?}: {answer:?}");
        answer.read::<wire::ContractReceipt>()
    };
    let name = act(Call::DraftContract, draft.encode_to_vec()).await.name;
    let (request_id, name) = (request_id, || name.clone());
    let fill = wire::FillContractRequest {
        name: name(),
        request_id: request_id(),
        actor: "u1".into(),
        fields: fields.collect(),
        ..Default::default()
    };
    act(Call::FillContract, fill.encode_to_vec()).await;
    let attach = wire::AttachDocumentRequest {
        name: name(),
        request_id: request_id(),
        actor: "u1".into(),
        kind: wire::DocumentKind::TrainingAgreement as i32,
        content: b"an agreement".to_vec(),
        ..Default::default()
    };
    act(Call::AttachDocument, attach.encode_to_vec()).await;
    let publish = wire::PublishContractRequest {
        name: name(),
        request_id: request_id(),
        actor: "u1".into(),
        ..Default::default()
    };
    act(Call::PublishContract, publish.encode_to_vec()).await;
    let paper = wire::SignContractOnPaperRequest {
        name: name(),
        request_id: request_id(),
        actor: "u1".into(),
        content: b"a scan".to_vec(),
        attestation: "vu l'original".into(),
        ..Default::default()
    };
    act(Call::SignContractOnPaper, paper.encode_to_vec()).await;
    let submit = wire::SubmitContractRequest {
        name: name(),
        request_id: request_id(),
        actor: "u1".into(),
        opco: if private { cfa.opco.to_owned() } else { String::new() },
        ..Default::default()
    };
    act(Call::SubmitContract, submit.encode_to_vec()).await;
    name()
}
