//! Persons erased: a request, a decision, then, in this order, what makes it true.
//!
//! | step | what | after it |
//! |---|---|---|
//! | `find` | the log is read, for all who are erased together, and for those whom it finds in their dossiers since the request | nothing is written of them any more |
//! | event | `PersonErased` is appended: the register | it will be done, whatever happens |
//! | fence | beside the keys: who, by which event, of which key | nobody gets the key |
//! | quarantine | refused rows that hold their words are overwritten | |
//! | destroy | their entries in the key store say erased | no copy of the log can be read with these keys |
//! | zero | their sections in the log are zeros | nor with any other |
//! | finish | beside the keys: how many sections, and a witness of each file | it is not looked at again |
//! | evict | what memory holds is forgotten | |
//!
//! Each step is durable before the next, and doing it again changes nothing. Killed anywhere after
//! the event, the next opening ends it before anything is read; killed before, nothing happened.
//! The same way, an older copy of the log or of the keys that is put back is erased again.
//!
//! | module | holds |
//! |---|---|
//! | `workflow` | request and decision; where an erasure stands |
//! | `find` | the sections of persons, and what stays of their identities |
//! | `words` | what names a person, to be looked for in the quarantine |
//! | `execute` | the steps, while others read and write |
//! | `replay` | the steps that are missing, at opening |
//! | `register` | the erasures that the log says |
//! | `tombstones` | pseudonyms of those who have none any more |
//! | `audit` | what survived an erasure, for `fsck` |
//! | `certificate` | what is handed to whoever asked |

mod audit;
mod certificate;
mod execute;
mod find;
mod register;
mod replay;
mod tombstones;
mod words;
mod workflow;

pub(crate) use audit::Audit;
pub use audit::Survivors;
pub use certificate::Certificate;
pub(crate) use execute::Engine;
pub(crate) use find::is_of_apprentice;
pub(crate) use replay::replay;
pub(crate) use tombstones::Last as Tombstones;
pub(crate) use words::Words;
pub use workflow::{About, Recorded};
