//! Everything of persons that no dossier is refused for.

use super::reader::Reader;
use super::rules;
use crate::dossier::{Field, RawValue};
use crate::enrolment::{Background, Contact, Disability, Facets, Guardians, Referent, Sex};
use crate::identifiers::{IdentifierError, InseeCommune, Phone, Postcode, Uai};
use chrono::{Datelike, NaiveDate};

pub(super) fn contact(reader: &mut Reader<'_>) -> Contact {
    Contact {
        email: reader.email(Field::EmailContact),
        phone: reader.claimed(Field::TelApprenant, Phone::parse, str::to_owned),
        address: reader.free_text(Field::AdresseApprenant),
        postcode: reader.identifier(Field::CodePostalApprenant, Postcode::parse),
        commune: reader.identifier(Field::CodeCommuneInseeApprenant, InseeCommune::parse),
    }
}

pub(super) fn disability(reader: &mut Reader<'_>) -> Disability {
    let rqth = reader.flag(Field::RqthApprenant);
    let rqth_on = reader.day(Field::DateRqthApprenant);
    reader.doubt_future(Field::DateRqthApprenant, rqth_on);
    Disability { rqth, rqth_on }
}

pub(super) fn guardians(reader: &mut Reader<'_>) -> Guardians {
    Guardians {
        email_1: reader.email(Field::ResponsableApprenantMail1),
        email_2: reader.email(Field::ResponsableApprenantMail2),
    }
}

pub(super) fn referent(reader: &mut Reader<'_>) -> Referent {
    Referent {
        last_name: reader.free_text(Field::NomReferentHandicapFormation),
        first_name: reader.free_text(Field::PrenomReferentHandicapFormation),
        email: reader.email(Field::EmailReferentHandicapFormation),
    }
}

pub(super) fn background(reader: &mut Reader<'_>) -> Background {
    Background {
        last_situation: last_situation(reader),
        last_organisation: reader.identifier(Field::DernierOrganismeUai, organisation),
        custom_status: reader.free_text(Field::CustomStatutApprenant),
    }
}

/// A SIFA code has four digits; 0 is how some software writes "nothing".
fn last_situation(reader: &mut Reader<'_>) -> Option<u16> {
    let field = Field::DerniereSituation;
    let nothing = match reader.raw(field) {
        Some(RawValue::Int(n)) => *n == 0,
        Some(RawValue::Text(text)) => text.trim().bytes().all(|b| b == b'0'),
        _ => false,
    };
    if nothing {
        return None;
    }
    reader
        .number(field, |n| (1000..=9999).contains(&n), rules::UNKNOWN_CODE)
        .and_then(|n| u16::try_from(n).ok())
}

/// A UAI, or the code of a département (2 or 3 digits, `2A`, `2B`) or of the
/// rest of the world (`990` to `995`). One digit is a département that lost its zero.
fn organisation(text: &str) -> Result<String, IdentifierError> {
    if let Ok(uai) = Uai::parse(text) {
        return Ok(uai.into());
    }
    let corsica = ["2A", "2B"].into_iter().find(|code| text.eq_ignore_ascii_case(code));
    if let Some(code) = corsica {
        return Ok(code.to_owned());
    }
    if !(1..=3).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(rules::ORGANISATION_FORM.into());
    }
    Ok(format!("{text:0>2}"))
}

/// What statistics keep of the learner.
pub(super) fn facets(reader: &mut Reader<'_>, born_on: NaiveDate, contact: &Contact) -> Facets {
    let (declared_status, declared_status_on) = declared_status(reader);
    Facets {
        birth_month: born_on.with_day(1),
        sex: sex(reader),
        home_departement: home_departement(contact),
        has_nir: has_nir(reader),
        declared_status,
        declared_status_on,
    }
}

/// The commune tells it exactly; a postcode nearly.
fn home_departement(contact: &Contact) -> Option<String> {
    let by_commune = contact.commune.and_then(|commune| commune.departement());
    by_commune.or_else(|| contact.postcode.and_then(|postcode| postcode.departement()))
}

fn sex(reader: &mut Reader<'_>) -> Option<Sex> {
    let field = Field::SexeApprenant;
    let sex = match reader.text(field)?.as_ref() {
        "M" | "m" | "H" | "h" | "1" => Sex::Male,
        "F" | "f" | "2" => Sex::Female,
        _ => {
            reader.unusable(field, rules::UNKNOWN_CODE);
            return None;
        }
    };
    reader.stated.insert(field);
    Some(sex)
}

/// Only whether the row carried one; its value is read by nobody.
fn has_nir(reader: &mut Reader<'_>) -> bool {
    let present = match reader.raw(Field::NirApprenant) {
        None => return false,
        Some(RawValue::Bool(present)) => *present,
        Some(RawValue::Int(_) | RawValue::Text(_)) => true,
    };
    reader.stated.insert(Field::NirApprenant);
    present
}

fn declared_status(reader: &mut Reader<'_>) -> (Option<u8>, Option<NaiveDate>) {
    let date = Field::DateMetierMiseAJourStatut;
    let status = reader
        .number(Field::StatutApprenant, |n| matches!(n, 0 | 2 | 3), rules::UNKNOWN_CODE)
        .and_then(|n| u8::try_from(n).ok());
    if status.is_none() {
        if reader.raw(date).is_some() {
            reader.unusable(date, rules::STATUS_DATE_ALONE);
        }
        return (None, None);
    }
    let day = reader.day_of_instant(date);
    reader.doubt_future(date, day);
    (status, day)
}
