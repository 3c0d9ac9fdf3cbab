//! What is written: the ledger of one data folder.
//!
//! A command's way: [`Ledger::execute`] loads the enrolment, decides, encodes,
//! seals under personal keys, and appends to the journal, which answers with a
//! receipt once the events are durable. Reading back gives events decoded,
//! sealed values hidden unless they are asked for.
//!
//! | module | holds |
//! |---|---|
//! | [`store`] | [`Ledger`]: what the rooms above use |
//! | [`codec`] | domain events to stored bytes and back |
//! | [`record`] | header, body, sections: what is hashed |
//! | [`journal`] | the append-only log: a trait, files, memory |
//! | [`vault`] | the keys of persons, keyed names |
//! | [`tree`] | the hashes that proofs are made of |
//! | [`notary`] | what the log signs: checkpoints and bundles |
//! | [`signatures`] | what parties of a contract sign, verified |
//! | [`quarantine`] | refused rows, sealed, for 30 days |
//! | [`fsck`] | checks everything again |
//! | [`backup`] | a copy that can be put back, taken while a server writes |
//! | [`limits`] | every limit, named once |
//! | [`time`], [`random`], [`disk`] | the clock, randomness and the file system, passed in |
//!
//! A data folder: `LOCK`, `log/` (the journal), `keys/` (the vault), and
//! `quarantine/`. Everything else there is derived and not made here.

pub mod backup;
pub mod codec;
pub mod erasure;
mod error;
pub mod fsck;
pub mod journal;
pub mod limits;
pub mod notary;
pub mod quarantine;
pub mod random;
pub mod record;
pub mod signatures;
pub mod store;
pub mod time;
pub mod tree;
pub mod vault;

pub use error::LedgerError;
pub use journal::{AppendError, Head, Receipt, ReceiptLine};
pub use store::{
    ActOnContract, Acted, Beside, Drafted, EmployerSaid, Executed, Ledger, LoadedContract,
    LoadedEnrolment, Options, PersonSaid, Recorded, RequestMeta, Signing, SpeaksFor,
};
pub use tables::disk;
pub use time::{Clock, ManualClock, SystemClock};
