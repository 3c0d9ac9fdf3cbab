//! Which events are behind the figures of a contract's funding.

use super::event::ContractEvent;
use super::funding::is_deposit_refused;
use super::state::Contract;
use chrono::NaiveDate;

/// The events behind what is funded of a contract and what was invoiced, by whatever names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind<T> {
    /// Behind the days: the last signature of what is in force, how the contract ended, and what its deposit was refused by:
    /// the decision, or what silence counts from.
    pub days: Vec<T>,
    /// Behind the yearly amount: the last one that was declared.
    pub ceiling: Option<T>,
    /// Behind what was invoiced, an event each, in the order of the invoices.
    pub invoices: Vec<T>,
}

/// The events of a stream behind the figures of [`super::funding::funding`] on a day, each called as the caller does.
pub fn behind<'a, T: Clone>(
    stream: impl IntoIterator<Item = (T, &'a ContractEvent, NaiveDate)>,
    as_of: NaiveDate,
) -> Behind<T> {
    let (mut state, mut signed) = (Contract::default(), Vec::new());
    let (mut ended, mut sent) = (None, None);
    let mut behind = Behind { days: Vec::new(), ceiling: None, invoices: Vec::new() };
    for (name, event, on) in stream {
        let invoices = state.invoices.len();
        state = state.evolve(event, on);
        match event {
            ContractEvent::Drafted { .. } | ContractEvent::AmendmentDrafted { .. } => {
                signed.push(None);
            }
            ContractEvent::FullySigned => {
                if let Some(round) = signed.last_mut() {
                    *round = Some(name);
                }
            }
            ContractEvent::Broken { .. }
            | ContractEvent::Completed(_)
            | ContractEvent::Cancelled { .. } => ended = Some(name),
            ContractEvent::Submitted { .. }
            | ContractEvent::MadeComplete { .. }
            | ContractEvent::DepositRefused { .. }
                if signed.len() == 1 =>
            {
                sent = Some(name);
            }
            ContractEvent::FundingDeclared { .. } => behind.ceiling = Some(name),
            _ if state.invoices.len() > invoices => behind.invoices.push(name),
            _ => {}
        }
    }
    let in_force = state.round_in_force(as_of).map(|round| usize::from(round.number));
    behind.days.extend(in_force.and_then(|round| signed.get(round).cloned().flatten()));
    behind.days.extend(ended.filter(|_| state.life.is_over()));
    behind.days.extend(sent.filter(|_| is_deposit_refused(&state, as_of)));
    behind
}
