//! Answers that are ready together leave in one write, through HTTP/2 and all. One worker runs
//! everything: what can run when is nearly the same each time, and what was woken last runs next, as on
//! the server.

use futures::TryStreamExt;
use futures::future::join_all;
use proto::gathered::Gathered;
use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tonic::transport::server::{Connected, TcpIncoming};
use tonic::transport::{Endpoint, Server};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

/// Calls that are asked together, on one connection.
const TOGETHER: usize = 64;

/// A socket whose writes are counted.
struct Counted {
    socket: TcpStream,
    writes: Arc<AtomicUsize>,
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        self.writes.fetch_add(1, Ordering::Relaxed);
        Pin::new(&mut self.socket).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl Connected for Counted {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

/// How many writes a server makes for ten times as many calls as are asked together.
async fn writes<S>(in_front: fn(Counted) -> S) -> usize
where
    S: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    S::ConnectInfo: Clone + Send + Sync + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let writes: Arc<AtomicUsize> = Arc::default();
    let counted = Arc::clone(&writes);
    let sockets = TcpIncoming::from(listener).with_nodelay(Some(true));
    let sockets =
        sockets.map_ok(move |socket| in_front(Counted { socket, writes: Arc::clone(&counted) }));
    let (_health, service) = tonic_health::server::health_reporter();
    let served = Server::builder().add_service(service).serve_with_incoming(sockets);
    let served = tokio::spawn(served);
    let channel = Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await;
    let channel = channel.unwrap();
    for _ in 0..10 {
        let asked = (0..TOGETHER).map(|_| {
            let mut client = HealthClient::new(channel.clone());
            async move { client.check(HealthCheckRequest::default()).await.unwrap() }
        });
        join_all(asked).await;
    }
    served.abort();
    writes.load(Ordering::Relaxed)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn answers_that_are_ready_together_leave_in_few_writes() {
    let plain = tokio::spawn(writes(|socket| socket)).await.unwrap();
    let gathered = tokio::spawn(writes(Gathered::new)).await.unwrap();
    assert!(3 * gathered < plain, "{gathered} writes with, {plain} without");
}
