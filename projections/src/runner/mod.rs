//! Keeps the views up to date: one task reads the log in batches and feeds each
//! view in turn, persons before what depends on them.
//!
//! | file | holds |
//! |---|---|
//! | `fold.rs` | the views, their positions, what a batch does to all |
//! | `dossiers.rs` | what it does to the views of dossiers, by two threads |
//! | `steps.rs` | what it does to one dossier |
//! | `contracts.rs` | what it does to one contract whose workflow runs here |
//! | `room.rs` | which errors are for want of room on the disk |
//!
//! Each view keeps its own checkpoint, written with its rows, so a process may
//! die at any moment: what a batch did to a view is there whole or not at all,
//! and the next run goes on from each checkpoint. A view that fails stops
//! alone, loudly; its questions answer with the reason. One that finds no room on
//! the disk does not: all wait for it, each at its checkpoint, and try again.

mod contracts;
mod dossiers;
mod fold;
mod room;
mod steps;

pub(crate) use contracts::{ContractSteps, Workflow};
pub(crate) use fold::Folded;
pub use fold::{Progress, View};
pub(crate) use room::{NoRoom, lacks_room};
pub(crate) use steps::{StreamSteps, of_streams, state_of, steps_of};
