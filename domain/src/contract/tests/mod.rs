//! Every command in every state that a contract can be in, and each refusal with its reason.

mod days;
mod figures;
mod funding;
mod judged;
mod previous;
mod results;
mod said;
mod signing;
mod silence;
mod ties;
mod time;

use super::funding::Declared;
use super::rupture::{Completion, Initiator, Mode, Rupture};
use super::signing::{Evidence, Level, Party, Signer, statement};
use super::*;
use crate::cerfa::codes::ContractType;
use crate::cerfa::example_form;
use crate::cerfa::value::Cents;
use crate::enrolment::Opened;
use crate::ids::ContractId;
use crate::law::practice::Calendar;
use chrono::NaiveDate;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::path::Path;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Before the first day of the example, 2 September 2024.
const BEFORE: &str = "2024-08-26";
/// The first day on which silence has accepted what was sent then.
const SILENT: &str = "2024-09-16";
/// Long after everything that is done here.
const LATER: &str = "2030-01-01";

fn given(on: &str) -> Given<'static> {
    Given { on: day(on), today: day(on), previous: None }
}

/// The same of an act with effect on a day that is recorded on another.
fn recorded(
    contract: &Contract,
    command: &Command,
    on: &str,
    today: &str,
) -> Result<Contract, ContractError> {
    let given = Given { on: day(on), today: day(today), previous: None };
    let events = decide(contract, command, &given)?;
    Ok(events.iter().fold(contract.clone(), |state, event| state.evolve(event, day(on))))
}

/// Decides a command and takes its events.
fn act(contract: &Contract, command: &Command, on: &str) -> Result<Contract, ContractError> {
    let events = decide(contract, command, &given(on))?;
    Ok(events.iter().fold(contract.clone(), |state, event| state.evolve(event, day(on))))
}

fn changes(pairs: &[(&str, Option<&str>)]) -> Vec<Change> {
    let change = |(path, value): &(&str, Option<&str>)| Change {
        path: (*path).to_owned(),
        value: value.map(str::to_owned),
    };
    pairs.iter().map(change).collect()
}

/// What an amendment adds to the form that it amends.
fn filled_amendment() -> Command {
    Command::Contribute(changes(&[
        ("terms.previous_number", Some("035202409AB0001")),
        ("terms.concluded_on", Some("2024-12-02")),
        ("terms.amendment_on", Some("2025-01-01")),
        ("terms.weekly_time", Some("36:00")),
    ]))
}

/// Everything that the example form says; of an amendment only what it adds.
fn filling(contract: &Contract) -> Command {
    let amendment = contract.round().is_some_and(|round| round.number > 0);
    if amendment {
        return filled_amendment();
    }
    let fields = example_form().fields().into_iter().filter(|met| met.value.is_some());
    Command::Contribute(fields.map(|met| Change { path: met.path, value: met.value }).collect())
}

fn signers() -> Vec<Signer> {
    let of = |party| Signer { party, provider: "ed25519".to_owned(), identity: [party as u8; 32] };
    [Party::Employer, Party::Apprentice, Party::Cfa].map(of).to_vec()
}

/// A document is never signed twice by the same evidence.
fn evidence(contract: &Contract, party: Party) -> Evidence {
    let count = contract.evidence.len() as u8;
    Evidence {
        provider: "ed25519".to_owned(),
        identity: [party as u8; 32],
        document: contract.round().and_then(|round| round.document).unwrap_or([9; 32]),
        digest: [100 + count; 32],
        level: Level::Demonstration,
    }
}

fn agreement(contract: &Contract) -> Command {
    let count = contract.round().map_or(0, |round| round.attachments.len()) as u8;
    let kind = AttachmentKind::TrainingAgreement;
    Command::Attach(Attachment { kind, digest: [count + 1; 32], bytes: 1_000 })
}

