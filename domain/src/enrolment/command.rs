//! What can be asked of an enrolment, and how it may be refused.

use super::blocks::{Identity, Rupture};
use super::events::{EnrolmentEvent, Fact, LookupKey, Provenance, RetractionReason};
use crate::dossier::Declaration;
use crate::ids::{ContractId, EventId, Instant, Version};
use crate::runs::Settlement;
use crate::text::Text;
use chrono::NaiveDate;

/// A command.
#[derive(Debug, Clone)]
#[allow(clippy::large_enum_variant, reason = "the large one is the common one")]
pub enum Command {
    /// A row of a push.
    Declare {
        /// What the row says.
        declaration: Declaration,
        /// Lookup key of (source, id_erp, certification).
        lookup: LookupKey,
        /// The run (its `stated` is filled by `decide`).
        provenance: Provenance,
        /// What runs that wrote nothing here settled, newest last.
        settled: Vec<Settlement>,
        /// When the full runs of the source were extracted whose absences are
        /// held or were rejected: that they do not have a rupture or an
        /// exclusion settles nothing.
        held: Vec<Instant>,
        /// The newest closed, unheld full run of the source that did not see
        /// this dossier, if it is newer than this row: a late first sight is
        /// declared and stopped at once, and a late sight of a stopped one
        /// does not bring it back.
        unseen_since: Option<Instant>,
    },
    /// A full run closed without this learner, or a held one was confirmed.
    StopTransmission {
        /// The full run.
        provenance: Provenance,
        /// As in [`Command::Declare`]: newer sights of the learner win.
        settled: Vec<Settlement>,
    },
    /// A rupture or an exclusion vanished from a full run that is applied.
    RetractVanished {
        /// The event that vanished.
        event: EventId,
        /// The full run.
        provenance: Provenance,
        /// As in [`Command::Declare`]: newer statements win.
        settled: Vec<Settlement>,
    },
    /// A human declares a rupture with its mode, initiator and dates.
    BreakContract(Rupture),
    /// A human says that a contract came to its end.
    EndContract {
        /// Which one.
        contract: ContractId,
        /// Its last day.
        on: NaiveDate,
    },
    /// A human declares an exclusion.
    Exclude {
        /// First day out.
        on: NaiveDate,
        /// Word for word.
        cause: Option<String>,
    },
    /// A human declares a withdrawal.
    DeclareWithdrawal {
        /// First day out.
        on: NaiveDate,
    },
    /// A human declares the result.
    Complete {
        /// When.
        on: Option<NaiveDate>,
        /// With the diploma.
        diploma: bool,
    },
    /// The source gave the learner another id.
    RemapLearnerId {
        /// The new lookup key.
        lookup: LookupKey,
        /// The identity with its new id.
        identity: Identity,
    },
    /// A human corrects an event: the fact replaces its whole value.
    Correct {
        /// The live event.
        event: EventId,
        /// The value that replaces it, of the same type.
        fact: Fact,
        /// When it is true in the world.
        effective_on: NaiveDate,
    },
    /// A human withdraws an event.
    Retract {
        /// The live event.
        event: EventId,
        /// Why.
        reason: RetractionReason,
        /// The day of the withdrawal.
        on: NaiveDate,
    },
}

/// What a command came to.
///
/// No event and not stale is "unchanged": nothing to say that the ledger does
/// not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The events, in order, in one request.
    pub events: Vec<EnrolmentEvent>,
    /// What a row stated; a `PushRunClosed` remembers it when nothing is written.
    pub stated: super::events::Stated,
    /// Live rupture and exclusion events that a row of a full run no longer has.
    /// They are judged together when the run closes.
    pub vanished: Vec<EventId>,
    /// Nothing is written because every difference had been settled by a newer run.
    pub stale: bool,
    /// Of a row that changed nothing: how long that holds.
    pub unchanged: Option<Unchanged>,
}

