//! From a state and a command to events, or a refusal that says why. Pure: the day comes as an argument.

mod deposit;
mod funding;
mod life;
mod writing;

use super::command::{Command, ContractError};
use super::conclude::{Decision, Silence, decision};
use super::event::ContractEvent;
use super::state::{Contract, Life, Phase, Round};
use crate::cerfa::Form;
use crate::enrolment::Opened;
use crate::law::Previous;
use chrono::NaiveDate;

/// What a decision is given beside the state.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The day on which the act has effect.
    pub on: NaiveDate,
    /// The day on which it is recorded.
    pub today: NaiveDate,
    /// The apprentice's contract before this one, when it is known.
    pub previous: Option<&'a Previous>,
}

type Decided = Result<Vec<ContractEvent>, ContractError>;

/// Decides a command. No event when it asks for what is so already.
///
/// # Errors
/// See [`ContractError`].
pub fn decide(contract: &Contract, command: &Command, given: &Given<'_>) -> Decided {
    if let Command::Draft { enrolment } = command {
        return match contract.round() {
            None => Ok(vec![ContractEvent::Drafted { enrolment: *enrolment }]),
            Some(_) => Err(ContractError::Drafted),
        };
    }
    let round = contract.round().ok_or(ContractError::NoContract)?;
    let act = Act { contract, round, command, given };
    match command {
        Command::Suspend(_)
        | Command::Resume
        | Command::Break { .. }
        | Command::Complete(_)
        | Command::Cancel(_) => act.of_life(),
        Command::Amend(kind) => act.of_amendment(*kind),
        Command::Submit(_)
        | Command::AskFor(_)
        | Command::MakeComplete { .. }
        | Command::Deposit(..)
        | Command::RefuseDeposit(_) => act.of_deposit(),
        Command::DeclareFunding(_) | Command::DeclareInvoice(_) => act.of_funding(),
        Command::GiveCalendar(calendar) => act.given(calendar),
        // What the deposit body asked for.
        Command::Attach(attachment) if round.phase == Phase::Incomplete => act.attach(attachment),
        _ => act.of_writing(),
    }
}

/// A command on a contract that was drafted.
struct Act<'a> {
    contract: &'a Contract,
    round: &'a Round,
    command: &'a Command,
    given: &'a Given<'a>,
}

impl Act<'_> {
    /// The form in force on the day of the act; of a day to come, as it stands today: the deposit body may still decide.
    fn in_force(&self) -> Option<&Form> {
        self.contract.in_force(self.given.on.min(self.given.today))
    }

    fn wrong_phase(&self) -> ContractError {
        ContractError::Phase { command: self.command.name(), phase: self.round.phase }
    }

    fn wrong_life(&self) -> ContractError {
        ContractError::Life { command: self.command.name(), life: self.contract.life.name() }
    }

    fn is_in(&self, phases: &[Phase]) -> Result<(), ContractError> {
        if phases.contains(&self.round.phase) { Ok(()) } else { Err(self.wrong_phase()) }
    }

    /// What the silence of the deposit body has decided of the round under way, and its last day. No day that is said
    /// afterwards undoes it: others could rely on it.
    fn silence(&self) -> Option<(NaiveDate, Silence)> {
        match decision(self.round, self.given.on.max(self.given.today)) {
            Decision::Silent(last, silence) => Some((last, silence)),
            _ => None,
        }
    }

    /// The act is not before what it follows, when that has a day.
    fn is_from(&self, day: Option<NaiveDate>) -> Result<(), ContractError> {
        match day {
            Some(first) if self.given.on < first => {
                Err(ContractError::TooEarly { command: self.command.name(), first })
            }
            _ => Ok(()),
        }
    }

    /// All have signed, and it is not over.
    fn lives(&self) -> Result<(), ContractError> {
        match self.contract.life {
            Life::Running | Life::Suspended => Ok(()),
            _ => Err(self.wrong_life()),
        }
    }
}

/// A text that is not empty.
fn said(text: &str, what: &'static str) -> Result<Opened<String>, ContractError> {
    let text = text.trim();
    if text.is_empty() {
        Err(ContractError::Missing(what))
    } else {
        Ok(Opened::Clear(text.to_owned()))
    }
}
