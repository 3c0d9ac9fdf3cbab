//! Two keys of one organisation share a source: one is bound to both its CFAs, the other to one.

use crate::common::{School, full, learner, part, partial, sender};
use access::Tenant;
use domain::dossier::{Field, RawDossier};
use domain::enrolment::{Establishment, Fact};
use domain::event::Event;
use domain::ids::{Position, RequestId, Source};
use domain::runs::{HoldDecision, PushRunClosed, RunEvent, Within};
use grpc::errors::Reason;
use grpc::push::runs::RunStanding;
use grpc::push::{Outcome, Pushed, RowReport, Word};
use proto::v1::RunDeclaration;

const NORTH: &str = "0010826T";
const SOUTH: &str = "0751234J";

fn of(uai: &str, n: usize) -> RawDossier {
    learner(n).with(Field::EtablissementFormateurUai, uai)
}

fn some(uai: &str, learners: impl IntoIterator<Item = usize>) -> Vec<RawDossier> {
    learners.into_iter().map(|n| of(uai, n)).collect()
}

/// Learners 0 to 2 of the north and 10 to 12 of the south, as the key of both declared them.
async fn both() -> School {
    let school = School::new();
    school.push_as(&sender(&[NORTH, SOUTH]), &full(1, 6), &whole(0..3, 10..13)).await;
    school
}

fn whole(
    north: impl IntoIterator<Item = usize>,
    south: impl IntoIterator<Item = usize>,
) -> Vec<RawDossier> {
    [some(NORTH, north), some(SOUTH, south)].concat()
}

fn outcomes(pushed: &Pushed) -> Vec<Outcome> {
    pushed.rows.iter().map(|row| row.outcome).collect()
}

/// The closing event of the newest run.
fn closed(school: &School) -> PushRunClosed {
    let log = school.book.log();
    let of = |event: &Event| match event {
        Event::Run(RunEvent::Closed(closed)) => Some(closed.clone()),
        _ => None,
    };
    log.iter().rev().find_map(|recorded| of(&recorded.event)).unwrap()
}

/// The dossiers of a CFA, as they are.
fn dossiers(school: &School, uai: &str) -> Vec<String> {
    let of = |text: &String| text.contains(uai);
    school.book.dossiers().into_iter().map(|(_, text)| text).filter(of).collect()
}

fn stopped(dossiers: &[String]) -> usize {
    dossiers.iter().filter(|text| text.contains("stopped true")).count()
}

/// An answer, but for what tells one row from another.
fn told(row: &RowReport) -> RowReport {
    RowReport { row: 0, request_id: String::new(), digest: [0; 16], ..row.clone() }
}

#[tokio::test]
async fn a_dossier_of_another_establishment_is_not_taken_over() {
    let school = both().await;
    let before = (school.events(), dossiers(&school, SOUTH));
    // The rows say that the learners of the south are the north's; the last two name the south.
    let rows = [some(NORTH, [10, 11, 2]), some(SOUTH, [12, 99])].concat();
    let pushed = school.push_as(&sender(&[NORTH]), &partial(2), &rows).await;
    use Outcome::{Refused, Unchanged};
    assert_eq!(outcomes(&pushed), [Refused, Refused, Unchanged, Refused, Refused]);
    assert_eq!(told(&pushed.rows[0]), told(&pushed.rows[4]), "as a foreign row");
    assert_eq!(told(&pushed.rows[3]), told(&pushed.rows[4]), "known or not");
    assert_eq!((school.events(), dossiers(&school, SOUTH)), (before.0 + 1, before.1));
    let broken = of(NORTH, 10).with(Field::DateEntreeFormation, "");
    let pushed = school.push_as(&sender(&[NORTH]), &partial(3), &[broken]).await;
    assert_eq!(pushed.rows[0].stream, None, "of what cannot be read neither");
    assert!(closed(&school).seen.is_empty());
}

