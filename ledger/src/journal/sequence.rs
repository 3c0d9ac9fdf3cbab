//! The rules that every journal shares: what is refused, what was written
//! before, and how what is accepted is numbered, chained and hashed.
//!
//! A group collects requests; those of one group see each other. Nothing here
//! touches a disk.

use super::{AppendError, Head, ReadError, Receipt, ReceiptLine};
use crate::limits::POSITION_MAX;
use crate::record::{AppendRequest, Expected, Header, RequestKey, Stamp};
use domain::ids::{Instant, Position, RequestId, Source, StreamId, Version};
use foldhash::HashMap;
use seal::{Frontier, Hash, leaf_hash};
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

/// A record that the group accepted, numbered and stamped.
pub(crate) struct Placed {
    pub(crate) position: Position,
    pub(crate) header: Vec<u8>,
    pub(crate) body: Vec<u8>,
    pub(crate) sections: Vec<Vec<u8>>,
}

/// What became of a request that was not refused.
pub(crate) enum Offer {
    /// Accepted: the receipt holds once the group is durable.
    Accepted(Receipt, Vec<Placed>),
    /// Written before, durably: nothing to wait for.
    Repeated(Receipt),
    /// Written before in this very group: holds once the group is durable.
    RepeatedInGroup(Receipt),
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

/// Requests that become durable together.
pub(crate) struct Group {
    edge: Edge,
    tips: HashMap<StreamId, Tip>,
    requests: HashMap<RequestKey, Written>,
    /// The lines of all receipts, in order.
    lines: Vec<ReceiptLine>,
}

/// A request that the group accepted.
struct Written {
    digest: [u8; 16],
    stream: StreamId,
    recorded_at: Instant,
    /// Its part of the group's lines.
    lines: Range<usize>,
}

impl Group {
    /// A group that follows an edge.
    pub(crate) fn after(edge: &Edge) -> Self {
        let (tips, requests) = (HashMap::default(), HashMap::default());
        Self { edge: edge.clone(), tips, requests, lines: Vec::new() }
    }

    /// The edge once the group is durable.
    pub(crate) fn into_edge(self) -> Edge {
        self.edge
    }

    /// The edge so far.
    pub(crate) const fn edge(&self) -> &Edge {
        &self.edge
    }

    /// Takes a request, or says why not; a refused one leaves no trace.
    pub(crate) fn offer(
        &mut self,
        durable: &dyn Durable,
        request: AppendRequest,
        now: Instant,
    ) -> Result<Offer, AppendError> {
        if let Some(offer) = self.seen(durable, &request)? {
            return Ok(offer);
        }
        let tip = match self.tips.get(&request.stream) {
            Some(tip) => Some(*tip),
            None => durable.tip(request.stream)?,
        };
        let found = tip.map_or(Version(0), |tip| tip.version);
        let fits = match request.expected {
            Expected::Any => true,
            Expected::NoStream => found == Version(0),
            Expected::Exact(version) => found == version,
        };
        if !fits {
            let AppendRequest { stream, expected, .. } = request;
            return Err(AppendError::Conflict { stream, expected, found });
        }
        if self.edge.frontier.size() + request.drafts.len() as u64 > POSITION_MAX {
            return Err(AppendError::LogFull);
        }
        Ok(self.place(request, tip, now))
    }

    /// Looks for an earlier use of the request id.
    fn seen(
        &self,
        durable: &dyn Durable,
        request: &AppendRequest,
    ) -> Result<Option<Offer>, AppendError> {
        let origin = &request.origin;
        let (source, id) = (&origin.source, origin.request_id);
        let (known, offer) = if let Some(written) = self.requests.get(&request.key) {
            let lines = self.lines.get(written.lines.clone()).unwrap_or_default().to_vec();
            let (stream, recorded_at) = (written.stream, written.recorded_at);
            (written.digest, Offer::RepeatedInGroup(Receipt { stream, recorded_at, lines }))
        } else if let Some((known, receipt)) = durable.receipt(source, id, request.key)? {
            (known, Offer::Repeated(receipt))
        } else {
            return Ok(None);
        };
        if known == origin.digest {
            return Ok(Some(offer));
        }
        let (Offer::Repeated(receipt)
        | Offer::RepeatedInGroup(receipt)
        | Offer::Accepted(receipt, _)) = &offer;
        let first = receipt.lines.first().map_or(Position(0), |line| line.position);
        Err(AppendError::OtherContent { first, known, sent: origin.digest })
    }

    /// Numbers, stamps and hashes the records of an accepted request.
    fn place(&mut self, request: AppendRequest, tip: Option<Tip>, now: Instant) -> Offer {
        let AppendRequest { stream, origin, key, drafts, .. } = request;
        let mut tip = tip.unwrap_or(Tip { version: Version(0), leaf: [0; 32] });
        // The log's time never goes backwards, whatever the clock does.
        self.edge.recorded_at = self.edge.recorded_at.max(now);
        let recorded_at = self.edge.recorded_at;
        let mut lines = Vec::with_capacity(drafts.len());
        let mut placed = Vec::with_capacity(drafts.len());
        for mut draft in drafts {
            let version = Version(tip.version.0 + 1);
            let stamp = Stamp { version, recorded_at, previous: tip.leaf };
            Header::stamp(&mut draft.header, &stamp);
            let leaf = leaf_hash(&draft.header);
            self.edge.frontier.append(leaf);
            let position = Position(self.edge.frontier.size());
            tip = Tip { version, leaf };
            lines.push(ReceiptLine { position, version, event_id: draft.event_id, leaf });
            let (header, body, sections) = (draft.header, draft.body, draft.sections);
            placed.push(Placed { position, header, body, sections });
        }
        self.tips.insert(stream, tip);
        let start = self.lines.len();
        self.lines.extend_from_slice(&lines);
        let (digest, range) = (origin.digest, start..self.lines.len());
        self.requests.insert(key, Written { digest, stream, recorded_at, lines: range });
        Offer::Accepted(Receipt { stream, recorded_at, lines }, placed)
    }
}
