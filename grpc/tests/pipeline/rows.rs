//! What becomes of rows.

use crate::common::{School, count, full, learner, learners, local, outcomes, part, partial};
use domain::dossier::{Field, RawValue};
use grpc::push::Outcome;
use proto::v1::DossierRow;

#[tokio::test]
async fn two_thousand_rows_with_twenty_bad_ones_lose_none_and_a_second_push_writes_one_run_event() {
    let mut school = School::new();
    let mut rows = learners(2_000);
    for row in rows.iter_mut().step_by(100) {
        row.set(Field::DateEntreeFormation, None);
    }
    let first = school.push(&full(1, 2_000), &rows).await;
    assert_eq!(count(&first, Outcome::Written), 1_980);
    assert_eq!(count(&first, Outcome::Refused), 20);
    let refused: Vec<u32> = (0..2_000).step_by(100).collect();
    for (rank, row) in (0..).zip(&first.rows) {
        assert_eq!(row.row, rank);
        let bad = refused.contains(&rank);
        assert_eq!(row.errors.iter().any(|e| e.field == "date_entree_formation"), bad, "{rank}");
    }
    assert_eq!(school.book.quarantined(), refused);
    let written = school.events();
    school.restart();
    let second = school.push(&full(2, 2_000), &rows).await;
    assert_eq!(count(&second, Outcome::Unchanged), 1_980);
    assert_eq!(count(&second, Outcome::Refused), 20);
    assert_eq!(school.events(), written + 1);
    assert_eq!(school.book.types().last(), Some(&"PushRunClosed"));
}

#[tokio::test]
async fn a_refused_row_is_kept_without_any_nir() {
    let school = School::new();
    let nir = "1 85 05 78 006 084 91";
    let mut row = learner(0)
        .with(Field::NirApprenant, nir)
        .with(Field::AdresseApprenant, &format!("12 rue des Lilas, sécu {nir}"))
        .with(Field::CauseRuptureContrat, "n° 18505780\u{200B}06084")
        .with(Field::IdErpApprenant, "185057800608491");
    row.set(Field::DerniereSituation, Some(RawValue::Int(1_850_578_006_084)));
    let pushed = school.push(&partial(1), std::slice::from_ref(&row)).await;
    assert_eq!(outcomes(&pushed), vec![Outcome::Refused]);
    let mut expected = row;
    for field in [
        Field::NirApprenant,
        Field::AdresseApprenant,
        Field::CauseRuptureContrat,
        Field::IdErpApprenant,
        Field::DerniereSituation,
    ] {
        expected.set(field, None);
    }
    assert_eq!(school.book.kept(), [expected], "the rest stays, to be looked at");
}

#[tokio::test]
async fn twins_are_both_held_and_equal_rows_are_one() {
    let school = School::new();
    let twin = learner(1).with(Field::EmailContact, "autre@exemple.fr");
    let rows = [learner(0), learner(1), learner(2), twin, learner(2)];
    let pushed = school.push(&full(1, 5), &rows).await;
    use Outcome::{Held, Unchanged, Written};
    assert_eq!(outcomes(&pushed), vec![Written, Held, Written, Held, Unchanged]);
    assert_eq!(pushed.rows[1].errors[0].rule, "TWIN_ROWS");
    assert_eq!(pushed.run.unwrap().counts.held, 2);
}

#[tokio::test]
async fn a_twin_in_a_later_part_is_held() {
    let school = School::new();
    let run = full(1, 3);
    let first = school.pipeline.push(&local(), part(&run, &learners(2), 0, true)).await.unwrap();
    assert!(first.run.is_none());
    let twin = learner(1).with(Field::EmailContact, "autre@exemple.fr");
    let second = school.pipeline.push(&local(), part(&run, &[twin], 2, false)).await.unwrap();
    assert_eq!(outcomes(&second), vec![Outcome::Held]);
    assert_eq!(second.run.unwrap().counts.received, 3);
}

