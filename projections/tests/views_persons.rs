//! Which enrolments are one person: the rule, people's decisions, the past.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test says no by a panic"
)]

mod views_support;

use domain::enrolment::{EnrolmentAmended, Fact, Opened};
use domain::ids::{Position, StreamKey};
use domain::persons::{LinkBasis, PersonLinkEvent};
use projections::headcount::PersonGroups;
use projections::persons::Persons;
use projections::source::PersonKeys;
use views_support::{CFA, World, keys, training};

fn enrol(world: &mut World, person: PersonKeys) -> StreamKey {
    world.enrol_in(training(CFA, "2025-09-01", "2027-08-31"), person)
}

fn decide(world: &mut World, a: StreamKey, b: StreamKey, linked: bool) {
    let pair = if a < b { [a, b] } else { [b, a] };
    let basis = LinkBasis::Confirmation;
    world.link(if linked {
        PersonLinkEvent::PersonsLinked { pair, basis }
    } else {
        PersonLinkEvent::PersonsUnlinked { pair, basis }
    });
}

fn persons(world: &World) -> (tempfile::TempDir, Persons) {
    let folder = tempfile::tempdir().unwrap();
    let persons = Persons::open(folder.path()).unwrap();
    persons.apply(&world.ledger.all(), world.ledger.as_ref()).unwrap();
    (folder, persons)
}

#[test]
fn the_same_verified_ine_is_one_person_whatever_the_names() {
    let mut world = World::new();
    let (a, b) = (enrol(&mut world, keys(1, 1)), enrol(&mut world, keys(1, 2)));
    let (_folder, persons) = persons(&world);
    assert_eq!(persons.group(a, world.head()).unwrap(), [a, b]);
    assert_eq!(persons.group(a, Position(1)).unwrap(), [a], "before the second was known");
}

#[test]
fn an_ine_that_one_source_gives_to_three_names_at_once_joins_nobody() {
    let mut world = World::new();
    let a = enrol(&mut world, keys(1, 1));
    let b = enrol(&mut world, keys(1, 2));
    let elsewhere = enrol(world.from("other.cfa-75"), keys(1, 3));
    let trusted = world.head();
    let c = enrol(world.from("ymag.cfa-01"), keys(1, 3));
    let filler = world.head();
    // The CFA puts its third dossier right.
    let amended =
        EnrolmentAmended { identity: Some(Opened::Hidden), ..EnrolmentAmended::default() };
    world.fact_with(c, Fact::EnrolmentAmended(amended), keys(2, 3));
    let (_folder, persons) = persons(&world);
    let mut three = vec![a, b, elsewhere];
    three.sort_unstable();
    assert_eq!(
        persons.group(a, trusted).unwrap(),
        three,
        "a marriage, a slip: three names in two sources"
    );
    assert_eq!(persons.group(a, filler).unwrap(), [a]);
    assert_eq!(persons.group(b, filler).unwrap(), [b]);
    assert_eq!(persons.group(c, filler).unwrap().len(), 2, "the names still join");
    assert_eq!(persons.group(a, world.head()).unwrap(), three);
}

#[test]
fn names_and_birth_join_but_never_two_verified_ines_and_never_a_1_january() {
    let mut world = World::new();
    let (a, b) = (enrol(&mut world, keys(1, 1)), enrol(&mut world, keys(0, 1)));
    let joined = world.head();
    let c = enrol(&mut world, keys(2, 1));
    let january = PersonKeys { first_of_january: true, ..keys(0, 3) };
    let (d, e) = (enrol(&mut world, january), enrol(&mut world, january));
    let (_folder, persons) = persons(&world);
    assert_eq!(persons.group(a, joined).unwrap(), [a, b]);
    for stream in [a, b, c, d, e] {
        assert_eq!(
            persons.group(stream, world.head()).unwrap(),
            [stream],
            "namesakes, or a default date"
        );
    }
}

#[test]
fn twins_share_a_birth_date_and_no_key() {
    let mut world = World::new();
    let (a, b) = (enrol(&mut world, keys(0, 1)), enrol(&mut world, keys(0, 2)));
    let (_folder, persons) = persons(&world);
    assert_eq!(
        (persons.group(a, world.head()).unwrap(), persons.group(b, world.head()).unwrap()),
        (vec![a], vec![b])
    );
}

