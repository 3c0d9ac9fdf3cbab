//! What a full run no longer has.

use crate::common::{School, broken, count, full, learner, learners, local, partial};
use domain::dossier::{Field, RawDossier};
use domain::ids::{Position, RequestId, RunId, Source};
use domain::runs::{HoldDecision, HoldReason};
use grpc::push::runs::{ClosedRun, RunStanding};
use grpc::push::{Outcome, RunStatus, Word};

fn source() -> Source {
    Source::parse("cfa.nord").unwrap()
}

async fn decide(school: &School, run: &str, decision: HoldDecision) -> RunStanding {
    school.pipeline.decide_hold(&local(), word(run, decision)).await.unwrap().standing()
}

fn word(run: &str, decision: HoldDecision) -> Word {
    let run: RunId = run.parse().unwrap();
    // One request a run and a word.
    let request = RequestId(run.0.map(|byte| byte ^ u8::from(decision == HoldDecision::Confirmed)));
    Word { source: source(), run, request, actor: "agent-7".into(), decision }
}

/// Ten learners, five of them with a broken contract.
fn half_broken() -> Vec<RawDossier> {
    (0..10).map(|n| if n < 5 { broken(n) } else { learner(n) }).collect()
}

fn of_type(school: &School, name: &str) -> usize {
    school.book.types().iter().filter(|t| **t == name).count()
}

#[tokio::test]
async fn an_unseen_learner_is_not_transmitted_any_more_and_comes_back() {
    let school = School::new();
    school.push(&full(1, 3), &learners(3)).await;
    let second = school.push(&full(2, 2), &learners(2)).await;
    assert_eq!(second.run.unwrap().counts.unseen, 1);
    assert_eq!(of_type(&school, "TransmissionStopped"), 1);
    let third = school.push(&full(3, 2), &learners(2)).await;
    assert_eq!(third.run.unwrap().counts.unseen, 0);
    school.push(&full(4, 3), &learners(3)).await;
    assert_eq!(of_type(&school, "TransmissionResumed"), 1);
    let before = school.events();
    school.push(&full(5, 3), &learners(3)).await;
    assert_eq!(school.events(), before + 1);
}

#[tokio::test]
async fn a_partial_run_says_nothing_of_what_it_does_not_have() {
    let school = School::new();
    school.push(&full(1, 10), &half_broken()).await;
    let before = school.events();
    let pushed = school.push(&partial(2), &learners(4)).await;
    assert_eq!(count(&pushed, Outcome::Unchanged), 4);
    assert_eq!(school.events(), before + 1);
}

#[tokio::test]
async fn one_rupture_that_vanished_is_retracted_once() {
    let school = School::new();
    school.push(&full(1, 10), &half_broken()).await;
    let mut rows = half_broken();
    rows[2] = learner(2);
    let pushed = school.push(&full(2, 10), &rows).await;
    assert_eq!(pushed.run.unwrap().counts.vanished, 1);
    let before = school.events();
    school.push(&full(3, 10), &rows).await;
    assert_eq!(school.events(), before + 1);
}

#[tokio::test]
async fn an_emptied_rupture_column_is_held_then_confirmed() {
    let mut school = School::new();
    school.push(&full(1, 10), &half_broken()).await;
    let run = full(2, 10);
    let held = school.push(&run, &learners(10)).await.run.unwrap();
    assert_eq!((held.standing(), held.hold), (RunStanding::Held, Some(HoldReason::ColumnEmptied)));
    assert_eq!((held.held.len(), held.counts.vanished), (5, 0));
    assert_eq!(of_type(&school, "Retracted"), 0);
    school.restart();
    assert_eq!(decide(&school, &run.run_id, HoldDecision::Confirmed).await, RunStanding::Confirmed);
    assert_eq!(of_type(&school, "Retracted"), 5);
    let before = school.events();
    assert_eq!(decide(&school, &run.run_id, HoldDecision::Confirmed).await, RunStanding::Confirmed);
    school.push(&full(3, 10), &learners(10)).await;
    assert_eq!(school.events(), before + 1);
}

#[tokio::test]
async fn an_emptied_rupture_column_that_is_rejected_changes_nothing() {
    let school = School::new();
    school.push(&full(1, 10), &half_broken()).await;
    let dossiers = school.book.dossiers();
    let run = full(2, 10);
    school.push(&run, &learners(10)).await;
    assert_eq!(decide(&school, &run.run_id, HoldDecision::Rejected).await, RunStanding::Rejected);
    let refused =
        school.pipeline.decide_hold(&local(), word(&run.run_id, HoldDecision::Confirmed)).await;
    assert_eq!(refused.unwrap_err().reason(), grpc::errors::Reason::NotAllowed);
    school.push(&full(3, 10), &half_broken()).await;
    assert_eq!(school.book.dossiers(), dossiers);
}

