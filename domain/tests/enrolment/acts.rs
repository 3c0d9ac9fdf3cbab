//! What people declare, correct and withdraw.

use super::common::*;
use domain::enrolment::{
    Command, CommandError, Enrolment, EnrolmentAmended, Fact, Initiator, Opened, RetractionReason,
    Rupture, RuptureMode, decide,
};
use domain::ids::{ContractId, EventId};

const MISTAKE: RetractionReason = RetractionReason::SentByMistake;

fn broken() -> Stream {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    stream
}

fn by_hand(contract: ContractId, on: &str) -> Rupture {
    Rupture {
        contract,
        effective_on: day(on),
        notified_on: None,
        mode: RuptureMode::FreePeriod,
        initiator: Initiator::Apprentice,
        verbatim: None,
    }
}

fn correct(stream: &mut Stream, event: EventId, on: &str) -> Result<EventId, CommandError> {
    let contract = stream.current().contracts[0].id;
    let fact = Fact::ContractBroken(by_hand(contract, on));
    let decision = stream.run(Command::Correct { event, fact, effective_on: day(on) })?;
    Ok(only(&decision).id)
}

fn retract(stream: &mut Stream, event: EventId) -> Result<EventId, CommandError> {
    let on = day("2025-03-01");
    let decision = stream.run(Command::Retract { event, reason: MISTAKE, on })?;
    Ok(only(&decision).id)
}

fn date(stream: &Stream) -> Option<chrono::NaiveDate> {
    rupture(stream).map(|(_, on)| on)
}

#[test]
fn a_correction_replaces_the_value_and_only_the_live_event_may_be_named() {
    let mut stream = broken();
    let (first, _) = rupture(&stream).expect("broken");
    let second = correct(&mut stream, first, "2024-12-05").expect("corrected");
    assert_eq!(rupture(&stream), Some((second, day("2024-12-05"))));
    let refused = correct(&mut stream, first, "2024-12-09");
    assert_eq!(refused, Err(CommandError::Superseded { event: first, by: second }));
    assert_eq!(
        retract(&mut stream, first),
        Err(CommandError::Superseded { event: first, by: second })
    );
    let third = correct(&mut stream, second, "2024-12-09").expect("corrected");
    let refused = correct(&mut stream, first, "2024-12-10");
    assert_eq!(refused, Err(CommandError::Superseded { event: first, by: third }));
}

#[test]
fn retracting_a_correction_revives_what_it_corrected() {
    let mut stream = broken();
    let (first, _) = rupture(&stream).expect("broken");
    let second = correct(&mut stream, first, "2024-12-05").expect("corrected");
    let third = correct(&mut stream, second, "2024-12-09").expect("corrected");
    retract(&mut stream, third).expect("retracted");
    assert_eq!(rupture(&stream), Some((second, day("2024-12-05"))));
    retract(&mut stream, second).expect("retracted");
    assert_eq!(rupture(&stream), Some((first, day("2024-11-30"))));
    correct(&mut stream, first, "2024-12-24").expect("what was revived is live");
    assert_eq!(date(&stream), Some(day("2024-12-24")));
}

#[test]
fn retracting_a_retraction_revives_too() {
    let mut stream = broken();
    let (first, _) = rupture(&stream).expect("broken");
    let gone = retract(&mut stream, first).expect("retracted");
    assert_eq!(rupture(&stream), None);
    let refused = retract(&mut stream, first);
    assert_eq!(refused, Err(CommandError::Superseded { event: first, by: gone }));
    let back = retract(&mut stream, gone).expect("revived");
    assert_eq!(rupture(&stream), Some((first, day("2024-11-30"))));
    retract(&mut stream, back).expect("withdrawn again");
    assert_eq!(rupture(&stream), None);
}

#[test]
fn an_old_retraction_under_a_newer_correction_is_no_longer_live() {
    let mut stream = broken();
    let (first, _) = rupture(&stream).expect("broken");
    let second = correct(&mut stream, first, "2024-12-05").expect("corrected");
    let gone = retract(&mut stream, second).expect("retracted");
    let third = correct(&mut stream, first, "2024-12-09").expect("corrected");
    let refused = retract(&mut stream, gone);
    assert_eq!(refused, Err(CommandError::Superseded { event: gone, by: third }));
    assert_eq!(date(&stream), Some(day("2024-12-09")));
}

