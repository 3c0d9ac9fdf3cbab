//! What the law, the facts of the workflow and ADR 22 say of a contract, written without looking at the aggregate.
//!
//! The model keeps no state but the acts that were accepted, in order, and the fields that were filled. Where a round
//! is, who has signed, what became of the contract: all of it is asked of the acts each time.

use super::law;
use super::reasons::{letter, trimmed};
use chrono::{Days, NaiveDate};
use domain::cerfa::Form;
use domain::cerfa::value::Cents;
use domain::contract::funding::Declared;
use domain::contract::rupture::Completion;
use domain::contract::signing::{Party, Signer};
use domain::contract::{Attachment, AttachmentKind, Command, ContractError, Phase, Sha256};
use domain::law::Previous;
use domain::law::practice::Calendar;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Paths and values, as they are written.
pub(super) type Filled = BTreeMap<String, String>;

/// An act that was accepted.
#[derive(Debug, Clone)]
pub(super) struct Act {
    /// In which round.
    pub(super) round: usize,
    /// On which day it had effect.
    pub(super) on: NaiveDate,
    /// When it was recorded.
    pub(super) today: NaiveDate,
    /// What.
    pub(super) command: Command,
}

/// What the model says to a command.
#[derive(Debug)]
pub(super) enum Says {
    /// Refused, for each of these reasons.
    No(Vec<ContractError>),
    /// It is so already.
    Nothing,
    /// It is done.
    Yes,
}

/// The model.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    /// What was accepted.
    pub(super) acts: Vec<Act>,
    /// What is filled, by round.
    pub(super) filled: Vec<Filled>,
    /// The forms that these fields give.
    pub(super) forms: Vec<Rc<Form>>,
}

impl Model {
    /// The number of the last round.
    pub(super) fn last(&self) -> Option<usize> {
        self.filled.len().checked_sub(1)
    }

    /// The acts of a round since it was last opened.
    pub(super) fn since_opened(&self, round: usize) -> Vec<&Act> {
        let of: Vec<_> = self.acts.iter().filter(|act| act.round == round).collect();
        let opened = of.iter().rposition(|act| matches!(act.command, Command::Reopen(_)));
        of.into_iter().skip(opened.map_or(0, |at| at + 1)).collect()
    }

    /// The request that stands: the document, and who signs it.
    pub(super) fn request(&self, round: usize) -> Option<(Sha256, Vec<Signer>)> {
        self.since_opened(round).into_iter().find_map(|act| match &act.command {
            Command::RequestSignatures { document, signers } => Some((*document, signers.clone())),
            _ => None,
        })
    }

    /// Who has signed, in order.
    pub(super) fn signed(&self, round: usize) -> Vec<Party> {
        let sign = |act: &Act| match act.command {
            Command::Sign { party, .. } => Some(party),
            _ => None,
        };
        self.since_opened(round).into_iter().filter_map(sign).collect()
    }

    /// When all had signed.
    pub(super) fn signed_on(&self, round: usize) -> Option<NaiveDate> {
        let acts = self.since_opened(round);
        let paper = acts.iter().find(|act| matches!(act.command, Command::SignOnPaper { .. }));
        let (_, signers) = self.request(round).unwrap_or_default();
        let mut signatures = acts.iter().filter(|act| matches!(act.command, Command::Sign { .. }));
        let last = signers.len().checked_sub(1).and_then(|last| signatures.nth(last));
        paper.or(last).map(|act| act.on)
    }

    /// Where a round is.
    pub(super) fn phase(&self, round: usize) -> Phase {
        let reached = |act: &&Act| {
            Some(match act.command {
                Command::Publish => Phase::Published,
                Command::RequestSignatures { .. } => Phase::Signing,
                Command::RefuseSignature { .. } => Phase::SignatureRefused,
                Command::Withdraw(_) => Phase::Withdrawn,
                Command::Submit(_) | Command::MakeComplete { .. } => Phase::Submitted,
                Command::AskFor(_) => Phase::Incomplete,
                Command::Deposit(..) => Phase::Deposited,
                Command::RefuseDeposit(_) => Phase::DepositRefused,
                _ => return None,
            })
        };
        let phase = self.since_opened(round).iter().rev().find_map(reached).unwrap_or(Phase::Draft);
        let signed =
            matches!(phase, Phase::Published | Phase::Signing) && self.signed_on(round).is_some();
        if signed { Phase::Signed } else { phase }
    }

    /// The round on which the deposit body's number falls: the last that it was sent and has not decided.
    pub(super) fn at_the_body(&self) -> Option<usize> {
        self.waiting().pop()
    }