#[test]
fn a_parting_wins_over_the_rule_also_through_a_third_dossier() {
    let mut world = World::new();
    let (a, b) = (enrol(&mut world, keys(1, 0)), enrol(&mut world, keys(1, 0)));
    decide(&mut world, a, b, false);
    let parted = world.head();
    let c = enrol(&mut world, keys(1, 0));
    let three = world.head();
    decide(&mut world, a, b, true);
    let (_folder, persons) = persons(&world);
    assert_eq!(persons.group(a, Position(2)).unwrap(), [a, b]);
    assert_eq!(persons.group(a, parted).unwrap(), [a]);
    let with_c = [a, b].map(|stream| persons.group(stream, three).unwrap().contains(&c));
    assert_eq!(with_c.iter().filter(|with| **with).count(), 1, "the third is with one of them");
    assert!(!persons.group(a, three).unwrap().contains(&b));
    assert_eq!(persons.group(a, world.head()).unwrap(), [a, b, c]);
}

#[test]
fn a_human_joins_what_the_rule_cannot_see() {
    let mut world = World::new();
    let (a, b) = (enrol(&mut world, keys(1, 1)), enrol(&mut world, keys(2, 2)));
    decide(&mut world, a, b, true);
    let (_folder, persons) = persons(&world);
    assert_eq!(persons.group(b, world.head()).unwrap(), [a, b]);
    let history = persons.group_of(a, world.head()).unwrap();
    assert_eq!(history.members, [a, b]);
    assert_eq!(history.history.len(), 1);
    assert_eq!(
        (history.history[0].from, &history.history[0].classes),
        (Position(3), &vec![vec![a, b]])
    );
}

#[test]
fn a_withdrawn_amendment_gives_back_the_former_keys() {
    let mut world = World::new();
    let (a, b) = (enrol(&mut world, keys(1, 1)), enrol(&mut world, keys(2, 2)));
    let amended =
        EnrolmentAmended { identity: Some(Opened::Hidden), ..EnrolmentAmended::default() };
    let event = world.fact_with(b, Fact::EnrolmentAmended(amended), keys(1, 1));
    let joined = world.head();
    world.retract(b, event);
    let (_folder, persons) = persons(&world);
    assert_eq!(persons.group(a, joined).unwrap(), [a, b]);
    assert_eq!(persons.group(a, world.head()).unwrap(), [a]);
    let history = persons.group_of(a, world.head()).unwrap().history;
    let steps: Vec<(Position, usize)> = history.iter().map(|p| (p.from, p.classes.len())).collect();
    assert_eq!(steps, [(joined, 1), (world.head(), 0)]);
}

#[test]
fn a_key_that_too_many_bear_proves_nothing_from_then_on() {
    let mut world = World::new();
    let streams: Vec<StreamKey> = (0..40).map(|_| enrol(&mut world, keys(0, 1))).collect();
    let (_folder, persons) = persons(&world);
    assert_eq!(persons.group(streams[0], Position(16)).unwrap().len(), 16);
    for stream in [streams[0], streams[16], streams[39]] {
        assert_eq!(persons.group(stream, world.head()).unwrap(), [stream]);
    }
    let then = persons.group_of(streams[3], Position(16)).unwrap();
    let now = persons.group_of(streams[3], world.head()).unwrap();
    assert_eq!(now.history[..then.history.len()], then.history[..], "the past does not change");
}

mod random {
    use super::*;
    use proptest::prelude::*;
    use views_support::random::play;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
        #[test]
        fn groups_are_a_partition_and_their_past_never_changes(
            acts in prop::collection::vec(any::<(u8, u8, u16, u16)>(), 1..60),
            cut in 0.0..1.0_f64,
        ) {
            let world = play(&acts);
            let (_folder, persons) = persons(&world);
            let at = Position((world.head().0 as f64 * cut) as u64);
            let mut streams: Vec<StreamKey> = world
                .ledger
                .all()
                .into_iter()
                .filter(|r| r.stream.category == domain::ids::Category::Enrolment)
                .map(|r| r.stream.key)
                .collect();
            streams.sort_unstable();
            streams.dedup();
            for stream in streams {
                let group = persons.group(stream, at).unwrap();
                prop_assert!(group.contains(&stream));
                for other in &group {
                    prop_assert_eq!(&persons.group(*other, at).unwrap(), &group);
                }
                let (then, now) = (persons.group_of(stream, at).unwrap(), persons.group_of(stream, world.head()).unwrap());
                for partition in then.history {
                    let of_now = now.history.iter().rev().find(|p| p.from <= partition.from).unwrap();
                    let class = |classes: &[Vec<StreamKey>]| classes.iter().find(|c| c.contains(&stream)).cloned();
                    prop_assert_eq!(class(&of_now.classes), class(&partition.classes));
                }
            }
        }
    }
}
