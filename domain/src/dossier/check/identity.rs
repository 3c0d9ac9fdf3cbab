//! Who the learner is.

use super::clean::{composed, single_spaced, upper_without_spaces};
use super::reader::Reader;
use super::rules;
use crate::dossier::{Field, RawValue};
use crate::enrolment::Identity;
use crate::identifiers::{Ine, InseeCommune, Postcode};
use chrono::NaiveDate;
use std::ops::RangeInclusive;

/// Ages at the start of a training that raise no question.
const USUAL_AGES: RangeInclusive<u32> = 13..=80;

/// Reads the identity; `None` when the reader holds a refusal.
pub(super) fn read(reader: &mut Reader<'_>) -> Option<Identity> {
    let names = names(reader);
    let born_on = reader.day(Field::DateDeNaissanceApprenant);
    let born_on = reader.must(Field::DateDeNaissanceApprenant, born_on);
    let id_erp = reader.id(Field::IdErpApprenant);
    let id_erp = reader.must(Field::IdErpApprenant, id_erp);
    let ine = reader.claimed(Field::IneApprenant, Ine::parse, upper_without_spaces);
    let birth_postcode = reader.identifier(Field::CodePostalDeNaissanceApprenant, Postcode::parse);
    let birth_commune =
        reader.identifier(Field::CodeCommuneInseeDeNaissanceApprenant, InseeCommune::parse);
    let (last_name, first_name) = names?;
    Some(Identity {
        last_name,
        first_name,
        born_on: born_on?,
        id_erp: id_erp?,
        ine,
        birth_postcode,
        birth_commune,
    })
}

/// Last and first name, of which one may be empty: a person may have one name only.
fn names(reader: &mut Reader<'_>) -> Option<(String, String)> {
    let refused_before = reader.refusals.len();
    let last = name(reader, Field::NomApprenant);
    let first = name(reader, Field::PrenomApprenant);
    if reader.refusals.len() > refused_before {
        return None;
    }
    match (&last, &first) {
        (None, None) => {
            reader.unusable(Field::NomApprenant, rules::NAMES_MISSING);
            return None;
        }
        (None, Some(_)) => reader.warn(Field::NomApprenant, rules::ONE_NAME_ONLY),
        (Some(_), None) => reader.warn(Field::PrenomApprenant, rules::ONE_NAME_ONLY),
        (Some(_), Some(_)) => {}
    }
    // The capital of a composed letter may come apart.
    let last = composed(last.unwrap_or_default().to_uppercase().into());
    Some((last.into_owned(), first.unwrap_or_default()))
}

/// A name is text: a number in its place is an export gone wrong.
fn name(reader: &mut Reader<'_>, field: Field) -> Option<String> {
    if let Some(RawValue::Int(_)) = reader.raw(field) {
        reader.unusable(field, rules::WRONG_KIND);
        return None;
    }
    let name = single_spaced(&reader.words(field)?);
    reader.stated.insert(field);
    Some(name)
}

/// Warns about a birth date that cannot be, or hardly can.
pub(super) fn doubt_birth(reader: &mut Reader<'_>, born_on: NaiveDate, entry_on: NaiveDate) {
    if born_on > reader.extracted_on {
        reader.warn(Field::DateDeNaissanceApprenant, rules::BIRTH_IN_FUTURE);
    } else if !entry_on.years_since(born_on).is_some_and(|age| USUAL_AGES.contains(&age)) {
        reader.warn(Field::DateDeNaissanceApprenant, rules::AGE_UNUSUAL);
    }
}
