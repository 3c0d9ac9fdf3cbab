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

/// One rule that a value may break: its stable name and what to tell.
///
/// The texts are fixed: a rule never quotes the value, which may be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// `UPPER_SNAKE`, stable for ever: programs match on it.
    pub name: &'static str,
    /// English: what is wrong and what to do, without a final full stop.
    pub en: &'static str,
    /// French: the same, for a CFA's secretary.
    pub fr: &'static str,
}

impl Rule {
    /// The message of this rule.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.en, self.fr)
    }
}

/// Declares a table of rules: `NAME: "English" / "French";` a rule. Each
/// becomes a constant whose `name` is its own, and `ALL` lists them.
macro_rules! rule_table {
    ($($name:ident: $en:literal / $fr:literal;)*) => {
        $(
            #[doc = $en]
            pub const $name: $crate::text::Rule =
                $crate::text::Rule { name: stringify!($name), en: $en, fr: $fr };
        )*

        /// Every rule of this table.
        pub const ALL: &[&$crate::text::Rule] = &[$(&$name),*];
    };
}
pub(crate) use rule_table;
