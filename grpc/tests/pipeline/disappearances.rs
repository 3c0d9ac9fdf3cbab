//! What a full run no longer has.

use crate::common::{School, broken, count, full, learner, learners, partial};
use domain::dossier::{Field, RawDossier};
use domain::ids::{RequestId, RunId, Source};
use domain::runs::{HoldDecision, HoldReason};
use grpc::push::Outcome;
use grpc::push::Word;
use grpc::push::runs::RunStanding;

fn source() -> Source {
    Source::parse("cfa.nord").unwrap()
}

async fn decide(school: &School, run: &str, decision: HoldDecision) -> RunStanding {
    school.pipeline.decide_hold(word(run, decision)).await.unwrap().standing()
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
    let refused = school.pipeline.decide_hold(word(&run.run_id, HoldDecision::Confirmed)).await;
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
