//! First push, same push, changed blocks, school years, CFA, transmission.

use super::common::*;
use domain::enrolment::{Contact, Fact, Stated};
use domain::ids::Instant;

#[test]
fn a_first_push_declares_the_dossier_and_each_contract() {
    let mut stream = Stream::default();
    let decision = stream.full(1, broken_row("2024-12-20"));
    assert_eq!(types(&decision), ["EnrolmentDeclared", "ContractDeclared", "ContractBroken"]);
    assert_eq!(decision.stated, Stated::Everything);
    let effective: Vec<_> = decision.events.iter().map(|e| e.effective_on).collect();
    assert_eq!(effective, [day("2024-09-02"), day("2024-09-02"), day("2024-12-20")]);
    let facts = stream.current().status_facts();
    assert_eq!(facts.contracts.len(), 1);
    assert_eq!(facts.contracts[0].broken_on, Some(day("2024-12-20")));
    assert_eq!(facts.contracts[0].end_on, Some(day("2026-08-31")));
}

#[test]
fn a_first_push_says_all_that_the_row_says() {
    let told = row_with_contract().with(|r| {
        r.excluded_on = Some(day("2025-03-01"));
        r.exclusion_cause = Some("absences".to_owned());
        r.facets.declared_status = Some(0);
        r.facets.declared_status_on = Some(day("2025-03-02"));
        r.diploma = Some(true);
        r.diploma_on = Some(day("2026-07-05"));
    });
    let decision = Stream::default().full(1, told);
    let expected = [
        "EnrolmentDeclared",
        "ContractDeclared",
        "LearnerExcluded",
        "WithdrawalDeclared",
        "TrainingCompleted",
    ];
    assert_eq!(types(&decision), expected);
}

#[test]
fn the_same_push_twice_writes_nothing_the_second_time() {
    for full in [true, false] {
        let mut stream = Stream::default();
        let told = broken_row("2024-12-20").with(|r| {
            r.excluded_on = Some(day("2025-03-01"));
            r.diploma = Some(true);
            r.facets.declared_status = Some(0);
            r.facets.declared_status_on = Some(day("2025-03-02"));
        });
        stream.push(night(1), full, told.clone());
        for at in [night(1), night(2)] {
            let again = stream.push(at, full, told.clone());
            assert!(again.events.is_empty(), "{:?}", types(&again));
            assert!(again.vanished.is_empty() && !again.stale);
            assert_eq!(again.stated, Stated::Everything);
        }
    }
}

#[test]
fn a_changed_value_amends_its_block_and_keeps_the_rest() {
    let mut stream = Stream::default();
    stream.full(1, row().with(|r| r.contact.address = Some("1 RUE DU FOUR".to_owned())));
    let moved = row().with(|r| r.contact.email = Some("m@example.org".to_owned()));
    let decision = stream.full(2, moved);
    let Fact::EnrolmentAmended(amended) = &only(&decision).fact else { panic!("an amendment") };
    let expected = Contact {
        email: Some("m@example.org".to_owned()),
        address: Some("1 RUE DU FOUR".to_owned()),
        ..Contact::default()
    };
    assert_eq!(amended.contact.as_ref().and_then(|c| c.clear()), Some(&expected));
    assert!(amended.training.is_none() && amended.identity.is_none() && amended.facets.is_none());
}

#[test]
fn an_absent_value_says_nothing_even_in_a_full_push() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let poorer = row().with(|r| {
        r.training.title = None;
        r.training.year_of_training = None;
    });
    let decision = stream.full(2, poorer);
    assert!(decision.events.is_empty());
    assert!(matches!(decision.stated, Stated::Only(_)), "it did not state everything");
}

#[test]
fn a_person_with_one_name_keeps_it() {
    let mut stream = Stream::default();
    let one_name = row().with(|r| {
        r.identity.first_name = String::new();
        r.identity.last_name = "SITI".to_owned();
    });
    stream.full(1, one_name.clone());
    assert!(stream.full(2, one_name).events.is_empty());
    let identity = stream.current().identity.clear().expect("open");
    assert_eq!((identity.last_name.as_str(), identity.first_name.as_str()), ("SITI", ""));
}

#[test]
fn a_new_school_year_is_one_event_and_tells_whether_it_is_repeated() {
    for (year_of_training, expected) in [(Some(2), false), (Some(1), true), (None, false)] {
        let mut stream = Stream::default();
        stream.full(1, row());
        let decision = stream.full(
            370,
            row().with(|r| {
                r.training.school_year = school_year("2025-2026");
                r.training.year_of_training = year_of_training;
            }),
        );
        let Fact::SchoolYearDeclared { training, repeated } = &only(&decision).fact else {
            panic!("a school year, not {:?}", types(&decision));
        };
        assert_eq!(*repeated, expected, "{year_of_training:?}");
        assert_eq!(training.school_year, school_year("2025-2026"));
        assert_eq!(&stream.current().training, training);
    }
}

#[test]
fn a_change_of_cfa_in_mid_year_is_one_transfer_that_carries_the_new_year() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let moved = row().with(|r| {
        r.training.trainer = lyon();
        r.training.enrolled_on = day("2025-01-06");
        r.training.school_year = school_year("2025-2026");
    });
    let decision = stream.full(130, moved);
    let event = only(&decision);
    let Fact::TransferDeclared { from, training, on } = &event.fact else { panic!("a transfer") };
    assert_eq!((from, &training.trainer), (&paris(), &lyon()));
    assert_eq!((*on, event.effective_on), (day("2025-01-06"), day("2025-01-06")));
    let current = stream.current();
    assert_eq!(current.transfers.len(), 1);
    assert_eq!(current.transfers[0].0.trainer, paris());
    assert_eq!(current.transfers[0].1, day("2025-01-06"));
}

