//! What is sealed: the clear messages, and under whose key each goes.

use super::blocks::{claimed, claimed_of};
use super::contract::{Bytes, Fields};
use super::fields::{day, days, some_code, some_day, some_small, text};
use super::padding::{pad, unpad};
use super::types::SectionKind;
use super::{Bad, CodecError, message};
use crate::record::{Content, StoredRecord, associated_data, days_of};
use crate::vault::{Role, VaultError};
use domain::enrolment::{
    Background, Contact, Disability, Employer, EnrolmentAmended, EnrolmentDeclared, Fact,
    Guardians, Identity, Opened, Referent,
};
use domain::ids::{ContractId, SubjectId};
use prost::Message;
use proto::v1;
use zeroize::Zeroizing;

/// The content of a section, wiped when dropped.
pub type Clear = Zeroizing<Vec<u8>>;

/// Opens sealed sections.
pub trait Opener: Send + Sync {
    /// The clear content; `None` when the reader did not ask, or the key is gone.
    ///
    /// # Errors
    /// When the ciphertext does not open under its key: it is damaged.
    fn open(
        &self,
        subject: SubjectId,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Option<Clear>, VaultError>;
}

/// Opens nothing: sealed values stay hidden.
#[derive(Debug, Clone, Copy, Default)]
pub struct Closed;

impl Opener for Closed {
    fn open(&self, _: SubjectId, _: &[u8], _: &[u8]) -> Result<Option<Clear>, VaultError> {
        Ok(None)
    }
}

/// Under whose key a section goes.
#[derive(Clone)]
pub(crate) enum Whose {
    /// The learner of the stream.
    Learner,
    /// The learner's legal representatives.
    Guardians,
    /// A referent.
    Referent(Box<Referent>),
    /// An employer, in a contract.
    Employer(Box<Employer>, ContractId),
    /// Somebody in a contract whose workflow runs here: in which role, and which of them.
    OfContract(Role, u8),
}

/// A section before it is sealed.
pub(crate) struct ClearSection {
    pub(crate) kind: SectionKind,
    pub(crate) whose: Whose,
    /// The message, padded.
    pub(crate) bytes: Clear,
}

/// The sections of a fact.
pub(super) fn of_fact(fact: &Fact) -> Result<Vec<ClearSection>, CodecError> {
    let mut out = List(Vec::new());
    match fact {
        Fact::EnrolmentDeclared(declared) => out.declared(declared)?,
        Fact::EnrolmentAmended(amended) => out.amended(amended)?,
        Fact::ContractDeclared { contract, employer, .. } => {
            // Nothing told is no section: there is nobody to give a key to.
            if employer.clear() != Some(&Employer::default()) {
                out.employer(employer, *contract)?;
            }
        }
        Fact::ContractAmended { contract, employer: Some(employer), .. } => {
            out.employer(employer, *contract)?;
        }
        Fact::ContractBroken(rupture) => out.verbatim(rupture.verbatim.as_ref())?,
        Fact::LearnerExcluded { cause, .. } => out.verbatim(cause.as_ref())?,
        Fact::LearnerIdRemapped { identity, .. } => out.identity(Some(identity))?,
        Fact::SchoolYearDeclared { .. }
        | Fact::TransferDeclared { .. }
        | Fact::ContractAmended { employer: None, .. }
        | Fact::ContractEnded { .. }
        | Fact::WithdrawalDeclared { .. }
        | Fact::TrainingCompleted { .. }
        | Fact::TransmissionStopped { .. }
        | Fact::TransmissionResumed
        | Fact::Retracted { .. } => {}
    }
    Ok(out.0)
}

struct List(Vec<ClearSection>);

impl List {
    fn push(&mut self, kind: SectionKind, whose: Whose, message: &impl Message) {
        self.0.push(ClearSection { kind, whose, bytes: pad(kind, message) });
    }

