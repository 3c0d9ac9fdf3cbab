//! What a read is of, as the log of reads says it: made of what was parsed, never of a caller's text.

use crate::names;
use domain::identifiers::Uai;
use domain::ids::{ContractId, Position, Source, StreamKey};
use domain::rules::Status;
use std::fmt;

/// What a read is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Of {
    /// A dossier.
    Enrolment(StreamKey),
    /// A contract.
    Contract(ContractId),
    /// An erasure.
    Erasure(StreamKey),
    /// All that there is of something.
    All(&'static str),
    /// What an establishment has of something; all of it when none is named.
    Trainer(&'static str, Option<Uai>),
    /// The refused rows of a source; of all when none is named.
    RefusedRows(Option<Source>),
    /// A search of a person: by what, never the value.
    Search(&'static str),
    /// A sample of the contracts of a département, by its code.
    Sample(String),
    /// The dossiers of a status.
    Counted(Status),
    /// What the log has after a position: its events, or its records.
    After(&'static str, Position),
}

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enrolment(key) => f.write_str(&names::of_enrolment(*key)),
            Self::Contract(id) => f.write_str(&names::of_contract(*id)),
            Self::Erasure(id) => f.write_str(&names::of_erasure(*id)),
            Self::All(what) | Self::Trainer(what, None) => f.write_str(what),
            Self::Trainer(what, Some(uai)) => write!(f, "{what} of {uai}"),
            Self::RefusedRows(None) => f.write_str("refused rows"),
            Self::RefusedRows(Some(source)) => write!(f, "refused rows of {source}"),
            Self::Search(by) => write!(f, "search by {by}"),
            Self::Sample(of) => write!(f, "a sample of contracts of département {of}"),
            Self::Counted(status) => write!(f, "enrolments counted as {status:?}"),
            Self::After(what, position) => write!(f, "{what} after {position}"),
        }
    }
}
