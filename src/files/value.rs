//! One value of a file as the kind that its field has on the wire.

use domain::dossier::{Field, Kind, RawValue};

/// A value as its field wants it: numbers written as text are numbers, OUI is yes.
///
/// # Errors
/// What was expected, when the value cannot be that.
pub(super) fn fit(field: Field, value: RawValue) -> Result<RawValue, &'static str> {
    match field.kind() {
        Kind::Text => Ok(RawValue::Text(match value {
            RawValue::Text(text) => text,
            RawValue::Int(number) => number.to_string(),
            RawValue::Bool(yes) => yes.to_string(),
        })),
        Kind::Int => whole(&value).map(RawValue::Int).ok_or("a whole number"),
        Kind::Bool => yes_or_no(&value).map(RawValue::Bool).ok_or("OUI or NON"),
    }
}

fn whole(value: &RawValue) -> Option<i64> {
    match value {
        RawValue::Int(number) => Some(*number),
        RawValue::Text(text) => text.trim().trim_end_matches(".0").parse().ok(),
        RawValue::Bool(_) => None,
    }
}

fn yes_or_no(value: &RawValue) -> Option<bool> {
    match value {
        RawValue::Bool(yes) => Some(*yes),
        RawValue::Int(0) => Some(false),
        RawValue::Int(1) => Some(true),
        RawValue::Int(_) => None,
        RawValue::Text(text) => match text.trim().to_lowercase().as_str() {
            "oui" | "o" | "true" | "vrai" | "1" => Some(true),
            "non" | "n" | "false" | "faux" | "0" => Some(false),
            _ => None,
        },
    }
}
