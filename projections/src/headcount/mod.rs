//! Head-counts: how many learners have which status, where, on any day, as
//! known at any log position.
//!
//! # The idea
//!
//! The history of a person becomes rows (*these days, this status, this cell,
//! believed from this position*). What one request wrote is believed from the
//! position of its last event on, all of it. What is no longer believed gets a row of
//! sign −1, so rows are only added, and a count is a sum of signs. Rows live in
//! one immutable tile a quarter, so a question about a day reads one tile.
//!
//! # Files
//!
//! `manifest` names everything else and holds the checkpoint; `*.tile` are the
//! quarters, with the rows known up to M; `*.delta` the rows after M, where M
//! is the last multiple of [`MERGE_EVERY`] not above the checkpoint. So files
//! depend on the log and the checkpoint only, not on how they were built. A
//! file's name holds its content's hash and the manifest is renamed into place,
//! so that a process that dies leaves the old view.
//!
//! | file | holds |
//! |---|---|
//! | `cell.rs`, `quarter.rs`, `row.rs` | the words |
//! | `groups.rs` | which enrolments are one person, asked of another view |
//! | `dossier.rs`, `choice.rs`, `intervals.rs` | facts to rows; which days count |
//! | `packed.rs`, `tile/` | rows to bytes and back, and counting |
//! | `builder.rs`, `manifest.rs`, `files.rs` | all rows at once; the set of files |
//! | `batch.rs` | what a batch does: rows |
//! | `view.rs`, `fold.rs` | the view: open, apply, make again |
//! | `query.rs`, `plan.rs` | questions, and which cells they touch |
//! | `counted.rs` | the enrolments behind a figure |
//! | `coverage.rs` | how many CFAs transmit |

mod batch;
mod builder;
mod cell;
mod choice;
mod counted;
mod coverage;
mod dossier;
mod error;
mod files;
mod fold;
mod groups;
mod intervals;
mod manifest;
mod packed;
mod plan;
mod quarter;
mod query;
mod row;
mod tile;
mod view;

pub(crate) use batch::HeadcountBatch;
pub use builder::{BUFFERED_ROWS, HeadcountBuilder};
pub use cell::{AgeBand, Cell, Home};
pub use counted::{Counted, counted_enrolments, counted_on};
pub use coverage::Coverage;
pub use error::HeadcountError;
pub use fold::Remaking;
pub use groups::{Partition, PersonGroup, PersonGroups, Unlinked};
pub use intervals::{GroupHistory, StreamHistory, rows_of_group};
pub(crate) use plan::Scope;
pub use quarter::{FIRST_YEAR, LAST_YEAR, Quarter};
pub use query::{
    Answer, Counts, CoverageAnswer, CoverageCounts, Filter, GroupBy, Query, TerritoryOf,
    UNKNOWN_KEY,
};
pub use row::{Mask, Population, Row};
pub use view::HeadcountView;

/// Tiles hold the rows known up to the last multiple of this many events; the
/// delta holds the rest. Small enough that the delta is read in a millisecond,
/// large enough that tiles are written a few times a month at national scale.
pub const MERGE_EVERY: u64 = 65_536;
