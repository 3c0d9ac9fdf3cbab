//! The enrolment seen from outside: rows and human acts in, events out.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::wildcard_imports,
    reason = "a test says what it expects, and its helpers are its vocabulary"
)]

mod common;

mod acts;
mod contracts;
mod cqrs;
mod every_field;
mod late;
mod orders;
mod pushes;
mod sessions;
mod vanishing;
mod withdrawals;
