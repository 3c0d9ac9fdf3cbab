//! The rules that every journal shares: what is refused, what was written
//! before, and how what is accepted is numbered, chained and hashed.
//!
//! Requests see those that were accepted before them, durable or not: of one group, and
//! of the group that is on its way to the disk meanwhile. Nothing here touches a disk.

use super::{AppendError, Head, ReadError, Receipt, ReceiptLine};
use crate::limits::POSITION_MAX;
use crate::record::{AppendRequest, Expected, Frames, RequestKey, Stamp};
use domain::ids::{Instant, Position, RequestId, Source, StreamId, Version};
use foldhash::HashMap;
use seal::{Frontier, Hash};
use std::ops::Range;

/// The end of a stream.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tip {
    pub(crate) version: Version,
    pub(crate) leaf: Hash,
}

/// What is durable already.
pub(crate) trait Durable {
    /// The end of a stream, `None` when it has no event.
    fn tip(&self, stream: StreamId) -> Result<Option<Tip>, ReadError>;
    /// The receipt of a request, whose key is given too, and the digest of its content.
    fn receipt(
        &self,
        source: &Source,
        request: RequestId,
        key: RequestKey,
    ) -> Result<Option<([u8; 16], Receipt)>, ReadError>;
}

/// What became of a request that was not refused.
pub(crate) enum Offer {
    /// Accepted, numbered and stamped: the receipt holds once its group is durable.
    Accepted(Receipt, Frames),
    /// Written before, durably: nothing to wait for.
    Repeated(Receipt),
    /// Known from a request that was accepted and is not durable yet: a receipt sent again, or a
    /// refusal. Holds once the group that is built is durable, or has nothing to write.
    Pending(Result<Receipt, AppendError>),
}

/// What was found out about a request.
enum Check {
    /// There is an answer, and nothing to write.
    Known(Offer),
    /// It follows the end of its stream.
    Fits(Option<Tip>),
}

/// The state that a group starts from and leaves behind.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) frontier: Frontier,
    pub(crate) recorded_at: Instant,
}

impl Edge {
    /// The state of an empty log.
    pub(crate) const fn empty() -> Self {
        Self { frontier: Frontier::new(), recorded_at: Instant(0) }
    }

    /// As published.
    pub(crate) fn head(&self) -> Head {
        Head {
            position: Position(self.frontier.size()),
            recorded_at: self.recorded_at,
            root: self.frontier.root(),
        }
    }
}

/// The order that requests are given, group by group.
pub(crate) struct Sequence {
    /// The state after all that was accepted.
    edge: Edge,
    /// The group that is built.
    built: Accepted,
    /// The one before, on its way to the disk.
    leaving: Accepted,
}

/// What a group accepted, and reads do not show yet.
#[derive(Default)]
struct Accepted {
    tips: HashMap<StreamId, Tip>,
    requests: HashMap<RequestKey, Known>,
    /// The lines of all receipts, in order.
    lines: Vec<ReceiptLine>,
}

/// A request that a group accepted.
struct Known {
    digest: [u8; 16],
    stream: StreamId,
    recorded_at: Instant,
    /// Its part of the group's lines.
    lines: Range<usize>,
}

impl Accepted {
    fn clear(&mut self) {
        self.tips.clear();
        self.requests.clear();
        self.lines.clear();
    }

    fn request(&self, key: RequestKey) -> Option<([u8; 16], Receipt)> {
        let known = self.requests.get(&key)?;
        let lines = self.lines.get(known.lines.clone()).unwrap_or_default().to_vec();
        let (stream, recorded_at) = (known.stream, known.recorded_at);
        Some((known.digest, Receipt { stream, recorded_at, lines }))
    }
}

impl Sequence {
    /// What follows a durable state.
    pub(crate) fn after(edge: Edge) -> Self {
        Self { edge, built: Accepted::default(), leaving: Accepted::default() }
    }

    /// The state after all that was accepted.
    pub(crate) const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Ends the group: what is accepted from now on is of the next one. The group before it has
    /// [arrived](Self::arrived).
    pub(crate) fn leave(&mut self) {
        std::mem::swap(&mut self.built, &mut self.leaving);
    }

    /// The group that left is durable, and found there.
    pub(crate) fn arrived(&mut self) {
        self.leaving.clear();
    }

