//! What the law says of a contract as it stands.

use super::*;
use crate::contract::judged::judged;
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
        (Command::Deposit("035202409AB0001".to_owned()), BEFORE),
        (Command::Amend(ContractType::OtherChange), "2024-12-02"),
        (filled_amendment(), "2024-12-02"),
    ] {
        contract = act(&contract, &command, on).unwrap();
    }
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
