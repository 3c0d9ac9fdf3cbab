//! A ledger in memory, for the tests of this room and of those above.

use crate::headcount::{Partition, PersonGroup, PersonGroups};
use crate::source::{Aside, EventSource, PersonKeys, Recorded, SourceError};
use domain::event::Event;
use domain::ids::{Instant, Position, Source, StreamId, StreamKey, SubjectId, Version};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// An event source that holds its events in memory.
#[derive(Debug)]
pub struct MemorySource {
    log: Mutex<Log>,
    head: watch::Sender<Position>,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<Recorded>,
    streams: BTreeMap<StreamId, Vec<usize>>,
}

impl Default for MemorySource {
    fn default() -> Self {
        Self { log: Mutex::default(), head: watch::Sender::new(Position(0)) }
    }
}

impl MemorySource {
    /// An empty ledger.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends an event, a request of its own, and gives its position.
    pub fn append(
        &self,
        recorded_at: Instant,
        stream: StreamId,
        source: &Source,
        event: Event,
        keys: Option<PersonKeys>,
    ) -> Position {
        self.add(recorded_at, stream, source, (event, keys), None)
    }

    /// Appends one more event of the newest request, recorded with it, when that is
    /// of the same stream and source; else the first event of another request.
    pub fn append_together(
        &self,
        recorded_at: Instant,
        stream: StreamId,
        source: &Source,
        event: Event,
        keys: Option<PersonKeys>,
    ) -> Position {
        let newest = self.log().events.last().cloned();
        let request = newest.filter(|one| (one.stream, &one.source) == (stream, source));
        let recorded_at = request.as_ref().map_or(recorded_at, |one| one.recorded_at);
        self.add(recorded_at, stream, source, (event, keys), request)
    }

    /// Has the newest event state an e-mail address, by its key.
    pub fn reached_by(&self, email: [u8; 16]) {
        if let Some(newest) = self.log().events.last_mut() {
            newest.email = Some(email);
        }
    }

    /// Has the newest event say that beside it.
    pub fn beside(&self, aside: Aside) {
        if let Some(newest) = self.log().events.last_mut() {
            newest.aside = Some(Box::new(aside));
        }
    }

    /// Forgets an employer: of their sections only whose they are is told any more.
    pub fn forget_employer(&self, subject: SubjectId) {
        let mut log = self.log();
        let asides = log.events.iter_mut().filter_map(|event| event.aside.as_mut());
        for said in asides.filter_map(|aside| aside.employer.as_mut()) {
            if said.subject == subject {
                (said.postcode, said.siret) = (None, None);
            }
        }
    }

    /// Forgets an apprentice, or a legal representative of a contract: nothing is told of their sections any more.
    pub fn forget_person(&self, subject: SubjectId) {
        let mut log = self.log();
        let asides = log.events.iter_mut().filter_map(|event| event.aside.as_mut());
        for said in asides.flat_map(|aside| &mut aside.persons) {
            *said = said.take().filter(|said| said.subject != subject);
        }
    }

    /// Forgets a learner: what their dossier stated gives way to that, and its addresses to nothing.
    pub fn forget(&self, stream: StreamKey, instead: PersonKeys) {
        for event in self.log().events.iter_mut().filter(|event| event.stream.key == stream) {
            event.keys = event.keys.map(|_| instead);
            event.email = None;
        }
    }

    fn add(
        &self,
        recorded_at: Instant,
        stream: StreamId,
        source: &Source,
        (event, keys): (Event, Option<PersonKeys>),
        request: Option<Recorded>,
    ) -> Position {
        let mut log = self.log();
        let log = &mut *log;
        let position = Position(log.events.len() as u64 + 1);
        let ranks = log.streams.entry(stream).or_default();
        let version = Version(ranks.len() as u64 + 1);
        ranks.push(log.events.len());
        log.events.push(Recorded {
            position,
            recorded_at,
            stream,
            version,
            request_index: request.map_or(0, |newest| newest.request_index + 1),
            source: source.clone(),
            event,
            keys,
            email: None,
            aside: None,
        });
        self.head.send_replace(position);
        position
    }

    /// Every event, in position order.
    #[must_use]
    pub fn all(&self) -> Vec<Recorded> {
        self.log().events.clone()
    }
}

impl EventSource for MemorySource {
    fn head(&self) -> Position {
        Position(self.log().events.len() as u64)
    }

    fn read_after(&self, after: Position, limit: usize) -> Result<Vec<Recorded>, SourceError> {
        let start = usize::try_from(after.0).unwrap_or(usize::MAX);
        Ok(self.log().events.iter().skip(start).take(limit).cloned().collect())
    }

    fn read_stream(&self, stream: StreamId, up_to: Position) -> Result<Vec<Recorded>, SourceError> {
        let log = self.log();
        let ranks = log.streams.get(&stream).map_or(&[][..], Vec::as_slice);
        let events = ranks.iter().filter_map(|rank| log.events.get(*rank));
        Ok(events.take_while(|event| event.position <= up_to).cloned().collect())
    }

    fn position_at(&self, instant: Instant) -> Position {
        let log = self.log();
        Position(log.events.partition_point(|event| event.recorded_at <= instant) as u64)
    }

    fn recorded_at(&self, position: Position) -> Option<Instant> {
        let rank = usize::try_from(position.0).ok()?.checked_sub(1)?;
        self.log().events.get(rank).map(|event| event.recorded_at)
    }

    fn watch(&self) -> watch::Receiver<Position> {
        self.head.subscribe()
    }
}

/// Person groups that a test states: partitions of all streams, by position.
#[derive(Debug, Default)]
pub struct MemoryGroups {
    /// Each whole partition in force from its position on, by position;
    /// streams that it does not name stand alone.
    pub history: Mutex<Vec<Partition>>,
}

impl MemoryGroups {
    /// States the partition in force from a position on.
    pub fn set(&self, from: Position, classes: Vec<Vec<StreamKey>>) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        history.push(Partition { from, classes });
    }
}

impl PersonGroups for MemoryGroups {
    fn position(&self) -> Position {
        Position(u64::MAX)
    }

    fn group_of(&self, stream: StreamKey, up_to: Position) -> Result<PersonGroup, SourceError> {
        let history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let known: Vec<&Partition> = history.iter().filter(|p| p.from <= up_to).collect();
        let mut members = BTreeSet::from([stream]);
        loop {
            let before = members.len();
            for class in known.iter().flat_map(|p| &p.classes) {
                if class.iter().any(|key| members.contains(key)) {
                    members.extend(class.iter().copied());
                }
            }
            if members.len() == before {
                break;
            }
        }
        let of_members = |partition: &&Partition| Partition {
            from: partition.from,
            classes: partition
                .classes
                .iter()
                .filter(|class| class.iter().any(|key| members.contains(key)))
                .cloned()
                .collect(),
        };
        let history = known.iter().map(of_members).collect();
        Ok(PersonGroup { members: members.into_iter().collect(), history })
    }
}
