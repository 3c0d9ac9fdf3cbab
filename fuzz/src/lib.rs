//! Every parser of what comes from outside, fed with anything.
//!
//! A target takes bytes and must not panic, whatever they are; each also says what must hold of
//! bytes that its parser takes. `fuzz/run` feeds them with libFuzzer; `cargo test` with what it
//! found worth keeping, in `fuzz/corpus/`.
//!
//! | module | parses |
//! |---|---|
//! | [`segment`] | a segment file, its checksums repaired |
//! | [`leaf`] | the header of a record, and the event under it |
//! | [`note`] | signed notes and keys |
//! | [`notice`] | what an external provider says of a signature |
//! | [`checkpoint`] | checkpoints, and what a log asks of a witness |
//! | [`policy`] | whose signatures an auditor asks for |
//! | [`proof`] | proof files, and the proofs in them |
//! | [`bundle`] | bundles: any, and any that the log signed |
//! | [`page_token`] | page tokens |
//! | [`rows`] | rows from CSV and JSON, and the row of a push, up to the checks of the domain |

pub mod bundle;
pub mod checkpoint;
mod disk;
pub mod leaf;
pub mod note;
pub mod notice;
pub mod page_token;
pub mod policy;
pub mod proof;
pub mod rows;
pub mod segment;

/// A parser with what must hold of it; panics when it does not.
pub type Target = fn(&[u8]);

/// All targets by name, which is that of their folder in the corpus.
pub const TARGETS: [(&str, Target); 12] = [
    ("bundle", bundle::run),
    ("checkpoint", checkpoint::run),
    ("csv", rows::csv),
    ("json", rows::json),
    ("leaf", leaf::run),
    ("note", note::run),
    ("notice", notice::run),
    ("page_token", page_token::run),
    ("policy", policy::run),
    ("proof", proof::run),
    ("row", rows::row),
    ("segment", segment::run),
];
