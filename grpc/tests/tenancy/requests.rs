//! A request of each call that speaks of one CFA.

#![allow(clippy::needless_update, reason = "all acts on a contract are made alike")]

use crate::town::{Cfa, declaration, row};
use access::Call;
use grpc::convert::dossier::to_message;
use prost::Message;
use proto::v1::push_dossiers_request::Message as Sent;
use proto::v1::{self as wire, DossierRow};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The last day that every question asks for: after all that was pushed.
const DAY: &str = "2025-10-15";

/// Rules by which nobody is erased by a test of who may.
const NOBODY_IS_DUE: &str = r#"{"notice_days": 0, "rules": [{"in_force_from": "2020-01-01",
    "years_after_conclusion": 90, "months_after_end": 0, "years_without_contract": 90,
    "cohorts": []}]}"#;

pub(crate) fn time() -> Option<wire::TimeQuery> {
    Some(wire::TimeQuery { as_of: DAY.into(), ..Default::default() })
}

/// What a call is asked of a CFA: its first enrolment, its first contract, its run, itself.
pub(crate) fn of(call: Call, cfa: &Cfa) -> Vec<Vec<u8>> {
    let enrolment = cfa.enrolments[0].clone();
    let contract = cfa.contracts[0].clone();
    let request_id = Uuid::new_v4().to_string();
    let (actor, name) = ("u1".to_owned(), cfa.run.clone());
    let one = |message: &dyn Encoded| vec![message.bytes()];
    match call {
        Call::PushDossiers => {
            let run = declaration(cfa, Uuid::new_v4(), 1);
            let sent = [Sent::Run(run), Sent::Row(dossier(cfa))];
            let message = |m| wire::PushDossiersRequest { message: Some(m) }.encode_to_vec();
            sent.into_iter().map(message).collect()
        }
        Call::BatchPushDossiers => one(&wire::BatchPushDossiersRequest {
            run: Some(declaration(cfa, Uuid::new_v4(), 1)),
            rows: vec![dossier(cfa)],
            ..Default::default()
        }),
        Call::GetPushRun => one(&wire::GetPushRunRequest { name }),
        Call::ListPushRuns => one(&wire::ListPushRunsRequest::default()),
        Call::ConfirmPushRun => one(&wire::ConfirmPushRunRequest { name, request_id, actor }),
        Call::RejectPushRun => one(&wire::RejectPushRunRequest { name, request_id, actor }),
        Call::ListRefusedRows => one(&wire::ListRefusedRowsRequest::default()),
        Call::GetEnrolment => {
            one(&wire::GetEnrolmentRequest { name: enrolment, time: time(), rule_set: 0 })
        }
        Call::ListEnrolments => {
            one(&wire::ListEnrolmentsRequest { time: time(), ..Default::default() })
        }
        Call::GetTrajectory => {
            one(&wire::GetTrajectoryRequest { name: enrolment, time: time(), rule_set: 0 })
        }
        Call::CorrectEvent => one(&wire::CorrectEventRequest {
            enrolment,
            event_id: Uuid::nil().to_string(),
            request_id,
            actor,
            value: Some(wire::correct_event_request::Value::Day(DAY.into())),
        }),
        Call::RetractEvent => one(&wire::RetractEventRequest {
            enrolment,
            event_id: Uuid::nil().to_string(),
            request_id,
            actor,
            reason: wire::RetractionReason::SentByMistake as i32,
        }),
        Call::ExcludeLearner => one(&wire::ExcludeLearnerRequest {
            enrolment,
            request_id,
            actor,
            on: DAY.into(),
            cause: String::new(),
        }),
        Call::DeclareWithdrawal => {
            one(&wire::DeclareWithdrawalRequest { enrolment, request_id, actor, on: DAY.into() })
        }
        Call::CompleteTraining => one(&wire::CompleteTrainingRequest {
            enrolment,
            request_id,
            actor,
            result: Some(wire::ResultValue { on: DAY.into(), diploma: true }),
        }),
        Call::RemapLearner => one(&wire::RemapLearnerRequest {
            enrolment,
            request_id,
            actor,
            id_erp_apprenant: Uuid::new_v4().to_string(),
        }),
        Call::LinkPersons => one(&wire::LinkPersonsRequest {
            enrolment,
            other_enrolment: cfa.enrolments[cfa.enrolments.len() - 1].clone(),
            request_id,
            actor,
            basis: wire::LinkBasis::Confirmation as i32,
        }),
        Call::UnlinkPersons => one(&wire::UnlinkPersonsRequest {
            enrolment,
            other_enrolment: cfa.enrolments[cfa.enrolments.len() - 1].clone(),
            request_id,
            actor,
            basis: wire::LinkBasis::Confirmation as i32,
        }),
        Call::GetContract => one(&wire::GetContractRequest { name: contract, time: time() }),
        Call::ListContracts => {
            one(&wire::ListContractsRequest { time: time(), ..Default::default() })
        }
        Call::DrawSample => one(&wire::DrawSampleRequest {
            departement: cfa.departement.to_owned(),
            size: 10,
            seed: 1,
            known_at: String::new(),
        }),
        Call::BreakContract => one(&wire::BreakContractRequest {
            name: contract,
            request_id,
            actor,
            effective_on: "2025-08-02".into(),
            ..Default::default()
        }),
        Call::EndContract => {
            one(&wire::EndContractRequest { name: contract, request_id, actor, on: DAY.into() })
        }
        Call::FillContract => one(&wire::FillContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            fields: vec![wire::FieldValue {
                path: "terms.weekly_time".into(),
                value: Some("36:00".into()),
            }],
            ..Default::default()
        }),
        Call::AttachDocument => one(&wire::AttachDocumentRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            kind: wire::DocumentKind::Other as i32,
            content: Uuid::new_v4().as_bytes().to_vec(),
            ..Default::default()
        }),
        Call::PublishContract => one(&wire::PublishContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,

            ..Default::default()
        }),
        Call::ReopenContract => one(&wire::ReopenContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            reason: "un motif".into(),
            ..Default::default()
        }),
        Call::RequestSignatures => one(&wire::RequestSignaturesRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            document: "d0".repeat(32),
            ..Default::default()
        }),
        Call::SignContract => one(&wire::SignContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            party: wire::Party::Cfa as i32,
            provider: "ed25519".into(),
            evidence: b"no evidence".to_vec(),
            ..Default::default()
        }),
        Call::RefuseSignature => one(&wire::RefuseSignatureRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            party: wire::Party::Cfa as i32,
            reason: "un motif".into(),
            ..Default::default()
        }),
        Call::SignContractOnPaper => one(&wire::SignContractOnPaperRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            content: b"a scan".to_vec(),
            attestation: "vu".into(),
            ..Default::default()
        }),
        Call::WithdrawContract => one(&wire::WithdrawContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            reason: "un motif".into(),
            ..Default::default()
        }),
        Call::SubmitContract => one(&wire::SubmitContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,

            ..Default::default()
        }),
        Call::RequestDocument => one(&wire::RequestDocumentRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            missing: "la convention".into(),
            ..Default::default()
        }),
        Call::CompleteFile => one(&wire::CompleteFileRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,

            ..Default::default()
        }),
        Call::DepositContract => one(&wire::DepositContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            number: "001202511AB0001".into(),
            ..Default::default()
        }),
        Call::RefuseDeposit => one(&wire::RefuseDepositRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            motive: "un motif".into(),
            ..Default::default()
        }),
        Call::AmendContract => one(&wire::AmendContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            r#type: "36".into(),
            ..Default::default()
        }),
        Call::SuspendContract => one(&wire::SuspendContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            reason: "un motif".into(),
            ..Default::default()
        }),
        Call::ResumeContract => one(&wire::ResumeContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,

            ..Default::default()
        }),
        Call::RuptureContract => one(&wire::RuptureContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            mode: wire::RuptureMode::MutualAgreement as i32,
            initiator: wire::Initiator::Both as i32,
            ..Default::default()
        }),
        Call::CompleteContract => one(&wire::CompleteContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,

            ..Default::default()
        }),
        Call::CancelContract => one(&wire::CancelContractRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            reason: "un motif".into(),
            ..Default::default()
        }),
        Call::DeclareFunding => one(&wire::DeclareFundingRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            yearly_cents: 700_000,
            ..Default::default()
        }),
        Call::GiveCalendar => one(&wire::GiveCalendarRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            calendar: Some(wire::AlternationCalendar {
                from: "2025-09-01".into(),
                to: "2026-08-31".into(),
                weekdays: vec![1, 2],
                ..Default::default()
            }),
            ..Default::default()
        }),
        Call::DeclareInvoice => one(&wire::DeclareInvoiceRequest {
            name: cfa.workflow.clone(),
            request_id,
            actor,
            number: "F1".into(),
            first_on: "2025-09-01".into(),
            last_on: "2025-09-30".into(),
            cents: 100_000,
            ..Default::default()
        }),
        Call::CheckContract => one(&wire::CheckContractRequest {
            form: r#"{"terms":{"start_on":"2025-09-01"}}"#.into(),
            ..Default::default()
        }),
        Call::DraftContract => one(&wire::DraftContractRequest { request_id, actor, enrolment }),
        Call::GetContractWorkflow => one(&wire::GetContractWorkflowRequest {
            name: cfa.workflow.clone(),
            ..Default::default()
        }),
        Call::GetContractFunding => one(&wire::GetContractFundingRequest {
            name: cfa.workflow.clone(),
            ..Default::default()
        }),
        Call::ListContractWorkflows => {
            one(&wire::ListContractWorkflowsRequest { time: time(), ..Default::default() })
        }
        Call::DownloadDocument => one(&wire::DownloadDocumentRequest {
            name: cfa.workflow.clone(),
            digest: sha256(b"an agreement"),
        }),
        Call::ListEvents => {
            one(&wire::ListEventsRequest { parent: enrolment, ..Default::default() })
        }
        Call::StreamEvents => one(&wire::StreamEventsRequest::default()),
        Call::StreamRecords => one(&wire::StreamRecordsRequest::default()),
        Call::ComputeHeadcount => one(&wire::ComputeHeadcountRequest {
            time: time(),
            group_by: wire::GroupBy::Trainer as i32,
            raw_dossiers: true,
            ..Default::default()
        }),
        Call::ComputeEvolution => one(&wire::ComputeEvolutionRequest {
            from_month: "2025-10".into(),
            to_month: "2025-10".into(),
            ..Default::default()
        }),
        Call::ListCountedEnrolments => one(&wire::ListCountedEnrolmentsRequest {
            time: time(),
            status: wire::Status::Rupturant as i32,
            ..Default::default()
        }),
        Call::ListAlerts => one(&wire::ListAlertsRequest { time: time(), ..Default::default() }),
        Call::SummarizeAlerts => {
            one(&wire::SummarizeAlertsRequest { time: time(), ..Default::default() })
        }
        Call::ComputeOutcomes => one(&wire::ComputeOutcomesRequest {
            time: time(),
            started_from: "2024-09-01".into(),
            started_to: "2024-09-30".into(),
            group_by: wire::GroupBy::Trainer as i32,
            ..Default::default()
        }),
        Call::ImportReferenceSet => {
            one(&wire::ImportReferenceSetRequest { json: b"{}".to_vec(), request_id })
        }
        Call::GetInclusionProof => one(&wire::GetInclusionProofRequest { position: 1 }),
        Call::GetConsistencyProof => {
            one(&wire::GetConsistencyProofRequest { old_size: 1, new_size: 2 })
        }
        Call::ExportBundle => one(&wire::ExportBundleRequest { name: enrolment }),
        Call::ExportOpenedBundle => one(&wire::ExportOpenedBundleRequest { name: contract }),
        Call::ExportPerson => one(&wire::ExportPersonRequest { name: enrolment }),
        Call::FindPersons => one(&found_by_names(cfa, 2)),
        Call::RequestErasure => one(&wire::RequestErasureRequest {
            request_id,
            actor,
            enrolments: vec![enrolment],
            with_linked: false,
            requester: wire::ErasureRequester::Person as i32,
            received_on: DAY.into(),
        }),
        Call::DecideErasure => one(&wire::DecideErasureRequest {
            request_id,
            actor,
            name: cfa.erasure.clone(),
            granted: false,
            basis: wire::LegalBasis::PublicTask as i32,
            reference: "R-1".into(),
        }),
        Call::ExecuteErasure => {
            one(&wire::ExecuteErasureRequest { request_id, actor, name: cfa.erasure.clone() })
        }
        Call::GetErasure => one(&wire::GetErasureRequest { name: cfa.erasure.clone() }),
        Call::ListErasures => one(&wire::ListErasuresRequest::default()),
        Call::ListDueErasures => {
            one(&wire::ListDueErasuresRequest { until: "2060-01-01".into(), ..Default::default() })
        }
        Call::ExecuteRetention => one(&wire::ExecuteRetentionRequest {
            actor,
            reference: "R-1".into(),
            rules_json: NOBODY_IS_DUE.into(),
            ..Default::default()
        }),
        Call::GetReferenceSet
        | Call::GetHead
        | Call::GetLimits
        | Call::GetCheckpoint
        | Call::Reflection
        | Call::ReflectionAlpha => vec![Vec::new()],
    }
}

/// A search of a learner of a CFA, by names that are written otherwise than the CFA writes them.
pub(crate) fn found_by_names(cfa: &Cfa, n: usize) -> wire::FindPersonsRequest {
    let row = to_message(&row(cfa, n)).unwrap();
    let said = |field: Option<String>| field.unwrap_or_default();
    let names = wire::PersonNames {
        last_name: said(row.nom_apprenant).to_lowercase().replace('-', "  "),
        first_name: said(row.prenom_apprenant).to_uppercase(),
        born_on: said(row.date_de_naissance_apprenant),
    };
    wire::FindPersonsRequest { by: Some(wire::find_persons_request::By::Names(names)) }
}

fn dossier(cfa: &Cfa) -> DossierRow {
    DossierRow::of(&to_message(&row(cfa, 2)).unwrap())
}

/// A message whose type does not matter.
trait Encoded {
    fn bytes(&self) -> Vec<u8>;
}

impl<M: Message> Encoded for M {
    fn bytes(&self) -> Vec<u8> {
        self.encode_to_vec()
    }
}

/// A SHA-256 in hexadecimal.
fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