    fn declared(&mut self, event: &EnrolmentDeclared) -> Result<(), CodecError> {
        self.identity(Some(&event.identity))?;
        self.contact(event.contact.as_ref())?;
        self.disability(event.disability.as_ref())?;
        self.guardians(event.guardians.as_ref())?;
        self.referent(event.referent.as_ref())?;
        self.background(event.background.as_ref())
    }

    fn amended(&mut self, event: &EnrolmentAmended) -> Result<(), CodecError> {
        self.identity(event.identity.as_ref())?;
        self.contact(event.contact.as_ref())?;
        self.disability(event.disability.as_ref())?;
        self.guardians(event.guardians.as_ref())?;
        self.referent(event.referent.as_ref())?;
        self.background(event.background.as_ref())
    }

    fn identity(&mut self, block: Option<&Opened<Identity>>) -> Result<(), CodecError> {
        let Some(it) = clear(block)? else { return Ok(()) };
        let message = v1::SealedIdentity {
            last_name: it.last_name.clone(),
            first_name: it.first_name.clone(),
            born_day: days_of(it.born_on),
            id_erp: it.id_erp.clone(),
            ine: it.ine.as_ref().map(claimed),
            birth_postcode: text(it.birth_postcode.as_ref()),
            birth_commune: text(it.birth_commune.as_ref()),
        };
        self.push(SectionKind::Identity, Whose::Learner, &message);
        Ok(())
    }

    fn contact(&mut self, block: Option<&Opened<Contact>>) -> Result<(), CodecError> {
        let Some(it) = clear(block)? else { return Ok(()) };
        let message = v1::SealedContact {
            email: it.email.clone(),
            phone: it.phone.as_ref().map(claimed),
            address: it.address.clone(),
            postcode: text(it.postcode.as_ref()),
            commune: text(it.commune.as_ref()),
        };
        self.push(SectionKind::Contact, Whose::Learner, &message);
        Ok(())
    }

    fn disability(&mut self, block: Option<&Opened<Disability>>) -> Result<(), CodecError> {
        let Some(it) = clear(block)? else { return Ok(()) };
        let message = v1::SealedDisability { rqth: it.rqth, rqth_day: days(it.rqth_on) };
        self.push(SectionKind::Disability, Whose::Learner, &message);
        Ok(())
    }

    fn guardians(&mut self, block: Option<&Opened<Guardians>>) -> Result<(), CodecError> {
        let Some(it) = clear(block)? else { return Ok(()) };
        let (email_1, email_2) = (it.email_1.clone(), it.email_2.clone());
        let message = v1::SealedGuardians { email_1, email_2 };
        self.push(SectionKind::Guardians, Whose::Guardians, &message);
        Ok(())
    }

    fn referent(&mut self, block: Option<&Opened<Referent>>) -> Result<(), CodecError> {
        let Some(it) = clear(block)? else { return Ok(()) };
        let message = v1::SealedReferent {
            last_name: it.last_name.clone(),
            first_name: it.first_name.clone(),
            email: it.email.clone(),
        };
        self.push(SectionKind::Referent, Whose::Referent(Box::new(it.clone())), &message);
        Ok(())
    }

    fn background(&mut self, block: Option<&Opened<Background>>) -> Result<(), CodecError> {
        let Some(it) = clear(block)? else { return Ok(()) };
        let message = v1::SealedBackground {
            last_situation: it.last_situation.map(u32::from),
            last_organisation: it.last_organisation.clone(),
            custom_status: it.custom_status.clone(),
        };
        self.push(SectionKind::Background, Whose::Learner, &message);
        Ok(())
    }

    fn employer(&mut self, it: &Opened<Employer>, contract: ContractId) -> Result<(), CodecError> {
        let it = it.clear().ok_or(CodecError::Hidden)?;
        let message = v1::SealedEmployer {
            siret: it.siret.as_ref().map(claimed),
            deposit_number: it.deposit_number.clone(),
        };
        let whose = Whose::Employer(Box::new(it.clone()), contract);
        self.push(SectionKind::Employer, whose, &message);
        Ok(())
    }

