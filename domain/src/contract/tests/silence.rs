//! What the parties and the deposit body still do once its silence has decided.

use super::*;
use crate::contract::conclude::{Decision, Silence, decision};
use crate::contract::deadlines::{By, due};

const OPCO: fn(&Contract) -> Command = |_| Command::Submit(DepositBody::Opco("OPCO".to_owned()));
const PAPER: fn(&Contract) -> Command =
    |_| Command::SignOnPaper { scan: [9; 32], bytes: 9, attestation: "vu".to_owned() };

/// A private contract that all have signed and that was sent, and that is not decided on.
fn sent() -> Contract {
    // Of industrial and commercial kind: under private law, whoever owns it.
    let private = Command::Contribute(changes(&[("employer.kind", Some("30"))]));
    let draft = act(&after(&[DRAFT, filling, agreement]), &private, BEFORE).unwrap();
    [PUBLISH, PAPER, OPCO]
        .iter()
        .fold(draft, |contract, make| act(&contract, &make(&contract), BEFORE).unwrap())
}

/// With an amendment that ends it two months earlier, elsewhere, sent on 2 December 2024.
fn amended() -> Contract {
    let contract = act(&sent(), &Command::Deposit("N1".to_owned(), None), "2024-09-03").unwrap();
    let change = Command::Contribute(changes(&[
        ("terms.end_on", Some("2026-06-30")),
        ("training.exams_end_on", Some("2026-06-20")),
        ("employer.address.postcode", Some("44000")),
    ]));
    let amend = Command::Amend(ContractType::OtherChange);
    [amend, filled_amendment(), change, agreement(&Contract::default())]
        .into_iter()
        .chain([PUBLISH, PAPER, OPCO].map(|make| make(&Contract::default())))
        .fold(contract, |contract, one| act(&contract, &one, "2024-12-02").unwrap())
}

/// The last day of the deposit body for that amendment, and the first on which silence has refused it.
const LAST: &str = "2024-12-22";
const REFUSED: &str = "2024-12-23";

#[test]
fn what_silence_refused_is_opened_again_and_not_before() {
    let (contract, reopen) = (sent(), Command::Reopen("sans réponse".to_owned()));
    assert!(act(&contract, &reopen, "2024-09-15").is_err(), "the OPCO still has this day");
    let open = act(&contract, &reopen, SILENT).unwrap();
    assert_eq!((open.round().unwrap().phase, &open.life), (Phase::Draft, &Life::Pending));
    let again = [PUBLISH, PAPER, OPCO]
        .iter()
        .fold(open, |contract, make| act(&contract, &make(&contract), SILENT).unwrap());
    let on = day("2024-10-06");
    assert_eq!(decision(again.round().unwrap(), on), Decision::Due(on), "twenty days anew");
    // What silence accepted is not.
    let public = act(&signed(), &SUBMIT(&Contract::default()), BEFORE).unwrap();
    assert!(act(&public, &reopen, SILENT).is_err());
    // The contract itself is not amended before it is deposited; its amendment is followed by another.
    let amend = Command::Amend(ContractType::OtherChange);
    let (last, silence) = (day("2024-09-15"), Silence::Refusal);
    let refused = act(&contract, &amend, SILENT).unwrap_err();
    assert_eq!(refused, ContractError::Silent { command: "Amend", last, silence });
    assert!(refused.text().fr.contains("les parties peuvent le rouvrir"), "{refused}");
    assert!(act(&amended(), &amend, LAST).is_err());
    assert_eq!(act(&amended(), &amend, REFUSED).unwrap().rounds.len(), 3);
    assert!(act(&amended(), &reopen, LAST).is_err());
    assert_eq!(act(&amended(), &reopen, REFUSED).unwrap().round().unwrap().phase, Phase::Draft);
}

