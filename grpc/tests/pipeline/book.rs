//! A ledger in memory with the real rules of the domain, for the order of runs.

use domain::dossier::{Declaration, RawDossier};
use domain::enrolment::{
    Certification, Command, Decision, Enrolment, EnrolmentEvent, Establishment, LookupKey, decide,
};
use domain::event::Event;
use domain::ids::{
    Category, ContractId, EventId, Instant, Position, RequestId, RunId, Source, StreamId,
    StreamKey, Version,
};
use domain::runs::RunEvent;
use grpc::convert::dossier::to_raw;
use grpc::errors::Failure;
use grpc::push::port::{Book, Executed, Fresh, Line, Origin, Refused, WriteError};
use ledger::SpeaksFor;
use projections::source::Recorded;
use prost::Message;
use std::collections::HashMap;
use std::sync::Mutex;
use uuid::Uuid;

/// The ledger's clock: after every run of the tests.
pub(crate) const NOW: &str = "2026-06-01T00:00:00Z";

/// Digest, stream and events of a request.
type Written = ([u8; 16], StreamKey, Vec<Line>);

#[derive(Default)]
struct Inner {
    log: Vec<Recorded>,
    streams: HashMap<StreamKey, Enrolment>,
    versions: HashMap<StreamKey, u64>,
    lookups: HashMap<LookupKey, StreamKey>,
    requests: HashMap<(Source, RequestId), Written>,
    quarantined: Vec<(u32, Vec<u8>)>,
    fail_after: Option<usize>,
    commands: usize,
    /// Who trains the learner of the next command, by the time at which it is decided.
    meanwhile: Option<Establishment>,
}

#[derive(Default)]
pub(crate) struct MemoryBook(Mutex<Inner>);

impl MemoryBook {
    pub(crate) fn log(&self) -> Vec<Recorded> {
        self.0.lock().unwrap().log.clone()
    }

    /// How many commands were decided.
    pub(crate) fn commands(&self) -> usize {
        self.0.lock().unwrap().commands
    }

    pub(crate) fn types(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().log.iter().map(|r| r.event.type_name()).collect()
    }

    pub(crate) fn quarantined(&self) -> Vec<u32> {
        self.0.lock().unwrap().quarantined.iter().map(|(row, _)| *row).collect()
    }

    /// The refused rows, as they are kept.
    pub(crate) fn kept(&self) -> Vec<RawDossier> {
        let decoded = |bytes: &Vec<u8>| to_raw(Message::decode(bytes.as_slice()).unwrap());
        self.0.lock().unwrap().quarantined.iter().map(|(_, bytes)| decoded(bytes)).collect()
    }

    /// After that many more writes, each fails until told otherwise.
    pub(crate) fn fail_after(&self, writes: Option<usize>) {
        self.0.lock().unwrap().fail_after = writes;
    }

    /// Has the next dossier that is written to moved just before.
    pub(crate) fn move_meanwhile(&self, to: Establishment) {
        self.0.lock().unwrap().meanwhile = Some(to);
    }

    /// The dossiers, with what does not depend on the order of arrival: their
    /// current values. Ids of events and contracts and bookkeeping are left out.
    pub(crate) fn dossiers(&self) -> Vec<(StreamKey, String)> {
        let inner = self.0.lock().unwrap();
        let mut all: Vec<_> = inner
            .streams
            .iter()
            .map(|(key, state)| {
                let now = state.current.as_ref().unwrap();
                let mut contracts: Vec<String> = now
                    .contracts
                    .iter()
                    .map(|c| {
                        let broken = c.rupture.as_ref().map(|(_, r)| (r.effective_on, &r.verbatim));
                        format!(
                            "{:?} {:?} {:?} {:?}",
                            c.terms.start_on, c.terms.end_on, c.employer, broken
                        )
                    })
                    .collect();
                contracts.sort();
                let exclusion = now.exclusion.as_ref().map(|e| (e.on, &e.cause));
                let text = format!(
                    "{} {:?} {:?} {:?} {contracts:?} {exclusion:?} stopped {}",
                    now.training.trainer.uai,
                    now.training.end_on,
                    now.facets.home_departement,
                    now.contact,
                    now.stopped.is_some(),
                );
                (*key, text)
            })
            .collect();
        all.sort();
        all
    }
}

fn name(parts: &[&[u8]]) -> [u8; 16] {
    *Uuid::new_v5(&Uuid::NAMESPACE_OID, &parts.join(&b'/')).as_bytes()
}

impl Inner {
    /// The source of the first event of an event's stream.
    fn owner(&self, event: &Recorded) -> Option<&Source> {
        self.log.iter().find(|first| first.stream == event.stream).map(|first| &first.source)
    }

