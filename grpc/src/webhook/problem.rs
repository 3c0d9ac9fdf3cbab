//! Failures as HTTP tells them: `application/problem+json` (RFC 9457), in English and in French.

use crate::errors::{Failure, Reason};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// A failure, and its status.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    failure: Failure,
}

impl Problem {
    pub(super) const fn of(status: StatusCode, failure: Failure) -> Self {
        Self { status, failure }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        Self { status: status(failure.reason()), failure }
    }
}

/// What a provider does about it: 4xx is not worth sending again, 429 and 5xx are.
const fn status(reason: Reason) -> StatusCode {
    match reason {
        Reason::InvalidField => StatusCode::BAD_REQUEST,
        Reason::Unauthenticated => StatusCode::UNAUTHORIZED,
        Reason::NotFound => StatusCode::NOT_FOUND,
        Reason::TooManyCalls => StatusCode::TOO_MANY_REQUESTS,
        Reason::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        // Of acts that met; and of a disk or a server that will do better.
        Reason::VersionConflict => StatusCode::SERVICE_UNAVAILABLE,
        _ if reason.retry_after().is_some() => StatusCode::SERVICE_UNAVAILABLE,
        // The contract refuses it as it stands.
        _ => StatusCode::CONFLICT,
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self { status, failure } = self;
        let (reason, text) = (failure.reason().name(), failure.text());
        let mut problem = serde_json::json!({
            "type": format!("urn:registre:problem:{reason}"),
            "title": status.canonical_reason().unwrap_or_default(),
            "status": status.as_u16(),
            "reason": reason,
            "detail": text.en,
            "detail_fr": text.fr,
        });
        if let Some(field) = failure.variable("field") {
            problem["field"] = field.into();
        }
        let mut response = (status, problem.to_string()).into_response();
        let head = response.headers_mut();
        head.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(wait) = failure.wait() {
            // Whole seconds, of which a part is one.
            head.insert(RETRY_AFTER, HeaderValue::from(wait.as_millis().div_ceil(1000) as u64));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_worth_sending_again_says_so_and_when() {
        let text = domain::text::Text::new("why", "pourquoi");
        let told = |reason| Problem::from(Failure::new(reason, text.clone())).into_response();
        for &reason in Reason::ALL {
            let response = told(reason);
            let waits = response.headers().get(RETRY_AFTER).is_some();
            assert_eq!(waits, reason.retry_after().is_some(), "{reason:?}");
            assert!(!waits || response.status() == StatusCode::SERVICE_UNAVAILABLE, "{reason:?}");
        }
        let met = told(Reason::VersionConflict).status();
        assert_eq!(met, StatusCode::SERVICE_UNAVAILABLE, "the act of another came first");
        assert_eq!(told(Reason::SignatureRefused).status(), StatusCode::CONFLICT);
        let waited = Failure::new(Reason::TooManyCalls, text.clone());
        let waited = waited.after(std::time::Duration::from_millis(1_200));
        let waited = Problem::from(waited).into_response();
        let seconds = waited.headers().get(RETRY_AFTER).map(HeaderValue::as_bytes);
        assert_eq!((waited.status().as_u16(), seconds), (429, Some(b"2".as_slice())));
    }
}
