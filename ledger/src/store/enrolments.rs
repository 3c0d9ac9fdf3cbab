//! cqrs-es's `EventStore` for enrolments, over the journal and the vault.
//!
//! The whole trait is implemented rather than its persistence layer: that layer
//! is JSON, has no global order and no idempotence.

use super::cache::{Caches, Moment};
use super::directory::{Directory, Said, Written, alias};
use super::genuine::{Last, chained};
use super::request::{RequestMeta, line_to_metadata};
use super::sealing::{Persons, WithVault, seal};
use crate::codec;
use crate::error::LedgerError;
use crate::journal::{AppendError, Journal, Receipt, pages};
use crate::notary::Notary;
use crate::record::{AppendRequest, Expected, StoredRecord};
use crate::vault::{Label, Role, Vault, VaultError};
use cqrs_es::{Aggregate, AggregateContext, AggregateError, EventEnvelope, EventStore};
use domain::enrolment::{CommandError, Enrolment, EnrolmentEvent};
use domain::event::Event;
use domain::ids::{Category, Position, Source, StreamId, StreamKey, SubjectId, Version};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use tokio::sync::{OwnedMutexGuard, OwnedRwLockReadGuard, RwLock};

type Refused = AggregateError<CommandError>;

/// How often those who wrote before are let through, before the log is read in their place.
const TURNS_GIVEN: usize = 4;

/// An enrolment with its sections open.
#[derive(Debug, Clone, Default)]
pub(crate) struct Open {
    pub(crate) state: Enrolment,
    pub(crate) version: Version,
    /// Under whose key the learner's sections are.
    pub(crate) learner: Option<SubjectId>,
    /// Who declared it: persons are named within this source, whoever acts.
    pub(crate) source: Option<Source>,
    /// The event that it ends with, when that was read from the log; `None` when this process wrote it.
    pub(super) last: Option<Last>,
}

/// Enrolments over a journal.
pub struct EnrolmentStore {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) vault: Arc<Vault>,
    pub(super) directory: Arc<Directory>,
    caches: Arc<Caches>,
    /// Who signs the log, when somebody does.
    pub(super) notary: OnceLock<Arc<Notary>>,
    /// Held from the sealing of sections until they are appended: an erasure waits for it.
    pub(super) gate: Arc<RwLock<()>>,
}

impl fmt::Debug for EnrolmentStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnrolmentStore").finish_non_exhaustive()
    }
}

/// An enrolment loaded for a command.
#[derive(Debug)]
pub struct EnrolmentContext {
    stream: StreamKey,
    open: Arc<Open>,
    /// When it was read.
    read: Moment,
    turn: Option<Turn>,
}

/// The turn of a first declaration among those of its lookup key.
pub(super) type Turn = Arc<OwnedMutexGuard<()>>;

impl EnrolmentContext {
    /// The state that the command is decided on.
    #[must_use]
    pub fn state(&self) -> &Enrolment {
        &self.open.state
    }

    /// Under whose key the learner's sections are; `None` before the first event.
    pub(super) fn learner(&self) -> Option<SubjectId> {
        self.open.learner
    }

    /// Keeps a turn until what is decided here is written, even if the caller
    /// leaves before: who came next would not find the stream and open another.
    pub(super) fn holding(self, turn: Option<Turn>) -> Self {
        Self { turn, ..self }
    }
}

impl AggregateContext<Enrolment> for EnrolmentContext {
    fn aggregate(&mut self) -> &mut Enrolment {
        &mut Arc::make_mut(&mut self.open).state
    }
}

/// The stream of an enrolment.
pub(super) const fn stream_of(key: StreamKey) -> StreamId {
    StreamId { category: Category::Enrolment, key }
}

impl EnrolmentStore {
    pub(super) fn new(
        journal: Arc<dyn Journal>,
        vault: Arc<Vault>,
        directory: Directory,
        (caches, gate): (Arc<Caches>, Arc<RwLock<()>>),
    ) -> Self {
        Self {
            journal,
            vault,
            directory: Arc::new(directory),
            caches,
            notary: OnceLock::new(),
            gate,
        }
    }

    /// The records of an enrolment up to a position.
    pub(super) fn records(
        &self,
        stream: StreamKey,
        up_to: Position,
    ) -> Result<Vec<StoredRecord>, LedgerError> {
        let mut records = Vec::new();
        for page in pages(self.journal.as_ref(), stream_of(stream), up_to) {
            records.extend(page?);
        }
        Ok(records)
    }

