//! How much of a form is filled.

use super::form::Form;

/// A field that is asked for and absent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Its path.
    pub path: String,
    /// What it is called on the form, in French.
    pub label: &'static str,
}

/// How much of a form is filled. What is asked for depends on what is said: a minor has a legal representative, an
/// amendment a contract that it amends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completeness {
    /// Fields that are asked for.
    pub asked: usize,
    /// Those that are absent, in the order of the form.
    pub missing: Vec<Missing>,
}

impl Completeness {
    /// In percent, rounded down: 100 says that nothing is missing.
    #[must_use]
    pub fn percent(&self) -> u8 {
        let filled = self.asked.saturating_sub(self.missing.len());
        u8::try_from((100 * filled).checked_div(self.asked).unwrap_or(100)).unwrap_or(100)
    }
}

impl Form {
    /// How much of it is filled.
    #[must_use]
    pub fn completeness(&self) -> Completeness {
        let asked: Vec<_> = self.fields().into_iter().filter(|met| met.asked).collect();
        let missing = asked.iter().filter(|met| met.value.is_none());
        let missing = missing.map(|met| Missing { path: met.path.clone(), label: met.label });
        Completeness { asked: asked.len(), missing: missing.collect() }
    }
}
