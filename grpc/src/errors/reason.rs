//! The catalogue of reasons: each pair (name, code) is stable for ever.

use crate::limits;
use std::time::Duration;
use tonic::Code;

macro_rules! reasons {
    ($($(#[$doc:meta])* $variant:ident $name:literal $code:ident;)*) => {
        /// Why a request was refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason {
            $($(#[$doc])* $variant,)*
        }

        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name, `UPPER_SNAKE`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// Its gRPC code.
            #[must_use]
            pub const fn code(self) -> Code {
                match self { $(Self::$variant => Code::$code),* }
            }
        }
    };
}

reasons! {
    /// A field of the request breaks a rule.
    InvalidField "INVALID_FIELD" InvalidArgument;
    /// The page token was not given by this server for this question.
    InvalidPageToken "INVALID_PAGE_TOKEN" InvalidArgument;
    /// The messages of a stream do not come in the order that the contract says.
    UnexpectedMessage "UNEXPECTED_MESSAGE" InvalidArgument;
    /// A push holds more rows or bytes than one push may.
    PushTooLarge "PUSH_TOO_LARGE" InvalidArgument;
    /// No credential came, or one that opens nothing.
    Unauthenticated "UNAUTHENTICATED" Unauthenticated;
    /// The credential was right, and is revoked or has expired.
    CredentialExpired "CREDENTIAL_EXPIRED" Unauthenticated;
    /// The role may not make the call, whatever exists.
    PermissionDenied "PERMISSION_DENIED" PermissionDenied;
    /// A push under a source that the sender is not bound to.
    SourceNotBound "SOURCE_NOT_BOUND" PermissionDenied;
    /// The role must say why it reads of somebody.
    ReasonNeeded "REASON_NEEDED" InvalidArgument;
    /// A read that cannot be recorded.
    NotRecorded "NOT_RECORDED" Unavailable;
    /// Too many refused credentials came from an address.
    TooManyFailures "TOO_MANY_FAILURES" ResourceExhausted;
    /// A key or a person calls too often.
    TooManyCalls "TOO_MANY_CALLS" ResourceExhausted;
    /// What is named does not exist, among what the caller may see.
    NotFound "NOT_FOUND" NotFound;
    /// The request id was used for a request with another body.
    RequestIdReused "REQUEST_ID_REUSED" AlreadyExists;
    /// The run id was used for a run with another declaration or other rows.
    RunIdReused "RUN_ID_REUSED" AlreadyExists;
    /// What is declared already is so.
    AlreadySo "ALREADY_SO" AlreadyExists;
    /// The event named was superseded: name the one that stands.
    EventSuperseded "EVENT_SUPERSEDED" Aborted;
    /// Somebody else wrote to the same stream: read again, then repeat.
    VersionConflict "VERSION_CONFLICT" Aborted;
    /// The act is not allowed on this dossier or this run as it stands.
    NotAllowed "NOT_ALLOWED" FailedPrecondition;
    /// Parts of the run are missing: send it again from its first row.
    RunIncomplete "RUN_INCOMPLETE" FailedPrecondition;
    /// Another push of the source is being written.
    RunBusy "RUN_BUSY" Aborted;
    /// A sealed value that the act needs cannot be opened any more.
    SealedValueGone "SEALED_VALUE_GONE" FailedPrecondition;
    /// The erasure waits for a decision.
    ErasureNotDecided "ERASURE_NOT_DECIDED" FailedPrecondition;
    /// The erasure was refused.
    ErasureRefused "ERASURE_REFUSED" FailedPrecondition;
    /// Rules of the law refuse the contract.
    LawRefuses "LAW_REFUSES" FailedPrecondition;
    /// Fields of the form are missing.
    FormIncomplete "FORM_INCOMPLETE" FailedPrecondition;
    /// A signature is not what was asked for, or shows nothing.
    SignatureRefused "SIGNATURE_REFUSED" FailedPrecondition;
    /// The ledger cannot write now.
    ReadOnly "READ_ONLY" Unavailable;
    /// The server is stopping or recovering.
    Unavailable "UNAVAILABLE" Unavailable;
    /// The log cannot sign now: no proof can be given.
    NotSigned "NOT_SIGNED" Unavailable;
    /// The disk is full: reading goes on, and writing does once there is room.
    NoSpace "NO_SPACE" ResourceExhausted;
    /// Too much at once.
    Overloaded "OVERLOADED" ResourceExhausted;
    /// The answer did not come in time.
    TooLate "TOO_LATE" DeadlineExceeded;
    /// The server failed.
    Internal "INTERNAL" Internal;
}

impl Reason {
    /// How long to wait before the same request again, when waiting helps.
    #[must_use]
    pub const fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Overloaded
            | Self::NoSpace
            | Self::ReadOnly
            | Self::Unavailable
            | Self::NotRecorded
            | Self::NotSigned
            | Self::RunBusy => Some(limits::RETRY_AFTER),
            _ => None,
        }
    }

    /// Whether a `PreconditionFailure` is told.
    #[must_use]
    pub const fn is_precondition(self) -> bool {
        matches!(self.code(), Code::FailedPrecondition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_a_name_of_its_own_in_upper_snake() {
        let names: BTreeSet<&str> = Reason::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(names.len(), Reason::ALL.len());
        for name in names {
            assert!(name.len() <= 63, "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{name}");
        }
    }
}