    fn spend(&mut self) -> Result<(), Failure> {
        match &mut self.fail_after {
            Some(0) => Err(Failure::internal(&"the test pulled the plug")),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Writes the event of a rank of a request.
    fn push(
        &mut self,
        source: &Source,
        stream: StreamId,
        (request_index, event): (u32, Event),
        id: EventId,
    ) -> Line {
        let version = self.versions.entry(stream.key).or_default();
        *version += 1;
        let version = Version(*version);
        let position = Position(self.log.len() as u64 + 1);
        let type_name = event.type_name();
        self.log.push(Recorded {
            position,
            recorded_at: Instant(position.0 as i64),
            stream,
            version,
            request_index,
            source: source.clone(),
            event,
            keys: None,
            email: None,
            aside: None,
        });
        Line { event: id, type_name, position, version, leaf: [0; 32] }
    }
}

impl Book for MemoryBook {
    fn now(&self) -> Instant {
        grpc::times::instant("now", NOW).unwrap()
    }

    fn lookup(&self, source: &Source, id_erp: &str, certification: &Certification) -> LookupKey {
        let certification = format!("{certification:?}");
        name(&[source.as_str().as_bytes(), id_erp.as_bytes(), certification.as_bytes()])
    }

    fn digest(&self, bytes: &[u8]) -> [u8; 16] {
        name(&[bytes])
    }

    fn find(&self, lookup: LookupKey) -> Result<Option<StreamKey>, Failure> {
        Ok(self.0.lock().unwrap().lookups.get(&lookup).copied())
    }

    fn trainer(&self, stream: StreamKey) -> Result<Option<Establishment>, Failure> {
        let inner = self.0.lock().unwrap();
        let current = inner.streams.get(&stream).and_then(|state| state.current.as_ref());
        Ok(current.map(|current| current.training.trainer.clone()))
    }

    fn is_erased(&self, _: StreamKey) -> Result<bool, Failure> {
        Ok(false)
    }

    fn has_written(&self, source: &Source, request: RequestId) -> Result<bool, Failure> {
        Ok(self.0.lock().unwrap().requests.contains_key(&(source.clone(), request)))
    }

    fn new_stream(&self, source: &Source, declaration: &Declaration) -> StreamKey {
        let entry = format!("{:?}", declaration.training.certification);
        let id = &declaration.identity.id_erp;
        StreamKey(name(&[source.as_str().as_bytes(), id.as_bytes(), entry.as_bytes(), b"s"]))
    }

    fn decide(&self, stream: StreamKey, command: &Command) -> Result<Decision, WriteError> {
        let state = self.0.lock().unwrap().streams.get(&stream).cloned().unwrap_or_default();
        Ok(decide(&state, command, &|_| EventId::default(), &|_| ContractId::default())?)
    }

    async fn execute(
        &self,
        speaks_for: SpeaksFor<'_>,
        origin: Origin,
        stream: StreamKey,
        command: &Command,
    ) -> Result<Executed, WriteError> {
        tokio::task::yield_now().await;
        let mut inner = self.0.lock().unwrap();
        inner.commands += 1;
        let request = (origin.source.clone(), origin.request);
        if let Some((known, stream, lines)) = inner.requests.get(&request) {
            if *known != origin.digest {
                return Err(WriteError::OtherContent { known: *known, sent: origin.digest });
            }
            let (stream, lines) = (*stream, lines.clone());
            return Ok(Executed { stream, lines, recorded_at: None, decision: None });
        }
        if let Some(trainer) = inner.meanwhile.take() {
            let state = inner.streams.get_mut(&stream).unwrap();
            state.current.as_mut().unwrap().training.trainer = trainer;
        }
        let state = inner.streams.get(&stream).cloned().unwrap_or_default();
        if state.current.as_ref().is_some_and(|now| !speaks_for(&now.training.trainer)) {
            return Err(WriteError::Elsewhere);
        }
        let lookup = match command {
            Command::Declare { lookup, .. } => Some(*lookup),
            _ => None,
        };
        let event_id = |index: u32| {
            EventId(name(&[
                origin.source.as_str().as_bytes(),
                &origin.request.0,
                &index.to_le_bytes(),
            ]))
        };
        let contract_id = |o: u16| ContractId(name(&[&stream.0, &o.to_le_bytes()]));
        let decision = decide(&state, command, &event_id, &contract_id)?;
        if decision.events.is_empty() {
            let lines = Vec::new();
            return Ok(Executed { stream, lines, recorded_at: None, decision: Some(decision) });
        }
        inner.spend()?;
        let id = StreamId { category: Category::Enrolment, key: stream };
        let lines: Vec<Line> = decision
            .events
            .iter()
            .zip(0..)
            .map(|(event, rank)| {
                let told = (rank, Event::Enrolment(event.clone()));
                inner.push(&origin.source, id, told, event.id)
            })
            .collect();
        let state = decision
            .events
            .iter()
            .cloned()
            .fold(state, |s: Enrolment, e: EnrolmentEvent| s.evolve(e));
        inner.streams.insert(stream, state);
        if let Some(lookup) = lookup {
            inner.lookups.insert(lookup, stream);
        }
        inner.requests.insert(request, (origin.digest, stream, lines.clone()));
        let recorded_at = inner.log.last().map(|event| event.recorded_at);
        Ok(Executed { stream, lines, recorded_at, decision: Some(decision) })
    }

    fn recall(
        &self,
        origin: Origin,
        stream: StreamKey,
        command: &Command,
    ) -> Result<Executed, WriteError> {
        let inner = self.0.lock().unwrap();
        if let Some((known, stream, lines)) = inner.requests.get(&(origin.source, origin.request)) {
            if *known != origin.digest {
                return Err(WriteError::OtherContent { known: *known, sent: origin.digest });
            }
            let (stream, lines) = (*stream, lines.clone());
            return Ok(Executed { stream, lines, recorded_at: None, decision: None });
        }
        let state = inner.streams.get(&stream).cloned().unwrap_or_default();
        let decision =
            decide(&state, command, &|_| EventId::default(), &|_| ContractId::default())?;
        let lines = Vec::new();
        Ok(Executed { stream, lines, recorded_at: None, decision: Some(decision) })
    }

    async fn append_run(
        &self,
        origin: Origin,
        run: RunId,
        event: RunEvent,
    ) -> Result<Position, WriteError> {
        let stream = StreamKey(name(&[origin.source.as_str().as_bytes(), &run.0]));
        let mut inner = self.0.lock().unwrap();
        let request = (origin.source.clone(), origin.request);
        if let Some((_, _, lines)) = inner.requests.get(&request) {
            return Ok(lines[0].position);
        }
        inner.spend()?;
        let id = StreamId { category: Category::Run, key: stream };
        let event_id = EventId(name(&[&origin.request.0]));
        let line = inner.push(&origin.source, id, (0, Event::Run(event)), event_id);
        let position = line.position;
        inner.requests.insert(request, (origin.digest, stream, vec![line]));
        Ok(position)
    }

    fn quarantine(&self, refused: &Refused<'_>) -> Result<(), Failure> {
        self.0.lock().unwrap().quarantined.push((refused.row, refused.bytes.to_vec()));
        Ok(())
    }

    fn read_run(&self, source: &Source, run: RunId) -> Result<Vec<Recorded>, Failure> {
        let key = StreamKey(name(&[source.as_str().as_bytes(), &run.0]));
        let inner = self.0.lock().unwrap();
        Ok(inner.log.iter().filter(|recorded| recorded.stream.key == key).cloned().collect())
    }

    fn read_source(
        &self,
        source: &Source,
        after: Position,
        limit: usize,
        fresh: &mut Fresh,
    ) -> Result<Vec<Recorded>, Failure> {
        let inner = self.0.lock().unwrap();
        // The log of a ledger is found by hash: strangers are among the events. As short as a
        // page of large events.
        let stranger = source.as_str().len().is_multiple_of(2);
        let after = inner.log.iter().skip(after.0 as usize);
        let of = after.filter(|event| stranger || inner.owner(event) == Some(source));
        let page: Vec<Recorded> = of.take(limit.min(3)).cloned().collect();
        for event in &page {
            if let Some(fresh) = fresh.remove(&event.position) {
                let fresh = Recorded { recorded_at: event.recorded_at, ..fresh };
                assert_eq!(fresh, *event, "what was just written is what the log says");
            }
        }
        Ok(page)
    }

    fn closes_before(
        &self,
        before: Position,
        source: Option<&Source>,
        limit: usize,
    ) -> Result<Vec<Recorded>, Failure> {
        let inner = self.0.lock().unwrap();
        let closes = inner.log.iter().rev().filter(|event| {
            event.position < before
                && matches!(event.event, Event::Run(RunEvent::Closed(_)))
                && source.is_none_or(|source| *source == event.source)
        });
        Ok(closes.take(limit).cloned().collect())
    }

    fn decisions(&self) -> Result<Vec<Recorded>, Failure> {
        let inner = self.0.lock().unwrap();
        let is_one =
            |event: &&Recorded| matches!(event.event, Event::Run(RunEvent::HoldDecided { .. }));
        Ok(inner.log.iter().filter(is_one).cloned().collect())
    }
}
