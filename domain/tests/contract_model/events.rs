//! The events that an accepted act must have given.

use super::model::Model;
use domain::contract::funding::{Declared, Invoice};
use domain::contract::{Attachment, AttachmentKind, Command, ContractEvent, Phase};
use domain::enrolment::Opened;

impl Model {
    /// The events that an accepted act must have given; of a contribution, and of a publication, only the state is compared.
    pub(super) fn events(&self, command: &Command) -> Option<Vec<ContractEvent>> {
        let said = |text: String| Opened::Clear(text.trim().to_owned());
        // When it is said later than its day.
        let act = self.acts.last().filter(|act| act.on < act.today);
        let recorded_on = act.map(|act| act.today);
        let mut events = vec![match command.clone() {
            Command::Contribute(_) | Command::Publish => return None,
            Command::Draft { enrolment } => ContractEvent::Drafted { enrolment },
            Command::Attach(attachment) => ContractEvent::Attached { attachment },
            Command::Reopen(reason) => ContractEvent::Reopened { reason: said(reason) },
            Command::RequestSignatures { document, signers } => {
                ContractEvent::SignaturesRequested { document, signers }
            }
            Command::Sign { party, evidence } => ContractEvent::Signed { party, evidence },
            Command::RefuseSignature { party, reason } => {
                ContractEvent::SignatureRefused { party, reason: said(reason) }
            }
            Command::SignOnPaper { scan, attestation, .. } => {
                ContractEvent::SignedOnPaper { scan, attestation: said(attestation) }
            }
            Command::Withdraw(reason) => ContractEvent::Withdrawn { reason: said(reason) },
            Command::Submit(body) => ContractEvent::Submitted { body, recorded_on },
            Command::AskFor(missing) => ContractEvent::FoundIncomplete { missing: said(missing) },
            Command::MakeComplete { .. } => ContractEvent::MadeComplete { recorded_on },
            Command::Deposit(number, _) => {
                let round = self.acts.last().map(|act| act.round as u16);
                ContractEvent::Deposited { number: said(number), round }
            }
            Command::RefuseDeposit(motive) => {
                ContractEvent::DepositRefused { motive: said(motive) }
            }
            Command::Amend(kind) => {
                let kind = Opened::Clear(kind);
                ContractEvent::AmendmentDrafted { kind, own_conclusion: true }
            }
            Command::Suspend(reason) => ContractEvent::Suspended { reason: said(reason) },
            Command::Resume => ContractEvent::Resumed,
            Command::Break { rupture, words } => {
                ContractEvent::Broken { rupture, words: words.map(Opened::Clear) }
            }
            Command::Complete(completion) => ContractEvent::Completed(completion),
            Command::Cancel(reason) => ContractEvent::Cancelled { reason: said(reason) },
            Command::DeclareFunding(yearly) => ContractEvent::FundingDeclared { yearly },
            Command::GiveCalendar(calendar) => ContractEvent::CalendarGiven { calendar },
            Command::DeclareInvoice(Declared { number, first_on, last_on, amount }) => {
                let number = said(number);
                ContractEvent::InvoiceDeclared(Invoice { number, first_on, last_on, amount })
            }
        }];
        // The scan comes first: it was not there before this act.
        if let Command::SignOnPaper { scan, bytes, .. } = command {
            let before = &self.acts[..self.acts.len() - 1];
            let there =
                self.last().map(|round| Self::attached_by(before, round)).unwrap_or_default();
            let (kind, digest, bytes) = (AttachmentKind::SignedPaper, *scan, *bytes);
            if there.iter().all(|one| (one.digest, one.kind) != (digest, kind)) {
                let attachment = Attachment { kind, digest, bytes };
                events.insert(0, ContractEvent::Attached { attachment });
            }
        }
        let signs = matches!(command, Command::Sign { .. } | Command::SignOnPaper { .. });
        if signs && self.last().is_some_and(|round| self.phase(round) == Phase::Signed) {
            events.push(ContractEvent::FullySigned);
        }
        Some(events)
    }
}
