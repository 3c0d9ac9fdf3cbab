//! An HTTP/1.1 server on which every limit is set.

use crate::limits;
use access::places::{Place, Places};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};

/// How long the server waits after a connection could not be accepted: the process may have too many
/// files open.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` ends. Routes are told who calls by an extension, a `SocketAddr`. Then running requests have [`limits::HTTP_DRAIN`] to end.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let places = Places::of(limits::HTTP_CONNECTIONS, limits::HTTP_CONNECTIONS_PER_ADDRESS);
    let graceful = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut shutdown => break,
            next = accept(&listener, &places) => next,
        };
        let service = TowerToHyperService::new(router.clone().layer(Extension(peer)));
        let connection = limited().serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // What goes wrong with one connection is its client's to see. No reader is waited for longer than a
            // connection may last.
            let _ = tokio::time::timeout(limits::HTTP_CONNECTION_AGE, connection).await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(limits::HTTP_DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests that have not ended end with the process: the HTTP server stops");
    }
}

/// The next connection for whom there is a place.
async fn accept(listener: &TcpListener, places: &Places) -> (TcpStream, SocketAddr, Place) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                if let Some(place) = places.take(peer.ip()) {
                    return (stream, peer, place);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

/// Reads the body of a request, of as many bytes as its route allows.
///
/// # Errors
/// What to answer when it is too long, cannot be read, or does not come in time.
pub(crate) async fn body(request: Request) -> Result<Bytes, Response> {
    let reading = Bytes::from_request(request, &());
    match tokio::time::timeout(limits::HTTP_BODY_TIMEOUT, reading).await {
        Ok(read) => read.map_err(IntoResponse::into_response),
        Err(_) => {
            Err((StatusCode::REQUEST_TIMEOUT, "the body did not come in time\n").into_response())
        }
    }
}

fn limited() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HTTP_HEAD_TIMEOUT)
        .max_headers(limits::HTTP_HEADERS)
        .max_buf_size(limits::HTTP_HEAD_BYTES);
    builder
}
