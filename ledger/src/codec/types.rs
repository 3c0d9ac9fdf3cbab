//! The table of type codes and section kinds. A code is never given twice.

use domain::contract::ContractEvent;
use domain::enrolment::Fact;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident: $repr:ident { $($(#[$item:meta])* $variant:ident = $code:literal,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr($repr)]
        pub enum $name {
            $($(#[$item])* $variant = $code,)*
        }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as stored.
            #[must_use]
            pub const fn code(self) -> $repr {
                self as $repr
            }

            /// The one of a stored code, when this version knows it.
            #[must_use]
            pub const fn from_code(code: $repr) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// Its name, as in `registre.v1`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($variant),)*
                }
            }
        }
    };
}

codes! {
    /// The type of a stored event.
    TypeCode: u16 {
        /// A source declares a dossier.
        EnrolmentDeclared = 1,
        /// Blocks of the dossier change.
        EnrolmentAmended = 2,
        /// Another school year.
        SchoolYearDeclared = 3,
        /// Another CFA of the same source.
        TransferDeclared = 4,
        /// A contract.
        ContractDeclared = 5,
        /// A contract's terms or employer change.
        ContractAmended = 6,
        /// A rupture.
        ContractBroken = 7,
        /// A contract came to its end.
        ContractEnded = 8,
        /// Exclusion.
        LearnerExcluded = 9,
        /// Declared withdrawal.
        WithdrawalDeclared = 10,
        /// Result of the training.
        TrainingCompleted = 11,
        /// Not transmitted any more.
        TransmissionStopped = 12,
        /// Transmitted again.
        TransmissionResumed = 13,
        /// Another id of the learner.
        LearnerIdRemapped = 14,
        /// An event is withdrawn.
        Retracted = 15,
        /// A push run is over.
        PushRunClosed = 32,
        /// A held run was decided.
        PushRunHoldDecided = 33,
        /// Two enrolments are one person.
        PersonsLinked = 48,
        /// Two enrolments are two persons.
        PersonsUnlinked = 49,
        /// A reference set was loaded.
        ReferenceSetLoaded = 64,
        /// Somebody asked that persons be erased.
        ErasureRequested = 80,
        /// A request of erasure was decided.
        ErasureDecided = 81,
        /// Persons were erased.
        PersonErased = 82,
        /// A contract is being written.
        ContractDrafted = 96,
        /// Fields of its form were filled.
        FormContributed = 97,
        /// A document was attached.
        DocumentAttached = 98,
        /// More of a document.
        DocumentPart = 99,
        /// The form is complete.
        FormPublished = 100,
        /// The form is open again.
        FormReopened = 101,
        /// The parties are asked to sign.
        SignaturesRequested = 102,
        /// A party signed.
        PartySigned = 103,
        /// A party refused to sign.
        SignatureRefused = 104,
        /// All signed on paper.
        SignedOnPaper = 105,
        /// All have signed.
        FullySigned = 106,
        /// It is given up.
        DraftWithdrawn = 107,
        /// It was sent to the deposit body.
        DepositSubmitted = 108,
        /// The deposit body asks for something.
        DepositFoundIncomplete = 109,
        /// The deposit body has what it asked for.
        DepositMadeComplete = 110,
        /// It is deposited.
        DepositAccepted = 111,
        /// The deposit body refuses it.
        DepositRefused = 112,
        /// An amendment is being written.
        AmendmentDrafted = 113,
        /// The contract is suspended.
        ContractSuspended = 114,
        /// The contract goes on.
        ContractResumed = 115,
        /// The contract was broken.
        ContractRuptured = 116,
        /// The contract ended well.
        ContractCompleted = 117,
        /// The contract was cancelled.
        ContractCancelled = 118,
        /// A yearly amount is taken charge of.
        FundingDeclared = 119,
        /// Days of the contract were invoiced.
        InvoiceDeclared = 120,
        /// The calendar of the alternation was given.
        CalendarGiven = 121,
    }
}

codes! {
    /// The kind of a sealed section.
    SectionKind: u8 {
        /// Who the learner is.
        Identity = 1,
        /// How to reach the learner.
        Contact = 2,
        /// Disability.
        Disability = 3,
        /// Legal representatives.
        Guardians = 4,
        /// The CFA's disability referent.
        Referent = 5,
        /// Who employs.
        Employer = 6,
        /// Words as they were said.
        Verbatim = 7,
        /// What the learner did before.
        Background = 8,
        /// What a form says of the apprentice.
        Apprentice = 9,
        /// What a form says of the employer.
        ContractEmployer = 10,
        /// What a form says of the legal representative.
        Guardian = 11,
        /// What a form says of the first maître d'apprentissage.
        FirstMaster = 12,
        /// What a form says of the second one.
        SecondMaster = 13,
        /// Bytes of a document.
        Document = 14,
        /// Bytes of the evidence of a signature.
        Evidence = 15,
    }
}