#[tokio::test]
async fn permuted_slots_write_nothing() {
    let school = School::new();
    let slots = |first: [&str; 2], second: [&str; 2]| {
        learner(0)
            .with(Field::ContratDateDebut, first[0])
            .with(Field::ContratDateFin, first[1])
            .with(Field::ContratDateDebut2, second[0])
            .with(Field::ContratDateFin2, second[1])
            .with(Field::SiretEmployeur2, "73282932000074")
    };
    let (a, b) = (["2024-09-02", "2025-03-31"], ["2025-04-14", "2026-08-31"]);
    school.push(&full(1, 1), &[slots(a, b)]).await;
    let written = school.events();
    let again = school.push(&full(2, 1), &[slots(b, a)]).await;
    assert_eq!(outcomes(&again), vec![Outcome::Unchanged]);
    assert_eq!(school.events(), written + 1);
}

#[tokio::test]
async fn a_request_id_with_another_row_is_refused_and_one_that_is_none_too() {
    let school = School::new();
    let id = "0e7a7d3c-36c1-4d0c-9d5e-3f4f6e0f1a2b";
    let send = |day, n: usize, id: &str| {
        let mut part = part(&partial(day), &[learner(n)], 0, false);
        part.rows[0].request_id = id.to_owned();
        async { school.pipeline.push(&local(), part).await }
    };
    assert_eq!(outcomes(&send(1, 0, id).await.unwrap()), vec![Outcome::Written]);
    let reused = send(2, 1, id).await.unwrap();
    assert_eq!(outcomes(&reused), vec![Outcome::Refused]);
    assert_eq!(reused.rows[0].errors[0].rule, "REQUEST_ID_REUSED");
    let wrong = send(3, 1, "no uuid").await.unwrap();
    assert_eq!(wrong.rows[0].errors[0].rule, "REQUEST_ID_FORM");
    assert_eq!(school.book.quarantined(), vec![0]);
}

#[tokio::test]
async fn a_row_whose_bytes_are_none_is_refused_alone() {
    let school = School::new();
    let mut part = part(&full(1, 2), &[learner(0), learner(1)], 0, false);
    let cut = part.rows[0].dossier.len() - 1;
    part.rows[0].dossier.truncate(cut);
    let pushed = school.pipeline.push(&local(), part).await.unwrap();
    assert_eq!(outcomes(&pushed), vec![Outcome::Refused, Outcome::Written]);
    assert_eq!(pushed.rows[0].errors[0].rule, "ROW_FORM");
    assert_eq!(school.book.quarantined(), vec![0]);
}

#[tokio::test]
async fn rows_of_every_wrong_kind_are_answered_and_none_panics() {
    let school = School::new();
    let mut rows = vec![DossierRow::default()];
    for field in Field::ALL {
        for text in ["0000-01-01", "9999-12-31", "\u{0}", "é", "-1", &"x".repeat(5_000)] {
            let mut raw = learner(7);
            raw.set(*field, Some(RawValue::Text(text.to_owned())));
            if let Ok(dossier) = grpc::convert::dossier::to_message(&raw) {
                rows.push(DossierRow::of(&dossier));
            }
        }
        for number in [i64::MIN, -1, 99, i64::MAX] {
            let mut raw = learner(7);
            raw.set(*field, Some(RawValue::Int(number)));
            if let Ok(dossier) = grpc::convert::dossier::to_message(&raw) {
                rows.push(DossierRow::of(&dossier));
            }
        }
    }
    let sent = rows.len();
    let mut part = part(&partial(1), &[], 0, false);
    part.rows = rows;
    let pushed = school.pipeline.push(&local(), part).await.unwrap();
    assert_eq!(pushed.rows.len(), sent);
    for row in pushed.rows {
        let explained = matches!(row.outcome, Outcome::Refused | Outcome::Held);
        assert_eq!(explained, !row.errors.is_empty(), "row {}", row.row);
    }
}
