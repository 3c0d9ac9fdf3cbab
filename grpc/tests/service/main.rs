//! The services over a loopback connection, with a real ledger in a folder.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests say what must hold by panicking")]

mod acts;
mod audit;
mod bad_input;
mod gathered;
mod house;
mod pushes;
mod questions;
mod source;
mod workflow;
