//! What anybody fetches over HTTP is what the log signed, and the door keeps its limits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]

mod common;

use common::{Log, fact, folder, witness};
use ledger::notary::Notary;
use seal::witness::AddCheckpoint;
use seal::{Checkpoint, Hash, Tile, Tiles, VerifierKey, verify_inclusion};
use std::cell::RefCell;
use std::net::SocketAddr;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tlog::limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

/// A server, until it is dropped.
struct Door {
    address: String,
    _stop: oneshot::Sender<()>,
}

async fn serve(router: axum::Router) -> Door {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    tokio::spawn(tlog::door::serve(listener, router, async {
        let _ = stopped.await;
    }));
    Door { address, _stop: stop }
}

/// An answer: status, head, body.
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

async fn send(address: &str, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

async fn get(address: &str, path: &str) -> Answer {
    send(address, format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes())
        .await
}

async fn scene(events: u64) -> (TempDir, Log, Arc<Notary>) {
    let folder = folder();
    let log = Log::open(&folder.path().join("data")).unwrap();
    let notary = Arc::new(log.notary(&folder.path().join("apart")).unwrap());
    for n in 0..events {
        log.write(&fact(n)).await;
    }
    notary.sign().unwrap();
    (folder, log, notary)
}

/// A mirror: what was fetched, as tiles.
struct Mirror(RefCell<Vec<(Tile, Vec<Hash>)>>);

impl Tiles for Mirror {
    type Error = String;

    fn hashes(&self, level: u8, range: Range<u64>) -> Result<Vec<Hash>, String> {
        let tiles = self.0.borrow();
        let tile =
            tiles.iter().find(|(tile, _)| tile.level == level && tile.index == range.start / 256);
        let (tile, hashes) = tile.ok_or("not fetched")?;
        let first = tile.index * 256;
        let part = (range.start - first) as usize..(range.end - first) as usize;
        hashes.get(part).map(<[Hash]>::to_vec).ok_or("too short".to_owned())
    }
}

#[tokio::test]
async fn a_stranger_mirrors_the_tree_and_proves_from_it() {
    let (_folder, log, notary) = scene(600).await;
    let door = serve(tlog::tiles::router(Arc::clone(&notary))).await;
    let answer = get(&door.address, "/checkpoint").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("cache-control: no-cache"), "{}", answer.head);
    let key: VerifierKey = notary.log().to_string().parse().unwrap();
    let (checkpoint, _) = Checkpoint::open(&answer.body, &key).unwrap();
    assert_eq!(checkpoint.size, 600);
    let mirror = Mirror(RefCell::default());
    for (level, index) in [(0, 0), (0, 1), (0, 2), (1, 0)] {
        let tile = Tile::of_tree(level, index, 600).unwrap();
        let answer = get(&door.address, &format!("/{tile}")).await;
        assert_eq!((answer.status, answer.body.len() as u64), (200, tile.width * 32), "{tile}");
        let kept = if tile.width == 256 { "immutable" } else { "no-cache" };
        assert!(answer.head.contains(kept), "{}", answer.head);
        mirror.0.borrow_mut().push((tile, answer.body.as_chunks::<32>().0.to_vec()));
    }
    assert_eq!(seal::tile::root(&mirror, 600).unwrap(), checkpoint.root);
    let record = log.journal.read_after(domain::ids::Position(123), 1).unwrap().remove(0);
    let proof = seal::tile::inclusion_proof(&mirror, 123, 600).unwrap();
    verify_inclusion(&record.leaf(), 123, 600, &proof, &checkpoint.root).unwrap();
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let (_folder, _log, notary) = scene(10).await;
    let door = serve(tlog::tiles::router(notary)).await;
    for path in [
        "/tile/0/000",
        "/tile/0/000.p/11",
        "/tile/1/000.p/1",
        "/tile/0/0",
        "/tile/entries/000",
        "/tile/0/001",
        "/",
        "/checkpoint/",
        "/tile/0/000.p/10/x",
        "/tile/9/000",
    ] {
        assert_eq!(get(&door.address, path).await.status, 404, "{path}");
    }
    assert_eq!(get(&door.address, "/tile/0/000.p/10").await.status, 200);
    let post =
        b"POST /checkpoint HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    assert_eq!(send(&door.address, post).await.status, 405);
}

