//! Request, decision, execution: what a data protection officer does.

use super::certificate::Certificate;
use super::execute::{NO_EVENT, digest_parts};
use super::find::{is_of_apprentice, is_of_learner};
use crate::codec::SectionKind;
use crate::error::LedgerError;
use crate::journal::{AppendError, Receipt};
use crate::limits::ERASED_TOGETHER_MAX;
use crate::record::Expected;
use crate::store::{Ledger, RequestMeta};
use chrono::NaiveDate;
use domain::erasure::{
    Erasure, ErasureError, ErasureEvent, LegalBasis, Reference, Requester, request,
};
use domain::event::Event;
use domain::ids::{Category, Instant, Position, StreamId, StreamKey, SubjectId, Version};
use std::collections::BTreeSet;

/// Whom a request is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// Dossiers, and contracts whose workflow runs here: their learners, and the legal representatives of those.
    pub enrolments: Vec<StreamKey>,
    /// Persons in any role, by their subjects.
    pub subjects: Vec<SubjectId>,
    /// Whether every other dossier of the same persons goes too. Who those are, views know: the
    /// caller names them, here and to [`Ledger::execute_erasure`].
    pub with_linked: bool,
}

/// An erasure as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Its id.
    pub id: StreamKey,
    /// Where it stands.
    pub state: Erasure,
    /// When each of its events was recorded, in their order.
    pub recorded_at: Vec<Instant>,
    /// The position of the last one.
    pub position: Position,
    /// Once it is done.
    pub certificate: Option<Certificate>,
}

const fn stream_of(id: StreamKey) -> StreamId {
    StreamId { category: Category::Erasure, key: id }
}

impl Ledger {
    /// Writes down that somebody asked for an erasure; gives its id.
    ///
    /// # Errors
    /// [`LedgerError::Erasure`] when the ledger has nobody of that name; else see [`LedgerError`].
    pub async fn request_erasure(
        &self,
        meta: RequestMeta,
        about: About,
        requester: Requester,
        received_on: NaiveDate,
    ) -> Result<(StreamKey, Receipt), LedgerError> {
        let stream = self.names().erasure(&meta.source, meta.request_id);
        let mut subjects = about.subjects;
        for enrolment in &about.enrolments {
            subjects.extend(self.persons_of(*enrolment)?);
        }
        let (asked, linked) = ((requester, received_on), about.with_linked);
        let event = request(subjects, about.enrolments, asked, linked, self.today())?;
        if let ErasureEvent::Requested { subjects, .. } = &event
            && subjects.len() > ERASED_TOGETHER_MAX
        {
            return Err(LedgerError::TooManyPersons(subjects.len()));
        }
        let event = Event::Erasure(event);
        let appended =
            self.append_event(meta, stream, Expected::NoStream, &event, received_on, [0; 16]);
        Ok((stream.key, appended.await?))
    }

    /// Writes a decision down.
    ///
    /// # Errors
    /// As for [`Ledger::request_erasure`]; also when it is decided already.
    pub async fn decide_erasure(
        &self,
        meta: RequestMeta,
        id: StreamKey,
        granted: bool,
        basis: LegalBasis,
        reference: Reference,
    ) -> Result<Receipt, LedgerError> {
        if let Some(receipt) = self.repeated(&meta)?.and_then(|done| done.receipt) {
            return Ok(receipt);
        }
        let event = Event::Erasure(self.state_of(id)?.decide(granted, basis, reference)?);
        let (stream, expected) = (stream_of(id), Expected::Exact(Version(1)));
        self.append_event(meta, stream, expected, &event, self.today(), [0; 16]).await
    }

