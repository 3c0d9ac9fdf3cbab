//! From a state and a command to events, or a refusal that says why. Pure: the day comes as an argument.

use super::command::{Command, ContractError};
use super::conclude::{Decision, Silence, decision};
use super::event::{
    Attachment, AttachmentKind, Change, Changed, ContractEvent, DepositBody, Publication, Remarks,
    Sha256,
};
use super::funding::{Declared, Invoice};
use super::judged::case_of;
use super::rupture::{Completion, Rupture};
use super::signing::{Evidence, Party, Signer};
use super::state::{Contract, Life, Phase, Round};
use crate::cerfa::Form;
use crate::cerfa::codes::ContractType;
use crate::cerfa::value::Cents;
use crate::enrolment::Opened;
use crate::law::practice::Calendar;
use crate::law::{Case, DEPOSIT_BODY, Outcome, Previous, Verdict, judge};
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
        Command::Amend(kind) => {
            act.lives()?;
            // Silence of whom it was sent to may be acceptance. Of an amendment that came to nothing another follows.
            match act.silence() {
                Some((_, Silence::Acceptance)) => {}
                Some((_, Silence::Refusal)) if round.number > 0 => {}
                // The contract itself is opened again.
                Some((last, silence)) => {
                    return Err(ContractError::Silent { command: command.name(), last, silence });
                }
                None => act.is_in(&[Phase::Deposited, Phase::DepositRefused, Phase::Withdrawn])?,
            }
            if round.number == 0 && matches!(round.phase, Phase::DepositRefused | Phase::Withdrawn)
            {
                return Err(act.wrong_phase());
            }
            if !kind.is_amendment() {
                return Err(ContractError::OtherKind);
            }
            let kind = Opened::Clear(*kind);
            Ok(vec![ContractEvent::AmendmentDrafted { kind, own_conclusion: true }])
        }
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

    /// Writing, publishing and signing: not of a contract that is over.
    fn of_writing(&self) -> Decided {
        if self.contract.life.is_over() {
            return Err(self.wrong_life());
        }
        match self.command {
            Command::Contribute(changes) => {
                self.is_in(&[Phase::Draft])?;
                self.contribute(changes)
            }
            Command::Attach(attachment) => {
                self.is_in(&[Phase::Draft])?;
                self.attach(attachment)
            }
            Command::Publish => {
                self.is_in(&[Phase::Draft])?;
                self.publish()
            }
            Command::Reopen(reason) => {
                if !matches!(self.silence(), Some((_, Silence::Refusal))) {
                    self.is_in(&[
                        Phase::Published,
                        Phase::Signing,
                        Phase::SignatureRefused,
                        Phase::DepositRefused,
                    ])?;
                }
                // The contract itself is not signed any more then, and nothing of it is suspended.
                if self.round.number == 0 && self.contract.life == Life::Suspended {
                    return Err(self.wrong_life());
                }
                Ok(vec![ContractEvent::Reopened { reason: said(reason, "a reason")? }])
            }
            Command::RequestSignatures { document, signers } => {
                self.is_in(&[Phase::Published])?;
                self.request(document, signers)
            }
            Command::Sign { party, evidence } => {
                self.is_in(&[Phase::Signing])?;
                self.sign(*party, evidence)
            }
            Command::RefuseSignature { party, reason } => {
                self.is_in(&[Phase::Signing])?;
                self.may_sign(*party)?;
                let reason = said(reason, "a reason")?;
                Ok(vec![ContractEvent::SignatureRefused { party: *party, reason }])
            }
            Command::SignOnPaper { scan, bytes, attestation } => {
                self.is_in(&[Phase::Published])?;
                // A paper may be older than what is written here of it, but not than what it amends.
                let before = self.contract.round_in_force_before(self.round.number, self.given.on);
                self.is_from(before.and_then(|round| round.signed_on))?;
                self.parties()?;
                let attestation = said(attestation, "an attestation")?;
                let (kind, digest, bytes) = (AttachmentKind::SignedPaper, *scan, *bytes);
                // The signed paper may be there from before, when the form was opened again.
                let scanned = self.attach(&Attachment { kind, digest, bytes }).unwrap_or_default();
                let signed = [
                    ContractEvent::SignedOnPaper { scan: *scan, attestation },
                    ContractEvent::FullySigned,
                ];
                Ok(scanned.into_iter().chain(signed).collect())
            }
            Command::Withdraw(reason) => {
                self.is_in(&[
                    Phase::Draft,
                    Phase::Published,
                    Phase::Signing,
                    Phase::SignatureRefused,
                ])?;
                Ok(vec![ContractEvent::Withdrawn { reason: said(reason, "a reason")? }])
            }
            _ => Err(self.wrong_phase()),
        }
    }

    fn contribute(&self, changes: &[Change]) -> Decided {
        let mut form = self.round.form.clone();
        let before = form.fields();
        let refused: Vec<_> = changes
            .iter()
            .filter_map(|change| form.set(&change.path, change.value.as_deref()).err())
            .collect();
        if !refused.is_empty() {
            return Err(ContractError::Fields(refused));
        }
        // What is written is the value as the form writes it, and only what is new.
        let changed =
            form.fields().into_iter().zip(before).filter(|(now, was)| now.value != was.value);
        let changes: Vec<Changed> = changed
            .map(|(now, _)| Changed { path: now.path, value: Opened::Clear(now.value) })
            .collect();
        Ok(if changes.is_empty() {
            Vec::new()
        } else {
            vec![ContractEvent::Contributed { changes }]
        })
    }

    fn attach(&self, attachment: &Attachment) -> Decided {
        let same_bytes = |one: &&Attachment| one.digest == attachment.digest;
        let there = &self.round.attachments;
        let had = self.round.asked.as_ref().map_or(0, |asked| asked.attached);
        // The deposit body had it when it asked.
        if there.iter().take(had).any(|one| same_bytes(&one)) {
            return Err(ContractError::NoAnswer);
        }
        // Attached as something else, it may be said what it is.
        if there.iter().filter(same_bytes).any(|one| one.kind == attachment.kind) {
            return Err(ContractError::AttachedAlready);
        }
        Ok(vec![ContractEvent::Attached { attachment: *attachment }])
    }

    fn publish(&self) -> Decided {
        let missing = self.round.form.completeness().missing;
        if !missing.is_empty() {
            return Err(ContractError::Incomplete(
                missing.into_iter().map(|one| one.path).collect(),
            ));
        }
        let amends = self.round.form.terms.kind.map(ContractType::is_amendment);
        if amends.is_some_and(|amends| amends != (self.round.number > 0)) {
            return Err(ContractError::OtherKind);
        }
        let case = case_of(self.contract, self.round, self.given.previous, self.given.on);
        // A complete form says its day.
        let verdicts = judge(&case).unwrap_or_default();
        let refusing: Vec<&str> =
            verdicts.iter().filter(|one| one.refuses()).map(|one: &Verdict| one.rule.id).collect();
        if refusing.is_empty() {
            Ok(vec![ContractEvent::Published(publication(&case, &verdicts))])
        } else {
            Err(ContractError::Law(refusing))
        }
    }

    /// Who signs this round. A minor is represented who is one on the day that the form says or on that of the act:
    /// neither a day to come nor one that is over lets the representative out, whom the form names.
    fn parties(&self) -> Result<Vec<Party>, ContractError> {
        let form = &self.round.form;
        let minor = form.needs_guardian() || form.needs_guardian_on(Some(self.given.on));
        if minor && !form.guardian.is_named() {
            return Err(ContractError::Unrepresented);
        }
        Ok(Party::ALL.into_iter().filter(|party| minor || *party != Party::Guardian).collect())
    }

    fn request(&self, document: &Sha256, signers: &[Signer]) -> Decided {
        let parties = self.parties()?;
        let mut named: Vec<Party> = signers.iter().map(|signer| signer.party).collect();
        named.sort();
        if named != parties {
            return Err(ContractError::Signers(parties));
        }
        // Whoever signs twice would sign for another: no two have one key, one certificate, one account.
        for (rank, signer) in signers.iter().enumerate() {
            let is_alike = |other: &&Signer| {
                (&other.provider, &other.identity) == (&signer.provider, &signer.identity)
            };
            if let Some(other) = signers.iter().skip(rank + 1).find(is_alike) {
                return Err(ContractError::SameSigner(signer.party, other.party));
            }
        }
        let (document, signers) = (*document, signers.to_vec());
        Ok(vec![ContractEvent::SignaturesRequested { document, signers }])
    }

    /// Who is asked to sign for a party that has not.
    fn may_sign(&self, party: Party) -> Result<&Signer, ContractError> {
        let signer = self.round.signers.iter().find(|signer| signer.party == party);
        let signer = signer.ok_or(ContractError::NotAParty(party))?;
        if self.round.signed.iter().any(|signed| signed.party == party) {
            return Err(ContractError::SignedAlready(party));
        }
        Ok(signer)
    }

    fn sign(&self, party: Party, evidence: &Evidence) -> Decided {
        // First, so that whoever sends one again is told that, whatever became of the party.
        if self.contract.evidence.contains(&evidence.digest) {
            return Err(ContractError::Replayed);
        }
        let signer = self.may_sign(party)?;
        if (&signer.provider, &signer.identity) != (&evidence.provider, &evidence.identity) {
            return Err(ContractError::OtherSigner(party));
        }
        if self.round.document != Some(evidence.document) {
            return Err(ContractError::OtherDocument);
        }
        let mut events = vec![ContractEvent::Signed { party, evidence: evidence.clone() }];
        if self.round.signed.len() + 1 == self.round.signers.len() {
            events.push(ContractEvent::FullySigned);
        }
        Ok(events)
    }

    /// What the deposit body does. It also decides of a contract that is over.
    fn of_deposit(&self) -> Decided {
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

    fn of_life(&self) -> Decided {
        let life = &self.contract.life;
        match self.command {
            Command::Suspend(reason) if *life == Life::Running => {
                Ok(vec![ContractEvent::Suspended { reason: said(reason, "a reason")? }])
            }
            Command::Resume if *life == Life::Suspended => Ok(vec![ContractEvent::Resumed]),
            Command::Break { rupture, words } => {
                self.lives()?;
                let starts = self.in_force().and_then(|form| form.terms.start_on);
                if let Some(start) = starts.filter(|start| self.given.on < *start) {
                    return Err(ContractError::NotBegun(start));
                }
                broken(rupture, words.as_deref())
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

    /// What is paid for it. After its end the rest is still invoiced.
    fn of_funding(&self) -> Decided {
        if matches!(self.contract.life, Life::Pending | Life::Cancelled) {
            return Err(self.wrong_life());
        }
        match self.command {
            Command::DeclareFunding(yearly) => self.funded(*yearly),
            Command::DeclareInvoice(declared) => self.invoiced(declared),
            _ => Err(self.wrong_life()),
        }
    }

    /// When the apprentice is in the company. After a rupture too: it says whether that was in time.
    fn given(&self, calendar: &Calendar) -> Decided {
        if self.contract.life == Life::Cancelled {
            return Err(self.wrong_life());
        }
        if self.round.number == 0 && self.round.phase == Phase::Withdrawn {
            return Err(self.wrong_phase());
        }
        Ok(if self.contract.calendar.as_ref() == Some(calendar) {
            Vec::new()
        } else {
            vec![ContractEvent::CalendarGiven { calendar: calendar.clone() }]
        })
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

fn broken(rupture: &Rupture, words: Option<&str>) -> Decided {
    if !rupture.mode.initiators().contains(&rupture.initiator) {
        return Err(ContractError::Initiator);
    }
    let words = words.map(|words| Opened::Clear(words.to_owned()));
    Ok(vec![ContractEvent::Broken { rupture: rupture.clone(), words }])
}

/// What the rules did not confirm.
fn publication(case: &Case<'_>, verdicts: &[Verdict]) -> Publication {
    let ids = |is: fn(&Outcome) -> bool| {
        let those = verdicts.iter().filter(|one| is(&one.outcome));
        those.map(|one| one.rule.id.to_owned()).collect()
    };
    let remarks = Remarks {
        undetermined: ids(|outcome| matches!(outcome, Outcome::Undetermined(_))),
        // What refuses is not published.
        warned: ids(|outcome| matches!(outcome, Outcome::Broken(_))),
    };
    Publication { rules_of: case.judged_on().ok(), remarks: Some(Opened::Clear(remarks)) }
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
