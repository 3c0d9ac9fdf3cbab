//! `registre bench`: how fast the ledger is, against what the machine can do.

use super::Outcome;
use crate::console;
use crate::wiring::Benched;
use ::bench::cells::{Settings, plan};
use ::bench::growth::{self, Growth};
use ::bench::harness::{self, Options};
use ::bench::premises::Premises;
use anyhow::Context;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Measure the ledger against the limits of this machine
///
/// Every cell is measured between two probes of the disk (F: 4 KiB written and synced), all cells in
/// turn, round after round. Prints one table, then the ratios that the project promises. The exit
/// code does not depend on them. docs/benchmarks.md says what each cell does.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A run whose disk is not steady is refused (exit code 1): when the fastest probe is more than twice
the slowest, ratios prove nothing. Stop everything else first.")]
pub(crate) struct Args {
    /// Rounds; the median of 5 or more can be believed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of a cell in a round
    #[arg(long, default_value_t = 1.0, value_parser = seconds)]
    seconds: f64,
    /// Only cells with this text in their name; several times for several
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// A folder on the disk to measure; what is made there is removed
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// MiB of the file that is written at once
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    sequential_mib: usize,
    /// Instead of all that: one journal that grows to so many events, measured on its way
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u64).range(1_000..=100_000_000))]
    growth: Option<u64>,
    /// Print the table of a run that is refused; it says so itself
    #[arg(long)]
    allow_unsteady: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.01..=3_600.0).contains(&seconds) => Ok(seconds),
        _ => Err("a number between 0.01 and 3600, such as 1".to_owned()),
    }
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    if let Some(events) = args.growth {
        return grow(args, events);
    }
    let premises: Arc<dyn Premises> = Arc::new(Benched);
    let mut plan = plan(Settings { sequential_mib: args.sequential_mib }, &premises)?;
    plan.keep(&args.only)?;
    let options = Options {
        rounds: args.rounds as usize,
        length: Duration::from_secs_f64(args.seconds),
        allow_unsteady: args.allow_unsteady,
    };
    let folder = ::bench::folder_in(&args.dir)
        .with_context(|| format!("nothing can be made in {}", args.dir.display()))?;
    let bar = console::bar((plan.cells.len() * options.rounds) as u64, "cells");
    let mut tell = |what: &str| {
        bar.set_message(what.to_owned());
        bar.inc(1);
    };
    let results = harness::run(&plan, &options, folder.path(), &mut tell);
    bar.finish_and_clear();
    console::line(&harness::report(&plan, &options, &results?))?;
    Ok(Outcome::Done)
}

fn grow(args: &Args, events: u64) -> anyhow::Result<Outcome> {
    let folder = ::bench::folder_in(&args.dir)
        .with_context(|| format!("nothing can be made in {}", args.dir.display()))?;
    let length = Duration::from_secs_f64(args.seconds);
    let growth = Growth { events, rounds: args.rounds as usize, length };
    let bar = console::bar(0, "steps");
    let mut tell = |what: &str| bar.set_message(what.to_owned());
    let table = growth::grow(growth, folder.path(), &mut tell);
    bar.finish_and_clear();
    console::line(&table?)?;
    Ok(Outcome::Done)
}
