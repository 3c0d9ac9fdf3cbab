//! The contract before.

use super::*;
use crate::contract::previous::{Known, before, of_declared, of_written};
use crate::enrolment::{Contract as Declared, ContractTerms, Employer, EmployerFacets};
use crate::ids::EventId;
use crate::law::Previous;

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
    // The example prepares a BTS, of level 5.
    let end =
        Previous { ended_on: Some(day("2024-09-30")), broken_by_others: true, level: Some(5) };
    assert_eq!(of_written(&over, day(LATER)).unwrap().end, end);
    let end_with = |diploma| {
        let completion = Completion { early: false, diploma, notified_on: None };
        let over = act(&contract, &Command::Complete(completion), "2026-08-31").unwrap();
        of_written(&over, day(LATER)).unwrap().end
    };
    assert_eq!(end_with(Some(true)).level, Some(5));
    assert_eq!(end_with(None).level, Some(5), "more than that is not obtained");
    assert_eq!(end_with(Some(false)).level, None, "it was failed: less was obtained");
    assert_eq!(end_with(None).ended_on, Some(day("2026-08-31")));
    let cancelled = act(&contract, &Command::Cancel("avant".to_owned()), BEFORE).unwrap();
    assert_eq!(of_written(&cancelled, day(LATER)), None);
}
