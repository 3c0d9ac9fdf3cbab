//! A connection that writes once what its calls have ready at the same time.
//!
//! HTTP/2 writes whatever is there as soon as one call has an answer. When many calls are answered at
//! once, as all those of one synced group are, each costs a system call, a packet and a
//! wake-up of the client. So before a connection writes, it lets the tasks that can run go first,
//! one turn and no timer: their answers leave in the same write. Where that brings nothing, as with one
//! call at a time, it is tried more and more rarely.
//!
//! It is a chance, not a promise. A connection that takes a new call in between asks to flush a second
//! time before the others have run; and after an answer of 1 KiB or more HTTP/2 flushes before it
//! takes another one.

use std::io::{Error, ErrorKind, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// So many bytes are worth a system call of their own; fewer are held until they are flushed.
const LARGE: usize = 4 * 1024;
/// Flushes at most that are not put off after one for which nothing more had come.
const SKIPS_MOST: u8 = 7;

/// A connection of a server, in front of its socket.
///
/// To HTTP/2 it is one that takes one buffer at a time: then answers below 1 KiB are copied
/// into the one that they leave in, and not each written with a buffer of its own.
#[derive(Debug)]
pub struct Gathered<S> {
    socket: S,
    /// What was written and not flushed: fewer than [`LARGE`] bytes.
    held: Vec<u8>,
    turn: Turn,
    /// How many flushes are not put off now.
    skips: u8,
    /// How many were not last time: twice as many each time that waiting brought nothing.
    skipped: u8,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// Nobody waits.
    Nobody,
    /// That many bytes are held, and the others run.
    Others(usize),
    /// The socket is written, as soon as it has room.
    Socket,
}

impl<S> Gathered<S> {
    /// In front of a socket.
    pub const fn new(socket: S) -> Self {
        Self { socket, held: Vec::new(), turn: Turn::Nobody, skips: 0, skipped: 0 }
    }

    /// Whether what is held is written now; else it is the turn of the others.
    fn take_turn(&mut self) -> bool {
        match self.turn {
            Turn::Nobody if self.skips > 0 => self.skips -= 1,
            Turn::Nobody => {
                self.turn = Turn::Others(self.held.len());
                return false;
            }
            Turn::Others(before) => {
                let longer = (2 * self.skipped + 1).min(SKIPS_MOST);
                self.skipped = if self.held.len() > before { 0 } else { longer };
                self.skips = self.skipped;
            }
            Turn::Socket => {}
        }
        self.turn = Turn::Socket;
        true
    }
}

impl<S: AsyncWrite + Unpin> Gathered<S> {
    /// Writes what is held and some more bytes: how many of these the socket took, one at least
    /// unless there are none.
    fn write(&mut self, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, Error>> {
        loop {
            let parts = [IoSlice::new(&self.held), IoSlice::new(bytes)];
            let taken = ready!(Pin::new(&mut self.socket).poll_write_vectored(cx, &parts))?;
            if taken == 0 {
                return Poll::Ready(Err(ErrorKind::WriteZero.into()));
            }
            let of_held = taken.min(self.held.len());
            self.held.drain(..of_held);
            if self.held.is_empty() && (taken > of_held || bytes.is_empty()) {
                self.turn = Turn::Nobody;
                return Poll::Ready(Ok(taken - of_held));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gathered<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, Error>> {
        if self.held.len() + bytes.len() >= LARGE && !bytes.is_empty() {
            return self.write(cx, bytes);
        }
        self.held.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if !self.held.is_empty() {
            if !self.take_turn() {
                // A task that wakes itself runs again after those that can run now.
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            ready!(self.write(cx, &[]))?;
        }
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        if !self.held.is_empty() {
            ready!(self.write(cx, &[]))?;
        }
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    /// A socket that notes what is written to it, while it has room.
    struct Noted {
        writes: Vec<Vec<u8>>,
        room: usize,
    }

    impl AsyncWrite for Noted {
        fn poll_write(
            mut self: Pin<&mut Self>,
            _: &mut Context<'_>,
            bytes: &[u8],
        ) -> Poll<Result<usize, Error>> {
            let taken = bytes.len().min(self.room);
            if taken == 0 {
                return Poll::Pending;
            }
            self.room -= taken;
            self.writes.push(bytes[..taken].to_vec());
            Poll::Ready(Ok(taken))
        }

        fn poll_write_vectored(
            self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<Result<usize, Error>> {
            let all: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
            self.poll_write(cx, &all)
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
            Poll::Ready(Ok(()))
        }
    }

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A connection, and all that was written to it.
    struct Tried {
        connection: Gathered<Noted>,
        woken: Arc<Woken>,
        sent: Vec<u8>,
    }

    impl Tried {
        fn new(room: usize) -> Self {
            let socket = Noted { writes: Vec::new(), room };
            Self { connection: Gathered::new(socket), woken: Arc::default(), sent: Vec::new() }
        }

        fn polled<T>(
            &mut self,
            poll: impl FnOnce(Pin<&mut Gathered<Noted>>, &mut Context<'_>) -> Poll<Result<T, Error>>,
        ) -> Option<T> {
            let waker = Waker::from(Arc::clone(&self.woken));
            let before = self.woken.0.load(Ordering::Relaxed);
            let polled = poll(Pin::new(&mut self.connection), &mut Context::from_waker(&waker));
            match polled {
                Poll::Ready(done) => Some(done.unwrap()),
                // Whoever is told to wait is woken, by the connection while its socket has room.
                Poll::Pending => {
                    let wakes = self.woken.0.load(Ordering::Relaxed) - before;
                    assert_eq!(wakes, usize::from(self.connection.socket.room > 0));
                    None
                }
            }
        }

        /// Writes so many bytes, each different from the one before; how many were taken.
        fn write(&mut self, count: usize) -> usize {
            let bytes: Vec<u8> = (self.sent.len()..).take(count).map(|n| (n % 251) as u8).collect();
            let taken =
                self.polled(|connection, cx| connection.poll_write(cx, &bytes)).unwrap_or(0);
            self.sent.extend(&bytes[..taken]);
            taken
        }

        fn flush(&mut self) -> bool {
            self.polled(AsyncWrite::poll_flush).is_some()
        }

        /// The lengths of what left, which is what was written.
        fn left(&self) -> Vec<usize> {
            let socket = &self.connection.socket;
            assert_eq!([socket.writes.concat(), self.connection.held.clone()].concat(), self.sent);
            socket.writes.iter().map(Vec::len).collect()
        }
    }

    #[test]
    fn what_comes_during_the_turn_of_the_others_leaves_in_the_same_write() {
        let mut tried = Tried::new(usize::MAX);
        for _ in 0..3 {
            assert_eq!((tried.write(10), tried.flush()), (10, false));
            assert_eq!((tried.write(60), tried.write(7), tried.flush()), (60, 7, true));
        }
        assert_eq!(tried.left(), [77; 3]);
        assert!(tried.flush(), "nothing is held");
    }

    #[test]
    fn what_is_large_leaves_at_once_with_what_was_held_before_it() {
        let mut tried = Tried::new(usize::MAX);
        assert_eq!((tried.write(9), tried.write(LARGE), tried.flush()), (9, LARGE, true));
        assert_eq!((tried.write(9), tried.flush(), tried.write(LARGE)), (9, false, LARGE));
        assert_eq!((tried.write(9), tried.flush()), (9, false), "a turn of its own");
        assert_eq!(tried.left(), [9 + LARGE; 2]);
    }

    #[test]
    fn one_call_at_a_time_hardly_waits_and_many_are_seen_again() {
        let mut tried = Tried::new(usize::MAX);
        let mut waits = |answers: usize| {
            (0..answers)
                .filter(|_| tried.write(10) == 10 && !tried.flush() && tried.flush())
                .count()
        };
        assert_eq!((waits(1 + 1 + 1 + 3 + 1 + 7), waits(80)), (3, 10));
        while tried.write(10) > 0 && tried.flush() {}
        assert_eq!((tried.write(10), tried.flush()), (10, true), "more came");
        assert_eq!((tried.write(10), tried.flush()), (10, false), "and may come again");
    }

    #[test]
    fn a_full_socket_is_written_once_it_has_room_without_another_turn() {
        let mut tried = Tried::new(15);
        assert_eq!(
            (tried.write(20), tried.flush(), tried.flush(), tried.flush()),
            (20, false, false, false)
        );
        tried.connection.socket.room = 12;
        assert_eq!((tried.write(3), tried.flush(), tried.left()), (3, true, vec![15, 8]));
        assert_eq!((tried.write(9), tried.write(LARGE)), (9, 0), "only what was held was taken");
        assert_eq!(tried.left(), [15, 8, 4]);
        tried.connection.socket.room = LARGE;
        assert_eq!((tried.write(LARGE), tried.left()), (LARGE - 5, vec![15, 8, 4, LARGE]));
    }

    #[test]
    fn nothing_that_is_held_is_lost_at_the_end() {
        let mut tried = Tried::new(usize::MAX);
        assert_eq!((tried.write(20), tried.flush()), (20, false));
        assert!(tried.polled(AsyncWrite::poll_shutdown).is_some());
        assert_eq!(tried.left(), [20]);
    }
}