    /// The events of records, with their sections open as far as keys exist.
    pub(super) fn opened(
        &self,
        records: &[StoredRecord],
    ) -> Result<Vec<EnrolmentEvent>, LedgerError> {
        let mut events = Vec::with_capacity(records.len());
        let opener = WithVault::new(&self.vault);
        for record in records {
            match codec::decode(record, &opener)? {
                Event::Enrolment(event) => events.push(event),
                _ => return Err(LedgerError::Invalid("an enrolment has an event of another kind")),
            }
        }
        Ok(events)
    }

    /// The newest state, from memory when it is still the newest.
    fn load(&self, stream: StreamKey, read: Moment) -> Result<Arc<Open>, LedgerError> {
        let version = self.journal.stream_version(stream_of(stream))?;
        if let Some(open) = self.caches.enrolments.get(stream)
            && open.version == version
        {
            return Ok(open);
        }
        let records = self.records(stream, Position(u64::MAX))?;
        let source = records.first().map(|record| record.header.source.clone());
        let (learner, last) = (learner_of(&records), chained(&records)?);
        let mut open = Open { learner, source, last, ..Open::default() };
        for event in self.opened(&records)? {
            open.state = open.state.evolve(event);
            open.version.0 += 1;
        }
        let open = Arc::new(open);
        if open.version > Version(0) {
            self.caches.enrolments.put(read, stream, Arc::clone(&open), 0);
        }
        Ok(open)
    }

    /// An enrolment, loaded for a command.
    pub(super) fn context(&self, stream: StreamKey) -> Result<EnrolmentContext, LedgerError> {
        let read = self.caches.enrolments.moment();
        Ok(EnrolmentContext { stream, open: self.load(stream, read)?, read, turn: None })
    }

    /// Encodes, seals and appends; then brings memory up to date.
    pub(super) async fn write(
        &self,
        events: &[EnrolmentEvent],
        context: EnrolmentContext,
        meta: RequestMeta,
    ) -> Result<Receipt, LedgerError> {
        let EnrolmentContext { stream, open, read, turn } = context;
        open.last.iter().try_for_each(|last| self.must_be_signed(last))?;
        let passage = Arc::clone(&self.gate).read_owned().await;
        let encoded = events.iter().map(codec::encode_enrolment).collect::<Result<Vec<_>, _>>()?;
        let source = open.source.clone().unwrap_or_else(|| meta.source.clone());
        let label = |id_erp: &str| self.learner_label(&source, id_erp, open.learner);
        let (names, state) = (self.vault.names(), &open.state);
        let persons = Persons::new(names, &source, &label, open.learner, state, events)?;
        let (records, learner) = seal(&self.vault, &persons, encoded).await?;
        let expected = match open.version {
            Version(0) => Expected::NoStream,
            version => Expected::Exact(version),
        };
        let said = events.iter().zip(&records).map(|(event, record)| {
            Said::by_event(stream, event, |identity| {
                let sections =
                    record.sections.iter().map(|section| (section.kind, section.subject));
                alias(names, &source, identity, sections)
            })
        });
        let written = Written {
            stream,
            after: open.version,
            declared_by: source.clone(),
            source: meta.source.clone(),
            actor: meta.actor.clone(),
            said: said.collect(),
        };
        let request = AppendRequest::new(stream_of(stream), expected, meta.into(), &records)?;
        let written = self.append(request, written, (turn, passage)).await;
        // Whatever came of it, what memory holds may not be the newest any more. Forgetting it
        // first also lets the state change without a copy.
        self.caches.enrolments.forget(stream);
        let receipt = written?;
        // One that was just declared is not asked for before the next push.
        if receipt.stream == stream_of(stream) && open.version > Version(0) {
            self.remember((stream, read), open, (learner, source), events, &receipt);
        }
        Ok(receipt)
    }

    /// The label of a learner's id. The vault keeps a label for ever: one that
    /// leads to the key of another learner, who had the id by mistake until it
    /// was taken back, is passed over for a second one of the same id.
    fn learner_label(
        &self,
        source: &Source,
        id_erp: &str,
        learner: Option<SubjectId>,
    ) -> Result<Label, VaultError> {
        let names = self.vault.names();
        let label = names.learner_label(source, id_erp);
        let mistaken = self.directory.taken_back(&label);
        if mistaken.is_none()
            || mistaken == learner
            || self.vault.subject(Role::Learner, label)? != mistaken
        {
            return Ok(label);
        }
        Ok(names.learner_label(source, &format!("{id_erp}\0")))
    }

