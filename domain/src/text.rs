//! Messages: English for programs and logs, French for people.

use serde::{Deserialize, Serialize};

/// One message in the two languages of the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// English, without a final full stop, for programs and logs.
    pub en: String,
    /// French, a sentence that a CFA's secretary can act on.
    pub fr: String,
}

impl Text {
    /// A message from its two languages.
    pub fn new(en: impl Into<String>, fr: impl Into<String>) -> Self {
        Self { en: en.into(), fr: fr.into() }
    }
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.en)
    }
}
