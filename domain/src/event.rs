//! Any event of the ledger, as the rooms above pass it around.

use crate::contract::ContractEvent;
use crate::enrolment::EnrolmentEvent;
use crate::erasure::ErasureEvent;
use crate::persons::PersonLinkEvent;
use crate::runs::RunEvent;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// A reference set was loaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReferenceSetLoaded {
    /// SHA-256 of the set's canonical bytes.
    pub hash: [u8; 32],
    /// Its name.
    pub name: String,
    /// Entries by table, for people.
    pub summary: String,
}

/// Any event of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "the large one is nearly the only one")]
pub enum Event {
    /// Of an enrolment stream.
    Enrolment(EnrolmentEvent),
    /// Of the stream of a contract whose workflow runs here, with the day on which it has effect.
    Contract(ContractEvent, NaiveDate),
    /// Of a run stream.
    Run(RunEvent),
    /// Of a person-link stream.
    PersonLink(PersonLinkEvent),
    /// Of the reference stream.
    ReferenceSetLoaded(ReferenceSetLoaded),
    /// Of an erasure's stream.
    Erasure(ErasureEvent),
}

impl Event {
    /// The stable name of the event type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Enrolment(event) => event.fact.type_name(),
            Self::Contract(event, _) => event.type_name(),
            Self::Run(event) => event.type_name(),
            Self::PersonLink(event) => event.type_name(),
            Self::ReferenceSetLoaded(_) => "ReferenceSetLoaded",
            Self::Erasure(event) => event.type_name(),
        }
    }
}