    /// Erases the persons of a request that was granted, and whoever came to be a person of their
    /// dossiers, or of the `linked` ones, since. When this returns their keys are
    /// destroyed and their sections zeros, durably. One that was interrupted is ended, and one that
    /// was done gives the same certificate.
    ///
    /// # Errors
    /// As for [`Ledger::decide_erasure`]. After a failure of the disk the next start ends it.
    pub async fn execute_erasure(
        &self,
        meta: RequestMeta,
        id: StreamKey,
        linked: &[StreamKey],
    ) -> Result<Certificate, LedgerError> {
        let engine = self.erasures.clone();
        let _turn = engine.turn.lock().await;
        let state = self.state_of(id)?;
        let decision = state.granted()?.clone();
        let (position, found) = match self.erased_at(id)? {
            Some(position) => {
                let entry = engine.entry(position)?.ok_or(LedgerError::Invalid(NO_EVENT))?;
                let reference = decision.reference.as_str();
                if let Some(done) = engine.certificate(&entry, &state.subjects, reference)? {
                    return Ok(done);
                }
                // The log says that they are erased: should this fail, nothing is written of them all the same.
                (position, engine.prepare(&entry.subjects).await?)
            }
            None => {
                let mut all: BTreeSet<SubjectId> = state.subjects.iter().copied().collect();
                for enrolment in state.enrolments.iter().chain(linked) {
                    all.extend(self.persons_of(*enrolment)?);
                }
                let found = engine.prepare_all(&mut all).await;
                let subjects: Vec<SubjectId> = all.into_iter().collect();
                let found = found.inspect_err(|_| engine.give_up(&subjects))?;
                let share = &found.shares[0];
                let event = Event::Erasure(ErasureEvent::Erased {
                    subjects: subjects.clone(),
                    enrolments: share.enrolments.iter().copied().collect(),
                    decision: decision.event,
                    basis: decision.basis,
                    tombstones: share.tombstones.clone(),
                });
                // The views see the event once its fence stands.
                engine.shown.send_replace(Some(self.head().position));
                let (stream, expected) = (stream_of(id), Expected::Exact(Version(2)));
                let appended =
                    self.append_event(meta, stream, expected, &event, self.today(), [0; 16]);
                match appended.await {
                    Ok(receipt) => (receipt.last_position(), found),
                    // It may be written: the next start knows.
                    Err(error @ LedgerError::Append(AppendError::Unknown)) => return Err(error),
                    Err(error) => {
                        engine.shown.send_replace(None);
                        engine.give_up(&subjects);
                        return Err(error);
                    }
                }
            }
        };
        let entry = engine.finish(position, found).await?;
        let certificate =
            engine.certificate(&entry, &state.subjects, decision.reference.as_str())?;
        certificate.ok_or(LedgerError::Invalid("an erasure that is done is not known as done"))
    }

