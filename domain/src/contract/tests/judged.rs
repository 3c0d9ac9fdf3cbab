//! What the law says of a contract as it stands.

use super::*;
use crate::contract::judged::{case_of, judged};
use crate::law::{Outcome, Previous};

/// Signed on paper, with an agreement attached.
fn signed() -> Contract {
    let mut contract = Contract::default();
    for step in [
        |_: &Contract| Command::Draft { enrolment: None },
        filling,
        agreement,
        |_: &Contract| Command::Publish,
        |_: &Contract| Command::SignOnPaper {
            scan: [8; 32],
            bytes: 1_000,
            attestation: "vu".to_owned(),
        },
    ] {
        contract = act(&contract, &step(&contract), BEFORE).unwrap();
    }
    contract
}

/// What rules find to be wrong, of a round.
fn wrong(contract: &Contract, number: usize, previous: Option<&Previous>) -> Vec<&'static str> {
    let verdicts = judged(contract, &contract.rounds[number], previous, day(LATER)).unwrap();
    let broken = |outcome: &Outcome| matches!(outcome, Outcome::Broken(_));
    verdicts.iter().filter(|one| broken(&one.outcome)).map(|one| one.rule.id).collect()
}

#[test]
fn a_late_deposit_and_a_wrong_rupture_are_told_and_stay_written() {
    let contract = signed();
    assert_eq!(wrong(&contract, 0, None), Vec::<&str>::new());
    // Five working days after Monday 2 September 2024: Saturday the 7th.
    let body = Command::Submit(DepositBody::State("DDETS 35".to_owned()));
    let sent = |on| act(&contract, &body, on).unwrap();
    assert_eq!(wrong(&sent("2024-09-07"), 0, None), Vec::<&str>::new());
    assert_eq!(wrong(&sent("2024-09-09"), 0, None), ["DEPOSIT_IN_TIME_PUBLIC"]);
    // Nobody wrote when it was told, and court is not how contracts of that year end.
    let ended = act(&contract, &broken(Mode::Judicial, Initiator::Court), "2025-01-10").unwrap();
    assert_eq!(wrong(&ended, 0, None), ["RUPTURE_NOTIFIED", "RUPTURE_OF_ITS_TIME"]);
}

#[test]
fn an_amendment_is_judged_by_what_it_amends_and_the_rupture_by_the_form_in_force() {
    let mut contract = signed();
    for (command, on) in [
        (Command::Submit(DepositBody::State("DDETS 35".to_owned())), BEFORE),
        (Command::Deposit("035202409AB0001".to_owned(), None), BEFORE),
        (Command::Amend(ContractType::OtherChange), "2024-12-02"),
        (filled_amendment(), "2024-12-02"),
    ] {
        contract = act(&contract, &command, on).unwrap();
    }
    let seen = case_of(&contract, contract.round().unwrap(), None, day(LATER));
    assert_eq!(seen.judged_on(), Ok(day("2024-08-26")), "by the rules of the contract");
    assert_eq!(seen.contract, Some(&contract.rounds[0].form));
    let drafted = contract.clone();
    contract = act(&contract, &agreement(&contract), "2024-12-02").unwrap();
    assert_eq!(wrong(&drafted, 1, None), ["TRAINING_AGREEMENT_PUBLIC"], "the draft has none yet");
    // The deposit body would look for another contract.
    let other = Command::Contribute(changes(&[("terms.previous_number", Some("035202409AB0002"))]));
    let other = act(&contract, &other, "2024-12-02").unwrap();
    assert_eq!(wrong(&other, 1, None), ["PREVIOUS_NUMBER_DEPOSITED"]);
    assert!(act(&other, &Command::Publish, "2024-12-02").is_ok(), "it warns");
    let rupture = broken(Mode::MutualAgreement, Initiator::Both);
    let ended = act(&contract, &rupture, "2025-01-10").unwrap();
    assert_eq!(wrong(&ended, 0, None), ["RUPTURE_NOTIFIED"]);
    assert_eq!(wrong(&ended, 1, None), Vec::<&str>::new(), "the draft is not in force");
}

