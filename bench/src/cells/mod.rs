//! What is measured, and what is promised of it.
//!
//! | module | holds |
//! |---|---|
//! | `disk` | sequential writes; bytes on disk per event |
//! | `in_process` | appends without a network |
//! | `remote` | appends over gRPC, and the ceiling of streams |
//! | `replay` | the whole log, read and decoded in process |
//! | [`names`] | how cells are called |

mod disk;
mod in_process;
pub mod names;
mod remote;
mod replay;

pub use in_process::{LOADS, in_process};
pub use remote::{LAYOUTS, Layout, ONE, ONE_OF_HUNDREDS, SHARED, SIXTEEN, SIXTEEN_OF_HUNDREDS};

use crate::engines::record_bytes;
use crate::error::BenchError;
use crate::harness::{Against, Bound, Plan, Promise};
use crate::load::Load;
use names::{BYTES, JOURNAL, NULL, PROST, RAW_LOG, REPLAY, SEQUENTIAL};

/// What cells need to know.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// MiB of the file that is written at once.
    pub sequential_mib: usize,
}

/// Everything, in the order of a round.
///
/// # Errors
/// Never within the ledger's limits.
pub fn plan(settings: Settings) -> Result<Plan, BenchError> {
    let mut plan = Plan::default();
    plan.cells.push(disk::sequential(settings.sequential_mib));
    plan.cells.extend(in_process::cells());
    plan.cells.push(disk::bytes_per_event());
    plan.cells.extend(replay::cells());
    plan.cells.extend(remote::cells());
    plan.promises = promises()?;
    Ok(plan)
}

fn promises() -> Result<Vec<Promise>, BenchError> {
    let [alone, sixty_four, hundreds] = LOADS;
    let ours = |load: Load| names::in_process(JOURNAL, load);
    let raw = names::in_process(RAW_LOG, sixty_four);
    let remote = |engine| names::remote(engine, SHARED);
    let megabytes_an_event = record_bytes()? as f64 / 1e6;
    Ok(vec![
        Promise {
            against: Against::F,
            ..Promise::over("in process, 1 in flight, over F", &ours(alone), "", 0.75)
        },
        Promise::over("in process, 64 in flight, over the raw log", &ours(sixty_four), &raw, 0.6),
        Promise {
            scale: megabytes_an_event,
            ..Promise::over(
                "in process, 16 x 100 events: record bytes over sequential write",
                &ours(hundreds),
                SEQUENTIAL,
                0.35,
            )
        },
        Promise {
            against: Against::Nothing,
            bound: Bound::AtMost(1.15),
            ..Promise::over("bytes on disk per event over record size", BYTES, "", 0.0)
        },
        Promise::over("replay in process, per core, over prost alone", REPLAY, PROST, 0.6),
        Promise::over(
            "gRPC, 64 in flight on 4 connections, over the null engine",
            &remote(JOURNAL),
            &remote(NULL),
            0.75,
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn names_are_told_apart_and_promises_name_cells() {
        let plan = plan(Settings { sequential_mib: 1 }).unwrap();
        let names: HashSet<&str> = plan.cells.iter().map(|cell| cell.name.as_str()).collect();
        assert_eq!(names.len(), plan.cells.len());
        for promise in &plan.promises {
            assert!(names.contains(promise.of.as_str()), "{}", promise.of);
            if let Against::Cell(other) = &promise.against {
                assert!(names.contains(other.as_str()), "{other}");
            }
        }
    }
}
