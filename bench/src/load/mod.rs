//! What is appended, and by how many at once.
//!
//! | module | holds |
//! |---|---|
//! | `workload` | streams, versions, request ids and payloads of one client |
//! | `drive` | clients that each wait for an answer before they ask again |

mod drive;
mod workload;

pub use drive::{Client, Load, append, append_as, drive, on_workers};
pub use workload::{PAYLOAD_BYTES, STREAM_EVENTS, STREAMS_ACTIVE, Workload, name, payload};