    /// Appends and follows the log up to there, in a task of its own: a caller
    /// who leaves before the answer would else leave an enrolment that is
    /// written and is not found, and the next push would open it twice.
    async fn append(
        &self,
        request: AppendRequest,
        written: Written,
        held: (Option<Turn>, OwnedRwLockReadGuard<()>),
    ) -> Result<Receipt, LedgerError> {
        let (journal, vault) = (Arc::clone(&self.journal), Arc::clone(&self.vault));
        let directory = Arc::clone(&self.directory);
        let task = tokio::spawn(async move {
            let (_until_it_is_found, passage) = held;
            let appended = journal.append(request).await;
            drop(passage);
            let receipt = appended?;
            let found = find(&directory, written, &receipt, journal.as_ref(), &vault).await;
            if let Err(error) = found {
                // It is written; sent again, the request gets its receipt.
                tracing::error!(%error, "what was just written cannot be read back");
                return Err(AppendError::Unknown.into());
            }
            Ok(receipt)
        });
        task.await.unwrap_or(Err(AppendError::Unknown.into()))
    }

    fn remember(
        &self,
        (stream, read): (StreamKey, Moment),
        mut open: Arc<Open>,
        (learner, source): (Option<SubjectId>, Source),
        events: &[EnrolmentEvent],
        receipt: &Receipt,
    ) {
        // The receipt of a request that another task sent at the same time tells another version.
        if receipt.last_version().0 != open.version.0 + events.len() as u64 {
            return;
        }
        let state = Arc::make_mut(&mut open);
        // cqrs-es's own framework has applied the events already, `decide` has not.
        let applied = state.state.events.len().saturating_sub(state.version.0 as usize);
        for event in events.iter().skip(applied) {
            state.state.apply(event.clone());
        }
        state.version = receipt.last_version();
        state.learner = learner;
        state.source = Some(source);
        state.last = None;
        self.caches.enrolments.put(read, stream, open, 0);
    }
}

/// Has the directory know what was written: by what its writer hands over, and
/// what comes before it likewise, else from the log.
async fn find(
    directory: &Directory,
    written: Written,
    receipt: &Receipt,
    journal: &dyn Journal,
    vault: &Vault,
) -> Result<(), LedgerError> {
    let last = receipt.last_position();
    if directory.hand_over(written, receipt.clone(), journal, vault)? {
        return Ok(());
    }
    // Those before it in its group have been told too, and are about to hand theirs over.
    for _ in 0..TURNS_GIVEN {
        tokio::task::yield_now().await;
        if directory.has(last) {
            return Ok(());
        }
    }
    directory.follow(journal, vault, last)
}

/// The subject of the first identity section.
fn learner_of(records: &[StoredRecord]) -> Option<SubjectId> {
    let identity = codec::SectionKind::Identity.code();
    let mut sections = records.iter().flat_map(|record| &record.header.sections);
    sections.find(|section| section.kind == identity).map(|section| section.subject)
}

fn key_of(aggregate_id: &str) -> Result<StreamKey, Refused> {
    aggregate_id.parse().map_err(|_| LedgerError::Invalid("an enrolment id is a UUID").into())
}

impl EventStore<Enrolment> for EnrolmentStore {
    type AC = EnrolmentContext;

    async fn load_events(
        &self,
        aggregate_id: &str,
    ) -> Result<Vec<EventEnvelope<Enrolment>>, Refused> {
        let stream = key_of(aggregate_id)?;
        let records = self.records(stream, Position(u64::MAX))?;
        let events = self.opened(&records)?;
        let envelopes = records.iter().zip(events).map(|(record, payload)| EventEnvelope {
            aggregate_id: aggregate_id.to_owned(),
            sequence: record.header.version.0 as usize,
            payload,
            metadata: RequestMeta {
                source: record.header.source.clone(),
                actor: record.header.actor.clone(),
                request_id: record.header.request_id,
                digest: record.header.request_digest,
            }
            .to_metadata(),
        });
        Ok(envelopes.collect())
    }

    async fn load_aggregate(&self, aggregate_id: &str) -> Result<EnrolmentContext, Refused> {
        Ok(self.context(key_of(aggregate_id)?)?)
    }

    async fn commit(
        &self,
        events: Vec<EnrolmentEvent>,
        context: EnrolmentContext,
        metadata: HashMap<String, String>,
    ) -> Result<Vec<EventEnvelope<Enrolment>>, Refused> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let meta = RequestMeta::from_metadata(&metadata)?;
        let receipt = self.write(&events, context, meta).await?;
        let aggregate_id = receipt.stream.key.to_string();
        let envelopes = receipt.lines.iter().zip(events).map(|(line, payload)| EventEnvelope {
            aggregate_id: aggregate_id.clone(),
            sequence: line.version.0 as usize,
            payload,
            metadata: line_to_metadata(&receipt, line),
        });
        Ok(envelopes.collect())
    }
}
