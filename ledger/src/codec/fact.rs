//! The public bodies of enrolment facts.

use super::blocks::{
    establishment, establishment_of, facets, facets_of, provenance, provenance_of, terms, terms_of,
    training, training_of,
};
use super::enums::{initiator, initiator_of, mode, mode_of, reason, reason_of};
use super::fields::{bytes, day, days, needed, small, some_day};
use super::sections::Sections;
use super::types::TypeCode;
use super::{Bad, message};
use crate::record::days_of;
use domain::enrolment::{
    Employer, EnrolmentAmended, EnrolmentDeclared, Fact, Opened, Provenance, Rupture,
};
use domain::ids::{ContractId, Instant};
use prost::Message;
use proto::v1;

/// The body of a fact.
pub(super) fn encode(fact: &Fact, from: Option<&Provenance>) -> Vec<u8> {
    let provenance = from.map(provenance);
    match fact {
        Fact::EnrolmentDeclared(it) => v1::EnrolmentDeclared {
            provenance,
            lookup: it.lookup.to_vec(),
            training: Some(training(&it.training)),
            facets: Some(facets(&it.facets)),
        }
        .encode_to_vec(),
        Fact::EnrolmentAmended(it) => v1::EnrolmentAmended {
            provenance,
            training: it.training.as_ref().map(training),
            facets: it.facets.as_ref().map(facets),
        }
        .encode_to_vec(),
        Fact::SchoolYearDeclared { training: of, repeated } => {
            v1::SchoolYearDeclared { provenance, training: Some(training(of)), repeated: *repeated }
                .encode_to_vec()
        }
        Fact::TransferDeclared { from, training: of, on } => v1::TransferDeclared {
            provenance,
            from: Some(establishment(from)),
            training: Some(training(of)),
            day: days_of(*on),
        }
        .encode_to_vec(),
        Fact::LearnerExcluded { on, .. } => {
            v1::LearnerExcluded { provenance, day: days_of(*on) }.encode_to_vec()
        }
        Fact::WithdrawalDeclared { on } => {
            v1::WithdrawalDeclared { provenance, day: days_of(*on) }.encode_to_vec()
        }
        Fact::TrainingCompleted { on, diploma } => {
            v1::TrainingCompleted { provenance, day: days(*on), diploma: *diploma }.encode_to_vec()
        }
        Fact::TransmissionStopped { as_of } => {
            v1::TransmissionStopped { provenance, as_of_us: as_of.0 }.encode_to_vec()
        }
        Fact::TransmissionResumed => v1::TransmissionResumed { provenance }.encode_to_vec(),
        Fact::LearnerIdRemapped { lookup, .. } => {
            v1::LearnerIdRemapped { provenance, lookup: lookup.to_vec() }.encode_to_vec()
        }
        Fact::Retracted { reason: why } => {
            v1::EventRetracted { provenance, reason: reason(*why).into() }.encode_to_vec()
        }
        Fact::ContractDeclared { .. }
        | Fact::ContractAmended { .. }
        | Fact::ContractBroken(_)
        | Fact::ContractEnded { .. } => encode_contract(fact, provenance),
    }
}

fn encode_contract(fact: &Fact, provenance: Option<v1::Provenance>) -> Vec<u8> {
    match fact {
        Fact::ContractDeclared { contract, ordinal, terms: of, .. } => v1::ContractDeclared {
            provenance,
            contract: contract.0.to_vec(),
            ordinal: u32::from(*ordinal),
            terms: Some(terms(of)),
        }
        .encode_to_vec(),
        Fact::ContractAmended { contract, terms: of, .. } => v1::ContractAmended {
            provenance,
            contract: contract.0.to_vec(),
            terms: of.as_ref().map(terms),
        }
        .encode_to_vec(),
        Fact::ContractBroken(it) => v1::ContractBroken {
            provenance,
            contract: it.contract.0.to_vec(),
            effective_day: days_of(it.effective_on),
            notified_day: days(it.notified_on),
            mode: mode(it.mode).into(),
            initiator: initiator(it.initiator).into(),
        }
        .encode_to_vec(),
        Fact::ContractEnded { contract, on } => {
            v1::ContractEnded { provenance, contract: contract.0.to_vec(), day: days_of(*on) }
                .encode_to_vec()
        }
        // The caller sends contracts only.
        _ => Vec::new(),
    }
}

type Decoded = Result<(Fact, Option<Provenance>), Bad>;

fn with(fact: Fact, from: Option<&v1::Provenance>) -> Decoded {
    Ok((fact, from.map(provenance_of).transpose()?))
}

