//! Questions that views do not answer, as failures.

use super::{Failure, Reason};
use projections::views::QueryError;

/// Anything that a view refuses.
#[must_use]
pub fn query(error: QueryError) -> Failure {
    let text = error.text();
    match error {
        QueryError::Field { field, rule, .. } => Failure::field(field, text).with("rule", rule),
        QueryError::NotFound { what, position } => Failure::new(Reason::NotFound, text)
            .with("name", what)
            .with("position", position.to_string()),
        QueryError::Behind { reached, wanted } => Failure::new(Reason::TooLate, text)
            .with("reached", reached.to_string())
            .with("wanted", wanted.to_string()),
        QueryError::Stopped { view, ref reason } => {
            tracing::error!(view, reason, "a view has stopped");
            Failure::new(
                Reason::Unavailable,
                domain::text::Text::new("a view has stopped and must be rebuilt", text.fr),
            )
            .with("view", view)
        }
        QueryError::Ledger(_) | QueryError::Store(_) => Failure::internal(&error),
    }
}
