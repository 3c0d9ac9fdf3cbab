//! Who is searched in contracts whose workflow runs here, whoever filled in which part of what they are searched by.

use crate::views_support::{World, day, noon};
use domain::contract::{Changed, ContractEvent};
use domain::enrolment::Opened;
use domain::erasure::{ErasureEvent, LegalBasis};
use domain::event::Event;
use domain::ids::{Category, ContractId, EventId, Source, StreamId, StreamKey, SubjectId};
use projections::named::{Part, by_names};
use projections::reach::{Reach, Ties};
use projections::source::{Aside, PersonSaid};
use projections::time::TimeQuery;
use projections::views::{Searched, Views};
use std::sync::Arc;

/// The parts that an event says: what is `None` it leaves alone.
type Said = [Option<Part>; 5];
const NOTHING: Said = [None; 5];

const fn set(part: u8) -> Option<Part> {
    Some(Some([part; 16]))
}

fn write(world: &World, number: u8, event: ContractEvent, persons: [Option<PersonSaid>; 2]) {
    let stream = StreamId { category: Category::Contract, key: StreamKey([number; 16]) };
    let (people, event) =
        (Source::parse("people").unwrap(), Event::Contract(event, day("2025-09-02")));
    world.ledger.append(noon("2025-09-02"), stream, &people, event, None);
    world.ledger.beside(Aside { persons, ..Aside::default() });
}

fn fill(world: &World, number: u8, of_apprentice: Said, of_guardian: Said) {
    let hidden = Changed { path: String::new(), value: Opened::Hidden };
    let said = |subject: u8, parts: Said| {
        (parts != NOTHING).then_some(PersonSaid { subject: SubjectId([subject; 16]), parts })
    };
    let persons = [said(number, of_apprentice), said(100 + number, of_guardian)];
    write(world, number, ContractEvent::Contributed { changes: vec![hidden] }, persons);
}

async fn found(views: &Views, key: Part) -> Vec<u8> {
    let by = Searched { in_dossiers: None, in_contracts: key };
    let found = views.find_persons(by, TimeQuery::on(day("2025-09-03")), 2).await.unwrap();
    assert_eq!((found.enrolments.len(), found.more), (0, false));
    found.contracts.iter().map(|ContractId(key)| key[0]).collect()
}

#[tokio::test]
async fn parts_that_come_one_by_one_are_one_person_by_each_name_and_by_what_was_said_before() {
    let world = World::new();
    for number in [2, 1] {
        write(&world, number, ContractEvent::Drafted { enrolment: None }, [None, None]);
    }
    // A name, a name in use, a first name, a birth date, an address.
    fill(&world, 2, [set(10), None, None, None, set(50)], [set(60), None, None, None, set(50)]);
    fill(&world, 2, [None, None, set(30), None, None], [None, None, set(70), None, None]);
    fill(&world, 2, [None, set(20), None, set(40), None], NOTHING);
    fill(&world, 1, [set(10), Some(None), set(30), set(40), None], NOTHING);
    fill(&world, 1, [set(11), None, None, None, set(50)], NOTHING);
    let folder = tempfile::tempdir().unwrap();
    let views = world.views(folder.path()).await;
    let by = |last: u8, first: u8, born: u8| {
        by_names(Some([last; 16]), Some([first; 16]), Some([born; 16]))
    };
    for (key, expected, who) in [
        (by(10, 30, 40), vec![2, 1], "a name, also one that was corrected"),
        (by(20, 30, 40), vec![2], "a name in use"),
        (by(11, 30, 40), vec![1], "the name that replaced it"),
        (Some([50; 16]), vec![2, 1], "an address, of two in one contract"),
        (by_names(Some([60; 16]), Some([70; 16]), None), vec![2], "a legal representative"),
        (by(60, 70, 40), vec![], "a legal representative has no birth date"),
        (by(11, 30, 41), vec![], "another birth date"),
        (by(30, 10, 40), vec![], "names the other way round"),
        (Some([10; 16]), vec![], "a name alone is in no row"),
    ] {
        assert_eq!(found(&views, key).await, expected, "{who}");
    }
    let by = Searched { in_dossiers: None, in_contracts: Some([50; 16]) };
    let time = TimeQuery::on(day("2025-09-03"));
    let one = views.find_persons(by, time, 1).await.unwrap();
    assert_eq!((one.contracts.len(), one.more), (1, true));
    let nobody = Reach { contracts: Ties::Of(Arc::default()), ..Reach::default() };
    let nothing = views.within(nobody).find_persons(by, time, 1).await.unwrap();
    assert_eq!((nothing.contracts.len(), nothing.more), (0, false));
}

#[tokio::test]
async fn who_of_a_contract_was_erased_is_found_no_more_and_who_was_not_is() {
    let world = World::new();
    write(&world, 1, ContractEvent::Drafted { enrolment: None }, [None, None]);
    fill(&world, 1, [None, None, None, None, set(50)], [None, None, None, None, set(51)]);
    let folder = tempfile::tempdir().unwrap();
    let views = world.views(folder.path()).await;
    assert_eq!(
        [found(&views, Some([50; 16])).await, found(&views, Some([51; 16])).await],
        [[1], [1]]
    );
    world.ledger.forget_person(SubjectId([1; 16]));
    let erased = ErasureEvent::Erased {
        subjects: vec![SubjectId([1; 16])],
        enrolments: Vec::new(),
        decision: EventId([1; 16]),
        basis: LegalBasis::Objection,
        tombstones: Vec::new(),
    };
    let stream = StreamId { category: Category::Erasure, key: StreamKey([9; 16]) };
    let people = Source::parse("people").unwrap();
    world.ledger.append(noon("2025-09-04"), stream, &people, Event::Erasure(erased), None);
    views.catch_up().await;
    assert_eq!(found(&views, Some([50; 16])).await, [0; 0]);
    assert_eq!(found(&views, Some([51; 16])).await, [1]);
    let again = tempfile::tempdir().unwrap();
    let at_once = world.views(again.path()).await.dump().await.unwrap();
    assert_eq!(views.dump().await.unwrap(), at_once);
}
