//! Amending, suspending, ending.

use super::{Act, Decided, said};
use crate::cerfa::codes::ContractType;
use crate::contract::command::{Command, ContractError};
use crate::contract::conclude::Silence;
use crate::contract::event::ContractEvent;
use crate::contract::rupture::{Completion, Rupture};
use crate::contract::state::{Life, Phase};
use crate::enrolment::Opened;
use chrono::NaiveDate;

impl Act<'_> {
    /// Another round begins, once the one before is decided on.
    pub(super) fn of_amendment(&self, kind: ContractType) -> Decided {
        self.lives()?;
        // Silence of whom it was sent to may be acceptance. Of an amendment that came to nothing another follows.
        match self.silence() {
            Some((_, Silence::Acceptance)) => {}
            Some((_, Silence::Refusal)) if self.round.number > 0 => {}
            // The contract itself is opened again.
            Some((last, silence)) => {
                return Err(ContractError::Silent { command: self.command.name(), last, silence });
            }
            None => self.is_in(&[Phase::Deposited, Phase::DepositRefused, Phase::Withdrawn])?,
        }
        if self.round.number == 0
            && matches!(self.round.phase, Phase::DepositRefused | Phase::Withdrawn)
        {
            return Err(self.wrong_phase());
        }
        if !kind.is_amendment() {
            return Err(ContractError::OtherKind);
        }
        let kind = Opened::Clear(kind);
        Ok(vec![ContractEvent::AmendmentDrafted { kind, own_conclusion: true }])
    }

    pub(super) fn of_life(&self) -> Decided {
        let life = &self.contract.life;
        match self.command {
            Command::Suspend(reason) if *life == Life::Running => {
                Ok(vec![ContractEvent::Suspended { reason: said(reason, "a reason")? }])
            }
            Command::Resume if *life == Life::Suspended => Ok(vec![ContractEvent::Resumed]),
            Command::Break { rupture, words } => {
                // Told again, it is corrected: what was told last counts.
                if !matches!(life, Life::Broken(..)) {
                    self.lives()?;
                }
                let starts = self.in_force().and_then(|form| form.terms.start_on);
                if let Some(start) = starts.filter(|start| self.given.on < *start) {
                    return Err(ContractError::NotBegun(start));
                }
                self.broken(rupture, words.as_deref())
            }
            Command::Complete(completion) if *life == Life::Running => self.completed(completion),
            Command::Complete(completion) => match life {
                Life::Completed(last, told) => self.resulted(*last, told, completion),
                _ => Err(self.wrong_life()),
            },
            Command::Cancel(reason) => {
                self.lives()?;
                let starts = self.in_force().and_then(|form| form.terms.start_on);
                if starts.is_some_and(|start| start <= self.given.on) {
                    return Err(ContractError::Begun);
                }
                Ok(vec![ContractEvent::Cancelled { reason: said(reason, "a reason")? }])
            }
            _ => Err(self.wrong_life()),
        }
    }

    fn broken(&self, rupture: &Rupture, words: Option<&str>) -> Decided {
        if !rupture.mode.initiators().contains(&rupture.initiator) {
            return Err(ContractError::Initiator(rupture.mode));
        }
        let words = words.map(|words| Opened::Clear(words.to_owned()));
        let told = self.contract.life == Life::Broken(self.given.on, rupture.clone());
        let written = self.contract.said.iter().rfind(|said| said.is_of_rupture());
        if told && written.map(|said| &said.text) == words.as_ref() {
            return Ok(Vec::new());
        }
        Ok(vec![ContractEvent::Broken { rupture: rupture.clone(), words }])
    }

    fn completed(&self, completion: &Completion) -> Decided {
        let terms = self.in_force().map(|form| &form.terms);
        let ends = terms.and_then(|terms| terms.end_on);
        let at_term = ends.is_none_or(|end| end <= self.given.on);
        if terms.and_then(|terms| terms.start_on).is_some_and(|start| self.given.on < start) {
            return Err(ContractError::NotOver);
        }
        // Early, once the diploma is obtained (L6222-19).
        if completion.early == at_term || completion.early && completion.diploma != Some(true) {
            return Err(ContractError::NotOver);
        }
        Ok(vec![ContractEvent::Completed(*completion)])
    }

    /// The result of the exam, which may be known long after the term, or the day of a notice that was not told: the same
    /// end, told again with it.
    fn resulted(&self, last: NaiveDate, told: &Completion, now: &Completion) -> Decided {
        if told == now && self.given.on == last {
            return Ok(Vec::new());
        }
        let with_result = Completion {
            diploma: now.diploma.filter(|_| !told.early).or(told.diploma),
            notified_on: told.notified_on.or(now.notified_on.filter(|_| told.early)),
            ..*told
        };
        if self.given.on != last || with_result != *now {
            return Err(ContractError::Ended(last));
        }
        Ok(vec![ContractEvent::Completed(*now)])
    }
}
