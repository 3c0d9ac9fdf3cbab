//! Head-counts.

mod groups;

pub use groups::{Partition, PersonGroup, PersonGroups, Unlinked};
