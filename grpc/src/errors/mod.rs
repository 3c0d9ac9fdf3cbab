//! One mapping from failures to gRPC status.
//!
//! Each status carries an `ErrorInfo` (reason, `registre.v1`, metadata), a
//! `LocalizedMessage` in French and, where they help, field violations, a
//! precondition and a delay before the next try. No message quotes a value
//! that may be personal, and none tells how the server is made.

mod access_errors;
mod contract_errors;
mod domain_errors;
mod ledger_errors;
mod reason;
mod view_errors;

pub use access_errors::refused;
pub(crate) use access_errors::{not_recorded, source_not_bound, whole_log};
pub use domain_errors::{command, erasure, id_without_nir, link, request_reused, without_nir};
pub use ledger_errors::{ledger, notary};
pub use reason::Reason;
pub use view_errors::query;

use domain::text::Text;
use std::collections::HashMap;
use std::fmt;
use std::time::Duration;
use tokio::task::JoinError;
use tonic::Status;
use tonic_types::{ErrorDetails, StatusExt};

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "registre.v1";
/// The locale of every `LocalizedMessage`.
pub const LOCALE: &str = "fr-FR";

/// A refusal, before it becomes a [`Status`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    reason: Reason,
    text: Text,
    field: Option<String>,
    metadata: Vec<(&'static str, String)>,
    retry_after: Option<Duration>,
}

impl Failure {
    /// A failure of that reason, told in both languages.
    #[must_use]
    pub fn new(reason: Reason, text: Text) -> Self {
        let retry_after = reason.retry_after();
        Self(Box::new(Inner { reason, text, field: None, metadata: Vec::new(), retry_after }))
    }

    /// A request field that breaks a rule.
    #[must_use]
    pub fn field(field: impl Into<String>, text: Text) -> Self {
        let mut failure = Self::new(Reason::InvalidField, text);
        let field = field.into();
        failure.0.metadata.push(("field", field.clone()));
        failure.0.field = Some(field);
        failure
    }

    /// A resource that does not exist, named as the caller named it.
    #[must_use]
    pub fn not_found(name: &str) -> Self {
        Self::new(
            Reason::NotFound,
            Text::new(
                "the resource does not exist",
                "Cet élément n'existe pas dans le registre : vérifiez son nom.",
            ),
        )
        .with("name", name)
    }

    /// Something that the caller can do nothing about; `what` goes to the log only.
    #[must_use]
    pub fn internal(what: &dyn fmt::Display) -> Self {
        tracing::error!(error = %what, "internal failure");
        Self::new(
            Reason::Internal,
            Text::new(
                "the server failed; the request may be repeated with the same request id",
                "Le registre a rencontré une erreur. Vous pouvez renvoyer la même demande sans \
                 risque de doublon.",
            ),
        )
    }

    /// The same failure with one more variable for programs.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Self {
        self.0.metadata.push((key, value.into()));
        self
    }

    /// The same failure, that tells more: after what it said in English, and as a sentence of its own in French.
    #[must_use]
    pub fn telling(mut self, more: &Text) -> Self {
        let said = &self.0.text;
        let (en, fr) = (format!("{}; {}", said.en, more.en), format!("{} {}", said.fr, more.fr));
        self.0.text = Text::new(en, fr);
        self
    }

    /// The same failure, that may be over after so long.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Why, for programs.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.0.reason
    }

    /// What to tell, in both languages.
    #[must_use]
    pub const fn text(&self) -> &Text {
        &self.0.text
    }

    /// A variable for programs, by its name.
    pub(crate) fn variable(&self, key: &str) -> Option<&str> {
        let found = self.0.metadata.iter().find(|(name, _)| *name == key);
        found.map(|(_, value)| value.as_str())
    }

    /// After how long it may be over, when waiting helps.
    pub(crate) fn wait(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The field at fault, when there is one.
    #[must_use]
    pub fn at(&self) -> Option<&str> {
        self.0.field.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.reason.name(), self.0.text.en)
    }
}

impl std::error::Error for Failure {}

/// What a panic said may quote personal data: not even the log tells it.
impl From<JoinError> for Failure {
    fn from(error: JoinError) -> Self {
        Self::internal(&if error.is_panic() { "a task panicked" } else { "a task was cancelled" })
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let Inner { reason, text, field, metadata, retry_after } = *failure.0;
        let metadata: HashMap<String, String> =
            metadata.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        let mut details = ErrorDetails::with_error_info(reason.name(), DOMAIN, metadata);
        details.set_localized_message(LOCALE, text.fr);
        if let Some(field) = field {
            details.add_bad_request_violation(field, text.en.clone());
        }
        if let Some(delay) = retry_after {
            details.set_retry_info(Some(delay));
        }
        if reason.is_precondition() {
            details.add_precondition_failure_violation(reason.name(), DOMAIN, text.en.clone());
        }
        Self::with_error_details(reason.code(), text.en, details)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;

    #[test]
    fn a_failure_says_its_field_its_reason_and_a_french_sentence() {
        let status: Status = Failure::field("run.source", Text::new("bad", "mauvais")).into();
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        let info = details.error_info().unwrap();
        assert_eq!((info.reason.as_str(), info.domain.as_str()), ("INVALID_FIELD", DOMAIN));
        assert_eq!(details.bad_request().unwrap().field_violations[0].field, "run.source");
        assert_eq!(details.localized_message().unwrap().message, "mauvais");
    }

    #[test]
    fn an_internal_failure_tells_nothing_of_the_inside() {
        let status: Status = Failure::internal(&"segment 12 of /var/lib is torn").into();
        assert_eq!(status.code(), Code::Internal);
        assert!(!status.message().contains("segment"));
    }

    #[test]
    fn an_overloaded_server_says_when_to_come_back() {
        let status: Status = Failure::new(Reason::Overloaded, Text::new("busy", "occupé")).into();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert!(status.get_error_details().retry_info().unwrap().retry_delay.is_some());
    }
}
