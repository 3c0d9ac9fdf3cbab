//! One connection: TLS or plain, and how long its opening may take.
//!
//! The opening is the TLS handshake and the preface of HTTP/2: a client that does not come to its end
//! in time is cut off, however slowly it goes on sending. The handshake is made by the connection's
//! own task, so that nobody waits for another's.

use super::tls::Tls;
use crate::limits;
use access::places::Place;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};
use tokio_rustls::server::TlsStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

/// Bytes of the preface of HTTP/2 (RFC 9113, 3.4).
const PREFACE: usize = 24;

/// A connection that has a place.
#[derive(Debug)]
pub(crate) struct Link {
    way: Way,
    /// Until the opening is over.
    opening: Option<Opening>,
    local: Option<SocketAddr>,
    peer: SocketAddr,
    _place: Place,
}

#[derive(Debug)]
struct Opening {
    left: usize,
    until: Pin<Box<Sleep>>,
}

enum Way {
    Plain(TcpStream),
    Handshake(Box<tokio_rustls::Accept<TcpStream>>),
    Tls(Box<TlsStream<TcpStream>>),
}

impl std::fmt::Debug for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Plain(_) => "Plain",
            Self::Handshake(_) => "Handshake",
            Self::Tls(_) => "Tls",
        })
    }
}

impl Link {
    pub(super) fn new(
        socket: TcpStream,
        peer: SocketAddr,
        place: Place,
        tls: Option<&Tls>,
    ) -> Self {
        let local = socket.local_addr().ok();
        let way = match tls {
            None => Way::Plain(socket),
            Some(tls) => Way::Handshake(Box::new(tls.accept(socket))),
        };
        let until = Box::pin(sleep(limits::OPENING_TIMEOUT));
        Self { way, opening: Some(Opening { left: PREFACE, until }), local, peer, _place: place }
    }

    /// Ready when the way is open; an error when the opening takes too long or fails.
    fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(opening) = &mut self.opening
            && opening.until.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        if let Way::Handshake(accept) = &mut self.way {
            let stream = ready!(Pin::new(accept).poll(cx))?;
            self.way = Way::Tls(Box::new(stream));
        }
        Poll::Ready(Ok(()))
    }

    /// Counts bytes that came; with the last of the preface the opening is over.
    fn came(&mut self, bytes: usize) {
        if let Some(opening) = &mut self.opening {
            opening.left = opening.left.saturating_sub(bytes);
            if opening.left == 0 {
                self.opening = None;
            }
        }
    }
}

impl Connected for Link {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        TcpConnectInfo { local_addr: self.local, remote_addr: Some(self.peer) }
    }
}

impl AsyncRead for Link {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        let before = buffer.filled().len();
        ready!(match &mut self.way {
            Way::Plain(socket) => Pin::new(socket).poll_read(cx, buffer),
            Way::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Way::Handshake(_) => Poll::Pending,
        })?;
        self.came(buffer.filled().len() - before);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Link {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?;
        match &mut self.way {
            Way::Plain(socket) => Pin::new(socket).poll_write(cx, bytes),
            Way::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Way::Handshake(_) => Poll::Pending,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_open(cx))?;
        match &mut self.way {
            Way::Plain(socket) => Pin::new(socket).poll_write_vectored(cx, parts),
            Way::Tls(stream) => Pin::new(stream).poll_write_vectored(cx, parts),
            Way::Handshake(_) => Poll::Pending,
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_open(cx))?;
        match &mut self.way {
            Way::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Way::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Way::Handshake(_) => Poll::Pending,
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.way {
            Way::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Way::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            // Nothing was said: the socket is closed when it is dropped.
            Way::Handshake(_) => Poll::Ready(Ok(())),
        }
    }
}
