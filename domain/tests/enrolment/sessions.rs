//! A new school year or another CFA with a session of its own: the former one stays.

use super::common::*;
use domain::dossier::Declaration;
use domain::enrolment::{Command, Fact, RetractionReason};
use domain::rules::RuleSet::R3;
use domain::rules::Status::{self, Abandon, Apprenti, Inscrit};

/// A row of a session of that school year.
fn year(year: &str, entry: &str, end: &str) -> Declaration {
    row().with(|r| {
        r.training.school_year = school_year(year);
        r.training.entry_on = day(entry);
        r.training.end_on = day(end);
    })
}

fn first() -> Declaration {
    year("2025-2026", "2025-09-01", "2026-07-31")
}

fn second() -> Declaration {
    year("2026-2027", "2026-09-01", "2027-07-31")
}

fn status_on(stream: &Stream, on: &str) -> Option<Status> {
    stream.current().trajectory(R3).at(day(on))
}

#[test]
fn a_new_school_year_keeps_the_days_before_the_contract_of_the_year_before() {
    let with_contract =
        |r: Declaration| r.with(|r| r.contracts = vec![contract(1, "2025-11-17", BAKER)]);
    let mut stream = Stream::default();
    stream.full(400, with_contract(first()));
    assert_eq!(status_on(&stream, "2025-10-01"), Some(Inscrit));
    stream.full(735, with_contract(second()));
    assert_eq!(stream.current().training.entry_on, day("2026-09-01"));
    assert_eq!(status_on(&stream, "2025-10-01"), Some(Inscrit));
    assert_eq!(status_on(&stream, "2025-11-17"), Some(Apprenti));
}

#[test]
fn a_year_without_any_contract_is_still_there_after_the_next_one_began() {
    let mut stream = Stream::default();
    stream.full(400, first());
    stream.full(735, second());
    let told = [
        ("2025-08-31", None),
        ("2025-10-01", Some(Inscrit)),
        ("2026-05-01", Some(Abandon)),
        ("2026-10-01", Some(Inscrit)),
    ];
    for (on, status) in told {
        assert_eq!(status_on(&stream, on), status, "{on}");
    }
}

#[test]
fn a_transfer_with_its_own_session_keeps_the_days_in_the_cfa_that_was_left() {
    let mut stream = Stream::default();
    stream.full(400, first());
    let moved = year("2025-2026", "2025-10-20", "2026-07-31").with(|r| r.training.trainer = lyon());
    stream.full(420, moved);
    assert_eq!(stream.current().transfers[0].1, day("2025-10-20"));
    assert_eq!(status_on(&stream, "2025-10-01"), Some(Inscrit));
    assert_eq!(status_on(&stream, "2025-11-30"), Some(Abandon), "one count of ninety days");
}

#[test]
fn an_entry_that_is_corrected_leaves_no_session_behind() {
    let mut stream = Stream::default();
    stream.full(400, first());
    stream.full(401, year("2025-2026", "2025-09-08", "2026-07-31"));
    assert!(stream.current().sessions.is_empty(), "an amendment corrects");
    stream.full(735, year("2026-2027", "2025-09-15", "2027-07-31"));
    assert!(stream.current().sessions.is_empty(), "as an entry before the new year does");
    assert_eq!(status_on(&stream, "2025-09-10"), None);
}

#[test]
fn a_wrong_new_session_that_is_corrected_leaves_the_former_one_alone() {
    let mut stream = Stream::default();
    stream.full(400, first());
    stream.full(735, year("2026-2027", "2027-02-01", "2027-07-31"));
    stream.full(736, second());
    let kept = &stream.current().sessions;
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0].session.entry_on, day("2025-09-01"));
    stream.full(737, year("2026-2027", "2025-09-01", "2027-07-31"));
    assert_eq!(status_on(&stream, "2026-05-01"), Some(Abandon));
}

#[test]
fn a_new_year_that_is_withdrawn_takes_its_session_along() {
    let mut stream = Stream::default();
    stream.full(400, first());
    let stepped = stream.full(735, second());
    assert!(matches!(only(&stepped).fact, Fact::SchoolYearDeclared { .. }));
    assert_eq!(stream.current().sessions.len(), 1);
    let (event, reason) = (only(&stepped).id, RetractionReason::SentByMistake);
    stream.run(Command::Retract { event, reason, on: day("2026-09-10") }).expect("retracted");
    assert!(stream.current().sessions.is_empty());
    assert_eq!(stream.current().training.entry_on, day("2025-09-01"));
}
