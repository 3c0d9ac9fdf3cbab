//! The contract before.

use super::*;
use crate::contract::previous::{Known, before, of_declared, of_written};
use crate::enrolment::{Contract as Declared, ContractTerms, Employer, EmployerFacets};
use crate::ids::EventId;
use crate::law::{Case, Outcome, Previous, Unknown, judge};

fn known(begun: &str, ended: Option<&str>) -> Known {
    let end = Previous { ended_on: ended.map(day), ..Previous::default() };
    Known { begun_on: day(begun), end }
}

#[test]
fn the_contract_before_is_the_last_that_began_and_does_not_go_on() {
    let start = day("2024-09-02");
    let ended = |all: &[Known]| before(start, all.iter().copied()).map(|one| one.ended_on);
    assert_eq!(ended(&[]), None);
    let first = known("2021-09-01", Some("2022-08-31"));
    let second = known("2022-09-01", Some("2024-08-31"));
    for all in [[first, second], [second, first]] {
        assert_eq!(ended(&all), Some(Some(day("2024-08-31"))));
    }
    // One that goes on beyond the first day, or begins with it, is none before it.
    let itself = known("2024-09-02", Some("2026-08-31"));
    let longer = known("2023-09-01", Some("2024-09-03"));
    assert_eq!(ended(&[itself, longer, first]), Some(Some(day("2022-08-31"))));
    // Its last day may be the one before.
    let broken = known("2023-09-01", Some("2024-09-01"));
    assert_eq!(ended(&[broken, first]), Some(Some(day("2024-09-01"))));
    let same_day = known("2023-09-01", Some("2024-09-02"));
    assert_eq!(ended(&[same_day, first]), Some(Some(day("2022-08-31"))));
    // The newest may not be known to have ended; the same one may be known twice.
    let open = known("2023-09-01", None);
    assert_eq!(ended(&[first, open]), Some(None));
    assert_eq!(ended(&[open, broken]), Some(Some(day("2024-09-01"))));
}

fn declared(rupture: Option<(Mode, Initiator)>) -> Declared {
    let contract = ContractId([1; 16]);
    let of = |(mode, initiator)| crate::enrolment::Rupture {
        contract,
        effective_on: day("2024-01-15"),
        notified_on: None,
        mode,
        initiator,
        verbatim: None,
    };
    Declared {
        id: contract,
        ordinal: 0,
        terms: ContractTerms {
            slot: 1,
            start_on: day("2023-09-01"),
            end_on: Some(day("2025-08-31")),
            employer: EmployerFacets::default(),
        },
        employer: Opened::Clear(Employer::default()),
        rupture: rupture.map(|rupture| (EventId([2; 16]), of(rupture))),
        ended_on: None,
    }
}

#[test]
fn what_is_declared_and_what_is_written_say_when_a_contract_ended_and_by_whom() {
    let of = |rupture| of_declared(&declared(rupture)).end;
    assert_eq!(of(None).ended_on, Some(day("2025-08-31")), "its term");
    let by = |mode, initiator| {
        let end = of(Some((mode, initiator)));
        assert_eq!(end.ended_on, Some(day("2024-01-14")), "the day before the rupture");
        end.broken_by_others
    };
    assert!(by(Mode::FreePeriod, Initiator::Employer));
    assert!(by(Mode::Liquidation, Initiator::Liquidator));
    assert!(!by(Mode::SeriousFault, Initiator::Employer), "a fault is the apprentice's");
    assert!(!by(Mode::FreePeriod, Initiator::Apprentice));
    assert!(!by(Mode::Unknown, Initiator::Unknown), "it is not known");
    assert_eq!(of_written(&after(&[DRAFT, filling]), day(LATER)), None, "not all have signed");
    let contract = signed();
    let running = of_written(&contract, day(LATER)).unwrap();
    assert_eq!(
        (running.begun_on, running.end.ended_on),
        (day("2024-09-02"), Some(day("2026-08-31")))
    );
    let over =
        act(&contract, &broken(Mode::FreePeriod, Initiator::Employer), "2024-10-01").unwrap();
    let end = Previous { ended_on: Some(day("2024-09-30")), broken_by_others: true, level: None };
    assert_eq!(of_written(&over, day(LATER)).unwrap().end, end);
    let end_with = |diploma| {
        let completion = Completion { early: false, diploma, notified_on: None };
        let over = act(&contract, &Command::Complete(completion), "2026-08-31").unwrap();
        of_written(&over, day(LATER)).unwrap().end
    };
    assert_eq!(end_with(None).ended_on, Some(day("2026-08-31")));
    let cancelled = act(&contract, &Command::Cancel("avant".to_owned()), BEFORE).unwrap();
    assert_eq!(of_written(&cancelled, day(LATER)), None);
}

#[test]
fn the_level_of_the_contract_before_is_one_that_was_obtained() {
    let contract = signed();
    let level = |contract: &Contract| of_written(contract, day(LATER)).unwrap().end.level;
    assert_eq!(level(&contract), None, "its term comes, and the result is not known");
    // The example prepares a BTS, of level 5.
    for (diploma, obtained) in [(Some(true), Some(5)), (Some(false), None), (None, None)] {
        let completion = Completion { early: false, diploma, notified_on: None };
        let over = act(&contract, &Command::Complete(completion), "2026-08-31").unwrap();
        assert_eq!(level(&over), obtained, "{diploma:?}");
    }
    for (mode, initiator, obtained) in [
        (Mode::ApprenticeInitiative, Initiator::Apprentice, None),
        (Mode::FreePeriod, Initiator::Apprentice, None),
        (Mode::MutualAgreement, Initiator::Both, None),
        (Mode::Diploma, Initiator::Apprentice, Some(5)),
    ] {
        let over = act(&contract, &broken(mode, initiator), "2026-07-10").unwrap();
        assert_eq!(level(&over), obtained, "{mode:?}");
    }
}

#[test]
fn who_left_the_contract_before_or_has_no_result_is_not_refused_for_what_it_prepared() {
    let contract = signed();
    // Thirty-four on the first day of a contract for the same BTS; a BTS was obtained elsewhere before.
    let mut form = example_form();
    for (path, text) in [
        ("apprentice.born_on", "1992-01-01"),
        ("apprentice.highest_diploma", "54"),
        ("terms.derogation", "12"),
        ("terms.kind", "22"),
        ("terms.concluded_on", "2026-09-01"),
        ("terms.start_on", "2026-09-02"),
    ] {
        form.set(path, Some(text)).unwrap();
    }
    let said = |command: &Command, on| {
        let over = act(&contract, command, on).unwrap();
        let previous = of_written(&over, day(LATER)).unwrap().end;
        let case = Case { previous: Some(&previous), ..Case::of(&form) };
        let verdicts = judge(&case).unwrap();
        verdicts.into_iter().find(|one| one.rule.id == "AGE_MAX").unwrap().outcome
    };
    let end = |diploma| Command::Complete(Completion { early: false, diploma, notified_on: None });
    let unknown = Outcome::Undetermined(Unknown::Previous);
    assert_eq!(said(&end(None), "2026-08-31"), unknown);
    assert_eq!(said(&end(Some(false)), "2026-08-31"), unknown);
    let left = broken(Mode::ApprenticeInitiative, Initiator::Apprentice);
    assert_eq!(said(&left, "2026-07-10"), unknown);
    assert_eq!(said(&end(Some(true)), "2026-08-31"), Outcome::Broken(None), "it leads no higher");
}