#[test]
fn who_is_of_age_since_signs_an_amendment_alone() {
    let minor = Command::Contribute(changes(&[
        ("apprentice.born_on", Some("2007-01-15")),
        ("apprentice.emancipated", Some("false")),
        ("guardian.name", Some("D'Alençon")),
        ("guardian.first_name", Some("Ada")),
        ("guardian.email", Some("ada@exemple.fr")),
        ("guardian.same_address", Some("true")),
        ("terms.dangerous_work", Some("false")),
    ]));
    let mut contract = act(&after(&[DRAFT, filling]), &minor, BEFORE).unwrap();
    assert!(contract.round().unwrap().form.needs_guardian());
    let paper =
        |scan| Command::SignOnPaper { scan: [scan; 32], bytes: 9, attestation: "vu".into() };
    for command in [
        agreement(&contract),
        Command::Publish,
        paper(8),
        Command::Submit(DepositBody::State("DDETS 35".to_owned())),
        Command::Deposit("035202409AB0001".to_owned(), None),
        Command::Amend(ContractType::OtherChange),
        filled_amendment(),
    ] {
        contract = act(&contract, &command, BEFORE).unwrap();
    }
    for (concluded, on, minor) in [
        ("2025-01-14", "2025-01-14", true),
        // A day to come lets nobody out who is seventeen today, nor does one that is over.
        ("2025-01-15", "2025-01-14", true),
        ("2025-01-14", "2025-01-15", true),
        ("2025-01-15", "2025-01-15", false),
    ] {
        let published = published_amendment(&contract, concluded, &[]);
        let request = Command::RequestSignatures { document: [7; 32], signers: signers() };
        let asked = act(&published, &request, on).map(|_| ());
        let all = Err(ContractError::Signers(Party::ALL.to_vec()));
        assert_eq!(asked, if minor { all } else { Ok(()) }, "{concluded}, {on}");
        assert!(act(&published, &paper(9), on).is_ok(), "the representative is on the form");
    }
    // Nobody is named who would sign for a minor.
    let nobody =
        ["name", "first_name", "email", "same_address"].map(|one| format!("guardian.{one}"));
    let nobody: Vec<_> = nobody.iter().map(|path| (path.as_str(), None)).collect();
    let published = published_amendment(&contract, "2025-01-15", &nobody);
    for named in [signers(), [signers(), vec![guardian()]].concat()] {
        let request = Command::RequestSignatures { document: [7; 32], signers: named };
        let refused = Err(ContractError::Unrepresented);
        assert_eq!(act(&published, &request, "2025-01-14"), refused);
        assert_eq!(act(&published, &paper(9), "2025-01-14"), refused);
    }
    let request = Command::RequestSignatures { document: [7; 32], signers: signers() };
    assert!(act(&published, &request, "2025-01-15").is_ok());
    assert!(act(&published, &paper(9), "2025-01-15").is_ok());
}

fn guardian() -> Signer {
    Signer { party: Party::Guardian, identity: [9; 32], ..signers()[0].clone() }
}

/// An amendment that takes effect in February, with more changes, published before.
fn published_amendment(
    contract: &Contract,
    concluded: &str,
    more: &[(&str, Option<&str>)],
) -> Contract {
    let days =
        [("terms.concluded_on", Some(concluded)), ("terms.amendment_on", Some("2025-02-01"))];
    let filled = Command::Contribute(changes(&[&days, more].concat()));
    let filled = act(contract, &filled, "2024-12-02").unwrap();
    [agreement(&filled), Command::Publish]
        .iter()
        .fold(filled, |contract, command| act(&contract, command, "2024-12-02").unwrap())
}

