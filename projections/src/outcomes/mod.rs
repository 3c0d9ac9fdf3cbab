//! What became of the contracts that started in a period, and of their learners.
//!
//! | file | holds |
//! |---|---|
//! | `answers.rs` | the figures and what each one means |
//! | `rows.rs` | a contract in 96 bytes |
//! | `store.rs` | the files, one a month of first days |
//! | `survival.rs` | shares when not all were followed as long |
//! | `twins.rs` | one contract that several enrolments declare counts once |
//! | `compute.rs` | from contracts to figures |

mod answers;
mod compute;
mod rows;
mod store;
mod survival;
mod twins;

pub use answers::{Outcomes, OutcomesAnswer, RETURN_MONTHS, RUPTURE_MONTHS, RuptureShare, Share};
pub(crate) use compute::{Computing, Learners};
pub(crate) use store::{OutcomeBatch, OutcomeStore};
