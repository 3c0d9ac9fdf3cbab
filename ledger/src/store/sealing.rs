//! Clear sections to sealed ones: whose key, made durable, then used.

use crate::codec::{Clear, ClearSection, Encoded, Opener, Whose};
use crate::error::LedgerError;
use crate::record::{NewRecord, SealedSection, associated_data};
use crate::vault::{Label, NONCE, Names, PersonKey, Role, Vault, VaultError, Wanted};
use domain::enrolment::{Enrolment, EnrolmentEvent, Fact, Opened};
use domain::ids::{EventId, Source, StreamKey, SubjectId};
use std::sync::{Mutex, PoisonError};

/// Opens with the vault; an erased key is a hidden section. What it unwraps it
/// keeps until it is dropped: one for each request, or read.
pub(crate) struct WithVault<'a> {
    vault: &'a Vault,
    /// Of the few persons of a stream; `None` is an erased one.
    keys: Mutex<Vec<(SubjectId, Option<PersonKey>)>>,
}

impl<'a> WithVault<'a> {
    pub(crate) fn new(vault: &'a Vault) -> Self {
        Self { vault, keys: Mutex::default() }
    }
}

impl Opener for WithVault<'_> {
    fn open(
        &self,
        subject: SubjectId,
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Option<Clear>, VaultError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let at = match keys.iter().position(|(known, _)| *known == subject) {
            Some(at) => at,
            None => {
                let key = match self.vault.key(subject) {
                    Ok(key) => Some(key),
                    Err(VaultError::Erased(_)) => None,
                    Err(error) => return Err(error),
                };
                keys.push((subject, key));
                keys.len() - 1
            }
        };
        keys[at].1.as_ref().map(|key| key.open(aad, sealed)).transpose()
    }
}

/// Who the persons of a stream are.
pub(crate) struct Persons<'a> {
    names: &'a Names,
    source: &'a Source,
    /// The contract whose workflow runs here, when the stream is one's.
    contract: Option<StreamKey>,
    /// The learner's subject, once the stream has one.
    learner: Option<SubjectId>,
    /// The learner's label by its newest id.
    label: Option<Label>,
    /// Labels of ids that the events give the learner.
    given: Vec<Label>,
}

impl<'a> Persons<'a> {
    /// Of a stream's state and the events that follow. `source` is who declared
    /// the stream, whoever writes the events; `label` gives the label of one of
    /// its learners' ids.
    ///
    /// # Errors
    /// When the key store cannot be read.
    pub(crate) fn new(
        names: &'a Names,
        source: &'a Source,
        label: &dyn Fn(&str) -> Result<Label, VaultError>,
        learner: Option<SubjectId>,
        state: &Enrolment,
        events: &[EnrolmentEvent],
    ) -> Result<Self, VaultError> {
        let known = state.current.as_ref().and_then(|current| current.identity.clear());
        let known = known.map(|identity| label(&identity.id_erp)).transpose()?;
        let given = events.iter().filter_map(id_erp_of).map(label);
        let given: Vec<Label> = given.collect::<Result<_, _>>()?;
        let label = known.or_else(|| given.first().copied());
        Ok(Self { names, source, contract: None, learner, label, given })
    }

    /// Of a contract whose workflow runs here. The apprentice is the learner of its enrolment, when it has one.
    pub(crate) fn of_contract(
        names: &'a Names,
        source: &'a Source,
        contract: StreamKey,
        learner: Option<SubjectId>,
    ) -> Self {
        let label = Some(names.apprentice_label(contract));
        Self { names, source, contract: Some(contract), learner, label, given: Vec::new() }
    }

    /// The learner's label of a stream whose identity the test does not give.
    #[cfg(test)]
    pub(crate) const fn assume_label(&mut self, label: Label) {
        self.label = Some(label);
    }

