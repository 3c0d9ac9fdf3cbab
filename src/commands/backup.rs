//! `registre backup`: a copy of a data folder, taken while it is served.

use super::Outcome;
use crate::console;
use crate::remote::count;
use ledger::backup::{Step, Taken, backup};
use std::path::{Path, PathBuf};

/// Copy a ledger to another folder, while it is served or not
///
/// The log is copied first and the keys last, so that every sealed section in the backup has its
/// key there. Into the folder of an older backup of the same ledger, only what changed is copied;
/// the older backup stays whole until the new one is.
///
/// The log goes to DIR/log and the keys to DIR/keys: either may be a link to another disk.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The key-encryption key (keys/kek) is never copied: a backup that has it beside it protects nobody,
and without it nobody reads the personal data in a backup. Keep a copy of it apart, once; it does
not change. Nor are views/ (registre serve makes them again) and quarantine/ (30 days of refused
rows, which their source sends again).

Check a backup with: registre restore DIR --verify")]
pub(crate) struct Args {
    /// Where the ledger is kept
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where the backup goes: a new folder, or that of the backup before
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let progress = Progress::new();
    let taken = backup(&args.data, &args.to, &mut |step| progress.show(step))?;
    drop(progress);
    console::line(&text(&taken, &args.to))?;
    Ok(Outcome::Done)
}

fn text(taken: &Taken, to: &Path) -> String {
    format!(
        "backup of {} events in {}\nroot {}\n{} segment files, {} of them there already; {} of {} \
         bytes copied; keys of {} persons\nkeys/kek is not in it: without that key nobody reads \
         the personal data in it. Keep it apart from backups",
        count(taken.head.position.0),
        to.display(),
        console::hex(&taken.head.root),
        taken.segments,
        taken.kept,
        count(taken.copied),
        count(taken.bytes),
        count(taken.persons as u64)
    )
}

/// How far a backup is, or putting it back; gone from the terminal when it is dropped.
pub(super) struct Progress(indicatif::ProgressBar);

impl Progress {
    pub(super) fn new() -> Self {
        Self(console::bar(0, "files"))
    }

    pub(super) fn show(&self, step: Step) {
        match step {
            Step::Log => self.0.set_message("reading the log"),
            Step::Files(done, of) => {
                self.0.set_message("");
                self.0.set_length(of as u64);
                self.0.set_position(done as u64);
            }
            Step::Keys => self.0.set_message("copying the keys"),
            Step::Last => self.0.set_message("the last checks"),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
