//! What is declared beside: what is paid, and when the apprentice is in the company.

use super::{Act, Decided, said};
use crate::cerfa::Form;
use crate::cerfa::value::Cents;
use crate::contract::command::{Command, ContractError};
use crate::contract::event::ContractEvent;
use crate::contract::funding::{Declared, Invoice};
use crate::contract::state::{Life, Phase};
use crate::law::practice::Calendar;

impl Act<'_> {
    /// What is paid for it. After its end the rest is still invoiced.
    pub(super) fn of_funding(&self) -> Decided {
        if matches!(self.contract.life, Life::Pending | Life::Cancelled) {
            return Err(self.wrong_life());
        }
        match self.command {
            Command::DeclareFunding(yearly) => self.funded(*yearly),
            Command::DeclareInvoice(declared) => self.invoiced(declared),
            _ => Err(self.wrong_life()),
        }
    }

    fn funded(&self, yearly: Cents) -> Decided {
        if self.in_force().and_then(Form::is_public_law) == Some(true) {
            return Err(ContractError::NoCeiling);
        }
        if yearly == Cents(0) {
            return Err(ContractError::Missing("an amount"));
        }
        Ok(if self.contract.funding == Some(yearly) {
            Vec::new()
        } else {
            vec![ContractEvent::FundingDeclared { yearly }]
        })
    }

    fn invoiced(&self, declared: &Declared) -> Decided {
        let &Declared { ref number, first_on, last_on, amount } = declared;
        let invoice = Invoice { number: said(number, "a number")?, first_on, last_on, amount };
        if amount == Cents(0) {
            return Err(ContractError::Missing("an amount"));
        }
        if last_on < first_on {
            return Err(ContractError::InvoicedDays);
        }
        let starts = self.in_force().and_then(|form| form.terms.start_on);
        if let Some(start) = starts.filter(|start| first_on < *start) {
            return Err(ContractError::InvoicedBefore(start));
        }
        match self.contract.invoices.iter().find(|one| one.number == invoice.number) {
            None => Ok(vec![ContractEvent::InvoiceDeclared(invoice)]),
            Some(same) if *same == invoice => Ok(Vec::new()),
            Some(_) => Err(ContractError::OtherInvoice),
        }
    }

    /// When the apprentice is in the company. After a rupture too: it says whether that was in time.
    pub(super) fn given(&self, calendar: &Calendar) -> Decided {
        if self.contract.life == Life::Cancelled {
            return Err(self.wrong_life());
        }
        if self.round.number == 0 && self.round.phase == Phase::Withdrawn {
            return Err(self.wrong_phase());
        }
        let (from, to) = calendar.span();
        let meets = |form: &Form| {
            let (start, end) = (form.terms.start_on, form.terms.end_on);
            start.is_none_or(|start| start <= to) && end.is_none_or(|end| from <= end)
        };
        if !self.in_force().into_iter().chain([&self.round.form]).any(meets) {
            return Err(ContractError::CalendarElsewhere);
        }
        Ok(if self.contract.calendar.as_ref() == Some(calendar) {
            Vec::new()
        } else {
            vec![ContractEvent::CalendarGiven { calendar: calendar.clone() }]
        })
    }
}
