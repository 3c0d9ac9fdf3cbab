//! The ledger as the rooms above use it.
//!
//! | module | holds |
//! |---|---|
//! | `open` | the folder, its lock and its options |
//! | `lost` | the log against the key store |
//! | `execute` | commands in, events and receipts out |
//! | `contracts` | contracts whose workflow runs here: acts in, events and receipts out; documents and evidence |
//! | `drafted` | which contracts are written here, and of which enrolment |
//! | `events` | runs, links and reference sets |
//! | `aside` | what is told beside an event of those contracts, of its sealed sections |
//! | `read` | enrolments, streams and the log, decoded |
//! | [`enrolments`] | enrolments over the journal, also as cqrs-es's `EventStore` |
//! | `sealing` | clear sections to sealed ones |
//! | `genuine` | a history against what was recorded and signed, before anything is decided on it |
//! | `directory` | lookup keys and contracts to their streams: what the log says, followed |
//! | `loaded` | those contracts, read back and kept open |
//! | `cache` | what is kept open, of enrolments and contracts |
//! | `rekey` | another key-encryption key, while nobody has the folder |
//! | `request` | who asks, and how that travels through cqrs-es |

mod aside;
mod cache;
pub mod contracts;
mod directory;
mod drafted;
pub mod enrolments;
mod events;
mod execute;
mod genuine;
mod loaded;
mod lost;
mod notices;
mod open;
mod previous;
mod read;
mod rekey;
mod request;
pub(crate) mod sealing;

pub use aside::{EmployerSaid, PersonSaid};
pub(crate) use cache::Caches;
pub use contracts::{ActOnContract, Acted, Beside, Signing};
pub use drafted::Drafted;
pub use execute::{Executed, SpeaksFor};
pub use loaded::LoadedContract;
pub(crate) use lost::Lost;
pub use open::Options;
pub(crate) use open::{lock, make};
pub use read::{LoadedEnrolment, Recorded};
pub use request::RequestMeta;

use crate::erasure::{Engine, Tombstones};
use crate::journal::{Head, Journal, ReadError};
use crate::quarantine::Quarantine;
use crate::time::Clock;
use crate::vault::{Names, Vault};
use domain::ids::Position;
use enrolments::EnrolmentStore;
use loaded::Contracts;
use std::fmt;
use std::fs::File;
use std::sync::Arc;
use tokio::sync::{Mutex, watch};

/// The ledger of one data folder.
///
/// Cheap to share behind an [`Arc`]; everything takes `&self`.
pub struct Ledger {
    store: EnrolmentStore,
    contracts: Contracts,
    clock: Arc<dyn Clock>,
    quarantine: Arc<Quarantine>,
    pub(crate) erasures: Engine,
    pub(crate) tombstones: Tombstones,
    /// First declarations of one learner and certification wait for each other here, so that two
    /// rows with different entry dates do not open two streams.
    first_declarations: Vec<Arc<Mutex<()>>>,
    /// Held as long as the folder is used. Last, so that it is released last.
    _lock: File,
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ledger").field("head", &self.head()).finish_non_exhaustive()
    }
}

impl Ledger {
    /// The newest durable state: position, time, root of the tree.
    #[must_use]
    pub fn head(&self) -> Head {
        self.journal().head()
    }

    /// Tells each time that the head moves.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Head> {
        self.journal().watch()
    }

    /// Waits until the head reaches a position; the caller bounds the wait.
    ///
    /// # Errors
    /// When the journal is shut before.
    pub async fn reach(&self, position: Position) -> Result<Head, ReadError> {
        self.journal().reach(position).await
    }

    /// The journal below.
    #[must_use]
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.store.journal
    }

    /// The enrolments as cqrs-es sees them. [`Ledger::execute`] is the way in for
    /// commands: it also answers retries and guards first declarations.
    #[must_use]
    pub const fn enrolments(&self) -> &EnrolmentStore {
        &self.store
    }

    /// Keyed names of streams, events and contracts.
    #[must_use]
    pub fn names(&self) -> &Names {
        self.store.vault.names()
    }

    /// The keys of persons.
    #[must_use]
    pub fn vault(&self) -> &Vault {
        &self.store.vault
    }

    /// Refused rows, sealed, for 30 days.
    #[must_use]
    pub fn quarantine(&self) -> &Quarantine {
        &self.quarantine
    }

    /// Up to where views may follow the log, `None` when all the way: while persons are being
    /// erased, views stay before the event that says so until its fence stands.
    #[must_use]
    pub fn shown(&self) -> watch::Receiver<Option<Position>> {
        self.erasures.shown.subscribe()
    }

    /// The clock of this ledger.
    #[must_use]
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

#[cfg(test)]
mod tests;