    fn verbatim(&mut self, words: Option<&Opened<String>>) -> Result<(), CodecError> {
        let Some(words) = clear(words)? else { return Ok(()) };
        let message = v1::SealedVerbatim { text: words.clone(), ..Default::default() };
        self.push(SectionKind::Verbatim, Whose::Learner, &message);
        Ok(())
    }
}

fn clear<T>(block: Option<&Opened<T>>) -> Result<Option<&T>, CodecError> {
    block.map(|block| block.clear().ok_or(CodecError::Hidden)).transpose()
}

/// The sections of a stored record, opened as far as the reader may.
pub(super) struct Sections(Vec<(SectionKind, Opened<Clear>)>);

impl Sections {
    /// All that an event says; bytes beside it, which are large, are not opened.
    pub(super) fn said(record: &StoredRecord, opener: &dyn Opener) -> Result<Self, CodecError> {
        let beside = |kind| matches!(kind, SectionKind::Document | SectionKind::Evidence);
        Self::open(record, opener, |kind| !beside(kind))
    }

    /// Those of some kinds; the others are hidden.
    fn open(
        record: &StoredRecord,
        opener: &dyn Opener,
        wanted: impl Fn(SectionKind) -> bool,
    ) -> Result<Self, CodecError> {
        let position = record.position;
        let mut sections = Vec::with_capacity(record.sections.len());
        for (named, content) in record.header.sections.iter().zip(&record.sections) {
            let Some(kind) = SectionKind::from_code(named.kind) else {
                let what = "a section has a kind that this version does not know";
                return Err(CodecError::Malformed { position, what });
            };
            let opened = match content {
                Content::Erased => None,
                Content::Sealed(_) if !wanted(kind) => None,
                Content::Sealed(sealed) => {
                    let aad = associated_data(record.header.event_id, named.subject, named.kind);
                    opener.open(named.subject, &aad, sealed).map_err(|error| {
                        CodecError::Section { position, what: error.to_string() }
                    })?
                }
            };
            sections.push((kind, opened.map_or(Opened::Hidden, Opened::Clear)));
        }
        Ok(Self(sections))
    }

    pub(super) fn get<M: Message + Default, T>(
        &self,
        kind: SectionKind,
        convert: impl FnOnce(M) -> Result<T, Bad>,
    ) -> Result<Option<Opened<T>>, Bad> {
        let Some((_, content)) = self.0.iter().find(|(of, _)| *of == kind) else { return Ok(None) };
        Ok(Some(match content {
            Opened::Hidden => Opened::Hidden,
            Opened::Clear(bytes) => Opened::Clear(convert(message(unpad(bytes)?)?)?),
        }))
    }

    pub(super) fn identity(&self) -> Result<Option<Opened<Identity>>, Bad> {
        self.get(SectionKind::Identity, identity_of)
    }

    pub(super) fn contact(&self) -> Result<Option<Opened<Contact>>, Bad> {
        self.get(SectionKind::Contact, |m: v1::SealedContact| {
            Ok(Contact {
                email: m.email,
                phone: m.phone.map(claimed_of),
                address: m.address,
                postcode: some_code(m.postcode.as_ref())?,
                commune: some_code(m.commune.as_ref())?,
            })
        })
    }

    pub(super) fn disability(&self) -> Result<Option<Opened<Disability>>, Bad> {
        self.get(SectionKind::Disability, |m: v1::SealedDisability| {
            Ok(Disability { rqth: m.rqth, rqth_on: some_day(m.rqth_day)? })
        })
    }

    pub(super) fn guardians(&self) -> Result<Option<Opened<Guardians>>, Bad> {
        self.get(SectionKind::Guardians, |m: v1::SealedGuardians| {
            Ok(Guardians { email_1: m.email_1, email_2: m.email_2 })
        })
    }

    pub(super) fn referent(&self) -> Result<Option<Opened<Referent>>, Bad> {
        self.get(SectionKind::Referent, |m: v1::SealedReferent| {
            Ok(Referent { last_name: m.last_name, first_name: m.first_name, email: m.email })
        })
    }