#[tokio::test]
async fn a_learner_goes_from_one_establishment_to_another_by_a_key_of_both() {
    let school = both().await;
    let (north, all) = (sender(&[NORTH]), sender(&[NORTH, SOUTH]));
    let moved = school.push_as(&all, &partial(2), &[of(SOUTH, 0)]).await;
    assert_eq!(outcomes(&moved), [Outcome::Written]);
    assert_eq!(dossiers(&school, SOUTH).len(), 4);
    // Its former CFA still has it: the row, seen before, is refused now.
    let pushed = school.push_as(&north, &partial(3), &some(NORTH, [0, 1])).await;
    assert_eq!(outcomes(&pushed), [Outcome::Refused, Outcome::Unchanged]);
    let back = school.push_as(&all, &partial(4), &[of(NORTH, 0)]).await;
    assert_eq!(outcomes(&back), [Outcome::Written]);
    let pushed = school.push_as(&north, &partial(5), &some(NORTH, [0])).await;
    assert_eq!(outcomes(&pushed), [Outcome::Unchanged]);
}

#[tokio::test]
async fn a_full_run_of_one_establishment_says_nothing_of_the_other() {
    let mut school = both().await;
    let south = dossiers(&school, SOUTH);
    let (north, all) = (sender(&[NORTH]), sender(&[NORTH, SOUTH]));
    let run = school.push_as(&north, &full(9, 2), &some(NORTH, 0..2)).await.run.unwrap();
    assert_eq!((run.standing(), run.counts.unseen), (RunStanding::Closed, 1));
    let Within::Trainers(trainers) = closed(&school).within else { panic!() };
    let uais: Vec<String> =
        trainers.iter().map(|one: &Establishment| one.uai.to_string()).collect();
    assert_eq!(uais, [NORTH]);
    assert!(closed(&school).seen.is_empty(), "{:?}", closed(&school).seen);
    assert_eq!((dossiers(&school, SOUTH), stopped(&dossiers(&school, NORTH))), (south, 1));
    // For the south the runs of both are still the newest, though they were extracted earlier; of
    // the north they are late.
    school.restart();
    let late = whole(0..3, [10, 11, 13]);
    let run = school.push_as(&all, &full(5, 6), &late).await.run.unwrap();
    assert_eq!((run.standing(), run.counts.unseen), (RunStanding::Closed, 1));
    assert_eq!(closed(&school).within, Within::Source);
    assert_eq!(stopped(&dossiers(&school, SOUTH)), 1, "the newcomer is none of them");
    assert_eq!(stopped(&dossiers(&school, NORTH)), 1, "who is gone does not come back");
}

#[tokio::test]
async fn a_small_cfa_is_judged_by_its_own_learners() {
    let school = School::new();
    let all = sender(&[NORTH, SOUTH]);
    school.push_as(&all, &full(1, 2_030), &whole(0..30, 1_000..3_000)).await;
    let run = school.push_as(&sender(&[NORTH]), &full(2, 5), &some(NORTH, 0..5)).await.run.unwrap();
    assert_eq!((run.standing(), run.held.len()), (RunStanding::Held, 25));
}

#[tokio::test]
async fn a_dossier_that_goes_to_another_establishment_before_it_is_written_to_is_not_taken_back() {
    let school = both().await;
    let log = school.book.log();
    let trainers = log.iter().filter_map(|recorded| match &recorded.event {
        Event::Enrolment(event) => match &event.fact {
            Fact::EnrolmentDeclared(declared) => Some(declared.training.trainer.clone()),
            _ => None,
        },
        _ => None,
    });
    let south = trainers.into_iter().find(|one| one.uai.to_string() == SOUTH).unwrap();
    let before = school.events();
    school.book.move_meanwhile(south);
    // When the row was looked at, the dossier was the north's.
    let rows = [of(NORTH, 0).with(Field::ContratDateRupture, "2025-03-10"), of(SOUTH, 99)];
    let pushed = school.push_as(&sender(&[NORTH]), &partial(2), &rows).await;
    assert_eq!(outcomes(&pushed), [Outcome::Refused, Outcome::Refused]);
    assert_eq!(told(&pushed.rows[0]), told(&pushed.rows[1]), "as a foreign row");
    assert_eq!(school.events(), before + 1, "nothing but the run");
    assert!(closed(&school).seen.is_empty() && closed(&school).establishments.is_empty());
}

/// The runs that a tenant may know of, newest first.
async fn known(school: &School, tenant: &Tenant) -> Vec<String> {
    let found = school.pipeline.runs_before(tenant, Position(u64::MAX), None, 10).await.unwrap();
    let mut known = Vec::new();
    for run in found {
        let (source, id) = (&run.declaration.source, run.declaration.id);
        assert!(school.pipeline.run(tenant, source, id).await.unwrap().is_some());
        assert!(school.pipeline.may_know(tenant, source, id).await.unwrap());
        known.push(run.declaration.id.to_string());
    }
    known
}

