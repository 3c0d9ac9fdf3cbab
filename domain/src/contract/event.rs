//! What happened to a contract.

use super::funding::Invoice;
use super::rupture::{Completion, Rupture};
use super::signing::{Evidence, Party, Signer};
use crate::cerfa::codes::ContractType;
use crate::cerfa::value::Cents;
use crate::enrolment::Opened;
use crate::ids::StreamKey;
use crate::law::practice::Calendar;
use chrono::NaiveDate;

/// A SHA-256.
pub type Sha256 = [u8; 32];

/// A field of the form to set, or to take away.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Change {
    /// Its path.
    pub path: String,
    /// Its value, as it is written; `None` takes it away.
    pub value: Option<String>,
}

/// Shows which field, never its value: it may be personal.
impl std::fmt::Debug for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Change({})", self.path)
    }
}

/// A field of the form that was set, or taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its path; empty when its value is hidden.
    pub path: String,
    /// Its value, as it is written; hidden from who may not see it.
    pub value: Opened<Option<String>>,
}

/// What kind of document is attached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AttachmentKind {
    /// The training agreement.
    TrainingAgreement,
    /// The agreement on another duration than the training's.
    DurationAgreement,
    /// The agreement on a stay abroad.
    MobilityAgreement,
    /// An invoice.
    Invoice,
    /// The certificate that the training took place.
    TrainingCertificate,
    /// Another document.
    Other,
    /// The scan of the paper that all have signed.
    SignedPaper,
}

/// A document that is attached; its bytes are sealed beside the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attachment {
    /// What it is.
    pub kind: AttachmentKind,
    /// SHA-256 of its bytes.
    pub digest: Sha256,
    /// How many they are.
    pub bytes: u64,
}

/// By which rules a form was published, and what they did not confirm. The first publications said nothing of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publication {
    /// By the rules of which day.
    pub rules_of: Option<NaiveDate>,
    /// What they did not confirm; `None` when nothing was told.
    pub remarks: Option<Opened<Remarks>>,
}

/// Rules by their ids. They tell something of the apprentice: they are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Remarks {
    /// Of which nothing could be said.
    pub undetermined: Vec<String>,
    /// That warned.
    pub warned: Vec<String>,
}

/// Where a contract is deposited.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DepositBody {
    /// The skills operator of a private employer, or of an establishment of industrial and commercial kind.
    Opco(String),
    /// The service of the State in the département of the place of work: DDETS, DDETSPP, DRIEETS, DEETS.
    State(String),
}

