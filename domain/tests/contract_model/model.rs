//! What the law, the facts of the workflow and ADR 22 say of a contract, written without looking at the aggregate.
//!
//! The model keeps no state but the acts that were accepted, in order, and the fields that were filled. Where a round
//! is, who has signed, what became of the contract: all of it is asked of the acts each time.

use super::law;
use chrono::{Days, NaiveDate};
use domain::cerfa::Form;
use domain::cerfa::value::Cents;
use domain::contract::conclude::Silence;
use domain::contract::funding::{Declared, Invoice};
use domain::contract::rupture::Completion;
use domain::contract::signing::{Party, Signer};
use domain::contract::{
    Attachment, AttachmentKind, Command, ContractError, ContractEvent, DepositBody, Phase, Sha256,
};
use domain::enrolment::Opened;
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
    /// When.
    pub(super) on: NaiveDate,
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

/// In which phases an act is possible: Draft, Published, siGning, signature Refused, Signed, sUbmitted, Incomplete,
/// dEposited, deposit refused (X), Withdrawn. Acts that are not here are about the life.
const POSSIBLE: &[(&str, &str)] = &[
    ("Contribute", "D"),
    // Also what the deposit body asks for.
    ("Attach", "DI"),
    ("Publish", "D"),
    ("Reopen", "PGRX"),
    ("RequestSignatures", "P"),
    ("Sign", "G"),
    ("RefuseSignature", "G"),
    ("SignOnPaper", "P"),
    ("Withdraw", "DPGR"),
    ("Submit", "S"),
    ("AskFor", "U"),
    ("MakeComplete", "I"),
    ("Deposit", "U"),
    ("RefuseDeposit", "UI"),
    // And what follows from silence, as the reopening of what it refused; an amendment that came to nothing is followed
    // by another.
    ("Amend", "E"),
    // Of an amendment that was given up too.
    ("GiveCalendar", "DPGRSUIEX"),
];

/// Of a contract that is over, the deposit body decides what it was sent; and one that ran is sent to it all the same.
const AFTER_THE_END: &[(&str, &[&str])] = &[
    ("AskFor", &["broken", "completed", "cancelled"]),
    ("MakeComplete", &["broken", "completed", "cancelled"]),
    ("Deposit", &["broken", "completed", "cancelled"]),
    ("RefuseDeposit", &["broken", "completed", "cancelled"]),
    ("Submit", &["broken", "completed"]),
    ("GiveCalendar", &["broken", "completed"]),
];

/// The letter of a phase in [`POSSIBLE`].
fn letter(phase: Phase) -> char {
    match phase {
        Phase::Draft => 'D',
        Phase::Published => 'P',
        Phase::Signing => 'G',
        Phase::SignatureRefused => 'R',
        Phase::Signed => 'S',
        Phase::Submitted => 'U',
        Phase::Incomplete => 'I',
        Phase::Deposited => 'E',
        Phase::DepositRefused => 'X',
        Phase::Withdrawn => 'W',
    }
}

/// Which lives an act about the life needs.
fn lives(command: &Command) -> Option<&'static [&'static str]> {
    Some(match command {
        Command::Suspend(_) => &["running"],
        Command::Resume => &["suspended"],
        // A suspended contract is resumed before it ends well; of one that has, the result of the exam comes late.
        Command::Complete(_) => &["running", "completed"],
        Command::Break { .. } | Command::Cancel(_) => &["running", "suspended"],
        // After the end the rest is still invoiced.
        Command::DeclareFunding(_) | Command::DeclareInvoice(_) => {
            &["running", "suspended", "broken", "completed"]
        }
        _ => return None,
    })
}

fn trimmed(one: &Declared) -> Declared {
    Declared { number: one.number.trim().to_owned(), ..one.clone() }
}

