//! What can be said of an enrolment: facts, never conclusions.

use super::blocks::{
    Background, Contact, ContractTerms, Disability, Employer, Establishment, Facets, Guardians,
    Identity, Opened, Referent, Rupture, Training,
};
use crate::ids::{ContractId, EventId, Instant, RunId};
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A keyed pseudonym of (source, id_erp, certification) under which a source's
/// next row finds its stream again. Made by the vault; the domain only compares.
pub type LookupKey = [u8; 16];

/// Which values a row stated, beyond those that it changed: what an older run
/// may no longer change. See [`crate::runs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Stated {
    /// Every value that the ledger knew of the dossier was said again (the usual case).
    Everything,
    /// Only these; bit numbers are those of [`crate::runs::bit_of_field`] and
    /// [`crate::runs::bit_of_contract`].
    Only(u128),
}

/// Where an event comes from, when a push brought it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// The run.
    pub run: RunId,
    /// When the source extracted the row: it orders the runs of one source.
    pub extracted_at: Instant,
    /// Whether the run was a full push, in which an absent rupture or exclusion speaks.
    pub full: bool,
    /// What the row stated.
    pub stated: Stated,
}

/// The first event of the stream: a source declares a dossier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentDeclared {
    /// Lookup key of the stream.
    pub lookup: LookupKey,
    /// The training.
    pub training: Training,
    /// The public facets of the learner.
    pub facets: Facets,
    /// Who.
    pub identity: Opened<Identity>,
    /// How to reach; absent when nothing was told.
    pub contact: Option<Opened<Contact>>,
    /// Disability; absent when nothing was told.
    pub disability: Option<Opened<Disability>>,
    /// Legal representatives; absent when nothing was told.
    pub guardians: Option<Opened<Guardians>>,
    /// Disability referent; absent when nothing was told.
    pub referent: Option<Opened<Referent>>,
    /// Background; absent when nothing was told.
    pub background: Option<Opened<Background>>,
}

/// Blocks that changed, each whole; `None` is "not spoken of".
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentAmended {
    /// The training.
    pub training: Option<Training>,
    /// The public facets.
    pub facets: Option<Facets>,
    /// Who.
    pub identity: Option<Opened<Identity>>,
    /// How to reach.
    pub contact: Option<Opened<Contact>>,
    /// Disability.
    pub disability: Option<Opened<Disability>>,
    /// Legal representatives.
    pub guardians: Option<Opened<Guardians>>,
    /// Disability referent.
    pub referent: Option<Opened<Referent>>,
    /// Background.
    pub background: Option<Opened<Background>>,
}

