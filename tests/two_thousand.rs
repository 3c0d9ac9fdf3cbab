//! A batch never loses its good rows to its bad ones, and what is said twice is
//! written once, also after kill -9.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use crate::common::client::Channel;
use common::client::{self, Run};
use common::history::History;
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use proto::v1::{Dossier, RowAnswer, RowOutcome, RunExtent};

/// Rows of a batch: as many as one call takes.
const ROWS: usize = 2_000;
/// One row in so many cannot be identified or dated.
const BAD_EVERY: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_rows_with_twenty_bad_ones_are_kept_but_for_those() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut random = Random::announced("two_thousand");
    let dossiers = two_thousand(&mut random);
    let server = Server::start(&data).await;
    let channel = server.channel().await;

    let first = push(&channel, &mut random, &dossiers, 1).await;
    assert_eq!(client::count(&first, RowOutcome::Written), 1_980);
    must_refuse_the_twenty(&first);
    let mut history = History::read(&channel).await;
    let after_first = history.len();
    assert!(after_first > 1_980, "each good row wrote something: {after_first}");

    let second = push(&channel, &mut random, &dossiers, 2).await;
    must_change_nothing(&second);
    must_have_written_one_run_event(&mut history, &channel, after_first).await;

    server.kill_nine();
    server::run_well(&["fsck", "--data", data.to_str().unwrap()]);
    let server = Server::start(&data).await;
    let channel = server.channel().await;
    let third = push(&channel, &mut random, &dossiers, 3).await;
    must_change_nothing(&third);
    must_have_written_one_run_event(&mut history, &channel, after_first + 1).await;
    history.must_be_the_head(&channel).await;
    assert!(server.stop().success());
}

/// The bad rows: no id, a birth date that is none, no entry date, no name.
fn two_thousand(random: &mut Random) -> Vec<Dossier> {
    let mut dossiers = rows::learners(random, ROWS);
    for (nth, dossier) in dossiers.iter_mut().step_by(BAD_EVERY).enumerate() {
        match nth % 4 {
            0 => dossier.id_erp_apprenant = None,
            1 => dossier.date_de_naissance_apprenant = Some("31/02/2007".to_owned()),
            2 => dossier.date_entree_formation = None,
            _ => (dossier.nom_apprenant, dossier.prenom_apprenant) = (None, None),
        }
    }
    dossiers
}

/// The field that the bad row of a rank is refused for.
fn bad_field(row: u32) -> &'static str {
    let fields = [
        "id_erp_apprenant",
        "date_de_naissance_apprenant",
        "date_entree_formation",
        "nom_apprenant",
    ];
    fields[row as usize / BAD_EVERY % 4]
}

/// Each night a run of its own, one day after the other.
async fn push(
    channel: &Channel,
    random: &mut Random,
    dossiers: &[Dossier],
    night: u32,
) -> Vec<RowAnswer> {
    let at = format!("2025-10-{night:02}T03:00:00Z");
    let run = Run::new(random, "two-thousand", RunExtent::Full, &at, dossiers.iter().cloned());
    let answers = client::push(channel, &run, ROWS).await;
    assert_eq!(answers.len(), ROWS, "a row was lost");
    assert!(answers.iter().zip(0..).all(|(answer, row)| answer.row == row), "in the order sent");
    answers
}

fn must_refuse_the_twenty(answers: &[RowAnswer]) {
    let refused: Vec<_> = answers.iter().filter(|a| a.outcome() == RowOutcome::Refused).collect();
    assert_eq!(refused.len(), 20);
    for answer in refused {
        assert_eq!(answer.row as usize % BAD_EVERY, 0, "row {} is a good one", answer.row);
        let error = answer.errors.first().expect("a refusal says why");
        let text = error.text.as_ref().expect("in words");
        assert_eq!(error.field, bad_field(answer.row));
        assert!(!error.rule.is_empty() && !text.en.is_empty() && !text.fr.is_empty(), "{error:?}");
        assert!(answer.events.is_empty() && answer.enrolment.is_empty(), "{answer:?}");
    }
}

fn must_change_nothing(answers: &[RowAnswer]) {
    assert_eq!(client::count(answers, RowOutcome::Unchanged), 1_980);
    must_refuse_the_twenty(answers);
}

async fn must_have_written_one_run_event(history: &mut History, channel: &Channel, before: u64) {
    history.catch_up(channel).await;
    let new = &history.entries()[before as usize..];
    let kinds: Vec<&str> = new.iter().map(|entry| entry.kind.as_str()).collect();
    assert_eq!(kinds, ["PushRunClosed"]);
}
