//! Reference tables: what places a commune, a CFA or a certification.
//!
//! A set is loaded whole and never edited. Its canonical JSON
//! (`docs/formats/reference-set.md`) has one SHA-256, which names it for ever;
//! the event `ReferenceSetLoaded` says from which position it is in force, and
//! every answer that needed a set names it.
//!
//! | file | holds |
//! |---|---|
//! | `set.rs` | the tables and what is asked of them |
//! | `parse.rs` | canonical JSON in and out, every refusal |
//! | `library.rs` | sets in a folder, each under its hash |

mod library;
mod parse;
mod set;

pub use library::{InForce, LibraryError, ReferenceLibrary};
pub use parse::{MAX_BYTES, ReferenceError};
pub use set::{CertificationEntry, Commune, Departement, ReferenceHash, ReferenceSet};
