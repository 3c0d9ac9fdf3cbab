//! Every cell of the matrix, over a real server: what is denied is denied whatever exists; what is
//! within scope shows the northern CFA and not the southern one; what is everywhere shows both.

use crate::raw::{Answer, call};
use crate::requests;
use crate::town::{Cfa, Town, path};
use access::{Call, Permission, Role, permission};
use grpc::client::Keyed;
use prost::Message;
use proto::v1 as wire;
use tonic::Code;

/// How a cell shows that it reaches a CFA.
enum Shows {
    /// The answer names something of the CFA.
    Name(fn(&Cfa) -> String),
    /// The named thing is found.
    Found,
    /// A row of the CFA is taken.
    Row,
    /// The figure counts the CFA's.
    Count(fn(&Answer) -> u64),
    /// It is of the server, and of no CFA.
    Server,
}

const fn shows(call: Call) -> Shows {
    match call {
        Call::PushDossiers | Call::BatchPushDossiers => Shows::Row,
        Call::ListPushRuns => Shows::Name(|cfa| cfa.run.clone()),
        Call::ListEnrolments | Call::ListCountedEnrolments | Call::ListAlerts => {
            Shows::Name(|cfa| cfa.enrolments[1].clone())
        }
        Call::ListContracts => Shows::Name(|cfa| cfa.contracts[0].clone()),
        // What is declared too is drawn by the name of the one written here.
        Call::ListContractWorkflows | Call::DrawSample => Shows::Name(|cfa| cfa.workflow.clone()),
        Call::StreamEvents => Shows::Name(|cfa| cfa.enrolments[0].clone()),
        Call::StreamRecords => Shows::Name(|cfa| cfa.source.to_owned()),
        Call::ComputeHeadcount | Call::ComputeOutcomes => Shows::Name(|cfa| cfa.uai.to_owned()),
        Call::ListRefusedRows => Shows::Name(|cfa| format!("pushRuns/{}/", cfa.source)),
        Call::ComputeEvolution => Shows::Count(|answer| {
            let answer = answer.read::<wire::ComputeEvolutionResponse>();
            answer.months[0].headcount.clone().unwrap().apprenants
        }),
        Call::SummarizeAlerts => Shows::Count(|answer| {
            let answer = answer.read::<wire::SummarizeAlertsResponse>();
            answer.counts.iter().map(|count| count.count).sum()
        }),
        Call::GetPushRun
        | Call::ConfirmPushRun
        | Call::RejectPushRun
        | Call::GetEnrolment
        | Call::GetTrajectory
        | Call::CorrectEvent
        | Call::RetractEvent
        | Call::ExcludeLearner
        | Call::DeclareWithdrawal
        | Call::CompleteTraining
        | Call::RemapLearner
        | Call::LinkPersons
        | Call::UnlinkPersons
        | Call::GetContract
        | Call::BreakContract
        | Call::EndContract
        | Call::DraftContract
        | Call::FillContract
        | Call::AttachDocument
        | Call::PublishContract
        | Call::ReopenContract
        | Call::RequestSignatures
        | Call::SignContract
        | Call::RefuseSignature
        | Call::SignContractOnPaper
        | Call::WithdrawContract
        | Call::SubmitContract
        | Call::RequestDocument
        | Call::CompleteFile
        | Call::DepositContract
        | Call::RefuseDeposit
        | Call::AmendContract
        | Call::SuspendContract
        | Call::ResumeContract
        | Call::RuptureContract
        | Call::CompleteContract
        | Call::CancelContract
        | Call::DeclareFunding
        | Call::DeclareInvoice
        | Call::GiveCalendar
        | Call::GetContractWorkflow
        | Call::GetContractFunding
        | Call::DownloadDocument
        | Call::ListEvents
        | Call::ExportBundle
        | Call::ExportOpenedBundle
        | Call::ExportPerson => Shows::Found,
        Call::GetHead
        | Call::CheckContract
        | Call::ImportReferenceSet
        | Call::GetReferenceSet
        | Call::GetLimits
        | Call::GetCheckpoint
        | Call::GetInclusionProof
        | Call::GetConsistencyProof
        | Call::RequestErasure
        | Call::DecideErasure
        | Call::ExecuteErasure
        | Call::GetErasure
        | Call::ListErasures
        | Call::ListDueErasures
        | Call::ExecuteRetention
        | Call::FindPersons
        | Call::Reflection
        | Call::ReflectionAlpha => Shows::Server,
    }
}