    /// Takes a request, or says why not; a refused one leaves no trace.
    pub(crate) fn offer(
        &mut self,
        durable: &dyn Durable,
        request: AppendRequest,
        now: Instant,
    ) -> Result<Offer, AppendError> {
        match self.check(durable, &request)? {
            Check::Known(offer) => Ok(offer),
            Check::Fits(tip) => Ok(self.place(request, tip, now)),
        }
    }

    /// Whether a request that is offered now would be written.
    pub(crate) fn accepts(&self, durable: &dyn Durable, request: &AppendRequest) -> bool {
        matches!(self.check(durable, request), Ok(Check::Fits(_)))
    }

    fn check(&self, durable: &dyn Durable, request: &AppendRequest) -> Result<Check, AppendError> {
        if let Some(offer) = self.seen(durable, request)? {
            return Ok(Check::Known(offer));
        }
        let groups = [&self.built, &self.leaving];
        let accepted = groups.iter().find_map(|group| group.tips.get(&request.stream)).copied();
        let tip = match accepted {
            Some(tip) => Some(tip),
            None => durable.tip(request.stream)?,
        };
        let found = tip.map_or(Version(0), |tip| tip.version);
        let fits = match request.expected {
            Expected::Any => true,
            Expected::NoStream => found == Version(0),
            Expected::Exact(version) => found == version,
        };
        if !fits {
            let (stream, expected) = (request.stream, request.expected);
            let conflict = AppendError::Conflict { stream, expected, found };
            if accepted.is_none() {
                return Err(conflict);
            }
            // Who is refused reads the stream again, and must find what it was refused for.
            return Ok(Check::Known(Offer::Pending(Err(conflict))));
        }
        if self.edge.frontier.size() + request.frames.len() as u64 > POSITION_MAX {
            return Err(AppendError::LogFull);
        }
        Ok(Check::Fits(tip))
    }

    /// Looks for an earlier use of the request id.
    fn seen(
        &self,
        durable: &dyn Durable,
        request: &AppendRequest,
    ) -> Result<Option<Offer>, AppendError> {
        let (origin, key) = (&request.origin, request.key);
        let answer = |(known, receipt): ([u8; 16], Receipt)| {
            if known == origin.digest {
                return Ok(receipt);
            }
            let first = receipt.lines.first().map_or(Position(0), |line| line.position);
            Err(AppendError::OtherContent { first, known, sent: origin.digest })
        };
        let groups = [&self.built, &self.leaving];
        if let Some(pending) = groups.iter().find_map(|group| group.request(key)) {
            return Ok(Some(Offer::Pending(answer(pending))));
        }
        let durable = durable.receipt(&origin.source, origin.request_id, key)?;
        durable.map(answer).transpose().map(|receipt| receipt.map(Offer::Repeated))
    }

    /// Numbers, stamps and hashes the records of an accepted request.
    fn place(&mut self, request: AppendRequest, tip: Option<Tip>, now: Instant) -> Offer {
        let AppendRequest { stream, origin, key, mut frames, .. } = request;
        let mut tip = tip.unwrap_or(Tip { version: Version(0), leaf: [0; 32] });
        // The log's time never goes backwards, whatever the clock does.
        self.edge.recorded_at = self.edge.recorded_at.max(now);
        let recorded_at = self.edge.recorded_at;
        let mut lines = Vec::with_capacity(frames.len());
        for rank in 0..frames.len() {
            let version = Version(tip.version.0 + 1);
            let stamp = Stamp { version, recorded_at, previous: tip.leaf };
            let Some((event_id, leaf)) = frames.stamp(rank, &stamp) else { break };
            self.edge.frontier.append(leaf);
            let position = Position(self.edge.frontier.size());
            tip = Tip { version, leaf };
            lines.push(ReceiptLine { position, version, event_id, leaf });
        }
        let group = &mut self.built;
        group.tips.insert(stream, tip);
        let start = group.lines.len();
        group.lines.extend_from_slice(&lines);
        let (digest, range) = (origin.digest, start..group.lines.len());
        group.requests.insert(key, Known { digest, stream, recorded_at, lines: range });
        Offer::Accepted(Receipt { stream, recorded_at, lines }, frames)
    }
}
