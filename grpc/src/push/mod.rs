//! The push pipeline: from rows to answers, the same for streams and batches.
//!
//! | file | does |
//! |---|---|
//! | `declaration.rs` | checks what the sender says of the run |
//! | `prepare.rs` | rows to checked declarations, digests and request ids |
//! | `twins.rs` | two different rows of one push with one identity |
//! | `port.rs`, `book.rs` | what the pipeline asks of the ledger, and the ledger's answer |
//! | `registry.rs`, `dossiers.rs`, `runs.rs` | what the runs of a source settled, folded from the log |
//! | `trainers.rs` | whose a dossier is, and whose dossiers the newest full runs spoke of |
//! | `registries.rs` | the registries of the sources that push |
//! | `repeats.rs` | rows that say the same as the night before |
//! | `rows.rs` | each row against what is known, 64 at once |
//! | `close.rs`, `apply.rs` | disappearances judged, applied or held; the one event of the run |
//! | `parts.rs` | runs that come in several batches |
//! | `pipeline.rs` | the order of all this |
//! | `holds.rs` | the CFA's word on a held run |

mod apply;
pub mod book;
mod close;
pub mod declaration;
mod dossiers;
mod holds;
mod outcome;
mod parts;
pub mod pipeline;
pub mod port;
mod prepare;
mod registries;
pub mod registry;
mod repeats;
mod rows;
pub mod runs;
mod trainers;
mod twins;

pub use holds::Word;
pub use outcome::{Outcome, RowIssue, RowReport};
pub use pipeline::{Part, Pipeline, Pushed, RunStatus};