/// The same row of a newer run of the same extent, whose extraction is of a day before `until`,
/// changes nothing and states everything again, as long as the stream is at `version` and no
/// run newer than that one spoke of the dossier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unchanged {
    /// The version of the stream that the row was compared with.
    pub version: Version,
    /// The first day on which the row may come to something else.
    pub until: NaiveDate,
}

/// Why a command was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The enrolment does not exist.
    #[error("the enrolment has no event yet")]
    NotFound,
    /// The contract does not exist in the enrolment.
    #[error("the enrolment has no contract {0}")]
    NoSuchContract(ContractId),
    /// The contract is already broken by that event: correct it instead.
    #[error("the contract is already broken; correct event {0}")]
    AlreadyBroken(EventId),
    /// The learner is already excluded by that event: correct it instead.
    #[error("the learner is already excluded; correct event {0}")]
    AlreadyExcluded(EventId),
    /// The named event is not in the stream.
    #[error("the enrolment has no event {0}")]
    NoSuchEvent(EventId),
    /// The named event was superseded: name the one that stands.
    #[error("event {event} was superseded by {by}")]
    Superseded {
        /// The event named.
        event: EventId,
        /// The one that stands.
        by: EventId,
    },
    /// A correction must be of the type that it corrects.
    #[error("a {found} cannot replace a {expected}")]
    OtherType {
        /// Type of the corrected event.
        expected: &'static str,
        /// Type of the replacement.
        found: &'static str,
    },
    /// The first event of a stream cannot be withdrawn: everything else stands on it.
    #[error("the declaration of an enrolment cannot be retracted")]
    FirstEvent,
    /// A sealed value is needed and its key is gone or closed.
    #[error("a sealed value that the command needs cannot be opened")]
    Hidden,
    /// The contract has a term before the end that is said: the earlier of the
    /// two ends it, so that the later would change nothing.
    #[error("a contract cannot end after its term, {0}; have its source amend the term")]
    EndAfterTerm(NaiveDate),
    /// A date is outside 1900 to 2100 or breaks an order.
    #[error("{0}")]
    Date(Text),
}

impl CommandError {
    /// The message in both languages, with what to do next.
    #[must_use]
    pub fn text(&self) -> Text {
        let fr = match self {
            Self::NotFound => "Ce dossier n'existe pas encore : transmettez-le d'abord.".to_owned(),
            Self::NoSuchContract(contract) => {
                format!("Ce dossier n'a pas de contrat {contract} : vérifiez l'identifiant.")
            }
            Self::AlreadyBroken(event) => {
                format!("Ce contrat est déjà rompu : corrigez plutôt l'événement {event}.")
            }
            Self::AlreadyExcluded(event) => {
                format!("Cet apprenant est déjà exclu : corrigez plutôt l'événement {event}.")
            }
            Self::NoSuchEvent(event) => {
                format!("Ce dossier n'a pas d'événement {event} : vérifiez l'identifiant.")
            }
            Self::Superseded { event, by } => format!(
                "L'événement {event} n'est plus en vigueur : l'événement {by} l'a remplacé, \
                 c'est lui qu'il faut nommer."
            ),
            Self::OtherType { expected, found } => format!(
                "Un événement {expected} ne peut pas être remplacé par un {found} : \
                 retirez-le, puis déclarez l'autre."
            ),
            Self::FirstEvent => "La déclaration du dossier ne peut pas être retirée, car tout le \
                                 reste s'appuie sur elle : corrigez-la."
                .to_owned(),
            Self::Hidden => "Une donnée protégée, nécessaire ici, ne peut pas être ouverte : sa \
                             clé a été détruite ou vous n'y avez pas accès."
                .to_owned(),
            Self::EndAfterTerm(term) => format!(
                "Un contrat ne peut pas finir après son terme, le {} : faites d'abord modifier ce \
                 terme dans le logiciel qui transmet le dossier.",
                term.format("%d/%m/%Y")
            ),
            Self::Date(text) => return text.clone(),
        };
        Text::new(self.to_string(), fr)
    }
}
