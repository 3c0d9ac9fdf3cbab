//! How views read the ledger.

use domain::event::Event;
use domain::identifiers::Postcode;
use domain::ids::{Instant, Position, Source, StreamId, SubjectId, Version};

/// Keyed pseudonyms of a learner, made from the sealed identity by whoever may
/// open it. Equal keys suggest one person; nothing else can be read from them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PersonKeys {
    /// Of the INE, when it is verified.
    pub ine: Option<[u8; 16]>,
    /// Of names and birth date, normalised.
    pub names_and_birth: Option<[u8; 16]>,
    /// Born on a 1 January, when names and birth date alone prove nothing.
    pub first_of_january: bool,
}

/// What the source tells of an event of a contract whose workflow runs here, beside what is public of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Aside {
    /// Who drafted it, when the event is its first: the principal alone.
    pub drafter: Option<String>,
    /// What the event says of the employer, when it has a section of theirs.
    pub employer: Option<EmployerSaid>,
    /// The same of the apprentice, then of the legal representative.
    pub persons: [Option<PersonSaid>; 2],
}

/// What a section of an employer says that views need: it is opened, used and wiped by whoever may open it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmployerSaid {
    /// Whose key the section is under.
    pub subject: SubjectId,
    /// The postcode of the place of work, when it is set, or taken away: the holidays and the département are told by it,
    /// and a row keeps no more. Nothing is said of an employer who was erased.
    pub postcode: Option<Option<Postcode>>,
    /// The keyed pseudonym of the SIRET, likewise.
    pub siret: Option<Option<[u8; 16]>>,
}

/// What a section of a person of a contract says of what they are searched by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSaid {
    /// Whose key the section is under.
    pub subject: SubjectId,
    /// The keyed pseudonyms of the name, the name in use, the first name, the birth date and the e-mail address; each
    /// when it is set, or taken away. Nothing is said of who was erased.
    pub parts: [Option<Option<[u8; 16]>>; 5],
}

/// An event as a view reads it: sealed sections are not opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Rank in the log.
    pub position: Position,
    /// When the ledger heard of it.
    pub recorded_at: Instant,
    /// Its stream.
    pub stream: StreamId,
    /// Rank in its stream.
    pub version: Version,
    /// Rank in the request that brought it, from 0. The events of a request are
    /// of one stream, at positions in a row.
    pub request_index: u32,
    /// Who declared it.
    pub source: Source,
    /// What it says.
    pub event: Event,
    /// Pseudonyms, when the event states an identity. Of a learner who was erased they are what
    /// stands for them: equal where they were equal, and nothing else.
    pub keys: Option<PersonKeys>,
    /// The keyed pseudonym of the learner's e-mail address, when the event states one; none of a
    /// learner who was erased.
    pub email: Option<[u8; 16]>,
    /// Of an event of a contract whose workflow runs here, what is told beside it.
    pub aside: Option<Box<Aside>>,
}

impl Recorded {
    /// The position of the first event of its request: one for all that came together.
    #[must_use]
    pub const fn request(&self) -> Position {
        Position(self.position.0.saturating_sub(self.request_index as u64))
    }
}

/// The events of a stream, cut where a request ends: what came together.
pub(crate) fn requests<E: std::borrow::Borrow<Recorded>>(
    stream: &[E],
) -> impl Iterator<Item = &[E]> {
    stream.chunk_by(|one, next| one.borrow().request() == next.borrow().request())
}

/// Why the ledger could not be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SourceError {
    /// An event of a type that this version does not know: views stop loudly.
    #[error("event {position} has type {code}, which this version does not know: upgrade")]
    UnknownType {
        /// Where.
        position: Position,
        /// Which.
        code: u16,
    },
    /// The view of persons, on which others stand, cannot be read.
    #[error("{0}")]
    Persons(String),
    /// Anything else, said by the ledger.
    #[error("the ledger cannot be read: {0}")]
    Read(String),
}

/// The ledger, as views see it. Reads are blocking and served from files.
pub trait EventSource: Send + Sync + 'static {
    /// The newest durable position.
    fn head(&self) -> Position;

    /// Up to `limit` events after a position, in position order, without gaps;
    /// fewer when they are large, none only at the head.
    ///
    /// # Errors
    /// See [`SourceError`].
    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, SourceError>;

    /// As [`Self::read_after`], up to the end of a request: the rest of the last
    /// one comes along, above the limit.
    ///
    /// # Errors
    /// See [`SourceError`].
    fn read_requests(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, SourceError> {
        let mut events = self.read_after(after, limit)?;
        while let Some(last) = events.last() {
            let next = self.read_after(last.position, 1)?.into_iter().next();
            let Some(rest) = next.filter(|next| next.request_index > 0) else { break };
            events.push(rest);
        }
        Ok(events)
    }

    /// The last position, up to this one, at which a request ends. Requests are
    /// published whole: nobody ever saw a ledger that ends within one.
    ///
    /// # Errors
    /// See [`SourceError`].
    fn settled(&self, position: Position) -> Result<Position, SourceError> {
        let next = self.read_after(position, 1)?;
        let begun = next.first().map_or(0, |next| u64::from(next.request_index));
        Ok(Position(position.0.saturating_sub(begun)))
    }

    /// The events of one stream up to a position included, in version order.
    ///
    /// # Errors
    /// See [`SourceError`].
    fn read_stream(&self, stream: StreamId, up_to: Position) -> Result<Vec<Recorded>, SourceError>;

    /// The last position recorded at or before an instant; 0 when there is none.
    fn position_at(&self, instant: Instant) -> Position;

    /// When the event at a position was recorded; `None` outside the log.
    fn recorded_at(&self, position: Position) -> Option<Instant>;

    /// Tells each time that the head moves.
    fn watch(&self) -> tokio::sync::watch::Receiver<Position>;
}
