//! What can be asked of the server, method by method.

macro_rules! calls {
    ($($(#[$doc:meta])* $variant:ident = $service:literal / $method:literal;)*) => {
        /// A method of the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Call {
            $($(#[$doc])* $variant,)*
        }

        impl Call {
            /// Every call, in the order of the matrix.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The service and the method, as in a request's path. The method `*` is all of them.
            #[must_use]
            pub const fn name(self) -> (&'static str, &'static str) {
                match self { $(Self::$variant => ($service, $method)),* }
            }

            /// The call of a path, `/package.Service/Method`.
            #[must_use]
            pub fn of_path(path: &str) -> Option<Self> {
                let (service, method) = path.strip_prefix('/')?.split_once('/')?;
                match (service, method) {
                    $(($service, called) if $method == "*" || $method == called => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    };
}

calls! {
    /// A push as a stream.
    PushDossiers = "registre.v1.IngestionService" / "PushDossiers";
    /// A push as a batch.
    BatchPushDossiers = "registre.v1.IngestionService" / "BatchPushDossiers";
    /// One run.
    GetPushRun = "registre.v1.IngestionService" / "GetPushRun";
    /// Runs.
    ListPushRuns = "registre.v1.IngestionService" / "ListPushRuns";
    /// What a held run no longer has really vanished.
    ConfirmPushRun = "registre.v1.IngestionService" / "ConfirmPushRun";
    /// A held run was a broken export.
    RejectPushRun = "registre.v1.IngestionService" / "RejectPushRun";
    /// Refused rows.
    ListRefusedRows = "registre.v1.IngestionService" / "ListRefusedRows";
    /// One dossier.
    GetEnrolment = "registre.v1.EnrolmentService" / "GetEnrolment";
    /// Dossiers.
    ListEnrolments = "registre.v1.EnrolmentService" / "ListEnrolments";
    /// The statuses of one dossier.
    GetTrajectory = "registre.v1.EnrolmentService" / "GetTrajectory";
    /// An event is corrected.
    CorrectEvent = "registre.v1.EnrolmentService" / "CorrectEvent";
    /// An event is withdrawn.
    RetractEvent = "registre.v1.EnrolmentService" / "RetractEvent";
    /// A learner is excluded.
    ExcludeLearner = "registre.v1.EnrolmentService" / "ExcludeLearner";
    /// A learner withdraws.
    DeclareWithdrawal = "registre.v1.EnrolmentService" / "DeclareWithdrawal";
    /// A training is complete.
    CompleteTraining = "registre.v1.EnrolmentService" / "CompleteTraining";
    /// A learner has another id.
    RemapLearner = "registre.v1.EnrolmentService" / "RemapLearner";
    /// Two dossiers are one person.
    LinkPersons = "registre.v1.EnrolmentService" / "LinkPersons";
    /// Two dossiers are two persons.
    UnlinkPersons = "registre.v1.EnrolmentService" / "UnlinkPersons";
    /// One contract.
    GetContract = "registre.v1.ContractService" / "GetContract";
    /// Contracts.
    ListContracts = "registre.v1.ContractService" / "ListContracts";
    /// A contract is broken.
    BreakContract = "registre.v1.ContractService" / "BreakContract";
    /// A contract ended.
    EndContract = "registre.v1.ContractService" / "EndContract";
    /// What the law says of a form.
    CheckContract = "registre.v1.ContractWorkflowService" / "CheckContract";
    /// A contract is written.
    DraftContract = "registre.v1.ContractWorkflowService" / "DraftContract";
    /// Fields of its form are filled.
    FillContract = "registre.v1.ContractWorkflowService" / "FillContract";
    /// A document is attached to it.
    AttachDocument = "registre.v1.ContractWorkflowService" / "AttachDocument";
    /// Its form is complete.
    PublishContract = "registre.v1.ContractWorkflowService" / "PublishContract";
    /// Its form is opened again.
    ReopenContract = "registre.v1.ContractWorkflowService" / "ReopenContract";
    /// Its parties are asked to sign.
    RequestSignatures = "registre.v1.ContractWorkflowService" / "RequestSignatures";
    /// A party signs.
    SignContract = "registre.v1.ContractWorkflowService" / "SignContract";
    /// A party refuses to sign.
    RefuseSignature = "registre.v1.ContractWorkflowService" / "RefuseSignature";
    /// All signed on paper.
    SignContractOnPaper = "registre.v1.ContractWorkflowService" / "SignContractOnPaper";
    /// It is given up.
    WithdrawContract = "registre.v1.ContractWorkflowService" / "WithdrawContract";
    /// It is sent to the deposit body.
    SubmitContract = "registre.v1.ContractWorkflowService" / "SubmitContract";
    /// The deposit body asks for a document.
    RequestDocument = "registre.v1.ContractWorkflowService" / "RequestDocument";
    /// The deposit body is given it.
    CompleteFile = "registre.v1.ContractWorkflowService" / "CompleteFile";
    /// The deposit body deposits it.
    DepositContract = "registre.v1.ContractWorkflowService" / "DepositContract";
    /// The deposit body refuses it.
    RefuseDeposit = "registre.v1.ContractWorkflowService" / "RefuseDeposit";
    /// An amendment is written.
    AmendContract = "registre.v1.ContractWorkflowService" / "AmendContract";
    /// It is suspended.
    SuspendContract = "registre.v1.ContractWorkflowService" / "SuspendContract";
    /// It goes on.
    ResumeContract = "registre.v1.ContractWorkflowService" / "ResumeContract";
    /// It was broken.
    RuptureContract = "registre.v1.ContractWorkflowService" / "RuptureContract";
    /// It ended well.
    CompleteContract = "registre.v1.ContractWorkflowService" / "CompleteContract";
    /// It is cancelled.
    CancelContract = "registre.v1.ContractWorkflowService" / "CancelContract";
    /// A yearly amount is taken charge of.
    DeclareFunding = "registre.v1.ContractWorkflowService" / "DeclareFunding";
    /// What was invoiced is declared.
    DeclareInvoice = "registre.v1.ContractWorkflowService" / "DeclareInvoice";
    /// The calendar of the alternation is given.
    GiveCalendar = "registre.v1.ContractWorkflowService" / "GiveCalendar";
    /// Where a contract is whose workflow runs here.
    GetContractWorkflow = "registre.v1.ContractWorkflowService" / "GetContractWorkflow";
    /// Contracts whose workflow runs here.
    ListContractWorkflows = "registre.v1.ContractWorkflowService" / "ListContractWorkflows";
    /// What is funded of one.
    GetContractFunding = "registre.v1.ContractWorkflowService" / "GetContractFunding";
    /// A document of it.
    DownloadDocument = "registre.v1.ContractWorkflowService" / "DownloadDocument";
    /// The history of one dossier or one contract.
    ListEvents = "registre.v1.HistoryService" / "ListEvents";
    /// The whole log, event by event.
    StreamEvents = "registre.v1.HistoryService" / "StreamEvents";
    /// The whole log, as it is stored.
    StreamRecords = "registre.v1.HistoryService" / "StreamRecords";
    /// The head of the log.
    GetHead = "registre.v1.HistoryService" / "GetHead";
    /// A head-count.
    ComputeHeadcount = "registre.v1.DashboardService" / "ComputeHeadcount";
    /// Head-counts by month.
    ComputeEvolution = "registre.v1.DashboardService" / "ComputeEvolution";
    /// The dossiers behind a figure.
    ListCountedEnrolments = "registre.v1.DashboardService" / "ListCountedEnrolments";
    /// Alerts.
    ListAlerts = "registre.v1.AlertService" / "ListAlerts";
    /// Alerts, counted.
    SummarizeAlerts = "registre.v1.AlertService" / "SummarizeAlerts";
    /// Outcomes.
    ComputeOutcomes = "registre.v1.OutcomeService" / "ComputeOutcomes";
    /// A reference set is loaded.
    ImportReferenceSet = "registre.v1.ReferenceService" / "ImportReferenceSet";
    /// The reference set in force.
    GetReferenceSet = "registre.v1.ReferenceService" / "GetReferenceSet";
    /// The limits of the server.
    GetLimits = "registre.v1.LimitsService" / "GetLimits";
    /// The newest signed checkpoint.
    GetCheckpoint = "registre.v1.ProofService" / "GetCheckpoint";
    /// The proof of one event.
    GetInclusionProof = "registre.v1.ProofService" / "GetInclusionProof";
    /// The proof that the log only grew.
    GetConsistencyProof = "registre.v1.ProofService" / "GetConsistencyProof";
    /// A proven history, sealed.
    ExportBundle = "registre.v1.ProofService" / "ExportBundle";
    /// A proven history, opened.
    ExportOpenedBundle = "registre.v1.ProofService" / "ExportOpenedBundle";
    /// A sample of contracts is drawn.
    DrawSample = "registre.v1.ProofService" / "DrawSample";
    /// Somebody asks that a person be erased.
    RequestErasure = "registre.v1.PrivacyService" / "RequestErasure";
    /// It is granted, or not.
    DecideErasure = "registre.v1.PrivacyService" / "DecideErasure";
    /// It is carried out.
    ExecuteErasure = "registre.v1.PrivacyService" / "ExecuteErasure";
    /// One erasure.
    GetErasure = "registre.v1.PrivacyService" / "GetErasure";
    /// Erasures.
    ListErasures = "registre.v1.PrivacyService" / "ListErasures";
    /// Whose dossiers fall due by the rules of retention.
    ListDueErasures = "registre.v1.PrivacyService" / "ListDueErasures";
    /// Whoever is due is erased.
    ExecuteRetention = "registre.v1.PrivacyService" / "ExecuteRetention";
    /// All that is known of one person, opened.
    ExportPerson = "registre.v1.PrivacyService" / "ExportPerson";
    /// Which dossiers are those of somebody who is known by an INE, an e-mail or names.
    FindPersons = "registre.v1.PrivacyService" / "FindPersons";
    /// The schema, by reflection.
    Reflection = "grpc.reflection.v1.ServerReflection" / "*";
    /// The same, as older clients ask it.
    ReflectionAlpha = "grpc.reflection.v1alpha.ServerReflection" / "*";
}

impl Call {
    /// Whether what it answers is about persons, be it under a pseudonym: such reads are recorded.
    #[must_use]
    pub const fn reads_persons(self) -> bool {
        matches!(
            self,
            Self::ListRefusedRows
                | Self::GetEnrolment
                | Self::ListEnrolments
                | Self::GetTrajectory
                | Self::GetContract
                | Self::ListContracts
                | Self::GetContractWorkflow
                | Self::ListContractWorkflows
                | Self::GetContractFunding
                | Self::DownloadDocument
                | Self::ListEvents
                | Self::StreamEvents
                | Self::StreamRecords
                | Self::ListCountedEnrolments
                | Self::ListAlerts
                | Self::ExportBundle
                | Self::ExportOpenedBundle
                | Self::DrawSample
                | Self::RequestErasure
                | Self::DecideErasure
                | Self::ExecuteErasure
                | Self::GetErasure
                | Self::ListErasures
                | Self::ListDueErasures
                | Self::ExecuteRetention
                | Self::ExportPerson
                | Self::FindPersons
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_its_call_and_no_other() {
        for call in Call::ALL {
            let (service, method) = call.name();
            assert_eq!(Call::of_path(&format!("/{service}/{method}")), Some(*call));
            let other = Call::of_path(&format!("/{service}/{method}X"));
            assert_eq!(other, Some(*call).filter(|_| method == "*"));
        }
        for path in ["", "/", "registre.v1.HistoryService/GetHead", "/registre.v1.HistoryService"] {
            assert_eq!(Call::of_path(path), None, "{path}");
        }
    }
}
