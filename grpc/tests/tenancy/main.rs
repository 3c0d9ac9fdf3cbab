//! Who sees and does what, over a loopback connection: every cell of the matrix, and two CFAs that
//! must know nothing of each other.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests say what must hold by panicking, and print their seed"
)]

#[path = "../service/house.rs"]
mod house;
#[path = "../service/source.rs"]
mod source;

mod cells;
mod contracts;
mod doors;
mod drafted;
mod lasting;
mod past;
mod random;
mod raw;
mod requests;
mod search;
mod siblings;
mod strangers;
mod town;
