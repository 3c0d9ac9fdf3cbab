//! The SQLite file: opening it, its checkpoint, what is done when it is damaged.

use crate::runner::lacks_room;
use domain::ids::Position;
use fs_err as fs;
use sqlx::ConnectOptions;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// The format of the file, in `user_version`: another one is rebuilt.
const FORMAT: i64 = 10;
const SCHEMA: &str = include_str!("../../../migrations/detail/0001_detail.sql");
const INDEXES: &str = include_str!("../../../migrations/detail/0002_indexes.sql");
/// The indexes that a long load leaves for its end, and how many are there.
const LOADED_TABLES: &str = "FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND \
     tbl_name IN ('enrolment_ids', 'contract_ids', 'enrolments', 'contracts')";
const INDEXED: i64 = 7;
/// Queries that run at the same time on one node.
const READERS: u32 = 4;
/// Above this size the whole file is no longer checked when it is opened.
const LARGEST_CHECKED_BYTES: u64 = 256 << 20;

/// The detail rows.
#[derive(Debug)]
pub(crate) struct Detail {
    path: PathBuf,
    pub(super) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    position: AtomicU64,
    indexed: AtomicBool,
}

impl Detail {
    /// Opens the file in a folder; a missing, damaged or older one starts empty.
    pub(crate) async fn open(folder: &Path) -> Result<Self, sqlx::Error> {
        fs::create_dir_all(folder)?;
        let path = folder.join("detail.sqlite");
        match Self::open_file(&path).await {
            Ok(detail) => Ok(detail),
            Err(error) if lacks_room(&error) => Err(error),
            Err(error) => {
                if path.exists() {
                    tracing::warn!(%error, "the detail view is damaged or older: it is rebuilt");
                }
                remove(&path)?;
                Self::create(&path).await
            }
        }
    }

    /// The last position folded.
    pub(crate) fn position(&self) -> Position {
        Position(self.position.load(Ordering::Acquire))
    }

    pub(super) fn reached(&self, position: Position) {
        self.position.store(position.0, Ordering::Release);
    }

    /// Forgets every row, to be folded anew; all of them or none, so that a
    /// process that dies here leaves a checkpoint that is true.
    pub(crate) async fn clear(&self) -> Result<(), sqlx::Error> {
        let mut transaction = self.writer.begin().await?;
        for table in TABLES {
            sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table}")))
                .execute(&mut *transaction)
                .await?;
        }
        sqlx::query("UPDATE checkpoint SET position = 0").execute(&mut *transaction).await?;
        transaction.commit().await?;
        self.reached(Position(0));
        sqlx::query("VACUUM").execute(&self.writer).await?;
        Ok(())
    }

    /// Drops what a long load would keep up row by row.
    pub(crate) async fn begin_load(&self) -> Result<(), sqlx::Error> {
        self.indexed.store(false, Ordering::Release);
        let names = format!("SELECT name {LOADED_TABLES}");
        let names: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(names)).fetch_all(&self.writer).await?;
        for name in names {
            let drop = sqlx::AssertSqlSafe(format!("DROP INDEX {name}"));
            sqlx::query(drop).execute(&self.writer).await?;
        }
        Ok(())
    }

    /// Makes the indexes that are not there, after a load or after one that broke off.
    pub(crate) async fn end_load(&self) -> Result<(), sqlx::Error> {
        if !self.indexed.load(Ordering::Acquire) {
            sqlx::raw_sql(INDEXES).execute(&self.writer).await?;
            self.indexed.store(true, Ordering::Release);
        }
        Ok(())
    }

    async fn open_file(path: &Path) -> Result<Self, sqlx::Error> {
        let checked = fs::metadata(path)?.len() <= LARGEST_CHECKED_BYTES;
        let detail = Self::connect(path).await?;
        let position = detail.checkpoint(checked).await;
        match position {
            Ok(position) => {
                detail.reached(position);
                let count = sqlx::AssertSqlSafe(format!("SELECT count(*) {LOADED_TABLES}"));
                let count: i64 = sqlx::query_scalar(count).fetch_one(&detail.writer).await?;
                detail.indexed.store(count == INDEXED, Ordering::Release);
                Ok(detail)
            }
            Err(error) => {
                detail.close().await;
                Err(error)
            }
        }
    }

    async fn create(path: &Path) -> Result<Self, sqlx::Error> {
        let detail = Self::connect(path).await?;
        sqlx::raw_sql(SCHEMA).execute(&detail.writer).await?;
        sqlx::query(sqlx::AssertSqlSafe(format!("PRAGMA user_version = {FORMAT}")))
            .execute(&detail.writer)
            .await?;
        detail.end_load().await?;
        Ok(detail)
    }

    async fn connect(path: &Path) -> Result<Self, sqlx::Error> {
        // Derived rows: after a power cut the checkpoint tells what is missing.
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            // What is deleted is overwritten.
            .pragma("secure_delete", "ON")
            // Else the check of a large file at opening warns whoever rebuilds or serves it.
            .disable_statement_logging();
        let writer =
            SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await?;
        let readers = SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options);
        let (position, indexed) = (AtomicU64::new(0), AtomicBool::new(false));
        Ok(Self { path: path.to_owned(), writer, readers, position, indexed })
    }

    async fn checkpoint(&self, checked: bool) -> Result<Position, sqlx::Error> {
        let format: i64 = sqlx::query_scalar("PRAGMA user_version").fetch_one(&self.writer).await?;
        if format != FORMAT {
            return Err(sqlx::Error::Protocol(format!("format {format}, not {FORMAT}")));
        }
        if checked {
            let verdict: String =
                sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&self.writer).await?;
            if verdict != "ok" {
                return Err(sqlx::Error::Protocol(verdict));
            }
        }
        let position: i64 =
            sqlx::query_scalar("SELECT position FROM checkpoint").fetch_one(&self.writer).await?;
        Ok(Position(position.unsigned_abs()))
    }

    /// Closes the file.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Lets the file have so many pages more than it has: then SQLite says that the disk is full.
    #[cfg(test)]
    pub(crate) async fn leave_pages(&self, pages: i64) {
        let count: i64 =
            sqlx::query_scalar("PRAGMA page_count").fetch_one(&self.writer).await.unwrap();
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {}", count + pages));
        sqlx::query(limit).execute(&self.writer).await.unwrap();
    }

    /// Where the file is, for messages.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// Every table of rows, in the order of a dump.
