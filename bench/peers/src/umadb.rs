//! UmaDB: its own server as a process, its own client.

use bench::BenchError;
use bench::cells::Layout;
use bench::engines::Engine;
use bench::harness::{Cell, Measured, Room, Unit};
use bench::load::{Load, append, on_workers};
use bench::wire::{AppendReply, AppendRequest};
use futures::StreamExt;
use std::collections::HashMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use umadb_client::{AsyncUmaDbClient, UmaDbClient};
use umadb_dcb::{DcbAppendCondition, DcbEvent, DcbEventStoreAsync, DcbQuery, DcbQueryItem};
use uuid::Uuid;

/// What the table calls it.
pub const NAME: &str = "UmaDB";
/// When each append has a condition: that its stream has no newer event than the one that the
/// client knows, which is what our expected version says.
pub const CHECKED: &str = "UmaDB, with condition";
/// The whole log.
pub const READ_ALL: &str = "gRPC: UmaDB, read all, 1 client";
/// How often a server that starts is asked, a hundredth of a second apart.
const ATTEMPTS: usize = 1_000;

/// Whether that program is UmaDB: the reason when it is not.
pub fn find(program: &Path) -> Result<PathBuf, String> {
    let asked = Command::new(program).arg("--version").output();
    match asked {
        Ok(output) if output.status.success() => Ok(program.to_owned()),
        Ok(output) => Err(format!("{} --version: {}", program.display(), output.status)),
        Err(error) => Err(format!("{}: {error}", program.display())),
    }
}

/// A server; it is stopped when it is dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn start(program: &Path, folder: &Path, room: &Room) -> Result<Self, BenchError> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let address = port.map_err(BenchError::io("no free port"))?.to_string();
        let child = Command::new(program)
            .args(["--listen", &address, "--db-path"])
            .arg(folder.join("uma.db"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(BenchError::io("UmaDB cannot be started"))?;
        let this = Self { child, url: format!("http://{address}") };
        for _ in 0..ATTEMPTS {
            if let Ok(client) = room.clients.block_on(connect(&this.url)) {
                room.clients.block_on(client.head()).map_err(BenchError::failed)?;
                return Ok(this);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Err(BenchError::failed("UmaDB does not answer"))
    }

    fn connections(
        &self,
        room: &Room,
        count: usize,
        is_checked: bool,
    ) -> Result<Vec<Arc<Uma>>, BenchError> {
        let one = || {
            let client = room.clients.block_on(connect(&self.url))?;
            Ok(Arc::new(Uma { client, heads: is_checked.then(Mutex::default) }))
        };
        (0..count).map(|_| one()).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn connect(url: &str) -> Result<AsyncUmaDbClient, BenchError> {
    UmaDbClient::new(url.to_owned()).connect_async().await.map_err(BenchError::failed)
}

/// A connection. Appends without a condition are the faster ones, and those of the figures that
/// UmaDB publishes; nothing of them tells a retry or two writers from what is meant.
struct Uma {
    client: AsyncUmaDbClient,
    /// With conditions: the position of the last event of each stream. A stream has one client.
    heads: Option<Mutex<HashMap<Uuid, u64>>>,
}

impl Uma {
    fn condition(&self, stream: Uuid, tag: &str) -> Option<DcbAppendCondition> {
        let heads = self.heads.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
        let of_stream = DcbQueryItem::new().tags([tag]);
        let after = heads.get(&stream).copied();
        Some(DcbAppendCondition::new(DcbQuery::with_items([of_stream])).after(after))
    }

    fn note(&self, stream: Uuid, position: u64) {
        if let Some(heads) = &self.heads {
            heads.lock().unwrap_or_else(PoisonError::into_inner).insert(stream, position);
        }
    }
}

impl Engine for Uma {
    async fn append(&self, request: AppendRequest) -> Result<AppendReply, BenchError> {
        let stream = Uuid::from_slice(&request.stream).map_err(BenchError::failed)?;
        let tag = format!("enrolments/{stream}");
        let version = request.expected_version + request.payloads.len() as u64;
        let events = (0_u32..).zip(request.payloads).map(|(index, payload)| {
            let mut id = request.request_id.clone();
            for (byte, of_index) in id.iter_mut().zip(index.to_be_bytes()) {
                *byte ^= of_index;
            }
            DcbEvent::default()
                .event_type("EnrolmentAmended")
                .tags([tag.clone()])
                .data(payload)
                .uuid(Uuid::from_slice(&id).unwrap_or_default())
        });
        let condition = self.condition(stream, &tag);
        let position = self.client.append(events.collect(), condition, None).await;
        let position = position.map_err(BenchError::failed)?;
        self.note(stream, position);
        Ok(AppendReply { position, version, ..AppendReply::default() })
    }
}

/// Appends in a layout, without a condition and with one.
pub fn appends(program: &Path, layout: Layout) -> [Cell; 2] {
    [NAME, CHECKED].map(|name| appends_as(name, program, layout))
}

fn appends_as(name: &str, program: &Path, layout: Layout) -> Cell {
    let (program, is_checked) = (program.to_owned(), name == CHECKED);
    let name = bench::cells::names::remote(name, layout);
    Cell::new(name, Unit::PerSecond, move |room: &Room| {
        let server = Server::start(&program, &room.folder, room)?;
        let engines = server.connections(room, layout.connections, is_checked)?;
        let clients = Arc::clone(&room.clients);
        Ok(move |length: Duration| {
            let _serving = &server;
            let engines = engines.clone();
            on_workers(&clients, async move { append(&engines, layout.load, length).await })
        })
    })
}

/// The log of as many events as half a cell's time appends, again and again.
pub fn read_all(program: &Path) -> Cell {
    let program = program.to_owned();
    Cell::new(READ_ALL, Unit::PerSecond, move |room: &Room| {
        let server = Server::start(&program, &room.folder, room)?;
        let engines = server.connections(room, 1, false)?;
        let clients = Arc::clone(&room.clients);
        let (filling, length) = (engines.clone(), room.length / 2);
        on_workers(&clients, async move { append(&filling, Load::hundreds(16), length).await })?;
        Ok(move |length: Duration| {
            let _serving = &server;
            on_workers(&clients, read(engines.clone(), length))
        })
    })
}

async fn read(engines: Vec<Arc<Uma>>, length: Duration) -> Result<Measured, BenchError> {
    let mut events = 0_u64;
    let begun = Instant::now();
    for engine in engines {
        while events == 0 || begun.elapsed() < length {
            let answer = engine.client.read(None, None, false, None).await;
            let mut answer = answer.map_err(BenchError::failed)?;
            while let Some(event) = answer.next().await {
                event.map_err(BenchError::failed)?;
                events += 1;
                if begun.elapsed() >= length {
                    break;
                }
            }
        }
    }
    Ok(Measured::new(events as f64, begun.elapsed(), Vec::new()))
}