#[test]
fn a_correction_speaks_of_the_same_thing() {
    let mut stream = broken();
    let (first, _) = rupture(&stream).expect("broken");
    let effective_on = day("2024-12-05");
    let other = Fact::WithdrawalDeclared { on: effective_on };
    let refused = stream.run(Command::Correct { event: first, fact: other, effective_on });
    let expected = "ContractBroken";
    assert_eq!(refused, Err(CommandError::OtherType { expected, found: "WithdrawalDeclared" }));
    let elsewhere = ContractId([5; 16]);
    let fact = Fact::ContractBroken(by_hand(elsewhere, "2024-12-05"));
    let refused = stream.run(Command::Correct { event: first, fact, effective_on });
    assert_eq!(refused, Err(CommandError::NoSuchContract(elsewhere)));
    let nobody = EventId([5; 16]);
    assert_eq!(correct(&mut stream, nobody, "2024-12-05"), Err(CommandError::NoSuchEvent(nobody)));
}

#[test]
fn the_first_event_is_corrected_and_never_withdrawn() {
    let mut stream = broken();
    let first = stream.state.events[0].id;
    assert_eq!(retract(&mut stream, first), Err(CommandError::FirstEvent));
    let Fact::EnrolmentDeclared(mut declared) = stream.state.events[0].fact.clone() else {
        panic!("the declaration")
    };
    declared.training.entry_on = day("2024-09-09");
    let fact = Fact::EnrolmentDeclared(declared);
    let effective_on = day("2024-09-09");
    let decision = stream.run(Command::Correct { event: first, fact, effective_on });
    let correction = only(&decision.expect("corrected")).id;
    assert_eq!(stream.current().training.entry_on, day("2024-09-09"));
    assert_eq!(stream.current().contracts.len(), 1, "what came after still stands");
    retract(&mut stream, correction).expect("a correction of it can be withdrawn");
    assert_eq!(stream.current().training.entry_on, day("2024-09-02"));
}

#[test]
fn a_corrected_amendment_keeps_its_place() {
    let titled = |title: &str| row().with(|r| r.training.title = Some(title.to_owned()));
    let mut stream = Stream::default();
    stream.full(1, titled("A"));
    let second = stream.full(2, titled("B"));
    stream.full(3, titled("C"));
    let event = only(&second).id;
    let Fact::EnrolmentAmended(mut amended) = only(&second).fact.clone() else { panic!() };
    if let Some(training) = &mut amended.training {
        training.title = Some("B2".to_owned());
    }
    let fact = Fact::EnrolmentAmended(amended);
    let effective_on = day("2024-09-04");
    stream.run(Command::Correct { event, fact, effective_on }).expect("corrected");
    assert_eq!(stream.current().training.title.as_deref(), Some("C"), "the later value stands");
}

#[test]
fn a_withdrawn_contract_takes_its_rupture_along_and_keeps_its_id() {
    let mut stream = broken();
    let declared = stream.state.events[1].id;
    retract(&mut stream, declared).expect("retracted");
    assert!(stream.current().contracts.is_empty());
    let other = contract(1, "2025-01-06", GARAGE);
    stream.full(2, row().with(|r| r.contracts = vec![other]));
    assert_eq!(stream.current().contracts[0].ordinal, 1, "the id of a withdrawn one is not reused");
}

#[test]
fn a_source_that_repeats_itself_does_not_undo_what_a_person_corrected() {
    let mut stream = broken();
    let (first, _) = rupture(&stream).expect("broken");
    correct(&mut stream, first, "2024-12-05").expect("corrected");
    let repeated = stream.full(2, broken_row("2024-11-30"));
    assert!(repeated.events.is_empty() && !repeated.stale, "{:?}", types(&repeated));
    assert_eq!(date(&stream), Some(day("2024-12-05")));
    let changed = stream.full(3, broken_row("2024-12-10"));
    assert_eq!(types(&changed), ["ContractBroken"], "what the source says anew is heard");
    assert_eq!(date(&stream), Some(day("2024-12-10")));
}

