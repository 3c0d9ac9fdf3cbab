//! What the events mean: one folder a view, each a fold and its queries.
//!
//! This room reads events through its own trait, [`source::EventSource`]; it
//! knows neither the journal nor the network.
//!
//! | module | holds |
//! |---|---|
//! | [`views`] | the facade: open, run, rebuild, and one method a question |
//! | [`time`] | `as_of` and `known_at`, and what an answer reflects |
//! | [`headcount`] | how many learners have which status, where, when |
//! | [`persons`] | which enrolments are one person |
//! | [`named`] | by what the persons of contracts written here are searched |
//! | [`detail`] | rows for lists, in SQLite |
//! | [`alerts`] | what somebody should act on |
//! | [`outcomes`] | what became of the contracts of a period |
//! | [`histories`] | events with what became of them, in a sentence each |
//! | [`reach`] | what of all that somebody may see |
//! | [`mod@reference`] | communes, CFAs, certifications |
//! | `runner` | the task that feeds the views and keeps their checkpoints |
//! | [`source`] | how views read the ledger |
//! | `testing` | a ledger in memory (feature `testing`) |

pub mod alerts;
pub mod detail;
mod files;
pub mod headcount;
pub mod histories;
pub mod named;
pub mod outcomes;
pub mod persons;
pub mod reach;
pub mod reference;
mod runner;
pub mod source;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod views;
