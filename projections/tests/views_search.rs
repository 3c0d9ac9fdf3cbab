//! The dossiers of somebody who is searched by an INE, by names and a birth date, or by an e-mail.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says no by a panic"
)]

mod views_support;

use domain::enrolment::{EnrolmentAmended, Fact, Opened};
use domain::erasure::{ErasureEvent, LegalBasis};
use domain::event::Event;
use domain::ids::{Category, EventId, Position, Source, StreamId, StreamKey};
use projections::persons::{FoundDossiers, Persons, SearchKey};
use projections::source::PersonKeys;
use std::collections::BTreeMap;
use std::path::Path;
use tempfile::TempDir;
use views_support::{CFA, World, keys, noon, training};

const MOST: usize = 100;

fn enrol(world: &mut World, person: PersonKeys, email: u8) -> StreamKey {
    let stream = world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), person);
    if email > 0 {
        world.ledger.reached_by([email; 16]);
    }
    stream
}

/// Says the learner, or the address, anew.
fn amend(world: &mut World, stream: StreamKey, person: Option<PersonKeys>, email: u8) -> EventId {
    let identity = person.map(|_| Opened::Hidden);
    let amended = Fact::EnrolmentAmended(EnrolmentAmended { identity, ..Default::default() });
    let event = match person {
        Some(person) => world.fact_with(stream, amended, person),
        None => world.fact(stream, amended),
    };
    if email > 0 {
        world.ledger.reached_by([email; 16]);
    }
    event
}

fn persons(world: &World) -> (TempDir, Persons) {
    let folder = tempfile::tempdir().unwrap();
    let persons = Persons::open(folder.path()).unwrap();
    persons.apply(&world.ledger.all(), world.ledger.as_ref()).unwrap();
    (folder, persons)
}

fn at(world: &World, persons: &Persons, by: SearchKey, position: Position) -> FoundDossiers {
    persons.find(by, position, MOST, world.ledger.as_ref()).unwrap()
}

fn found(world: &World, persons: &Persons, by: SearchKey) -> Vec<StreamKey> {
    at(world, persons, by, world.head()).enrolments
}

const fn ine(n: u8) -> SearchKey {
    SearchKey::Ine([n; 16])
}

const fn names(n: u8) -> SearchKey {
    SearchKey::Names([n; 16])
}

const fn email(n: u8) -> SearchKey {
    SearchKey::Email([n; 16])
}

/// Every file of a view but its tables, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: std::path::PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read(path).unwrap())
    };
    entries.filter(|path| path.is_file()).map(named).collect()
}

#[test]
fn each_value_finds_those_who_state_it_and_no_value_of_another_kind_does() {
    let mut world = World::new();
    let a = enrol(&mut world, keys(1, 1), 1);
    let b = enrol(&mut world, keys(0, 1), 2);
    let c = enrol(&mut world, keys(3, 3), 1);
    let (_folder, persons) = persons(&world);
    let find = |by| found(&world, &persons, by);
    assert_eq!((find(ine(1)), find(names(1)), find(email(1))), (vec![a], vec![a, b], vec![a, c]));
    assert_eq!((find(ine(3)), find(names(3)), find(email(2))), (vec![c], vec![c], vec![b]));
    assert_eq!([find(ine(2)), find(names(2)), find(email(3))], [vec![], vec![], vec![]]);
    let then = at(&world, &persons, email(1), Position(2));
    assert_eq!(then.enrolments, [a], "before the third was known");
}

#[test]
fn what_proves_nobody_finds_all_the_same() {
    let mut world = World::new();
    let january = PersonKeys { first_of_january: true, ..keys(0, 9) };
    let born = [enrol(&mut world, january, 0), enrol(&mut world, january, 0)];
    let mut many: Vec<StreamKey> = (0..40).map(|_| enrol(&mut world, keys(1, 2), 3)).collect();
    many.sort_unstable();
    let (_folder, persons) = persons(&world);
    assert_eq!(found(&world, &persons, names(9)), born);
    for by in [ine(1), names(2), email(3)] {
        let all = at(&world, &persons, by, world.head());
        assert_eq!(all, FoundDossiers { enrolments: many.clone(), more: false }, "{by:?}");
        let some = persons.find(by, world.head(), 39, world.ledger.as_ref()).unwrap();
        assert_eq!(some, FoundDossiers { enrolments: many[..39].to_vec(), more: true }, "{by:?}");
        let exact = persons.find(by, world.head(), 40, world.ledger.as_ref()).unwrap();
        assert!(!exact.more, "{by:?}");
    }
}

