//! Keeps the views up to date: one task reads the log in batches and feeds each
//! view in turn, persons before what depends on them.
//!
//! | file | holds |
//! |---|---|
//! | `fold.rs` | the views, their positions, what a batch does to all |
//! | `dossiers.rs` | what it does to the views of dossiers, by two threads |
//! | `steps.rs` | what it does to one dossier |
//!
//! Each view keeps its own checkpoint, written with its rows, so a process may
//! die at any moment: what a batch did to a view is there whole or not at all,
//! and the next run goes on from each checkpoint. A view that fails stops
//! alone, loudly; its questions answer with the reason.

mod dossiers;
mod fold;
mod steps;

pub(crate) use fold::Folded;
pub use fold::{Progress, View};
pub(crate) use steps::{StreamSteps, of_streams, state_of, steps_of};
