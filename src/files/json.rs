//! A JSON array of v3 dossiers.

use super::value::fit;
use super::{FileError, Rows};
use domain::dossier::{Field, RawDossier, RawValue};
use serde_json::{Map, Value};

pub(super) fn parse(text: &str) -> Result<Rows, FileError> {
    let objects: Vec<Map<String, Value>> =
        serde_json::from_str(text).map_err(|error| FileError::Json(error.to_string()))?;
    let mut read = Rows::default();
    for (rank, object) in objects.into_iter().enumerate() {
        let mut row = RawDossier::default();
        for (name, value) in object {
            // The v3 push drops unknown names in silence.
            let Some(field) = Field::from_name(&name) else { continue };
            match raw(value).and_then(|value| value.map(|v| fit(field, v)).transpose()) {
                Ok(value) => row.set(field, value),
                Err(expected) => read
                    .warnings
                    .push(format!("row {}: {name} dropped, it should be {expected}", rank + 1)),
            }
        }
        read.rows.push(row);
    }
    Ok(read)
}

pub(super) fn write(rows: &[RawDossier]) -> Vec<u8> {
    let objects: Vec<Map<String, Value>> = rows.iter().map(object).collect();
    // Maps of texts, numbers and booleans always have a JSON form.
    serde_json::to_vec(&objects).unwrap_or_default()
}

fn object(row: &RawDossier) -> Map<String, Value> {
    row.present()
        .map(|(field, value)| {
            let value = match value {
                RawValue::Text(text) => Value::from(text.as_str()),
                RawValue::Int(number) => Value::from(*number),
                RawValue::Bool(yes) => Value::from(*yes),
            };
            (field.name().to_owned(), value)
        })
        .collect()
}

/// `None` for null; numbers that are not whole stay text.
fn raw(value: Value) -> Result<Option<RawValue>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::Bool(yes) => Ok(Some(RawValue::Bool(yes))),
        Value::String(text) => Ok(Some(RawValue::Text(text))),
        Value::Number(number) => Ok(Some(
            number.as_i64().map_or_else(|| RawValue::Text(number.to_string()), RawValue::Int),
        )),
        Value::Array(_) | Value::Object(_) => Err("a text, a number, true or false"),
    }
}
