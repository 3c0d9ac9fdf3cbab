//! How fast the ledger is, against what the disk, the transport and the decoder
//! can do: `registre bench`.
//!
//! A figure of one machine says little, and on a shared machine not even that: the
//! rate of syncs may change by a factor of thirty within minutes. So every cell
//! stands between two probes of the disk, all cells are run in turn, round after
//! round, and what is promised are ratios of neighbours. `docs/benchmarks.md` says
//! the method and what each cell does.
//!
//! | module | holds |
//! |---|---|
//! | [`harness`] | probes, cells, rounds, statistics, promises, the table |
//! | [`load`] | what is appended, and by how many at once |
//! | [`engines`] | what appends: the journal, a raw log, nothing at all |
//! | [`wire`] | bare appends over gRPC; the public API has none |
//! | [`premises`] | the real server, which the front door knows how to start |
//! | [`cells`] | what is measured, and what is promised of it |
//! | [`growth`] | the same questions to one journal while it grows |

pub mod cells;
pub mod engines;
mod error;
pub mod growth;
pub mod harness;
pub mod load;
pub mod premises;
pub mod wire;

pub use error::BenchError;

use std::path::Path;

/// A folder for one run, removed when it is dropped.
///
/// # Errors
/// When `dir` is no folder, or nothing may be made in it.
pub fn folder_in(dir: &Path) -> std::io::Result<tempfile::TempDir> {
    tempfile::Builder::new().prefix("registre-bench-").tempdir_in(dir)
}
