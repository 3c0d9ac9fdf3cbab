//! The one table: which role may make which call.
//!
//! A territorial role reads lists of learners without a contract only, and no list of contracts
//! (facts 1, section 5). Whether a CFA transmits is no secret between administrations.

use crate::call::Call;
use crate::role::Role;

/// What a role may ask of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Nothing: refused before anything is looked at.
    Denied,
    /// What is in its scope; the rest is as if it did not exist.
    WithinScope,
    /// All, whatever its scope.
    Everywhere,
}

use Permission::{Denied as N, Everywhere as E, WithinScope as S};

/// What each role of [`Role::ALL`] may ask, in that order.
const fn row(call: Call) -> [Permission; Role::ALL.len()] {
    match call {
        // depot, lecture, reseau, employeur, opco, dreets, ddets, academie, auditeur, statistique, dpo, exploit., local
        Call::PushDossiers | Call::BatchPushDossiers => [S, N, N, N, N, N, N, N, N, N, N, N, E],
        Call::ConfirmPushRun | Call::RejectPushRun => [S, N, N, N, N, N, N, N, N, N, N, N, E],
        Call::GetPushRun | Call::ListPushRuns => [S, S, S, N, N, E, E, E, E, N, N, E, E],
        Call::ListRefusedRows => [S, S, N, N, N, N, N, N, E, N, N, N, E],
        Call::GetEnrolment | Call::ListEnrolments | Call::GetTrajectory => {
            [S, S, S, N, N, S, S, S, S, N, N, N, E]
        }
        Call::CorrectEvent
        | Call::RetractEvent
        | Call::ExcludeLearner
        | Call::DeclareWithdrawal
        | Call::CompleteTraining
        | Call::RemapLearner
        | Call::LinkPersons
        | Call::UnlinkPersons
        | Call::BreakContract
        | Call::EndContract => [S, N, N, N, N, N, N, N, N, N, N, N, E],
        Call::GetContract => [S, S, S, N, N, S, S, S, S, N, N, N, E],
        Call::ListEvents | Call::ExportBundle => [S, S, S, S, S, S, S, S, S, N, N, N, E],
        Call::ExportOpenedBundle => [S, S, N, S, N, N, N, N, S, N, N, N, E],
        Call::DrawSample => [N, N, N, N, N, N, N, N, S, N, N, N, E],
        Call::DraftContract
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
        | Call::AmendContract
        | Call::RuptureContract
        | Call::CompleteContract
        | Call::CancelContract
        | Call::GiveCalendar => [S, N, N, S, N, N, N, N, N, N, N, N, E],
        Call::DeclareInvoice => [S, N, N, N, N, N, N, N, N, N, N, N, E],
        // Whoever gives what was asked for, or the deposit body that has it.
        Call::CompleteFile => [S, N, N, S, S, N, S, N, N, N, N, N, E],
        // Of a public employer nothing is taken charge of up to a ceiling.
        Call::DeclareFunding => [N, N, N, N, S, N, N, N, N, N, N, N, E],
        // What the deposit body does: a service of the State, or an OPCO.
        Call::RequestDocument | Call::DepositContract | Call::RefuseDeposit => {
            [N, N, N, N, S, N, S, N, N, N, N, N, E]
        }
        // What the labour administration does.
        Call::SuspendContract | Call::ResumeContract => [N, N, N, N, N, N, S, N, N, N, N, N, E],
        Call::GetContractWorkflow
        | Call::ListContractWorkflows
        | Call::GetContractFunding
        | Call::DownloadDocument => [S, S, N, S, S, N, S, N, S, N, N, N, E],
        Call::ListContracts => [S, S, S, N, N, N, N, N, S, N, N, N, E],
        Call::StreamEvents | Call::StreamRecords => [N, N, N, N, N, N, N, N, S, N, N, E, E],
        Call::GetHead => [N, N, N, N, N, N, N, N, E, N, N, E, E],
        Call::ComputeHeadcount | Call::ComputeEvolution | Call::ComputeOutcomes => {
            [S, S, S, N, N, S, S, S, S, E, N, N, E]
        }
        Call::ListCountedEnrolments => [S, S, S, N, N, S, S, S, S, N, N, N, E],
        Call::ListAlerts => [S, S, S, S, S, S, S, S, S, N, N, N, E],
        Call::SummarizeAlerts => [S, S, S, S, S, S, S, S, S, E, N, N, E],
        Call::ImportReferenceSet => [N, N, N, N, N, N, N, N, N, N, N, E, E],
        Call::GetReferenceSet
        | Call::CheckContract
        | Call::GetLimits
        | Call::GetCheckpoint
        | Call::GetInclusionProof
        | Call::GetConsistencyProof
        | Call::Reflection
        | Call::ReflectionAlpha => [E; Role::ALL.len()],
        Call::RequestErasure
        | Call::DecideErasure
        | Call::ExecuteErasure
        | Call::GetErasure
        | Call::ListErasures
        | Call::ListDueErasures
        | Call::ExecuteRetention
        | Call::ExportPerson
        | Call::FindPersons => [N, N, N, N, N, N, N, N, N, N, E, N, E],
    }
}

/// What a role may ask of a call.
#[must_use]
pub const fn permission(role: Role, call: Call) -> Permission {
    row(call)[role as usize]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    /// The whole table as text.
    fn printed() -> String {
        let mut text =
            String::from("# What each role may ask: - nothing, s within its scope, E everything\n");
        let _ = write!(text, "{:<52}", "");
        for role in Role::ALL {
            let _ = write!(text, " {role:>12}");
        }
        for call in Call::ALL {
            let (service, method) = call.name();
            let name = format!("{}/{method}", service.trim_start_matches("registre.v1."));
            let _ = write!(text, "\n{name:<52}");
            for role in Role::ALL {
                let cell = match permission(role, *call) {
                    N => "-",
                    S => "s",
                    E => "E",
                };
                let _ = write!(text, " {cell:>12}");
            }
        }
        text + "\n"
    }

    #[test]
    fn the_matrix_is_the_one_that_was_agreed() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/matrix.txt");
        if std::env::var_os("REGENERATE").is_some() {
            std::fs::write(file, printed()).unwrap();
        }
        assert_eq!(std::fs::read_to_string(file).unwrap(), printed(), "see {file}");
    }

    #[test]
    fn roles_stand_in_the_table_where_their_number_says() {
        for (number, role) in Role::ALL.into_iter().enumerate() {
            assert_eq!(role as usize, number);
        }
    }

    #[test]
    fn who_runs_the_server_reads_nobodys_dossier_and_who_publishes_figures_neither() {
        for call in Call::ALL.iter().filter(|call| call.reads_persons()) {
            assert_eq!(permission(Role::Statistics, *call), N, "{call:?}");
            let sealed = matches!(call, Call::StreamEvents | Call::StreamRecords);
            assert_eq!(permission(Role::Operator, *call) == N, !sealed, "{call:?}");
        }
    }
}
