//! Messages that are too large, compressed, or never come to their end, one or many at once.

use crate::Victim;
use flate2::Compression;
use flate2::write::GzEncoder;
use grpc::limits;
use h2::client::{SendRequest, handshake};
use http::Request;
use prost::bytes::Bytes;
use std::io::Write;
use std::time::Duration;
use tokio::net::TcpStream;
use tonic::Code;

/// How a push as raw bytes ends: its gRPC code, or none when the connection is cut.
async fn push(
    victim: &Victim,
    key: &str,
    encoding: Option<&str>,
    chunks: impl Iterator<Item = Bytes>,
    pause: Duration,
) -> Option<Code> {
    let socket = TcpStream::connect(victim.address()).await.unwrap();
    let (mut send, connection) = handshake(socket).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let url = format!("{}/registre.v1.IngestionService/BatchPushDossiers", victim.server.url());
    let mut request = Request::post(url)
        .header("content-type", "application/grpc")
        .header("te", "trailers")
        .header("authorization", key);
    if let Some(encoding) = encoding {
        request = request.header("grpc-encoding", encoding);
    }
    let (answer, mut body) = send.send_request(request.body(()).unwrap(), false).unwrap();
    let sending = async {
        for chunk in chunks {
            body.reserve_capacity(chunk.len());
            // A server that has answered gives no more room, or resets the stream.
            let room = std::future::poll_fn(|cx| body.poll_capacity(cx)).await;
            if !matches!(room, Some(Ok(_))) || body.send_data(chunk, false).is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
        std::future::pending::<()>().await;
    };
    let answering = async {
        let answer = answer.await.ok()?;
        let code = |headers: &http::HeaderMap| {
            headers.get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()))
        };
        if let Some(code) = code(answer.headers()) {
            return Some(code);
        }
        let mut stream = answer.into_body();
        while let Some(Ok(_)) = stream.data().await {}
        stream.trailers().await.ok().flatten().as_ref().and_then(code)
    };
    tokio::pin!(answering);
    tokio::select! {
        code = &mut answering => code,
        () = sending => answering.await,
    }
}

/// The head of a gRPC message of so many bytes.
fn head(compressed: bool, bytes: u32) -> Bytes {
    let mut head = vec![u8::from(compressed)];
    head.extend(bytes.to_be_bytes());
    head.into()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_of_a_hundred_megabytes_is_refused_unread() {
    const BYTES: u32 = 100 << 20;
    let victim = Victim::new().await;
    let chunks = || {
        let megabytes = std::iter::repeat_n(Bytes::from(vec![0x0a; 16 << 10]), 6_400);
        std::iter::once(head(false, BYTES)).chain(megabytes)
    };
    let key = victim.server.key().bearer();
    let code = push(&victim, &key, None, chunks(), Duration::ZERO).await;
    assert_eq!(code, Some(Code::OutOfRange));
    let code = push(&victim, "Bearer reg_nobody", None, chunks(), Duration::ZERO).await;
    assert_eq!(code, Some(Code::Unauthenticated));
    victim.must_stand("100 MB message").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_compressed_is_refused_unopened() {
    let victim = Victim::new().await;
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..1_024 {
        bomb.write_all(&zeros).unwrap();
    }
    let bomb = bomb.finish().unwrap();
    println!("a gigabyte in {} KiB", bomb.len() >> 10);
    let key = victim.server.key().bearer();
    for encoding in ["gzip", "deflate", "zstd", "identity"] {
        let head = head(true, bomb.len() as u32);
        let parts = bomb.chunks(16 << 10).map(Bytes::copy_from_slice).collect::<Vec<_>>();
        let chunks = std::iter::once(head).chain(parts);
        let code = push(&victim, &key, Some(encoding), chunks, Duration::ZERO).await;
        let refused = [Some(Code::Unimplemented), Some(Code::Internal)];
        assert!(refused.contains(&code), "{encoding}: {code:?}");
    }
    victim.must_stand("compression bombs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_trickles_ends_with_its_time() {
    let victim = Victim::new().await;
    let key = victim.server.key().bearer();
    let trickle = std::iter::once(head(false, 1 << 20))
        .chain(std::iter::repeat_n(Bytes::from_static(&[0x0a]), 1_000_000));
    let pushing = push(&victim, &key, None, trickle, Duration::from_millis(100));
    let code = tokio::time::timeout(3 * limits::REQUEST_TIMEOUT, pushing).await;
    let ended = [Some(Code::Cancelled), Some(Code::DeadlineExceeded)];
    assert!(ended.contains(&code.expect("it is never cut off")));
    victim.must_stand("a slow body").await;
}

/// Calls whose message never comes to its end: each sends so much of it, and what it is answered.
async fn unfinished(victim: &Victim, key: &str, calls: usize, path: &str) -> Vec<Option<Code>> {
    let socket = TcpStream::connect(victim.address()).await.unwrap();
    let (send, connection) = handshake(socket).await.unwrap();
    tokio::spawn(async move {
        let _ = connection.await;
    });
    let one = |mut send: SendRequest<Bytes>| async move {
        let request = Request::post(format!("{}{path}", victim.server.url()))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("authorization", key);
        send = send.ready().await.ok()?;
        let (answer, mut body) = send.send_request(request.body(()).unwrap(), false).ok()?;
        let parts = (0..64).map(|_| Bytes::from(vec![0; 16 << 10]));
        for part in std::iter::once(head(false, 9 << 20)).chain(parts) {
            body.reserve_capacity(part.len());
            let room = std::future::poll_fn(|cx| body.poll_capacity(cx)).await;
            if !matches!(room, Some(Ok(_))) || body.send_data(part, false).is_err() {
                break;
            }
        }
        // Those that are not refused are held until all have been sent, and a while longer.
        let answer = tokio::time::timeout(Duration::from_secs(5), answer).await.ok()?.ok()?;
        let code = |headers: &http::HeaderMap| {
            headers.get("grpc-status").map(|code| Code::from_bytes(code.as_bytes()))
        };
        if let Some(code) = code(answer.headers()) {
            return Some(code);
        }
        let mut stream = answer.into_body();
        while let Some(Ok(_)) = stream.data().await {}
        stream.trailers().await.ok().flatten().as_ref().and_then(code)
    };
    futures::future::join_all((0..calls).map(|_| one(send.clone()))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_has_so_much_in_messages_that_are_not_whole_and_others_have_theirs() {
    const PUSH: &str = "/registre.v1.IngestionService/BatchPushDossiers";
    const HEALTH: &str = "/grpc.health.v1.Health/Check";
    let victim = Victim::new().await;
    let key = victim.key_of_a_cfa();
    let flood = (0..8).map(|_| unfinished(&victim, &key, 60, PUSH));
    let (answers, ()) = tokio::join!(futures::future::join_all(flood), victim.serves());
    let answers = answers.concat();
    let count = |code| answers.iter().filter(|answer| **answer == code).count();
    let refused = count(Some(Code::ResourceExhausted));
    let held = count(None);
    println!("{} MiB sent at once: {refused} calls refused, {held} held", answers.len());
    assert_eq!(refused + held, answers.len(), "{answers:?}");
    assert!(held << 20 <= limits::RECEIVED_OF_CALLER_BYTES, "{held}");
    assert!(refused > answers.len() / 2);
    // What needs no credential takes messages of its own size.
    let codes = unfinished(&victim, "", 60, HEALTH).await;
    assert!(codes.iter().all(|code| *code == Some(Code::OutOfRange)), "{codes:?}");
    victim.must_stand("messages that are never whole").await;
}
