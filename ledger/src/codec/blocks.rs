//! The public blocks: provenance, training, facets, terms.

use super::Bad;
use super::fields::{bytes, code, day, days, needed, small, some_code, some_day, some_small, text};
use crate::record::days_of;
use domain::enrolment::{
    Certification, Claimed, ContractTerms, EmployerFacets, Establishment, Facets, Place,
    Provenance, Sex, Stated, Training,
};
use domain::ids::{Instant, RunId};
use proto::v1;

pub(super) fn provenance(provenance: &Provenance) -> v1::Provenance {
    v1::Provenance {
        run: provenance.run.0.to_vec(),
        extracted_at_us: provenance.extracted_at.0,
        full: provenance.full,
        stated: stated(provenance.stated),
    }
}

pub(super) fn provenance_of(message: &v1::Provenance) -> Result<Provenance, Bad> {
    Ok(Provenance {
        run: RunId(bytes(&message.run)?),
        extracted_at: Instant(message.extracted_at_us),
        full: message.full,
        stated: stated_of(&message.stated)?,
    })
}

pub(super) fn stated(stated: Stated) -> Vec<u8> {
    match stated {
        Stated::Everything => Vec::new(),
        Stated::Only(bits) => bits.to_le_bytes().to_vec(),
    }
}

pub(super) fn stated_of(stored: &[u8]) -> Result<Stated, Bad> {
    if stored.is_empty() {
        return Ok(Stated::Everything);
    }
    Ok(Stated::Only(u128::from_le_bytes(bytes(stored)?)))
}

pub(super) fn establishment(establishment: &Establishment) -> v1::Establishment {
    v1::Establishment { uai: establishment.uai.to_string(), siret: establishment.siret.to_string() }
}

pub(super) fn establishment_of(message: Option<&v1::Establishment>) -> Result<Establishment, Bad> {
    let message = needed(message)?;
    Ok(Establishment { uai: code(&message.uai)?, siret: code(&message.siret)? })
}

pub(super) fn training(training: &Training) -> v1::Training {
    v1::Training {
        school_year: training.school_year.to_string(),
        enrolled_day: days_of(training.enrolled_on),
        entry_day: days_of(training.entry_on),
        end_day: days_of(training.end_on),
        responsible: Some(establishment(&training.responsible)),
        trainer: Some(establishment(&training.trainer)),
        place_uai: text(training.place.uai.as_ref()),
        place_siret: text(training.place.siret.as_ref()),
        place_address: training.place.address.clone(),
        place_postcode: text(training.place.postcode.as_ref()),
        cfd: text(training.certification.cfd.as_ref()),
        rncp: text(training.certification.rncp.as_ref()),
        title: training.title.clone(),
        year_of_training: training.year_of_training.map(u32::from),
        theoretical_years: training.theoretical_years.map(u32::from),
        theoretical_months: training.theoretical_months.map(u32::from),
        in_person: training.in_person,
        cfa_type: training.cfa_type.map(u32::from),
    }
}

pub(super) fn training_of(message: v1::Training) -> Result<Training, Bad> {
    Ok(Training {
        school_year: code(&message.school_year)?,
        enrolled_on: day(message.enrolled_day)?,
        entry_on: day(message.entry_day)?,
        end_on: day(message.end_day)?,
        responsible: establishment_of(message.responsible.as_ref())?,
        trainer: establishment_of(message.trainer.as_ref())?,
        place: Place {
            uai: some_code(message.place_uai.as_ref())?,
            siret: some_code(message.place_siret.as_ref())?,
            address: message.place_address,
            postcode: some_code(message.place_postcode.as_ref())?,
        },
        certification: Certification {
            cfd: some_code(message.cfd.as_ref())?,
            rncp: some_code(message.rncp.as_ref())?,
        },
        title: message.title,
        year_of_training: some_small(message.year_of_training)?,
        theoretical_years: some_small(message.theoretical_years)?,
        theoretical_months: some_small(message.theoretical_months)?,
        in_person: message.in_person,
        cfa_type: some_small(message.cfa_type)?,
    })
}

pub(super) fn facets(facets: &Facets) -> v1::Facets {
    v1::Facets {
        birth_month_day: days(facets.birth_month),
        sex: facets.sex.map(|sex| match sex {
            Sex::Male => 1,
            Sex::Female => 2,
        }),
        home_departement: facets.home_departement.clone(),
        has_nir: facets.has_nir,
        declared_status: facets.declared_status.map(u32::from),
        declared_status_day: days(facets.declared_status_on),
    }
}

pub(super) fn facets_of(message: v1::Facets) -> Result<Facets, Bad> {
    let sex = match message.sex {
        None => None,
        Some(1) => Some(Sex::Male),
        Some(2) => Some(Sex::Female),
        Some(_) => return Err("a code of a closed list is not known to this version"),
    };
    Ok(Facets {
        birth_month: some_day(message.birth_month_day)?,
        sex,
        home_departement: message.home_departement,
        has_nir: message.has_nir,
        declared_status: some_small(message.declared_status)?,
        declared_status_on: some_day(message.declared_status_day)?,
    })
}

pub(super) fn terms(terms: &ContractTerms) -> v1::ContractTerms {
    v1::ContractTerms {
        slot: u32::from(terms.slot),
        start_day: days_of(terms.start_on),
        end_day: days(terms.end_on),
        naf_division: terms.employer.naf_division.map(u32::from),
        size_band: terms.employer.size_band.map(u32::from),
        public_employer: terms.employer.public,
        workplace_departement: terms.employer.departement.clone(),
    }
}

pub(super) fn terms_of(message: v1::ContractTerms) -> Result<ContractTerms, Bad> {
    Ok(ContractTerms {
        slot: small(message.slot)?,
        start_on: day(message.start_day)?,
        end_on: some_day(message.end_day)?,
        employer: EmployerFacets {
            naf_division: some_small(message.naf_division)?,
            size_band: some_small(message.size_band)?,
            public: message.public_employer,
            departement: message.workplace_departement,
        },
    })
}

pub(super) fn claimed(claimed: &Claimed) -> v1::Claimed {
    v1::Claimed { text: claimed.text.clone(), verified: claimed.verified }
}

pub(super) fn claimed_of(message: v1::Claimed) -> Claimed {
    Claimed { text: message.text, verified: message.verified }
}
