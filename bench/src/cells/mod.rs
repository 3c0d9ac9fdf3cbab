//! What is measured, and what is promised of it.
//!
//! | module | holds |
//! |---|---|
//! | `disk` | sequential writes; bytes on disk per event |
//! | `in_process` | appends without a network |
//! | `remote` | appends over gRPC, and the ceiling of streams |
//! | `replay` | the whole log, read and decoded in process |
//! | `real` | the real server: replay, commands, pushes |
//! | [`names`] | how cells are called |

mod disk;
mod in_process;
pub mod names;
mod real;
mod remote;
mod replay;

pub use in_process::{LOADS, in_process};
pub use remote::{LAYOUTS, Layout, ONE, ONE_OF_HUNDREDS, SHARED, SIXTEEN, SIXTEEN_OF_HUNDREDS};

use crate::engines::record_bytes;
use crate::error::BenchError;
use crate::harness::{Against, Bound, Plan, Promise};
use crate::load::Load;
use crate::premises::Premises;
use names::{
    BYTES, CEILING, COMMAND, COMMAND_LEFT, JOURNAL, NULL, PROST, PUSH_AGAIN, PUSH_NEW,
    PUSH_NEW_LEFT, PUSH_SECOND, RAW_LOG, REPLAY, REPLAY_REMOTE, SEQUENTIAL,
};
use std::sync::Arc;

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
pub fn plan(settings: Settings, premises: &Arc<dyn Premises>) -> Result<Plan, BenchError> {
    let mut plan = Plan::default();
    plan.cells.extend(in_process::cells());
    plan.cells.push(disk::bytes_per_event());
    plan.cells.extend(replay::cells());
    plan.cells.extend(remote::cells());
    plan.cells.push(remote::ceiling());
    plan.cells.push(real::replay(premises));
    // What is compared stands side by side.
    let [_, sixty_four, _] = LOADS;
    let sequential = disk::sequential(settings.sequential_mib);
    plan.insert_after(&names::in_process(JOURNAL, sixty_four), [sequential]);
    let dossiers = real::dossiers(premises);
    plan.insert_after(&names::remote(JOURNAL, SHARED), real::commands(premises, &dossiers));
    plan.insert_after(
        &names::remote(JOURNAL, SIXTEEN_OF_HUNDREDS),
        real::pushes(premises, &dossiers),
    );
    plan.promises = promises()?;
    Ok(plan)
}

fn promises() -> Result<Vec<Promise>, BenchError> {
    let [alone, sixty_four, hundreds] = LOADS;
    let ours = |load: Load| names::in_process(JOURNAL, load);
    let raw = names::in_process(RAW_LOG, sixty_four);
    let null = names::remote(NULL, SHARED);
    let bare = names::remote(JOURNAL, SIXTEEN_OF_HUNDREDS);
    let megabytes_an_event = record_bytes()? as f64 / 1e6;
    let in_process = [
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
    ];
    let remote = [
        (
            "gRPC, 64 in flight on 4 connections, over the null engine",
            &*names::remote(JOURNAL, SHARED),
            &*null,
            0.75,
        ),
        ("replay over gRPC, over the server stream", REPLAY_REMOTE, CEILING, 0.55),
        ("unary command, over the null engine", COMMAND, &null, 0.6),
        ("unary command, views left, over the null engine", COMMAND_LEFT, &null, 0.6),
        (
            "PushDossiers, new events over gRPC: journal, 16 clients x 100 events",
            PUSH_NEW[0],
            &bare,
            0.4,
        ),
        ("PushDossiers, new events, views left, over the same", PUSH_NEW_LEFT[0], &bare, 0.4),
        (
            "PushDossiers, unchanged dossiers over new ones, 2nd night",
            PUSH_SECOND,
            PUSH_NEW[1],
            5.0,
        ),
        ("PushDossiers, the same from the 3rd night on", PUSH_AGAIN, PUSH_NEW[1], 5.0),
    ];
    let remote = remote.map(|(what, of, other, floor)| Promise::over(what, of, other, floor));
    Ok(in_process.into_iter().chain(remote).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Cell;
    use crate::premises::{Serving, Views};
    use futures::future::BoxFuture;
    use proto::v1::Dossier;
    use std::collections::HashSet;
    use std::path::Path;

    struct Nowhere;

    impl Premises for Nowhere {
        fn serve<'a>(
            &'a self,
            _: &'a Path,
            _: Views,
        ) -> BoxFuture<'a, Result<Serving, BenchError>> {
            Box::pin(async { Err(BenchError::failed("nothing is served here")) })
        }

        fn dossiers(&self, _: usize) -> Result<Vec<Dossier>, BenchError> {
            Ok(Vec::new())
        }
    }

    #[test]
    fn names_are_told_apart_and_promises_name_cells() {
        let premises: Arc<dyn Premises> = Arc::new(Nowhere);
        let plan = plan(Settings { sequential_mib: 1 }, &premises).unwrap();
        let all: Vec<&str> = plan.cells.iter().flat_map(Cell::names).collect();
        let names: HashSet<&str> = all.iter().copied().collect();
        assert_eq!(names.len(), all.len());
        for promise in &plan.promises {
            assert!(names.contains(promise.of.as_str()), "{}", promise.of);
            if let Against::Cell(other) = &promise.against {
                assert!(names.contains(other.as_str()), "{other}");
            }
        }
    }
}
