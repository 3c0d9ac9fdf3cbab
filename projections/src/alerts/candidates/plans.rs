//! Alerts are asked after each event: how SQLite finds what they need.

use super::*;

/// What may be gone through: findings, and what the questions make of CFAs.
const SMALL: [&str; 3] = ["g", "cfas", "last"];

/// The plan of a question, a line a step.
async fn plan(sql: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let detail = Detail::open(folder.path()).await.unwrap();
    let question = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps = sqlx::query(question).fetch_all(&detail.readers).await.unwrap();
    steps.iter().map(|step| step.get::<String, _>("detail") + "\n").collect()
}

#[tokio::test]
async fn no_question_goes_through_all_that_was_ever_said() {
    let here = [contracts::OBLIGED, contracts::BROKEN_HERE, contracts::BROKEN_ALONE];
    for sql in [BROKEN, WITHOUT_CONTRACT, STOPPED, DOUBTFUL, LAST_RUNS].into_iter().chain(here) {
        let plan = plan(sql).await;
        let scanned = plan.lines().filter_map(|step| step.strip_prefix("SCAN "));
        let scanned: Vec<&str> = scanned.filter(|table| !SMALL.contains(table)).collect();
        assert!(scanned.is_empty(), "{sql}\n{plan}");
    }
}
