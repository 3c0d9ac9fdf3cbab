//! What follows from the time that passed.

use super::*;
use crate::contract::conclude::{Decision, Silence, decision};
use crate::contract::deadlines::{self, By, due};

#[test]
fn the_twenty_days_run_from_the_complete_file_and_stand_still_while_a_document_is_asked_for() {
    let sent = act(&signed(), &SUBMIT(&Contract::default()), "2024-09-04").unwrap();
    let at = |contract: &Contract, on: &str| decision(contract.round().unwrap(), day(on));
    assert_eq!(at(&signed(), "2025-01-01"), Decision::NotAsked);
    assert_eq!(at(&sent, "2024-09-24"), Decision::Due(day("2024-09-24")));
    assert_eq!(at(&sent, "2024-09-25"), Decision::Silent(day("2024-09-24"), Silence::Acceptance));
    let asked = act(&sent, &ASK(&sent), "2024-09-20").unwrap();
    assert_eq!(at(&asked, "2025-01-01"), Decision::Stopped);
    let given = act(&asked, &agreement(&asked), "2024-09-30").unwrap();
    let complete = act(&given, &GIVEN, "2024-10-01").unwrap();
    assert_eq!(at(&complete, "2024-10-21"), Decision::Due(day("2024-10-21")));
    let late = act(&complete, &Command::Deposit("N".to_owned(), None), "2024-11-30").unwrap();
    assert_eq!(at(&late, "2025-01-01"), Decision::Taken(day("2024-11-30")));
    // Of a private employer, and of an establishment of industrial kind, silence is a refusal.
    let mut private = sent.clone();
    private.rounds[0].form.set("employer.kind", Some("30")).unwrap();
    assert_eq!(at(&private, "2024-09-25"), Decision::Silent(day("2024-09-24"), Silence::Refusal));
    // What silence accepted may be amended; a contract that it refused is opened again.
    let amend = Command::Amend(ContractType::OtherChange);
    assert!(act(&sent, &amend, "2024-09-24").is_err());
    assert!(act(&sent, &amend, "2024-09-25").is_ok());
    assert!(act(&private, &amend, "2024-09-25").is_err());
}

/// A contract that silence accepted, and that is amended since.
fn amended_after_silence() -> Contract {
    let sent = act(&signed(), &SUBMIT(&Contract::default()), "2024-09-04").unwrap();
    act(&sent, &Command::Amend(ContractType::OtherChange), "2024-09-25").unwrap()
}

#[test]
fn a_number_that_comes_after_silence_is_that_of_the_round_that_waits_or_that_it_names() {
    let deposit = |number: &str| Command::Deposit(number.to_owned(), None);
    let told = |contract: &Contract| {
        let of = |round: &Round| {
            let number = round.number_of_deposit.as_ref().and_then(Opened::clear).cloned();
            (round.phase, number.unwrap_or_default(), round.decided_on)
        };
        contract.rounds.iter().map(of).collect::<Vec<_>>()
    };
    let mut contract = amended_after_silence();
    let late = act(&contract, &deposit("N1"), "2024-10-01").unwrap();
    let open = (Phase::Draft, String::new(), None);
    let decided = (Phase::Deposited, "N1".to_owned(), Some(day("2024-10-01")));
    assert_eq!(told(&late), [decided, open.clone()]);
    assert!(act(&late, &deposit("N2"), "2024-10-02").is_err(), "nothing was sent since");
    // Once the amendment is sent too, the number says of which it is; then the contract still waits for its own.
    let paper = Command::SignOnPaper { scan: [9; 32], bytes: 9, attestation: "vu".to_owned() };
    for step in [filled_amendment(), agreement(&Contract::default()), Command::Publish, paper] {
        contract = act(&contract, &step, "2024-12-02").unwrap();
    }
    contract = act(&contract, &SUBMIT(&contract), "2024-12-03").unwrap();
    let refused = act(&contract, &deposit("N1"), "2024-12-04").unwrap_err();
    assert_eq!(refused, ContractError::WhichRound(vec![0, 1]), "not taken for the amendment's");
    assert!(refused.text().en.contains("0 (the contract), 1 (amendment 1)"), "{refused}");
    assert!(refused.text().fr.contains("0 (le contrat), 1 (avenant 1)"), "{refused}");
    let of = |round: u16, number: &str| Command::Deposit(number.to_owned(), Some(round));
    assert_eq!(act(&contract, &of(2, "N"), "2024-12-04"), Err(ContractError::NoRound(2)));
    let first = act(&contract, &of(0, "N1"), "2024-12-04").unwrap();
    let phases: Vec<_> = first.rounds.iter().map(|round| round.phase).collect();
    assert_eq!(phases, [Phase::Deposited, Phase::Submitted]);
    contract = act(&contract, &of(1, "N2"), "2024-12-04").unwrap();
    let amended = (Phase::Deposited, "N2".to_owned(), Some(day("2024-12-04")));
    assert_eq!(told(&contract), [(Phase::Submitted, String::new(), None), amended.clone()]);
    contract = act(&contract, &deposit("N1"), "2024-12-05").unwrap();
    let decided = (Phase::Deposited, "N1".to_owned(), Some(day("2024-12-05")));
    assert_eq!(told(&contract), [decided, amended]);
}

