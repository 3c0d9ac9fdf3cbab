//! PostgreSQL: a private cluster, or somebody's server; and inserts row by row.

use bench::BenchError;
use bench::harness::{Cell, Room, Unit};
use bench::load::{Client, Workload, drive, on_workers};
use bench::wire::AppendRequest;
use sqlx::{Connection, PgConnection, Postgres};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;

/// The tables of postgres-es 0.5.
const TABLES: &str = "
    CREATE TABLE events (
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        sequence bigint CHECK (sequence >= 0) NOT NULL,
        event_type text NOT NULL,
        event_version text NOT NULL,
        payload json NOT NULL,
        metadata json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    );
    CREATE TABLE snapshots (
        aggregate_type text NOT NULL,
        aggregate_id text NOT NULL,
        last_sequence bigint CHECK (last_sequence >= 0) NOT NULL,
        current_snapshot bigint CHECK (current_snapshot >= 0) NOT NULL,
        payload json NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, last_sequence)
    );
";
const INSERT: &str = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, \
    event_version, payload, metadata) VALUES ($1, $2, $3, $4, $5, $6::json, $7::json)";
/// Who runs the cluster when the bench runs as root: PostgreSQL refuses root.
const ORDINARY_USER: &str = "postgres";

/// Where databases can be made.
pub enum PostgresServer {
    /// A server that somebody runs: its URL.
    Theirs(String),
    /// A cluster of our own; its server runs only while it is measured.
    Ours(Cluster),
}

/// A cluster in a folder.
pub struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    as_root: bool,
}

impl Cluster {
    /// Makes a cluster with the settings that PostgreSQL comes with; the reason when it cannot.
    pub fn make(folder: &Path) -> Result<Self, String> {
        let programs = programs().ok_or("no initdb on PATH nor in /usr/lib/postgresql")?;
        let folder = folder.join("postgres");
        let made = std::fs::create_dir(&folder).and_then(|()| folder.metadata());
        let as_root = made.map_err(|error| error.to_string())?.uid() == 0;
        if as_root {
            // Who runs it must reach it.
            let above = folder.parent().ok_or("a folder without a parent")?;
            let open = std::fs::Permissions::from_mode(0o711);
            std::fs::set_permissions(above, open).map_err(|error| error.to_string())?;
            run(Command::new("chown").arg(ORDINARY_USER).arg(&folder))?;
        }
        let this = Self { programs, folder, as_root };
        run(this.command("initdb").arg("-D").arg(this.data()).args([
            "--no-sync",
            "--auth=trust",
            "--username=postgres",
            "--encoding=UTF8",
        ]))?;
        Ok(this)
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        if !self.as_root {
            return Command::new(program);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", ORDINARY_USER, "--"]).arg(program);
        // Its working folder may be closed to who runs it.
        command.current_dir("/");
        command
    }

    fn start(&self) -> Result<String, String> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = port.map_err(|error| error.to_string())?.port();
        let settings =
            format!("-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories='' ");
        let log = self.folder.join("log");
        let mut start = self.command("pg_ctl");
        start.arg("-D").arg(self.data()).arg("-l").arg(log).args(["-w", "-o", &settings, "start"]);
        run(&mut start)?;
        Ok(format!("postgres://postgres@127.0.0.1:{port}/postgres"))
    }

    fn stop(&self) {
        let mut stop = self.command("pg_ctl");
        let _ = run(stop.arg("-D").arg(self.data()).args(["-m", "fast", "-w", "stop"]));
    }
}

/// Where the programs of the newest PostgreSQL are.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|version| Some(version.ok()?.path().join("bin")))
        .collect();
    found.sort();
    found.reverse();
    let on_path = std::env::split_paths(&path);
    found.into_iter().chain(on_path).find(|folder| folder.join("initdb").is_file())
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    // pg_ctl leaves a server behind that would keep a pipe open.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{program}: {status}: {command:?}")),
        Err(error) => Err(format!("{program}: {error}")),
    }
}

/// Databases made so far, so that each has a name of its own.
static DATABASES: AtomicU64 = AtomicU64::new(0);

/// A new database with the tables, on a server that runs as long as this lives.
pub struct Database {
    on: Rc<PostgresServer>,
    clients: Arc<Runtime>,
    /// Where databases are made and dropped.
    server: String,
    name: String,
    /// Of this database.
    pub url: String,
}

