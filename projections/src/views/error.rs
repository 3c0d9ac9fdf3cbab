//! Why a question got no answer.

use crate::persons::PersonsError;
use crate::source::SourceError;
use domain::ids::Position;
use domain::text::Text;
use tokio::task::JoinError;

/// Why a question got no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum QueryError {
    /// A field of the question is wrong.
    #[error("{field}: {rule}: {text}")]
    Field {
        /// Which one.
        field: &'static str,
        /// The rule, `UPPER_SNAKE`.
        rule: &'static str,
        /// What to write instead.
        text: Text,
    },
    /// Nothing of that name was known at that position.
    #[error("{what} is not known at position {position}")]
    NotFound {
        /// Its resource name.
        what: String,
        /// What the ledger knew.
        position: Position,
    },
    /// The views did not reach the position in time: ask again.
    #[error("the views are at position {reached} and position {wanted} is asked: ask again later")]
    Behind {
        /// Where they are.
        reached: Position,
        /// Where they must be.
        wanted: Position,
    },
    /// A view met something that it cannot fold and stopped; see the log.
    #[error("view {view} stopped: {reason}")]
    Stopped {
        /// Which view.
        view: &'static str,
        /// Why.
        reason: String,
    },
    /// The ledger could not be read.
    #[error(transparent)]
    Ledger(#[from] SourceError),
    /// The files of a view could not be read or written.
    #[error("the files of the views: {0}")]
    Store(String),
}

impl From<std::io::Error> for QueryError {
    fn from(error: std::io::Error) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<sqlx::Error> for QueryError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<PersonsError> for QueryError {
    fn from(error: PersonsError) -> Self {
        Self::Store(error.to_string())
    }
}

impl From<JoinError> for QueryError {
    fn from(error: JoinError) -> Self {
        Self::Store(broken_off(&error).to_owned())
    }
}

impl From<crate::time::TimeError> for QueryError {
    fn from(error: crate::time::TimeError) -> Self {
        Self::Field { field: error.field, rule: error.rule, text: error.text }
    }
}

/// How a task ended without an answer. What its panic said may quote personal
/// data, and the error itself would tell it.
pub(crate) fn broken_off(error: &JoinError) -> &'static str {
    if error.is_panic() { "a task panicked" } else { "a task was cancelled" }
}

impl QueryError {
    /// The message in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let fr = match self {
            Self::Field { text, .. } => return text.clone(),
            Self::NotFound { what, position } => {
                format!("{what} n'est pas connu du registre à la position {position}.")
            }
            Self::Behind { reached, wanted } => format!(
                "Les vues en sont à la position {reached} et la position {wanted} est demandée : \
                 réessayez dans un instant."
            ),
            Self::Stopped { view, .. } => {
                format!("La vue {view} est arrêtée : prévenez l'assistance du registre.")
            }
            Self::Ledger(_) | Self::Store(_) => {
                "Le registre ne peut pas répondre : prévenez l'assistance du registre.".to_owned()
            }
        };
        Text::new(self.to_string(), fr)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_not_quoted() {
        let joined: Result<(), JoinError> = tokio::spawn(async { panic!("d'Alençon") }).await;
        let error = QueryError::from(joined.unwrap_err());
        assert_eq!(error.to_string(), "the files of the views: a task panicked");
    }
}
