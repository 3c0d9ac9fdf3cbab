//! Commands to events: pure.

use super::acts;
use super::command::{Command, CommandError, Decision};
use super::declare::{Row, declare};
use super::draft::Names;
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
    command: &Command,
    event_id: &dyn Fn(u32) -> EventId,
    contract_id: &dyn Fn(u16) -> ContractId,
) -> Result<Decision, CommandError> {
    let names = Names { event: event_id, contract: contract_id };
    if let Command::Declare { declaration, lookup, provenance, settled, held, unseen_since } =
        command
    {
        let (lookup, unseen_since) = (*lookup, *unseen_since);
        let row = Row { declaration, lookup, provenance, settled, held, unseen_since };
        return declare(state, &row, names);
    }
    let current = state.current.as_ref().ok_or(CommandError::NotFound)?;
    acts::decide(state, current, command, names)
}
