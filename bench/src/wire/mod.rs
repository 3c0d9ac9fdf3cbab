//! Bare appends over gRPC. The public API has none and must not get one.
//!
//! | module | holds |
//! |---|---|
//! | `server` | any engine behind the service, on a runtime of its own |
//! | `client` | connections, and a connection as an engine |
//!
//! The messages are those of `proto/registre/bench/v1/bare_log.proto`; the generated code is checked
//! in, like that of the public API.

mod client;
mod server;

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::pedantic,
    clippy::restriction,
    reason = "generated code"
)]
mod generated {
    include!("generated/registre.bench.v1.rs");
}

pub use client::{Remote, connect};
pub use generated::bare_log_client::BareLogClient;
pub use generated::{AppendReply, AppendRequest, CeilingMessage, CeilingRequest};
pub use server::{Server, server_runtime};
