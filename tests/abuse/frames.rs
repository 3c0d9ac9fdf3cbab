//! Floods of streams, headers and resets.

use crate::Victim;
use grpc::limits;
use h2::Reason;
use h2::client::{Builder, SendRequest};
use http::Request;
use prost::bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A client of HTTP/2 that keeps to no limit of its own.
async fn unbridled(victim: &Victim) -> (SendRequest<Bytes>, tokio::task::JoinHandle<()>) {
    let socket = TcpStream::connect(victim.address()).await.unwrap();
    let (send, connection) = Builder::new()
        .initial_max_send_streams(100_000)
        .max_concurrent_reset_streams(100_000)
        .handshake(socket)
        .await
        .unwrap();
    let running = tokio::spawn(async move {
        // How it ends is what the attack is about.
        let _ = connection.await;
    });
    (send, running)
}

fn call(victim: &Victim, method: &str) -> http::request::Builder {
    Request::post(format!("{}/registre.v1.HistoryService/{method}", victim.server.url()))
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", victim.server.key().bearer())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_streams_gets_so_many_and_the_rest_is_refused() {
    const STREAMS: u32 = 5_000;
    let victim = Victim::new().await;
    let socket = TcpStream::connect(victim.address()).await.unwrap();
    let (mut answers, mut calls) = socket.into_split();
    let head = head(&victim, "GetHead");
    let flooding = async {
        calls.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await?;
        calls.write_all(&frame(4, 0, 0, &[])).await?;
        for n in 0..STREAMS {
            // Headers whole, and a body that never ends.
            calls.write_all(&frame(1, 4, 2 * n + 1, &head)).await?;
        }
        std::io::Result::Ok(())
    };
    let (mut refused, mut cut) = (0, false);
    let reading = async {
        let mut frames = Frames::default();
        while refused + limits::STREAMS_PER_CONNECTION < STREAMS {
            let Some((kind, payload)) = frames.next(&mut answers).await else {
                cut = true;
                return;
            };
            // RST_STREAM with REFUSED_STREAM.
            refused += u32::from(kind == 3 && payload == 7_u32.to_be_bytes());
        }
    };
    let (flooded, ()) = tokio::join!(flooding, reading);
    println!("{refused} of {STREAMS} streams refused, connection cut: {cut}");
    assert!(cut || flooded.is_ok());
    assert!(refused >= limits::STREAMS_PER_CONNECTION, "{refused}");
    victim.must_stand("stream flood").await;
}

/// The headers of a call, in HPACK without its tables.
fn head(victim: &Victim, method: &str) -> Vec<u8> {
    let path = format!("/registre.v1.HistoryService/{method}");
    let mut head = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path.as_str()),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
        ("authorization", &victim.server.key().bearer()),
    ] {
        head.extend([0x10, name.len() as u8]);
        head.extend(name.as_bytes());
        head.push(value.len() as u8);
        assert!(value.len() < 127);
        head.extend(value.as_bytes());
    }
    head
}

/// The frames that a server sends.
#[derive(Default)]
struct Frames(Vec<u8>);

impl Frames {
    /// The next one: its type and its payload; `None` when the connection has ended.
    async fn next(&mut self, from: &mut (impl AsyncReadExt + Unpin)) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((head, rest)) = self.0.split_first_chunk::<9>() {
                let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
                if let Some(payload) = rest.get(..length) {
                    let found = (head[3], payload.to_vec());
                    self.0.drain(..9 + length);
                    return Some(found);
                }
            }
            let mut buffer = [0; 16 << 10];
            match from.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(read) => self.0.extend(&buffer[..read]),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn streams_that_are_reset_at_once_end_their_connection() {
    const RESETS: usize = 20_000;
    let victim = Victim::new().await;
    let (mut send, running) = unbridled(&victim).await;
    let mut sent = 0;
    for _ in 0..RESETS {
        let Ok((_answer, mut body)) =
            send.send_request(call(&victim, "GetHead").body(()).unwrap(), false)
        else {
            break;
        };
        body.send_reset(Reason::CANCEL);
        sent += 1;
        if sent % 10 == 0 {
            tokio::task::yield_now().await;
        }
    }
    println!("cut off after {sent} of {RESETS} resets");
    assert!(sent < RESETS, "its connection goes on");
    victim.serves().await;
    drop(send);
    let _ = running.await;
    victim.must_stand("rapid reset").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_above_the_limit_are_refused_and_a_head_that_never_ends_ends_its_connection() {
    let victim = Victim::new().await;
    let (mut send, _running) = unbridled(&victim).await;
    let mut large = call(&victim, "GetHead");
    for n in 0..200 {
        large = large.header(format!("x-{n}"), "y".repeat(1_000));
    }
    let refused = match send.send_request(large.body(()).unwrap(), true) {
        Ok((answer, _)) => answer.await.map(|answer| answer.status().as_u16()),
        Err(error) => Err(error),
    };
    println!("200 KB of headers: {refused:?}");
    assert!(!matches!(refused, Ok(200)), "{refused:?}");
    victim.serves().await;

    // Frames by hand: HEADERS without its end, then CONTINUATION without end.
    let mut socket = TcpStream::connect(victim.address()).await.unwrap();
    socket.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    socket.write_all(&frame(4, 0, 0, &[])).await.unwrap();
    socket.write_all(&frame(1, 0, 1, &[])).await.unwrap();
    // A literal header that is never indexed: its name and its value of one byte each.
    let header = [0x10, 1, b'a', 1, b'b'].repeat(3_000);
    let mut written = 0_usize;
    let flooding = async {
        for _ in 0..10_000 {
            if socket.write_all(&frame(9, 0, 1, &header)).await.is_err() {
                break;
            }
            written += header.len();
        }
        let mut rest = Vec::new();
        let _ = socket.read_to_end(&mut rest).await;
    };
    flooding.await;
    println!("cut off after {} KiB of headers", written >> 10);
    assert!(written < 100 << 20, "{written} bytes of headers were taken");
    victim.must_stand("header flood").await;
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}
