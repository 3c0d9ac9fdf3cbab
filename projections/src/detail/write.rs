//! A batch becomes rows, in one transaction with its checkpoint.

use super::rows::{BatchRows, number};
use super::runs::{ClosedRun, RunChange, change_of};
use super::store::Detail;
use super::versions::{Changes, FOREVER};
use super::workflow_rows::WorkflowRows;
use crate::runner::{ContractSteps, StreamSteps};
use crate::source::Recorded;
use domain::ids::Position;
use domain::runs::Extent;
use sqlx::query_builder::Separated;
use sqlx::{QueryBuilder, Sqlite, SqliteConnection};

/// Rows of one INSERT: large enough to spare round trips to SQLite's thread,
/// small enough for its limit of bound values.
const ROWS_PER_INSERT: usize = 250;

pub(super) type Tuple<'a> = Separated<'a, Sqlite, &'static str>;

/// What a batch does to the detail rows.
#[derive(Debug, Default)]
pub(crate) struct DetailBatch {
    rows: BatchRows,
    workflows: WorkflowRows,
    runs: Vec<RunChange>,
    last: Position,
}

impl DetailBatch {
    /// Begins with the events that are of no enrolment.
    pub(crate) fn of(batch: &[Recorded]) -> Self {
        Self {
            rows: BatchRows::default(),
            workflows: WorkflowRows::of(batch),
            runs: batch.iter().filter_map(change_of).collect(),
            last: batch.last().map_or(Position(0), |recorded| recorded.position),
        }
    }

    /// Adds what the batch does to one dossier.
    pub(crate) fn see(&mut self, steps: &StreamSteps<'_>) {
        self.rows.see(steps);
    }

    /// Adds what it does to one contract whose workflow runs here.
    pub(crate) fn see_contract(&mut self, steps: &ContractSteps) {
        self.workflows.see(steps);
    }

    /// Adds what another part of the batch did to other dossiers.
    pub(crate) fn join(&mut self, other: Self) {
        self.rows.join(other.rows);
    }
}

impl Detail {
    /// Writes a batch; all of it or nothing.
    pub(crate) async fn apply(&self, batch: DetailBatch) -> Result<(), sqlx::Error> {
        let last = batch.last;
        let mut connection = self.writer.acquire().await?;
        if let Err(error) = write(&mut connection, batch).await {
            // An error when SQLite did so by itself, as it does on a full disk.
            let _ = sqlx::query("ROLLBACK").execute(&mut *connection).await;
            return Err(error);
        }
        self.reached(last);
        Ok(())
    }
}

/// The transaction is not one of the pool, which would not be told that SQLite has ended it: it
/// would take later ones for parts of that one, and might commit none of them.
async fn write(connection: &mut SqliteConnection, batch: DetailBatch) -> Result<(), sqlx::Error> {
    sqlx::query("BEGIN").execute(&mut *connection).await?;
    let DetailBatch { mut rows, workflows, runs, last } = batch;
    rows.sort();
    insert_names(connection, &rows).await?;
    close_rows(connection, &rows).await?;
    insert_enrolments(connection, &rows).await?;
    insert_contracts(connection, &rows).await?;
    insert_findings(connection, &rows).await?;
    workflows.write(connection).await?;
    for change in runs {
        write_run(connection, change).await?;
    }
    sqlx::query("UPDATE checkpoint SET position = ?")
        .bind(number(last))
        .execute(&mut *connection)
        .await?;
    sqlx::query("COMMIT").execute(connection).await?;
    Ok(())
}

impl BatchRows {
    /// Rows in the order of their keys, as their tables hold them: B-trees
    /// grow at one end.
    fn sort(&mut self) {
        self.enrolment_ids.sort_unstable();
        self.contract_ids.sort_unstable();
        sort(&mut self.enrolments);
        sort(&mut self.contracts);
        sort(&mut self.findings);
    }
}

pub(super) fn sort<K: Ord, R>(changes: &mut Changes<K, R>) {
    changes.closed.sort_unstable();
    changes.opened.sort_unstable_by(|one, other| {
        (&one.key, one.known_from).cmp(&(&other.key, other.known_from))
    });
}