#[test]
fn a_minor_does_not_conclude_alone_by_a_day_to_come_on_the_form() {
    // Seventeen, and of age on the day that the form says.
    let birth = Command::Contribute(changes(&[("apprentice.born_on", Some("2006-08-26"))]));
    let contract = act(&after(&[DRAFT, filling, agreement]), &birth, BEFORE).unwrap();
    let contract = act(&contract, &Command::Publish, "2024-08-25").unwrap();
    let request = Command::RequestSignatures { document: [7; 32], signers: signers() };
    let refused = Err(ContractError::Unrepresented);
    assert_eq!(act(&contract, &request, "2024-08-25"), refused);
    assert!(act(&contract, &request, "2024-08-26").is_ok(), "the eighteenth birthday");
}

#[test]
fn an_amendment_of_the_first_ones_keeps_the_day_of_conclusion_of_what_it_amends() {
    let kind = Opened::Clear(ContractType::OtherChange);
    for (own_conclusion, kept) in [(false, Some(day("2024-08-26"))), (true, None)] {
        let event = ContractEvent::AmendmentDrafted { kind: kind.clone(), own_conclusion };
        // What it wrote is what was new.
        let wrote = |path: &str, value: &str| Changed {
            path: path.to_owned(),
            value: Opened::Clear(Some(value.to_owned())),
        };
        let changes = vec![
            wrote("terms.previous_number", "035202409AB0001"),
            wrote("terms.amendment_on", "2025-01-01"),
        ];
        let amended = [event, ContractEvent::Contributed { changes }]
            .iter()
            .fold(signed(), |contract, event| contract.evolve(event, day("2024-12-02")));
        let form = &amended.round().unwrap().form;
        assert_eq!(form.terms.concluded_on, kept);
        assert_eq!(form.completeness().missing.is_empty(), kept.is_some());
        assert_eq!(form.terms.amendment_on, Some(day("2025-01-01")));
    }
    let drafted = decide(&deposited(), &Command::Amend(ContractType::OtherChange), &given(BEFORE));
    assert_eq!(drafted, Ok(vec![ContractEvent::AmendmentDrafted { kind, own_conclusion: true }]));
}

/// Signed, sent and deposited.
fn deposited() -> Contract {
    [
        Command::Submit(DepositBody::State("DDETS 35".to_owned())),
        Command::Deposit("035202409AB0001".to_owned(), None),
    ]
    .iter()
    .fold(signed(), |contract, command| act(&contract, command, BEFORE).unwrap())
}

#[test]
fn a_contract_that_is_signed_after_its_first_day_is_told_and_not_refused() {
    let published = after(&[DRAFT, filling, agreement, PUBLISH]);
    let paper = Command::SignOnPaper { scan: [8; 32], bytes: 9, attestation: "vu".to_owned() };
    let signed = |on| act(&published, &paper, on).unwrap();
    assert_eq!(wrong(&signed("2024-09-02"), 0, None), Vec::<&str>::new());
    let late = signed("2024-11-28");
    assert_eq!(wrong(&late, 0, None), ["SIGNED_IN_TIME"]);
    assert!(
        judged(&late, &late.rounds[0], None, day(LATER)).unwrap().iter().all(|one| !one.refuses())
    );
}

#[test]
fn an_amendment_is_sent_in_time_after_all_have_signed_it() {
    let mut contract = signed();
    let paper = Command::SignOnPaper { scan: [9; 32], bytes: 9, attestation: "vu".to_owned() };
    let body = Command::Submit(DepositBody::State("DDETS 35".to_owned()));
    for (command, on) in [
        (body.clone(), BEFORE),
        (Command::Deposit("035202409AB0001".to_owned(), None), BEFORE),
        (Command::Amend(ContractType::OtherChange), "2024-12-02"),
        (filled_amendment(), "2024-12-02"),
        (agreement(&contract), "2024-12-02"),
        (Command::Publish, "2024-12-02"),
        (paper, "2024-12-02"),
    ] {
        contract = act(&contract, &command, on).unwrap();
    }
    // Five working days after Monday 2 December 2024: Saturday the 7th.
    let sent = |on| act(&contract, &body, on).unwrap();
    assert_eq!(wrong(&sent("2024-12-07"), 1, None), Vec::<&str>::new());
    assert_eq!(wrong(&sent("2024-12-09"), 1, None), ["DEPOSIT_IN_TIME_PUBLIC"]);
}
