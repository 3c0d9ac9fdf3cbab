//! Every limit of the HTTP doors, named once.

use std::time::Duration;

/// Connections that are served at once; more wait to be accepted.
pub const CONNECTIONS: usize = 1_024;
/// How long a connection may take to send the head of a request, its silence between requests included.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Header lines of a request.
pub const HEADERS: usize = 64;
/// Bytes of the head of a request.
pub const HEAD_BYTES: usize = 16 * 1024;
/// How long one request may take to be received and answered.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may last, whatever it does.
pub const CONNECTION_AGE: Duration = Duration::from_secs(60);
/// How long running requests have to end once the server is asked to stop.
pub const DRAIN: Duration = Duration::from_secs(5);
/// Bytes of a checkpoint that is submitted to a witness, its proof included.
pub const ADD_CHECKPOINT_BYTES: usize = 64 * 1024;
/// Refused checkpoints of a log that a witness keeps, of those that prove nothing by themselves: a proof that does not
/// hold, which anybody may send.
pub const DOUBTS_MAX: usize = 100;
