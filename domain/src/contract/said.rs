//! What people wrote when they acted on a contract: why a deposit was refused, why the form was opened again, who
//! attests a scan. The state keeps it beside what the acts did, so that whoever reads the form reads it too.

use super::event::ContractEvent;
use super::signing::Party;
use super::state::Contract;
use crate::enrolment::Opened;
use chrono::NaiveDate;

/// The newest texts of an event type that a contract keeps; all of them are in its events. Of each type apart, so that
/// what is written often drives nothing else out.
pub const SAID_MAX: usize = 30;

/// What somebody wrote when they acted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Of which round.
    pub round: u16,
    /// The type of the event.
    pub event: &'static str,
    /// The day of its effect.
    pub on: NaiveDate,
    /// The party that refused to sign; `None` of another event.
    pub party: Option<Party>,
    /// Word for word.
    pub text: Opened<String>,
}

/// The name of the event that tells the words of a rupture.
const RUPTURE: &str = "ContractRuptured";

impl Said {
    /// Whether it is what was written when the contract was broken.
    #[must_use]
    pub fn is_of_rupture(&self) -> bool {
        self.event == RUPTURE
    }
}

impl Contract {
    /// Keeps what an event says in words, if it does; it is of the round that is under way. A rupture that is told again
    /// has the words that it is told with, or none.
    pub(super) fn keep_said(&mut self, event: &ContractEvent, on: NaiveDate) {
        if matches!(event, ContractEvent::Broken { .. }) {
            self.said.retain(|said| !said.is_of_rupture());
        }
        let Some((party, text)) = words_of(event) else { return };
        let round = self.round().map_or(0, |round| round.number);
        let (event, text) = (event.type_name(), text.clone());
        let is_alike = |said: &Said| said.event == event;
        if self.said.iter().filter(|said| is_alike(said)).count() >= SAID_MAX {
            let oldest = self.said.iter().position(is_alike);
            oldest.map(|at| self.said.remove(at));
        }
        self.said.push(Said { round, event, on, party, text });
    }
}

/// What people wrote in an event, and of which party it is told. A number is none of it.
const fn words_of(event: &ContractEvent) -> Option<(Option<Party>, &Opened<String>)> {
    match event {
        ContractEvent::SignatureRefused { party, reason } => Some((Some(*party), reason)),
        ContractEvent::Reopened { reason: text }
        | ContractEvent::SignedOnPaper { attestation: text, .. }
        | ContractEvent::Withdrawn { reason: text }
        | ContractEvent::FoundIncomplete { missing: text }
        | ContractEvent::DepositRefused { motive: text }
        | ContractEvent::Suspended { reason: text }
        | ContractEvent::Broken { words: Some(text), .. }
        | ContractEvent::Cancelled { reason: text } => Some((None, text)),
        ContractEvent::Drafted { .. }
        | ContractEvent::Contributed { .. }
        | ContractEvent::Attached { .. }
        | ContractEvent::DocumentPart { .. }
        | ContractEvent::Published(_)
        | ContractEvent::SignaturesRequested { .. }
        | ContractEvent::Signed { .. }
        | ContractEvent::FullySigned
        | ContractEvent::Submitted { .. }
        | ContractEvent::MadeComplete { .. }
        | ContractEvent::Deposited { .. }
        | ContractEvent::AmendmentDrafted { .. }
        | ContractEvent::Resumed
        | ContractEvent::Broken { words: None, .. }
        | ContractEvent::Completed(_)
        | ContractEvent::FundingDeclared { .. }
        | ContractEvent::InvoiceDeclared(_)
        | ContractEvent::CalendarGiven { .. } => None,
    }
}
