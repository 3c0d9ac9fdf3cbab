//! Every limit of the service, named once. Each is set explicitly: tonic's own
//! defaults leave most of them open.

use std::time::Duration;

access::limits! {
    /// The largest message of a push or of a reference set, in bytes: a v3 push of 2,000 rows is up to
    /// 10 MB.
    DECODE_BYTES: usize = 10 * 1024 * 1024;
    /// The largest message of any other request, in bytes: no question says more.
    QUESTION_BYTES: usize = 256 * 1024;
    /// Bytes of messages that have come in part, of all callers at once: before they are whole, nothing
    /// of them is read.
    RECEIVED_BYTES: usize = 128 * 1024 * 1024;
    /// The same of one key or person, and of one address for what needs no credential.
    RECEIVED_OF_CALLER_BYTES: usize = 32 * 1024 * 1024;
    /// The largest answer message, in bytes.
    ENCODE_BYTES: usize = 16 * 1024 * 1024;
    /// Bytes of the receipts in the answer of one batch; the events after them are answered without. A push
    /// stream has all of its receipts.
    RECEIPTS_BYTES: usize = ENCODE_BYTES / 4 * 3;
    /// Rows in one batch: what French management systems already send.
    BATCH_ROWS: usize = 2_000;
    /// Bytes of all the rows of one push stream, which are kept until its end.
    STREAM_BYTES: usize = 64 * 1024 * 1024;
    /// Bytes of the rows of all the pushes that are being received, written or
    /// answered at once. While a push is written memory holds about thrice its share.
    ALL_PUSHES_BYTES: usize = 4 * STREAM_BYTES;
    /// The same of one key.
    PUSHES_OF_CALLER_BYTES: usize = 2 * STREAM_BYTES;
    /// Rows of one push that are being written at once: they share the ledger's syncs.
    ROWS_IN_FLIGHT: usize = 64;
    /// Dossiers of the sources whose registries are in memory, at about 300 bytes each, and 95 for
    /// each row that says the same every night, two and a half a dossier at most; that of a larger source is there
    /// while it pushes.
    REGISTRY_DOSSIERS_MAX: usize = 200_000;
    /// Runs of several parts that may be open at once, over all sources.
    OPEN_RUNS: usize = 256;
    /// Rows of all the runs of several parts that are open, at about 400 bytes each.
    OPEN_ROWS: usize = 200_000;
    /// How long the sender of an open run must be silent before its rows may give way
    /// to those of another; it starts again from its first row.
    OPEN_RUN_SILENT: Duration = Duration::from_secs(120);
    /// How long a push waits for the one before it of the same source; shorter than
    /// [`REQUEST_TIMEOUT`], so that the sender learns why.
    TURN_WAIT: Duration = Duration::from_secs(20);
    /// How long a run of several parts waits for its next part.
    OPEN_RUN_IDLE: Duration = Duration::from_secs(3_600);
    /// Bytes of `software` in a run's declaration.
    SOFTWARE_BYTES: usize = 128;
    /// Bytes of `actor` in a human act.
    ACTOR_BYTES: usize = 64;
    /// Bytes of a free text in a human act.
    VERBATIM_BYTES: usize = 4_096;
    /// Items of a page when the question does not say.
    PAGE_DEFAULT: usize = 100;
    /// Items of a page at most; a larger wish is cut to it (AIP-158).
    PAGE_MAX: usize = 1_000;
    /// Bytes of the erasures of a page, after which it ends: one of a batch has some hundred thousand.
    ERASURES_PAGE_BYTES: usize = ENCODE_BYTES / 4;
    /// Dossiers that one page of what falls due, or one batch of what is done of it, looks at: a page
    /// may end before it is full.
    DUE_LOOKED_AT: usize = 20_000;
    /// The same of contracts that are written here, of which each is read.
    DUE_CONTRACTS_LOOKED_AT: usize = 1_000;
    /// Dossiers whose persons one call of retention erases together, if a person has not more alone.
    RETENTION_BATCH: usize = 1_000;
    /// Dossiers that one search of a person finds at most, and contracts written here that belong to none of them.
    FOUND_PERSONS: usize = 100;
    /// What people wrote in events of one type that is told of a contract: the newest. All of it is in the events.
    CONTRACT_TEXTS: usize = domain::contract::said::SAID_MAX;
    /// Bytes of a page token.
    PAGE_TOKEN_BYTES: usize = 512;
    /// Months of an evolution.
    EVOLUTION_MONTHS: usize = 120;
    /// How long one call may take to answer; a push stream has its own.
    REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
    /// How long a push stream may take from its first row to its last answer.
    PUSH_STREAM_TIMEOUT: Duration = Duration::from_secs(3_600);
    /// How long a log may be read in one stream. Its reader asks again after the last position, which is
    /// one more line in the log of reads.
    READING_AGE: Duration = Duration::from_secs(3_600);
    /// How often it is asked, while a stream goes on, whether its credential still opens the door.
    CREDENTIAL_ASKED_EVERY: Duration = Duration::from_secs(2);
    /// How long a question may wait for `min_position`.
    MIN_POSITION_WAIT: Duration = Duration::from_secs(10);
    /// How long running calls have to end once the server is asked to stop.
    DRAIN: Duration = Duration::from_secs(10);
    /// How long a reader may leave a streamed answer unread before it is dropped.
    SLOW_READER: Duration = Duration::from_secs(60);
    /// Connections at once, at some 50 KiB each while they are idle; one more is closed at once.
    CONNECTIONS: usize = 2_048;
    /// Connections of one address (of IPv6: of one network of 64 bits) at once.
    CONNECTIONS_PER_ADDRESS: usize = 256;
    /// How long a connection may take to say that it is HTTP/2, its TLS handshake included.
    OPENING_TIMEOUT: Duration = Duration::from_secs(10);
    /// How old a connection may be before it is told to end: its calls go on, others go elsewhere.
    CONNECTION_AGE: Duration = Duration::from_secs(1_800);
    /// How long the calls of a connection that was told to end may go on before it is cut: a little
    /// longer than any call may last.
    CONNECTION_GRACE: Duration = Duration::from_secs(3_660);
    /// Calls of one connection that run at once; more wait.
    CALLS_PER_CONNECTION: usize = 64;
    /// HTTP/2 streams of one connection.
    STREAMS_PER_CONNECTION: u32 = 128;
    /// Bytes of a request's headers.
    HEADER_LIST_BYTES: u32 = 16 * 1024;
    /// Streams that a client may reset before they are served.
    PENDING_RESETS: usize = 20;
    /// Streams of one connection that the server may reset for a client's mistakes before it closes it.
    ERROR_RESETS: usize = 128;
    /// How often an idle connection is probed.
    KEEP_ALIVE_EVERY: Duration = Duration::from_secs(30);
    /// How long a probe waits for its answer.
    KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(20);
    /// How far in the future of the ledger's clock an extraction may be.
    CLOCK_AHEAD: Duration = Duration::from_secs(86_400);
    /// What a refused client should wait when the ledger is overloaded.
    RETRY_AFTER: Duration = Duration::from_secs(1);
    /// Events read from the ledger at once when a whole log is streamed.
    STREAM_READ_EVENTS: usize = 512;
    /// Bytes of the records in one message of a log that is streamed as it is stored; a record that
    /// has more goes alone.
    RECORDS_MESSAGE_BYTES: usize = 64 * 1024;
    /// Bytes of one part of a file that is streamed.
    FILE_PART_BYTES: usize = 64 * 1024;
    /// Contracts of a sample.
    SAMPLE_CONTRACTS: usize = 200;
    /// Bytes of the documents that what is known of a person has in it; the others it names.
    PERSON_DOCUMENT_BYTES: usize = 128 << 20;
    /// Files (bundles, what is known of a person) that are made at once; of one key or person one.
    FILES_MADE_AT_ONCE: usize = 2;
    /// Bytes of all the files that are being sent.
    ALL_FILES_BYTES: usize = 2 * FILES_OF_CALLER_BYTES;
    /// The same of one key or person.
    FILES_OF_CALLER_BYTES: usize = BUNDLE_BYTES;
    /// Bytes of a bundle; of a longer history the events are read instead.
    BUNDLE_BYTES: usize = ledger::notary::BUNDLE_BYTES_MAX;
    /// Bytes of a document that is attached to a contract.
    DOCUMENT_BYTES: usize = ledger::limits::DOCUMENT_BYTES_MAX;
    /// Attempts of an act on a contract that changes under it.
    CONTRACT_ATTEMPTS: usize = 8;
    /// Bytes of all the documents of a contract.
    CONTRACT_DOCUMENT_BYTES: usize = ledger::limits::CONTRACT_DOCUMENT_BYTES_MAX as usize;
    /// Bytes of what a provider of signatures says in one message: more than any says.
    WEBHOOK_BYTES: usize = 64 * 1024;
    /// How long the body of such a message may take to come.
    WEBHOOK_BODY_TIMEOUT: Duration = Duration::from_secs(10);
    /// How far the time of such a message may be from the clock.
    WEBHOOK_TOLERANCE: Duration = ledger::signatures::external::TIMESTAMP_TOLERANCE;
    /// Such messages that are read, verified and written at once.
    WEBHOOKS_AT_ONCE: usize = 64;
    /// Such messages that are read at once of addresses that sent too many that were no provider's, beside those; more
    /// wait. One of them is verified at a time.
    WEBHOOKS_DOUBTED_AT_ONCE: usize = 16;
    /// Such messages of one provider in a minute.
    WEBHOOKS_PER_MINUTE: u32 = 3_000;
    /// Messages of one address in a minute that are no provider's; the next ones are told to wait, and all that comes
    /// from there is doubted meanwhile.
    WEBHOOKS_REFUSED_PER_MINUTE: u32 = 60;
    /// Bytes of the evidence of a signature.
    EVIDENCE_BYTES: usize = ledger::signatures::EVIDENCE_BYTES_MAX;
    /// Rows of a run.
    RUN_ROWS: usize = domain::runs::MAX_ROWS;
    /// Persons, each in one role, in one erasure.
    ERASED_TOGETHER: usize = ledger::limits::ERASED_TOGETHER_MAX;
    /// Bytes of a refused row whose content is kept.
    QUARANTINE_ROW_BYTES: usize = ledger::limits::QUARANTINE_ROW_BYTES_MAX;
    /// Faults of a refused row that are kept: the first ones.
    QUARANTINE_FAULTS: usize = ledger::limits::QUARANTINE_FAULTS_MAX;
    /// Bytes of a reference set.
    REFERENCE_SET_BYTES: usize = 9 * 1024 * 1024;
    /// Bytes that a stream may send before they are read: a batch in few round trips.
    STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
    /// Bytes that a connection may send before they are read.
    CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;
    /// How long after the last row of a stream whose rows are not as many as it said its cancellation
    /// may be seen.
    CANCEL_SEEN: Duration = Duration::from_millis(20);
}
