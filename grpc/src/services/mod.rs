//! One file a service. Each reads its request, asks the domain, the ledger or
//! the views, and writes the answer; none holds a rule of its own.

mod acts;
mod alert;
mod budget;
mod contract;
mod dashboard;
mod enrolment;
mod files;
mod history;
mod house;
mod ingestion;
mod lasting;
mod limits;
mod outcome;
mod person;
mod person_contracts;
mod privacy;
mod proof;
mod read_of;
mod receive;
mod reference;
mod retention;
mod retention_batch;
mod sample;
mod search;
mod told;
mod workflow;
mod workflow_acts;
mod workflow_list;
mod workflow_reach;
mod workflow_told;

pub use alert::Alerts;
pub use contract::Contracts;
pub use dashboard::Dashboard;
pub use enrolment::Enrolments;
pub use history::History;
pub use house::House;
pub(crate) use house::{PEOPLE, external};
pub use ingestion::Ingestion;
pub use limits::Limits;
pub use outcome::OutcomesOf;
pub use privacy::Privacy;
pub use proof::Proofs;
pub use reference::References;
pub use workflow::Workflow;
pub(crate) use workflow_acts::said;
