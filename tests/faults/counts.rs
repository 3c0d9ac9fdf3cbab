//! How often each fault is tried: the one table.
//!
//! `share` is what `cargo test` runs: it keeps the whole suite under six minutes
//! on two cores in a debug build. `full` is what `FAULTS_FULL=1` runs.

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    /// The row's number in `docs/faults.md`.
    pub row: u8,
    /// The fault, in a few words.
    pub fault: &'static str,
    /// The test that makes it.
    pub test: &'static str,
    /// Runs in `cargo test`.
    pub share: u64,
    /// Runs with `FAULTS_FULL=1`.
    pub full: u64,
}

/// Every call of the script, whatever their number.
pub const EVERY: u64 = u64::MAX;

const fn count(row: u8, fault: &'static str, test: &'static str, share: u64, full: u64) -> Count {
    Count { row, fault, test, share, full }
}

/// A kill.
pub const KILL_NINE: Count = count(1, "kill -9 during append", "kill_nine", 20, 5_000);
/// A call of an append that begins a segment.
pub const KILLED_AT_EACH: Count =
    count(2, "kill at each syscall", "killed_at_each_syscall", EVERY, EVERY);
/// The same.
pub const ERROR_AT_EACH: Count =
    count(3, "EIO at each syscall", "error_at_each_syscall", EVERY, EVERY);
/// A server whose sync fails once.
pub const FAILED_SYNC: Count = count(4, "fsync fails once", "failed_sync", 6, 20);
/// A journal of eight lives.
pub const TORN_WRITES: Count = count(5, "torn writes", "torn_writes", 150, 2_000);
/// The same with two to seven requests on their way at once.
pub const TORN_IN_COMPANY: Count =
    count(5, "torn writes, several in flight", "torn_writes_in_company", 150, 2_000);
/// The same, with segments that end after three requests.
pub const LOST_NAMES: Count = count(6, "lost directory entries", "lost_names", 100, 500);
/// The same, three times: twice with one seed.
pub const SAME_STORY: Count =
    count(5, "the same seed twice", "a_seed_tells_the_same_story_twice", 10, 100);
/// A disk of 8 to 64 MiB that is filled, then freed.
pub const DISK_FULL: Count = count(7, "disk full", "disk_full", 8, 100);
/// A page with one flipped bit, then of zeros. All of them when full.
pub const DAMAGED_PAGES: Count = count(8, "damaged page", "damaged_pages", 30, 4_096);
/// A page of the log with one flipped bit under an open ledger: all of them.
pub const DAMAGED_WHILE_OPEN: Count =
    count(8, "damaged page while open", "damaged_while_open", 100, 4_000);
/// A file that is cut: at every edge, and at so many random lengths.
pub const TRUNCATIONS: Count = count(9, "truncated file", "truncations", 60, 1_000);
/// A clock that jumps thirty times.
pub const CLOCKS: Count = count(12, "clock jumps", "clocks", 3, 20);
/// A batch, sent one to five times.
pub const DUPLICATES: Count = count(13, "duplicated pushes", "duplicates", 400, 10_000);
/// A dossier told in twelve extractions, by eight clients in any order.
pub const INTERLEAVED: Count = count(14, "interleaved batches", "interleaved", 40, 2_000);
/// A link that goes down for 0.1 to 10 seconds under a push, a follower and a reader.
pub const PARTITIONS: Count = count(16, "partition mid-stream", "partitions", 6, 200);
/// A reader of one message a second.
pub const SLOW_READERS: Count = count(17, "slow consumer", "slow_readers", 10, 50);
/// A kill while views follow, or while they are rebuilt.
pub const VIEWS: Count = count(19, "projection killed, rebuilt", "views_rebuilt", 12, 200);
/// A second server, three times on one folder.
pub const TWO_SERVERS: Count = count(22, "two servers on one folder", "two_servers", 4, 20);
/// A data folder of each released version.
pub const OLD_VERSIONS: Count = count(24, "old versions' files", "old_versions", 1, 1);
/// A call of the server that erases a person: all of them when full.
pub const ERASURE_KILLED: Count =
    count(27, "erasure killed at each syscall", "erasure_killed_at_each_syscall", 8, EVERY);
/// A call of a rotation of the key-encryption key: all of them when full.
pub const REKEY_KILLED: Count =
    count(28, "rotation killed at each syscall", "rekey_killed_at_each_syscall", 8, EVERY);
