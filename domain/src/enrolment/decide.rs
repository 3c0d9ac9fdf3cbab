//! Commands to events: pure.

use super::command::{Command, CommandError, Decision};
use super::state::Enrolment;
use crate::ids::{ContractId, EventId};

/// Decides what a command writes.
///
/// `event_id(i)` names the i-th event of the request; `contract_id(o)` names the
/// contract of ordinal `o` of this stream. Both are given by the ledger.
///
/// # Errors
/// See [`CommandError`].
pub fn decide(
    state: &Enrolment,
    command: Command,
    event_id: &dyn Fn(u32) -> EventId,
    contract_id: &dyn Fn(u16) -> ContractId,
) -> Result<Decision, CommandError> {
    let _ = (state, command, event_id(0), contract_id(0));
    Err(CommandError::NotFound)
}
