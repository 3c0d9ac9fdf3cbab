//! From a raw row to a checked declaration.
//!
//! | file | reads |
//! |---|---|
//! | `reader` | one value of one field, and the account of what could not be used |
//! | `identity`, `training` | what identifies or dates the dossier: the only cause of a refusal |
//! | `people`, `contracts` | the rest: kept, kept unverified, or dropped with a warning |
//! | `nir` | where a NIR hides, so that it is not kept |
//! | [`rules`] | the rules and their texts |
//!
//! A push of millions of rows passes here each night: no pattern is compiled,
//! nothing is allocated but what the declaration keeps.

mod clean;
mod contracts;
mod identity;
mod nir;
mod people;
mod reader;
pub mod rules;
#[cfg(test)]
mod tests;
mod training;

use super::declaration::Declaration;
use super::fields::Field;
use super::issue::Issue;
use super::raw::RawDossier;
use chrono::NaiveDate;
pub use clean::legible;
pub use nir::{holds_nir, id_holds_nir, without_nir};
use reader::Reader;

/// Checks a row.
///
/// `extracted_on` is the civil day of the extraction, against which a date in
/// the future is doubtful.
///
/// # Errors
/// The issues of severity refused, all of them, when the row cannot be
/// identified or dated: only a field that the v3 contract requires can refuse
/// the row. A missing name does so only when both are missing.
pub fn check(row: &RawDossier, extracted_on: NaiveDate) -> Result<Declaration, Vec<Issue>> {
    let mut reader = Reader::new(row, extracted_on);
    let identity = identity::read(&mut reader);
    let training = training::read(&mut reader);
    let (Some(identity), Some(training), true) = (identity, training, reader.refusals.is_empty())
    else {
        return Err(reader.refusals);
    };
    identity::doubt_birth(&mut reader, identity.born_on, training.entry_on);
    let contact = people::contact(&mut reader);
    let facets = people::facets(&mut reader, identity.born_on, &contact);
    let disability = people::disability(&mut reader);
    let guardians = people::guardians(&mut reader);
    let referent = people::referent(&mut reader);
    let background = people::background(&mut reader);
    let contracts = contracts::read(&mut reader);
    let (excluded_on, exclusion_cause) = exclusion(&mut reader);
    let (diploma, diploma_on) = diploma(&mut reader);
    Ok(Declaration {
        training,
        facets,
        identity,
        contact,
        disability,
        guardians,
        referent,
        background,
        contracts,
        excluded_on,
        exclusion_cause,
        diploma,
        diploma_on,
        stated: reader.stated,
        dropped: reader.dropped,
        warnings: reader.warnings,
    })
}

fn exclusion(reader: &mut Reader<'_>) -> (Option<NaiveDate>, Option<String>) {
    let excluded_on = reader.day(Field::DateExclusionFormation);
    let cause = reader.free_text(Field::CauseExclusionFormation);
    if excluded_on.is_none() && cause.is_some() {
        reader.warn(Field::CauseExclusionFormation, rules::EXCLUSION_CAUSE_ALONE);
    }
    (excluded_on, cause)
}

fn diploma(reader: &mut Reader<'_>) -> (Option<bool>, Option<NaiveDate>) {
    let obtained = reader.flag(Field::ObtentionDiplomeFormation);
    let day = reader.day(Field::DateObtentionDiplomeFormation);
    reader.doubt_future(Field::DateObtentionDiplomeFormation, day);
    (obtained, day)
}