fn broken(mode: Mode, initiator: Initiator) -> Command {
    Command::Break {
        rupture: Rupture::of(mode, initiator),
        words: Some("d'un commun accord".to_owned()),
    }
}

/// Mondays and Tuesdays in the company, holidays worked.
fn calendar() -> Calendar {
    let span = (day("2024-09-02"), day("2026-08-31"));
    let weekdays = [true, true, false, false, false, false, false];
    Calendar::new(span, weekdays, true, Vec::new()).unwrap()
}

fn invoice(number: &str, first: &str, last: &str, cents: u32) -> Declared {
    let number = number.to_owned();
    Declared { number, first_on: day(first), last_on: day(last), amount: Cents(cents) }
}

/// The next party that is asked to sign and has not.
fn next_to_sign(contract: &Contract) -> Party {
    let round = contract.round();
    let has_signed = |party: &Party| {
        round.is_some_and(|round| round.signed.iter().any(|one| one.party == *party))
    };
    [Party::Employer, Party::Apprentice, Party::Cfa]
        .into_iter()
        .find(|party| !has_signed(party))
        .unwrap_or(Party::Employer)
}

/// One of each command, as it would succeed in the right state.
fn commands(contract: &Contract) -> Vec<Command> {
    let said = || "un motif".to_owned();
    let party = next_to_sign(contract);
    // A number is of the last that was sent, where it has to be said.
    let last = contract.undecided().filter(|_| contract.waiting().count() > 1);
    let named = last.map(|round| round.number);
    vec![
        Command::Draft { enrolment: None },
        filling(contract),
        agreement(contract),
        Command::Publish,
        Command::RequestSignatures { document: [7; 32], signers: signers() },
        Command::Sign { party, evidence: evidence(contract, party) },
        Command::RefuseSignature { party, reason: said() },
        Command::SignOnPaper { scan: [8; 32], bytes: 1_000, attestation: said() },
        Command::Reopen(said()),
        Command::Withdraw(said()),
        Command::Submit(DepositBody::State("DDETS 35".to_owned())),
        Command::AskFor(said()),
        Command::MakeComplete { by_body: false },
        Command::Deposit("035202409AB0001".to_owned(), named),
        Command::RefuseDeposit(said()),
        Command::Amend(ContractType::OtherChange),
        Command::Suspend(said()),
        Command::Resume,
        broken(Mode::MutualAgreement, Initiator::Both),
        Command::Complete(Completion { early: true, diploma: Some(true), notified_on: None }),
        Command::Cancel(said()),
        Command::DeclareFunding(Cents(700_000)),
        Command::DeclareInvoice(invoice("F1", "2024-09-02", "2024-12-31", 210_000)),
        Command::GiveCalendar(calendar()),
    ]
}

/// When it is asked: before the first day of the contract, but for a rupture, which has effect on it, and for the
/// amendment of what was sent, which waits until silence has accepted it.
fn when(contract: &Contract, command: &Command) -> &'static str {
    let sent = contract.round().is_some_and(|round| round.phase == Phase::Submitted);
    match command {
        Command::Break { .. } => "2024-09-02",
        Command::Amend(_) if sent => SILENT,
        _ => BEFORE,
    }
}

/// What tells two states apart here: the phase, the life, contract or amendment (of what silence accepted, while its
/// number is not recorded), how far writing and signing got.
fn key(contract: &Contract) -> String {
    let Some(round) = contract.round() else { return "nothing".to_owned() };
    let earlier = |one: &Round| one.number < round.number && one.phase == Phase::Submitted;
    let what = match round.number {
        0 => "contract",
        _ if contract.rounds.iter().any(earlier) => "amendment after silence",
        _ => "amendment",
    };
    let more = match round.phase {
        Phase::Draft if !round.form.completeness().missing.is_empty() => ", to fill",
        Phase::Draft if round.attachments.is_empty() => ", to attach",
        Phase::Incomplete if round.is_answered() => ", something attached",
        Phase::Signing => match round.signed.len() {
            0 => ", nobody signed",
            1 => ", one signed",
            _ => ", two signed",
        },
        _ => "",
    };
    format!("{what} {:?}{more}; {}", round.phase, contract.life.name())
}