pub(super) const TABLES: [&str; 13] = [
    "enrolment_ids",
    "contract_ids",
    "enrolments",
    "contracts",
    "findings",
    "runs",
    "run_trainers",
    "reference_sets",
    "workflow_ids",
    "workflows",
    "workflow_dues",
    "workflow_ties",
    "workflow_persons",
];

fn remove(path: &Path) -> std::io::Result<()> {
    for suffix in ["", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        match fs::remove_file(PathBuf::from(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_of_an_older_format_starts_empty() {
        let folder = tempfile::tempdir().unwrap();
        let detail = Detail::open(folder.path()).await.unwrap();
        let older = "DROP TABLE enrolment_ids; UPDATE checkpoint SET position = 9; \
             PRAGMA user_version = 1;";
        sqlx::raw_sql(older).execute(&detail.writer).await.unwrap();
        detail.close().await;
        let detail = Detail::open(folder.path()).await.unwrap();
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM enrolment_ids");
        let kept = count.fetch_one(&detail.readers).await.unwrap();
        assert_eq!((detail.position(), kept), (Position(0), 0));
    }

    #[tokio::test]
    async fn a_load_that_breaks_off_gets_its_indexes_later() {
        let folder = tempfile::tempdir().unwrap();
        let indexes = async |detail: &Detail| -> i64 {
            let count = sqlx::AssertSqlSafe(format!("SELECT count(*) {LOADED_TABLES}"));
            sqlx::query_scalar(count).fetch_one(&detail.writer).await.unwrap()
        };
        let detail = Detail::open(folder.path()).await.unwrap();
        assert_eq!(indexes(&detail).await, INDEXED);
        detail.begin_load().await.unwrap();
        let one = "CREATE INDEX contracts_of_dossier ON contracts (dossier)";
        sqlx::query(one).execute(&detail.writer).await.unwrap();
        detail.close().await;
        let detail = Detail::open(folder.path()).await.unwrap();
        assert_eq!(indexes(&detail).await, 1);
        detail.end_load().await.unwrap();
        assert_eq!(indexes(&detail).await, INDEXED);
    }

    #[tokio::test]
    async fn a_clearing_that_breaks_off_loses_no_row_that_the_checkpoint_counts() {
        let folder = tempfile::tempdir().unwrap();
        let detail = Detail::open(folder.path()).await.unwrap();
        let rows = "INSERT INTO enrolment_ids VALUES (1, x'00', 'one.cfa', 0, 1); \
             UPDATE checkpoint SET position = 1; \
             CREATE TRIGGER broken BEFORE DELETE ON findings BEGIN SELECT RAISE(ABORT, 'cut'); END; \
             INSERT INTO findings VALUES (1, 'RULE', 0, 1, 2, 0);";
        sqlx::raw_sql(rows).execute(&detail.writer).await.unwrap();
        assert!(detail.clear().await.is_err());
        detail.close().await;
        let detail = Detail::open(folder.path()).await.unwrap();
        let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM enrolment_ids");
        let kept = count.fetch_one(&detail.readers).await.unwrap();
        assert_eq!((detail.position(), kept), (Position(1), 1));
    }
}