#[test]
fn an_amendment_that_silence_refused_is_not_in_force_from_that_day_on() {
    let contract = amended();
    let of = |contract: &Contract, on: &str| {
        let form = contract.in_force(day(on)).unwrap();
        (
            form.terms.end_on.unwrap().to_string(),
            place(contract, day(on)).unwrap(),
            crate::contract::funding::effective_end(contract, day(on)).unwrap().to_string(),
        )
    };
    let amended = ("2026-06-30".to_owned(), "44".to_owned(), "2026-06-30".to_owned());
    let before = ("2026-08-31".to_owned(), "35".to_owned(), "2026-08-31".to_owned());
    assert_eq!(of(&contract, LAST), amended);
    assert_eq!(of(&contract, REFUSED), before);
    assert_eq!(contract.lapses_on(), Some(day(REFUSED)));
    // What is due follows: one term a day, each with the days on which it is that.
    for (on, term) in [(LAST, "2026-06-30"), (REFUSED, "2026-08-31")] {
        let all = due(&contract, day(on));
        let terms: Vec<By> =
            all.iter().filter(|due| due.kind.id == "COMPLETE").map(|due| due.by).collect();
        assert_eq!(terms, [By::Day(day(term))], "{on}");
    }
    // Its term is judged by what is in force on the day of the act.
    let complete = Command::Complete(Completion { early: false, diploma: None, notified_on: None });
    assert_eq!(act(&contract, &complete, "2026-06-30"), Err(ContractError::NotOver));
    assert!(act(&contract, &complete, "2026-08-31").is_ok());
    // Another amendment begins with what was in force before it; the OPCO decides of that one.
    let next = act(&contract, &Command::Amend(ContractType::OtherChange), REFUSED).unwrap();
    assert_eq!(next.round().unwrap().form.terms.end_on, Some(day("2026-08-31")));
    assert_eq!(of(&next, LAST), before);
    for late in [
        Command::Deposit("N2".to_owned(), None),
        Command::RefuseDeposit("tard".to_owned()),
        Command::AskFor("une pièce".to_owned()),
    ] {
        assert_eq!(act(&next, &late, "2025-01-06"), Err(ContractError::ReplacedSince), "{late:?}");
    }
    assert_eq!(next.undecided(), None);
    // A late number puts it in force all the same.
    let number = act(&contract, &Command::Deposit("N2".to_owned(), None), "2025-01-06").unwrap();
    assert_eq!(of(&number, "2025-01-07"), amended);
}

#[test]
fn nobody_loses_sight_of_a_contract_by_an_amendment_that_silence_may_refuse() {
    let places = |contract: &Contract| {
        let is = |tie: &Tie| matches!(tie, Tie::Place(_));
        ties(contract).into_iter().filter(is).map(|tie| tie.to_string()).collect::<Vec<_>>()
    };
    let contract = amended();
    assert_eq!(places(&contract), ["place 35", "place 44"]);
    let deposited = act(&contract, &Command::Deposit("N2".to_owned(), None), LAST).unwrap();
    assert_eq!(places(&deposited), ["place 44"]);
    let refused = act(&contract, &Command::RefuseDeposit("non".to_owned()), LAST).unwrap();
    assert_eq!(places(&refused), ["place 35"]);
    let next = act(&contract, &Command::Amend(ContractType::OtherChange), REFUSED).unwrap();
    assert_eq!(places(&next), ["place 35"]);
}

#[test]
fn once_silence_has_decided_the_body_asks_for_nothing_and_undoes_no_acceptance() {
    let public = act(&signed(), &SUBMIT(&Contract::default()), BEFORE).unwrap();
    let (ask, refuse) = (ASK(&public), Command::RefuseDeposit("une pièce manque".to_owned()));
    for command in [&ask, &refuse] {
        assert!(act(&public, command, "2024-09-15").is_ok(), "{command:?} on the last day");
        let refused = act(&public, command, SILENT).unwrap_err();
        let (last, silence) = (day("2024-09-15"), Silence::Acceptance);
        assert_eq!(refused, ContractError::Silent { command: command.name(), last, silence });
        assert!(refused.text().en.contains("until 2024-09-15"), "{refused}");
        assert!(refused.text().fr.contains("jusqu'au 15/09/2024"), "{refused}");
    }
    assert!(act(&public, &Command::Deposit("N1".to_owned(), None), SILENT).is_ok());
    // Of the others a late decision is one, and nothing is asked for any more.
    let private = sent();
    let (last, silence) = (day("2024-09-15"), Silence::Refusal);
    let refused = ContractError::Silent { command: "AskFor", last, silence };
    assert_eq!(act(&private, &ask, SILENT), Err(refused));
    assert!(act(&private, &refuse, SILENT).is_ok());
    assert!(act(&private, &Command::Deposit("N1".to_owned(), None), SILENT).is_ok());
}

