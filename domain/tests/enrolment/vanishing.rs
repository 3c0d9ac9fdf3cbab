//! A rupture or an exclusion that a row no longer has.

use super::common::*;
use domain::dossier::Field;
use domain::enrolment::{Command, Fact, Initiator, RetractionReason, Rupture, RuptureMode};

fn excluded(on: &str) -> domain::dossier::Declaration {
    row().with(|r| r.excluded_on = Some(day(on)))
}

#[test]
fn a_rupture_emptied_in_a_full_run_waits_for_the_close_of_the_run() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let (event, _) = rupture(&stream).expect("broken");
    let decision = stream.full(2, row_with_contract());
    assert!(decision.events.is_empty(), "the row itself writes nothing");
    assert_eq!(decision.vanished, [event]);
    let closed = stream.vanish(2, event);
    let retraction = only(&closed);
    assert_eq!(retraction.corrects, Some(event));
    let reason = RetractionReason::VanishedFromFullPush;
    assert_eq!(retraction.fact, Fact::Retracted { reason });
    assert_eq!(rupture(&stream), None);
    assert!(stream.full(3, row_with_contract()).vanished.is_empty(), "it vanishes once");
}

#[test]
fn a_corrected_rupture_that_vanishes_is_withdrawn_whole() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    stream.full(2, broken_row("2024-12-15"));
    stream.close(3, row_with_contract());
    assert_eq!(rupture(&stream), None, "the first date does not come back");
}

#[test]
fn a_rupture_emptied_in_a_partial_run_says_nothing() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let decision = stream.partial(2, row_with_contract());
    assert!(decision.events.is_empty() && decision.vanished.is_empty());
}

#[test]
fn a_rupture_whose_value_could_not_be_used_has_not_vanished() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let unreadable = row_with_contract().with(|r| drop_field(r, Field::ContratDateRupture));
    assert!(stream.full(2, unreadable).vanished.is_empty());
    let other_slot = row_with_contract().with(|r| drop_field(r, Field::ContratDateRupture2));
    assert_eq!(stream.full(3, other_slot).vanished.len(), 1);
}

#[test]
fn an_exclusion_vanishes_likewise() {
    let mut stream = Stream::default();
    stream.full(1, excluded("2025-02-03"));
    assert!(stream.partial(2, row()).vanished.is_empty());
    let unreadable = row().with(|r| drop_field(r, Field::DateExclusionFormation));
    assert!(stream.full(3, unreadable).vanished.is_empty());
    stream.close(4, row());
    assert_eq!(stream.current().exclusion, None);
    assert_eq!(types(&stream.full(5, excluded("2025-02-03"))), ["LearnerExcluded"]);
}

#[test]
fn a_rupture_that_a_newer_run_said_again_does_not_vanish_by_a_late_full_run() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    stream.full(3, broken_row("2024-11-30"));
    assert!(stream.full(2, row_with_contract()).vanished.is_empty());
}

#[test]
fn a_newer_statement_between_the_row_and_the_close_keeps_the_rupture() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let decision = stream.full(2, row_with_contract());
    stream.full(3, broken_row("2024-11-30"));
    let closed = stream.vanish(2, decision.vanished[0]);
    assert!(closed.events.is_empty() && closed.stale);
    assert!(rupture(&stream).is_some());
}

#[test]
fn an_older_correction_between_the_row_and_the_close_vanishes_too() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let decision = stream.full(3, row_with_contract());
    stream.partial(2, broken_row("2024-12-15"));
    stream.vanish(3, decision.vanished[0]);
    assert_eq!(rupture(&stream), None);
}

#[test]
fn what_a_person_declared_never_vanishes() {
    let mut stream = Stream::default();
    stream.full(1, row_with_contract());
    let contract = stream.current().contracts[0].id;
    let by_hand = Rupture {
        contract,
        effective_on: day("2024-11-30"),
        notified_on: Some(day("2024-12-02")),
        mode: RuptureMode::MutualAgreement,
        initiator: Initiator::Both,
        verbatim: None,
    };
    stream.run(Command::BreakContract(by_hand.clone())).expect("accepted");
    assert!(stream.full(2, row_with_contract()).vanished.is_empty());
    let same_day = broken_row("2024-11-30");
    assert!(stream.full(3, same_day.clone()).events.is_empty(), "the push adds nothing");
    let worded = same_day.with(|r| r.contracts[0].cause = Some("accord".to_owned()));
    assert_eq!(types(&stream.full(4, worded.clone())), ["ContractBroken"]);
    let (_, kept) = stream.current().contracts[0].rupture.clone().expect("broken");
    assert_eq!(kept.mode, RuptureMode::MutualAgreement);
    assert_eq!(kept.notified_on, by_hand.notified_on);
    assert_eq!(kept.verbatim.and_then(|v| v.clear().cloned()), Some("accord".to_owned()));
    let reworded = worded.with(|r| r.contracts[0].cause = Some("autre".to_owned()));
    assert!(stream.full(5, reworded).events.is_empty(), "words that stand are kept");
    assert!(stream.full(6, row_with_contract()).vanished.is_empty(), "still a person's word");
}

#[test]
fn a_rupture_that_a_person_corrected_before_the_close_does_not_vanish() {
    let mut stream = Stream::default();
    stream.full(1, broken_row("2024-11-30"));
    let vanished = stream.full(2, row_with_contract()).vanished;
    let (_, known) = stream.current().contracts[0].rupture.clone().expect("broken");
    let effective_on = day("2024-12-05");
    let fact = Fact::ContractBroken(Rupture { effective_on, ..known });
    stream.run(Command::Correct { event: vanished[0], fact, effective_on }).expect("corrected");
    assert!(stream.vanish(2, vanished[0]).events.is_empty());
    assert_eq!(rupture(&stream).map(|(_, on)| on), Some(effective_on));
}
