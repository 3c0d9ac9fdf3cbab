//! What the faults share.
//!
//! | module | holds |
//! |---|---|
//! | [`fault`] | the runs of a fault, their seeds, the line that is printed, the verdict |
//! | [`script`] | a ledger inside the test, and the rows that are written to it |
//! | [`child`] | the same in a process of its own, under strace |
//! | [`sim_disk`] | a disk in memory that loses power |
//! | [`store`], [`layout`] | a store that is damaged, and what is true of it |
//! | [`heard`] | warnings |
//! | [`tmpfs`] | a small disk that can be filled |
//! | [`link`] | a network of two, that can be cut |
//! | [`readers`] | the log read as a stream that may break |
//! | [`tools`] | programs of the system, and what to do when one is missing |

pub mod child;
pub mod fault;
pub mod heard;
pub mod layout;
pub mod link;
pub mod readers;
pub mod script;
pub mod sim_disk;
pub mod store;
pub mod tmpfs;
pub mod tools;
