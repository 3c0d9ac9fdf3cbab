//! What is derived can be deleted: one command brings back the same bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test"
)]

mod common;

use common::client::{self, Run};
use common::random::Random;
use common::rows;
use common::server::{self, Server};
use proto::v1::{Dossier, RowOutcome, RunExtent};
use sqlx::Row;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Learners pushed every night.
const LEARNERS: usize = 150;
/// Nights.
const NIGHTS: u32 = 5;

#[tokio::test(flavor = "multi_thread")]
async fn deleted_views_come_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fill(&data).await;
    let views = data.join("views");
    let before = Views::read(&views).await;
    println!("{} view files, {} SQL rows", before.files.len(), before.rows());
    assert!(before.files.values().any(|bytes| !bytes.is_empty()), "no view file holds anything");
    assert!(before.rows() > LEARNERS, "the SQL views hold {} rows", before.rows());

    std::fs::remove_dir_all(&views).unwrap();
    server::run_well(&["rebuild", "--data", data.to_str().unwrap()]);

    let after = Views::read(&views).await;
    before.must_equal(&after);
    let server = Server::start(&data).await;
    assert!(server.stop().success());
    before.must_equal(&Views::read(&views).await);
}

/// Nights of changes: new telephones, ruptures, corrected start dates, a rupture
/// that vanishes, a learner who leaves the export.
async fn fill(data: &Path) {
    let mut random = Random::announced("derived_folders");
    let mut dossiers = rows::learners(&mut random, LEARNERS);
    for night in 1..=NIGHTS {
        let server = Server::start(data).await;
        let channel = server.channel().await;
        change(&mut random, &mut dossiers, night);
        let at = format!("2025-10-{night:02}T03:00:00Z");
        let run = Run::new(&mut random, "derived", RunExtent::Full, &at, dossiers.clone());
        let answers = client::push(&channel, &run, LEARNERS).await;
        assert!(client::count(&answers, RowOutcome::Written) > 0, "night {night}");
        let head = client::head(&channel).await.position;
        let time = proto::v1::TimeQuery { min_position: head, ..Default::default() };
        let request = proto::v1::ComputeHeadcountRequest { time: Some(time), ..Default::default() };
        client::dashboard(&channel).compute_headcount(request).await.unwrap();
        assert!(server.stop().success());
    }
}

fn change(random: &mut Random, dossiers: &mut Vec<Dossier>, night: u32) {
    let night = night as usize;
    for (rank, dossier) in dossiers.iter_mut().enumerate() {
        if rank % NIGHTS as usize == night {
            dossier.tel_apprenant = Some(rows::phone(random));
        }
        if rank % 10 == night {
            dossier.contrat_date_rupture = Some(format!("2025-09-{:02}", 10 + night));
        }
        if rank % 17 == night {
            dossier.contrat_date_debut = Some("2025-09-08".to_owned());
        }
    }
    dossiers[1].contrat_date_rupture = None;
    dossiers.truncate(LEARNERS + 1 - night);
}

/// The derived folder: its files, and the rows of those that are SQLite.
#[derive(Debug)]
struct Views {
    files: BTreeMap<PathBuf, Vec<u8>>,
    dumps: BTreeMap<PathBuf, Vec<String>>,
}

impl Views {
    async fn read(folder: &Path) -> Self {
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

    fn rows(&self) -> usize {
        self.dumps.values().map(Vec::len).sum()
    }

    /// Names the first file or row that differs.
    fn must_equal(&self, other: &Self) {
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
