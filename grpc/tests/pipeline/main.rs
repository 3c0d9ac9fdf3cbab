//! The push pipeline over a ledger in memory: rows, runs and their order.

mod book;

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what must hold by panicking")]
mod common;
mod disappearances;
mod orders;
mod retries;
mod rows;
