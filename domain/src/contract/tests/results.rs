//! The result of the exam, which is known after the term.

use super::*;

fn complete(diploma: Option<bool>) -> Command {
    Command::Complete(Completion { early: false, diploma, notified_on: None })
}

#[test]
fn the_result_is_told_after_the_term_and_of_that_end_nothing_else_changes() {
    let last = "2026-08-31";
    let ended = act(&signed(), &complete(None), last).unwrap();
    let again = decide(&ended, &complete(None), &given(last));
    assert_eq!(again, Ok(Vec::new()), "it is so already");
    let of = |contract: &Contract| match &contract.life {
        Life::Completed(on, end) => (*on, end.diploma),
        other => panic!("{other:?}"),
    };
    let failed = act(&ended, &complete(Some(false)), last).unwrap();
    assert_eq!(of(&failed), (day(last), Some(false)));
    // A jury may say otherwise, and nobody takes a result back.
    let obtained = act(&failed, &complete(Some(true)), last).unwrap();
    assert_eq!(of(&obtained), (day(last), Some(true)));
    let refused = Err(ContractError::Ended(day(last)));
    assert_eq!(act(&obtained, &complete(None), last), refused);
    assert_eq!(act(&ended, &complete(Some(true)), "2026-10-01"), refused, "another day");
    let other = |early, notified_on| {
        let end = Completion { early, diploma: Some(true), notified_on };
        act(&ended, &Command::Complete(end), last)
    };
    assert_eq!(other(true, None), refused);
    assert_eq!(other(false, Some(day(BEFORE))), refused);
    // Who left early did with the diploma.
    let early = |diploma| Command::Complete(Completion { early: true, diploma, notified_on: None });
    let left = act(&signed(), &early(Some(true)), "2026-08-01").unwrap();
    let refused = Err(ContractError::Ended(day("2026-08-01")));
    assert_eq!(act(&left, &early(Some(false)), "2026-08-01"), refused);
    // Of what was broken no result is told.
    let broken =
        act(&signed(), &broken(Mode::MutualAgreement, Initiator::Both), "2024-10-01").unwrap();
    let refused = ContractError::Life { command: "Complete", life: "broken" };
    assert_eq!(act(&broken, &complete(Some(true)), "2024-10-01"), Err(refused));
}