/// The fact of a body and its sections.
pub(super) fn decode(of: TypeCode, body: &[u8], sections: &Sections) -> Decoded {
    match of {
        TypeCode::EnrolmentDeclared => declared(body, sections),
        TypeCode::EnrolmentAmended => amended(body, sections),
        TypeCode::SchoolYearDeclared => {
            let m: v1::SchoolYearDeclared = message(body)?;
            let training = training_of(needed(m.training)?)?;
            let fact = Fact::SchoolYearDeclared { training, repeated: m.repeated };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::TransferDeclared => {
            let m: v1::TransferDeclared = message(body)?;
            let from = establishment_of(m.from.as_ref())?;
            let training = training_of(needed(m.training)?)?;
            let fact = Fact::TransferDeclared { from, training, on: day(m.day)? };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::LearnerExcluded => {
            let m: v1::LearnerExcluded = message(body)?;
            let fact = Fact::LearnerExcluded { on: day(m.day)?, cause: sections.verbatim()? };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::WithdrawalDeclared => {
            let m: v1::WithdrawalDeclared = message(body)?;
            with(Fact::WithdrawalDeclared { on: day(m.day)? }, m.provenance.as_ref())
        }
        TypeCode::TrainingCompleted => {
            let m: v1::TrainingCompleted = message(body)?;
            let fact = Fact::TrainingCompleted { on: some_day(m.day)?, diploma: m.diploma };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::TransmissionStopped => {
            let m: v1::TransmissionStopped = message(body)?;
            let fact = Fact::TransmissionStopped { as_of: Instant(m.as_of_us) };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::TransmissionResumed => {
            let m: v1::TransmissionResumed = message(body)?;
            with(Fact::TransmissionResumed, m.provenance.as_ref())
        }
        TypeCode::LearnerIdRemapped => {
            let m: v1::LearnerIdRemapped = message(body)?;
            let identity = needed(sections.identity()?)?;
            let fact = Fact::LearnerIdRemapped { lookup: bytes(&m.lookup)?, identity };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::Retracted => {
            let m: v1::EventRetracted = message(body)?;
            let fact = Fact::Retracted { reason: reason_of(m.reason)? };
            with(fact, m.provenance.as_ref())
        }
        _ => decode_contract(of, body, sections),
    }
}

fn declared(body: &[u8], sections: &Sections) -> Decoded {
    let m: v1::EnrolmentDeclared = message(body)?;
    let fact = Fact::EnrolmentDeclared(EnrolmentDeclared {
        lookup: bytes(&m.lookup)?,
        training: training_of(needed(m.training)?)?,
        facets: facets_of(needed(m.facets)?)?,
        identity: needed(sections.identity()?)?,
        contact: sections.contact()?,
        disability: sections.disability()?,
        guardians: sections.guardians()?,
        referent: sections.referent()?,
        background: sections.background()?,
    });
    with(fact, m.provenance.as_ref())
}

fn amended(body: &[u8], sections: &Sections) -> Decoded {
    let m: v1::EnrolmentAmended = message(body)?;
    let fact = Fact::EnrolmentAmended(EnrolmentAmended {
        training: m.training.map(training_of).transpose()?,
        facets: m.facets.map(facets_of).transpose()?,
        identity: sections.identity()?,
        contact: sections.contact()?,
        disability: sections.disability()?,
        guardians: sections.guardians()?,
        referent: sections.referent()?,
        background: sections.background()?,
    });
    with(fact, m.provenance.as_ref())
}

fn decode_contract(of: TypeCode, body: &[u8], sections: &Sections) -> Decoded {
    match of {
        TypeCode::ContractDeclared => {
            let m: v1::ContractDeclared = message(body)?;
            let nobody = Opened::Clear(Employer::default());
            let fact = Fact::ContractDeclared {
                contract: ContractId(bytes(&m.contract)?),
                ordinal: small(m.ordinal)?,
                terms: terms_of(needed(m.terms)?)?,
                employer: sections.employer()?.unwrap_or(nobody),
            };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::ContractAmended => {
            let m: v1::ContractAmended = message(body)?;
            let fact = Fact::ContractAmended {
                contract: ContractId(bytes(&m.contract)?),
                terms: m.terms.map(terms_of).transpose()?,
                employer: sections.employer()?,
            };
            with(fact, m.provenance.as_ref())
        }
        TypeCode::ContractBroken => {
            let m: v1::ContractBroken = message(body)?;
            let fact = Fact::ContractBroken(Rupture {
                contract: ContractId(bytes(&m.contract)?),
                effective_on: day(m.effective_day)?,
                notified_on: some_day(m.notified_day)?,
                mode: mode_of(m.mode)?,
                initiator: initiator_of(m.initiator)?,
                verbatim: sections.verbatim()?,
            });
            with(fact, m.provenance.as_ref())
        }
        TypeCode::ContractEnded => {
            let m: v1::ContractEnded = message(body)?;
            let contract = ContractId(bytes(&m.contract)?);
            with(Fact::ContractEnded { contract, on: day(m.day)? }, m.provenance.as_ref())
        }
        _ => Err("its type is not a fact of an enrolment"),
    }
}