    fn wanted(&self, whose: &Whose) -> Result<Wanted, LedgerError> {
        let learner_label = || {
            let of_subject = self.learner.map(|subject| *subject.as_bytes());
            let missing = LedgerError::Invalid("a section of a learner without an identity");
            self.label.or(of_subject).ok_or(missing)
        };
        let (role, label) = match whose {
            Whose::Learner => (Role::Learner, learner_label()?),
            Whose::Guardians => (Role::Guardians, self.names.guardians_label(&learner_label()?)),
            Whose::Referent(it) => (Role::Referent, self.names.referent_label(self.source, it)),
            Whose::Employer(it, contract) => {
                (Role::Employer, self.names.employer_label(it, *contract))
            }
            Whose::OfContract(role, rank) => {
                let outside = LedgerError::Invalid("a section of a contract outside of one");
                let contract = self.contract.ok_or(outside)?;
                (*role, self.names.label_in_contract(*role, *rank, contract))
            }
        };
        let subject = self.learner.filter(|_| role == Role::Learner);
        Ok(Wanted { role, label, subject })
    }

    /// A learner's new id becomes another name of the same key.
    fn aliases(&self) -> impl Iterator<Item = Wanted> + '_ {
        let learner = self.learner;
        self.given.iter().filter(move |_| learner.is_some()).map(move |label| Wanted {
            role: Role::Learner,
            label: *label,
            subject: learner,
        })
    }
}

/// The id that an event gives the learner.
fn id_erp_of(event: &EnrolmentEvent) -> Option<&str> {
    let identity = match &event.fact {
        Fact::EnrolmentDeclared(declared) => Some(&declared.identity),
        Fact::EnrolmentAmended(amended) => amended.identity.as_ref(),
        Fact::LearnerIdRemapped { identity, .. } => Some(identity),
        _ => None,
    };
    identity.and_then(Opened::clear).map(|identity| identity.id_erp.as_str())
}

/// Seals the sections of a request's events. All new keys share one sync, and
/// are durable before the first use. Gives the learner's subject too.
pub(crate) async fn seal(
    vault: &Vault,
    persons: &Persons<'_>,
    encoded: Vec<Encoded>,
) -> Result<(Vec<NewRecord>, Option<SubjectId>), LedgerError> {
    // Most sections are of one person: whose key it is, is asked once.
    let (mut wanted, mut whose) = (Vec::new(), Vec::new());
    for section in encoded.iter().flat_map(|event| &event.sections) {
        let one = persons.wanted(&section.whose)?;
        let known = wanted.iter().position(|known| *known == one);
        whose.push(known.unwrap_or(wanted.len()));
        if known.is_none() {
            wanted.push(one);
        }
    }
    wanted.extend(persons.aliases());
    let keys = vault.keys(&wanted).await?;
    vault.may_write(keys.iter().map(|key| key.subject).chain(persons.learner))?;
    let mut nonces = vault.nonces(whose.len())?.into_iter();
    let mut learner: Option<PersonKey> = None;
    let mut whose = whose.into_iter();
    let mut records = Vec::with_capacity(encoded.len());
    for event in encoded {
        let mut sections = Vec::with_capacity(event.sections.len());
        for section in &event.sections {
            let missing = LedgerError::Invalid("the vault answered for fewer persons than asked");
            let mut key = whose.next().and_then(|at| keys.get(at)).ok_or(missing)?;
            if matches!(section.whose, Whose::Learner) {
                // A stream keeps its learner, whoever else took the label.
                key = match &mut learner {
                    Some(learner) => learner,
                    none => none.insert(match persons.learner {
                        Some(subject) if subject != key.subject => vault.key(subject)?,
                        _ => key.clone(),
                    }),
                };
            }
            let nonce = nonces.next().ok_or(LedgerError::Invalid("a section has no nonce"))?;
            sections.push(seal_one(event.event_id, key, &nonce, section)?);
        }
        records.push(NewRecord {
            event_id: event.event_id,
            type_code: event.type_code.code(),
            schema_version: event.type_code.schema(),
            effective_on: event.effective_on,
            corrects: event.corrects,
            body: event.body,
            sections,
        });
    }
    Ok((records, learner.map(|key| key.subject).or(persons.learner)))
}

fn seal_one(
    event: EventId,
    key: &PersonKey,
    nonce: &[u8; NONCE],
    section: &ClearSection,
) -> Result<SealedSection, VaultError> {
    let (subject, kind) = (key.subject, section.kind.code());
    let bytes = key.seal(nonce, &associated_data(event, subject, kind), &section.bytes)?;
    Ok(SealedSection { subject, kind, bytes })
}
