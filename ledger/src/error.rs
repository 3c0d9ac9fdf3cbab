//! How the ledger refuses, in one place.

use crate::codec::CodecError;
use crate::journal::{AppendError, OpenError, ReadError};
use crate::limits::{CONTRACT_DOCUMENT_BYTES_MAX, ERASED_TOGETHER_MAX};
use crate::notary::NotaryError;
use crate::record::RecordError;
use crate::signatures::SignatureError;
use crate::vault::VaultError;
use cqrs_es::AggregateError;
use domain::contract::ContractError;
use domain::enrolment::CommandError;
use domain::erasure::ErasureError;
use domain::ids::{Position, Version};
use std::io;
use tables::IndexError;

/// Why the ledger did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The enrolment refuses the command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The contract refuses the command.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// Evidence does not show that a party signed.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The contract is not any more as whoever acts saw it.
    #[error("the contract is at version {found}, not at {expected}: somebody acted since")]
    ContractChanged {
        /// Its version as whoever acts saw it.
        expected: Version,
        /// Its version.
        found: Version,
    },
    /// The documents of a contract are too many bytes.
    #[error("the documents of a contract have {} MiB at most", CONTRACT_DOCUMENT_BYTES_MAX >> 20)]
    TooManyDocuments,
    /// The contract is said to belong to an enrolment that the ledger has not.
    #[error("there is no such enrolment")]
    NoEnrolment,
    /// A step of an erasure is refused.
    #[error(transparent)]
    Erasure(#[from] ErasureError),
    /// One erasure is of so many persons at most.
    #[error(
        "one erasure is of {ERASED_TOGETHER_MAX} persons at most, each in one role, not of {0}"
    )]
    TooManyPersons(usize),
    /// The journal refuses the request.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The journal cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// An event cannot be encoded or decoded.
    #[error(transparent)]
    Codec(#[from] CodecError),
    /// A key is missing or damaged.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A record passes a limit.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The journal cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The log is not the one that was signed, or cannot sign.
    #[error(transparent)]
    Notary(#[from] NotaryError),
    /// The file system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// An event contradicts its own header, or the one that follows it.
    #[error(
        "the event at position {} is not the one that was recorded: nothing is written to its history. `registre fsck` \
         tells more; put a right copy back",
        .0.0
    )]
    Altered(Position),
    /// The stream changed under every attempt: send the same request again.
    #[error("the dossier changed under each of {0} attempts; send the request again")]
    Contended(usize),
    /// Whoever asks does not speak for the establishment that trains the learner.
    #[error("the learner is trained by an establishment for which the request does not speak")]
    Elsewhere,
    /// A name that is no stream, or metadata that is no request.
    #[error("{0}")]
    Invalid(&'static str),
}

impl From<IndexError> for LedgerError {
    fn from(error: IndexError) -> Self {
        Self::Read(error.into())
    }
}

impl From<LedgerError> for AggregateError<CommandError> {
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Command(error) => Self::UserError(error),
            LedgerError::Append(AppendError::Conflict { .. }) => Self::AggregateConflict,
            error => Self::DatabaseConnectionError(Box::new(error)),
        }
    }
}
