//! The push pipeline over a ledger in memory: rows, runs and their order.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what must hold by panicking")]

mod book;
mod common;
mod disappearances;
mod orders;
mod repeats;
mod retries;
mod rows;
mod siblings;
