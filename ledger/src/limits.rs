//! Every limit of the ledger, named once.

/// Longest header of a record, in bytes: a leaf must fit a C2SP entry tile many times over.
pub const HEADER_BYTES_MAX: usize = 1024;
/// Longest public body, in bytes. The largest are push runs of 20,000 rows.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Longest sealed section, in bytes, nonce and tag included.
pub const SECTION_BYTES_MAX: usize = 64 * 1024;
/// Sections in one record.
pub const SECTIONS_MAX: usize = 8;
/// Longest actor, in bytes.
pub const ACTOR_BYTES_MAX: usize = 128;
/// Events in one request.
pub const REQUEST_EVENTS_MAX: usize = 1024;
/// Bytes of one request as stored.
pub const REQUEST_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Bytes of a document that is attached to a contract.
pub const DOCUMENT_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes of all the documents of a contract: whoever loads it reads them.
pub const CONTRACT_DOCUMENT_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Requests that may wait for the journal's writer.
pub const QUEUE_REQUESTS_MAX: usize = 4096;
/// Kibibytes that may wait for the journal's writer.
pub const QUEUE_KIB_MAX: usize = 64 * 1024;
/// Requests that go together in one group.
pub const GROUP_REQUESTS_MAX: usize = 1024;
/// Bytes after which a group takes no further request.
pub const GROUP_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Default size of a segment file, in bytes.
pub const SEGMENT_BYTES_DEFAULT: u64 = 64 * 1024 * 1024;
/// Smallest size of a segment file, in bytes; for tests.
pub const SEGMENT_BYTES_MIN: u64 = 16 * 1024;
/// Largest size of a segment file, in bytes: offsets have 32 bits.
pub const SEGMENT_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Last position that the in-memory index can name.
pub const POSITION_MAX: u64 = u32::MAX as u64;

/// Records in one read.
pub const READ_RECORDS_MAX: usize = 100_000;
/// Bytes of records after which a read stops; it gives one record at least.
pub const READ_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes that one read from a segment brings.
pub const READ_CHUNK_BYTES: usize = 256 * 1024;

/// Positions whose lookup keys, and entries of the key store whose places, are in memory before
/// a table is made of them.
pub const INDEXED_IN_MEMORY_DEFAULT: u32 = 128 * 1024;
/// Persons, each in one role, in one erasure: its event names each, and each of their statements.
pub const ERASED_TOGETHER_MAX: usize = 5_000;
/// Enrolments kept open in memory.
pub const CACHED_ENROLMENTS_MAX: usize = 10_000;
/// Contracts kept open in memory, without their documents.
pub const CACHED_CONTRACTS_MAX: usize = 2_000;
/// Bytes of all of them, estimated by what their events said; one of more than half of it is read
/// again each time.
pub const CACHED_CONTRACT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Attempts of a command whose stream changes under it.
pub const CONFLICT_ATTEMPTS_MAX: usize = 8;
/// New keys that one sync of the vault may carry.
pub const VAULT_BATCH_MAX: usize = 4096;
/// Days that a refused row stays in quarantine.
pub const QUARANTINE_DAYS: i64 = 30;
/// Bytes of a refused row whose content is kept; a row of ordinary values has a few thousand.
pub const QUARANTINE_ROW_BYTES_MAX: usize = 64 * 1024;
/// Bytes of content that the quarantine keeps of one source and day.
pub const QUARANTINE_SOURCE_DAY_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Bytes that the quarantine keeps beside the contents, of one source and day: which rows were refused, and
/// why. It is each source's own, however full the day.
pub const QUARANTINE_SOURCE_DAY_HEADS_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// Faults of a refused row that are kept: the first ones.
pub const QUARANTINE_FAULTS_MAX: usize = 20;
/// Bytes of content that the quarantine keeps of one day: 15 GiB in 30 days, at most.
pub const QUARANTINE_DAY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Leaves of the tree whose hashes are in memory, at 32 bytes each, before they are stored; after a restart as
/// many events at most are read for them.
pub const TREE_IN_MEMORY: u64 = 64 * 1024;
