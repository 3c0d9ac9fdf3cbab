//! `registre restore`: a backup put back, or checked.

use super::Outcome;
use super::backup::Progress;
use crate::console;
use crate::remote::count;
use clap::ArgGroup;
use ledger::backup::{Verified, restore, verify};
use std::path::PathBuf;

/// Put a backup back as a new data folder, or check it
///
/// The data folder appears whole or not at all: each file is compared with the backup's manifest
/// while it is copied. What was written after the backup is not in it: let the sources push again,
/// nothing is doubled.
///
/// With --verify, everything that registre fsck checks is checked, and that the log ends at the
/// position and with the root that the manifest says: of the new folder with --to, else of the
/// backup where it is, which needs no room.
#[derive(Debug, clap::Args)]
#[command(group(ArgGroup::new("what").args(["to", "verify"]).required(true).multiple(true)))]
#[command(after_help = "\
The key-encryption key is in no backup. Name it with --kek FILE: it is tried on every key and put
at DATA/keys/kek. Or put it there by hand before the server starts (32 bytes, mode 600).

After the erasure of a person, a backup taken before it still holds the person: take new backups
and delete the older ones.

Examples:
  registre restore /mnt/backup --verify
  registre restore /mnt/backup --to new-ledger --kek /mnt/safe/kek --verify
  registre serve --data new-ledger --seal-dir old-ledger.seal")]
pub(crate) struct Args {
    /// The folder of the backup
    #[arg(value_name = "BACKUP")]
    backup: PathBuf,
    /// Where to make the data folder: a new folder, or an empty one
    #[arg(long, value_name = "DATA")]
    to: Option<PathBuf>,
    /// Check all of it again
    #[arg(long)]
    verify: bool,
    /// A copy of the key-encryption key
    #[arg(long, value_name = "FILE")]
    kek: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let progress = Progress::new();
    let mut on = |step| progress.show(step);
    let kek = args.kek.as_deref();
    let (verified, mut lines) = match &args.to {
        None => (Some(verify(&args.backup, kek, &mut on)?), Vec::new()),
        Some(to) => {
            let restored = restore(&args.backup, to, kek, args.verify, &mut on)?;
            let events = count(restored.head.position.0);
            let root = console::hex(&restored.head.root);
            let mut lines = vec![format!("{events} events in {}\nroot {root}", to.display())];
            if kek.is_none() {
                lines.push(format!(
                    "put the key-encryption key at {} before the server starts: no backup has it",
                    to.join("keys").join("kek").display()
                ));
            }
            lines.push(
                "the folder apart, with which its log signs, is in no backup either: name it with serve \
                 --seal-dir DIR; if it is lost, say so once with serve --new-log-key"
                    .to_owned(),
            );
            (restored.verified, lines)
        }
    };
    drop(progress);
    lines.extend(verified.as_ref().map(text));
    console::line(&lines.join("\n"))?;
    Ok(Outcome::Done)
}

fn text(verified: &Verified) -> String {
    let opened = match verified.opened {
        Some(keys) => format!("the key-encryption key opens all {} keys\n", count(keys as u64)),
        None => String::new(),
    };
    format!("{opened}{}", super::fsck::text(&verified.report))
}
