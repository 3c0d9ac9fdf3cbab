//! Every limit of this room, named once.

use std::time::Duration;

/// Calls of one key in a minute, when the key does not say (facts 3.2).
pub const KEY_CALLS_PER_MINUTE: u32 = 3_000;
/// Rows that one key may push in an hour (facts 3.2).
pub const KEY_ROWS_PER_HOUR: u32 = 200_000;
/// Calls of one person in a minute (facts 3.2).
pub const PERSON_CALLS_PER_MINUTE: u32 = 1_000;
/// Refused credentials of one address in a minute (facts 3.2); the next ones wait, and no token of
/// that address is verified meanwhile. An API key that stands is let in whoever shares its address.
pub const FAILURES_PER_MINUTE: u32 = 5;
/// Addresses and callers whose rates are kept in memory, at about 100 bytes each.
pub const RATES_KEPT: usize = 100_000;
/// Keys alive at once of one holder: the old and the new one of a rotation.
pub const KEYS_ALIVE: usize = 2;
/// Days that a key lives when nobody says otherwise.
pub const KEY_DAYS: u32 = 365;
/// Establishments of one key.
pub const ESTABLISHMENTS: usize = 5_000;
/// How often the files of keys and grants are looked at for a change.
pub const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How often the days on which keys were used last are written.
pub const LAST_USE_EVERY: Duration = Duration::from_secs(60);
/// Bytes of the reason of a read.
pub const REASON_BYTES: usize = 200;
/// Bytes of a principal: what stands before the `/` in an actor.
pub const PRINCIPAL_BYTES: usize = 14;
/// Bytes of what a read was of, in the log of reads.
pub const READ_OF_BYTES: usize = 200;
/// Bytes of a credential: a token of a provider is a few thousand.
pub const CREDENTIAL_BYTES: usize = 8 * 1024;
