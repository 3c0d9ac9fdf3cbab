//! Who may say and ask what: the tonic services of `registre.v1`.
//!
//! | module | holds |
//! |---|---|
//! | [`push`] | the push pipeline, the same for streams and batches |
//! | [`services`] | one file a service |
//! | [`server`] | all services on one listener, with their limits |
//! | [`client`] | pushing rows from Rust: the command line, the demo, tests |
//! | [`connections`] | what comes to the listener: caps, TLS, openings that take too long |
//! | [`door`] | whoever calls is recognised and admitted, before anything is read |
//! | [`webhook`] | where providers of signatures say what became of one, over HTTP |
//! | [`convert`] | messages to and from the words of the domain |
//! | [`errors`] | one mapping from failures to gRPC status with rich details |
//! | [`limits`] | every limit, named once |
//! | [`names`], [`times`], [`pages`] | resource names, days and instants, page tokens |

pub mod client;
pub mod connections;
pub mod convert;
pub mod door;
pub mod errors;
pub mod limits;
pub mod names;
pub mod pages;
pub mod push;
mod room;
pub mod server;
pub mod services;
pub mod times;
pub mod webhook;

pub use server::{ServeError, Services, serve};
