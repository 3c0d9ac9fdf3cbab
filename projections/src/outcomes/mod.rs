//! What became of the contracts that started in a period, and of their learners.
//!
//! | file | holds |
//! |---|---|
//! | `answers.rs` | the figures and what each one means |

mod answers;

pub use answers::{Outcomes, OutcomesAnswer, RETURN_MONTHS, RUPTURE_MONTHS, RuptureShare, Share};