fn blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
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
                Command::Deposit(_) => Phase::Deposited,
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
        let waits =
            |round: &usize| letter(self.phase(*round)) == 'U' || letter(self.phase(*round)) == 'I';
        (0..self.filled.len()).filter(|round| !self.is_dropped(*round)).rfind(waits)
    }

    /// When the deposit body had everything; `None` when it waits, or has nothing.
    pub(super) fn complete_on(&self, round: usize) -> Option<NaiveDate> {
        let acts = self.since_opened(round);
        let last = acts.iter().rev().find(|act| {
            matches!(
                act.command,
                Command::Submit(_) | Command::MakeComplete { .. } | Command::AskFor(_)
            )
        })?;
        (!matches!(last.command, Command::AskFor(_))).then_some(last.on)
    }

    /// The day of the last act between the parties and the deposit body: what either does next is not before it.
    fn sent_or_asked_on(&self, round: usize) -> Option<NaiveDate> {
        let acts = self.since_opened(round);
        let between = |act: &&&Act| {
            matches!(
                act.command,
                Command::Submit(_) | Command::MakeComplete { .. } | Command::AskFor(_)
            )
        };
        acts.iter().rfind(between).map(|act| act.on)
    }

    fn not_before(
        &self,
        command: &Command,
        on: NaiveDate,
        first: Option<NaiveDate>,
        must: &mut impl FnMut(bool, ContractError),
    ) {
        let first = first.unwrap_or(on);
        must(first <= on, ContractError::TooEarly { command: command.name(), first });
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
    fn is_silent(&self, round: usize, on: NaiveDate) -> bool {
        self.phase(round) == Phase::Submitted
            && self.complete_on(round).is_some_and(|day| day + Days::new(20) < on)
    }

    /// Whether silence accepts what was sent (D6275-3); of every other employer it refuses (D6224-2).
    fn is_of_public_law(&self, round: usize) -> bool {
        law::is_public(&self.filled[round])
    }

    /// Whether another amendment was begun since silence refused this one.
    fn is_dropped(&self, round: usize) -> bool {
        self.last() > Some(round)
            && self.phase(round) == Phase::Submitted
            && !self.is_of_public_law(round)
    }

    /// What is attached to a round, in order; the scan of a signed paper too, unless it is there.
    pub(super) fn attached(&self, round: usize) -> Vec<Attachment> {
        Self::attached_by(&self.acts, round)
    }

    fn attached_by(acts: &[Act], round: usize) -> Vec<Attachment> {
        let mut all: Vec<Attachment> = Vec::new();
        for act in acts.iter().filter(|act| act.round == round) {
            match act.command {
                Command::Attach(attachment) => all.push(attachment),
                Command::SignOnPaper { scan, bytes, .. }
                    if all.iter().all(|one| one.digest != scan) =>
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
    fn ended(&self) -> Option<(NaiveDate, Completion)> {
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

    fn has(&self, round: usize, kind: AttachmentKind) -> bool {
        self.attached(round).iter().any(|one| one.kind == kind)
    }

    fn is_possible(
        &self,
        command: &Command,
        round: usize,
        on: NaiveDate,
    ) -> Result<(), ContractError> {
        let (phase, life) = (self.phase(round), self.life());
        let name = command.name();
        if let Some(lives) = lives(command) {
            let possible = lives.contains(&life);
            return possible.then_some(()).ok_or(ContractError::Life { command: name, life });
        }
        let wrong_life = Err(ContractError::Life { command: name, life });
        if self.is_over() && !self.goes_on(command, round) {
            return wrong_life;
        }
        // Only what all have signed is amended; and what is suspended is not signed anew.
        let unsigned = matches!(command, Command::Amend(_)) && self.signed_on(0).is_none();
        let suspended = matches!(command, Command::Reopen(_)) && round == 0 && life == "suspended";
        let phases = POSSIBLE.iter().find(|(one, _)| *one == name).map_or("", |(_, phases)| phases);
        let silent = self.is_silent(round, on);
        let (accepted, refused) =
            (silent && self.is_of_public_law(round), silent && !self.is_of_public_law(round));
        let amends = matches!(command, Command::Amend(_))
            && (accepted
                || (round > 0
                    && (refused || matches!(phase, Phase::DepositRefused | Phase::Withdrawn))));
        let reopens = matches!(command, Command::Reopen(_)) && refused;
        let given_up = matches!(command, Command::GiveCalendar(_)) && round > 0;
        let possible = phases.contains(letter(phase)) || amends || reopens || given_up;
        if unsigned || (possible && suspended) {
            return wrong_life;
        }
        // Whoever amended relied on the silence: nothing is refused any more, nor asked for.
        let writes = matches!(command, Command::AskFor(_) | Command::RefuseDeposit(_));
        let late = writes && self.at_the_body().is_some_and(|at| at < round);
        let decides = writes || matches!(command, Command::Deposit(_));
        // Of an amendment that silence refused, and that was begun anew, nothing is decided either.
        let before = (0..round).rfind(|one| self.phase(*one) == Phase::Submitted);
        let dropped = decides && before.is_some_and(|one| self.is_dropped(one));
        if !possible {
            return Err(match (dropped, late) {
                (true, _) => ContractError::ReplacedSince,
                (_, true) => ContractError::AmendedSince,
                _ => ContractError::Phase { command: name, phase },
            });
        }
        // Once silence has decided, nothing is asked for, and what it accepted is not refused.
        let undone = match command {
            Command::AskFor(_) => silent,
            Command::RefuseDeposit(_) => accepted,
            _ => false,
        };
        if !undone {
            return Ok(());
        }
        let last = self.complete_on(round).unwrap_or(on) + Days::new(20);
        let silence = if accepted { Silence::Acceptance } else { Silence::Refusal };
        Err(ContractError::Silent { command: name, last, silence })
    }

    /// Whether an act goes on when the contract is over.
    fn goes_on(&self, command: &Command, round: usize) -> bool {
        // What the deposit body asked for is attached.
        let given = matches!(command, Command::Attach(_)) && self.phase(round) == Phase::Incomplete;
        let on = AFTER_THE_END.iter().find(|(name, _)| *name == command.name());
        given || on.is_some_and(|(_, lives)| lives.contains(&self.life()))
    }

    /// What is wrong with a command that is possible.
    fn reasons(
        &self,
        command: &Command,
        round: usize,
        on: NaiveDate,
        previous: Option<&Previous>,
    ) -> Vec<ContractError> {
        let filled = &self.filled[round];
        let mut reasons = Vec::new();
        let mut must = |holds: bool, otherwise: ContractError| {
            if !holds {
                reasons.push(otherwise);
            }
        };
        match command {
            Command::Contribute(changes) => {
                let refused = law::refuses(changes);
                must(refused.is_empty(), ContractError::Fields(refused));
            }
            Command::Attach(attachment) => {
                let has =
                    |all: &[Attachment]| all.iter().any(|one| one.digest == attachment.digest);
                // What the deposit body had when it asked for something is not that.
                let asks =
                    |act: &Act| act.round == round && matches!(act.command, Command::AskFor(_));
                let asked = self.acts.iter().rposition(asks);
                let asked = asked.filter(|_| self.phase(round) == Phase::Incomplete);
                let had = has(&Self::attached_by(&self.acts[..asked.unwrap_or(0)], round));
                must(!had, ContractError::NoAnswer);
                must(had || !has(&self.attached(round)), ContractError::AttachedAlready);
            }
            Command::Publish => {
                let amended = self.in_force(on).filter(|_| round > 0);
                let seen = law::Seen {
                    filled: filled.clone(),
                    amended: amended.map(|round| self.filled[round].clone()),
                    training_agreement: self.has(round, AttachmentKind::TrainingAgreement),
                    duration_agreement: self.has(round, AttachmentKind::DurationAgreement),
                    previous: previous.map(|one| (one.ended_on, one.broken_by_others)),
                };
                let (missing, broken) = seen.refusals();
                must(missing.is_empty(), ContractError::Incomplete(missing));
                must(broken.is_empty(), ContractError::Law(broken));
                // The first round is the contract, the others amend it.
                let amends = filled.get("terms.kind").map(|kind| law::is_amendment(kind));
                must(amends.is_none_or(|amends| amends == (round > 0)), ContractError::OtherKind);
            }
            Command::RequestSignatures { signers, .. } => {
                let parties = law::parties(filled);
                let mut named: Vec<_> = signers.iter().map(|signer| signer.party).collect();
                named.sort();
                must(named == parties, ContractError::Signers(parties));
                let alike = signers.iter().enumerate().find_map(|(at, one)| {
                    let who = |of: &Signer| (of.provider.clone(), of.identity);
                    let other = signers[at + 1..].iter().find(|other| who(other) == who(one))?;
                    Some(ContractError::SameSigner(one.party, other.party))
                });
                if let Some(alike) = alike {
                    must(false, alike);
                }
            }
            Command::Sign { party, evidence } => {
                let (document, signers) = self.request(round).unwrap_or_default();
                let signer = signers.iter().find(|signer| signer.party == *party);
                must(signer.is_some(), ContractError::NotAParty(*party));
                must(!self.signed(round).contains(party), ContractError::SignedAlready(*party));
                let same = signer.is_none_or(|signer| {
                    (&signer.provider, signer.identity) == (&evidence.provider, evidence.identity)
                });
                must(same, ContractError::OtherSigner(*party));
                must(document == evidence.document, ContractError::OtherDocument);
                let taken = |act: &Act| matches!(&act.command, Command::Sign { evidence: one, .. } if one.digest == evidence.digest);
                must(!self.acts.iter().any(taken), ContractError::Replayed);
            }
            Command::RefuseSignature { party, reason } => {
                let (_, signers) = self.request(round).unwrap_or_default();
                let asked = signers.iter().any(|signer| signer.party == *party);
                must(asked, ContractError::NotAParty(*party));
                must(!self.signed(round).contains(party), ContractError::SignedAlready(*party));
                must(!blank(reason), ContractError::Missing("a reason"));
            }
            Command::SignOnPaper { attestation, .. } => {
                // Not before what it amends was signed.
                let amended = self.in_force(on).filter(|_| round > 0);
                self.not_before(
                    command,
                    on,
                    amended.and_then(|one| self.signed_on(one)),
                    &mut must,
                );
                must(!blank(attestation), ContractError::Missing("an attestation"));
            }
            Command::Reopen(reason) | Command::Withdraw(reason) | Command::Suspend(reason) => {
                must(!blank(reason), ContractError::Missing("a reason"));
            }
            Command::RefuseDeposit(reason) => {
                self.not_before(command, on, self.sent_or_asked_on(round), &mut must);
                must(!blank(reason), ContractError::Missing("a reason"));
            }
            Command::AskFor(missing) => {
                self.not_before(command, on, self.sent_or_asked_on(round), &mut must);
                must(!blank(missing), ContractError::Missing("a document"));
            }
            Command::Deposit(number) => {
                self.not_before(command, on, self.sent_or_asked_on(round), &mut must);
                must(!blank(number), ContractError::Missing("a number"));
            }
            Command::Submit(body) => {
                self.not_before(command, on, self.signed_on(round), &mut must);
                let to_the_state = matches!(body, DepositBody::State(_));
                must(
                    to_the_state == law::is_public(filled),
                    ContractError::Law(vec!["DEPOSIT_BODY"]),
                );
            }
            Command::Amend(kind) => must(law::is_amendment(kind.code()), ContractError::OtherKind),
            Command::Break { rupture, .. } => {
                let may = rupture.mode.initiators().contains(&rupture.initiator);
                must(may, ContractError::Initiator);
                let first = self
                    .in_force(on)
                    .and_then(|round| law::date(&self.filled[round], "terms.start_on"));
                let first = first.unwrap_or(on);
                must(first <= on, ContractError::NotBegun(first));
            }
            Command::Complete(completion) if self.life() == "completed" => {
                let (last, told) = self.ended().unwrap();
                let says = completion.diploma.is_some() && !told.early;
                let same = told.early == completion.early
                    && told.notified_on == completion.notified_on
                    && on == last;
                let nothing = same && told.diploma == completion.diploma;
                must(nothing || same && says, ContractError::Ended(last));
            }
            Command::Complete(completion) => {
                let of =
                    |path| self.in_force(on).and_then(|round| law::date(&self.filled[round], path));
                let (first, term) = (of("terms.start_on").unwrap(), of("terms.end_on").unwrap());
                let holds = if completion.early {
                    (first..term).contains(&on) && completion.diploma == Some(true)
                } else {
                    (term..).contains(&on)
                };
                must(holds, ContractError::NotOver);
            }
            Command::Cancel(reason) => {
                let first = self
                    .in_force(on)
                    .and_then(|round| law::date(&self.filled[round], "terms.start_on"));
                must(first.is_some_and(|first| on < first), ContractError::Begun);
                must(!blank(reason), ContractError::Missing("a reason"));
            }
            Command::DeclareFunding(yearly) => {
                let signed = self.in_force(on).map(|round| &self.filled[round]);
                must(!signed.is_some_and(law::is_public), ContractError::NoCeiling);
                must(yearly.0 > 0, ContractError::Missing("an amount"));
            }
            Command::DeclareInvoice(one) => {
                must(!blank(&one.number), ContractError::Missing("a number"));
                must(one.amount.0 > 0, ContractError::Missing("an amount"));
                must(one.first_on <= one.last_on, ContractError::InvoicedDays);
                let first = self
                    .in_force(on)
                    .and_then(|round| law::date(&self.filled[round], "terms.start_on"));
                let first = first.unwrap_or(one.first_on);
                must(first <= one.first_on, ContractError::InvoicedBefore(first));
                let known = self.invoices().into_iter().find(|old| old.number == one.number.trim());
                let same = known.is_none_or(|old| old == trimmed(one));
                must(same, ContractError::OtherInvoice);
            }
            Command::MakeComplete { by_body } => {
                self.not_before(command, on, self.sent_or_asked_on(round), &mut must);
                // Since it asked last, which is since the form was last opened.
                let since = self.since_opened(round);
                let asked = since.iter().rposition(|act| matches!(act.command, Command::AskFor(_)));
                let given = since[asked.unwrap_or(0)..]
                    .iter()
                    .any(|act| matches!(act.command, Command::Attach(_)));
                must(*by_body || given, ContractError::NothingGiven);
            }
            Command::Draft { .. } | Command::Resume | Command::GiveCalendar(_) => {}
        }
        reasons
    }

    /// What the model says to a command, and does.
    pub(super) fn act(
        &mut self,
        command: &Command,
        on: NaiveDate,
        previous: Option<&Previous>,
    ) -> Says {
        if let Command::Draft { .. } = command {
            if !self.filled.is_empty() {
                return Says::No(vec![ContractError::Drafted]);
            }
            self.filled.push(Filled::new());
            self.keep(command, 0, on);
            return Says::Yes;
        }
        let Some(last) = self.last() else { return Says::No(vec![ContractError::NoContract]) };
        // The number may be that of a round that silence accepted, and that others follow.
        let is_number = matches!(command, Command::Deposit(_));
        let round = self.at_the_body().filter(|_| is_number).unwrap_or(last);
        if let Err(reason) = self.is_possible(command, round, on) {
            return Says::No(vec![reason]);
        }
        let reasons = self.reasons(command, round, on, previous);
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
        self.keep(command, of, on);
        Says::Yes
    }

    fn keep(&mut self, command: &Command, round: usize, on: NaiveDate) {
        if matches!(command, Command::Draft { .. } | Command::Contribute(_) | Command::Amend(_)) {
            self.forms.truncate(round);
            self.forms.push(law::form(&self.filled[round]));
        }
        self.acts.push(Act { round, on, command: command.clone() });
    }

    /// The events that an accepted act must have given; of a contribution, and of a publication, only the state is compared.
    pub(super) fn events(&self, command: &Command) -> Option<Vec<ContractEvent>> {
        let said = |text: String| Opened::Clear(text.trim().to_owned());
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
            Command::Submit(body) => ContractEvent::Submitted { body },
            Command::AskFor(missing) => ContractEvent::FoundIncomplete { missing: said(missing) },
            Command::MakeComplete { .. } => ContractEvent::MadeComplete,
            Command::Deposit(number) => ContractEvent::Deposited { number: said(number) },
            Command::RefuseDeposit(motive) => {
                ContractEvent::DepositRefused { motive: said(motive) }
            }
            Command::Amend(kind) => ContractEvent::AmendmentDrafted { kind: Opened::Clear(kind) },
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
            if there.iter().all(|one| one.digest != *scan) {
                let (kind, digest, bytes) = (AttachmentKind::SignedPaper, *scan, *bytes);
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