#[test]
fn a_cfa_that_changes_its_siret_alone_is_amended_and_not_left() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let decision = stream.full(130, row().with(|r| r.training.trainer.siret = lyon().siret));
    assert!(matches!(only(&decision).fact, Fact::EnrolmentAmended(_)));
    assert!(stream.current().transfers.is_empty());
}

#[test]
fn a_transfer_without_a_new_date_is_dated_by_the_extraction() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let decision = stream.full(130, row().with(|r| r.training.trainer = lyon()));
    assert_eq!(only(&decision).effective_on, day("2025-01-09"));
}

#[test]
fn a_transfer_is_not_dated_by_an_enrolment_that_did_not_change() {
    let enrolled_late = row().with(|r| r.training.enrolled_on = day("2024-10-10"));
    let mut stream = Stream::default();
    stream.full(45, enrolled_late.clone());
    let moved = enrolled_late.with(|r| r.training.trainer = lyon());
    let decision = stream.full(200, moved);
    assert_eq!(only(&decision).effective_on, day("2025-03-20"), "the day of the extraction");
}

#[test]
fn a_second_transfer_is_not_dated_by_the_enrolment_of_the_first() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let moved = row().with(|r| {
        r.training.trainer = lyon();
        r.training.enrolled_on = day("2025-01-06");
    });
    assert_eq!(only(&stream.full(130, moved.clone())).effective_on, day("2025-01-06"));
    let back = moved.with(|r| r.training.trainer = paris());
    assert_eq!(only(&stream.full(200, back)).effective_on, day("2025-03-20"));
}

#[test]
fn a_learner_no_longer_seen_is_not_transmitted_until_seen_again() {
    let mut stream = Stream::default();
    stream.full(1, row());
    let stopped = stream.unseen(5);
    assert_eq!(types(&stopped), ["TransmissionStopped"]);
    assert_eq!(stream.current().stopped, Some(night(5)));
    assert!(stream.unseen(6).events.is_empty(), "it is said once");
    let older = stream.full(4, row());
    assert!(older.events.is_empty(), "an older sight resumes nothing");
    assert_eq!(older.stated, Stated::Everything, "that a run did not see it states no value");
    assert_eq!(types(&stream.full(7, row())), ["TransmissionResumed"]);
    assert_eq!(stream.current().stopped, None);
    assert_eq!(types(&stream.unseen(8)), ["TransmissionStopped"]);
}

#[test]
fn a_newer_sight_or_the_end_of_the_training_leaves_an_unseen_learner_alone() {
    let mut stream = Stream::default();
    stream.full(1, row());
    stream.full(6, row());
    assert!(stream.unseen(5).events.is_empty(), "seen on night 6, which wrote nothing");
    assert!(stream.unseen(700).events.is_empty(), "the training ended on 30 June 2026");
    assert_eq!(types(&stream.unseen(600)), ["TransmissionStopped"]);
}

#[test]
fn a_late_first_sight_is_declared_and_stopped_at_once() {
    let mut stream = Stream::default();
    let unseen_since: Option<Instant> = Some(night(9));
    let decision = stream
        .run(domain::enrolment::Command::Declare {
            declaration: row(),
            lookup: [7; 16],
            provenance: provenance(night(3), true),
            settled: Vec::new(),
            held: Vec::new(),
            unseen_since,
        })
        .expect("accepted");
    assert_eq!(types(&decision), ["EnrolmentDeclared", "TransmissionStopped"]);
    assert_eq!(stream.current().stopped, unseen_since);
}

#[test]
fn no_diploma_before_the_end_is_no_result_and_after_the_end_it_is() {
    let without = row().with(|r| r.diploma = Some(false));
    let mut stream = Stream::default();
    assert_eq!(types(&stream.full(1, without.clone())), ["EnrolmentDeclared"]);
    assert!(stream.full(300, without.clone()).events.is_empty());
    assert_eq!(types(&stream.full(700, without)), ["TrainingCompleted"]);
    let with = row().with(|r| {
        r.diploma = Some(true);
        r.diploma_on = Some(day("2026-09-20"));
    });
    let corrected = stream.full(760, with);
    assert!(only(&corrected).corrects.is_some(), "the result is corrected, not doubled");
    assert!(stream.current().completion.as_ref().is_some_and(|c| c.diploma));
}

#[test]
fn a_result_taken_back_is_a_correction_even_before_the_end() {
    let mut stream = Stream::default();
    stream.full(1, row().with(|r| r.diploma = Some(true)));
    let decision = stream.full(2, row().with(|r| r.diploma = Some(false)));
    assert!(only(&decision).corrects.is_some());
    assert!(stream.current().completion.as_ref().is_some_and(|c| !c.diploma));
}

#[test]
fn a_dated_status_other_than_abandon_declares_no_withdrawal() {
    let apprentice = row().with(|r| {
        r.facets.declared_status = Some(3);
        r.facets.declared_status_on = Some(day("2024-10-01"));
    });
    assert_eq!(types(&Stream::default().full(1, apprentice)), ["EnrolmentDeclared"]);
}