/// What a call of privacy is answered to a role that may make it, of a CFA: the reason of a refusal,
/// none when it is done; and what an answer names. Nobody before the DPO decides.
fn privacy(of: Call, role: Role, cfa: &Cfa) -> Option<(&'static str, Option<String>)> {
    let erasure = || Some(cfa.erasure.clone());
    let learner = |n: usize| Some(cfa.enrolments[n].clone());
    Some(match (of, role) {
        (Call::RequestErasure, _) => ("", learner(0)),
        (Call::DecideErasure, Role::Dpo) => ("", erasure()),
        (Call::DecideErasure, _) => ("ALREADY_SO", None),
        (Call::ExecuteErasure, _) => ("ERASURE_REFUSED", None),
        (Call::GetErasure | Call::ListErasures, _) => ("", erasure()),
        (Call::ListDueErasures, _) => ("", learner(1)),
        (Call::ExecuteRetention, _) => ("", None),
        (Call::ExportPerson, _) => ("", learner(0)),
        (Call::FindPersons, _) => ("", learner(2)),
        _ => return None,
    })
}

async fn ask(of: Call, channel: &Keyed, cfa: &Cfa) -> Answer {
    call(channel, &path(of), requests::of(of, cfa)).await
}

/// What a role is asked about of a CFA: an OPCO, about the contract that went to one.
fn about(role: Role, cfa: &Cfa) -> Cfa {
    let workflow = if role == Role::Opco { &cfa.private } else { &cfa.workflow };
    Cfa { workflow: workflow.clone(), ..cfa.clone() }
}

/// Whether the answer about a CFA reaches it.
fn reaches(of: Call, answer: &Answer, cfa: &Cfa) -> bool {
    match shows(of) {
        Shows::Name(name) => answer.has(&name(cfa)),
        Shows::Found => answer.missing().is_none(),
        Shows::Row => answer.code() == Code::Ok && !answer.has("ESTABLISHMENT_NOT_BOUND"),
        Shows::Count(_) | Shows::Server => true,
    }
}

/// Whether it has contracts, and no learner.
const fn has_no_learners(role: Role) -> bool {
    matches!(role, Role::Employer | Role::Opco)
}