/// Every state that is reached by the commands, each with a contract in it.
fn reached() -> BTreeMap<String, Contract> {
    let mut found = BTreeMap::from([(key(&Contract::default()), Contract::default())]);
    let mut open = VecDeque::from([Contract::default()]);
    while let Some(contract) = open.pop_front() {
        for command in commands(&contract) {
            let Ok(next) = act(&contract, &command, when(&contract, &command)) else { continue };
            if found.insert(key(&next), next.clone()).is_none() {
                open.push_back(next);
            }
        }
    }
    found
}

/// `REGENERATE=1 cargo test -p domain --lib contract` writes the document anew.
#[test]
fn every_command_in_every_state_does_what_the_document_says() {
    let mut text = String::from(
        "# The workflow of a contract\n\nMade by `REGENERATE=1 cargo test -p domain --lib contract`: every state that \
         the commands reach before the first day of the contract (ruptures have effect on that day, and what was sent is amended \
         once silence has accepted it), and what each command does there. What is not listed \
         is refused for the phase of the form or the life of the contract; what is refused for another reason is \
         listed with it.\n\n| state | command → next state |\n|---|---|\n",
    );
    let states = reached();
    for (name, contract) in &states {
        let mut cells = Vec::new();
        for command in commands(contract) {
            let on = when(contract, &command);
            match decide(contract, &command, &given(on)) {
                Ok(events) if events.is_empty() => {
                    cells.push(format!("**{}** nothing new", command.name()));
                }
                Ok(events) => {
                    let to = events
                        .iter()
                        .fold(contract.clone(), |state, event| state.evolve(event, day(on)));
                    cells.push(format!("**{}** → {}", command.name(), key(&to)));
                }
                Err(ContractError::Phase { .. } | ContractError::Life { .. }) => {}
                Err(other) => {
                    let reason = format!("{other:?}");
                    let reason = reason.split(['(', '{', ' ']).next().unwrap_or_default();
                    cells.push(format!("{} refused: {reason}", command.name()));
                }
            }
        }
        let _ = writeln!(text, "| {name} | {} |", cells.join("; "));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/workflow-of-contract.md");
    if std::env::var_os("REGENERATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let there = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        there == text,
        "docs/workflow-of-contract.md is not what the commands do: write it anew, and read the difference"
    );
    for phase in Phase::ALL {
        let is_in =
            |contract: &Contract| contract.round().is_some_and(|round| round.phase == phase);
        assert!(states.values().any(is_in), "{phase:?} is never reached");
    }
}

/// A contract after some acts.
fn after(acts: &[fn(&Contract) -> Command]) -> Contract {
    acts.iter().fold(Contract::default(), |contract, make| {
        act(&contract, &make(&contract), BEFORE).unwrap()
    })
}

const DRAFT: fn(&Contract) -> Command = |_| Command::Draft { enrolment: None };
const PUBLISH: fn(&Contract) -> Command = |_| Command::Publish;
const REQUEST: fn(&Contract) -> Command =
    |_| Command::RequestSignatures { document: [7; 32], signers: signers() };
const SIGN: fn(&Contract) -> Command = |contract| {
    let party = next_to_sign(contract);
    Command::Sign { party, evidence: evidence(contract, party) }
};
const SUBMIT: fn(&Contract) -> Command =
    |_| Command::Submit(DepositBody::State("DDETS 35".to_owned()));
const ASK: fn(&Contract) -> Command = |_| Command::AskFor("la convention".to_owned());

const GIVEN: Command = Command::MakeComplete { by_body: false };

/// What is signed by all.
fn signed() -> Contract {
    after(&[DRAFT, filling, agreement, PUBLISH, REQUEST, SIGN, SIGN, SIGN])
}

#[test]
fn a_form_is_filled_by_many_and_only_what_is_new_is_written() {
    let contract = after(&[DRAFT, filling]);
    let decided = |pairs: &[(&str, Option<&str>)]| {
        decide(&contract, &Command::Contribute(changes(pairs)), &given(BEFORE))
    };
    assert_eq!(decided(&[("terms.start_on", Some("02/09/2024"))]).unwrap(), []);
    let events =
        decided(&[("terms.start_on", Some("03/09/2024")), ("employer.naf", Some("8411Z"))]);
    let value = Opened::Clear(Some("2024-09-03".to_owned()));
    let expected = vec![Changed { path: "terms.start_on".to_owned(), value }];
    assert_eq!(events.unwrap(), [ContractEvent::Contributed { changes: expected }]);
    let refused = decided(&[
        ("employer.naf", Some("x")),
        ("employer.colour", Some("x")),
        ("pay.meal", Some("1")),
    ]);
    let Err(ContractError::Fields(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.len(), 2, "all of them at once");
}

#[test]
fn what_is_not_complete_or_not_lawful_is_not_published() {
    let contract = after(&[DRAFT]);
    let Err(ContractError::Incomplete(missing)) = act(&contract, &Command::Publish, BEFORE) else {
        panic!("an empty form is published")
    };
    assert!(missing.contains(&"employer.siret".to_owned()));
    let contract = after(&[DRAFT, filling]);
    let refused = act(&contract, &Command::Publish, BEFORE).unwrap_err();
    assert_eq!(refused, ContractError::Law(vec!["TRAINING_AGREEMENT_PUBLIC"]));
    let old = Command::Contribute(changes(&[("apprentice.born_on", Some("1990-01-01"))]));
    let contract = act(&after(&[DRAFT, filling, agreement]), &old, BEFORE).unwrap();
    let Err(ContractError::Law(rules)) = act(&contract, &Command::Publish, BEFORE) else {
        panic!()
    };
    assert!(rules.contains(&"AGE_MAX"), "{rules:?}");
}

#[test]
fn what_the_rules_did_not_confirm_is_published_with_the_form() {
    let published = |path: &str, value: &str| {
        let change = Command::Contribute(changes(&[(path, Some(value))]));
        let draft = act(&after(&[DRAFT, filling, agreement]), &change, BEFORE).unwrap();
        let contract = act(&draft, &Command::Publish, BEFORE).unwrap();
        let publication = contract.round().unwrap().publication.clone().unwrap();
        assert_eq!(publication.rules_of, Some(day(BEFORE)), "the day of its conclusion");
        publication.remarks.unwrap().clear().unwrap().clone()
    };
    let as_it_is = published("terms.weekly_time", "35:00");
    assert!(!as_it_is.warned.contains(&"FIRST_SITUATION".to_owned()));
    let after_another = published("apprentice.prior_situation", "4");
    assert!(after_another.warned.contains(&"FIRST_SITUATION".to_owned()), "{after_another:?}");
    let abroad = published("employer.address.postcode", "98800");
    assert!(abroad.undetermined.len() > as_it_is.undetermined.len(), "{abroad:?}");
}

#[test]
fn what_is_asked_for_is_attached_and_a_cancelled_contract_is_still_decided_but_not_sent() {
    let sent = act(&signed(), &SUBMIT(&Contract::default()), BEFORE).unwrap();
    let asked = act(&sent, &ASK(&sent), BEFORE).unwrap();
    assert!(act(&sent, &agreement(&sent), BEFORE).is_err(), "nothing is asked for");
    let given = act(&asked, &agreement(&asked), BEFORE).unwrap();
    assert_eq!(given.round().unwrap().attachments.len(), 2);
    let cancel = Command::Cancel("avant le début".to_owned());
    let cancelled = act(&asked, &cancel, BEFORE).unwrap();
    let given = act(&cancelled, &agreement(&cancelled), BEFORE).unwrap();
    let complete = act(&given, &GIVEN, BEFORE).unwrap();
    assert!(act(&complete, &Command::RefuseDeposit("annulé".to_owned()), BEFORE).is_ok());
    let cancelled = act(&signed(), &cancel, BEFORE).unwrap();
    let refused = ContractError::Life { command: "Submit", life: "cancelled" };
    assert_eq!(act(&cancelled, &SUBMIT(&cancelled), BEFORE), Err(refused));
}

#[test]
fn a_file_is_made_complete_by_what_is_attached_or_by_the_body_itself() {
    let asked = [SUBMIT, ASK]
        .iter()
        .fold(signed(), |contract, make| act(&contract, &make(&contract), BEFORE).unwrap());
    assert_eq!(act(&asked, &GIVEN, BEFORE), Err(ContractError::NothingGiven));
    let by_body = Command::MakeComplete { by_body: true };
    assert_eq!(act(&asked, &by_body, BEFORE).unwrap().round().unwrap().phase, Phase::Submitted);
    let given = act(&asked, &agreement(&asked), BEFORE).unwrap();
    let complete = act(&given, &GIVEN, BEFORE).unwrap();
    // What was given before is not what is asked for next.
    let again = act(&complete, &ASK(&complete), BEFORE).unwrap();
    assert_eq!(act(&again, &GIVEN, BEFORE), Err(ContractError::NothingGiven));
    assert_eq!(act(&complete, &by_body, BEFORE), act(&complete, &GIVEN, BEFORE));
}

/// Sent once more, the bytes that the deposit body had are no answer; those that answer it are told to be there.
#[test]
fn what_was_attached_before_the_body_asked_does_not_answer_it() {
    let first = agreement(&after(&[DRAFT]));
    let asked = [SUBMIT, ASK]
        .iter()
        .fold(signed(), |contract, make| act(&contract, &make(&contract), BEFORE).unwrap());
    assert_eq!(act(&asked, &first, BEFORE), Err(ContractError::NoAnswer));
    assert_eq!(act(&asked, &GIVEN, BEFORE), Err(ContractError::NothingGiven));
    let second = agreement(&asked);
    let given = act(&asked, &second, BEFORE).unwrap();
    assert_eq!(act(&given, &second, BEFORE), Err(ContractError::AttachedAlready));
    assert_eq!(act(&given, &first, BEFORE), Err(ContractError::NoAnswer));
    // Asked again, the second is not one either.
    let complete = act(&given, &GIVEN, BEFORE).unwrap();
    let again = act(&complete, &ASK(&complete), BEFORE).unwrap();
    assert_eq!(act(&again, &second, BEFORE), Err(ContractError::NoAnswer));
}

#[test]
fn what_was_attached_as_something_else_is_attached_as_what_it_is() {
    let invoice = Attachment { kind: AttachmentKind::Invoice, digest: [7; 32], bytes: 1 };
    let agreement = Attachment { kind: AttachmentKind::TrainingAgreement, ..invoice };
    let wrong = act(&after(&[DRAFT]), &Command::Attach(invoice), BEFORE).unwrap();
    let right = act(&wrong, &Command::Attach(agreement), BEFORE).unwrap();
    assert_eq!(right.round().unwrap().attachments, [invoice, agreement]);
    for again in [invoice, agreement] {
        let refused = act(&right, &Command::Attach(again), BEFORE);
        assert_eq!(refused, Err(ContractError::AttachedAlready));
    }
}

#[test]
fn a_contract_is_sent_to_the_body_of_its_employer_and_has_the_type_of_its_round() {
    let opco = Command::Submit(DepositBody::Opco("OPCO".to_owned()));
    let refused = Err(ContractError::Law(vec!["DEPOSIT_BODY"]));
    assert_eq!(act(&signed(), &opco, BEFORE), refused);
    let draft = after(&[DRAFT, filling, agreement]);
    let kind = |contract: &Contract, code| {
        let one = Command::Contribute(changes(&[("terms.kind", Some(code))]));
        act(&act(contract, &one, BEFORE).unwrap(), &filled_amendment(), BEFORE).unwrap()
    };
    let amending = kind(&draft, "36");
    assert_eq!(act(&amending, &Command::Publish, BEFORE), Err(ContractError::OtherKind));
    let deposited = [SUBMIT, |_: &Contract| Command::Deposit("N1".to_owned(), None)]
        .iter()
        .fold(signed(), |contract, make| act(&contract, &make(&contract), BEFORE).unwrap());
    let amendment = act(&deposited, &Command::Amend(ContractType::OtherChange), BEFORE).unwrap();
    let first = kind(&amendment, "11");
    assert_eq!(act(&first, &Command::Publish, BEFORE), Err(ContractError::OtherKind));
}

#[test]
fn an_amendment_begins_from_what_is_in_force_and_changes_it_when_all_have_signed() {
    let deposited = [SUBMIT, |_: &Contract| Command::Deposit("N1".to_owned(), None)]
        .iter()
        .fold(signed(), |contract, make| act(&contract, &make(&contract), BEFORE).unwrap());
    let time = |contract: &Contract| {
        contract.in_force(day(BEFORE)).unwrap().terms.weekly_time.unwrap().to_string()
    };
    let draft = act(&deposited, &Command::Amend(ContractType::OtherChange), BEFORE).unwrap();
    assert_eq!(draft.round().unwrap().form.employer, deposited.rounds[0].form.employer);
    let filled = act(&draft, &filling(&draft), BEFORE).unwrap();
    assert_eq!(time(&filled), "35:00");
    let signed = [agreement, PUBLISH, REQUEST, SIGN, SIGN, SIGN]
        .iter()
        .fold(filled, |contract, make| act(&contract, &make(&contract), BEFORE).unwrap());
    assert_eq!((time(&signed).as_str(), signed.rounds.len()), ("36:00", 2));
    let refused = act(
        &act(&signed, &SUBMIT(&signed), BEFORE).unwrap(),
        &Command::RefuseDeposit("x".to_owned()),
        BEFORE,
    );
    assert_eq!(time(&refused.unwrap()), "35:00", "its deposit is refused");
    let first = Command::Amend(ContractType::First);
    assert_eq!(act(&deposited, &first, BEFORE), Err(ContractError::OtherKind));
}

#[test]
fn a_contract_is_broken_by_whom_the_law_lets_and_cancelled_before_it_begins() {
    let contract = signed();
    for mode in Mode::ALL {
        for initiator in Mode::Unknown.initiators().iter().copied() {
            let broken = act(&contract, &broken(mode, initiator), "2024-10-01");
            assert_eq!(
                broken.is_ok(),
                mode.initiators().contains(&initiator),
                "{mode:?} by {initiator:?}"
            );
        }
    }
    let cancel = Command::Cancel("avant le début".to_owned());
    assert!(act(&contract, &cancel, "2024-09-01").is_ok());
    assert_eq!(act(&contract, &cancel, "2024-09-02"), Err(ContractError::Begun));
    let complete =
        |early, diploma| Command::Complete(Completion { early, diploma, notified_on: None });
    assert!(act(&contract, &complete(false, None), "2026-08-31").is_ok());
    assert_eq!(act(&contract, &complete(false, None), "2026-08-30"), Err(ContractError::NotOver));
    assert!(act(&contract, &complete(true, Some(true)), "2026-08-30").is_ok());
    for (early, diploma, on) in [
        (true, None, "2026-08-30"),
        (true, Some(false), "2026-08-30"),
        (true, Some(true), "2026-08-31"),
        (true, Some(true), "2024-09-01"),
    ] {
        assert_eq!(act(&contract, &complete(early, diploma), on), Err(ContractError::NotOver));
    }
    // Before its first day it is cancelled, not broken; suspended or not.
    let suspended = act(&contract, &Command::Suspend("un risque".to_owned()), BEFORE).unwrap();
    for contract in [&contract, &suspended] {
        let rupture = |on| act(contract, &broken(Mode::MutualAgreement, Initiator::Both), on);
        assert_eq!(rupture("2024-09-01"), Err(ContractError::NotBegun(day("2024-09-02"))));
        assert!(matches!(rupture("2024-09-02").unwrap().life, Life::Broken(..)));
    }
    // What is over is still deposited.
    let over =
        act(&contract, &broken(Mode::MutualAgreement, Initiator::Both), "2024-09-03").unwrap();
    assert!(act(&over, &SUBMIT(&over), "2024-09-04").is_ok());
}

#[test]
fn a_rupture_is_corrected_and_what_was_told_last_counts() {
    let mutual = broken(Mode::MutualAgreement, Initiator::Both);
    let over = act(&signed(), &mutual, "2024-10-03").unwrap();
    assert_eq!(decide(&over, &mutual, &given("2024-10-03")), Ok(Vec::new()), "nothing new");
    let Command::Break { rupture, .. } = mutual.clone() else { panic!("{mutual:?}") };
    let silent = act(&over, &Command::Break { rupture, words: None }, "2024-10-03").unwrap();
    assert!(
        !silent.said.iter().any(crate::contract::said::Said::is_of_rupture),
        "words of another telling"
    );
    let other = act(&over, &mutual, "2024-10-04").unwrap();
    let Life::Broken(on, rupture) = &other.life else { panic!("{:?}", other.life) };
    assert_eq!((*on, rupture.mode), (day("2024-10-04"), Mode::MutualAgreement));
    let free = broken(Mode::FreePeriod, Initiator::Apprentice);
    let other = act(&other, &free, "2024-10-04").unwrap();
    assert!(matches!(&other.life, Life::Broken(_, told) if told.mode == Mode::FreePeriod));
    let wrong = broken(Mode::FreePeriod, Initiator::Court);
    let refused = act(&other, &wrong, "2024-10-04").unwrap_err();
    assert_eq!(refused, ContractError::Initiator(Mode::FreePeriod));
    assert!(refused.text().en.ends_with("but by the employer or the apprentice"), "{refused}");
    assert!(refused.text().fr.contains("l'employeur ou l'apprenti"), "{refused}");
    assert!(act(&other, &free, "2024-09-01").is_err(), "before it began");
    // What ended well, or never began, is not broken.
    let last = Command::Complete(Completion { early: false, diploma: None, notified_on: None });
    let ended = act(&signed(), &last, "2026-08-31").unwrap();
    assert!(matches!(act(&ended, &mutual, "2026-08-31"), Err(ContractError::Life { .. })));
}

#[test]
fn a_reason_is_a_reason_and_every_refusal_is_told_in_two_languages() {
    let contract = after(&[DRAFT, filling, agreement, PUBLISH]);
    for command in [
        Command::Reopen("  ".to_owned()),
        Command::Withdraw(String::new()),
        Command::SignOnPaper { scan: [1; 32], bytes: 1_000, attestation: " ".to_owned() },
    ] {
        let refused = act(&contract, &command, BEFORE).unwrap_err();
        assert!(matches!(refused, ContractError::Missing(_)), "{command:?}");
        assert!(refused.text().fr.ends_with('.') && !refused.text().en.is_empty());
    }
    for contract in reached().values() {
        for command in commands(contract) {
            if let Err(refused) = decide(contract, &command, &given(BEFORE)) {
                let text = refused.text();
                assert!(text.fr.ends_with('.') && !text.en.ends_with('.'), "{text:?}");
            }
        }
    }
}
