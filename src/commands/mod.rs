//! One file a subcommand: its options, its help, what it prints.

mod access_log;
mod alerts;
mod authorities;
mod backup;
mod bench;
mod bundle;
mod check;
mod contract;
pub(crate) mod day;
mod demo;
mod erase;
mod export_person;
mod find_person;
mod fsck;
mod generate;
mod grant;
mod headcount;
mod history;
mod hold;
mod import;
mod key;
mod outcomes;
mod private_file;
mod provider;
mod push;
mod rebuild;
mod rekey;
mod restore;
mod retention;
mod sample;
mod scope;
mod seal_dir;
mod serve;
mod trajectory;
mod verify;
mod witness;

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
Exit codes: 0 done; 1 failed; 2 wrong options, or nothing that can be judged; 3 done, but rows were
refused or held.";

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::Args),
    Serve(serve::Args),
    Push(push::Args),
    Confirm(hold::Confirm),
    Reject(hold::Reject),
    Headcount(headcount::Args),
    Alerts(alerts::Args),
    Outcomes(outcomes::Args),
    History(history::Args),
    Trajectory(trajectory::Args),
    Import(import::Args),
    Key(key::Args),
    Grant(grant::Args),
    Provider(provider::Args),
    AccessLog(access_log::Args),
    Generate(generate::Args),
    Rebuild(rebuild::Args),
    Rekey(rekey::Args),
    FindPerson(find_person::Args),
    Erase(erase::Args),
    ExportPerson(export_person::Args),
    Retention(retention::Args),
    Fsck(fsck::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Bundle(bundle::Args),
    Sample(sample::Args),
    Check(check::Args),
    Contract(contract::Args),
    Verify(verify::Args),
    Witness(witness::Args),
    Bench(bench::Args),
}

impl Command {
    /// Whether it makes files of a ledger, or of a copy of one: those are nobody else's to read.
    const fn writes_a_ledger(&self) -> bool {
        matches!(
            self,
            Self::Demo(_)
                | Self::Serve(_)
                | Self::Key(_)
                | Self::Grant(_)
                | Self::Provider(_)
                | Self::Rebuild(_)
                | Self::Rekey(_)
                | Self::Backup(_)
                | Self::Restore(_)
                | Self::Witness(_)
        )
    }
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All of it was done.
    Done,
    /// It failed.
    Failed,
    /// It was done, but some rows were refused or held, or some persons passed over.
    RowsLeft,
    /// What was to be judged cannot be read.
    Unjudged,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Done => Self::SUCCESS,
            Outcome::Failed => Self::FAILURE,
            // 2 is clap's too, for wrong options.
            Outcome::Unjudged => Self::from(2),
            Outcome::RowsLeft => Self::from(3),
        }
    }
}

/// Runs a command.
///
/// # Errors
/// What went wrong and what to do, for people.
pub fn run(cli: Cli) -> anyhow::Result<Outcome> {
    crate::console::log();
    crate::console::hush_panics();
    crate::wiring::allow_many_files();
    if cli.command.writes_a_ledger() {
        crate::wiring::keep_private();
    }
    match cli.command {
        Command::Demo(args) => block_on(demo::run(&args)),
        Command::Serve(args) => block_on(serve::run(&args)),
        Command::Push(args) => block_on(push::run(&args)),
        Command::Confirm(args) => block_on(hold::confirm(&args)),
        Command::Reject(args) => block_on(hold::reject(&args)),
        Command::Headcount(args) => block_on(headcount::run(&args)),
        Command::Alerts(args) => block_on(alerts::run(&args)),
        Command::Outcomes(args) => block_on(outcomes::run(&args)),
        Command::History(args) => block_on(history::run(&args)),
        Command::Trajectory(args) => trajectory::run(&args),
        Command::Import(args) => block_on(import::run(&args)),
        Command::Key(args) => key::run(&args),
        Command::Grant(args) => grant::run(&args),
        Command::Provider(args) => provider::run(&args),
        Command::AccessLog(args) => access_log::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Rebuild(args) => block_on(rebuild::run(&args)),
        Command::Rekey(args) => rekey::run(&args),
        Command::Erase(args) => block_on(erase::run(&args)),
        Command::Retention(args) => block_on(retention::run(&args)),
        Command::Fsck(args) => fsck::run(&args),
        Command::Backup(args) => backup::run(&args),
        Command::Restore(args) => restore::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Contract(args) => block_on(contract::run(&args)),
        Command::Bundle(args) => block_on(bundle::run(&args)),
        Command::Sample(args) => block_on(sample::run(&args)),
        Command::FindPerson(args) => block_on(find_person::run(&args)),
        Command::ExportPerson(args) => block_on(export_person::run(&args)),
        Command::Verify(args) => verify::run(&args),
        Command::Witness(args) => block_on(witness::run(&args)),
        Command::Bench(args) => bench::run(&args),
    }
}

fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}
