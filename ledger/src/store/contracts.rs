//! Contracts whose workflow runs here: acts in, events and receipts out.
//!
//! As with enrolments, a contract is loaded, an act decided on it, and what it says appended if nobody else acted
//! since; else it is decided again. Documents and evidence are sealed beside their events, and found by their digest.

use super::Ledger;
use super::genuine::Last;
use super::loaded::stream_of;
use super::request::RequestMeta;
use super::sealing::{Persons, seal};
use crate::codec::{self, ENCLOSED_IN_SECTION, Enclosed};
use crate::error::LedgerError;
use crate::journal::{AppendError, ReadError, Receipt};
use crate::limits::{
    CONFLICT_ATTEMPTS_MAX, CONTRACT_DOCUMENT_BYTES_MAX, DOCUMENT_BYTES_MAX, SECTIONS_MAX,
};
use crate::record::{AppendRequest, Expected};
use crate::signatures::{Asked, Providers, SignatureError, SignatureProvider};
use chrono::NaiveDate;
use domain::contract::signing::Party;
use domain::contract::{Command, Contract, ContractError, ContractEvent, Given, Sha256, decide};
use domain::ids::{ContractId, Source, StreamKey, SubjectId, Version};
use domain::law::Previous;
use sha2::{Digest, Sha256 as Hasher};
use std::fmt;
use std::sync::Arc;

/// Bytes of a document, or of evidence, beside one event.
const ENCLOSED_IN_EVENT: usize = ENCLOSED_IN_SECTION * SECTIONS_MAX;

/// What comes beside an act, and is named by its digest in it.
#[derive(Clone, Copy)]
pub enum Beside<'a> {
    /// Nothing.
    Nothing,
    /// The bytes of the document that is attached.
    Document(&'a [u8]),
    /// The evidence of a signature.
    Evidence {
        /// Its bytes.
        bytes: &'a [u8],
        /// Whether it says something of a person, and is sealed.
        personal: bool,
    },
}

/// Shows how many bytes, never which.
impl fmt::Debug for Beside<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("Nothing"),
            Self::Document(bytes) => write!(f, "Document({} bytes)", bytes.len()),
            Self::Evidence { bytes, .. } => write!(f, "Evidence({} bytes)", bytes.len()),
        }
    }
}

/// An act on a contract.
pub struct ActOnContract<'a> {
    /// The contract; [`crate::vault::Names::drafted`] names a new one.
    pub contract: StreamKey,
    /// The version on which whoever acts decided to, when they say it.
    pub expected: Option<Version>,
    /// The day on which the act has effect.
    pub on: NaiveDate,
    /// The apprentice's contract before this one, when whoever asks knows it; else what its enrolment knows counts.
    pub previous: Option<&'a Previous>,
    /// What is asked.
    pub command: &'a Command,
    /// What comes with it.
    pub beside: Beside<'a>,
}

/// Shows which act on what, never what is said in it.
impl fmt::Debug for ActOnContract<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on contract {}, {:?}", self.command.name(), self.contract, self.beside)
    }
}

/// A signature as a party sends it.
#[derive(Clone, Copy)]
pub struct Signing<'a> {
    /// The contract.
    pub contract: StreamKey,
    /// The version on which whoever acts decided to, when they say it.
    pub expected: Option<Version>,
    /// Whose it is.
    pub party: Party,
    /// By what it is verified.
    pub provider: &'a str,
    /// What shows it.
    pub evidence: &'a [u8],
}

/// Shows whose it is, never what shows it.
impl fmt::Debug for Signing<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} signs contract {}", self.party, self.contract)
    }
}

/// What an act came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acted {
    /// What happened; empty when it asked for what is so already, or was written by the same request before.
    pub events: Vec<ContractEvent>,
    /// Where the events went; `None` when nothing was written.
    pub receipt: Option<Receipt>,
}

/// A contract loaded for an act.
#[derive(Default)]
pub(super) struct Open {
    pub(super) state: Arc<Contract>,
    pub(super) version: Version,
    /// Under whose key the apprentice's sections are.
    apprentice: Option<SubjectId>,
    source: Option<Source>,
    last: Option<Last>,
}

impl Ledger {
    /// Decides an act on a contract and writes what it says, once: a request id that wrote before gets its first
    /// receipt, for ever.
    ///
    /// # Errors
    /// [`LedgerError::Contract`] when the contract refuses it, [`LedgerError::ContractChanged`] when it is at another
    /// version than the expected one; else see [`LedgerError`].
    pub async fn act_on_contract(
        &self,
        meta: RequestMeta,
        act: ActOnContract<'_>,
    ) -> Result<Acted, LedgerError> {
        must_be_named(&act)?;
        for _ in 0..CONFLICT_ATTEMPTS_MAX {
            // The one who won the last time may have been this very request, sent twice at once.
            if let Some(done) = self.repeated(&meta)? {
                return Ok(Acted { events: Vec::new(), receipt: done.receipt });
            }
            match self.try_act(&meta, &act).await {
                Err(LedgerError::Append(AppendError::Conflict { .. })) => {}
                other => return other,
            }
        }
        Err(LedgerError::Contended(CONFLICT_ATTEMPTS_MAX))
    }

