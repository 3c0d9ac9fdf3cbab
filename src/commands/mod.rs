//! One file a subcommand: its options, its help, what it prints.

mod trajectory;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// The ledger of French apprenticeship: dossiers in, immutable events kept, true figures out.
///
/// CFA systems push what they believe of each learner; the ledger keeps what changed, for ever,
/// and every figure can be asked again: as of any day in the world (--as-of), as it was known at
/// any moment (--known-at).
///
/// Begin with: registre demo
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done; 1 failed; 2 wrong options; 3 done, but rows were refused or held.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Compute trajectories from a file of dossiers, without a server
    Trajectory(trajectory::Args),
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was done.
    Done,
    /// It failed.
    Failed,
    /// It was done, but some rows were refused or held.
    RowsLeft,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Failed => Self::FAILURE,
            // 2 is clap's, for wrong options.
            Outcome::RowsLeft => Self::from(3),
        }
    }
}

/// Runs a command.
///
/// # Errors
/// What went wrong and what to do, for people.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    match cli.command {
        Command::Trajectory(args) => trajectory::run(&args),
    }
}
