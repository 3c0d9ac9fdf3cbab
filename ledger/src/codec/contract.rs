//! The bodies and sections of the events of a contract whose workflow runs here.
//!
//! What the form says in public is in the body; what it says of a person is in that person's section, path and value,
//! in the order of the changes: that a field was filled may tell something too. What people wrote is sealed as their words are, under the apprentice. Bytes of documents and of
//! evidence are not part of the event as the domain has it: they are beside it, and named by their digest.

use super::enums::{initiator, initiator_of, mode, mode_of};
use super::fields::{bytes, day, days, small, some_day, some_small};
use super::padding::pad;
use super::sections::Sections;
use super::types::{SectionKind, TypeCode};
use super::{Bad, Clear, ClearSection, CodecError, Encoded, Whose, message};
use crate::record::{StoredRecord, days_of};
use crate::vault::Role;
use chrono::NaiveDate;
use domain::cerfa::codes::ContractType;
use domain::cerfa::value::Cents;
use domain::cerfa::{Form, Visibility, Whose as Of};
use domain::contract::funding::Invoice;
use domain::contract::rupture::{Bounds, Completion, Rupture};
use domain::contract::signing::{Evidence, Level, Party, Signer};
use domain::contract::{
    Attachment, AttachmentKind, Changed, ContractEvent, DepositBody, Publication, Remarks,
};
use domain::enrolment::Opened;
use domain::ids::{EventId, StreamKey};
use domain::law::practice::Calendar;
use prost::Message;
use proto::v1;
use std::collections::HashMap;

/// Bytes of a document, or of evidence, in one section: padded and sealed they are less than a section may have.
pub(crate) const ENCLOSED_IN_SECTION: usize = 61_000;

/// The field of a form that says its type. Of an amendment it is told when the amendment is begun, sealed as the form
/// seals it: one says that the apprentice is disabled.
const KIND: &str = "terms.kind";

/// The sections of the five persons of a form have messages of the same shape.
pub(super) type Fields = v1::SealedApprentice;
/// So have those of documents and of evidence.
pub(super) type Bytes = v1::SealedDocument;

