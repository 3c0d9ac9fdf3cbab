//! The derived folder as bytes and rows, to compare one with another.

use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The derived folder: its files, and the rows of those that are SQLite.
#[derive(Debug)]
pub struct Views {
    /// Files, by their path in the folder.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// Rows of the databases.
    dumps: BTreeMap<PathBuf, Vec<String>>,
}

impl Views {
    /// Reads a folder of views.
    pub async fn read(folder: &Path) -> Self {
        let mut views = Self { files: BTreeMap::new(), dumps: BTreeMap::new() };
        let mut waiting = vec![folder.to_owned()];
        while let Some(current) = waiting.pop() {
            for entry in std::fs::read_dir(&current).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(folder).unwrap().to_owned();
                if path.is_dir() {
                    waiting.push(path);
                } else if is_beside_sqlite(&path) {
                    // The write-ahead log of SQLite: its rows are in the dump.
                } else if is_sqlite(&path) {
                    views.dumps.insert(name, dump(&path).await);
                } else {
                    views.files.insert(name, std::fs::read(&path).unwrap());
                }
            }
        }
        views
    }

    /// How many rows the databases have.
    pub fn rows(&self) -> usize {
        self.dumps.values().map(Vec::len).sum()
    }

    /// The position up to which the detail rows have folded the log; 0 when there are none.
    pub fn checkpoint(&self) -> u64 {
        let rows = self.dumps.values().flatten();
        let checkpoint = rows.filter(|row| row.starts_with("checkpoint|"));
        let position = |row: &String| row.rsplit('|').next().and_then(|text| text.parse().ok());
        checkpoint.filter_map(position).max().unwrap_or(0)
    }

    /// Names the first file or row that differs.
    pub fn must_equal(&self, other: &Self) {
        assert_eq!(
            self.files.keys().collect::<Vec<_>>(),
            other.files.keys().collect::<Vec<_>>(),
            "other files"
        );
        for (name, bytes) in &self.files {
            assert!(*bytes == other.files[name], "{} is not the same", name.display());
        }
        assert_eq!(
            self.dumps.keys().collect::<Vec<_>>(),
            other.dumps.keys().collect::<Vec<_>>(),
            "other databases"
        );
        for (name, rows) in &self.dumps {
            let differs = rows.iter().zip(&other.dumps[name]).find(|(left, right)| left != right);
            assert_eq!(differs, None, "{}", name.display());
            assert_eq!(rows.len(), other.dumps[name].len(), "{}", name.display());
        }
    }
}

fn is_sqlite(path: &Path) -> bool {
    std::fs::read(path).unwrap().starts_with(b"SQLite format 3\0")
}

fn is_beside_sqlite(path: &Path) -> bool {
    let name = path.to_str().unwrap();
    ["-wal", "-shm", "-journal"].iter().any(|end| name.ends_with(end))
}

/// Every row of every table as `table|'value'|…`, ordered by all its columns.
async fn dump(path: &Path) -> Vec<String> {
    let pool = SqlitePool::connect_with(SqliteConnectOptions::new().filename(path)).await.unwrap();
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut rows = Vec::new();
    for table in texts(&pool, tables).await {
        let columns = texts(&pool, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
        let values: Vec<String> = columns.iter().map(|c| format!("quote(\"{c}\")")).collect();
        let order: Vec<String> = columns.iter().map(|c| format!("\"{c}\"")).collect();
        let sql = format!(
            "SELECT '{table}|' || {} FROM \"{table}\" ORDER BY {}",
            values.join(" || '|' || "),
            order.join(", ")
        );
        rows.extend(texts(&pool, &sql).await);
    }
    pool.close().await;
    rows
}

async fn texts(pool: &SqlitePool, sql: &str) -> Vec<String> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql.to_owned())).fetch_all(pool).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}
