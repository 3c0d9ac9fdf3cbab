//! Faults: the real program is killed, starved, cut off and lied to, and must
//! lose nothing that it acknowledged nor serve anything that was not written.
//!
//! `docs/faults.md` says what each row does. One file a family:
//!
//! | file | rows |
//! |---|---|
//! | `kill_nine` | 1: kill -9 during append |
//! | `syscalls` | 2, 3: killed, or failed with EIO, at each system call |
//! | `failed_sync` | 4: a sync that fails once |
//! | `power` | 5, 6: torn writes and lost names, on a simulated disk |
//! | `disk_full` | 7: no space left |
//! | `damage` | 8: flipped bits and zeroed pages |
//! | `truncation` | 9: files that end too early |
//! | `clocks` | 12: a clock that jumps |
//! | `duplicates` | 13: batches sent again and again |
//! | `interleaved` | 14: one dossier, eight clients, any order |
//! | `partitions` | 16: the network cut in the middle of calls |
//! | `slow_readers` | 17: readers that hardly read |
//! | `views_rebuilt` | 19: views killed in the middle of a batch, spoilt, rebuilt |
//! | `two_servers` | 22: two servers on one folder |
//! | `forgotten` | 27, 28: an erasure, and a rotation of keys, killed at each system call |
//! | `old_versions` | 24: data folders of released versions |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests"
)]
#![allow(unreachable_pub, missing_docs, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
mod counts;
mod support;

mod clocks;
mod damage;
mod disk_full;
mod duplicates;
mod erased;
mod failed_sync;
mod forgotten;
mod interleaved;
mod kill_nine;
mod old_versions;
mod partitions;
mod power;
mod slow_readers;
mod syscalls;
mod truncation;
mod two_servers;
mod views_rebuilt;
