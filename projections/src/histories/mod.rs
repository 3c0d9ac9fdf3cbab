//! The history of an enrolment or a contract: every event with what became of
//! it, and one sentence in French for each.
//!
//! | file | holds |
//! |---|---|
//! | `standing.rs` | which events stand, and which superseded which |
//! | `sentences.rs`, `words.rs` | the sentences: no personal data, no verbatim text |

mod contract_sentences;
mod sentences;
mod standing;
mod words;

pub use contract_sentences::{piece, said as said_of_contract};
pub(crate) use standing::standing;
pub use words::{french_day, initiator as broken_by, mode as broken_how};

use crate::source::Recorded;
use domain::event::Event;
use domain::ids::{ContractId, EventId};

/// One event of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEvent {
    /// The event, sealed sections not opened.
    pub recorded: Recorded,
    /// The event that replaced or withdrew it, as of the position asked.
    pub superseded_by: Option<EventId>,
    /// The contract that it is about, a correction's and a retraction's too.
    pub contract: Option<ContractId>,
    /// One sentence in French, without personal data.
    pub sentence_fr: String,
}

/// The history that the events of one stream tell, in version order.
#[must_use]
pub fn history(stream: &[Recorded]) -> Vec<HistoryEvent> {
    let superseded = standing::superseded(stream);
    let contracts = standing::contracts(stream);
    let id = |rank: usize| match &stream.get(rank)?.event {
        Event::Enrolment(event) => Some(event.id),
        _ => None,
    };
    stream
        .iter()
        .zip(superseded)
        .zip(contracts)
        .map(|((recorded, by), contract)| HistoryEvent {
            recorded: recorded.clone(),
            superseded_by: by.and_then(id),
            contract,
            sentence_fr: sentences::sentence(recorded, stream),
        })
        .collect()
}

/// The part of a history that is about one contract.
#[must_use]
pub fn of_contract(history: Vec<HistoryEvent>, contract: ContractId) -> Vec<HistoryEvent> {
    history.into_iter().filter(|event| event.contract == Some(contract)).collect()
}
