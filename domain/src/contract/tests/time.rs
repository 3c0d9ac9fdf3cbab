//! What follows from the time that passed.

use super::*;
use crate::contract::conclude::{Decision, Silence, decision};
use crate::contract::deadlines::{By, due};

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
    let late = act(&complete, &Command::Deposit("N".to_owned()), "2024-11-30").unwrap();
    assert_eq!(at(&late, "2025-01-01"), Decision::Taken(day("2024-11-30")));
    // Of a private employer, and of an establishment of industrial kind, silence is a refusal.
    let mut private = sent.clone();
    private.rounds[0].form.set("employer.kind", Some("30")).unwrap();
    assert_eq!(at(&private, "2024-09-25"), Decision::Silent(day("2024-09-24"), Silence::Refusal));
    // What silence accepted may be amended, what it refused may not.
    let amend = Command::Amend(ContractType::OtherChange);
    assert!(act(&sent, &amend, "2024-09-24").is_err());
    assert!(act(&sent, &amend, "2024-09-25").is_ok());
    assert!(act(&private, &amend, "2024-09-25").is_err());
}

fn named(contract: &Contract, on: &str) -> Vec<(&'static str, By)> {
    due(contract, day(on)).into_iter().map(|due| (due.id, due.by)).collect()
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
        assert!(due.text.fr.ends_with('.') && !due.article.is_empty());
    }
}
