//! Rows that say the same as the night before are not compared again, and nobody can tell.

use crate::common::{School, broken, full, learner, local, part, partial};
use domain::dossier::{Field, RawDossier};
use grpc::push::{Outcome, Part, Pushed};
use proptest::prelude::{Strategy, any, prop};
use proptest::test_runner::{Config, TestRunner};
use proto::v1::{Dossier, DossierRow, RunDeclaration};
use std::cell::Cell;

/// What a source may say of a learner.
fn row(n: usize, look: u8) -> Option<RawDossier> {
    Some(match look {
        1 => broken(n),
        2 => learner(n).with(Field::EmailContact, "autre@exemple.fr"),
        3 => return None,
        // It begins to say something at the end of the training.
        _ if n == 0 => learner(n)
            .with(Field::ObtentionDiplomeFormation, "false")
            .with(Field::DateFinFormation, "2025-10-06"),
        _ => learner(n),
    })
}

/// A night: its day, whether all is sent, a look a learner.
type Night = (u32, bool, Vec<u8>);

fn nights() -> impl Strategy<Value = Vec<Night>> {
    let look = prop::bool::weighted(0.8).prop_flat_map(|usual| if usual { 0..1 } else { 1..4_u8 });
    let looks = prop::collection::vec(look, 3);
    prop::collection::vec((1..12_u32, any::<bool>(), looks), 3..9)
}

fn pushed((day, all, looks): &Night, rank: usize) -> (RunDeclaration, Vec<RawDossier>) {
    let rows: Vec<_> = (0..).zip(looks).filter_map(|(n, look)| row(n, *look)).collect();
    let mut run = if *all { full(*day, rows.len()) } else { partial(*day) };
    run.run_id = uuid::Uuid::from_u128(rank as u128 + 1).to_string();
    (run, rows)
}

#[test]
fn who_remembers_the_night_before_answers_and_writes_as_who_does_not() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut runner = TestRunner::new(Config { cases: 1_500, ..Config::default() });
    let spared = Cell::new(0);
    runner
        .run(&nights(), |nights| {
            let remembers = School::new();
            let mut forgets = School::new();
            for (rank, night) in nights.iter().enumerate() {
                let (run, rows) = pushed(night, rank);
                let (one, other) = runtime.block_on(async {
                    (remembers.push(&run, &rows).await, forgets.push(&run, &rows).await)
                });
                forgets.restart();
                proptest::prop_assert_eq!(&one.rows, &other.rows, "night {}", rank);
            }
            proptest::prop_assert_eq!(remembers.book.log(), forgets.book.log());
            spared.set(spared.get() + forgets.book.commands() - remembers.book.commands());
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(spared.get() > 500, "only {} rows were not compared", spared.get());
}

fn outcome(pushed: &Pushed) -> Outcome {
    pushed.rows[0].outcome
}

#[tokio::test]
async fn a_second_night_is_not_compared_until_somebody_writes() {
    let school = School::new();
    for day in 1..=4 {
        school.push(&partial(day), &[learner(0)]).await;
    }
    assert_eq!(school.book.commands(), 1, "the first night writes");
    let other = [learner(0).with(Field::EmailContact, "autre@exemple.fr")];
    for (day, outcome_then) in [(5, Outcome::Written), (6, Outcome::Unchanged)] {
        assert_eq!(outcome(&school.push(&partial(day), &other).await), outcome_then);
    }
    assert_eq!(outcome(&school.push(&partial(7), &[learner(0)]).await), Outcome::Written);
    assert_eq!(school.book.commands(), 3);
}

/// Five rows are in memory for four dossiers, or two for one, and not more: those that do not hold
/// any more go first, then all.
#[tokio::test]
async fn memory_does_not_grow_with_the_ways_to_tell_a_dossier() {
    let school = School::new();
    let says = |text: &str| learner(0).with(Field::EmailContact, text);
    for (day, text) in [(1, "a@exemple.fr"), (2, "b@exemple.fr"), (3, "c@exemple.fr")] {
        let rows = [says(text), learner(1), learner(2), learner(3)];
        school.push(&partial(day), &rows).await;
    }
    assert_eq!(school.book.commands(), 6);
    let last = [says("c@exemple.fr"), learner(1), learner(2), learner(3)];
    school.push(&partial(4), &last).await;
    assert_eq!(school.book.commands(), 6, "what holds is known though two rows had to go");

    let school = School::new();
    for (day, text, outcome_then) in [
        (1, "a@exemple.fr", Outcome::Written),
        (2, " a@exemple.fr", Outcome::Unchanged),
        (3, " a@exemple.fr", Outcome::Unchanged),
    ] {
        assert_eq!(outcome(&school.push(&partial(day), &[says(text)]).await), outcome_then);
    }
    assert_eq!(school.book.commands(), 3, "two ways to tell one dossier: both were forgotten");
}

#[tokio::test]
async fn after_a_restart_a_night_is_compared_once() {
    let mut school = School::new();
    school.push(&partial(1), &[learner(0)]).await;
    school.restart();
    for day in 2..=4 {
        assert_eq!(outcome(&school.push(&partial(day), &[learner(0)]).await), Outcome::Unchanged);
    }
    assert_eq!(school.book.commands(), 2);
}

/// The bytes of two encoders: the same columns in another order, and one of them blank.
#[tokio::test]
async fn a_row_is_the_same_whoever_encoded_it() {
    let school = School::new();
    let mut sent = part(&partial(1), &[learner(0)], 0, false);
    let written = school.pipeline.push(&local(), sent.clone()).await.unwrap();
    let dossier = sent.rows[0].read().unwrap();
    assert_eq!(dossier.siret_employeur_4, None);
    let of = |dossier: &Dossier| DossierRow::of(dossier).dossier;
    let (id, blank) = (dossier.id_erp_apprenant.clone(), Some(" ".to_owned()));
    let rest = of(&Dossier { id_erp_apprenant: None, siret_employeur_4: blank, ..*dossier });
    let first = of(&Dossier { id_erp_apprenant: id, ..Dossier::default() });
    for (day, bytes) in [(2, [rest.clone(), first.clone()]), (3, [first, rest])] {
        sent.run = Some(partial(day));
        sent.rows[0].dossier = bytes.concat();
        let pushed = school.pipeline.push(&local(), sent.clone()).await.unwrap();
        assert_eq!(outcome(&pushed), Outcome::Unchanged);
        assert_eq!(pushed.rows[0].digest, written.rows[0].digest);
    }
    assert_eq!(school.book.commands(), 1);
}

#[tokio::test]
async fn a_request_id_that_wrote_another_row_is_refused_all_the_same() {
    let school = School::new();
    let with_id = |day, row: &RawDossier, id: u128| {
        let mut part: Part = part(&partial(day), std::slice::from_ref(row), 0, false);
        part.rows[0].request_id = uuid::Uuid::from_u128(id).to_string();
        part
    };
    let (one, other) = (learner(0), learner(1));
    for (day, row, id) in [(1, &one, 1), (2, &other, 2), (3, &other, 3)] {
        school.pipeline.push(&local(), with_id(day, row, id)).await.unwrap();
    }
    let refused = school.pipeline.push(&local(), with_id(4, &other, 1)).await.unwrap();
    assert_eq!(outcome(&refused), Outcome::Refused);
    let unchanged = school.pipeline.push(&local(), with_id(5, &other, 5)).await.unwrap();
    assert_eq!(outcome(&unchanged), Outcome::Unchanged);
}
