//! The `registre` binary as a process.

use super::client::{Channel, Key};
use super::heard;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};
use tonic::transport::Endpoint;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

/// How long a server may take to be ready: recovery included, on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a server may take to stop when asked to.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// The program under test: `REGISTRE_BIN`, else the one that cargo built.
pub fn binary() -> PathBuf {
    std::env::var_os("REGISTRE_BIN")
        .map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_registre")), PathBuf::from)
}

/// Runs a subcommand to its end.
pub fn run(arguments: &[&str]) -> Output {
    heard::output(heard::command().args(arguments).stdin(Stdio::null()))
}

/// Runs a subcommand that must succeed, and gives what it printed.
pub fn run_well(arguments: &[&str]) -> String {
    let output = run(arguments);
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let status = output.status;
    assert!(status.success(), "registre {}: {status}\n{out}\n{err}", arguments.join(" "));
    out.into_owned()
}

/// A running server. Dropped, it is killed.
#[derive(Debug)]
pub struct Server {
    child: Child,
    address: String,
    data: PathBuf,
}

impl Server {
    /// Starts a server on a data folder and waits until it serves.
    pub async fn start(data: &Path) -> Self {
        Self::start_under(&[], data).await
    }

    /// The same, as the last words of another command such as strace. What the
    /// server prints goes to `{data}.stderr`, beside the folder.
    pub async fn start_under(wrapper: &[&str], data: &Path) -> Self {
        Self::start_at("127.0.0.1", wrapper, data).await
    }

    /// The same with more options of `serve`.
    pub async fn start_with(data: &Path, options: &[&str]) -> Self {
        Self::ready(data, || Self::spawn_with("127.0.0.1", &[], data, options)).await
    }

    /// The same of another copy of the program, as the last of some words.
    pub async fn start_of(words: &[&str], data: &Path) -> Self {
        let words: Vec<&Path> = words.iter().map(AsRef::as_ref).collect();
        Self::ready(data, || Self::spawn_words("127.0.0.1", &words, data, &[])).await
    }

    /// The same, listening on another address of the machine, or of a network
    /// namespace that the wrapper enters.
    pub async fn start_at(host: &str, wrapper: &[&str], data: &Path) -> Self {
        Self::ready(data, || Self::spawn(host, wrapper, data)).await
    }

    /// A port that is free now may be taken a moment later: it is tried again.
    async fn ready(data: &Path, spawn: impl Fn() -> Self) -> Self {
        for _ in 0..3 {
            let mut server = spawn();
            if server.is_ready().await {
                return server;
            }
        }
        panic!("the server does not start:\n{}", printed_by(data));
    }

    /// Starts a server that may refuse; then what it said.
    ///
    /// # Errors
    /// When it ends instead of serving.
    pub async fn try_start(data: &Path) -> Result<Self, String> {
        let mut server = Self::spawn("127.0.0.1", &[], data);
        if server.is_ready().await { Ok(server) } else { Err(printed_by(data)) }
    }

    fn spawn(host: &str, wrapper: &[&str], data: &Path) -> Self {
        Self::spawn_with(host, wrapper, data, &[])
    }

    fn spawn_with(host: &str, wrapper: &[&str], data: &Path, options: &[&str]) -> Self {
        let program = binary();
        let mut words = wrapper.iter().map(AsRef::as_ref).collect::<Vec<&Path>>();
        words.push(&program);
        Self::spawn_words(host, &words, data, options)
    }

    fn spawn_words(host: &str, words: &[&Path], data: &Path, options: &[&str]) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let address = format!("{host}:{port}");
        let mut command = Command::new(words[0]);
        heard::listen(&mut command);
        let child = command
            .args(&words[1..])
            .arg("serve")
            .arg("--data")
            .arg(data)
            .args(["--listen", &address])
            .args((host != "127.0.0.1").then_some("--insecure"))
            .args(options)
            .stdin(Stdio::null())
            .stdout(heard::to_file())
            .stderr(heard::to_file_at(&stderr_of(data)))
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", words[0].display()));
        Self { child, address, data: data.to_owned() }
    }

    /// Whether the health service says SERVING in time; no, if the process ends.
    async fn is_ready(&mut self) -> bool {
        let begin = Instant::now();
        while begin.elapsed() < READY_WITHIN {
            if self.child.try_wait().unwrap().is_some() {
                return false;
            }
            if is_serving(&self.endpoint()).await {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("not ready after {READY_WITHIN:?}");
    }

    fn endpoint(&self) -> Endpoint {
        Endpoint::from_shared(self.url()).unwrap()
    }

    /// Where it listens, for `--to`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A connection of its own.
    pub async fn channel(&self) -> Channel {
        self.key().on(self.endpoint().connect().await.unwrap())
    }

    /// The key that it made for whoever may read its folder.
    pub fn key(&self) -> Key {
        Key::local(&self.data)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// `kill -9`, and waits until the process is gone.
    pub fn kill_nine(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(mut self) -> ExitStatus {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begin.elapsed() < STOPS_WITHIN, "does not stop on SIGTERM");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already gone after `stop` and `kill_nine`; else a test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the servers of a data folder print.
pub fn stderr_of(data: &Path) -> PathBuf {
    data.with_extension("stderr")
}

/// What the servers of a data folder printed, but for what they say only because they are listened to.
///
/// # Errors
/// When none printed.
pub fn said_by(data: &Path) -> std::io::Result<String> {
    Ok(heard::without_traces(&std::fs::read_to_string(stderr_of(data))?))
}

fn printed_by(data: &Path) -> String {
    said_by(data).unwrap_or_default()
}

async fn is_serving(endpoint: &Endpoint) -> bool {
    let Ok(channel) = endpoint.connect().await else { return false };
    let request = HealthCheckRequest { service: String::new() };
    let answer = HealthClient::new(channel).check(request).await;
    answer.is_ok_and(|answer| answer.get_ref().status() == ServingStatus::Serving)
}
