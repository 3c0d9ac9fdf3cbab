//! Keyed names: anyone who has the key computes them, nobody else can guess
//! from them. Each purpose has a key of its own.

use super::crypto::Key;
use super::{Label, Role, fold};
use crate::record::days_of;
use chrono::{Datelike, NaiveDate};
use domain::enrolment::{Certification, Employer, Identity, LookupKey, Referent};
use domain::identifiers::{Siret, Uai};
use domain::ids::{Category, ContractId, EventId, RequestId, RunId, Source, StreamId, StreamKey};
use std::fmt;

/// Keyed pseudonyms of a learner, for matching dossiers of one person.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PersonKeys {
    /// Of the INE, when it is verified.
    pub ine: Option<[u8; 16]>,
    /// Of names and birth date, normalised.
    pub names_and_birth: Option<[u8; 16]>,
    /// Born on a 1 January, when names and birth date alone prove nothing.
    pub first_of_january: bool,
}

/// By a part of what the persons of a contract written here are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersonPart {
    /// A name, at birth or in use.
    LastName = 1,
    /// The first name.
    FirstName = 2,
    /// The birth date, `YYYY-MM-DD`.
    BornOn = 3,
    /// The e-mail address.
    Email = 4,
}

/// The naming keys of one ledger. They show nothing.
pub struct Names {
    naming: Key,
    labels: Key,
    requests: Key,
    ine: Key,
    names_and_birth: Key,
    email: Key,
    of_contracts: Key,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names(…)")
    }
}

impl Names {
    pub(super) fn new(master: &Key) -> Self {
        Self {
            naming: master.derive(b"naming"),
            labels: master.derive(b"labels"),
            requests: master.derive(b"requests"),
            ine: master.derive(b"index of INE"),
            names_and_birth: master.derive(b"index of names and birth"),
            email: master.derive(b"index of e-mails"),
            of_contracts: master.derive(b"index of persons of contracts"),
        }
    }

    /// The stream of a dossier, from what does not change in it and its first
    /// declared entry date: two servers that receive one new dossier collide
    /// instead of doubling it.
    #[must_use]
    pub fn enrolment(
        &self,
        source: &Source,
        trainer: &Uai,
        id_erp: &str,
        certification: &Certification,
        first_entry_on: NaiveDate,
    ) -> StreamKey {
        let entry = days_of(first_entry_on).to_le_bytes();
        let [cfd, rncp] = certification_parts(certification);
        let parts = [
            b"enrolment".as_slice(),
            source.as_str().as_bytes(),
            trainer.as_str().as_bytes(),
            id_erp.as_bytes(),
            cfd,
            rncp,
            &entry,
        ];
        StreamKey(self.naming.short(&parts))
    }

    /// Under which a source's next row finds its stream again.
    #[must_use]
    pub fn lookup(
        &self,
        source: &Source,
        id_erp: &str,
        certification: &Certification,
    ) -> LookupKey {
        let [cfd, rncp] = certification_parts(certification);
        let source = source.as_str().as_bytes();
        self.naming.short(&[b"lookup", source, id_erp.as_bytes(), cfd, rncp])
    }

    /// The i-th event of a request.
    #[must_use]
    pub fn event(&self, source: &Source, request: RequestId, index: u32) -> EventId {
        let (source, index) = (source.as_str().as_bytes(), index.to_le_bytes());
        EventId(self.naming.short(&[b"event", source, request.as_bytes(), &index]))
    }

    /// The contract of an ordinal in an enrolment.
    #[must_use]
    pub fn contract(&self, enrolment: StreamKey, ordinal: u16) -> ContractId {
        let ordinal = ordinal.to_le_bytes();
        ContractId(self.naming.short(&[b"contract", enrolment.as_bytes(), &ordinal]))
    }

    /// The stream of a run.
    #[must_use]
    pub fn run(&self, source: &Source, run: RunId) -> StreamId {
        let parts = [b"run".as_slice(), source.as_str().as_bytes(), run.as_bytes()];
        StreamId { category: Category::Run, key: StreamKey(self.naming.short(&parts)) }
    }

    /// The stream of a pair of enrolments, in any order.
    #[must_use]
    pub fn link(&self, a: StreamKey, b: StreamKey) -> StreamId {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        let parts = [b"link".as_slice(), low.as_bytes(), high.as_bytes()];
        StreamId { category: Category::PersonLink, key: StreamKey(self.naming.short(&parts)) }
    }

    /// The stream of a contract whose workflow runs here, by the request that drafts it.
    #[must_use]
    pub fn drafted(&self, source: &Source, request: RequestId) -> StreamId {
        let parts = [b"drafted".as_slice(), source.as_str().as_bytes(), request.as_bytes()];
        StreamId { category: Category::Contract, key: StreamKey(self.naming.short(&parts)) }
    }

    /// The stream of an erasure, by the request that asks for it.
    #[must_use]
    pub fn erasure(&self, source: &Source, request: RequestId) -> StreamId {
        let parts = [b"erasure".as_slice(), source.as_str().as_bytes(), request.as_bytes()];
        StreamId { category: Category::Erasure, key: StreamKey(self.naming.short(&parts)) }
    }

    /// The one stream of reference sets.
    #[must_use]
    pub fn reference(&self) -> StreamId {
        let key = StreamKey(self.naming.short(&[b"reference"]));
        StreamId { category: Category::Reference, key }
    }

    /// The digest of a request's canonical bytes, for the header: the same
    /// request id with another body is refused even years later. It is keyed,
    /// because what a row says could be guessed from a bare hash.
    #[must_use]
    pub fn request_digest(&self, canonical: &[u8]) -> [u8; 16] {
        self.requests.short(&[canonical])
    }

