//! The terminal: the only place that prints, and that asks what day it is.

use anyhow::Context;
use chrono::{NaiveDate, Utc};
use domain::ids::Instant;
use serde::Serialize;
use std::io::Write;

/// The present instant.
#[must_use]
pub fn now() -> Instant {
    Instant(Utc::now().timestamp_micros())
}

/// The civil day in Paris.
#[must_use]
pub fn today() -> NaiveDate {
    domain::calendar::paris_day(now())
}

/// A line of the answer.
///
/// # Errors
/// When standard output is closed.
pub fn line(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").context("standard output is closed")
}

/// An answer as indented JSON.
///
/// # Errors
/// When standard output is closed.
pub fn json(value: &impl Serialize) -> anyhow::Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Something to know that is not the answer.
pub fn note(text: &str) {
    // When standard error is closed there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Why a command failed, with the whole chain once.
pub fn error(error: &anyhow::Error) {
    note(&format!("error: {error:#}"));
}