#[tokio::test]
async fn more_than_twenty_unseen_learners_are_held_and_what_a_newer_run_saw_is_left_when_confirmed()
{
    let school = School::new();
    school.push(&full(1, 100), &learners(100)).await;
    let run = full(2, 70);
    let held = school.push(&run, &learners(70)).await.run.unwrap();
    assert_eq!((held.hold, held.held.len()), (Some(HoldReason::TooMany), 30));
    school.push(&partial(3), &learners(80)).await;
    decide(&school, &run.run_id, HoldDecision::Confirmed).await;
    assert_eq!(of_type(&school, "TransmissionStopped"), 20);
}

#[tokio::test]
async fn a_truncated_full_run_is_held_and_a_refused_row_of_a_known_learner_is_not_unseen() {
    let school = School::new();
    school.push(&full(1, 5), &learners(5)).await;
    let truncated = school.push(&full(2, 5), &learners(3)).await.run.unwrap();
    assert_eq!((truncated.hold, truncated.held.len()), (Some(HoldReason::Incomplete), 2));
    let mut rows = learners(5);
    rows[4].set(Field::DateEntreeFormation, None);
    let refused = school.push(&full(3, 5), &rows).await.run.unwrap();
    assert_eq!((refused.hold, refused.counts.refused), (None, 1));
    assert_eq!(of_type(&school, "TransmissionStopped"), 0);
}

#[tokio::test]
async fn a_refused_row_holds_the_absences_only_when_it_has_no_id() {
    let school = School::new();
    school.push(&full(1, 5), &learners(5)).await;
    let mut rows = learners(4);
    rows.push(learner(9));
    rows[4].set(Field::DateEntreeFormation, None);
    let newcomer = school.push(&full(2, 5), &rows).await.run.unwrap();
    assert_eq!((newcomer.hold, newcomer.counts.refused, newcomer.counts.unseen), (None, 1, 1));
    let mut rows = learners(4);
    rows[3].set(Field::IdErpApprenant, None);
    let nameless = school.push(&full(3, 4), &rows).await.run.unwrap();
    assert_eq!((nameless.hold, nameless.held.len()), (Some(HoldReason::Incomplete), 1));
}

#[tokio::test]
async fn a_refused_row_names_its_learner_however_the_id_is_written() {
    let school = School::new();
    let named = |id: &str| learner(1).with(Field::IdErpApprenant, id);
    school.push(&full(1, 2), &[learner(0), named("\u{feff}e\u{301}lève 1 ")]).await;
    for (night, id) in [(2, "e\u{301}lève 1"), (3, "élève 1\u{200b}")] {
        let mut undated = named(id);
        undated.set(Field::DateEntreeFormation, None);
        let run = school.push(&full(night, 2), &[learner(0), undated]).await.run.unwrap();
        assert_eq!((run.hold, run.counts.refused, run.counts.unseen), (None, 1, 0));
    }
    let run = school.push(&full(4, 2), &[learner(0), named(" ")]).await.run.unwrap();
    assert_eq!(run.hold, Some(HoldReason::Incomplete), "a blank id names nobody");
    assert_eq!(of_type(&school, "TransmissionStopped"), 0);
}

#[tokio::test]
async fn a_learner_whose_training_is_over_may_leave_the_export() {
    let school = School::new();
    let mut rows = learners(3);
    rows[2] = learner(2)
        .with(Field::DateFinFormation, "2025-06-30")
        .with(Field::ContratDateFin, "2025-06-30");
    school.push(&full(1, 3), &rows).await;
    school.push(&full(2, 2), &rows[..2]).await;
    assert_eq!(of_type(&school, "TransmissionStopped"), 0);
    let before = school.events();
    school.push(&full(3, 3), &rows).await;
    assert_eq!(school.events(), before + 1);
}

#[tokio::test]
async fn a_newer_full_run_takes_the_place_of_a_held_one() {
    let school = School::new();
    school.push(&full(1, 10), &half_broken()).await;
    let held = full(2, 10);
    school.push(&held, &learners(10)).await;
    school.push(&full(3, 10), &half_broken()).await;
    let id: RunId = held.run_id.parse().unwrap();
    let Some(RunStatus::Closed(found)) =
        school.pipeline.run(&local(), &source(), id).await.unwrap()
    else {
        panic!("the run is closed")
    };
    assert_eq!(found.standing(), RunStanding::Superseded);
    let listed = school.pipeline.runs_before(&local(), Position(u64::MAX), None, 10).await.unwrap();
    let standings: Vec<_> = listed.iter().map(ClosedRun::standing).collect();
    let closed = RunStanding::Closed;
    assert_eq!(standings, [closed, RunStanding::Superseded, closed]);
    for decision in [HoldDecision::Confirmed, HoldDecision::Rejected] {
        let refused = school.pipeline.decide_hold(&local(), word(&held.run_id, decision)).await;
        assert_eq!(refused.unwrap_err().reason(), grpc::errors::Reason::NotAllowed);
    }
    assert_eq!(of_type(&school, "Retracted"), 0);
}

