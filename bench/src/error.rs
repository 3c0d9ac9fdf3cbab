//! Why a run gives no table.

use crate::harness::Unsteady;
use std::io;

/// Why a run gives no table.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// The disk failed, or is full.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// How it failed.
        source: io::Error,
    },
    /// A cell failed; nothing of it is shown.
    #[error("the cell {cell:?} failed")]
    Cell {
        /// Its name.
        cell: String,
        /// Why.
        source: Box<BenchError>,
    },
    /// What is measured answered with an error, or wrongly.
    #[error("{0}")]
    Failed(String),
    /// The disk was not the same disk all along.
    #[error(transparent)]
    Unsteady(#[from] Unsteady),
    /// No cell has such a name.
    #[error("no cell is named like {wanted:?}; there are:\n{names}")]
    NoSuchCell {
        /// What was asked.
        wanted: String,
        /// All names, one a line.
        names: String,
    },
}

impl BenchError {
    /// What a library says of its failure.
    pub fn failed(what: impl std::fmt::Display) -> Self {
        Self::Failed(what.to_string())
    }

    /// Says what was tried when the file system failed.
    pub fn io(what: &'static str) -> impl Fn(io::Error) -> Self {
        move |source| Self::Io { what, source }
    }
}
