//! A synthetic population and what its CFAs' systems push, night by night.
//!
//! Everything is a pure function of a seed: each person has a true timeline,
//! calibrated on published figures, and each system tells it in its own way:
//! late, sometimes wrong at first, sometimes not at all. Nothing is held in
//! memory but one small entry a change: rows are made again when they are
//! pushed.
//!
//! | file | holds |
//! |---|---|
//! | `dice.rs` | seeded draws |
//! | `calendar.rs` | the nights |
//! | `tables.rs` | the figures, with their sources |
//! | `places.rs`, `country.rs` | communes, certifications, CFAs, sources |
//! | `names.rs`, `identity.rs` | who people are |
//! | `life.rs`, `career.rs` | what really happens to them |
//! | `story.rs`, `report.rs`, `told.rs` | what systems tell, and when |
//! | `row.rs` | the v3 row of one night |
//! | `simulation.rs` | the pushes of a night |

mod calendar;
mod career;
mod country;
mod dice;
mod identity;
mod life;
mod names;
mod places;
mod report;
mod row;
mod simulation;
mod story;
mod tables;
#[cfg(test)]
mod tests;
mod told;

pub use simulation::{Push, Settings, Simulation};
