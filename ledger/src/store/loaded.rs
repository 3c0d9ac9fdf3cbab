//! Contracts whose workflow runs here, read back: their state, their documents and evidence.
//!
//! What was read of a contract and compared with its digests is kept open, so that an act reads what was recorded
//! since, and not 32 MiB of documents. What is kept is only ever made of records that the journal shows, which are
//! durable; it goes when somebody is erased, whoever it is.

use super::Ledger;
use super::cache::Caches;
use super::genuine::{Last, chained_after};
use super::sealing::WithVault;
use crate::codec::{self, Clear, Closed, Opener, SectionKind};
use crate::erasure::is_of_apprentice;
use crate::error::LedgerError;
use crate::journal::{Journal, pages, pages_after};
use crate::record::{Content, StoredRecord};
use crate::vault::Vault;
use domain::contract::{Contract, ContractEvent, Round, Sha256};
use domain::event::Event;
use domain::ids::{Category, Instant, Position, Source, StreamId, StreamKey, SubjectId, Version};
use sha2::{Digest, Sha256 as Hasher};
use std::sync::Arc;

/// A contract at a position. A clone shares its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedContract {
    /// Its state.
    pub state: Arc<Contract>,
    /// Its version.
    pub version: Version,
    /// The position of its last event.
    pub position: Position,
    /// When that was recorded.
    pub recorded_at: Instant,
    /// Who drafted it.
    pub source: Source,
    /// Who drafted it, at that source, as it was written down.
    pub actor: String,
    /// Under whose key the apprentice's sections are, when it has one.
    pub(super) apprentice: Option<SubjectId>,
    /// Its last event, when all were compared with their digests.
    pub(super) last: Option<Last>,
    /// Bytes of what its events said, documents and evidence apart.
    said: usize,
}

impl LoadedContract {
    /// What begins with a record, which is not folded yet.
    fn begun(first: &StoredRecord) -> Self {
        Self {
            state: Arc::default(),
            version: Version(0),
            position: first.position,
            recorded_at: first.header.recorded_at,
            source: first.header.source.clone(),
            actor: first.header.actor.clone(),
            apprentice: None,
            last: None,
            said: 0,
        }
    }

    /// Folds the records that follow.
    fn fold(&mut self, records: &[StoredRecord], opener: &dyn Opener) -> Result<(), LedgerError> {
        let mut state = Arc::unwrap_or_clone(std::mem::take(&mut self.state));
        for record in records {
            match codec::decode(record, opener)? {
                Event::Contract(event, on) => state = state.evolve(&event, on),
                _ => return Err(LedgerError::Invalid("a contract has an event of another kind")),
            }
            self.version = record.header.version;
            self.position = record.position;
            self.recorded_at = record.header.recorded_at;
            self.apprentice = self.apprentice.or_else(|| apprentice_of(record));
            self.said = self.said.saturating_add(said(record));
        }
        self.state = Arc::new(state);
        Ok(())
    }

    /// About how many bytes of memory it takes.
    fn bytes(&self) -> usize {
        let rounds = self.state.rounds.len().saturating_mul(size_of::<Round>());
        // What is read is one value each, with its length and its capacity.
        let read = self.said.saturating_mul(2);
        rounds.saturating_add(read) + size_of::<Self>() + size_of::<Contract>()
    }
}

/// Contracts over the journal and the vault, those used lately kept open. A clone works on the same.
#[derive(Clone)]
pub(super) struct Contracts {
    pub(super) journal: Arc<dyn Journal>,
    pub(super) vault: Arc<Vault>,
    pub(super) caches: Arc<Caches>,
}

impl Contracts {
    /// A contract as it is now, with its sealed values, every event compared with its digests once: now, or when it was
    /// read before. `None` when it has no event.
    pub(super) fn load(&self, contract: StreamKey) -> Result<Option<LoadedContract>, LedgerError> {
        let cache = &self.caches.contracts;
        // What is opened from here on is not kept if somebody is erased meanwhile.
        let read = cache.moment();
        let kept = self.kept(contract)?;
        if let Some((kept, true)) = &kept {
            return Ok(Some(LoadedContract::clone(kept)));
        }
        let mut loaded = kept.map(|(kept, _)| LoadedContract::clone(&kept));
        let after = loaded.as_ref().map_or(Version(0), |loaded| loaded.version);
        let opener = WithVault::new(&self.vault);
        let end = Position(u64::MAX);
        for page in pages_after(self.journal.as_ref(), stream_of(contract), after, end) {
            let page = page?;
            let Some(first) = page.first() else { break };
            let loaded = loaded.get_or_insert_with(|| LoadedContract::begun(first));
            loaded.last = chained_after(loaded.version, loaded.last, &page)?;
            loaded.fold(&page, &opener)?;
        }
        if let Some(loaded) = &loaded {
            cache.put(read, contract, Arc::new(loaded.clone()), loaded.bytes());
        }
        Ok(loaded)
    }

