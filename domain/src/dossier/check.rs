//! From a raw row to a checked declaration.

use super::declaration::Declaration;
use super::issue::Issue;
use super::raw::RawDossier;
use chrono::NaiveDate;

/// Checks a row.
///
/// `extracted_on` is the civil day of the extraction, against which a date in
/// the future is doubtful.
///
/// # Errors
/// The issues of severity refused, when the row cannot be identified or dated.
pub fn check(row: &RawDossier, extracted_on: NaiveDate) -> Result<Declaration, Vec<Issue>> {
    let _ = (row, extracted_on);
    Err(Vec::new())
}