    /// Verifies what a party sends and writes that it signed.
    ///
    /// # Errors
    /// [`LedgerError::Signature`] when the evidence does not show it; else as [`Ledger::act_on_contract`].
    pub async fn sign_contract(
        &self,
        meta: RequestMeta,
        signing: Signing<'_>,
        providers: &Providers,
    ) -> Result<Acted, LedgerError> {
        if let Some(done) = self.repeated(&meta)? {
            return Ok(Acted { events: Vec::new(), receipt: done.receipt });
        }
        let Signing { contract, expected, party, provider, evidence: bytes } = signing;
        let provider = providers.named(provider).ok_or(SignatureError::Provider)?;
        for _ in 0..CONFLICT_ATTEMPTS_MAX {
            let open = self.open_contract(contract).await?;
            if let Some(expected) = expected.filter(|expected| *expected != open.version) {
                return Err(LedgerError::ContractChanged { expected, found: open.version });
            }
            let signed = self.signed(&meta, &open, (contract, party), provider, bytes).await;
            // Others sign at the same time, or the form was opened again: it is verified anew.
            if !matches!(signed, Err(LedgerError::ContractChanged { .. })) {
                return signed;
            }
        }
        Err(LedgerError::Contended(CONFLICT_ATTEMPTS_MAX))
    }

    /// A signature, verified for what is asked for in a state, and written if it is still so.
    async fn signed(
        &self,
        meta: &RequestMeta,
        open: &Open,
        (contract, party): (StreamKey, Party),
        provider: &dyn SignatureProvider,
        bytes: &[u8],
    ) -> Result<Acted, LedgerError> {
        let round = open.state.round().ok_or(ContractError::NoContract)?;
        // Nothing is asked for: the contract says so.
        let document = round.document.unwrap_or_default();
        let asked = Asked {
            contract: ContractId(contract.0),
            round: round.number,
            request: open.state.requests,
            document,
            party,
        };
        let evidence = provider.verify(&asked, bytes, self.clock().now())?;
        let beside = Beside::Evidence { bytes, personal: provider.says_who() };
        let (command, on) = (Command::Sign { party, evidence }, self.today());
        let command = &command;
        let expected = Some(open.version);
        let act = ActOnContract { contract, expected, on, previous: None, command, beside };
        self.act_on_contract(meta.clone(), act).await
    }

    /// Loads a contract for an act, on a thread, where the documents of one that is not kept open may take their time.
    pub(super) async fn open_contract(&self, contract: StreamKey) -> Result<Open, LedgerError> {
        let contracts = self.contracts.clone();
        let read = tokio::task::spawn_blocking(move || contracts.load(contract)).await;
        let Some(loaded) = read.map_err(|_| ReadError::Closed)?? else {
            return Ok(Open::default());
        };
        let apprentice = match loaded.state.enrolment {
            Some(enrolment) => self.store.context(enrolment)?.learner(),
            None => loaded.apprentice,
        };
        Ok(Open {
            state: Arc::clone(&loaded.state),
            version: loaded.version,
            apprentice,
            source: Some(loaded.source.clone()),
            last: loaded.last,
        })
    }

    async fn try_act(
        &self,
        meta: &RequestMeta,
        act: &ActOnContract<'_>,
    ) -> Result<Acted, LedgerError> {
        let open = self.open_contract(act.contract).await?;
        if let Some(expected) = act.expected.filter(|expected| *expected != open.version) {
            return Err(LedgerError::ContractChanged { expected, found: open.version });
        }
        if let Command::Draft { enrolment: Some(enrolment) } = act.command
            && self.store.context(*enrolment)?.learner().is_none()
        {
            return Err(LedgerError::NoEnrolment);
        }
        // The rules of what follows what are asked then.
        let publishes = matches!(act.command, Command::Publish) && act.previous.is_none();
        let found = if publishes {
            self.contract_before_publication(act.contract, &open.state).await?
        } else {
            None
        };
        let previous = act.previous.or(found.as_ref());
        let given = Given { on: act.on, today: self.today(), previous };
        let decided = decide(&open.state, act.command, &given)?;
        if decided.is_empty() {
            return Ok(Acted { events: decided, receipt: None });
        }
        for event in &decided {
            if let ContractEvent::Attached { attachment } = event {
                must_fit(&open.state, attachment.bytes)?;
            }
        }
        open.last.iter().try_for_each(|last| self.store.must_be_signed(last))?;
        let receipt = self.write_acts(meta, act, &open, &decided).await?;
        Ok(Acted { events: decided, receipt: Some(receipt) })
    }

