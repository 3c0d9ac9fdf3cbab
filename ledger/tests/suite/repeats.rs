//! A row that says what it said before writes nothing, however doubtful it is.

use crate::support::{declare, ledger, meta};
use domain::calendar::paris_day;
use domain::dossier::{Field, RawDossier, RawValue, check, complete_row};
use domain::enrolment::{Command, Decision, Enrolment, decide};
use domain::ids::{ContractId, EventId};
use ledger::Ledger;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

/// Values of every kind that software puts in a column, right or wrong.
const TEXTS: [&str; 34] = [
    "x",
    "0",
    "1",
    "oui",
    "non",
    "é",
    "e\u{301}",
    "\u{0}",
    "\u{feff}A-1",
    "  deux   mots ",
    "2024-09-02",
    "2024-09-02T22:30:00Z",
    "2025-01-06",
    "2024-08-30",
    "2026-08-31",
    "2027-12-01",
    "02/09/2024",
    "2024-02-30",
    "0001-01-01",
    "1900-01-01",
    "9999-12-31",
    "2024-2025",
    "206040105301234",
    "2 06 04 01 053 012 34",
    "12345678200010",
    "12345678900000",
    "35600000000048",
    "0123456789A",
    "0123A45678C",
    "+33 6 12 34 56 78",
    "12345",
    "pas@valide",
    "ancien@exemple.fr",
    "RNCP1",
];

fn value() -> impl Strategy<Value = Option<RawValue>> {
    prop_oneof![
        2 => Just(None),
        6 => select(TEXTS.to_vec()).prop_map(|text| Some(RawValue::Text(text.to_owned()))),
        1 => select(vec![i64::MIN, -1, 0, 1, 2, 3, 24, 1003, 1000, i64::MAX])
            .prop_map(|number| Some(RawValue::Int(number))),
        1 => any::<bool>().prop_map(|flag| Some(RawValue::Bool(flag))),
    ]
}

/// The complete row with some of its fields changed.
fn row() -> impl Strategy<Value = RawDossier> {
    proptest::collection::vec((any::<Index>(), value()), 0..14).prop_map(|changes| {
        let mut row = complete_row();
        for (field, value) in changes {
            row.set(Field::ALL[field.index(Field::ALL.len())], value);
        }
        row
    })
}

/// Any row, most of them refused.
fn any_row() -> impl Strategy<Value = RawDossier> {
    proptest::collection::vec(value(), Field::ALL.len()).prop_map(|values| {
        let mut row = complete_row();
        for (field, value) in Field::ALL.iter().zip(values) {
            row.set(*field, value);
        }
        row
    })
}

/// The command of a row, in a run that is full or not.
fn command(ledger: &Ledger, row: &RawDossier, run: u8, full: bool) -> Option<Command> {
    let declaration = check(row, "2024-10-01".parse().unwrap()).ok()?;
    let (_, mut command) = declare(ledger, declaration, run);
    if let Command::Declare { provenance, .. } = &mut command {
        provenance.full = full;
    }
    Some(command)
}

fn decided(state: &Enrolment, command: &Command, run: u8) -> Decision {
    let event =
        |index: u32| EventId(((u128::from(run) << 64) + u128::from(index) + 1).to_be_bytes());
    let contract = |ordinal: u16| ContractId((u128::from(ordinal) + 1).to_be_bytes());
    decide(state, command, &event, &contract).unwrap()
}

fn folded(state: Enrolment, decision: &Decision) -> Enrolment {
    decision.events.iter().cloned().fold(state, Enrolment::evolve)
}

#[test]
fn a_row_that_is_pushed_again_says_nothing_whatever_it_warns_of() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut runner = TestRunner::new(Config::with_cases(3_000));
    let rows = (row(), row(), any::<bool>(), any::<bool>());
    let judged = runner.run(&rows, |(first, second, full, full_again)| {
        let Some(one) = command(&ledger, &first, 1, full) else { return Ok(()) };
        let state = folded(Enrolment::default(), &decided(&Enrolment::default(), &one, 1));
        let again = command(&ledger, &first, 2, full_again).unwrap();
        let again = decided(&state, &again, 2);
        prop_assert_eq!(again.events.as_slice(), &[], "the first row again");
        prop_assert!(again.vanished.is_empty() && !again.stale);
        let Some(two) = command(&ledger, &second, 3, full) else { return Ok(()) };
        let changed = decided(&state, &two, 3);
        let state = folded(state, &changed);
        let again = decided(&state, &command(&ledger, &second, 4, false).unwrap(), 4);
        prop_assert_eq!(again.events.as_slice(), &[], "the second row again");
        prop_assert!(!again.stale);
        Ok(())
    });
    judged.unwrap();
}

