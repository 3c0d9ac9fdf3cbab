//! Acts that are recorded on another day than that on which they happened.

use super::*;
use crate::contract::conclude::{Decision, decision};

const PAPER: fn(&Contract) -> Command =
    |_| Command::SignOnPaper { scan: [9; 32], bytes: 9, attestation: "vu".to_owned() };
const DEPOSIT: fn(&Contract) -> Command = |_| Command::Deposit("N1".to_owned(), None);
const REFUSE: fn(&Contract) -> Command = |_| Command::RefuseDeposit("un motif".to_owned());
const COMPLETE: fn(&Contract) -> Command = |_| Command::MakeComplete { by_body: true };

fn decided(contract: &Contract, on: &str) -> Decision {
    decision(contract.round().unwrap(), day(on))
}

#[test]
fn a_paper_is_signed_on_its_day_and_the_twenty_days_run_from_the_day_of_the_complete_file() {
    // Written on the 5th of what was signed on the 1st and sent on the 3rd.
    let published = act(&after(&[DRAFT, filling, agreement]), &Command::Publish, "2024-09-05");
    let signed = act(&published.unwrap(), &PAPER(&Contract::default()), "2024-09-01").unwrap();
    assert_eq!(signed.round().unwrap().signed_on, Some(day("2024-09-01")));
    let sent = act(&signed, &SUBMIT(&signed), "2024-09-03").unwrap();
    assert_eq!(decided(&sent, "2024-09-24"), decided(&sent, "2024-10-01"));
    assert_eq!(decided(&sent, "2024-09-23"), Decision::Due(day("2024-09-23")));
    let asked = act(&sent, &ASK(&sent), "2024-09-10").unwrap();
    let complete = act(&asked, &COMPLETE(&asked), "2024-09-12").unwrap();
    assert_eq!(decided(&complete, "2024-10-02"), Decision::Due(day("2024-10-02")));
    // What the body decided in time is written down later, and is what it decided.
    let deposited = act(&complete, &DEPOSIT(&complete), "2024-10-01").unwrap();
    assert_eq!(decided(&deposited, "2024-11-05"), Decision::Taken(day("2024-10-01")));
    let refused = act(&complete, &REFUSE(&complete), "2024-10-02").unwrap();
    assert_eq!(decided(&refused, "2024-11-05"), Decision::Taken(day("2024-10-02")));
}

#[test]
fn no_act_is_before_the_one_that_it_follows() {
    let sent = act(&signed(), &SUBMIT(&Contract::default()), "2024-09-04").unwrap();
    let asked = act(&sent, &ASK(&sent), "2024-09-10").unwrap();
    let complete = act(&asked, &COMPLETE(&asked), "2024-09-12").unwrap();
    for (contract, follows, first) in [
        (&signed(), &[SUBMIT][..], BEFORE),
        (&sent, &[ASK, DEPOSIT, REFUSE], "2024-09-04"),
        (&asked, &[COMPLETE, REFUSE], "2024-09-10"),
        (&complete, &[ASK, DEPOSIT, REFUSE], "2024-09-12"),
    ] {
        for make in follows {
            let command = make(contract);
            let early = day(first).pred_opt().unwrap().to_string();
            let refused = ContractError::TooEarly { command: command.name(), first: day(first) };
            assert_eq!(act(contract, &command, &early), Err(refused), "{command:?}");
            assert!(act(contract, &command, first).is_ok(), "{command:?} on {first}");
        }
    }
    // A paper that amends the contract is not older than what it amends.
    let contract = [DEPOSIT, |_: &Contract| Command::Amend(ContractType::OtherChange)]
        .iter()
        .fold(complete, |contract, make| act(&contract, &make(&contract), "2024-12-02").unwrap());
    let contract = [filling, agreement, PUBLISH]
        .iter()
        .fold(contract, |contract, make| act(&contract, &make(&contract), "2024-12-02").unwrap());
    let first = day(BEFORE);
    let refused = ContractError::TooEarly { command: "SignOnPaper", first };
    assert_eq!(act(&contract, &PAPER(&contract), "2024-08-25"), Err(refused));
    assert!(act(&contract, &PAPER(&contract), BEFORE).is_ok());
}