    /// The pseudonyms of a learner, from the identity.
    #[must_use]
    pub fn person(&self, identity: &Identity) -> PersonKeys {
        let ine = identity.ine.as_ref().filter(|ine| ine.verified);
        let (last, first) = (&identity.last_name, &identity.first_name);
        PersonKeys {
            ine: ine.map(|ine| self.ine(&ine.text)),
            names_and_birth: self.names_and_birth(last, first, identity.born_on),
            first_of_january: identity.born_on.ordinal() == 1,
        }
    }

    /// The pseudonym of a verified INE, as [`domain::identifiers::Ine`] writes it.
    #[must_use]
    pub fn ine(&self, ine: &str) -> [u8; 16] {
        self.ine.short(&[b"1", ine.as_bytes()])
    }

    /// The pseudonym of names and a birth date; accents, case, hyphens and spaces do not matter.
    /// `None` when nothing of the names is left.
    #[must_use]
    pub fn names_and_birth(&self, last: &str, first: &str, born: NaiveDate) -> Option<[u8; 16]> {
        let (last, first) = (fold::name(last), fold::name(first));
        let named = !(last.is_empty() && first.is_empty());
        let born = days_of(born).to_le_bytes();
        let parts = [b"1".as_slice(), last.as_bytes(), first.as_bytes(), &born];
        named.then(|| self.names_and_birth.short(&parts))
    }

    /// The pseudonym of an e-mail address, as [`domain::identifiers::Email`] writes it.
    #[must_use]
    pub fn email(&self, address: &str) -> [u8; 16] {
        self.email.short(&[b"1", fold::email(address).as_bytes()])
    }

    /// The pseudonym of a part of what the persons of a contract written here are searched by, compared as in a
    /// dossier; `None` when nothing of it is left. It is another one than that of the same value in a dossier: at rest
    /// nothing joins the two.
    #[must_use]
    pub fn person_part(&self, part: PersonPart, text: &str) -> Option<[u8; 16]> {
        let folded = match part {
            PersonPart::LastName | PersonPart::FirstName => fold::name(text),
            PersonPart::BornOn => text.trim().parse::<NaiveDate>().ok()?.to_string(),
            PersonPart::Email => fold::email(text),
        };
        let is_said = !folded.is_empty();
        is_said.then(|| self.of_contracts.short(&[&[part as u8], folded.as_bytes()]))
    }

    /// The pseudonym of the employer of a contract whose workflow runs here, by the SIRET of the place of work.
    #[must_use]
    pub fn employer(&self, siret: Siret) -> [u8; 16] {
        self.naming.short(&[b"employer of a contract", siret.as_str().as_bytes()])
    }

    /// What stands for a value of a learner who was erased: a kind and a number within the event.
    #[must_use]
    pub fn tombstone(&self, erased: EventId, kind: &[u8], number: u32) -> [u8; 16] {
        let number = number.to_le_bytes();
        self.naming.short(&[b"tombstone", erased.as_bytes(), kind, &number])
    }

    /// The learner of one source.
    #[must_use]
    pub fn learner_label(&self, source: &Source, id_erp: &str) -> Label {
        self.label(Role::Learner, &[source.as_str().as_bytes(), id_erp.as_bytes()])
    }

    /// The legal representatives of a learner, found by the learner's label: so
    /// that both keys of a new dossier share one sync.
    #[must_use]
    pub fn guardians_label(&self, learner: &Label) -> Label {
        self.label(Role::Guardians, &[learner])
    }

    /// A disability referent: by e-mail when there is one, else by name, within the source.
    #[must_use]
    pub fn referent_label(&self, source: &Source, referent: &Referent) -> Label {
        let source = source.as_str().as_bytes();
        if let Some(email) = &referent.email {
            return self.label(Role::Referent, &[source, b"email", email.as_bytes()]);
        }
        let folded = |name: &Option<String>| name.as_deref().map(fold::name).unwrap_or_default();
        let (last, first) = (folded(&referent.last_name), folded(&referent.first_name));
        self.label(Role::Referent, &[source, b"names", last.as_bytes(), first.as_bytes()])
    }

    /// An employer: by SIRET when there is one, else one of its own for the contract.
    #[must_use]
    pub fn employer_label(&self, employer: &Employer, contract: ContractId) -> Label {
        match &employer.siret {
            Some(siret) => self.label(Role::Employer, &[b"siret", siret.text.as_bytes()]),
            None => self.label(Role::Employer, &[b"contract", contract.as_bytes()]),
        }
    }

    /// The apprentice of a contract whose workflow runs here.
    #[must_use]
    pub fn apprentice_label(&self, contract: StreamKey) -> Label {
        self.label(Role::Learner, &[b"contract", contract.as_bytes()])
    }

    /// Somebody else in such a contract: in which role, and which of them.
    #[must_use]
    pub fn label_in_contract(&self, role: Role, rank: u8, contract: StreamKey) -> Label {
        self.label(role, &[b"workflow", contract.as_bytes(), &[rank]])
    }

    fn label(&self, role: Role, parts: &[&[u8]]) -> Label {
        let role = [role as u8];
        let all: Vec<&[u8]> =
            std::iter::once(role.as_slice()).chain(parts.iter().copied()).collect();
        self.labels.short(&all)
    }
}

fn certification_parts(certification: &Certification) -> [&[u8]; 2] {
    let cfd = certification.cfd.as_ref().map_or("", |code| code.as_str());
    let rncp = certification.rncp.as_ref().map_or("", |code| code.as_str());
    [cfd.as_bytes(), rncp.as_bytes()]
}