#[test]
fn a_source_that_repeats_itself_does_not_bring_back_what_a_person_withdrew() {
    let told = broken_row("2024-11-30").with(|r| r.excluded_on = Some(day("2025-01-15")));
    for withdrawn in 1..4 {
        let mut stream = Stream::default();
        stream.full(1, told.clone());
        let event = stream.state.events[withdrawn].id;
        retract(&mut stream, event).expect("retracted");
        let repeated = stream.full(2, told.clone());
        assert!(repeated.events.is_empty(), "event {withdrawn}: {:?}", types(&repeated));
    }
}

#[test]
fn a_corrected_block_survives_the_next_row_of_the_source() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let identity = row().identity.with(|i| i.first_name = "Maël".to_owned());
    let amended =
        EnrolmentAmended { identity: Some(Opened::Clear(identity)), ..EnrolmentAmended::default() };
    let renamed = row().with(|r| r.identity.first_name = "Mael".to_owned());
    let event = only(&stream.full(2, renamed.clone())).id;
    let fact = Fact::EnrolmentAmended(amended);
    stream
        .run(Command::Correct { event, fact, effective_on: day("2024-09-03") })
        .expect("corrected");
    assert!(stream.full(3, renamed).events.is_empty());
    let first_name = stream.current().identity.clear().map(|i| i.first_name.as_str());
    assert_eq!(first_name, Some("Maël"));
}

#[test]
fn a_contract_is_broken_once_and_ends_once() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let contract = stream.current().contracts[0].id;
    let nobody = ContractId([5; 16]);
    let refused = stream.run(Command::BreakContract(by_hand(nobody, "2024-10-01")));
    assert_eq!(refused, Err(CommandError::NoSuchContract(nobody)));
    let early = stream.run(Command::EndContract { contract, on: day("2024-08-31") });
    assert!(matches!(early, Err(CommandError::Date(_))));
    let year = stream.run(Command::BreakContract(by_hand(contract, "0024-10-01")));
    assert!(matches!(year, Err(CommandError::Date(_))));
    let ended = stream.run(Command::EndContract { contract, on: day("2025-08-31") });
    assert_eq!(types(&ended.expect("ended")), ["ContractEnded"]);
    let span = stream.current().status_facts().contracts[0];
    assert_eq!(span.end_on, Some(day("2025-08-31")), "the declared end is before the term");
    let decision = stream.run(Command::BreakContract(by_hand(contract, "2024-10-01")));
    let event = only(&decision.expect("broken")).id;
    let refused = stream.run(Command::BreakContract(by_hand(contract, "2024-10-02")));
    assert_eq!(refused, Err(CommandError::AlreadyBroken(event)));
    let refused = stream.run(Command::EndContract { contract, on: day("2025-08-31") });
    assert_eq!(refused, Err(CommandError::AlreadyBroken(event)));
}

#[test]
fn a_contract_does_not_end_after_its_term_nor_is_its_end_corrected_so() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let contract = stream.current().contracts[0].id;
    let term = day("2026-08-31");
    let late = stream.run(Command::EndContract { contract, on: day("2026-09-01") });
    assert_eq!(late, Err(CommandError::EndAfterTerm(term)));
    assert!(late.expect_err("refused").text().fr.contains("31/08/2026"));
    let ended = stream.run(Command::EndContract { contract, on: term }).expect("its last day");
    let event = only(&ended).id;
    for (on, after_term) in [("2026-09-01", true), ("2024-09-01", false)] {
        let on = day(on);
        let fact = Fact::ContractEnded { contract, on };
        let refused = stream.run(Command::Correct { event, fact, effective_on: on });
        assert_eq!(refused == Err(CommandError::EndAfterTerm(term)), after_term);
        assert!(refused.is_err());
    }
}