#[tokio::test]
async fn a_witness_answers_over_http_as_its_protocol_says() {
    let (folder, log, notary) = scene(10).await;
    let one = Arc::new(witness(&folder.path().join("witness"), notary.log()));
    let door = serve(tlog::witness::router(Arc::clone(&one))).await;
    let post = async |body: &str| {
        let head = "POST /add-checkpoint HTTP/1.1\r\nhost: x\r\nconnection: close\r\n";
        let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        send(&door.address, request.as_bytes()).await
    };
    let request = |old: u64| {
        let signed = notary.sign().unwrap();
        let proof = notary.consistency(old, signed.checkpoint.size).unwrap();
        AddCheckpoint { old, proof, checkpoint: signed.text.to_string() }.to_string()
    };
    let answer = post(&request(0)).await;
    assert_eq!(answer.status, 200);
    let note =
        common::with_lines(&notary.newest().text, std::str::from_utf8(&answer.body).unwrap());
    note.verify(one.key()).unwrap();
    log.write(&fact(10)).await;
    let conflict = post(&request(0)).await;
    assert_eq!((conflict.status, conflict.body.as_slice()), (409, b"10\n".as_slice()));
    assert!(conflict.head.contains("text/x.tlog.size"), "{}", conflict.head);
    assert_eq!(post(&request(10)).await.status, 200);
    assert_eq!(post("old 0\n").await.status, 400);
    assert_eq!(post(&"x".repeat(limits::ADD_CHECKPOINT_BYTES + 1)).await.status, 413);
}

#[tokio::test]
async fn who_sends_slowly_or_too_much_is_cut_off_and_others_are_served() {
    let (_folder, _log, notary) = scene(3).await;
    let door = serve(tlog::tiles::router(notary)).await;
    let begin = Instant::now();
    let mut slow = Vec::new();
    for n in 0..100 {
        let mut stream = TcpStream::connect(&door.address).await.unwrap();
        // Some say nothing at all, some begin a head and never end it.
        if n % 2 == 0 {
            stream.write_all(b"GET /checkpoint HTTP/1.1\r\nhost:").await.unwrap();
        }
        slow.push(stream);
    }
    assert_eq!(get(&door.address, "/checkpoint").await.status, 200, "others are served");
    for mut stream in slow {
        let mut rest = Vec::new();
        let read =
            tokio::time::timeout(3 * limits::HTTP_HEAD_TIMEOUT, stream.read_to_end(&mut rest))
                .await;
        assert!(read.is_ok(), "still open after {:?}", begin.elapsed());
    }
    assert!(begin.elapsed() + Duration::from_secs(1) > limits::HTTP_HEAD_TIMEOUT);
    let long =
        format!("GET /checkpoint HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(limits::HTTP_HEAD_BYTES));
    assert_eq!(send(&door.address, long.as_bytes()).await.status, 431);
    let many: String = (0..=limits::HTTP_HEADERS).map(|n| format!("x{n}: y\r\n")).collect();
    let many = format!("GET /checkpoint HTTP/1.1\r\n{many}\r\n");
    assert_eq!(send(&door.address, many.as_bytes()).await.status, 431);
}

#[tokio::test]
async fn who_has_many_connections_takes_none_of_others() {
    let (_folder, _log, notary) = scene(3).await;
    let door = serve(tlog::tiles::router(notary)).await;
    let address: SocketAddr = door.address.parse().unwrap();
    let ask = async |from: [u8; 4]| {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((from, 0).into()).unwrap();
        let mut stream = socket.connect(address).await.unwrap();
        stream.write_all(b"GET /checkpoint HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut some = [0; 15];
        // One that has no place is closed or reset.
        let served = stream.read_exact(&mut some).await.is_ok_and(|_| some == *b"HTTP/1.1 200 OK");
        served.then_some(stream)
    };
    let mut mine = Vec::new();
    for n in 0..limits::HTTP_CONNECTIONS_PER_ADDRESS {
        mine.push(ask([127, 0, 0, 1]).await.unwrap_or_else(|| panic!("connection {n}")));
    }
    assert!(ask([127, 0, 0, 1]).await.is_none(), "one more than its share");
    assert!(ask([127, 0, 0, 2]).await.is_some(), "others are served");
    drop(mine);
    while ask([127, 0, 0, 1]).await.is_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let (folder, _log, notary) = scene(3).await;
    let one = Arc::new(witness(&folder.path().join("witness"), notary.log()));
    let door = serve(tlog::witness::router(one)).await;
    let half = b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nold 0\n";
    let answer = send(&door.address, half).await;
    assert_eq!(answer.status, 408, "{}", answer.head);
}
