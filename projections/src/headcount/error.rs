//! What can go wrong in the head-count view.

use crate::source::SourceError;
use domain::ids::Position;
use std::path::PathBuf;

/// Why the head-counts cannot answer, fold or be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum HeadcountError {
    /// A file of the view cannot be read or written.
    #[error("the head-count files: {0}")]
    Io(#[from] std::io::Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A file is not what was written: rebuild the view.
    #[error("{file} is damaged ({what}): run `registre rebuild headcount`", file = file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What does not fit.
        what: &'static str,
    },
    /// The files were made with another setting: rebuild the view.
    #[error(
        "the head-count files merge every {found} events and {wanted} is asked: run \
         `registre rebuild headcount`"
    )]
    OtherSetting {
        /// In the files.
        found: u64,
        /// Asked.
        wanted: u64,
    },
    /// The batch does not start right after the checkpoint.
    #[error("the head-counts expect event {expected} next, not {found}")]
    Gap {
        /// The next position.
        expected: Position,
        /// What came.
        found: Position,
    },
    /// The format holds positions below 2^32.
    #[error("position {0} does not fit the head-count files")]
    TooManyEvents(Position),
    /// The format holds 2^24 CFAs, 2^20 certifications and 4,096 home départements.
    #[error("the head-count files cannot hold more than {limit} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many fit.
        limit: usize,
    },
}

/// A shorthand for results of this view.
pub(super) type Result<T, E = HeadcountError> = std::result::Result<T, E>;