#[test]
fn a_contract_without_a_term_ends_when_somebody_says_so() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract().with(|r| r.contracts[0].end_on = None));
    let contract = stream.current().contracts[0].id;
    stream.run(Command::EndContract { contract, on: day("2027-01-31") }).expect("ended");
    let span = stream.current().status_facts().contracts[0];
    assert_eq!(span.end_on, Some(day("2027-01-31")));
}

#[test]
fn what_a_person_says_twice_is_written_once() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let withdrawn = || Command::DeclareWithdrawal { on: day("2025-02-03") };
    assert_eq!(types(&stream.run(withdrawn()).expect("said")), ["WithdrawalDeclared"]);
    assert!(stream.run(withdrawn()).expect("said").events.is_empty());
    let completed = |diploma| Command::Complete { on: None, diploma };
    let first = stream.run(completed(false)).expect("said");
    assert!(stream.run(completed(false)).expect("said").events.is_empty());
    let second = stream.run(completed(true)).expect("said");
    assert_eq!(only(&second).corrects, Some(only(&first).id));
}

#[test]
fn an_exclusion_that_a_person_declares_stands_until_it_is_corrected_or_withdrawn() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let excluded =
        || Command::Exclude { on: day("2025-02-03"), cause: Some("absences".to_owned()) };
    let said = stream.run(excluded()).expect("said");
    let event = only(&said).id;
    assert_eq!(types(&said), ["LearnerExcluded"]);
    assert_eq!(stream.run(excluded()), Err(CommandError::AlreadyExcluded(event)));
    assert!(stream.full(2, row_with_contract()).vanished.is_empty(), "a person's word stays");
    assert_eq!(stream.current().status_facts().excluded_on, Some(day("2025-02-03")));
    let far = Command::Exclude { on: day("2999-01-01"), cause: None };
    assert!(matches!(stream.run(far), Err(CommandError::Date(_))));
}

#[test]
fn a_remapped_learner_keeps_the_enrolment_under_the_new_key() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let identity = row().identity.with(|i| i.id_erp = "B-1".to_owned());
    let command = Command::RemapLearnerId { lookup: [8; 16], identity: identity.clone() };
    assert_eq!(types(&stream.run(command.clone()).expect("remapped")), ["LearnerIdRemapped"]);
    assert_eq!(stream.current().lookup, [8; 16]);
    assert!(stream.run(command).expect("known").events.is_empty());
    assert!(stream.full(2, row().with(|r| r.identity = identity)).events.is_empty());
}

#[test]
fn no_command_but_a_row_begins_an_enrolment() {
    let mut stream = Stream::default();
    let refused = stream.run(Command::DeclareWithdrawal { on: day("2025-02-03") });
    assert_eq!(refused, Err(CommandError::NotFound));
}

#[test]
fn a_sealed_value_that_is_not_open_is_never_taken_for_absent() {
    let mut stream = broken();
    stream.full(2, broken_row("2024-11-30").with(|r| r.contact.email = Some("m@x".to_owned())));
    let hide = |change: &dyn Fn(&mut Enrolment)| {
        let mut state = stream.state.clone();
        change(&mut state);
        let command = Command::Declare {
            declaration: broken_row("2024-11-30")
                .with(|r| r.contact.email = Some("m@x".to_owned())),
            lookup: [7; 16],
            provenance: provenance(night(3), true),
            settled: Vec::new(),
            held: Vec::new(),
            unseen_since: None,
        };
        decide(&state, &command, &|_| EventId([1; 16]), &|_| ContractId([1; 16])).map(|d| types(&d))
    };
    assert_eq!(hide(&|_| ()), Ok(Vec::new()));
    for part in 0..3 {
        let hidden = hide(&|state| {
            let current = state.current.as_mut().expect("declared");
            match part {
                0 => current.identity = Opened::Hidden,
                1 => current.contact = Some(Opened::Hidden),
                _ => current.contracts[0].employer = Opened::Hidden,
            }
        });
        assert_eq!(hidden, Err(CommandError::Hidden), "part {part}");
    }
}
