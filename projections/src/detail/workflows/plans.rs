//! How SQLite finds contracts in lists, and that the scope of whoever asks may be large.

use super::*;
use domain::contract::of_establishment;
use domain::identifiers::Siret;
use std::sync::Arc;

/// The most establishments of a key or a person.
const MOST: usize = 5_000;

async fn plan(detail: &Detail, reach: &Ties, asked: &WorkflowsAsked) -> String {
    let query = asked_of(Position(9), reach, asked);
    let question = format!("EXPLAIN QUERY PLAN {}", query.sql().as_str());
    let steps = sqlx::query(sqlx::AssertSqlSafe(question)).fetch_all(&detail.readers).await;
    steps.unwrap().iter().map(|step| step.get::<String, _>("detail") + "\n").collect()
}

/// Establishments with UAIs and SIRETs that are right.
fn establishments() -> Vec<(Siret, Uai)> {
    let letters = "ABCDEFGHJKLMNPRSTUVWXYZ";
    let uais = (0..MOST).map(|n| {
        let digits = format!("075{n:04}");
        let mut read = letters.chars().filter_map(|c| Uai::parse(&format!("{digits}{c}")).ok());
        read.next().unwrap()
    });
    let sirets = (0..MOST * 10).filter_map(|n| Siret::parse(&format!("130025265{n:05}")).ok());
    sirets.zip(uais).collect()
}

fn ties_of(own: &[(Siret, Uai)]) -> Ties {
    Ties::Of(Arc::new(own.iter().flat_map(|(siret, uai)| of_establishment(*siret, *uai)).collect()))
}

#[tokio::test]
async fn current_contracts_are_found_by_place_by_body_and_by_tie_and_those_of_before_are_not_read()
{
    let folder = tempfile::tempdir().unwrap();
    let detail = Detail::open(folder.path()).await.unwrap();
    let phases = vec![Phase::Submitted, Phase::Incomplete];
    let place = WorkflowsAsked {
        phases: phases.clone(),
        departement: Some("35".to_owned()),
        ..WorkflowsAsked::default()
    };
    let body =
        WorkflowsAsked { phases, body: Some("AKTO".to_owned()), ..WorkflowsAsked::default() };
    let own = ties_of(&establishments()[..2]);
    for (reach, asked, by) in [
        (Ties::All, &place, "workflows_of_place (departement=? AND phase=? AND known_to>?)"),
        (Ties::All, &body, "workflows_of_body (body=? AND phase=? AND known_to>?)"),
        (Ties::All, &WorkflowsAsked::default(), "workflows_known (known_to>?)"),
        (own.clone(), &WorkflowsAsked::default(), "workflows_of_tie (tie=?"),
        (own, &place, "workflows_of_place (departement=? AND phase=? AND known_to>?)"),
    ] {
        let plan = plan(&detail, &reach, asked).await;
        assert!(plan.contains(by), "{asked:?}\n{plan}");
        let scanned: Vec<&str> = plan.lines().filter(|step| step.starts_with("SCAN")).collect();
        assert!(scanned.iter().all(|step| step.contains("json_each")), "{asked:?}\n{plan}");
    }
}

#[tokio::test]
async fn whoever_has_the_most_establishments_lists_the_contracts_of_each() {
    let folder = tempfile::tempdir().unwrap();
    let detail = Detail::open(folder.path()).await.unwrap();
    let own = establishments();
    assert_eq!(own.len(), MOST);
    let (siret, uai) = own[MOST - 1];
    let tie = Tie::Cfa(siret, Some(uai)).to_string();
    for statement in [
        "INSERT INTO workflow_ids (contract, id) VALUES (1, zeroblob(16))".to_owned(),
        "INSERT INTO workflows (contract, known_from, from_on, to_on, known_to, version, round, phase, life) \
         VALUES (1, 1, 0, 9223372036854775807, 9223372036854775807, 1, 0, 'draft', 'pending')"
            .to_owned(),
        format!("INSERT INTO workflow_ties VALUES (1, '{tie}', 1, 9223372036854775807)"),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(statement)).execute(&detail.writer).await.unwrap();
    }
    for (own, count) in [(own.as_slice(), 1), (&own[..MOST - 1], 0)] {
        for is_past in [false, true] {
            let asked = WorkflowsAsked { is_past, ..WorkflowsAsked::default() };
            let found = detail.workflows(Position(9), &ties_of(own), &asked, 10).await.unwrap();
            assert_eq!(found.len(), count);
        }
    }
}
