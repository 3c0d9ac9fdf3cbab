//! The `registre` command. `registre --help` says what it does.

use clap::Parser;
use registre::commands::{self, Cli};
use registre::console;
use std::process::ExitCode;

/// A push of a row makes and drops hundreds of small values, on threads that hand them on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    console::forbid_core_dumps();
    match commands::run(Cli::parse()) {
        Ok(outcome) => outcome.into(),
        // Whoever read the answer has seen enough, as in `registre alerts | head`.
        Err(error) if console::is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            console::error(&error);
            commands::Outcome::Failed.into()
        }
    }
}