#[test]
fn a_value_that_more_have_stated_than_one_search_reads_says_that_there_may_be_more() {
    let mut world = World::new();
    let mut streams = Vec::new();
    for _ in 0..1_001 {
        let stream = enrol(&mut world, keys(0, 1), 0);
        streams.push((stream, amend(&mut world, stream, Some(keys(0, 2)), 0)));
    }
    for (stream, event) in &streams[..1_000] {
        world.retract(*stream, *event);
    }
    let (_folder, persons) = persons(&world);
    let none = FoundDossiers { enrolments: Vec::new(), more: true };
    assert_eq!(at(&world, &persons, names(2), world.head()), none, "the last is not looked at");
}

#[test]
fn what_was_said_before_finds_and_what_was_withdrawn_does_not() {
    let mut world = World::new();
    let a = enrol(&mut world, keys(1, 1), 1);
    amend(&mut world, a, Some(keys(2, 2)), 0);
    amend(&mut world, a, None, 2);
    let wrong = amend(&mut world, a, Some(keys(3, 3)), 3);
    let before = world.head();
    world.retract(a, wrong);
    let (_folder, persons) = persons(&world);
    for by in [ine(1), names(1), email(1), ine(2), names(2), email(2)] {
        assert_eq!(found(&world, &persons, by), [a], "{by:?}");
    }
    for by in [ine(3), names(3), email(3)] {
        assert_eq!(found(&world, &persons, by), [], "{by:?}");
        assert_eq!(at(&world, &persons, by, before).enrolments, [a], "{by:?}");
    }
}

#[test]
fn who_was_erased_is_found_by_nothing_and_the_files_are_those_of_a_rebuild() {
    let mut world = World::new();
    let a = enrol(&mut world, keys(1, 1), 1);
    let b = enrol(&mut world, keys(1, 1), 1);
    amend(&mut world, a, None, 2);
    amend(&mut world, a, Some(keys(4, 4)), 0);
    let (followed, view) = persons(&world);
    assert_eq!(found(&world, &view, email(2)), [a]);
    // The source forgets first, and says so then.
    world.ledger.forget(a, keys(8, 8));
    for by in [ine(4), names(4), email(2)] {
        assert_eq!(found(&world, &view, by), [], "{by:?} before the view hears of it");
    }
    let erased = ErasureEvent::Erased {
        subjects: Vec::new(),
        enrolments: vec![a],
        decision: EventId([1; 16]),
        basis: LegalBasis::Objection,
        tombstones: Vec::new(),
    };
    let stream = StreamId { category: Category::Erasure, key: StreamKey([2; 16]) };
    let source = Source::parse("people").unwrap();
    let now = noon("2026-01-01");
    world.ledger.append(now, stream, &source, Event::Erasure(erased), None);
    view.apply(&world.ledger.all()[4..], world.ledger.as_ref()).unwrap();
    for by in [ine(1), names(1), email(1)] {
        assert_eq!(found(&world, &view, by), [b], "{by:?}");
    }
    for by in [ine(4), names(4), email(2)] {
        assert_eq!(found(&world, &view, by), [], "{by:?}");
    }
    let (rebuilt, _) = persons(&world);
    let (live, anew) = (files(followed.path()), files(rebuilt.path()));
    assert!(live == anew, "{live:?} {anew:?}");
    let records = &live["persons.records"];
    for gone in [[4; 16], [2; 16]] {
        assert!(!records.windows(16).any(|part| part == gone), "its keys are in no record");
    }
}

#[test]
fn a_view_of_the_format_before_is_rebuilt() {
    let mut world = World::new();
    enrol(&mut world, keys(1, 1), 1);
    let (folder, view) = persons(&world);
    drop(view);
    let path = folder.path().join("persons.checkpoint");
    let text = std::fs::read_to_string(&path).unwrap();
    let of_now = Persons::open(folder.path()).unwrap();
    assert_eq!(of_now.position(), Position(1));
    drop(of_now);
    std::fs::write(&path, text.replace("\"format\":3", "\"format\":2")).unwrap();
    let older = Persons::open(folder.path()).unwrap();
    assert_eq!(older.position(), Position(0), "it has no addresses");
}
