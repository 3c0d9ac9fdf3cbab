//! The state of an enrolment: a fold of its live facts.

use super::blocks::{
    Background, Contact, ContractTerms, Disability, Employer, Facets, Guardians, Identity, Opened,
    Referent, Rupture, Training,
};
use super::events::{EnrolmentEvent, LookupKey};
use crate::ids::{ContractId, EventId, Instant};
use crate::rules::StatusFacts;
use crate::runs::Settlement;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// One contract of the enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// Its id.
    pub id: ContractId,
    /// Its order of first appearance, from 0.
    pub ordinal: u16,
    /// Its public terms.
    pub terms: ContractTerms,
    /// Its employer.
    pub employer: Opened<Employer>,
    /// Its rupture and the live event that says so.
    pub rupture: Option<(EventId, Rupture)>,
    /// Its natural end, when somebody said so.
    pub ended_on: Option<NaiveDate>,
}

/// An exclusion and the live event that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exclusion {
    /// The event.
    pub event: EventId,
    /// First day out.
    pub on: NaiveDate,
    /// Word for word.
    pub cause: Option<Opened<String>>,
}

/// The result of the training and the live event that says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completion {
    /// The event.
    pub event: EventId,
    /// When, if told.
    pub on: Option<NaiveDate>,
    /// With the diploma.
    pub diploma: bool,
}

/// What is believed now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Lookup key.
    pub lookup: LookupKey,
    /// The training.
    pub training: Training,
    /// Former trainers: (their training, first day in the next CFA), oldest first.
    pub transfers: Vec<(Training, NaiveDate)>,
    /// Public facets.
    pub facets: Facets,
    /// Who.
    pub identity: Opened<Identity>,
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
    /// Contracts by ordinal.
    pub contracts: Vec<Contract>,
    /// Exclusion.
    pub exclusion: Option<Exclusion>,
    /// Declared withdrawal.
    pub withdrawal: Option<(EventId, NaiveDate)>,
    /// Result.
    pub completion: Option<Completion>,
    /// When the source stopped transmitting, if it did.
    pub stopped: Option<Instant>,
    /// What the runs that wrote events settled.
    pub settled: Vec<Settlement>,
    /// When each value (bit numbers of [`crate::runs`]) was last changed by a push.
    pub stamps: std::collections::BTreeMap<u32, Instant>,
}

/// The aggregate's state: all events with their standing, and what they amount to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Every event in version order.
    pub events: Vec<EnrolmentEvent>,
    /// What the live ones amount to; `None` before the first.
    pub current: Option<Current>,
}

impl Current {
    /// The facts that the status rules read.
    #[must_use]
    pub fn status_facts(&self) -> StatusFacts {
        StatusFacts {
            entry_on: self.training.entry_on,
            end_on: self.training.end_on,
            contracts: Vec::new(),
            excluded_on: self.exclusion.as_ref().map(|e| e.on),
        }
    }
}

impl Enrolment {
    /// The state after one more event.
    #[must_use]
    pub fn evolve(self, event: EnrolmentEvent) -> Self {
        let _ = event;
        self
    }
}