#[test]
fn what_silence_accepted_and_was_amended_since_is_not_refused_any_more() {
    let contract = amended_after_silence();
    let refuse = Command::RefuseDeposit("motif".to_owned());
    for command in [refuse, ASK(&contract)] {
        assert_eq!(act(&contract, &command, "2024-10-01"), Err(ContractError::AmendedSince));
    }
    // Given up, the amendment is no reason; but it was begun.
    let given_up = act(&contract, &Command::Withdraw("non".to_owned()), "2024-10-01").unwrap();
    assert_eq!(act(&given_up, &ASK(&contract), "2024-10-01"), Err(ContractError::AmendedSince));
    let late = act(&given_up, &Command::Deposit("N1".to_owned(), None), "2024-10-02").unwrap();
    let refused = act(&late, &ASK(&contract), "2024-10-03");
    assert!(matches!(refused, Err(ContractError::Phase { .. })), "the body decided: {refused:?}");
}

fn named(contract: &Contract, on: &str) -> Vec<(&'static str, By)> {
    due(contract, day(on)).into_iter().map(|due| (due.kind.id, due.by)).collect()
}

#[test]
fn what_is_due_follows_the_contract_from_draft_to_rupture() {
    let draft = after(&[DRAFT, filling]);
    assert_eq!(named(&draft, "2024-08-26"), [("SIGN", By::Day(day("2024-09-02")))]);
    assert!(due(&draft, day("2024-09-03"))[0].is_late(day("2024-09-03")));
    // 1,350 hours are 225 days: the 270th weekday, and the 45th working day.
    let free = By::Between(day("2024-10-23"), day("2025-09-29"));
    let term = ("COMPLETE", By::Day(day("2026-08-31")));
    let contract = signed();
    let submit = ("SUBMIT", By::Day(day("2024-09-07")));
    assert_eq!(named(&contract, "2024-09-02"), [submit, ("FREE_RUPTURE_ENDS", free), term]);
    let sent = act(&contract, &SUBMIT(&contract), "2024-09-04").unwrap();
    let decide = ("DECIDE", By::Day(day("2024-09-24")));
    assert_eq!(named(&sent, "2024-09-04"), [decide, ("FREE_RUPTURE_ENDS", free), term]);
    let asked = act(&sent, &ASK(&sent), "2024-09-05").unwrap();
    assert_eq!(named(&asked, "2024-09-06")[0], ("MAKE_COMPLETE", By::AtOnce));
    assert_eq!(
        named(&sent, "2025-10-02"),
        [term],
        "its silence decided, and the free days are over"
    );
    let broken = broken(Mode::MutualAgreement, Initiator::Both);
    let broken = act(&sent, &broken, "2024-09-10").unwrap();
    let kept = [
        decide,
        ("MISSION_LOCALE", By::Day(day("2024-10-25"))),
        ("KEEP_TRAINING", By::Day(day("2025-03-10"))),
    ];
    assert_eq!(named(&broken, "2024-09-11"), kept);
    let excluded = super::broken(Mode::CfaExclusion, Initiator::Employer);
    let excluded = act(&sent, &excluded, "2024-09-10").unwrap();
    assert_eq!(named(&excluded, "2024-09-11"), [decide]);
    for due in due(&broken, day("2024-09-11")) {
        assert!(due.kind.text().fr.ends_with('.') && !due.article.is_empty());
    }
}

