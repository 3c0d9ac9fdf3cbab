//! `registre rekey`: another key-encryption key.

use super::Outcome;
use crate::console;
use crate::remote::count;
use anyhow::{Context, bail};
use ledger::vault::{FileKek, KeyProvider};
use ledger::{Ledger, Options};
use std::path::PathBuf;

/// Replace the key-encryption key
///
/// Wraps every key of a person, and the master of names, under a new key-encryption key. No event
/// is touched, and the log is not read. When it is done the old key opens nothing here. The server
/// must be stopped. Interrupted, it is ended by the next start, or by the same command.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Backups taken before hold keys under the old key, and need it: take a new one, then destroy the
old key and the older backups of keys/.

Where the key is a systemd credential (registre-kek), --new-kek is needed, and the credential is
replaced by that file once the command is done.

Examples:
  registre rekey --data ledger
  head -c 32 /dev/urandom > /root/new && registre rekey --data ledger --new-kek /root/new")]
pub(crate) struct Args {
    /// Where the ledger is kept
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The new key: a file of 32 random bytes; without it one is made
    #[arg(long, value_name = "FILE")]
    new_kek: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    crate::wiring::must_exist(&args.data)?;
    let new = match &args.new_kek {
        None => None,
        Some(path) => match FileKek(path.clone()).key() {
            Ok(Some(key)) => Some(key),
            Ok(None) => bail!("there is no file {}", path.display()),
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        },
    };
    let done = Ledger::rekey(&args.data, &Options::default(), new)?;
    let keys = count(done.keys as u64);
    console::line(&format!("{keys} keys of persons are under the new key-encryption key"))?;
    if done.torn > 0 {
        console::line(&format!(
            "{} files of torn entries (keys/subjects.torn-*), which no record needs, were deleted",
            done.torn
        ))?;
    }
    Ok(Outcome::Done)
}