    /// An erasure; `None` when there is none of that id.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn erasure(&self, id: StreamKey) -> Result<Option<Recorded>, LedgerError> {
        let events = self.read_stream(stream_of(id), None, false)?;
        let Some(last) = events.last() else { return Ok(None) };
        let position = last.position;
        let (mut state, mut recorded_at) = (Erasure::default(), Vec::new());
        for recorded in events {
            if let Event::Erasure(event) = &recorded.event {
                state = state.evolve(recorded.header.event_id, event);
            }
            recorded_at.push(recorded.header.recorded_at);
        }
        let certificate = match (&state.decision, state.erased) {
            (Some(decision), Some(_)) => match self.erasures.entry(position)? {
                Some(entry) => {
                    let reference = decision.reference.as_str();
                    self.erasures.certificate(&entry, &state.subjects, reference)?
                }
                None => None,
            },
            _ => None,
        };
        Ok(Some(Recorded { id, state, recorded_at, position, certificate }))
    }

    /// Up to `limit` erasures requested before a position, newest first.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn erasures_before(
        &self,
        before: Position,
        limit: usize,
    ) -> Result<Vec<(Position, Recorded)>, LedgerError> {
        let mut requested = self.erasure_requests()?;
        requested.retain(|position| *position < before);
        let mut found = Vec::new();
        for position in requested.into_iter().rev() {
            if found.len() == limit {
                break;
            }
            let Some(request) = self.read_at(position, false)? else { continue };
            if let Some(erasure) = self.erasure(request.header.stream.key)? {
                found.push((position, erasure));
            }
        }
        Ok(found)
    }

    /// Whether the learner of a dossier was erased, or the apprentice of a contract that is written here.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn is_erased(&self, dossier: StreamKey) -> Result<bool, LedgerError> {
        let learner = self.learner_of(dossier)?;
        Ok(learner.is_some_and(|subject| self.vault().erased_by(subject).is_some()))
    }

    /// The erasure by which the learner of a dossier was erased, or the apprentice of such a contract; `None` of one
    /// who was not, or by one that this log does not have.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn erasure_of(&self, dossier: StreamKey) -> Result<Option<Recorded>, LedgerError> {
        let learner = self.learner_of(dossier)?;
        let Some(at) = learner.and_then(|subject| self.vault().erased_by(subject)) else {
            return Ok(None);
        };
        let event = self
            .read_at(at, false)?
            .filter(|event| event.header.stream.category == Category::Erasure);
        event.map_or(Ok(None), |event| self.erasure(event.header.stream.key))
    }

    /// Whether a dossier, or a contract that is written here, has sealed anything of a learner or a legal
    /// representative: an erasure of it has somebody to erase, erased or not.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn has_somebody(&self, dossier: StreamKey) -> Result<bool, LedgerError> {
        match self.persons_of(dossier) {
            Ok(_) => Ok(true),
            Err(LedgerError::Erasure(ErasureError::Nobody)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whose a dossier is, or a contract that is written here; nobody's while nothing sealed is in it.
    fn learner_of(&self, dossier: StreamKey) -> Result<Option<SubjectId>, LedgerError> {
        let stream = StreamId { category: Category::Enrolment, key: dossier };
        let first = self.journal().read_stream(stream, Version(0), Position(u64::MAX), 1)?.pop();
        let (sections, is_theirs): (_, fn(u8) -> bool) = match first {
            Some(first) => (first.header.sections, |kind| kind == SectionKind::Identity.code()),
            None => {
                let stream = StreamId { category: Category::Contract, key: dossier };
                let events = self.read_stream(stream, None, false)?;
                let sections = events.into_iter().flat_map(|event| event.header.sections);
                (sections.collect(), is_of_apprentice)
            }
        };
        Ok(sections.iter().find(|named| is_theirs(named.kind)).map(|named| named.subject))
    }

    /// The learner of a dossier, or the apprentice of a contract written here, and their legal representatives: whom a
    /// request about it names, each as often as they are met.
    ///
    /// # Errors
    /// [`LedgerError::Erasure`] when it names nobody, or does not exist; else when the log cannot be read.
    pub fn persons_of(&self, dossier: StreamKey) -> Result<Vec<SubjectId>, LedgerError> {
        let of = |category| self.read_stream(StreamId { category, key: dossier }, None, false);
        let mut events = of(Category::Enrolment)?;
        events.extend(of(Category::Contract)?);
        let sections = events.iter().flat_map(|recorded| &recorded.header.sections);
        let theirs = sections.filter(|section| is_of_learner(section.kind));
        let subjects: Vec<SubjectId> = theirs.map(|section| section.subject).collect();
        if subjects.is_empty() { Err(ErasureError::Nobody.into()) } else { Ok(subjects) }
    }

    fn state_of(&self, id: StreamKey) -> Result<Erasure, LedgerError> {
        let found = self.erasure(id)?;
        Ok(found.ok_or(ErasureError::NotRequested)?.state)
    }

    /// Where the log says that an erasure was done.
    fn erased_at(&self, id: StreamKey) -> Result<Option<Position>, LedgerError> {
        let found = self.erasure(id)?;
        Ok(found.filter(|found| found.state.erased.is_some()).map(|found| found.position))
    }

    /// The keyed digest of a step, for who sends it again.
    #[must_use]
    pub fn erasure_digest(&self, id: StreamKey, step: &str) -> [u8; 16] {
        self.names().request_digest(&digest_parts(id, step))
    }
}