pub(super) async fn insert<T>(
    connection: &mut SqliteConnection,
    into: &'static str,
    rows: &[T],
    mut bind: impl FnMut(&mut Tuple<'_>, &T),
) -> Result<(), sqlx::Error> {
    for rows in rows.chunks(ROWS_PER_INSERT) {
        // What fails is rolled back with the whole batch, so that no statement need keep
        // the pages of before: OR FAIL.
        let mut query = QueryBuilder::<Sqlite>::new(format!("INSERT OR FAIL INTO {into} "));
        query.push_values(rows, |mut tuple, row| bind(&mut tuple, row));
        query.build().execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_names(
    connection: &mut SqliteConnection,
    rows: &BatchRows,
) -> Result<(), sqlx::Error> {
    let enrolments = &rows.enrolment_ids;
    insert(connection, "enrolment_ids", enrolments, |tuple, name| {
        tuple
            .push_bind(name.dossier)
            .push_bind(name.stream.to_vec())
            .push_bind(name.source.clone())
            .push_bind(name.loaded_on)
            .push_bind(name.loaded_to);
    })
    .await?;
    for (dossier, loaded_to) in &rows.loaded {
        sqlx::query("UPDATE enrolment_ids SET loaded_to = ? WHERE dossier = ?")
            .bind(loaded_to)
            .bind(dossier)
            .execute(&mut *connection)
            .await?;
    }
    insert(connection, "contract_ids", &rows.contract_ids, |tuple, (contract, id, dossier)| {
        tuple.push_bind(*contract).push_bind(id.to_vec()).push_bind(*dossier);
    })
    .await
}

async fn close_rows(
    connection: &mut SqliteConnection,
    rows: &BatchRows,
) -> Result<(), sqlx::Error> {
    const ENROLMENT: &str = "UPDATE enrolments SET known_to = ? WHERE dossier = ? AND known_to = ?";
    const CONTRACT: &str = "UPDATE contracts SET known_to = ? WHERE contract = ? AND known_to = ?";
    const FINDING: &str = "UPDATE findings SET known_to = ? \
         WHERE dossier = ? AND rule = ? AND contract = ? AND known_to = ?";
    for (sql, closed) in [(ENROLMENT, &rows.enrolments.closed), (CONTRACT, &rows.contracts.closed)]
    {
        for (key, at) in closed {
            sqlx::query(sql).bind(at).bind(key).bind(FOREVER).execute(&mut *connection).await?;
        }
    }
    for ((dossier, rule, contract), at) in &rows.findings.closed {
        let query = sqlx::query(FINDING).bind(at).bind(dossier).bind(*rule).bind(contract);
        query.bind(FOREVER).execute(&mut *connection).await?;
    }
    Ok(())
}

async fn insert_enrolments(
    connection: &mut SqliteConnection,
    rows: &BatchRows,
) -> Result<(), sqlx::Error> {
    insert(connection, "enrolments", &rows.enrolments.opened, |tuple, version| {
        let row = &version.row;
        tuple
            .push_bind(version.key)
            .push_bind(version.known_from)
            .push_bind(version.known_to)
            .push_bind(row.school_year.clone())
            .push_bind(row.entry_on)
            .push_bind(row.end_on)
            .push_bind(row.trainer_uai.clone())
            .push_bind(row.trainer_siret.clone())
            .push_bind(row.cfd.clone())
            .push_bind(row.rncp.clone())
            .push_bind(row.title.clone())
            .push_bind(row.year_of_training)
            .push_bind(row.excluded_on)
            .push_bind(row.withdrawn_on)
            .push_bind(row.completed_on)
            .push_bind(row.diploma)
            .push_bind(row.stopped_on)
            .push_bind(row.first_contract_on)
            .push_bind(row.birth_month)
            .push_bind(row.waits_from)
            .push_bind(row.sessions.clone());
    })
    .await
}

async fn insert_contracts(
    connection: &mut SqliteConnection,
    rows: &BatchRows,
) -> Result<(), sqlx::Error> {
    insert(connection, "contracts", &rows.contracts.opened, |tuple, version| {
        let row = &version.row;
        tuple
            .push_bind(version.key)
            .push_bind(version.known_from)
            .push_bind(version.known_to)
            .push_bind(row.dossier)
            .push_bind(row.ordinal)
            .push_bind(row.start_on)
            .push_bind(row.end_on)
            .push_bind(row.ended_on)
            .push_bind(row.broken_on)
            .push_bind(row.notified_on)
            .push_bind(row.mode.clone())
            .push_bind(row.initiator.clone())
            .push_bind(row.rupture_event.map(|id| id.to_vec()));
    })
    .await
}

async fn insert_findings(
    connection: &mut SqliteConnection,
    rows: &BatchRows,
) -> Result<(), sqlx::Error> {
    insert(connection, "findings", &rows.findings.opened, |tuple, version| {
        let (dossier, rule, contract) = version.key;
        tuple
            .push_bind(dossier)
            .push_bind(rule)
            .push_bind(contract)
            .push_bind(version.known_from)
            .push_bind(version.known_to)
            .push_bind(version.row);
    })
    .await
}

async fn write_run(
    connection: &mut SqliteConnection,
    change: RunChange,
) -> Result<(), sqlx::Error> {
    match change {
        RunChange::Closed(run) => write_closed(connection, &run).await,
        RunChange::Decided(stream, position, word) => {
            sqlx::query("UPDATE runs SET decided_at = ?, decision = ? WHERE stream = ?")
                .bind(position)
                .bind(word)
                .bind(stream.to_vec())
                .execute(connection)
                .await?;
            Ok(())
        }
        RunChange::Reference(set) => {
            sqlx::query("INSERT INTO reference_sets VALUES (?, ?, ?, ?)")
                .bind(number(set.position))
                .bind(set.hash.to_vec())
                .bind(set.name)
                .bind(set.summary)
                .execute(connection)
                .await?;
            Ok(())
        }
    }
}

async fn write_closed(
    connection: &mut SqliteConnection,
    run: &ClosedRun,
) -> Result<(), sqlx::Error> {
    let view = &run.view;
    let text = serde_json::to_string(view).map_err(|error| sqlx::Error::Encode(error.into()))?;
    sqlx::query("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)")
        .bind(number(view.position))
        .bind(run.stream.to_vec())
        .bind(view.recorded_at.0)
        .bind(view.source.as_str())
        .bind(view.extracted_at.0)
        .bind(run.extracted_on)
        .bind(view.extent == Extent::Full)
        .bind(run.held)
        .bind(text)
        .execute(&mut *connection)
        .await?;
    let position = number(view.position);
    insert(connection, "run_trainers", &run.trainers, |tuple, (uai, siret, rows)| {
        tuple.push_bind(position).push_bind(uai.clone()).push_bind(siret.clone()).push_bind(*rows);
        tuple.push_bind(run.extracted_on);
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::super::runs::RunChange;
    use super::*;
    use crate::runner::lacks_room;
    use crate::views::ReferenceView;

    /// A batch of one reference set whose summary takes some fifty pages.
    fn batch(position: u64) -> DetailBatch {
        let set = ReferenceView {
            hash: [0; 32],
            name: "communes".to_owned(),
            summary: "x".repeat(200_000),
            position: Position(position),
        };
        DetailBatch {
            runs: vec![RunChange::Reference(set)],
            last: Position(position),
            ..DetailBatch::default()
        }
    }

    #[tokio::test]
    async fn batches_after_those_that_failed_are_committed() {
        let folder = tempfile::tempdir().unwrap();
        let detail = Detail::open(folder.path()).await.unwrap();
        detail.leave_pages(60).await;
        detail.apply(batch(1)).await.unwrap();
        // SQLite rolls back by itself, and then it does not.
        let full = detail.apply(batch(2)).await.unwrap_err();
        assert!(lacks_room(&full), "{full}");
        detail.leave_pages(200).await;
        let trigger = "CREATE TRIGGER broken BEFORE INSERT ON reference_sets \
             BEGIN SELECT RAISE(ABORT, 'cut'); END";
        sqlx::query(trigger).execute(&detail.writer).await.unwrap();
        let cut = detail.apply(batch(2)).await.unwrap_err();
        assert!(!lacks_room(&cut), "{cut}");
        sqlx::query("DROP TRIGGER broken").execute(&detail.writer).await.unwrap();
        detail.apply(batch(2)).await.unwrap();
        detail.apply(batch(3)).await.unwrap();
        assert_eq!(detail.position(), Position(3));
        // Nothing is left open: whoever reads the files elsewhere finds all of it.
        let copy = tempfile::tempdir().unwrap();
        for file in ["detail.sqlite", "detail.sqlite-wal"] {
            std::fs::copy(folder.path().join(file), copy.path().join(file)).unwrap();
        }
        let found = Detail::open(copy.path()).await.unwrap();
        assert_eq!(found.position(), Position(3));
        assert_eq!(found.dump().await.unwrap(), detail.dump().await.unwrap());
    }
}