    /// The rounds that the deposit body was sent and has not decided.
    pub(super) fn waiting(&self) -> Vec<usize> {
        let waits =
            |round: &usize| letter(self.phase(*round)) == 'U' || letter(self.phase(*round)) == 'I';
        (0..self.filled.len()).filter(|round| !self.is_dropped(*round)).filter(waits).collect()
    }

    /// Since when the deposit body has everything; `None` when it waits, or has nothing. What is said of days that are
    /// over counts from when it is said.
    pub(super) fn complete_on(&self, round: usize) -> Option<NaiveDate> {
        let acts = self.since_opened(round);
        let last = acts.iter().rev().find(|act| {
            matches!(
                act.command,
                Command::Submit(_) | Command::MakeComplete { .. } | Command::AskFor(_)
            )
        })?;
        match last.command {
            Command::AskFor(_) => None,
            _ => Some(last.on.max(last.today)),
        }
    }

    /// The day of the last act between the parties and the deposit body: what either does next is not before it.
    pub(super) fn sent_or_asked_on(&self, round: usize) -> Option<NaiveDate> {
        let acts = self.since_opened(round);
        let between = |act: &&&Act| {
            matches!(
                act.command,
                Command::Submit(_) | Command::MakeComplete { .. } | Command::AskFor(_)
            )
        };
        acts.iter().rfind(between).map(|act| act.on)
    }