impl TypeCode {
    /// The schema version that this version writes.
    #[must_use]
    pub const fn schema(self) -> u16 {
        match self {
            // The first had its type in the body.
            Self::AmendmentDrafted => 2,
            _ => 1,
        }
    }

    /// Whether it is a fact of an enrolment.
    #[must_use]
    pub const fn is_fact(self) -> bool {
        self.code() < 32
    }

    /// The code of a fact.
    #[must_use]
    pub const fn of_fact(fact: &Fact) -> Self {
        match fact {
            Fact::EnrolmentDeclared(_) => Self::EnrolmentDeclared,
            Fact::EnrolmentAmended(_) => Self::EnrolmentAmended,
            Fact::SchoolYearDeclared { .. } => Self::SchoolYearDeclared,
            Fact::TransferDeclared { .. } => Self::TransferDeclared,
            Fact::ContractDeclared { .. } => Self::ContractDeclared,
            Fact::ContractAmended { .. } => Self::ContractAmended,
            Fact::ContractBroken(_) => Self::ContractBroken,
            Fact::ContractEnded { .. } => Self::ContractEnded,
            Fact::LearnerExcluded { .. } => Self::LearnerExcluded,
            Fact::WithdrawalDeclared { .. } => Self::WithdrawalDeclared,
            Fact::TrainingCompleted { .. } => Self::TrainingCompleted,
            Fact::TransmissionStopped { .. } => Self::TransmissionStopped,
            Fact::TransmissionResumed => Self::TransmissionResumed,
            Fact::LearnerIdRemapped { .. } => Self::LearnerIdRemapped,
            Fact::Retracted { .. } => Self::Retracted,
        }
    }

    /// Whether it is an event of a contract whose workflow runs here.
    #[must_use]
    pub const fn is_of_contract(self) -> bool {
        matches!(self.code(), 96..128)
    }

    /// The code of an event of such a contract.
    #[must_use]
    pub const fn of_contract(event: &ContractEvent) -> Self {
        match event {
            ContractEvent::Drafted { .. } => Self::ContractDrafted,
            ContractEvent::Contributed { .. } => Self::FormContributed,
            ContractEvent::Attached { .. } => Self::DocumentAttached,
            ContractEvent::DocumentPart { .. } => Self::DocumentPart,
            ContractEvent::Published(_) => Self::FormPublished,
            ContractEvent::Reopened { .. } => Self::FormReopened,
            ContractEvent::SignaturesRequested { .. } => Self::SignaturesRequested,
            ContractEvent::Signed { .. } => Self::PartySigned,
            ContractEvent::SignatureRefused { .. } => Self::SignatureRefused,
            ContractEvent::SignedOnPaper { .. } => Self::SignedOnPaper,
            ContractEvent::FullySigned => Self::FullySigned,
            ContractEvent::Withdrawn { .. } => Self::DraftWithdrawn,
            ContractEvent::Submitted { .. } => Self::DepositSubmitted,
            ContractEvent::FoundIncomplete { .. } => Self::DepositFoundIncomplete,
            ContractEvent::MadeComplete { .. } => Self::DepositMadeComplete,
            ContractEvent::Deposited { .. } => Self::DepositAccepted,
            ContractEvent::DepositRefused { .. } => Self::DepositRefused,
            ContractEvent::AmendmentDrafted { .. } => Self::AmendmentDrafted,
            ContractEvent::Suspended { .. } => Self::ContractSuspended,
            ContractEvent::Resumed => Self::ContractResumed,
            ContractEvent::Broken { .. } => Self::ContractRuptured,
            ContractEvent::Completed(_) => Self::ContractCompleted,
            ContractEvent::Cancelled { .. } => Self::ContractCancelled,
            ContractEvent::FundingDeclared { .. } => Self::FundingDeclared,
            ContractEvent::InvoiceDeclared(_) => Self::InvoiceDeclared,
            ContractEvent::CalendarGiven { .. } => Self::CalendarGiven,
        }
    }
}
