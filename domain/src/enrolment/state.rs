//! The state of an enrolment: a fold of its live facts.

use super::blocks::{
    Background, Contact, ContractTerms, Disability, Employer, Facets, Guardians, Identity, Opened,
    Referent, Rupture, Training,
};
use super::events::{EnrolmentEvent, LookupKey};
use crate::identifiers::SchoolYear;
use crate::ids::{ContractId, EventId, Instant};
use crate::rules::{ContractSpan, RuleSet, Session, StatusFacts, Trajectory, trajectory_through};
use crate::runs::Settlement;
use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

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

/// A session that a new school year or another CFA has followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerSession {
    /// The school year that was declared of it.
    pub school_year: SchoolYear,
    /// Its days.
    pub session: Session,
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
    /// Former sessions, oldest first: `training` holds the newest.
    pub sessions: Vec<FormerSession>,
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
    /// When each value was last changed by a push: the extraction time of its run. Keys are
    /// the bit numbers of [`crate::runs`], then numbers of the fold's own above them.
    pub stamps: BTreeMap<u32, Instant>,
    /// The values whose last change came from a late run: newer runs that said
    /// "everything" before did not know them.
    pub late: BTreeSet<u32>,
}

/// The aggregate's state: all events with their standing, and what they amount to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Every event in version order.
    pub events: Vec<EnrolmentEvent>,
    /// What the live ones amount to; `None` before the first.
    pub current: Option<Current>,
}

impl Contract {
    /// The contract as the status rules see it. Its end is the earlier of the
    /// term agreed and of the end that somebody declared.
    #[must_use]
    pub fn span(&self) -> ContractSpan {
        let end_on = match (self.terms.end_on, self.ended_on) {
            (Some(term), Some(ended)) => Some(term.min(ended)),
            (term, ended) => term.or(ended),
        };
        ContractSpan {
            start_on: self.terms.start_on,
            end_on,
            broken_on: self.rupture.as_ref().map(|(_, rupture)| rupture.effective_on),
        }
    }
}

impl Current {
    /// The facts that the status rules read; contracts by ordinal. The entry is
    /// that of the newest session: see [`Current::trajectory`] for those before it.
    #[must_use]
    pub fn status_facts(&self) -> StatusFacts {
        StatusFacts {
            entry_on: self.training.entry_on,
            end_on: self.training.end_on,
            contracts: self.contracts.iter().map(Contract::span).collect(),
            excluded_on: self.exclusion.as_ref().map(|e| e.on),
        }
    }

    /// The trajectory through all sessions.
    #[must_use]
    pub fn trajectory(&self, rules: RuleSet) -> Trajectory {
        let former: Vec<Session> = self.sessions.iter().map(|former| former.session).collect();
        trajectory_through(&former, self.status_facts(), rules)
    }

    /// The contract of that id.
    #[must_use]
    pub fn contract(&self, id: ContractId) -> Option<&Contract> {
        self.contracts.iter().find(|c| c.id == id)
    }
}