    /// What became of the contract, by its name in messages.
    pub(super) fn life(&self) -> &'static str {
        // A contract that is opened again begins anew.
        let opened = |act: &Act| act.round == 0 && matches!(act.command, Command::Reopen(_));
        let from = self.acts.iter().rposition(opened).map_or(0, |at| at + 1);
        let told = self.acts[from..].iter().rev().find_map(|act| {
            Some(match act.command {
                Command::Suspend(_) => "suspended",
                Command::Resume => "running",
                Command::Break { .. } => "broken",
                Command::Complete(_) => "completed",
                Command::Cancel(_) => "cancelled",
                _ => return None,
            })
        });
        let signed = self.last().and_then(|_| self.signed_on(0)).is_some();
        told.unwrap_or(if signed { "running" } else { "not signed by all" })
    }

    /// Whether the contract is over.
    pub(super) fn is_over(&self) -> bool {
        ["broken", "completed", "cancelled"].contains(&self.life())
    }

    /// Which round's form is in force: signed by all, and no amendment that was refused, in writing or by silence.
    pub(super) fn in_force(&self, on: NaiveDate) -> Option<usize> {
        let refused = |round: usize| {
            round > 0
                && (self.phase(round) == Phase::DepositRefused
                    || self.is_dropped(round)
                    || self.is_silent(round, on) && !self.is_of_public_law(round))
        };
        (0..self.filled.len())
            .rev()
            .find(|round| self.signed_on(*round).is_some() && !refused(*round))
    }

    /// Whether twenty days have passed since the deposit body had everything, and it said nothing.
    pub(super) fn is_silent(&self, round: usize, on: NaiveDate) -> bool {
        self.phase(round) == Phase::Submitted
            && self.complete_on(round).is_some_and(|day| day + Days::new(20) < on)
    }

    /// Whether silence accepts what was sent (D6275-3); of every other employer it refuses (D6224-2).
    pub(super) fn is_of_public_law(&self, round: usize) -> bool {
        law::is_public(&self.filled[round])
    }

    /// Whether another amendment was begun since silence refused this one.
    pub(super) fn is_dropped(&self, round: usize) -> bool {
        self.last() > Some(round)
            && self.phase(round) == Phase::Submitted
            && !self.is_of_public_law(round)
    }

    /// What is attached to a round, in order; the scan of a signed paper too, unless it is there.
    pub(super) fn attached(&self, round: usize) -> Vec<Attachment> {
        Self::attached_by(&self.acts, round)
    }

    pub(super) fn attached_by(acts: &[Act], round: usize) -> Vec<Attachment> {
        let mut all: Vec<Attachment> = Vec::new();
        for act in acts.iter().filter(|act| act.round == round) {
            match act.command {
                Command::Attach(attachment) => all.push(attachment),
                Command::SignOnPaper { scan, bytes, .. }
                    if all.iter().all(|one| {
                        (one.digest, one.kind) != (scan, AttachmentKind::SignedPaper)
                    }) =>
                {
                    all.push(Attachment { kind: AttachmentKind::SignedPaper, digest: scan, bytes });
                }
                _ => {}
            }
        }
        all
    }

    /// What was said last of the yearly amount.
    pub(super) fn funding(&self) -> Option<Cents> {
        self.acts.iter().rev().find_map(|act| match act.command {
            Command::DeclareFunding(yearly) => Some(yearly),
            _ => None,
        })
    }

    /// The calendar that was given last.
    pub(super) fn calendar(&self) -> Option<&Calendar> {
        self.acts.iter().rev().find_map(|act| match &act.command {
            Command::GiveCalendar(calendar) => Some(calendar),
            _ => None,
        })
    }

    /// How it ended well, as was told last.
    pub(super) fn ended(&self) -> Option<(NaiveDate, Completion)> {
        self.acts.iter().rev().find_map(|act| match act.command {
            Command::Complete(end) => Some((act.on, end)),
            _ => None,
        })
    }

    /// Every invoice, in order.
    pub(super) fn invoices(&self) -> Vec<Declared> {
        let of = |act: &Act| match &act.command {
            Command::DeclareInvoice(one) => Some(trimmed(one)),
            _ => None,
        };
        self.acts.iter().filter_map(of).collect()
    }

    pub(super) fn has(&self, round: usize, kind: AttachmentKind) -> bool {
        self.attached(round).iter().any(|one| one.kind == kind)
    }

    /// What the model says to a command, and does.
    pub(super) fn act(
        &mut self,
        command: &Command,
        on: NaiveDate,
        today: NaiveDate,
        previous: Option<&Previous>,
    ) -> Says {
        if let Command::Draft { .. } = command {
            if !self.filled.is_empty() {
                return Says::No(vec![ContractError::Drafted]);
            }
            self.filled.push(Filled::new());
            self.keep(command, 0, (on, today));
            return Says::Yes;
        }
        let Some(last) = self.last() else { return Says::No(vec![ContractError::NoContract]) };
        // The number may be that of a round that silence accepted, and that others follow.
        let is_number = matches!(command, Command::Deposit(..));
        let mut round = self.at_the_body().filter(|_| is_number).unwrap_or(last);
        let possible = match command {
            Command::Deposit(_, Some(named)) => {
                round = usize::from(*named);
                self.may_be_numbered(command, round)
            }
            // The number of one is not that of another.
            Command::Deposit(_, None) if self.waiting().len() > 1 => {
                let waiting = self.waiting().into_iter().map(|round| round as u16);
                Err(ContractError::WhichRound(waiting.collect()))
            }
            _ => self.is_possible(command, round, on.max(today)),
        };
        if let Err(reason) = possible {
            return Says::No(vec![reason]);
        }
        let reasons = self.reasons(command, round, (on, today), previous);
        if !reasons.is_empty() {
            return Says::No(reasons);
        }
        if let Command::Contribute(changes) = command {
            let mut filled = self.filled[round].clone();
            for change in changes {
                match &change.value {
                    Some(value) => filled.insert(change.path.clone(), value.clone()),
                    None => filled.remove(&change.path),
                };
            }
            if filled == self.filled[round] {
                return Says::Nothing;
            }
            self.filled[round] = filled;
        }
        let told = match command {
            Command::DeclareFunding(yearly) => self.funding() == Some(*yearly),
            Command::DeclareInvoice(one) => self.invoices().contains(&trimmed(one)),
            Command::GiveCalendar(calendar) => self.calendar() == Some(calendar),
            Command::Break { rupture, words } if self.life() == "broken" => {
                let broken = self.acts.iter().rev().find_map(|act| match &act.command {
                    Command::Break { rupture, words } => Some((act.on, rupture, words)),
                    _ => None,
                });
                broken == Some((on, rupture, words))
            }
            Command::Complete(end) if self.life() == "completed" => {
                self.ended() == Some((on, *end))
            }
            _ => false,
        };
        if told {
            return Says::Nothing;
        }
        let mut of = round;
        if let Command::Amend(kind) = command {
            let signed =
                self.in_force(on).map(|round| self.filled[round].clone()).unwrap_or_default();
            of = self.filled.len();
            self.filled.push(law::amendment(signed, *kind));
        }
        self.keep(command, of, (on, today));
        Says::Yes
    }

    fn keep(&mut self, command: &Command, round: usize, (on, today): (NaiveDate, NaiveDate)) {
        if matches!(command, Command::Draft { .. } | Command::Contribute(_) | Command::Amend(_)) {
            self.forms.truncate(round);
            self.forms.push(law::form(&self.filled[round]));
        }
        self.acts.push(Act { round, on, today, command: command.clone() });
    }
}