/// What happened to a contract. The day is the event's. What people wrote, and what is sealed of the form, is hidden from
/// who may not see it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "events are few, and most are small")]
pub enum ContractEvent {
    /// A contract is being written.
    Drafted {
        /// The enrolment that it belongs to, when the ledger has one.
        enrolment: Option<StreamKey>,
    },
    /// Somebody filled fields of the form.
    Contributed {
        /// Which, and what with.
        changes: Vec<Changed>,
    },
    /// A document was attached.
    Attached {
        /// Which.
        attachment: Attachment,
    },
    /// More of a document that was attached, when one event does not hold it: its bytes alone.
    DocumentPart {
        /// SHA-256 of the whole document.
        digest: Sha256,
        /// Which part; the first is beside [`ContractEvent::Attached`], so this is 2 or more.
        part: u16,
    },
    /// The form is complete, and waits for signatures.
    Published(Publication),
    /// It is open again: what was signed of it is void.
    Reopened {
        /// Why.
        reason: Opened<String>,
    },
    /// The parties are asked to sign a document.
    SignaturesRequested {
        /// Its SHA-256.
        document: Sha256,
        /// Who signs for each party.
        signers: Vec<Signer>,
    },
    /// A party signed.
    Signed {
        /// Which.
        party: Party,
        /// What shows it.
        evidence: Evidence,
    },
    /// A party refused to sign.
    SignatureRefused {
        /// Which.
        party: Party,
        /// Why.
        reason: Opened<String>,
    },
    /// It was signed on paper, by all.
    SignedOnPaper {
        /// SHA-256 of the scan, which is attached.
        scan: Sha256,
        /// Who attests that the scan is of the signed paper, and how.
        attestation: Opened<String>,
    },
    /// All parties have signed.
    FullySigned,
    /// It is given up before all have signed.
    Withdrawn {
        /// Why.
        reason: Opened<String>,
    },
    /// It was sent to the deposit body.
    Submitted {
        /// Which.
        body: DepositBody,
        /// The day on which it was recorded, when that is later: the body's days count from then.
        recorded_on: Option<NaiveDate>,
    },
    /// The deposit body asks for something: the clock stops.
    FoundIncomplete {
        /// For what.
        missing: Opened<String>,
    },
    /// It has what it asked for: the file is complete.
    MadeComplete {
        /// The day on which it was recorded, when that is later: the body's days count from then.
        recorded_on: Option<NaiveDate>,
    },
    /// It deposited the contract or the amendment.
    Deposited {
        /// Under which number.
        number: Opened<String>,
        /// Which round; the first events do not say it: the last that was sent and not decided on.
        round: Option<u16>,
    },
    /// It refused to.
    DepositRefused {
        /// Why.
        motive: Opened<String>,
    },
    /// An amendment is being written.
    AmendmentDrafted {
        /// Of which type, 31 to 38: one says that the apprentice is disabled.
        kind: Opened<ContractType>,
        /// Whether it begins without the day of conclusion of what it amends, to be given its own. The first ones kept
        /// that day until another was contributed.
        own_conclusion: bool,
    },
    /// The labour administration suspended the contract (L6225-4).
    Suspended {
        /// Why.
        reason: Opened<String>,
    },
    /// It goes on (L6225-5).
    Resumed,
    /// It was broken.
    Broken {
        /// How.
        rupture: Rupture,
        /// What was written, word for word.
        words: Option<Opened<String>>,
    },
    /// It ended well.
    Completed(Completion),
    /// It was cancelled before it began.
    Cancelled {
        /// Why.
        reason: Opened<String>,
    },
    /// Whoever funds it said how much a year it takes charge of, from the contract's first day.
    FundingDeclared {
        /// So much a year.
        yearly: Cents,
    },
    /// Days of it were invoiced.
    InvoiceDeclared(Invoice),
    /// The calendar of the alternation was given.
    CalendarGiven {
        /// Which.
        calendar: Calendar,
    },
}

impl ContractEvent {
    /// The stable name of the event type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Drafted { .. } => "ContractDrafted",
            Self::Contributed { .. } => "FormContributed",
            Self::Attached { .. } => "DocumentAttached",
            Self::DocumentPart { .. } => "DocumentPart",
            Self::Published(_) => "FormPublished",
            Self::Reopened { .. } => "FormReopened",
            Self::SignaturesRequested { .. } => "SignaturesRequested",
            Self::Signed { .. } => "PartySigned",
            Self::SignatureRefused { .. } => "SignatureRefused",
            Self::SignedOnPaper { .. } => "SignedOnPaper",
            Self::FullySigned => "FullySigned",
            Self::Withdrawn { .. } => "DraftWithdrawn",
            Self::Submitted { .. } => "DepositSubmitted",
            Self::FoundIncomplete { .. } => "DepositFoundIncomplete",
            Self::MadeComplete { .. } => "DepositMadeComplete",
            Self::Deposited { .. } => "DepositAccepted",
            Self::DepositRefused { .. } => "DepositRefused",
            Self::AmendmentDrafted { .. } => "AmendmentDrafted",
            Self::Suspended { .. } => "ContractSuspended",
            Self::Resumed => "ContractResumed",
            Self::Broken { .. } => "ContractRuptured",
            Self::Completed(_) => "ContractCompleted",
            Self::Cancelled { .. } => "ContractCancelled",
            Self::FundingDeclared { .. } => "FundingDeclared",
            Self::InvoiceDeclared(_) => "InvoiceDeclared",
            Self::CalendarGiven { .. } => "CalendarGiven",
        }
    }
}
