//! Every limit of the HTTP doors and of who is behind them, named once.

use std::time::Duration;

access::limits! {
    /// Connections to the HTTP door (checkpoint and tiles, or a witness) at once; one more is closed at once.
    HTTP_CONNECTIONS: usize = 1_024;
    /// Connections to the HTTP door of one address (of IPv6: of one network of 64 bits) at once.
    HTTP_CONNECTIONS_PER_ADDRESS: usize = 128;
    /// How long a connection may take to send the head of an HTTP request, its silence between requests
    /// included.
    HTTP_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
    /// Header lines of an HTTP request.
    HTTP_HEADERS: usize = 64;
    /// Bytes of the head of an HTTP request.
    HTTP_HEAD_BYTES: usize = 16 * 1024;
    /// How long a connection may take to send the body of an HTTP request.
    HTTP_BODY_TIMEOUT: Duration = Duration::from_secs(10);
    /// How long an HTTP answer may be looked for.
    HTTP_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
    /// How long an HTTP connection may last, whatever it does.
    HTTP_CONNECTION_AGE: Duration = Duration::from_secs(60);
    /// How long running HTTP requests have to end once the server is asked to stop.
    HTTP_DRAIN: Duration = Duration::from_secs(5);
    /// Bytes of a checkpoint that is submitted to a witness, its proof included.
    ADD_CHECKPOINT_BYTES: usize = 64 * 1024;
    /// Other trees of one size that a log signed, of which a witness keeps the first: each is a proof by itself.
    OTHER_ROOTS_MAX: usize = 8;
    /// Refused checkpoints of a log that a witness keeps, of those that prove nothing by themselves: a proof
    /// that does not hold, which anybody may send.
    DOUBTS_MAX: usize = 100;
    /// Of those, the first, which stay; the others are the newest.
    DOUBTS_FIRST: usize = 50;
}