    /// What is kept open of a contract, and whether it is as it is now.
    fn kept(
        &self,
        contract: StreamKey,
    ) -> Result<Option<(Arc<LoadedContract>, bool)>, LedgerError> {
        let Some(kept) = self.caches.contracts.get(contract) else { return Ok(None) };
        let version = self.journal.stream_version(stream_of(contract))?;
        // None is newer than the log.
        let is_of_it = kept.version <= version;
        let is_now = kept.version == version;
        Ok(Some((kept, is_now)).filter(|_| is_of_it))
    }

    /// A contract as it stood at a position, without comparing anything.
    fn as_it_stood(
        &self,
        contract: StreamKey,
        up_to: Position,
        opener: &dyn Opener,
    ) -> Result<Option<LoadedContract>, LedgerError> {
        let mut loaded: Option<LoadedContract> = None;
        for page in pages(self.journal.as_ref(), stream_of(contract), up_to) {
            let page = page?;
            let Some(first) = page.first() else { break };
            let loaded = loaded.get_or_insert_with(|| LoadedContract::begun(first));
            loaded.fold(&page, opener)?;
        }
        Ok(loaded)
    }
}

impl Ledger {
    /// A contract as it stood at a position (now, when `None`), with its sealed values if `open`; `None` when it had
    /// no event. It may read all that was attached; call it off the event loop.
    ///
    /// # Errors
    /// [`LedgerError::Altered`] when it is asked for as it is now, open, and is not as it was recorded; else see
    /// [`LedgerError`].
    pub fn load_contract(
        &self,
        contract: StreamKey,
        up_to: Option<Position>,
        open: bool,
    ) -> Result<Option<LoadedContract>, LedgerError> {
        let contracts = &self.contracts;
        if !open {
            let up_to = up_to.unwrap_or(Position(u64::MAX));
            return contracts.as_it_stood(contract, up_to, &Closed);
        }
        let Some(up_to) = up_to else { return contracts.load(contract) };
        // Nothing was written of it since.
        if let Some((kept, true)) = contracts.kept(contract)?
            && kept.position <= up_to
        {
            return Ok(Some(LoadedContract::clone(&kept)));
        }
        contracts.as_it_stood(contract, up_to, &WithVault::new(self.vault()))
    }

    /// Whether a key is that of a contract whose workflow runs here.
    ///
    /// # Errors
    /// See [`LedgerError`].
    pub fn is_workflow(&self, key: StreamKey) -> Result<bool, LedgerError> {
        Ok(self.stream_version(stream_of(key))? > Version(0))
    }

    /// A document that is attached to a contract, or the evidence of one of its signatures, by its SHA-256; `None`
    /// when there is none, or whose it is was erased.
    ///
    /// # Errors
    /// See [`LedgerError`]; also when the bytes are not those of the digest.
    pub fn enclosed_in_contract(
        &self,
        contract: StreamKey,
        digest: &Sha256,
    ) -> Result<Option<Clear>, LedgerError> {
        let opener = WithVault::new(self.vault());
        let mut all = Clear::default();
        let end = Position(u64::MAX);
        for page in pages(self.journal().as_ref(), stream_of(contract), end) {
            for record in page? {
                let Event::Contract(event, _) = codec::decode(&record, &Closed)? else { continue };
                let part = match &event {
                    ContractEvent::Attached { attachment } if attachment.digest == *digest => {
                        codec::bytes_beside(&record, &opener)?
                    }
                    ContractEvent::DocumentPart { digest: of, .. } if of == digest => {
                        codec::bytes_beside(&record, &opener)?
                    }
                    ContractEvent::Signed { evidence, .. } if evidence.digest == *digest => {
                        match codec::evidence_in_body(&record)? {
                            Some(open) => Some(open),
                            None => codec::bytes_beside(&record, &opener)?,
                        }
                    }
                    _ => continue,
                };
                // Of somebody who was erased.
                let Some(part) = part else { return Ok(None) };
                // The same document may be attached again, in an amendment.
                if !matches!(event, ContractEvent::DocumentPart { .. }) {
                    all.clear();
                }
                all.extend_from_slice(&part);
                if Sha256::from(Hasher::digest(&*all)) == *digest {
                    return Ok(Some(all));
                }
            }
        }
        if all.is_empty() {
            return Ok(None);
        }
        Err(LedgerError::Invalid("a document is not the one that its digest names"))
    }
}

/// The stream of a contract.
pub(super) const fn stream_of(contract: StreamKey) -> StreamId {
    StreamId { category: Category::Contract, key: contract }
}

/// The subject of the first section that is the apprentice's.
fn apprentice_of(record: &StoredRecord) -> Option<SubjectId> {
    let mut sections = record.header.sections.iter();
    sections.find(|section| is_of_apprentice(section.kind)).map(|section| section.subject)
}

/// Bytes of what a record says, but of a document or evidence, which no state has.
fn said(record: &StoredRecord) -> usize {
    let sections = record.header.sections.iter().zip(&record.sections);
    let sealed =
        sections.map(|(named, content)| match (SectionKind::from_code(named.kind), content) {
            (Some(SectionKind::Document | SectionKind::Evidence), _) | (_, Content::Erased) => 0,
            (_, Content::Sealed(bytes)) => bytes.len(),
        });
    record.body.len() + sealed.sum::<usize>()
}
