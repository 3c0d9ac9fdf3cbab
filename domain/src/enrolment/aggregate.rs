//! The thin wrapper that lets cqrs-es run the enrolment.

use super::state::Enrolment;
use crate::ids::{ContractId, EventId};

/// The aggregate that cqrs-es drives.
pub type EnrolmentAggregate = Enrolment;

/// Names that the ledger gives to what a request creates.
pub trait EnrolmentServices: Send + Sync {
    /// The id of the i-th event of the request.
    fn event_id(&self, index: u32) -> EventId;
    /// The id of the contract of that ordinal in the stream.
    fn contract_id(&self, ordinal: u16) -> ContractId;
}
