//! The push pipeline over a ledger in memory: rows, runs and their order.

mod book;
mod common;
mod disappearances;
mod orders;
mod retries;
mod rows;
