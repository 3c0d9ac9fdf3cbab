//! What a call has sent and nobody has read yet.
//!
//! A message is collected until it is whole, before any code of ours sees it: so many calls on so
//! many connections would hold as many messages of the largest size. Here the bytes of messages that
//! are not whole are counted, by caller and in all, and a call that would hold too many is refused.

use crate::errors::{Failure, Reason};
use crate::room::Share;
use domain::text::Text;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Bytes;

/// Bytes before each message: whether it is compressed, and its length.
const HEAD: usize = 5;

/// The body of a request, whose bytes are counted until they are read.
#[derive(Debug)]
pub(super) struct Received {
    body: Body,
    share: Share,
    framing: Framing,
}

impl Received {
    pub(super) fn new(body: Body, share: Share) -> Self {
        Self { body, share, framing: Framing::default() }
    }
}

impl http_body::Body for Received {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        // Whoever asks for more has read all messages that were whole.
        let read = self.share.bytes().saturating_sub(self.framing.waiting());
        self.share.give(read);
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        let Some(Ok(frame)) = frame else {
            self.share.give(usize::MAX);
            return Poll::Ready(frame);
        };
        if let Some(data) = frame.data_ref() {
            self.framing.came(data);
            if !self.share.take(data.len()) {
                return Poll::Ready(Some(Err(overloaded().into())));
            }
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Where one message ends and the next begins.
#[derive(Debug, Default)]
struct Framing {
    head: [u8; HEAD],
    /// Bytes that came of the message that is not whole, its head included.
    came: usize,
}

impl Framing {
    /// How many bytes wait for the rest of their message.
    const fn waiting(&self) -> usize {
        self.came
    }

    fn came(&mut self, mut data: &[u8]) {
        while !data.is_empty() {
            if self.came < HEAD {
                let more = data.len().min(HEAD - self.came);
                let (head, rest) = data.split_at(more);
                if let Some(place) = self.head.get_mut(self.came..self.came + more) {
                    place.copy_from_slice(head);
                }
                self.came += more;
                data = rest;
            }
            if self.came >= HEAD {
                let [_, length @ ..] = self.head;
                let whole = HEAD + u32::from_be_bytes(length) as usize;
                let more = data.len().min(whole - self.came);
                self.came += more;
                data = data.get(more..).unwrap_or_default();
                if self.came == whole {
                    self.came = 0;
                }
            }
        }
    }
}

fn overloaded() -> Failure {
    Failure::new(
        Reason::Overloaded,
        Text::new(
            "too much is being sent at once, by this caller or by all: try again",
            "Trop de données sont en cours d'envoi, par vous ou par tous : réessayez dans un instant.",
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Vec<u8> {
        [&[0][..], &(bytes as u32).to_be_bytes(), &vec![7; bytes]].concat()
    }

    #[test]
    fn what_waits_is_the_message_that_is_not_whole_however_it_is_cut() {
        let stream = [message(0), message(3), message(300), message(1)].concat();
        for cut in 1..=stream.len() {
            let mut framing = Framing::default();
            let mut sent = 0;
            for part in stream.chunks(cut) {
                framing.came(part);
                sent += part.len();
                let whole = [5, 13, 318, 324].into_iter().rfind(|end| *end <= sent);
                assert_eq!(framing.waiting(), sent - whole.unwrap_or(0), "{cut} {sent}");
            }
        }
    }
}
