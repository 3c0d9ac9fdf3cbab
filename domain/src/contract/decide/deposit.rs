//! What passes between the parties and the deposit body.

use super::{Act, Decided, said};
use crate::contract::command::{Command, ContractError};
use crate::contract::conclude::Silence;
use crate::contract::event::{ContractEvent, DepositBody};
use crate::contract::state::{Life, Phase, Round};
use crate::law::DEPOSIT_BODY;
use chrono::NaiveDate;

impl Act<'_> {
    /// What the deposit body does. It also decides of a contract that is over.
    pub(super) fn of_deposit(&self) -> Decided {
        match self.command {
            // What never began is not sent any more.
            Command::Submit(_) if self.contract.life == Life::Cancelled => Err(self.wrong_life()),
            Command::Submit(body) => {
                self.is_in(&[Phase::Signed])?;
                self.is_from(self.round.signed_on)?;
                let to_the_state = matches!(body, DepositBody::State(_));
                if self.round.form.is_public_law().is_some_and(|public| public != to_the_state) {
                    return Err(ContractError::Law(vec![DEPOSIT_BODY]));
                }
                let (body, recorded_on) = (body.clone(), self.recorded_on());
                Ok(vec![ContractEvent::Submitted { body, recorded_on }])
            }
            Command::AskFor(missing) => {
                self.is_open_to_the_body(&[Phase::Submitted])?;
                self.is_before_silence(None)?;
                self.is_from(self.round.given_on)?;
                Ok(vec![ContractEvent::FoundIncomplete { missing: said(missing, "a document")? }])
            }
            Command::MakeComplete { by_body } => {
                self.is_in(&[Phase::Incomplete])?;
                self.is_from(self.round.asked.as_ref().map(|asked| asked.on))?;
                if !by_body && !self.round.is_answered() {
                    return Err(ContractError::NothingGiven);
                }
                Ok(vec![ContractEvent::MadeComplete { recorded_on: self.recorded_on() }])
            }
            Command::Deposit(number, named) => {
                let round = self.to_deposit(*named)?;
                self.is_from(round.given_on)?;
                let (number, round) = (said(number, "a number")?, Some(round.number));
                Ok(vec![ContractEvent::Deposited { number, round }])
            }
            Command::RefuseDeposit(motive) => {
                self.is_open_to_the_body(&[Phase::Submitted, Phase::Incomplete])?;
                let asked_on = self.round.asked.as_ref().map(|asked| asked.on);
                self.is_before_silence(Some(Silence::Refusal))?;
                self.is_from(self.round.given_on.or(asked_on))?;
                Ok(vec![ContractEvent::DepositRefused { motive: said(motive, "a reason")? }])
            }
            _ => Err(self.wrong_phase()),
        }
    }

    /// The round that a number is of. It may come once silence has accepted it, and somebody amends it: the number of one
    /// is never taken for that of another.
    fn to_deposit(&self, named: Option<u16>) -> Result<&Round, ContractError> {
        let waiting: Vec<&Round> = self.contract.waiting().collect();
        let round = match (named, &*waiting) {
            (Some(number), _) => {
                let round = self.contract.rounds.get(usize::from(number));
                round.ok_or(ContractError::NoRound(number))?
            }
            (None, []) => {
                self.is_open_to_the_body(&[Phase::Submitted])?;
                self.round
            }
            (None, [round]) => round,
            (None, several) => {
                let rounds = several.iter().map(|round| round.number).collect();
                return Err(ContractError::WhichRound(rounds));
            }
        };
        if self.contract.is_given_up(round) {
            return Err(ContractError::ReplacedSince);
        }
        if round.phase != Phase::Submitted {
            let (command, phase) = (self.command.name(), round.phase);
            return Err(ContractError::Phase { command, phase });
        }
        Ok(round)
    }

    /// The round under way is with the deposit body. One that silence decided, and that another follows since, is not
    /// any more: what follows from its decision would be undone for parties who acted on that silence.
    fn is_open_to_the_body(&self, phases: &[Phase]) -> Result<(), ContractError> {
        let earlier = self.contract.rounds.iter().rfind(|one| one.is_undecided());
        match (self.is_in(phases), earlier) {
            (Err(_), Some(one)) if self.contract.is_given_up(one) => {
                Err(ContractError::ReplacedSince)
            }
            (Err(_), Some(one)) if one.number < self.round.number => {
                Err(ContractError::AmendedSince)
            }
            (result, _) => result,
        }
    }

    /// Silence has not decided; of what it has, a late number or a late refusal alone is written down.
    fn is_before_silence(&self, but_after: Option<Silence>) -> Result<(), ContractError> {
        match self.silence() {
            Some((last, silence)) if Some(silence) != but_after => {
                Err(ContractError::Silent { command: self.command.name(), last, silence })
            }
            _ => Ok(()),
        }
    }

    /// The day on which it is recorded, when that is after its own: nobody makes a silence of days that are over.
    fn recorded_on(&self) -> Option<NaiveDate> {
        Some(self.given.today).filter(|today| self.given.on < *today)
    }
}
