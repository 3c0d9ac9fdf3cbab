//! Measuring, whatever is measured.
//!
//! | module | holds |
//! |---|---|
//! | `cell` | one thing to measure, and what came of it |
//! | `probe` | F: how often the disk syncs, before and after every cell |
//! | `steady` | when a run is refused |
//! | `rounds` | all cells in turn, round after round |
//! | `promise` | ratios that the project promises |
//! | `statistics` | medians and percentiles |
//! | `table` | what is printed |

mod cell;
mod probe;
mod promise;
mod rounds;
mod statistics;
mod steady;
mod table;

pub use cell::{Cell, Measured, Ready, Room, Unit};
pub use probe::{Probe, Probed};
pub use promise::{Against, Bound, Promise};
pub use rounds::{Options, Plan, Reading, Results, Row, run};
pub use statistics::{median, percentile};
pub use steady::{LARGEST_RATIO, Unsteady, check};
pub use table::{report, table};
