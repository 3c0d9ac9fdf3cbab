//! A connection that writes once what its calls have ready at the same time.
//!
//! HTTP/2 writes whatever is there as soon as one call has an answer. When many calls are answered at
//! once, as all those of one synced group are, each costs a system call, a packet and a
//! wake-up of the client. So before a connection writes, it lets the tasks that can run go first,
//! one turn and no timer: their answers leave in the same write. Where that brings nothing, as with one
//! call at a time, it is tried more and more rarely.
//!
//! It is a chance, not a promise. A connection that takes a new call in between asks to write a second
//! time before the others have run; and an answer of 256 bytes or more is a frame that HTTP/2
//! writes before it takes another one.

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

    /// Whether so many bytes are written now; else it is the turn of the others.
    fn take_turn(&mut self, bytes: usize) -> bool {
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
        if !self.take_turn(bytes) {
            // A task that wakes itself runs again after those that can run now.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let written = write(Pin::new(&mut self.socket), cx);
        // What a full socket did not take goes on as soon as it has room.
        if let Poll::Ready(Ok(taken)) = written
            && taken == bytes
        {
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

    /// A socket that notes the lengths written to it, while it has room.
    struct Noted {
        writes: Vec<usize>,
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
            self.writes.push(taken);
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

        fn is_write_vectored(&self) -> bool {
            true
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

    struct Tried {
        connection: Gathered<Noted>,
        woken: Arc<Woken>,
    }

    impl Tried {
        fn new(room: usize) -> Self {
            let socket = Noted { writes: Vec::new(), room };
            Self { connection: Gathered::new(socket), woken: Arc::default() }
        }

        /// How many of so many bytes were written at once. Whoever is told to wait must be woken,
        /// by the connection itself while its socket has room.
        fn write(&mut self, bytes: usize) -> usize {
            let waker = Waker::from(Arc::clone(&self.woken));
            let mut cx = Context::from_waker(&waker);
            let before = self.woken.0.load(Ordering::Relaxed);
            let (head, body) = (vec![0; bytes / 2], vec![0; bytes - bytes / 2]);
            let parts = [IoSlice::new(&head), IoSlice::new(&body)];
            let written = Pin::new(&mut self.connection).poll_write_vectored(&mut cx, &parts);
            let wakes = self.woken.0.load(Ordering::Relaxed) - before;
            match written {
                Poll::Ready(taken) => taken.unwrap(),
                Poll::Pending => {
                    assert_eq!(wakes, usize::from(self.connection.socket.room > 0));
                    0
                }
            }
        }
    }

    #[test]
    fn what_comes_during_the_turn_of_the_others_leaves_in_the_same_write() {
        let mut tried = Tried::new(usize::MAX);
        assert!(tried.connection.is_write_vectored());
        for _ in 0..3 {
            assert_eq!((tried.write(10), tried.write(70)), (0, 70));
        }
        assert_eq!(tried.connection.socket.writes, [70; 3]);
        assert_eq!(tried.write(LARGE), LARGE, "enough for a write of its own");
    }

    #[test]
    fn one_call_at_a_time_hardly_waits_and_many_are_seen_again() {
        let mut tried = Tried::new(usize::MAX);
        let mut waits = |answers: usize| {
            (0..answers).filter(|_| tried.write(10) == 0 && tried.write(10) == 10).count()
        };
        assert_eq!((waits(1 + 1 + 1 + 3 + 1 + 7), waits(80)), (3, 10));
        while tried.write(10) > 0 {}
        assert_eq!(tried.write(20), 20, "more came");
        assert_eq!(tried.write(10), 0, "and may come again");
    }

    #[test]
    fn a_full_socket_is_written_once_it_has_room_without_another_turn() {
        let mut tried = Tried::new(15);
        assert_eq!([10, 20, 5].map(|bytes| tried.write(bytes)), [0, 15, 0]);
        tried.connection.socket.room = 100;
        assert_eq!(tried.write(5), 5, "the rest of the same write");
        assert_eq!(tried.write(30), 0, "another one");
        assert_eq!(tried.connection.socket.writes, [15, 5]);
    }
}