    /// Encodes, seals and appends.
    async fn write_acts(
        &self,
        meta: &RequestMeta,
        act: &ActOnContract<'_>,
        open: &Open,
        decided: &[ContractEvent],
    ) -> Result<Receipt, LedgerError> {
        let passage = Arc::clone(&self.store.gate).read_owned().await;
        let names = self.names();
        let mut encoded = Vec::with_capacity(decided.len());
        for (event, enclosed) in with_enclosed(decided, act.beside) {
            let rank = u32::try_from(encoded.len()).unwrap_or(u32::MAX);
            let id = names.event(&meta.source, meta.request_id, rank);
            encoded.push(codec::encode_contract(&event, id, act.on, enclosed)?);
        }
        let source = open.source.as_ref().unwrap_or(&meta.source);
        let persons = Persons::of_contract(names, source, act.contract, open.apprentice);
        let (records, _) = seal(self.vault(), &persons, encoded).await?;
        let expected = match open.version {
            Version(0) => Expected::NoStream,
            version => Expected::Exact(version),
        };
        let stream = stream_of(act.contract);
        let request = AppendRequest::new(stream, expected, meta.clone().into(), &records)?;
        let journal = Arc::clone(self.journal());
        // In a task of its own: an erasure waits for what is being written, even if the caller leaves.
        let task = tokio::spawn(async move {
            let appended = journal.append(request).await;
            drop(passage);
            appended
        });
        Ok(task.await.unwrap_or(Err(AppendError::Unknown))?)
    }
}

/// A contract's documents are so many bytes at most, with one more.
fn must_fit(contract: &Contract, bytes: u64) -> Result<(), LedgerError> {
    let attached = contract.rounds.iter().flat_map(|round| &round.attachments);
    let all = attached.fold(bytes, |all, one| all.saturating_add(one.bytes));
    if all > CONTRACT_DOCUMENT_BYTES_MAX { Err(LedgerError::TooManyDocuments) } else { Ok(()) }
}

fn must_be_short(bytes: &[u8]) -> Result<(), LedgerError> {
    if bytes.len() > DOCUMENT_BYTES_MAX {
        return Err(LedgerError::Invalid("a document has at most 8 MiB"));
    }
    Ok(())
}

/// What comes beside an act is what its digest says.
fn must_be_named(act: &ActOnContract<'_>) -> Result<(), LedgerError> {
    let is = |bytes: &[u8], digest: &Sha256| Sha256::from(Hasher::digest(bytes)) == *digest;
    let named = match (act.command, act.beside) {
        (Command::Attach(attachment), Beside::Document(bytes)) => {
            must_be_short(bytes)?;
            attachment.bytes == bytes.len() as u64 && is(bytes, &attachment.digest)
        }
        (Command::SignOnPaper { scan, bytes: many, .. }, Beside::Document(bytes)) => {
            must_be_short(bytes)?;
            *many == bytes.len() as u64 && is(bytes, scan)
        }
        (Command::Sign { evidence, .. }, Beside::Evidence { bytes, .. }) => {
            is(bytes, &evidence.digest)
        }
        (Command::Attach(_) | Command::SignOnPaper { .. } | Command::Sign { .. }, _) => false,
        (_, beside) => matches!(beside, Beside::Nothing),
    };
    if named {
        Ok(())
    } else {
        Err(LedgerError::Invalid(
            "a document, or the evidence of a signature, is not the one that is named",
        ))
    }
}

/// The events with what is enclosed in each: a long document goes on in events of its own.
fn with_enclosed<'a>(
    decided: &[ContractEvent],
    beside: Beside<'a>,
) -> Vec<(ContractEvent, Enclosed<'a>)> {
    let mut out = Vec::with_capacity(decided.len());
    for event in decided {
        match (event, beside) {
            (ContractEvent::Attached { attachment }, Beside::Document(bytes)) => {
                let mut parts = bytes.chunks(ENCLOSED_IN_EVENT);
                let first = parts.next().map_or(Enclosed::Nothing, Enclosed::Sealed);
                out.push((event.clone(), first));
                for (part, bytes) in (2..).zip(parts) {
                    let digest = attachment.digest;
                    let more = ContractEvent::DocumentPart { digest, part };
                    out.push((more, Enclosed::Sealed(bytes)));
                }
            }
            (ContractEvent::Signed { .. }, Beside::Evidence { bytes, personal }) => {
                let enclosed =
                    if personal { Enclosed::Sealed(bytes) } else { Enclosed::Open(bytes) };
                out.push((event.clone(), enclosed));
            }
            _ => out.push((event.clone(), Enclosed::Nothing)),
        }
    }
    out
}
