//! The enrolment: what one source declares of one dossier, contracts included.

mod acts;
mod aggregate;
mod blocks;
mod command;
mod corrections;
mod dated;
mod decide;
mod declare;
mod declare_contracts;
mod draft;
mod events;
mod evolve;
mod gate;
mod pairing;
mod state;
mod values;
mod withdrawal;

pub use aggregate::{EnrolmentAggregate, EnrolmentServices};
pub use blocks::{
    Background, Certification, Claimed, Contact, ContractTerms, Disability, Employer,
    EmployerFacets, Establishment, Facets, Guardians, Identity, Initiator, Opened, Place, Referent,
    Rupture, RuptureMode, Sex, Training,
};
pub use command::{Command, CommandError, Decision, Unchanged};
pub use decide::decide;
pub use events::{
    EnrolmentAmended, EnrolmentDeclared, EnrolmentEvent, Fact, LookupKey, Provenance,
    RetractionReason, Stated,
};
pub use state::{Completion, Contract, Current, Enrolment, Exclusion, FormerSession};
