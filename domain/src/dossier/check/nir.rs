//! The NIR in a row or in somebody's words: what is kept must not hold it.

use super::clean::clean;
use crate::dossier::{Field, RawDossier, RawValue};
use crate::identifiers::nir;
use std::borrow::Cow;

/// Whether a text holds a NIR, also one that invisible characters cut.
#[must_use]
pub fn holds_nir(text: &str) -> bool {
    nir::found_in(&clean(text))
}

/// The row without its NIR, and without every other value that holds one: all
/// that may be kept of a row that is refused.
#[must_use]
pub fn without_nir(row: &RawDossier) -> RawDossier {
    let mut kept = row.clone();
    for (field, value) in row.present() {
        let text = match value {
            RawValue::Text(text) => Cow::Borrowed(text.as_str()),
            RawValue::Int(number) => Cow::Owned(number.to_string()),
            RawValue::Bool(_) => Cow::Borrowed(""),
        };
        if field == Field::NirApprenant || holds_nir(&text) {
            kept.set(field, None);
        }
    }
    kept
}