/// Whether an employer or an OPCO is asked about a learner here.
const fn names_a_learner(role: Role, of: Call) -> bool {
    has_no_learners(role)
        && matches!(
            of,
            Call::DraftContract | Call::ListEvents | Call::ExportBundle | Call::ExportOpenedBundle
        )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_cell_of_the_matrix_is_what_it_says() {
    let town = Town::build().await;
    refuse_a_row(&town).await;
    let mut cells = 0;
    for role in Role::ALL {
        let channel = town.northern(role).await;
        for of in Call::ALL.iter().copied() {
            let cell = permission(role, of);
            let north = ask(of, &channel, &about(role, &town.north)).await;
            let south = ask(of, &channel, &about(role, &town.south)).await;
            let seen = [(&north, &town.north), (&south, &town.south)];
            let seen = seen.map(|(answer, cfa)| reaches(of, answer, &about(role, cfa)));
            let told = format!("{role} {of:?} {cell:?}: {north:?} {south:?}");
            // Whoever sees everything within its scope sees both: only some scopes have an end.
            let bounded = matches!(
                role,
                Role::CfaDeposit
                    | Role::CfaReading
                    | Role::Network
                    | Role::Employer
                    | Role::Opco
                    | Role::Dreets
                    | Role::Ddets
                    | Role::Academie
            );
            match cell {
                Permission::Denied => {
                    for answer in [&north, &south] {
                        assert_eq!(answer.code(), Code::PermissionDenied, "{told}");
                        assert_eq!(answer.reason(), "PERMISSION_DENIED", "{told}");
                    }
                    assert_eq!(north.bytes(), south.bytes(), "{told}");
                }
                // They have contracts and no learner: the enrolment that is named is nobody's. See `drafted`.
                Permission::WithinScope if names_a_learner(role, of) => {
                    assert_eq!(seen, [false, false], "{told}");
                }
                // The alerts of their contracts alone: see `contracts`.
                Permission::WithinScope if of == Call::ListAlerts && has_no_learners(role) => {
                    assert_eq!(seen, [false, false], "{told}");
                    assert_eq!(north.code(), Code::Ok, "{told}");
                }
                Permission::WithinScope if bounded => {
                    assert!(seen[0], "{told}");
                    match shows(of) {
                        Shows::Count(count) => assert!(count(&south) <= 5, "{told}"),
                        Shows::Server => panic!("{told}"),
                        _ => assert!(!seen[1], "{told}"),
                    }
                }
                Permission::WithinScope | Permission::Everywhere => {
                    assert_eq!(seen, [true, true], "{told}");
                    assert_ne!(north.reason(), "PERMISSION_DENIED", "{told}");
                    if let Shows::Count(count) = shows(of) {
                        assert!(count(&north) > 5 || of == Call::SummarizeAlerts, "{told}");
                    }
                }
            }
            for (answer, cfa) in [(&north, &town.north), (&south, &town.south)] {
                let Some((reason, named)) = privacy(of, role, cfa) else { continue };
                if cell != Permission::Denied {
                    assert_eq!(answer.reason(), reason, "{told}");
                    assert_eq!(answer.code() == Code::Ok, reason.is_empty(), "{told}");
                    assert!(named.is_none_or(|named| answer.has(&named)), "{told}");
                }
            }
            assert_ne!(north.code(), Code::Unauthenticated, "{told}");
            cells += 1;
        }
    }
    assert_eq!(cells, Role::ALL.len() * Call::ALL.len());
    let erasures = ask(Call::ListErasures, &town.local, &town.north).await;
    let erasures = erasures.read::<wire::ListErasuresResponse>().erasures;
    let states = |state| erasures.iter().filter(|one| one.state() == state).count();
    use wire::ErasureState::{Refused, Requested};
    // Of each CFA: the one that was decided, and those that two roles may ask for.
    assert_eq!((states(Refused), states(Requested), erasures.len()), (2, 4, 6), "nobody is erased");
    town.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dpo_has_whoever_the_decision_is_about_erased_and_nobody_else() {
    let town = Town::build().await;
    let dpo = town.northern(Role::Dpo).await;
    let (name, actor) = (town.north.erasure.clone(), "u1".to_owned());
    let request_id = || uuid::Uuid::new_v4().to_string();
    let decided = wire::DecideErasureRequest {
        request_id: request_id(),
        actor: actor.clone(),
        name: name.clone(),
        granted: true,
        basis: wire::LegalBasis::Objection as i32,
        reference: "R-2".into(),
    };
    let decided = town.call(&dpo, Call::DecideErasure, decided.encode_to_vec()).await;
    assert_eq!(decided.code(), Code::Ok, "{decided:?}");
    let execute = wire::ExecuteErasureRequest { request_id: request_id(), actor, name };
    let done = town.call(&dpo, Call::ExecuteErasure, execute.encode_to_vec()).await;
    let done = done.read::<wire::ExecuteErasureResponse>().erasure.unwrap();
    assert_eq!(done.certificate.unwrap().enrolments, [town.north.enrolments[1].clone()]);
    let due = ask(Call::ListDueErasures, &dpo, &town.north).await;
    assert!(!due.has(&town.north.enrolments[1]) && due.has(&town.north.enrolments[2]), "{due:?}");
    let refused = ask(Call::DecideErasure, &dpo, &town.north).await;
    assert_eq!(refused.reason(), "ALREADY_SO");
    town.server.stop().await;
}

/// Each CFA has one row that could not be read.
async fn refuse_a_row(town: &Town) {
    for cfa in [&town.north, &town.south] {
        let rows = [crate::town::row(cfa, 2).with(domain::dossier::Field::DateEntreeFormation, "")];
        let run = crate::town::declaration(cfa, uuid::Uuid::new_v4(), 1);
        town.server.push(&run, &rows).await;
    }
}

#[test]
fn every_method_of_the_schema_has_its_row_in_the_matrix() {
    let pool = prost_reflect::DescriptorPool::decode(proto::v1::FILE_DESCRIPTOR_SET).unwrap();
    let mut methods = 0;
    for service in pool.services() {
        for method in service.methods() {
            let path = format!("/{}/{}", service.full_name(), method.name());
            assert!(Call::of_path(&path).is_some(), "{path} is not in access/src/call.rs");
            methods += 1;
        }
    }
    assert!(methods > 30, "{methods}");
}
