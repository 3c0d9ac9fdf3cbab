//! What is possible where a contract is, and what is wrong with a command that is.

use super::law;
use super::model::{Act, Filled, Model};
use chrono::{Days, NaiveDate};
use domain::contract::conclude::Silence;
use domain::contract::funding::Declared;
use domain::contract::signing::{Party, Signer};
use domain::contract::{Attachment, AttachmentKind, Command, ContractError, DepositBody, Phase};
use domain::law::Previous;

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
pub(super) fn letter(phase: Phase) -> char {
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
        // A rupture that is told again is corrected.
        Command::Break { .. } => &["running", "suspended", "broken"],
        Command::Cancel(_) => &["running", "suspended"],
        // After the end the rest is still invoiced.
        Command::DeclareFunding(_) | Command::DeclareInvoice(_) => {
            &["running", "suspended", "broken", "completed"]
        }
        _ => return None,
    })
}

pub(super) fn trimmed(one: &Declared) -> Declared {
    Declared { number: one.number.trim().to_owned(), ..one.clone() }
}

/// Whoever signs for a minor is named on the form.
fn represented(filled: &Filled, parties: &[Party]) -> bool {
    !parties.contains(&Party::Guardian) || law::names_guardian(filled)
}

fn blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

impl Model {
    pub(super) fn is_possible(
        &self,
        command: &Command,
        round: usize,
        // The later of its day and of that on which it is recorded: nothing that is said since breaks a silence.
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
        let decides = writes || matches!(command, Command::Deposit(..));
        // Of an amendment that silence refused, and that was begun anew, nothing is decided either.
        let before = (0..round).rfind(|one| self.phase(*one) == Phase::Submitted);
        let dropped = decides && before.is_some_and(|one| self.is_dropped(one));
        // The contract itself that silence refused is opened again, not amended.
        let reopened = matches!(command, Command::Amend(_)) && refused && round == 0;
        if !possible && !reopened {
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
            Command::Amend(_) => reopened,
            _ => false,
        };
        if !undone {
            return Ok(());
        }
        let last = self.complete_on(round).unwrap_or(on) + Days::new(20);
        let silence = if accepted { Silence::Acceptance } else { Silence::Refusal };
        Err(ContractError::Silent { command: name, last, silence })
    }

    /// Whether a round that is named may have its number.
    pub(super) fn may_be_numbered(
        &self,
        command: &Command,
        round: usize,
    ) -> Result<(), ContractError> {
        if round >= self.filled.len() {
            return Err(ContractError::NoRound(round as u16));
        }
        match self.phase(round) {
            _ if self.is_dropped(round) => Err(ContractError::ReplacedSince),
            Phase::Submitted => Ok(()),
            phase => Err(ContractError::Phase { command: command.name(), phase }),
        }
    }

    /// Whether an act goes on when the contract is over.
    fn goes_on(&self, command: &Command, round: usize) -> bool {
        // What the deposit body asked for is attached.
        let given = matches!(command, Command::Attach(_)) && self.phase(round) == Phase::Incomplete;
        let on = AFTER_THE_END.iter().find(|(name, _)| *name == command.name());
        given || on.is_some_and(|(_, lives)| lives.contains(&self.life()))
    }

    /// What is wrong with a command that is possible.
    pub(super) fn reasons(
        &self,
        command: &Command,
        round: usize,
        (on, today): (NaiveDate, NaiveDate),
        previous: Option<&Previous>,
    ) -> Vec<ContractError> {
        let filled = &self.filled[round];
        // What is said ahead is judged by what is so when it is said, not by a silence to come.
        let in_force = self.in_force(on.min(today));
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
                let there = self
                    .attached(round)
                    .iter()
                    .any(|one| (one.digest, one.kind) == (attachment.digest, attachment.kind));
                must(had || !there, ContractError::AttachedAlready);
            }
            Command::Publish => {
                let amended = in_force.filter(|_| round > 0);
                let seen = law::Seen {
                    filled: filled.clone(),
                    amended: amended.map(|round| self.filled[round].clone()),
                    contract: self.filled[0].clone(),
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
                let parties = law::parties(filled, on);
                must(represented(filled, &parties), ContractError::Unrepresented);
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
                let amended = in_force.filter(|_| round > 0);
                self.not_before(
                    command,
                    on,
                    amended.and_then(|one| self.signed_on(one)),
                    &mut must,
                );
                must(!blank(attestation), ContractError::Missing("an attestation"));
                let parties = law::parties(filled, on);
                must(represented(filled, &parties), ContractError::Unrepresented);
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
            Command::Deposit(number, _) => {
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
                must(may, ContractError::Initiator(rupture.mode));
                let first =
                    in_force.and_then(|round| law::date(&self.filled[round], "terms.start_on"));
                let first = first.unwrap_or(on);
                must(first <= on, ContractError::NotBegun(first));
            }
            Command::Complete(completion) if self.life() == "completed" => {
                let (last, told) = self.ended().unwrap();
                let noticed = told.notified_on == completion.notified_on;
                let graded = told.diploma == completion.diploma;
                // Of an early end the notice, of one at the term the result.
                let says = if told.early {
                    graded && (noticed || told.notified_on.is_none())
                } else {
                    noticed && (graded || completion.diploma.is_some())
                };
                let same = told.early == completion.early && on == last;
                must(same && says, ContractError::Ended(last));
            }
            Command::Complete(completion) => {
                let of = |path| in_force.and_then(|round| law::date(&self.filled[round], path));
                let (first, term) = (of("terms.start_on").unwrap(), of("terms.end_on").unwrap());
                let holds = if completion.early {
                    (first..term).contains(&on) && completion.diploma == Some(true)
                } else {
                    (term..).contains(&on)
                };
                must(holds, ContractError::NotOver);
            }
            Command::Cancel(reason) => {
                let first =
                    in_force.and_then(|round| law::date(&self.filled[round], "terms.start_on"));
                must(first.is_some_and(|first| on < first), ContractError::Begun);
                must(!blank(reason), ContractError::Missing("a reason"));
            }
            Command::DeclareFunding(yearly) => {
                let signed = in_force.map(|round| &self.filled[round]);
                must(!signed.is_some_and(law::is_public), ContractError::NoCeiling);
                must(yearly.0 > 0, ContractError::Missing("an amount"));
            }
            Command::DeclareInvoice(one) => {
                must(!blank(&one.number), ContractError::Missing("a number"));
                must(one.amount.0 > 0, ContractError::Missing("an amount"));
                must(one.first_on <= one.last_on, ContractError::InvoicedDays);
                let first =
                    in_force.and_then(|round| law::date(&self.filled[round], "terms.start_on"));
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
            Command::GiveCalendar(calendar) => {
                let (from, to) = calendar.span();
                let meets = |round: usize| {
                    let day = |path| law::date(&self.filled[round], path);
                    let begins = day("terms.start_on").is_none_or(|start| start <= to);
                    let ends = day("terms.end_on").is_none_or(|end| from <= end);
                    begins && ends
                };
                must(meets(round) || in_force.is_some_and(meets), ContractError::CalendarElsewhere);
            }
            Command::Draft { .. } | Command::Resume => {}
        }
        reasons
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
}
