//! Detail rows for lists and search: SQLite, bitemporal, without personal data.
//!
//! | file | holds |
//! |---|---|
//! | `rows.rs`, `versions.rs` | from the states of a dossier to rows and their positions |
//! | `findings.rs` | what is doubtful in a dossier |
//! | `runs.rs` | the rows of push runs and reference sets |
//! | `store.rs` | the file: opening, checkpoint, damage |
//! | `write.rs` | a batch, in one transaction |
//! | `known.rs` | what is known of some dossiers, for alerts and outcomes |
//! | `kept.rs` | dossiers as the rules of retention see them |
//! | `lists.rs` | pages of enrolments, contracts, runs |
//! | `workflow_rows.rs` | the rows of contracts whose workflow runs here, and how they are written |
//! | `workflows.rs` | pages of them, what is due of some, those that are contracts of some dossiers |
//! | `workflow_persons.rs` | those whose apprentice or legal representative is searched |
//! | `population.rs` | all signed contracts of a département |
//! | `dump.rs` | every table as ordered text |
//!
//! The schema is `migrations/detail/`. Every value of a row follows from the
//! log, its numbers too, so a rebuild gives the same rows.

mod dump;
mod findings;
mod kept;
mod known;
mod lists;
mod population;
mod rows;
mod runs;
mod store;
mod versions;
mod workflow_persons;
mod workflow_rows;
mod workflows;
mod write;

pub(crate) use findings::age_on;
pub use findings::{
    AGE_AT_ENTRY_IMPLAUSIBLE, CONTRACT_ENDS_BEFORE_START, CONTRACT_OVER_FOUR_YEARS, FINDING_RULES,
    RUPTURE_BEFORE_START, SESSION_ENDS_BEFORE_ENTRY, SESSION_OVER_FOUR_YEARS,
};
pub(crate) use kept::Kept;
pub(crate) use known::{Known, closes, has_days, is_out, runs_on};
pub(crate) use lists::{Listed, bytes, day, days};
pub(crate) use population::Concluded;
pub(crate) use rows::last_stretch;
pub(crate) use store::Detail;
pub(crate) use workflows::{After, Here, WorkflowsAsked};
pub(crate) use write::DetailBatch;
