//! The NIR in a row or in somebody's words: what is kept must not hold it.

use super::clean::{clean, legible};
use crate::dossier::{Field, RawDossier, RawValue};
use crate::identifiers::nir;
use std::borrow::Cow;

/// Whether a text holds a NIR, also one that invisible characters cut.
#[must_use]
pub fn holds_nir(text: &str) -> bool {
    nir::found_in(&legible(text))
}

/// Whether the id that a system gave somebody holds a NIR: `own` is what their
/// row says of their NIR, with or without its key.
///
/// An id may be any number (see [`nir::found_in_id`]), but not that one.
#[must_use]
pub fn id_holds_nir(id: &str, own: Option<&RawValue>) -> bool {
    let id = legible(id);
    let own = match own {
        Some(RawValue::Text(own)) => nir::body_of(&clean(own)),
        Some(RawValue::Int(own)) => nir::body_of(&own.to_string()),
        Some(RawValue::Bool(_)) | None => None,
    };
    let whole = || id.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    nir::found_in_id(&id) || own.is_some_and(|own| whole().to_ascii_uppercase().contains(&own))
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
        let found = match field {
            Field::NirApprenant => true,
            Field::IdErpApprenant => id_holds_nir(&text, row.get(Field::NirApprenant)),
            _ => holds_nir(&text),
        };
        if found {
            kept.set(field, None);
        }
    }
    kept
}
