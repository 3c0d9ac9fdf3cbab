//! Retries: of runs that are closed, of pushes that were cut short.

use crate::common::{School, broken, full, learner, learners, local, outcomes, part, partial};
use domain::dossier::Field;
use grpc::errors::Reason;
use grpc::push::Outcome;

#[tokio::test]
async fn a_closed_run_pushed_again_writes_nothing_and_gives_the_same_receipt() {
    let mut school = School::new();
    let run = full(1, 3);
    let first = school.push(&run, &learners(3)).await;
    let before = school.events();
    school.restart();
    let again = school.push(&run, &learners(3)).await;
    assert_eq!(school.events(), before);
    let (first_run, again_run) = (first.run.unwrap(), again.run.unwrap());
    assert_eq!(again_run.position, first_run.position);
    assert_eq!(again_run.counts, first_run.counts);
    assert_eq!(again.rows[0].lines, first.rows[0].lines);
}

#[tokio::test]
async fn a_run_id_with_another_declaration_or_other_rows_is_refused() {
    let school = School::new();
    let run = full(1, 3);
    school.push(&run, &learners(3)).await;
    let mut other = run.clone();
    other.extracted_at = "2025-10-02T02:00:00Z".into();
    let refused = school.try_push(&other, &learners(3)).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::RunIdReused);
    let mut rows = learners(3);
    rows[1] = rows[1].clone().with(Field::EmailContact, "autre@exemple.fr");
    let before = school.events();
    let refused = school.try_push(&run, &rows).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::RunIdReused);
    assert_eq!(school.events(), before);
}

#[tokio::test]
async fn a_push_cut_short_at_any_write_is_finished_by_its_retry() {
    let rows = |night: u32| -> Vec<_> {
        (0..8)
            .filter(|n| night == 1 || *n != 7)
            .map(|n| match (night, n) {
                (1, 0..=3) | (2, 1..=3) => broken(n),
                (2, 5) => learner(5).with(Field::EmailContact, "neuf@exemple.fr"),
                _ => learner(n),
            })
            .collect()
    };
    let whole = School::new();
    whole.push(&full(1, 8), &rows(1)).await;
    let before = whole.events();
    whole.push(&full(2, 7), &rows(2)).await;
    let writes = whole.events() - before;
    assert!(writes >= 4, "an amendment, a retraction, a stop and the close: {writes}");
    for cut in 0..writes {
        let mut school = School::new();
        school.push(&full(1, 8), &rows(1)).await;
        school.book.fail_after(Some(cut));
        assert!(school.try_push(&full(2, 7), &rows(2)).await.is_err(), "cut at {cut}");
        school.book.fail_after(None);
        school.restart();
        let retried = school.push(&full(2, 7), &rows(2)).await.run.unwrap();
        assert_eq!((retried.counts.unseen, retried.hold), (1, None), "cut at {cut}");
        assert_eq!(school.book.dossiers(), whole.book.dossiers(), "cut at {cut}");
        assert_eq!(school.events(), whole.events(), "cut at {cut}");
    }
}

#[tokio::test]
async fn a_missing_part_is_told_and_a_restart_asks_for_the_run_from_its_first_row() {
    let mut school = School::new();
    let run = full(1, 6);
    let rows = learners(6);
    school.pipeline.push(&local(), part(&run, &rows[..2], 0, true)).await.unwrap();
    let gap = school.pipeline.push(&local(), part(&run, &rows[4..], 4, false)).await.unwrap_err();
    assert_eq!(gap.reason(), Reason::RunIncomplete);
    school.restart();
    let lost = school.pipeline.push(&local(), part(&run, &rows[2..4], 2, true)).await.unwrap_err();
    assert_eq!(lost.reason(), Reason::RunIncomplete);
    let again = school.push(&run, &rows).await;
    assert_eq!(again.run.unwrap().counts.written, 6);
}

#[tokio::test]
async fn two_sources_push_at_once_and_one_source_takes_its_turn() {
    let school = School::new();
    let mut other = full(1, 50);
    other.source = "cfa.sud".into();
    let (first, second) = (partial(2), full(3, 50));
    let rows = learners(50);
    let (north, south, again) = tokio::join!(
        school.push(&first, &rows),
        school.push(&other, &rows),
        school.push(&second, &rows)
    );
    assert_eq!(south.run.unwrap().counts.written, 50);
    assert_eq!(outcomes(&north), vec![Outcome::Written; 50]);
    assert_eq!(outcomes(&again), vec![Outcome::Unchanged; 50]);
}

#[tokio::test]
async fn a_closed_run_sent_again_in_parts_writes_nothing_be_its_rows_the_same_or_not() {
    let mut school = School::new();
    let run = full(1, 6);
    let rows = learners(6);
    let first = school.push(&run, &rows).await;
    let before = school.events();
    for again in [0, 1] {
        if again == 1 {
            school.restart();
        }
        let start = school.pipeline.push(&local(), part(&run, &rows[..4], 0, true)).await.unwrap();
        assert_eq!(start.rows[0].lines, first.rows[0].lines);
        let end = school.pipeline.push(&local(), part(&run, &rows[4..], 4, false)).await.unwrap();
        assert_eq!(end.run.unwrap().position, first.run.as_ref().unwrap().position);
    }
    let mut others = learners(8);
    others[1] = learner(1).with(Field::EmailContact, "autre@exemple.fr");
    let start = school.pipeline.push(&local(), part(&run, &others[..4], 0, true)).await.unwrap();
    assert_eq!(start.rows[1].outcome, Outcome::Refused);
    let end = school.pipeline.push(&local(), part(&run, &others[4..8], 4, false)).await;
    assert_eq!(end.unwrap_err().reason(), Reason::RunIdReused);
    assert_eq!(school.events(), before);
}

#[tokio::test]
async fn a_last_part_whose_close_failed_is_sent_again_alone() {
    let school = School::new();
    let run = full(1, 6);
    let rows = learners(6);
    school.pipeline.push(&local(), part(&run, &rows[..4], 0, true)).await.unwrap();
    // Both rows are written, the run's event is not.
    school.book.fail_after(Some(2));
    let last = || part(&run, &rows[4..], 4, false);
    assert!(school.pipeline.push(&local(), last()).await.is_err());
    school.book.fail_after(None);
    let closed = school.pipeline.push(&local(), last()).await.unwrap().run.unwrap();
    assert_eq!((closed.counts.received, closed.counts.written), (6, 6));
}

#[tokio::test]
async fn a_part_whose_rows_failed_is_sent_again_without_those_before() {
    let school = School::new();
    let run = full(1, 6);
    let rows = learners(6);
    school.pipeline.push(&local(), part(&run, &rows[..2], 0, true)).await.unwrap();
    let second = || part(&run, &rows[2..4], 2, true);
    school.book.fail_after(Some(0));
    assert!(school.pipeline.push(&local(), second()).await.is_err());
    school.book.fail_after(None);
    school.pipeline.push(&local(), second()).await.unwrap();
    let closed = school
        .pipeline
        .push(&local(), part(&run, &rows[4..], 4, false))
        .await
        .unwrap()
        .run
        .unwrap();
    assert_eq!((closed.counts.received, closed.counts.written), (6, 6));
}
