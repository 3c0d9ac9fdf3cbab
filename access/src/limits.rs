//! Every limit of this room, named once.

use std::time::Duration;

/// In what a limit is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things, calls, rows.
    Count,
    /// Bytes.
    Bytes,
    /// Milliseconds.
    Milliseconds,
}

/// A limit, as it is told to whoever asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Its name, that of the constant.
    pub name: &'static str,
    /// How much.
    pub value: u64,
    /// Of what.
    pub unit: Unit,
    /// What it limits.
    pub text: &'static str,
}

/// What a limit may be.
pub trait Value {
    /// How much, when it is so many milliseconds.
    fn milliseconds(&self) -> Option<u64>;
    /// How much, when it is a number.
    fn count(&self) -> u64;
}

impl Value for Duration {
    fn milliseconds(&self) -> Option<u64> {
        Some(u64::try_from(self.as_millis()).unwrap_or(u64::MAX))
    }

    fn count(&self) -> u64 {
        self.as_secs()
    }
}

impl Value for usize {
    fn milliseconds(&self) -> Option<u64> {
        None
    }

    fn count(&self) -> u64 {
        *self as u64
    }
}

impl Value for u32 {
    fn milliseconds(&self) -> Option<u64> {
        None
    }

    fn count(&self) -> u64 {
        u64::from(*self)
    }
}

impl Limit {
    /// A limit by its constant. One whose name says bytes counts bytes.
    #[must_use]
    pub fn new(name: &'static str, value: &impl Value, text: &'static str) -> Self {
        let (value, unit) = match value.milliseconds() {
            Some(milliseconds) => (milliseconds, Unit::Milliseconds),
            None if name.contains("BYTES") => (value.count(), Unit::Bytes),
            None => (value.count(), Unit::Count),
        };
        Self { name, value, unit, text: text.trim_start() }
    }
}

/// Declares limits: a constant each, and `all()` that tells them.
#[macro_export]
macro_rules! limits {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $value:expr;)*) => {
        $($(#[doc = $doc])+ pub const $name: $type = $value;)*

        /// Every limit of this file, in its order.
        #[must_use]
        pub fn all() -> Vec<$crate::limits::Limit> {
            vec![$($crate::limits::Limit::new(stringify!($name), &$name, concat!($($doc),+))),*]
        }
    };
}

limits! {
    /// Calls of one key in a minute, when the key does not say (facts 3.2).
    KEY_CALLS_PER_MINUTE: u32 = 3_000;
    /// Rows that one key may push in an hour (facts 3.2).
    KEY_ROWS_PER_HOUR: u32 = 200_000;
    /// Calls of one person in a minute (facts 3.2).
    PERSON_CALLS_PER_MINUTE: u32 = 1_000;
    /// Wrong credentials of one address in a minute (facts 3.2); the next ones wait, and no token of
    /// that address is verified meanwhile. An API key that stands is let in whoever shares its address.
    FAILURES_PER_MINUTE: u32 = 5;
    /// Addresses and callers whose rates are kept in memory, at about 100 bytes each.
    RATES_KEPT: usize = 100_000;
    /// Keys alive at once of one holder: the old and the new one of a rotation.
    KEYS_ALIVE: usize = 2;
    /// Days that a key lives when nobody says otherwise.
    KEY_DAYS: u32 = 365;
    /// Establishments of one key.
    ESTABLISHMENTS: usize = 5_000;
    /// How often the files of keys and grants are looked at for a change.
    LOOK_EVERY: Duration = Duration::from_millis(200);
    /// How often the days on which keys were used last are written.
    LAST_USE_EVERY: Duration = Duration::from_secs(60);
    /// Bytes of the reason of a read.
    REASON_BYTES: usize = 200;
    /// Bytes of a principal: what stands before the `/` in an actor.
    PRINCIPAL_BYTES: usize = 14;
    /// Bytes of room kept for the next lines of the log of reads, for when the disk is full: some
    /// three thousand.
    LOG_RESERVED_BYTES: usize = 1024 * 1024;
    /// Months that a line of the log of reads is kept (facts 2.1).
    LOG_KEPT_MONTHS: u32 = 12;
    /// Bytes of what a read was of, in the log of reads.
    READ_OF_BYTES: usize = 200;
    /// How far the clocks of a provider and of this server may differ.
    TOKEN_LEEWAY: Duration = Duration::from_secs(30);
    /// How long a provider may take to answer with its keys.
    PROVIDER_TIMEOUT: Duration = Duration::from_secs(5);
    /// How long a token whose key is not known, or too old, waits for the provider.
    PROVIDER_WAIT: Duration = Duration::from_secs(5);
    /// Tokens that may wait for the provider at once; for one more it does not answer.
    PROVIDER_WAITERS: usize = 16;
    /// Bytes of what a provider answers.
    PROVIDER_BYTES: usize = 256 * 1024;
    /// How old the keys of a provider may be before they are fetched again.
    PROVIDER_KEYS_AGE: Duration = Duration::from_secs(3_600);
    /// How old the keys of a provider may be and still serve: older ones wait for the provider, which may have
    /// withdrawn them.
    PROVIDER_KEYS_AGE_MAX: Duration = Duration::from_secs(2 * 3_600);
    /// How long after a provider was asked it is not asked again, whatever tokens say.
    PROVIDER_AGAIN: Duration = Duration::from_secs(10);
    /// Providers of signatures that are trusted at once.
    SIGNATURE_PROVIDERS: usize = 64;
    /// Keys of one: two while it changes its key.
    SIGNATURE_PROVIDER_KEYS: usize = 2;
    /// Bytes of the name of one.
    PROVIDER_NAME_BYTES: usize = 32;
    /// Bytes of a credential: a token of a provider is a few thousand.
    CREDENTIAL_BYTES: usize = 8 * 1024;
}
