//! From a state and an event to the next state. Every event is taken: it happened.

use super::body;
use super::event::ContractEvent;
use super::state::{Asked, Contract, Life, Phase, Round, Sent, Signature, Suspension};
use crate::enrolment::Opened;
use chrono::NaiveDate;

impl Contract {
    /// The state after an event with effect on a day.
    #[must_use]
    pub fn evolve(mut self, event: &ContractEvent, on: NaiveDate) -> Self {
        self.apply(event, on);
        self
    }

    fn apply(&mut self, event: &ContractEvent, on: NaiveDate) {
        self.keep_said(event, on);
        match event {
            ContractEvent::Drafted { enrolment } => {
                self.enrolment = *enrolment;
                self.rounds.push(Round::default());
            }
            ContractEvent::AmendmentDrafted { kind, own_conclusion } => {
                let mut form = self.in_force(on).cloned().unwrap_or_default();
                // Hidden, it is absent, as what a form hides is: never that of the round before.
                form.terms.kind = kind.clear().copied();
                // Each is concluded, and takes effect, on a day of its own; of the first ones nobody wrote again the day
                // of conclusion when it was the contract's.
                if *own_conclusion {
                    form.terms.concluded_on = None;
                }
                form.terms.amendment_on = None;
                let number = u16::try_from(self.rounds.len()).unwrap_or(u16::MAX);
                self.rounds.push(Round { number, form, ..Round::default() });
            }
            ContractEvent::Suspended { .. } => {
                self.life = Life::Suspended;
                self.suspensions.push(Suspension { from: on, until: None });
            }
            ContractEvent::Resumed => {
                self.life = Life::Running;
                if let Some(last) = self.suspensions.last_mut() {
                    last.until = Some(on);
                }
            }
            ContractEvent::Broken { rupture, .. } => self.life = Life::Broken(on, rupture.clone()),
            ContractEvent::Completed(completion) => self.life = Life::Completed(on, *completion),
            ContractEvent::Cancelled { .. } => self.life = Life::Cancelled,
            ContractEvent::FundingDeclared { yearly } => self.funding = Some(*yearly),
            ContractEvent::InvoiceDeclared(invoice) => self.invoices.push(invoice.clone()),
            ContractEvent::CalendarGiven { calendar } => self.calendar = Some(calendar.clone()),
            ContractEvent::FullySigned if self.life == Life::Pending => {
                self.life = Life::Running;
                self.was_signed = true;
                self.of_round(event, on);
            }
            ContractEvent::Reopened { .. } => {
                if self.rounds.len() == 1 {
                    self.life = Life::Pending;
                }
                self.of_round(event, on);
            }
            ContractEvent::SignaturesRequested { .. } => {
                self.requests = self.requests.saturating_add(1);
                self.of_round(event, on);
            }
            ContractEvent::Signed { evidence, .. } => {
                self.evidence.push(evidence.digest);
                self.of_round(event, on);
            }
            ContractEvent::Submitted { body, .. } => {
                let departement = self.round().and_then(|it| body::departement(&it.form).ok());
                let sent = Sent { body: body.clone(), departement };
                if !self.sent.contains(&sent) {
                    self.sent.push(sent);
                }
                self.of_round(event, on);
            }
            _ => self.of_round(event, on),
        }
    }

    /// What an event does to the round that is under way; a deposit, to the one that it names.
    fn of_round(&mut self, event: &ContractEvent, on: NaiveDate) {
        let number = match event {
            ContractEvent::Deposited { round: Some(number), .. } => {
                self.rounds.get(usize::from(*number))
            }
            ContractEvent::Deposited { round: None, .. } => self.undecided(),
            _ => self.round(),
        };
        let Some(number) = number.map(|round| usize::from(round.number)) else { return };
        let Some(round) = self.rounds.get_mut(number) else { return };
        match event {
            ContractEvent::Contributed { changes } => {
                for change in changes {
                    // What is hidden is absent here. The rest was read when it was decided; a later version of the
                    // form may not have the field any more.
                    if let Opened::Clear(value) = &change.value {
                        let _ = round.form.set(&change.path, value.as_deref());
                    }
                }
            }
            ContractEvent::Attached { attachment } => round.attachments.push(*attachment),
            ContractEvent::Published(publication) => {
                round.phase = Phase::Published;
                round.publication = Some(publication.clone());
            }
            ContractEvent::Reopened { .. } => {
                let Round { number, form, attachments, .. } = std::mem::take(round);
                *round = Round { number, form, attachments, ..Round::default() };
            }
            ContractEvent::SignaturesRequested { document, signers } => {
                round.phase = Phase::Signing;
                round.document = Some(*document);
                round.signers.clone_from(signers);
            }
            ContractEvent::Signed { party, evidence } => {
                round.signed.push(Signature { party: *party, evidence: evidence.clone(), on });
            }
            ContractEvent::SignatureRefused { .. } => round.phase = Phase::SignatureRefused,
            ContractEvent::SignedOnPaper { scan, .. } => round.scan = Some(*scan),
            ContractEvent::FullySigned => {
                round.phase = Phase::Signed;
                round.signed_on = Some(on);
            }
            ContractEvent::Withdrawn { .. } => round.phase = Phase::Withdrawn,
            ContractEvent::Submitted { body, recorded_on } => {
                round.phase = Phase::Submitted;
                round.body = Some(body.clone());
                round.submitted_on = Some(on);
                round.given_on = Some(on);
                round.complete_on = Some(recorded_on.unwrap_or(on));
            }
            ContractEvent::FoundIncomplete { missing } => {
                round.phase = Phase::Incomplete;
                (round.complete_on, round.given_on) = (None, None);
                let attached = round.attachments.len();
                round.asked = Some(Asked { on, missing: missing.clone(), attached });
            }
            ContractEvent::MadeComplete { recorded_on } => {
                round.phase = Phase::Submitted;
                round.given_on = Some(on);
                round.complete_on = Some(recorded_on.unwrap_or(on));
                round.asked = None;
            }
            ContractEvent::Deposited { number, .. } => {
                round.phase = Phase::Deposited;
                round.decided_on = Some(on);
                round.number_of_deposit = Some(number.clone());
            }
            ContractEvent::DepositRefused { .. } => {
                round.phase = Phase::DepositRefused;
                round.decided_on = Some(on);
            }
            // Bytes alone; or of the contract, not of a round.
            ContractEvent::DocumentPart { .. }
            | ContractEvent::Drafted { .. }
            | ContractEvent::AmendmentDrafted { .. }
            | ContractEvent::Suspended { .. }
            | ContractEvent::Resumed
            | ContractEvent::Broken { .. }
            | ContractEvent::Completed(_)
            | ContractEvent::Cancelled { .. }
            | ContractEvent::FundingDeclared { .. }
            | ContractEvent::InvoiceDeclared(_)
            | ContractEvent::CalendarGiven { .. } => {}
        }
    }
}
