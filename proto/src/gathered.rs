//! A connection that writes once what its calls have ready at the same time.
//!
//! HTTP/2 writes whatever is there as soon as one call has an answer. When many calls are answered at
//! once, as all those of one synced group are, each costs a system call, a packet and a
//! wake-up of the client. So before a connection writes, it lets the tasks that can run go first,
//! one turn and no timer: their answers leave in the same write. Where that brings nothing, as with one
//! call at a time, it is tried more and more rarely.

use std::io::{Error, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// A write of so many bytes is worth a system call of its own.
const LARGE: usize = 4 * 1024;
/// Writes at most that go out at once after one for which nothing more had come.
const SKIPS_MOST: u8 = 7;

/// A connection of a server, in front of its socket.
#[derive(Debug)]
pub struct Gathered<S> {
    socket: S,
    turn: Turn,
    /// How many writes go out at once now.
    skips: u8,
    /// How many did last time: twice as many each time that waiting brought nothing.
    skipped: u8,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nothing waits to be written.
    Idle,
    /// That many bytes wait, and the others run.
    Others(usize),
    /// The socket is written, as soon as it has room.
    Socket,
}

impl<S> Gathered<S> {
    /// In front of a socket.
    pub const fn new(socket: S) -> Self {
        Self { socket, turn: Turn::Idle, skips: 0, skipped: 0 }
    }

    /// Whether so many bytes are written now, rather than after the others.
    fn is_ready(&mut self, bytes: usize) -> bool {
        match self.turn {
            Turn::Idle if bytes >= LARGE => {}
            Turn::Idle if self.skips > 0 => self.skips -= 1,
            Turn::Idle => {
                self.turn = Turn::Others(bytes);
                return false;
            }
            Turn::Others(before) => {
                let longer = (2 * self.skipped + 1).min(SKIPS_MOST);
                self.skipped = if bytes > before { 0 } else { longer };
                self.skips = self.skipped;
            }
            Turn::Socket => {}
        }
        self.turn = Turn::Socket;
        true
    }
}

impl<S: AsyncWrite + Unpin> Gathered<S> {
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        bytes: usize,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<Result<usize, Error>>,
    ) -> Poll<Result<usize, Error>> {
        if !self.is_ready(bytes) {
            // A task that wakes itself runs again after those that can run now.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let written = write(Pin::new(&mut self.socket), cx);
        if written.is_ready() {
            self.turn = Turn::Idle;
        }
        written
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        self.write(cx, bytes.len(), |socket, cx| socket.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<Result<usize, Error>> {
        let length = bytes.iter().map(|part| part.len()).sum();
        self.write(cx, length, |socket, cx| socket.poll_write_vectored(cx, bytes))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gathered<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<(), Error>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<S: Connected> Connected for Gathered<S> {
    type ConnectInfo = S::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.socket.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::task::Waker;

    /// A socket that notes the lengths written to it, while it has room.
    #[derive(Default)]
    struct Noted {
        writes: Vec<usize>,
        is_full: bool,
    }

    impl AsyncWrite for Noted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize, Error>> {
            if self.is_full {
                return Poll::Pending;
            }
            self.writes.push(bytes.len());
            Poll::Ready(Ok(bytes.len()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
            Poll::Ready(Ok(()))
        }
    }

    /// Whether so many bytes were written at once.
    fn write(connection: &mut Gathered<Noted>, bytes: usize) -> bool {
        let mut cx = Context::from_waker(Waker::noop());
        Pin::new(connection).poll_write(&mut cx, &vec![0; bytes]).is_ready()
    }

    #[test]
    fn what_comes_during_the_turn_of_the_others_leaves_in_the_same_write() {
        let mut connection = Gathered::new(Noted::default());
        for _ in 0..3 {
            assert!(!write(&mut connection, 10));
            assert!(write(&mut connection, 70));
        }
        assert_eq!(connection.socket.writes, [70; 3]);
        assert!(write(&mut connection, LARGE), "enough for a write of its own");
    }

    #[test]
    fn one_call_at_a_time_hardly_waits_and_many_are_seen_again() {
        let mut connection = Gathered::new(Noted::default());
        let mut waits = |answers: usize| {
            (0..answers)
                .filter(|_| !write(&mut connection, 10) && write(&mut connection, 10))
                .count()
        };
        assert_eq!((waits(1 + 1 + 1 + 3 + 1 + 7), waits(80)), (3, 10));
        while write(&mut connection, 10) {}
        assert!(write(&mut connection, 20), "more came");
        assert!(!write(&mut connection, 10), "and may come again");
    }

    #[test]
    fn a_full_socket_is_written_once_it_has_room_without_another_turn() {
        let mut connection = Gathered::new(Noted::default());
        connection.socket.is_full = true;
        assert_eq!([10, 20, 20].map(|bytes| write(&mut connection, bytes)), [false; 3]);
        connection.socket.is_full = false;
        assert!(write(&mut connection, 30));
        assert_eq!(connection.socket.writes, [30]);
    }
}