impl Database {
    /// Makes it.
    pub fn make(on: &Rc<PostgresServer>, clients: &Arc<Runtime>) -> Result<Self, BenchError> {
        let server = match on.as_ref() {
            PostgresServer::Theirs(url) => url.clone(),
            PostgresServer::Ours(cluster) => cluster.start().map_err(BenchError::failed)?,
        };
        let number = DATABASES.fetch_add(1, Ordering::Relaxed);
        let name = format!("registre_bench_{}_{number}", std::process::id());
        let (host, query) = server.split_once('?').unwrap_or((&server, ""));
        let host = host.rsplit_once('/').map_or(host, |(host, _)| host);
        let url = format!("{host}/{name}?{query}");
        let (on, clients) = (Rc::clone(on), Arc::clone(clients));
        let this = Self { on, clients, server, name, url };
        let make = async {
            execute(&this.server, &format!("CREATE DATABASE {}", this.name)).await?;
            execute(&this.url, TABLES).await
        };
        this.clients.block_on(make).map_err(BenchError::failed)?;
        Ok(this)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let gone = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let _ = self.clients.block_on(execute(&self.server, &gone));
        if let PostgresServer::Ours(cluster) = self.on.as_ref() {
            cluster.stop();
        }
    }
}

async fn execute(url: &str, statements: &str) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(statements).execute(&mut connection).await?;
    connection.close().await
}

/// What the table calls inserts by so many connections.
pub fn row_by_row_name(connections: usize) -> String {
    let s = if connections == 1 { "" } else { "s" };
    format!("PostgreSQL: BEGIN, INSERT, COMMIT, {connections} connection{s}")
}

/// A transaction of one row, again and again, from so many connections.
pub fn row_by_row(on: &Rc<PostgresServer>, connections: usize) -> Cell {
    let on = Rc::clone(on);
    Cell::new(row_by_row_name(connections), Unit::PerSecond, move |room: &Room| {
        let database = Database::make(&on, &room.clients)?;
        let connect = async {
            let mut made = Vec::new();
            for rank in 0..connections {
                let connection = PgConnection::connect(&database.url).await?;
                made.push(Inserting { connection, workload: Workload::new(rank, connections, 1) });
            }
            Ok::<_, sqlx::Error>(made)
        };
        let mut clients = room.clients.block_on(connect).map_err(BenchError::failed)?;
        let runtime = Arc::clone(&room.clients);
        Ok(move |length: Duration| {
            let _serving = &database;
            on_workers(&runtime, drive(std::mem::take(&mut clients), length))
        })
    })
}

/// About 300 bytes of JSON that an `id` of 16 bytes makes different from all others.
pub fn json(id: &[u8]) -> String {
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        r#"{{"contract":"{id}","starts_on":"2025-09-02","ends_on":"2027-08-31","employer":{{"siret":"73282932000074","naf":"5610A","size":"10-19"}},"certification":{{"rncp":"RNCP35316","cfd":"40025214"}},"pay":[{{"from":"2025-09-02","percent":43}},{{"from":"2026-09-02","percent":51}}]}}"#
    )
}

struct Inserting {
    connection: PgConnection,
    workload: Workload,
}

impl Client for Inserting {
    type Request = (AppendRequest, String);

    fn next(&mut self) -> Option<Self::Request> {
        let request = self.workload.next_request();
        let payload = json(&request.request_id);
        Some((request, payload))
    }

    async fn ask(&mut self, (request, payload): Self::Request) -> Result<u64, BenchError> {
        let insert = async {
            let stream: String = request.stream.iter().map(|byte| format!("{byte:02x}")).collect();
            let mut transaction = self.connection.begin().await?;
            sqlx::query::<Postgres>(INSERT)
                .bind("contract")
                .bind(stream)
                .bind(request.expected_version.cast_signed() + 1)
                .bind("ContractAmended")
                .bind("1")
                .bind(payload)
                .bind(r#"{"source":"bench","actor":"","effective_on":"2025-09-02","schema":1}"#)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        };
        insert.await.map_err(BenchError::failed)?;
        Ok(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_has_about_300_bytes_like_those_of_the_ledger() {
        let bytes = json(&[7; 16]).len();
        assert!(bytes.abs_diff(bench::load::PAYLOAD_BYTES) <= 10, "{bytes} bytes");
    }
}
