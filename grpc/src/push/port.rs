//! What the pipeline asks of the ledger. One trait, so that the order of runs
//! can be tested on thousands of cases without a disk.

use super::outcome::RowIssue;
use crate::errors::Failure;
use domain::enrolment::{Certification, Command, CommandError, Decision, Establishment, LookupKey};
use domain::ids::{EventId, Instant, Position, RequestId, RunId, Source, StreamKey, Version};
use domain::runs::{RunDeclaration, RunEvent};
use ledger::SpeaksFor;
use projections::source::Recorded;
use std::collections::HashMap;
use std::future::Future;
use uuid::Uuid;

/// Who asks, and which request it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The source that declares.
    pub source: Source,
    /// Who acts, when a person does; else empty.
    pub actor: String,
    /// The same in a retry.
    pub request: RequestId,
    /// Keyed digest of the request: the same id with another is refused.
    pub digest: [u8; 16],
}

/// One event that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The event.
    pub event: EventId,
    /// Its type.
    pub type_name: &'static str,
    /// Its position.
    pub position: Position,
    /// Its rank in the stream.
    pub version: Version,
    /// Its leaf hash.
    pub leaf: [u8; 32],
}

/// What a command came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// The stream.
    pub stream: StreamKey,
    /// What it wrote, now or when the request came first; empty when nothing.
    pub lines: Vec<Line>,
    /// When, if it wrote.
    pub recorded_at: Option<Instant>,
    /// What was decided; of a request that wrote before, `None`.
    pub decision: Option<Decision>,
}

/// Events that were just written, by position: who has them does not read them again.
pub type Fresh = HashMap<Position, Recorded>;

/// Why a command wrote nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum WriteError {
    /// The domain refuses it.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The request id was used with other content.
    #[error("the request id was used before with other content")]
    OtherContent {
        /// Digest of the first use.
        known: [u8; 16],
        /// Digest of this one.
        sent: [u8; 16],
    },
    /// Whoever asks does not speak for the establishment that trains the learner by now.
    #[error("the learner is trained by an establishment for which the request does not speak")]
    Elsewhere,
    /// The ledger cannot write, or failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// A refused row, for the quarantine.
#[derive(Debug, Clone)]
pub struct Refused<'a> {
    /// The run.
    pub run: &'a RunDeclaration,
    /// Rank of the row in the run.
    pub row: u32,
    /// Its canonical bytes without any NIR, none if it cannot be read; sealed before they are stored.
    pub bytes: &'a [u8],
    /// Why.
    pub errors: &'a [RowIssue],
}

/// The ledger, as the pipeline needs it.
pub trait Book: Send + Sync + 'static {
    /// The ledger's clock.
    fn now(&self) -> Instant;

    /// The keyed pseudonym under which a source's dossier is found again.
    fn lookup(&self, source: &Source, id_erp: &str, certification: &Certification) -> LookupKey;

    /// A keyed digest.
    fn digest(&self, bytes: &[u8]) -> [u8; 16];

    /// The stream of a dossier, when the source declared it before.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn find(&self, lookup: LookupKey) -> Result<Option<StreamKey>, Failure>;

    /// Who trains the learner of a dossier today; `None` when nothing was declared of it.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn trainer(&self, stream: StreamKey) -> Result<Option<Establishment>, Failure>;

    /// Whether the learner of a dossier was erased.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn is_erased(&self, stream: StreamKey) -> Result<bool, Failure>;

    /// Whether a request of a source wrote events.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn has_written(&self, source: &Source, request: RequestId) -> Result<bool, Failure>;

    /// The stream that a first declaration opens.
    fn new_stream(&self, source: &Source, declaration: &domain::dossier::Declaration) -> StreamKey;

    /// What a command would decide now; the events that it would write have no ids.
    ///
    /// # Errors
    /// When the domain refuses it, or the ledger cannot be read.
    fn decide(&self, stream: StreamKey, command: &Command) -> Result<Decision, WriteError>;

    /// Decides and writes for somebody who speaks for the learners of some trainers: whoever trains on
    /// the very state that is written on must be one of them, unless nobody does yet. A conflict with
    /// another writer is retried inside.
    fn execute(
        &self,
        speaks_for: SpeaksFor<'_>,
        origin: Origin,
        stream: StreamKey,
        command: &Command,
    ) -> impl Future<Output = Result<Executed, WriteError>> + Send;

    /// What a request wrote when it came first, or what it would decide now;
    /// writes nothing. Of the latter the lines are empty.
    ///
    /// # Errors
    /// As [`Book::execute`].
    fn recall(
        &self,
        origin: Origin,
        stream: StreamKey,
        command: &Command,
    ) -> Result<Executed, WriteError>;

    /// Writes an event of a run of the origin's source, once for its request id.
    fn append_run(
        &self,
        origin: Origin,
        run: RunId,
        event: RunEvent,
    ) -> impl Future<Output = Result<Position, WriteError>> + Send;

    /// Keeps a refused row, sealed, for 30 days.
    ///
    /// # Errors
    /// When it cannot be stored.
    fn quarantine(&self, refused: &Refused<'_>) -> Result<(), Failure>;

    /// The events of a run's stream, in order; none when it is not closed.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read_run(&self, source: &Source, run: RunId) -> Result<Vec<Recorded>, Failure>;

    /// The events after a position of the dossiers that a source declared,
    /// whoever wrote them, and of its runs, in order: up to `limit`, none only
    /// when there are no more. Some of another source may be among them. Those
    /// that are fresh are taken from there.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn read_source(
        &self,
        source: &Source,
        after: Position,
        limit: usize,
        fresh: &mut Fresh,
    ) -> Result<Vec<Recorded>, Failure>;

    /// The closing events of runs before a position, newest first: up to
    /// `limit`, of a source or of all.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn closes_before(
        &self,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Failure>;

    /// Every decision on a held run, in order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    fn decisions(&self) -> Result<Vec<Recorded>, Failure>;
}

/// The request id of something that a run does, the same in each retry.
#[must_use]
pub fn derived_request(run: RunId, what: &[u8]) -> RequestId {
    RequestId::from(Uuid::new_v5(&Uuid::from_bytes(run.0), what))
}