/// The fact itself. One stored event type each; codes are in `ledger::codec`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "the large one is the first and most common event")]
pub enum Fact {
    /// A source declares a dossier.
    EnrolmentDeclared(EnrolmentDeclared),
    /// Blocks of the dossier change.
    EnrolmentAmended(EnrolmentAmended),
    /// The dossier moves to another school year.
    SchoolYearDeclared {
        /// The training with its new year.
        training: Training,
        /// The year of training is the same as before: a repeated year (redoublement).
        repeated: bool,
    },
    /// The learner goes on in another CFA of the same source.
    TransferDeclared {
        /// The CFA that is left.
        from: Establishment,
        /// The training, with the new trainer.
        training: Training,
        /// First day in the new CFA.
        on: NaiveDate,
    },
    /// A contract is declared.
    ContractDeclared {
        /// Its id.
        contract: ContractId,
        /// Its order of first appearance in the stream, from 0.
        ordinal: u16,
        /// Its public terms.
        terms: ContractTerms,
        /// Who employs.
        employer: Opened<Employer>,
    },
    /// A contract's terms change; both parts are whole, `None` is "not spoken of".
    ContractAmended {
        /// Which one.
        contract: ContractId,
        /// Its terms, whole.
        terms: Option<ContractTerms>,
        /// Its employer, whole.
        employer: Option<Opened<Employer>>,
    },
    /// A contract is broken before its term.
    ContractBroken(Rupture),
    /// A contract came to its end without rupture, and somebody says so.
    ContractEnded {
        /// Which one.
        contract: ContractId,
        /// Its last day.
        on: NaiveDate,
    },
    /// The CFA declares an exclusion (v3 mixes in drop-outs and changes of CFA).
    LearnerExcluded {
        /// First day out.
        on: NaiveDate,
        /// `cause_exclusion_formation`, word for word; sealed.
        cause: Option<Opened<String>>,
    },
    /// The learner withdrew (abandon), as somebody declares.
    WithdrawalDeclared {
        /// First day out.
        on: NaiveDate,
    },
    /// The training was completed.
    TrainingCompleted {
        /// When the result was known, or the last day.
        on: Option<NaiveDate>,
        /// Whether the diploma was obtained.
        diploma: bool,
    },
    /// The source no longer transmits the learner (an unseen row in a full push).
    TransmissionStopped {
        /// When the full push was extracted.
        as_of: Instant,
    },
    /// The source transmits the learner again.
    TransmissionResumed,
    /// The source gave the learner another id.
    LearnerIdRemapped {
        /// The new lookup key.
        lookup: LookupKey,
        /// The identity block with its new id.
        identity: Opened<Identity>,
    },
    /// The event named in the envelope's `corrects` is withdrawn.
    Retracted {
        /// Why; public, one of a closed list.
        reason: RetractionReason,
    },
}

/// Why an event is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum RetractionReason {
    /// It vanished from a full push.
    VanishedFromFullPush,
    /// It was sent by mistake.
    SentByMistake,
    /// It concerns somebody else.
    WrongPerson,
    /// It says twice what another event says.
    Duplicate,
    /// The source that declared an abandon declares another status.
    OtherStatusDeclared,
}

/// One fact of an enrolment, with what the header says of it.
///
/// With `corrects` set, a [`Fact::Retracted`] withdraws the named event and any
/// other fact replaces its whole value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentEvent {
    /// Its name for ever.
    pub id: EventId,
    /// The live event of the same stream that it corrects or retracts.
    pub corrects: Option<EventId>,
    /// The civil day (Europe/Paris) on which it is true in the world.
    pub effective_on: NaiveDate,
    /// The push that brought it; `None` for a human's act.
    pub provenance: Option<Provenance>,
    /// What it says.
    pub fact: Fact,
}

impl Fact {
    /// The stable name of the event type, as in `registre.v1` and in histories.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::EnrolmentDeclared(_) => "EnrolmentDeclared",
            Self::EnrolmentAmended(_) => "EnrolmentAmended",
            Self::SchoolYearDeclared { .. } => "SchoolYearDeclared",
            Self::TransferDeclared { .. } => "TransferDeclared",
            Self::ContractDeclared { .. } => "ContractDeclared",
            Self::ContractAmended { .. } => "ContractAmended",
            Self::ContractBroken(_) => "ContractBroken",
            Self::ContractEnded { .. } => "ContractEnded",
            Self::LearnerExcluded { .. } => "LearnerExcluded",
            Self::WithdrawalDeclared { .. } => "WithdrawalDeclared",
            Self::TrainingCompleted { .. } => "TrainingCompleted",
            Self::TransmissionStopped { .. } => "TransmissionStopped",
            Self::TransmissionResumed => "TransmissionResumed",
            Self::LearnerIdRemapped { .. } => "LearnerIdRemapped",
            Self::Retracted { .. } => "Retracted",
        }
    }

    /// The contract that the fact is about, if it is about one.
    #[must_use]
    pub const fn contract(&self) -> Option<ContractId> {
        match self {
            Self::ContractDeclared { contract, .. }
            | Self::ContractAmended { contract, .. }
            | Self::ContractEnded { contract, .. }
            | Self::ContractBroken(Rupture { contract, .. }) => Some(*contract),
            _ => None,
        }
    }
}