/// What is due of a contract in each of its states, and from the first day until which day, told by hand.
#[test]
fn what_is_due_is_a_function_of_the_state_and_of_a_last_day() {
    const ALWAYS: &str = "9999-12-31";
    let sent = act(&signed(), &SUBMIT(&Contract::default()), "2024-09-04").unwrap();
    let asked = act(&sent, &ASK(&sent), "2024-09-05").unwrap();
    let decided = act(&sent, &Command::Deposit("N".to_owned(), None), "2024-09-20").unwrap();
    let mutual = super::broken(Mode::MutualAgreement, Initiator::Both);
    let broken = act(&decided, &mutual, "2024-10-10").unwrap();
    let excluded = super::broken(Mode::CfaExclusion, Initiator::Employer);
    let excluded = act(&sent, &excluded, "2024-09-10").unwrap();
    let running = [("FREE_RUPTURE_ENDS", "2025-09-29"), ("COMPLETE", ALWAYS)];
    let with = |first: &[(&'static str, &'static str)]| [first, running.as_slice()].concat();
    let contracts = [
        (after(&[DRAFT]), vec![]),
        (after(&[DRAFT, filling]), vec![("SIGN", ALWAYS)]),
        (signed(), with(&[("SUBMIT", ALWAYS)])),
        (sent, with(&[("DECIDE", "2024-09-24")])),
        (asked, with(&[("MAKE_COMPLETE", ALWAYS)])),
        (decided, with(&[])),
        (broken, vec![("MISSION_LOCALE", "2026-07-10"), ("KEEP_TRAINING", "2025-04-10")]),
        (excluded, vec![("DECIDE", "2024-09-24")]),
    ];
    for (contract, expected) in contracts {
        assert!(deadlines::all_due(&contract).iter().filter(|due| due.kind.obliges).count() <= 1);
        for on in day("2024-06-01").iter_days().take(800) {
            let expected = expected.iter().filter(|(_, until)| on <= day(until));
            let expected: Vec<&str> = expected.map(|(id, _)| *id).collect();
            let told: Vec<&str> = due(&contract, on).iter().map(|due| due.kind.id).collect();
            assert_eq!(told, expected, "{on}");
        }
    }
}

/// Forty-five days of practice, within bounds when no calendar says them, and forty-five calendar days: one ends with the
/// contract's first months, the other begins with its rupture.
#[test]
fn the_two_forty_five_days_are_never_mixed() {
    let of = |contract: &Contract, id: &str| {
        deadlines::all_due(contract).into_iter().find(|due| due.kind.id == id)
    };
    let running = signed();
    let free = of(&running, "FREE_RUPTURE_ENDS").unwrap();
    assert_eq!(free.by, By::Between(day("2024-10-23"), day("2025-09-29")));
    assert_eq!(free.article, "L6222-18");
    assert_eq!(of(&running, "MISSION_LOCALE"), None);
    let broken = broken(Mode::FreePeriod, Initiator::Apprentice);
    let broken = act(&running, &broken, "2024-09-20").unwrap();
    let mission = of(&broken, "MISSION_LOCALE").unwrap();
    assert_eq!(mission.by, By::Day(day("2024-11-04")));
    assert_eq!(of(&broken, "FREE_RUPTURE_ENDS"), None);
    // Another day of rupture moves the one, and nothing moves the other.
    let mut later = broken.clone();
    let Life::Broken(on, _) = &mut later.life else { panic!("broken") };
    *on = day("2024-09-21");
    assert_eq!(of(&later, "MISSION_LOCALE").unwrap().by, By::Day(day("2024-11-05")));
}

#[test]
fn what_was_cancelled_before_it_was_sent_is_due_to_nobody() {
    let cancelled = act(&signed(), &Command::Cancel("avant".to_owned()), BEFORE).unwrap();
    assert_eq!(named(&cancelled, "2024-10-01"), []);
    let sent = act(&signed(), &SUBMIT(&signed()), BEFORE).unwrap();
    let asked = act(&sent, &ASK(&sent), BEFORE).unwrap();
    let told = due(&asked, day(BEFORE));
    assert_eq!(told[0].article, "D6275-1");
    let cancelled = act(&asked, &Command::Cancel("avant".to_owned()), BEFORE).unwrap();
    assert_eq!(named(&cancelled, "2024-10-01"), []);
    let mut private = asked;
    private.rounds[0].form.set("employer.kind", Some("30")).unwrap();
    assert_eq!(due(&private, day(BEFORE))[0].article, "D6224-2");
}

#[test]
fn the_free_days_stand_still_while_the_contract_is_suspended() {
    let given = act(&signed(), &Command::GiveCalendar(calendar()), BEFORE).unwrap();
    let free = |contract: &Contract| {
        let dues = named(contract, "2024-09-02");
        dues.into_iter().find(|(id, _)| *id == "FREE_RUPTURE_ENDS").map(|(_, by)| by)
    };
    // Two days a week: the forty-fifth is a Monday.
    assert_eq!(free(&given), Some(By::Day(day("2025-02-03"))));
    let suspend = Command::Suspend("enquête".to_owned());
    let suspended = act(&given, &suspend, "2024-09-09").unwrap();
    assert_eq!(free(&suspended), None, "for how long is not known");
    let resumed = act(&suspended, &Command::Resume, "2024-09-23").unwrap();
    assert_eq!(free(&resumed), Some(By::Day(day("2025-02-17"))), "two weeks later");
    let late = act(&given, &suspend, "2025-02-04").unwrap();
    assert_eq!(free(&late), Some(By::Day(day("2025-02-03"))), "they were over before");
}

