//! A row as it was pushed, before any check.

use super::fields::Field;

/// The longest text of one field, in bytes. Longer text is refused, not cut.
pub const MAX_TEXT_BYTES: usize = 4096;

/// A value as it came. Its `Debug` shows the kind only: it is personal data in clear.
#[derive(Clone, PartialEq, Eq)]
pub enum RawValue {
    /// Text, trimmed by nobody yet.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A yes or no.
    Bool(bool),
}

impl std::fmt::Debug for RawValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text(…)",
            Self::Int(_) => "Int(…)",
            Self::Bool(_) => "Bool(…)",
        })
    }
}

/// One row of a push: for each field of the dictionary, a value or nothing.
///
/// An empty text is the same as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct RawDossier {
    values: Vec<Option<RawValue>>,
}

impl Default for RawDossier {
    fn default() -> Self {
        Self { values: vec![None; Field::ALL.len()] }
    }
}

impl RawDossier {
    /// The value of a field, if the row has one.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&RawValue> {
        self.values.get(field as usize).and_then(Option::as_ref)
    }

    /// Sets or clears a field; text of white space only clears it.
    pub fn set(&mut self, field: Field, value: Option<RawValue>) {
        let value =
            value.filter(|v| !matches!(v, RawValue::Text(t) if t.chars().all(char::is_whitespace)));
        if let Some(place) = self.values.get_mut(field as usize) {
            *place = value;
        }
    }

    /// The same row with one text field set; for building rows in code.
    #[must_use]
    pub fn with(mut self, field: Field, text: &str) -> Self {
        self.set(field, Some(RawValue::Text(text.to_owned())));
        self
    }

    /// The fields that have a value, in dictionary order.
    pub fn present(&self) -> impl Iterator<Item = (Field, &RawValue)> {
        Field::ALL.iter().filter_map(|f| self.get(*f).map(|v| (*f, v)))
    }
}

impl std::fmt::Debug for RawDossier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawDossier({} fields)", self.present().count())
    }
}
