//! A declared abandon: said, moved, taken back by its source; a person's stays.

use super::common::*;
use domain::dossier::Declaration;
use domain::enrolment::{Command, Fact, RetractionReason};

/// A row that declares that status since that day.
fn declares(status: u8, since: &str) -> Declaration {
    row().with(|r| {
        r.facets.declared_status = Some(status);
        r.facets.declared_status_on = Some(day(since));
    })
}

fn out_on(stream: &Stream) -> Option<chrono::NaiveDate> {
    stream.current().withdrawal.map(|(_, on)| on)
}

#[test]
fn an_abandon_is_declared_once_and_corrected_when_its_date_moves() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let said = stream.full(2, declares(0, "2024-10-01"));
    assert_eq!(types(&said), ["EnrolmentAmended", "WithdrawalDeclared"]);
    assert!(stream.full(3, declares(0, "2024-10-01")).events.is_empty());
    for (night, date) in [(4, "2024-10-08"), (5, "2024-10-09")] {
        let (standing, _) = stream.current().withdrawal.expect("an abandon");
        let moved = stream.full(night, declares(0, date));
        assert_eq!(types(&moved), ["EnrolmentAmended", "WithdrawalDeclared"]);
        assert_eq!(moved.events[1].corrects, Some(standing), "none stands beside another");
        assert_eq!(out_on(&stream), Some(day(date)));
    }
}

#[test]
fn an_abandon_that_the_source_takes_back_is_withdrawn_with_all_its_corrections() {
    let mut stream = Stream::default();
    stream.full(1, declares(0, "2024-10-01"));
    stream.full(2, declares(0, "2024-10-08"));
    let back = stream.full(3, declares(3, "2024-10-15"));
    assert_eq!(types(&back), ["EnrolmentAmended", "Retracted", "Retracted"]);
    let reason = RetractionReason::OtherStatusDeclared;
    assert!(back.events[1..].iter().all(|e| e.fact == Fact::Retracted { reason }));
    assert_eq!(out_on(&stream), None);
    assert!(stream.full(4, declares(3, "2024-10-15")).events.is_empty());
    let again = stream.full(5, declares(0, "2024-10-20"));
    assert_eq!(types(&again), ["EnrolmentAmended", "WithdrawalDeclared"]);
    assert_eq!(out_on(&stream), Some(day("2024-10-20")));
}

#[test]
fn a_status_without_its_date_takes_an_abandon_back_too() {
    let mut stream = Stream::default();
    stream.full(1, declares(0, "2024-10-01"));
    stream.full(2, row().with(|r| r.facets.declared_status = Some(2)));
    assert_eq!(out_on(&stream), None);
}

#[test]
fn an_absent_status_takes_nothing_back() {
    let mut stream = Stream::default();
    stream.full(1, declares(0, "2024-10-01"));
    assert!(stream.full(2, row()).events.is_empty());
    assert_eq!(out_on(&stream), Some(day("2024-10-01")));
}

#[test]
fn an_older_status_takes_nothing_back() {
    let mut stream = Stream::default();
    stream.full(1, row());
    stream.full(5, declares(0, "2024-10-01"));
    let late = stream.full(3, declares(3, "2024-09-20"));
    assert!(late.events.is_empty() && late.stale);
    assert_eq!(out_on(&stream), Some(day("2024-10-01")));
}

#[test]
fn a_withdrawal_that_a_person_declared_stays_whatever_the_source_says() {
    let mut stream = Stream::default();
    stream.full(1, declares(3, "2024-09-02"));
    stream.run(Command::DeclareWithdrawal { on: day("2024-11-04") }).expect("declared");
    assert_eq!(types(&stream.full(70, declares(2, "2024-11-05"))), ["EnrolmentAmended"]);
    assert_eq!(out_on(&stream), Some(day("2024-11-04")));
}

#[test]
fn an_abandon_under_a_persons_own_is_taken_back_all_the_same() {
    let mut stream = Stream::default();
    stream.full(1, declares(0, "2024-10-01"));
    let own = stream.run(Command::DeclareWithdrawal { on: day("2024-11-04") }).expect("declared");
    stream.full(70, declares(3, "2024-11-05"));
    assert_eq!(out_on(&stream), Some(day("2024-11-04")), "a person's word stands");
    let (event, reason) = (only(&own).id, RetractionReason::SentByMistake);
    stream.run(Command::Retract { event, reason, on: day("2024-11-06") }).expect("retracted");
    assert_eq!(out_on(&stream), None, "what the source took back does not come back");
}

#[test]
fn an_abandon_that_a_person_withdrew_does_not_come_back_with_another_value() {
    let mut stream = Stream::default();
    stream.full(1, declares(0, "2024-10-01"));
    let (event, _) = stream.current().withdrawal.expect("an abandon");
    let reason = RetractionReason::SentByMistake;
    stream.run(Command::Retract { event, reason, on: day("2024-11-06") }).expect("retracted");
    let other = declares(0, "2024-10-01").with(|r| r.facets.has_nir = true);
    assert_eq!(types(&stream.full(70, other)), ["EnrolmentAmended"]);
    assert_eq!(out_on(&stream), None);
}