    pub(super) fn background(&self) -> Result<Option<Opened<Background>>, Bad> {
        self.get(SectionKind::Background, |m: v1::SealedBackground| {
            Ok(Background {
                last_situation: some_small(m.last_situation)?,
                last_organisation: m.last_organisation,
                custom_status: m.custom_status,
            })
        })
    }

    pub(super) fn employer(&self) -> Result<Option<Opened<Employer>>, Bad> {
        self.get(SectionKind::Employer, |m: v1::SealedEmployer| {
            Ok(Employer { siret: m.siret.map(claimed_of), deposit_number: m.deposit_number })
        })
    }

    pub(super) fn verbatim(&self) -> Result<Option<Opened<String>>, Bad> {
        self.get(SectionKind::Verbatim, |m: v1::SealedVerbatim| Ok(m.text))
    }
}

fn identity_of(m: v1::SealedIdentity) -> Result<Identity, Bad> {
    Ok(Identity {
        last_name: m.last_name,
        first_name: m.first_name,
        born_on: day(m.born_day)?,
        id_erp: m.id_erp,
        ine: m.ine.map(claimed_of),
        birth_postcode: some_code(m.birth_postcode.as_ref())?,
        birth_commune: some_code(m.birth_commune.as_ref())?,
    })
}

/// The sections of a record with the messages in them, each `Sealed…` of `events.proto`; `None` for one that
/// does not open.
pub(crate) fn open_messages(
    record: &StoredRecord,
    opener: &dyn Opener,
) -> Result<Vec<(SectionKind, Option<Clear>)>, CodecError> {
    let position = record.position;
    let opened = Sections::open(record, opener, |_| true)?.0.into_iter().map(|(kind, content)| {
        let message = match &content {
            Opened::Hidden => None,
            Opened::Clear(bytes) => {
                let message =
                    unpad(bytes).map_err(|what| CodecError::Malformed { position, what })?;
                Some(Zeroizing::new(message.to_vec()))
            }
        };
        Ok((kind, message))
    });
    opened.collect()
}

/// Reads a clear identity section.
pub(crate) fn decode_identity(bytes: &[u8]) -> Result<Identity, Bad> {
    message(unpad(bytes)?).and_then(identity_of)
}

/// Reads the e-mail address of a clear contact section.
pub(crate) fn decode_email(bytes: &[u8]) -> Result<Option<Zeroizing<String>>, Bad> {
    let contact = message::<v1::SealedContact>(unpad(bytes)?)?;
    Ok(contact.email.map(Zeroizing::new))
}

/// What a section of a person of a contract says of some fields, in their order: `None` for what it does not speak of.
pub(crate) fn decode_fields<const N: usize>(
    bytes: &[u8],
    paths: [&str; N],
) -> Result<[Option<Option<Zeroizing<String>>>; N], Bad> {
    let section = message::<Fields>(unpad(bytes)?)?;
    let mut said = [const { None }; N];
    for field in section.fields {
        let value = field.value.map(Zeroizing::new);
        if let Some(rank) = paths.iter().position(|path| *path == field.path) {
            // The last change of a field counts.
            said[rank] = Some(value);
        }
    }
    Ok(said)
}

/// The bytes beside an event, or those of them that its sections hold; `None` when it has none, or they do not open.
pub(crate) fn bytes_beside(
    record: &StoredRecord,
    opener: &dyn Opener,
) -> Result<Option<Clear>, CodecError> {
    let mut all = Zeroizing::new(Vec::new());
    for (kind, section) in open_messages(record, opener)? {
        if !matches!(kind, SectionKind::Document | SectionKind::Evidence) {
            continue;
        }
        let Some(opened) = section else { return Ok(None) };
        let malformed = |what| CodecError::Malformed { position: record.position, what };
        let content = Zeroizing::new(message::<Bytes>(&opened).map_err(malformed)?.content);
        all.extend_from_slice(&content);
    }
    Ok((!all.is_empty()).then_some(all))
}