#[test]
fn nobody_is_late_of_what_silence_refused_once_the_contract_is_over() {
    let late = |contract: &Contract| {
        let all = crate::contract::deadlines::all_due(contract).into_iter();
        let late = all.filter(|due| due.kind.obliges && due.kind.is_ever_late());
        late.map(|due| due.kind.id).collect::<Vec<_>>()
    };
    let broken = broken(Mode::MutualAgreement, Initiator::Both);
    let public = act(&signed(), &SUBMIT(&Contract::default()), BEFORE).unwrap();
    let on = "2025-01-10";
    for (contract, over) in [(sent(), [].as_slice()), (amended(), &[]), (public, &["DECIDE"])] {
        assert_eq!(late(&contract), ["DECIDE"]);
        let ended = act(&contract, &broken, on).unwrap();
        assert_eq!(late(&ended), over);
        // For the parties could do nothing.
        for command in
            [Command::Reopen("non".to_owned()), Command::Amend(ContractType::OtherChange)]
        {
            let refused = act(&ended, &command, on);
            assert!(matches!(refused, Err(ContractError::Life { .. })), "{refused:?}");
        }
    }
    // The body still has its days, and is told of them.
    let ended = act(&amended(), &broken, "2024-12-10").unwrap();
    let days = due(&ended, day("2024-12-11"));
    let decides =
        days.iter().find(|due| due.kind.from == crate::contract::deadlines::From::DepositBody);
    assert_eq!(decides.map(|due| (due.by, due.kind.obliges)), Some((By::Day(day(LAST)), true)));
}

#[test]
fn nobody_makes_a_silence_of_days_that_are_over() {
    let (on, today) = (BEFORE, "2026-11-28");
    let sent = recorded(&signed(), &SUBMIT(&Contract::default()), on, today).unwrap();
    let round = sent.round().unwrap();
    assert_eq!((round.submitted_on, round.complete_on), (Some(day(on)), Some(day(today))));
    assert_eq!(decision(round, day(today)), Decision::Due(day("2026-12-18")));
    // What the body did since that day is still recorded.
    for command in [ASK(&sent), Command::RefuseDeposit("non".to_owned())] {
        assert!(recorded(&sent, &command, "2024-09-01", today).is_ok(), "{command:?}");
        let early = recorded(&sent, &command, "2024-08-25", today);
        assert!(matches!(early, Err(ContractError::TooEarly { .. })), "{early:?}");
    }
    // An answer counts as the sending does, whoever tells of it.
    let asked = recorded(&sent, &ASK(&sent), "2024-09-01", today).unwrap();
    let given = Attachment { kind: AttachmentKind::Other, digest: [77; 32], bytes: 1 };
    let given = act(&asked, &Command::Attach(given), today).unwrap();
    for by_body in [false, true] {
        let command = Command::MakeComplete { by_body };
        let complete = recorded(&given, &command, "2024-09-05", today).unwrap();
        let round = complete.round().unwrap();
        let by = crate::contract::conclude::last_day_to_decide(round);
        assert_eq!(by, Some(day("2026-12-18")), "by the body: {by_body}");
        assert_eq!(round.given_on, Some(day("2024-09-05")), "the day that was said is kept");
    }
}

#[test]
fn no_day_that_is_said_afterwards_undoes_what_silence_accepted() {
    let public = act(&signed(), &SUBMIT(&Contract::default()), BEFORE).unwrap();
    for command in [ASK(&public), Command::RefuseDeposit("une pièce manque".to_owned())] {
        assert!(recorded(&public, &command, "2024-09-10", "2024-09-15").is_ok(), "{command:?}");
        let refused = recorded(&public, &command, "2024-09-10", SILENT).unwrap_err();
        let (last, silence) = (day("2024-09-15"), Silence::Acceptance);
        assert_eq!(refused, ContractError::Silent { command: command.name(), last, silence });
        assert!(refused.text().en.contains("no decision was recorded by then"), "{refused}");
        assert!(refused.text().fr.contains("aucune décision n'ayant été enregistrée"), "{refused}");
    }
    let deposit = Command::Deposit("N1".to_owned(), None);
    assert!(recorded(&public, &deposit, "2024-09-10", SILENT).is_ok(), "a number, late");
}

#[test]
fn what_is_said_ahead_presumes_no_silence() {
    // Signed and sent to last a year longer; said to end at the term before, on a day when silence might refuse that.
    let contract = act(&sent(), &Command::Deposit("N1".to_owned(), None), "2024-09-03").unwrap();
    let longer = Command::Contribute(changes(&[
        ("terms.end_on", Some("2027-08-31")),
        ("training.exams_end_on", Some("2027-08-20")),
    ]));
    let amend = Command::Amend(ContractType::ExtensionAfterFailure);
    let contract = [amend, filled_amendment(), longer, agreement(&Contract::default())]
        .into_iter()
        .chain([PUBLISH, PAPER, OPCO].map(|make| make(&Contract::default())))
        .fold(contract, |contract, one| act(&contract, &one, "2026-08-14").unwrap());
    let complete = Command::Complete(Completion { early: false, diploma: None, notified_on: None });
    let ended = "2026-09-05";
    assert_eq!(recorded(&contract, &complete, ended, "2026-09-03"), Err(ContractError::NotOver));
    assert!(recorded(&contract, &complete, ended, "2026-09-04").is_ok(), "silence has refused it");
}