#[test]
fn no_row_makes_the_check_panic() {
    let mut runner = TestRunner::new(Config::with_cases(3_000));
    let judged = runner.run(&any_row(), |row| {
        let _ = check(&row, "2024-10-01".parse().unwrap());
        Ok(())
    });
    judged.unwrap();
}

#[tokio::test]
async fn what_the_log_gives_back_of_a_doubtful_row_makes_the_next_push_say_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows: Vec<RawDossier> = Vec::new();
    let mut runner = TestRunner::deterministic();
    while rows.len() < 60 {
        let tree = row().new_tree(&mut runner).unwrap();
        let row = proptest::strategy::ValueTree::current(&tree);
        let row = row.with(Field::IdErpApprenant, &format!("D-{}", rows.len()));
        if check(&row, "2024-10-01".parse().unwrap()).is_ok() {
            rows.push(row);
        }
    }
    let day = "2024-10-01".parse().unwrap();
    let first = ledger(folder.path());
    for (number, row) in (0..).zip(&rows) {
        let (key, command) = declare(&first, check(row, day).unwrap(), 1);
        first.execute(meta(number), key, command).await.unwrap();
    }
    let head = first.head();
    drop(first);
    let second = ledger(folder.path());
    for (number, row) in (1_000..).zip(&rows) {
        let (key, command) = declare(&second, check(row, day).unwrap(), 2);
        let done = second.execute(meta(number), key, command).await.unwrap();
        assert_eq!(done.receipt, None, "row {number}: {:?}", done.decision.map(|d| d.events));
    }
    assert_eq!(second.head(), head);
}

/// The command of a row in a run that is extracted so many days later.
fn later(ledger: &Ledger, row: &RawDossier, run: u8, full: bool, days: u64) -> Option<Command> {
    let mut command = command(ledger, row, run, full)?;
    if let Command::Declare { declaration, provenance, .. } = &mut command {
        provenance.extracted_at.0 += i64::try_from(days).unwrap() * 86_400_000_000;
        *declaration = check(row, paris_day(provenance.extracted_at)).ok()?;
    }
    Some(command)
}

#[test]
fn what_is_unchanged_stays_so_until_the_day_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = ledger(folder.path());
    let mut runner = TestRunner::new(Config::with_cases(6_000));
    let cases = (row(), any::<bool>(), any::<bool>(), 0..900_u64, 0..900_u64);
    let (held, spoke) = (Cell::new(0), Cell::new(0));
    let judged = runner.run(&cases, |(mut row, no_diploma, full, days, more)| {
        if no_diploma {
            row.set(Field::ObtentionDiplomeFormation, Some(RawValue::Bool(false)));
            row.set(Field::DateObtentionDiplomeFormation, None);
            row.set(Field::DateFinFormation, Some(RawValue::Text("2027-08-31".to_owned())));
        }
        let Some(first) = command(&ledger, &row, 1, full) else { return Ok(()) };
        let state = folded(Enrolment::default(), &decided(&Enrolment::default(), &first, 1));
        let Some(again) = later(&ledger, &row, 2, full, days) else { return Ok(()) };
        let again = decided(&state, &again, 2);
        let Some(unchanged) = again.unchanged else { return Ok(()) };
        prop_assert_eq!(again.events.as_slice(), &[]);
        prop_assert_eq!(unchanged.version.0, state.events.len() as u64);
        let newer = later(&ledger, &row, 3, full, days + more).unwrap();
        let Command::Declare { declaration, provenance, .. } = &newer else { return Ok(()) };
        prop_assert_eq!(declaration.warnings.as_slice(), &[]);
        let before = paris_day(provenance.extracted_at) < unchanged.until;
        let newer = decided(&state, &newer, 3);
        if before {
            prop_assert_eq!(newer, again);
            held.set(held.get() + 1);
        } else {
            spoke.set(spoke.get() + 1);
        }
        Ok(())
    });
    judged.unwrap();
    assert!(held.get() > 200, "only {} rows were compared", held.get());
    assert!(spoke.get() > 5, "only {} rows came to their day", spoke.get());
}