#[test]
fn an_amendment_takes_effect_on_a_day_of_its_own() {
    let sent = act(&signed(), &SUBMIT(&signed()), BEFORE).unwrap();
    let mut contract = act(&sent, &Command::Deposit("N".to_owned(), None), BEFORE).unwrap();
    let amend = Command::Amend(ContractType::OtherChange);
    let paper = Command::SignOnPaper { scan: [9; 32], bytes: 9, attestation: "vu".to_owned() };
    let mut steps = vec![amend.clone(), filled_amendment(), agreement(&Contract::default())];
    steps.extend([
        Command::Publish,
        paper,
        SUBMIT(&contract),
        Command::Deposit("N2".to_owned(), None),
    ]);
    for step in steps {
        contract = act(&contract, &step, "2024-12-02").unwrap();
    }
    contract = act(&contract, &amend, "2025-03-03").unwrap();
    let form = &contract.round().unwrap().form;
    assert_eq!((form.terms.amendment_on, contract.rounds.len()), (None, 3));
    assert_eq!(form.terms.concluded_on, None, "nor is it concluded with the one before");
    assert!(named(&contract, "2025-03-03").iter().all(|(id, _)| *id != "SIGN"));
}

#[test]
fn what_all_have_signed_once_is_known_after_it_was_opened_again() {
    let sent = act(&signed(), &SUBMIT(&signed()), BEFORE).unwrap();
    let refused = act(&sent, &Command::RefuseDeposit("motif".to_owned()), BEFORE).unwrap();
    let opened = act(&refused, &Command::Reopen("corriger".to_owned()), BEFORE).unwrap();
    assert!(opened.was_signed && opened.rounds[0].signed_on.is_none());
    assert!(!after(&[DRAFT, filling]).was_signed);
}

#[test]
fn a_calendar_has_a_day_of_the_contract_at_least() {
    let of = |from: &str, to: &str| {
        let calendar = Calendar::new((day(from), day(to)), [true; 7], false, Vec::new());
        Command::GiveCalendar(calendar.unwrap())
    };
    // From 2 September 2024 to 31 August 2026.
    for (from, to) in [("2023-09-01", "2024-09-01"), ("2026-09-01", "2027-08-31")] {
        let refused = act(&signed(), &of(from, to), BEFORE);
        assert_eq!(refused, Err(ContractError::CalendarElsewhere), "{from}");
    }
    for (from, to) in [("2023-09-01", "2024-09-02"), ("2026-08-31", "2027-08-31")] {
        assert!(act(&signed(), &of(from, to), BEFORE).is_ok(), "{from}");
    }
    // Of a form that does not say its days yet, any may be right.
    assert!(act(&after(&[DRAFT]), &of("2016-09-01", "2018-08-31"), BEFORE).is_ok());
}

#[test]
fn an_amendment_that_would_take_effect_after_the_end_is_not_due() {
    let sent = act(&signed(), &SUBMIT(&signed()), BEFORE).unwrap();
    let mut contract = act(&sent, &Command::Deposit("N".to_owned(), None), BEFORE).unwrap();
    let paper = Command::SignOnPaper { scan: [9; 32], bytes: 9, attestation: "vu".to_owned() };
    let amend = Command::Amend(ContractType::OtherChange);
    for step in [amend, filled_amendment(), agreement(&contract), Command::Publish, paper] {
        contract = act(&contract, &step, "2024-12-02").unwrap();
    }
    let effect = contract.round().unwrap().form.terms.amendment_on.unwrap();
    let submits = |on: NaiveDate| {
        let over = super::broken(Mode::MutualAgreement, Initiator::Both);
        let over = act(&contract, &over, &on.to_string()).unwrap();
        deadlines::all_due(&over).iter().any(|due| due.kind.id == "SUBMIT")
    };
    // Nor is what the deposit body asks for of it.
    let asked = [SUBMIT, ASK].iter().fold(contract.clone(), |contract, make| {
        act(&contract, &make(&contract), "2024-12-03").unwrap()
    });
    let over = super::broken(Mode::MutualAgreement, Initiator::Both);
    for (on, is_due) in [(effect, false), (effect.succ_opt().unwrap(), true)] {
        let over = act(&asked, &over, &on.to_string()).unwrap();
        let due = deadlines::all_due(&over).iter().any(|due| due.kind.id == "MAKE_COMPLETE");
        assert_eq!(due, is_due, "{on}");
    }
    assert!(!submits(effect), "the first day without contract");
    assert!(submits(effect.succ_opt().unwrap()));
}
