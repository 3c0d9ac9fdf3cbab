//! What the events mean: one folder a view, each a fold and its queries.
//!
//! This room reads events through its own trait, [`source::EventSource`]; it
//! knows neither the journal nor the network.

pub mod headcount;
pub mod reference;
pub mod source;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