/// Bytes beside an event.
#[derive(Clone, Copy)]
pub(crate) enum Enclosed<'a> {
    /// None.
    Nothing,
    /// They say nothing of a person: they go into the body.
    Open(&'a [u8]),
    /// They are sealed.
    Sealed(&'a [u8]),
}

/// Encodes an event of a contract.
pub(crate) fn encode(
    event: &ContractEvent,
    event_id: EventId,
    effective_on: NaiveDate,
    enclosed: Enclosed<'_>,
) -> Result<Encoded, CodecError> {
    let mut list = List(Vec::new());
    let body = list.event(event, enclosed)?;
    let type_code = TypeCode::of_contract(event);
    Ok(Encoded { event_id, type_code, effective_on, corrects: None, body, sections: list.0 })
}

struct List(Vec<ClearSection>);

impl List {
    fn event(
        &mut self,
        event: &ContractEvent,
        beside: Enclosed<'_>,
    ) -> Result<Vec<u8>, CodecError> {
        Ok(match event {
            ContractEvent::Drafted { enrolment } => {
                let enrolment = enrolment.map(|key| key.0.to_vec()).unwrap_or_default();
                v1::ContractDrafted { enrolment }.encode_to_vec()
            }
            ContractEvent::Contributed { changes } => self.changes(changes)?.encode_to_vec(),
            ContractEvent::Attached { attachment } => {
                self.enclosed(SectionKind::Document, &Whose::Learner, beside);
                let Attachment { kind, digest, bytes } = *attachment;
                let kind = document_kind(kind).into();
                v1::DocumentAttached { kind, digest: digest.to_vec(), bytes }.encode_to_vec()
            }
            ContractEvent::DocumentPart { digest, part } => {
                self.enclosed(SectionKind::Document, &Whose::Learner, beside);
                let part = u32::from(*part);
                v1::DocumentPart { digest: digest.to_vec(), part }.encode_to_vec()
            }
            ContractEvent::SignaturesRequested { document, signers } => {
                let signers = signers.iter().map(signer).collect();
                v1::SignaturesRequested { document: document.to_vec(), signers }.encode_to_vec()
            }
            ContractEvent::Signed { party, evidence } => {
                self.enclosed(SectionKind::Evidence, &of_party(*party), beside);
                signed(*party, evidence, beside).encode_to_vec()
            }
            ContractEvent::SignatureRefused { party, reason } => {
                self.words(reason)?;
                v1::SignatureRefused { party: party_code(*party).into() }.encode_to_vec()
            }
            ContractEvent::SignedOnPaper { scan, attestation } => {
                self.words(attestation)?;
                v1::SignedOnPaper { scan: scan.to_vec() }.encode_to_vec()
            }
            ContractEvent::Submitted { body, recorded_on } => {
                let (opco, state) = match body {
                    DepositBody::Opco(name) => (name.clone(), String::new()),
                    DepositBody::State(name) => (String::new(), name.clone()),
                };
                v1::DepositSubmitted { opco, state, recorded_day: days(*recorded_on) }
                    .encode_to_vec()
            }
            ContractEvent::AmendmentDrafted { kind, own_conclusion } => {
                let value = kind.clear().ok_or(CodecError::Hidden)?.code().to_owned();
                let field = v1::SealedField { value: Some(value), path: KIND.to_owned() };
                let fields = Fields { fields: vec![field] };
                self.push(SectionKind::Apprentice, Whose::Learner, &fields);
                let own_conclusion = *own_conclusion;
                v1::AmendmentDrafted { own_conclusion, ..Default::default() }.encode_to_vec()
            }
            ContractEvent::Broken { rupture, words } => {
                if let Some(words) = words {
                    self.words(words)?;
                }
                ruptured(rupture).encode_to_vec()
            }
            ContractEvent::Completed(completion) => {
                let Completion { early, diploma, notified_on } = *completion;
                let notified_day = days(notified_on);
                v1::ContractCompleted { early, diploma, notified_day }.encode_to_vec()
            }
            ContractEvent::FundingDeclared { yearly } => {
                v1::FundingDeclared { yearly_cents: yearly.0 }.encode_to_vec()
            }
            ContractEvent::InvoiceDeclared(Invoice { number, first_on, last_on, amount }) => {
                self.words(number)?;
                let (first_day, last_day) = (days_of(*first_on), days_of(*last_on));
                v1::InvoiceDeclared { first_day, last_day, cents: amount.0 }.encode_to_vec()
            }
            ContractEvent::Published(Publication { rules_of, remarks }) => {
                if let Some(remarks) = remarks {
                    let Remarks { undetermined, warned } =
                        remarks.clear().ok_or(CodecError::Hidden)?.clone();
                    let told = v1::SealedVerbatim { undetermined, warned, ..Default::default() };
                    self.push(SectionKind::Verbatim, Whose::Learner, &told);
                }
                v1::FormPublished { rules_day: days(*rules_of) }.encode_to_vec()
            }
            ContractEvent::Deposited { number, round } => {
                self.words(number)?;
                v1::DepositAccepted { round: round.map(u32::from) }.encode_to_vec()
            }
            ContractEvent::CalendarGiven { calendar } => calendar_of(calendar).encode_to_vec(),
            ContractEvent::Reopened { reason: said }
            | ContractEvent::Withdrawn { reason: said }
            | ContractEvent::FoundIncomplete { missing: said }
            | ContractEvent::DepositRefused { motive: said }
            | ContractEvent::Suspended { reason: said }
            | ContractEvent::Cancelled { reason: said } => {
                self.words(said)?;
                Vec::new()
            }
            ContractEvent::MadeComplete { recorded_on } => {
                v1::DepositMadeComplete { recorded_day: days(*recorded_on) }.encode_to_vec()
            }
            ContractEvent::FullySigned | ContractEvent::Resumed => Vec::new(),
        })
    }

    fn words(&mut self, said: &Opened<String>) -> Result<(), CodecError> {
        let text = said.clear().ok_or(CodecError::Hidden)?.clone();
        self.push(
            SectionKind::Verbatim,
            Whose::Learner,
            &v1::SealedVerbatim { text, ..Default::default() },
        );
        Ok(())
    }

    fn push(&mut self, kind: SectionKind, whose: Whose, message: &impl Message) {
        self.0.push(ClearSection { kind, whose, bytes: pad(kind, message) });
    }

    /// Public values stay with their paths; those of one person go together.
    fn changes(&mut self, changes: &[Changed]) -> Result<v1::FormContributed, CodecError> {
        let form = Form::default();
        let known: HashMap<_, _> =
            form.fields().into_iter().map(|met| (met.path, met.visibility)).collect();
        let mut sealed: Vec<(Of, Fields)> = Vec::new();
        let mut out = Vec::with_capacity(changes.len());
        for change in changes {
            let value = change.value.clear().ok_or(CodecError::Hidden)?.clone();
            let path = change.path.clone();
            // What the form has no field for is nobody's to read.
            let visibility = known.get(&path).copied();
            let Some(Visibility::Public) = visibility else {
                let of = match visibility {
                    Some(Visibility::Sealed(of)) => of,
                    _ => Of::Apprentice,
                };
                let field = v1::SealedField { value, path };
                match sealed.iter_mut().find(|(whose, _)| *whose == of) {
                    Some((_, fields)) => fields.fields.push(field),
                    None => sealed.push((of, Fields { fields: vec![field] })),
                }
                let section = u32::from(section_of(of).code());
                out.push(v1::FieldChange { path: String::new(), value: None, section });
                continue;
            };
            out.push(v1::FieldChange { path, value, section: 0 });
        }
        for (of, fields) in &sealed {
            self.push(section_of(*of), whose_of(*of), fields);
        }
        Ok(v1::FormContributed { changes: out })
    }

    fn enclosed(&mut self, kind: SectionKind, whose: &Whose, beside: Enclosed<'_>) {
        let Enclosed::Sealed(content) = beside else { return };
        for chunk in content.chunks(ENCLOSED_IN_SECTION) {
            let message = Bytes { content: chunk.to_vec() };
            self.push(kind, whose.clone(), &message);
        }
    }
}

/// The section of what a form says of a person.
const fn section_of(of: Of) -> SectionKind {
    match of {
        Of::Apprentice => SectionKind::Apprentice,
        Of::Employer => SectionKind::ContractEmployer,
        Of::Guardian => SectionKind::Guardian,
        Of::FirstMaster => SectionKind::FirstMaster,
        Of::SecondMaster => SectionKind::SecondMaster,
    }
}

const fn whose_of(of: Of) -> Whose {
    match of {
        Of::Apprentice => Whose::Learner,
        Of::Guardian => Whose::Guardians,
        Of::Employer => Whose::OfContract(Role::Employer, 1),
        Of::FirstMaster => Whose::OfContract(Role::Master, 1),
        Of::SecondMaster => Whose::OfContract(Role::Master, 2),
    }
}

/// The evidence of a signature, when it is in the body.
pub(crate) fn evidence_in_body(record: &StoredRecord) -> Result<Option<Clear>, CodecError> {
    if record.header.type_code != TypeCode::PartySigned.code() {
        return Ok(None);
    }
    let malformed = |what| CodecError::Malformed { position: record.position, what };
    let m: v1::PartySigned = message(&record.body).map_err(malformed)?;
    Ok((!m.evidence.is_empty()).then(|| Clear::new(m.evidence)))
}

/// The enrolment that a contract belongs to, when the event is the one that says so.
pub(crate) fn enrolment_of_contract(
    record: &StoredRecord,
) -> Result<Option<StreamKey>, CodecError> {
    if record.header.type_code != TypeCode::ContractDrafted.code() {
        return Ok(None);
    }
    let malformed = |what| CodecError::Malformed { position: record.position, what };
    let m: v1::ContractDrafted = message(&record.body).map_err(malformed)?;
    if m.enrolment.is_empty() {
        return Ok(None);
    }
    Ok(Some(StreamKey(bytes(&m.enrolment).map_err(malformed)?)))
}

/// Whose evidence a party's is.
const fn of_party(party: Party) -> Whose {
    match party {
        Party::Apprentice => Whose::Learner,
        Party::Guardian => Whose::Guardians,
        Party::Employer => Whose::OfContract(Role::Employer, 1),
        Party::Cfa => Whose::OfContract(Role::Cfa, 1),
    }
}

/// Decodes an event of a contract.
pub(super) fn decode(of: TypeCode, body: &[u8], sealed: &Sections) -> Result<ContractEvent, Bad> {
    let words = || sealed.verbatim()?.ok_or("a text is missing");
    Ok(match of {
        TypeCode::ContractDrafted => {
            let m: v1::ContractDrafted = message(body)?;
            let key = || bytes(&m.enrolment).map(StreamKey);
            let enrolment = (!m.enrolment.is_empty()).then(key).transpose()?;
            ContractEvent::Drafted { enrolment }
        }
        TypeCode::FormContributed => {
            ContractEvent::Contributed { changes: changes_of(message(body)?, sealed)? }
        }
        TypeCode::DocumentAttached => {
            let m: v1::DocumentAttached = message(body)?;
            let (kind, digest) = (document_kind_of(m.kind)?, bytes(&m.digest)?);
            ContractEvent::Attached { attachment: Attachment { kind, digest, bytes: m.bytes } }
        }
        TypeCode::DocumentPart => {
            let m: v1::DocumentPart = message(body)?;
            ContractEvent::DocumentPart { digest: bytes(&m.digest)?, part: small(m.part)? }
        }
        TypeCode::FormPublished => {
            let m: v1::FormPublished = message(body)?;
            let remarks = |m: v1::SealedVerbatim| {
                Ok(Remarks { undetermined: m.undetermined, warned: m.warned })
            };
            let remarks = sealed.get(SectionKind::Verbatim, remarks)?;
            ContractEvent::Published(Publication { rules_of: some_day(m.rules_day)?, remarks })
        }
        TypeCode::FormReopened => ContractEvent::Reopened { reason: words()? },
        TypeCode::SignaturesRequested => {
            let m: v1::SignaturesRequested = message(body)?;
            let signers = m.signers.into_iter().map(signer_of).collect::<Result<_, Bad>>()?;
            ContractEvent::SignaturesRequested { document: bytes(&m.document)?, signers }
        }
        TypeCode::PartySigned => {
            let m: v1::PartySigned = message(body)?;
            let evidence = Evidence {
                provider: m.provider,
                identity: bytes(&m.identity)?,
                document: bytes(&m.document)?,
                digest: bytes(&m.digest)?,
                level: level_of(m.level)?,
            };
            ContractEvent::Signed { party: party_of(m.party)?, evidence }
        }
        TypeCode::SignatureRefused => {
            let m: v1::SignatureRefused = message(body)?;
            ContractEvent::SignatureRefused { party: party_of(m.party)?, reason: words()? }
        }
        TypeCode::SignedOnPaper => {
            let m: v1::SignedOnPaper = message(body)?;
            ContractEvent::SignedOnPaper { scan: bytes(&m.scan)?, attestation: words()? }
        }
        TypeCode::FullySigned => ContractEvent::FullySigned,
        TypeCode::DraftWithdrawn => ContractEvent::Withdrawn { reason: words()? },
        TypeCode::DepositSubmitted => {
            let m: v1::DepositSubmitted = message(body)?;
            let body = match (m.opco.is_empty(), m.state.is_empty()) {
                (false, true) => DepositBody::Opco(m.opco),
                (true, false) => DepositBody::State(m.state),
                _ => return Err("one deposit body is named"),
            };
            ContractEvent::Submitted { body, recorded_on: some_day(m.recorded_day)? }
        }
        TypeCode::DepositFoundIncomplete => ContractEvent::FoundIncomplete { missing: words()? },
        TypeCode::DepositMadeComplete => {
            let m: v1::DepositMadeComplete = message(body)?;
            ContractEvent::MadeComplete { recorded_on: some_day(m.recorded_day)? }
        }
        TypeCode::DepositAccepted => {
            let m: v1::DepositAccepted = message(body)?;
            ContractEvent::Deposited { number: words()?, round: some_small(m.round)? }
        }
        TypeCode::DepositRefused => ContractEvent::DepositRefused { motive: words()? },
        TypeCode::AmendmentDrafted => {
            let v1::AmendmentDrafted { r#type: open, own_conclusion } = message(body)?;
            let kind = match sealed.get(SectionKind::Apprentice, amends)? {
                Some(kind) if open.is_empty() => kind,
                None => Opened::Clear(type_of(&open)?),
                Some(_) => return Err("the type of an amendment is in the open, and sealed"),
            };
            ContractEvent::AmendmentDrafted { kind, own_conclusion }
        }
        TypeCode::ContractSuspended => ContractEvent::Suspended { reason: words()? },
        TypeCode::ContractResumed => ContractEvent::Resumed,
        TypeCode::ContractRuptured => {
            let rupture = rupture_of(&message(body)?)?;
            ContractEvent::Broken { rupture, words: sealed.verbatim()? }
        }
        TypeCode::ContractCompleted => {
            let m: v1::ContractCompleted = message(body)?;
            let notified_on = some_day(m.notified_day)?;
            let (early, diploma) = (m.early, m.diploma);
            ContractEvent::Completed(Completion { early, diploma, notified_on })
        }
        TypeCode::ContractCancelled => ContractEvent::Cancelled { reason: words()? },
        TypeCode::FundingDeclared => {
            let m: v1::FundingDeclared = message(body)?;
            ContractEvent::FundingDeclared { yearly: Cents(m.yearly_cents) }
        }
        TypeCode::InvoiceDeclared => {
            let m: v1::InvoiceDeclared = message(body)?;
            let (first_on, last_on) = (day(m.first_day)?, day(m.last_day)?);
            let (number, amount) = (words()?, Cents(m.cents));
            ContractEvent::InvoiceDeclared(Invoice { number, first_on, last_on, amount })
        }
        TypeCode::CalendarGiven => {
            ContractEvent::CalendarGiven { calendar: calendar(&message(body)?)? }
        }
        _ => return Err("its type is no event of a contract"),
    })
}

const UNKNOWN: Bad = "a code of a closed list is not known to this version";

fn type_of(code: &str) -> Result<ContractType, Bad> {
    ContractType::ALL.iter().copied().find(|kind| kind.code() == code).ok_or(UNKNOWN)
}

/// The type of an amendment, among what a form says of the apprentice.
fn amends(m: Fields) -> Result<ContractType, Bad> {
    let value = m.fields.into_iter().find(|field| field.path == KIND).and_then(|field| field.value);
    type_of(&value.ok_or("the type of an amendment is missing")?)
}

fn changes_of(m: v1::FormContributed, sealed: &Sections) -> Result<Vec<Changed>, Bad> {
    const MISSING: Bad = "a sealed value is missing";
    let mut open: HashMap<u32, Opened<std::vec::IntoIter<v1::SealedField>>> = HashMap::new();
    let mut changes = Vec::with_capacity(m.changes.len());
    for change in m.changes {
        let v1::FieldChange { path, value, section } = change;
        if section == 0 {
            changes.push(Changed { path, value: Opened::Clear(value) });
            continue;
        }
        let fields = match open.entry(section) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => {
                let kind = u8::try_from(section).ok().and_then(SectionKind::from_code);
                let read = |m: Fields| Ok(m.fields.into_iter());
                new.insert(sealed.get(kind.ok_or(UNKNOWN)?, read)?.ok_or(MISSING)?)
            }
        };
        changes.push(match fields {
            // Which field it is, is sealed too.
            Opened::Hidden => Changed { path, value: Opened::Hidden },
            Opened::Clear(fields) => {
                let field = fields.next().ok_or(MISSING)?;
                Changed { path: field.path, value: Opened::Clear(field.value) }
            }
        });
    }
    Ok(changes)
}

fn signer(of: &Signer) -> v1::Signer {
    v1::Signer {
        party: party_code(of.party).into(),
        provider: of.provider.clone(),
        identity: of.identity.to_vec(),
    }
}

fn signer_of(m: v1::Signer) -> Result<Signer, Bad> {
    let (party, identity) = (party_of(m.party)?, bytes(&m.identity)?);
    Ok(Signer { party, provider: m.provider, identity })
}

fn signed(party: Party, evidence: &Evidence, beside: Enclosed<'_>) -> v1::PartySigned {
    let open = match beside {
        Enclosed::Open(bytes) => bytes.to_vec(),
        Enclosed::Nothing | Enclosed::Sealed(_) => Vec::new(),
    };
    v1::PartySigned {
        party: party_code(party).into(),
        provider: evidence.provider.clone(),
        identity: evidence.identity.to_vec(),
        document: evidence.document.to_vec(),
        digest: evidence.digest.to_vec(),
        level: level_code(evidence.level).into(),
        evidence: open,
    }
}

fn ruptured(of: &Rupture) -> v1::ContractRuptured {
    v1::ContractRuptured {
        mode: mode(of.mode).into(),
        initiator: initiator(of.initiator).into(),
        notified_day: days(of.notified_on),
        mediator_day: days(of.mediator_on),
        informed_day: days(of.informed_on),
        cosigned: of.cosigned,
        practice_days_least: of.practice_days.map(|bounds| bounds.least),
        practice_days_most: of.practice_days.map(|bounds| bounds.most),
        dsn: of.dsn.map(u32::from),
    }
}

fn rupture_of(m: &v1::ContractRuptured) -> Result<Rupture, Bad> {
    let bounds = m.practice_days_least.zip(m.practice_days_most);
    Ok(Rupture {
        mode: mode_of(m.mode)?,
        initiator: initiator_of(m.initiator)?,
        notified_on: some_day(m.notified_day)?,
        mediator_on: some_day(m.mediator_day)?,
        informed_on: some_day(m.informed_day)?,
        cosigned: m.cosigned,
        practice_days: bounds.map(|(least, most)| Bounds { least, most }),
        dsn: some_small(m.dsn)?,
    })
}

/// A closed list to its codes and back.
macro_rules! closed_list {
    ($to:ident, $back:ident: $ours:ident <=> $theirs:ident { $($variant:ident),* $(,)? }) => {
        const fn $to(of: $ours) -> v1::$theirs {
            match of {
                $($ours::$variant => v1::$theirs::$variant,)*
            }
        }

        fn $back(code: i32) -> Result<$ours, Bad> {
            match v1::$theirs::try_from(code).map_err(|_| UNKNOWN)? {
                v1::$theirs::Unspecified => Err(UNKNOWN),
                $(v1::$theirs::$variant => Ok($ours::$variant),)*
            }
        }
    };
}

closed_list!(party_code, party_of: Party <=> Party { Employer, Apprentice, Guardian, Cfa });
closed_list!(level_code, level_of: Level <=> SignatureLevel { Demonstration, Simple, Advanced, Qualified });
closed_list!(document_kind, document_kind_of: AttachmentKind <=> DocumentKind {
    TrainingAgreement,
    DurationAgreement,
    MobilityAgreement,
    Invoice,
    TrainingCertificate,
    Other,
    SignedPaper,
});

fn calendar_of(of: &Calendar) -> v1::CalendarGiven {
    let (from, to) = of.span();
    let worked = of.weekdays().into_iter().zip(1..).filter_map(|(works, day)| works.then_some(day));
    let (first, last) =
        of.away().iter().map(|(first, last)| (days_of(*first), days_of(*last))).unzip();
    v1::CalendarGiven {
        first_day: days_of(from),
        last_day: days_of(to),
        weekdays: worked.collect(),
        holidays: of.holidays(),
        away_first_days: first,
        away_last_days: last,
    }
}

fn calendar(m: &v1::CalendarGiven) -> Result<Calendar, Bad> {
    let mut weekdays = [false; 7];
    for day in &m.weekdays {
        let rank = day.checked_sub(1).and_then(|rank| usize::try_from(rank).ok());
        let works = rank.and_then(|rank| weekdays.get_mut(rank));
        *works.ok_or("a weekday is none")? = true;
    }
    if m.away_first_days.len() != m.away_last_days.len() {
        return Err("a stretch of a calendar has no end");
    }
    let stretches = m.away_first_days.iter().zip(&m.away_last_days);
    let away = stretches.map(|(first, last)| Ok((day(*first)?, day(*last)?)));
    let away = away.collect::<Result<Vec<_>, Bad>>()?;
    let span = (day(m.first_day)?, day(m.last_day)?);
    Calendar::new(span, weekdays, m.holidays, away).map_err(|_| "a calendar is none")
}
