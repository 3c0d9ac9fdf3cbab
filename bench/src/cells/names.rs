//! How cells are called: the table shows it, promises and `--only` speak of it.

use super::remote::Layout;
use crate::load::Load;

/// The journal of this ledger.
pub const JOURNAL: &str = "journal";
/// The log that does nothing but group commit.
pub const RAW_LOG: &str = "raw log";
/// The engine that writes nothing.
pub const NULL: &str = "null engine";

/// The file that is written at once.
pub const SEQUENTIAL: &str = "disk: sequential write";
/// What an event takes on the disk.
pub const BYTES: &str = "disk: bytes per event over record size, 64 in flight";
/// Decoding and nothing else.
pub const PROST: &str = "replay: prost alone, one core";
/// The log, read and decoded.
pub const REPLAY: &str = "replay: read_after + prost, one core";
/// The log, read and made into events of the domain.
pub const REPLAY_EVENTS: &str = "replay: read_after + domain events, one core";
/// What a stream of the transport can carry.
pub const CEILING: &str = "gRPC: server stream of 500-byte messages";

/// The whole log, through the public API.
pub const REPLAY_REMOTE: &str = "gRPC: replay by StreamRecords, real server";
/// A unary command, while the views follow.
pub const COMMAND: &str = "real server: unary command, 64 in flight on 4 connections";
/// The same while the views do not follow.
pub const COMMAND_LEFT: &str =
    "real server, views left: unary command, 64 in flight on 4 connections";
/// New dossiers: events a second, and dossiers.
pub const PUSH_NEW: [&str; 2] = [
    "real server: PushDossiers, new, 16 clients (events)",
    "real server: PushDossiers, new, 16 clients (dossiers)",
];
/// The same while the views do not follow.
pub const PUSH_NEW_LEFT: [&str; 2] = [
    "real server, views left: PushDossiers, new, 16 clients (events)",
    "real server, views left: PushDossiers, new, 16 clients (dossiers)",
];
/// The same dossiers again, dossiers a second: known since they were written.
pub const PUSH_SECOND: &str = "real server: PushDossiers, unchanged, 2nd night (dossiers)";
/// The same dossiers once more, and every night after.
pub const PUSH_AGAIN: &str = "real server: PushDossiers, unchanged, 3rd night (dossiers)";

/// An engine in the process of its clients.
#[must_use]
pub fn in_process(engine: &str, load: Load) -> String {
    let Load { in_flight, events } = load;
    let each = if events == 1 { String::new() } else { format!(" x {events} events") };
    format!("in process: {engine}, {in_flight} in flight{each}")
}

/// An engine behind gRPC.
#[must_use]
pub fn remote(engine: &str, layout: Layout) -> String {
    let Layout { load: Load { in_flight, events }, connections } = layout;
    let who = match (in_flight, connections) {
        (1, 1) => "1 client".to_owned(),
        (in_flight, connections) if in_flight == connections => format!("{in_flight} clients"),
        (in_flight, connections) => format!("{in_flight} in flight on {connections} connections"),
    };
    let each = if events == 1 { String::new() } else { format!(" x {events} events") };
    format!("gRPC: {engine}, {who}{each}")
}