#[tokio::test]
async fn a_run_is_known_to_who_speaks_for_all_for_whom_it_spoke_also_of_rows_that_were_refused() {
    let mut school = School::new();
    let (north, south, all) = (sender(&[NORTH]), sender(&[SOUTH]), sender(&[NORTH, SOUTH]));
    let refused = of(SOUTH, 1).with(Field::DateEntreeFormation, "");
    // Nobody has a learner yet: whose the runs are, their senders tell.
    let first = full(1, 1);
    school.push_as(&south, &first, std::slice::from_ref(&refused)).await;
    assert!(known(&school, &north).await.is_empty());
    assert_eq!(known(&school, &south).await, [first.run_id.as_str()]);
    let norths = full(2, 2);
    school.push_as(&north, &norths, &some(NORTH, 0..2)).await;
    let again = full(3, 1);
    school.push_as(&south, &again, &[refused]).await;
    school.restart();
    assert_eq!(known(&school, &north).await, [norths.run_id.as_str()]);
    assert_eq!(known(&school, &south).await, [again.run_id, first.run_id]);
    // A learner goes to the south: what was said before stays the north's to know.
    let moved = partial(4);
    school.push_as(&all, &moved, &[of(SOUTH, 0)]).await;
    assert_eq!(known(&school, &north).await, [norths.run_id.as_str()]);
    let moved_all = partial(5);
    school.push_as(&all, &moved_all, &[of(SOUTH, 1)]).await;
    assert_eq!(known(&school, &all).await.len(), 5);
    assert_eq!(known(&school, &north).await, [norths.run_id]);
    assert_eq!(known(&school, &south).await.first(), Some(&moved_all.run_id), "the north left");
}

#[tokio::test]
async fn an_open_run_is_known_to_its_sender_and_gone_on_with_by_nobody_else() {
    let school = School::new();
    let (north, south) = (sender(&[NORTH]), sender(&[SOUTH]));
    let (run, rows) = (partial(1), some(NORTH, 0..2));
    school.pipeline.push(&north, part(&run, &rows[..1], 0, true)).await.unwrap();
    let (source, id) = (Source::parse("cfa.nord").unwrap(), run.run_id.parse().unwrap());
    assert!(school.pipeline.may_know(&north, &source, id).await.unwrap());
    assert!(!school.pipeline.may_know(&south, &source, id).await.unwrap());
    let foreign = school.pipeline.push(&south, part(&run, &rows[1..], 1, false)).await;
    assert_eq!(foreign.unwrap_err().reason(), Reason::RunIncomplete);
    let closed = school.pipeline.push(&north, part(&run, &rows[1..], 1, false)).await.unwrap();
    assert_eq!(closed.run.unwrap().counts.received, 2);
}

#[tokio::test]
async fn what_a_run_of_both_holds_is_not_for_one_to_decide_and_is_not_superseded_by_it() {
    let school = both().await;
    let (north, all) = (sender(&[NORTH]), sender(&[NORTH, SOUTH]));
    let run: RunDeclaration = full(2, 6);
    let held = school.push_as(&all, &run, &whole(0..2, 10..12)).await.run.unwrap();
    assert_eq!((held.standing(), held.held.len()), (RunStanding::Held, 2));
    school.push_as(&north, &full(3, 3), &some(NORTH, 0..3)).await;
    let word = |decision| Word {
        source: Source::parse("cfa.nord").unwrap(),
        run: run.run_id.parse().unwrap(),
        request: RequestId([7; 16]),
        actor: String::new(),
        decision,
    };
    for decision in [HoldDecision::Confirmed, HoldDecision::Rejected] {
        let refused = school.pipeline.decide_hold(&north, word(decision)).await;
        assert_eq!(refused.unwrap_err().reason(), Reason::NotFound);
    }
    let decided = school.pipeline.decide_hold(&all, word(HoldDecision::Confirmed)).await.unwrap();
    assert_eq!(decided.standing(), RunStanding::Confirmed);
    assert_eq!(stopped(&dossiers(&school, SOUTH)), 1);
    assert_eq!(stopped(&dossiers(&school, NORTH)), 0, "the newer run of the north saw it");
}