#[tokio::test]
async fn a_repaired_export_of_the_same_extraction_takes_the_place_of_the_held_one() {
    let school = School::new();
    school.push(&full(1, 10), &half_broken()).await;
    let held = full(2, 10);
    school.push(&held, &learners(10)).await;
    let mut repaired = full(2, 10);
    repaired.run_id = "6f8f57b2-0d3c-4c2a-9c1e-222222222222".into();
    let run = school.push(&repaired, &half_broken()).await.run.unwrap();
    assert_eq!(run.standing(), RunStanding::Closed);
    let refused =
        school.pipeline.decide_hold(&local(), word(&held.run_id, HoldDecision::Confirmed)).await;
    assert_eq!(refused.unwrap_err().reason(), grpc::errors::Reason::NotAllowed);
}

#[tokio::test]
async fn a_held_run_that_comes_after_a_newer_full_one_waits_for_nobody() {
    let school = School::new();
    school.push(&full(1, 10), &half_broken()).await;
    school.push(&partial(2), &[broken(7)]).await;
    school.push(&full(5, 10), &half_broken()).await;
    let late = school.push(&full(4, 11), &learners(10)).await.run.unwrap();
    assert_ne!(late.standing(), RunStanding::Held);
}

#[tokio::test]
async fn a_confirmed_run_stops_no_learner_whom_a_newer_run_names_in_a_refused_row() {
    let school = School::new();
    school.push(&full(1, 5), &learners(5)).await;
    let run = full(2, 5);
    let held = school.push(&run, &learners(3)).await.run.unwrap();
    assert_eq!((held.hold, held.held.len()), (Some(HoldReason::Incomplete), 2));
    let mut undated = learner(4);
    undated.set(Field::DateEntreeFormation, None);
    let newer = school.push(&partial(3), &[undated]).await;
    assert_eq!(count(&newer, Outcome::Refused), 1);
    decide(&school, &run.run_id, HoldDecision::Confirmed).await;
    assert_eq!(of_type(&school, "TransmissionStopped"), 1, "the other one");
}

/// What a confirmed run did not have is settled, whatever came in between.
#[tokio::test]
async fn an_older_row_after_the_confirmation_changes_as_little_as_before_the_run() {
    // Learner 6 has no rupture but in the older, partial run.
    let older = || (partial(2), vec![broken(6)]);
    let nights = [(full(1, 10), half_broken()), (full(3, 10), learners(10))];
    let newer = (partial(4), vec![learner(6)]);
    let mut states = Vec::new();
    for late in [false, true] {
        let school = School::new();
        school.push(&nights[0].0, &nights[0].1).await;
        if !late {
            school.push(&older().0, &older().1).await;
        }
        let held = school.push(&nights[1].0, &nights[1].1).await.run.unwrap();
        assert_eq!(held.standing(), RunStanding::Held);
        school.push(&newer.0, &newer.1).await;
        decide(&school, &nights[1].0.run_id, HoldDecision::Confirmed).await;
        if late {
            school.push(&older().0, &older().1).await;
        }
        states.push(school.book.dossiers());
    }
    assert_eq!(states[0], states[1]);
}

/// What a held or rejected run did not have says nothing, so an older row that
/// comes late is heard.
#[tokio::test]
async fn an_older_row_after_a_rejected_run_is_heard_as_if_it_came_before() {
    let written = |n| learner(n).with(Field::EmailContact, "neuf@exemple.fr");
    let without_ruptures: Vec<_> =
        (0..10).map(|n| if n > 7 { written(n) } else { learner(n) }).collect();
    let mut states = Vec::new();
    for late in [false, true] {
        let school = School::new();
        school.push(&full(1, 10), &half_broken()).await;
        let older = [broken(6), broken(8)];
        if !late {
            school.push(&partial(2), &older).await;
        }
        let run = full(3, 10);
        school.push(&run, &without_ruptures).await;
        decide(&school, &run.run_id, HoldDecision::Rejected).await;
        if late {
            school.push(&partial(2), &older).await;
        }
        states.push(school.book.dossiers());
    }
    assert_eq!(states[0], states[1]);
}

#[tokio::test]
async fn a_stop_between_the_word_and_its_effects_is_made_good_at_the_next_start() {
    for by_push in [false, true] {
        for writes in 1..=3 {
            let mut school = School::new();
            school.push(&full(1, 10), &half_broken()).await;
            let run = full(2, 10);
            school.push(&run, &learners(10)).await;
            school.book.fail_after(Some(writes));
            let cut = school
                .pipeline
                .decide_hold(&local(), word(&run.run_id, HoldDecision::Confirmed))
                .await;
            assert!(cut.is_err());
            assert_eq!(of_type(&school, "PushRunHoldDecided"), 1);
            school.book.fail_after(None);
            school.restart();
            if by_push {
                school.push(&partial(3), &[learner(0)]).await;
            } else {
                school.pipeline.resume().await.unwrap();
            }
            assert_eq!(of_type(&school, "Retracted"), 5, "cut after {writes}");
        }
    }
}
