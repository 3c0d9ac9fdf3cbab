//! `registre witness`: signs what logs show, as long as they only grow.

use super::Outcome;
use crate::console;
use anyhow::{Context, bail};
use ledger::disk::SystemDisk;
use ledger::random::{Random, SystemRandom};
use ledger::vault::kek::write_whole;
use seal::{Kind, SignerKey, VerifierKey};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tlog::witness::{Witness, router};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

/// Watch ledgers, and sign their checkpoints as long as they only grow
///
/// A ledger whose history was rewritten finds no signature here. Another tree of a size that was signed
/// is its own contradiction: it is refused, logged as an ALARM, and the first few are kept in the folder,
/// with the ledger's own signature. A larger tree without a right proof is refused too, logged as a
/// warning, and the first and the newest are kept: anybody may send a wrong proof, so it proves nothing
/// by itself. A ledger that never gets a signature again could not show a right one: look at it. Run it
/// on a host of another organisation than the ledger's. It speaks the C2SP tlog-witness protocol.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where its key is kept, and the newest checkpoint of each log
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Its name, as temoin.example.fr/1: wanted the first time, when its key is made
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// A log to watch: its key, as `registre serve` prints it; once for each key of a log that changes it
    #[arg(long = "log", value_name = "KEY", required = true)]
    logs: Vec<VerifierKey>,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50080")]
    listen: SocketAddr,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    make_key(&args.dir, args.name.as_deref())?;
    let seconds = || u64::try_from(console::now().0 / 1_000_000).unwrap_or_default();
    let witness = Witness::open(&args.dir, &args.logs, Arc::new(seconds))?;
    let key = witness.key().to_string();
    let listener = TcpListener::bind(args.listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {}", args.listen))?;
    let address = listener.local_addr()?;
    console::line(&format!("witness on http://{address}/add-checkpoint\nkey {key}"))?;
    tlog::door::serve(listener, router(Arc::new(witness)), console::stop_asked()).await;
    Ok(Outcome::Done)
}

/// Whether a folder without a key has files all the same, other than what a process left that was killed making one.
fn has_others(folder: &Path) -> anyhow::Result<bool> {
    if !folder.is_dir() {
        return Ok(false);
    }
    let names = fs_err::read_dir(folder)?.map(|entry| Ok(entry?.file_name()));
    let names = names.collect::<std::io::Result<Vec<_>>>()?;
    Ok(names.iter().any(|name| name != "key.draft"))
}

/// Makes the key of a new witness.
fn make_key(folder: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let path = folder.join("key");
    if path.try_exists()? {
        return Ok(());
    }
    if has_others(folder)? {
        bail!("{} has no key but other files: put the key back", folder.display());
    }
    let Some(name) = name else {
        bail!("{} has no key yet: name the witness with --name NAME", folder.display());
    };
    let mut seed = Zeroizing::new([0; 32]);
    SystemRandom.fill(seed.as_mut_slice())?;
    let key = SignerKey::new(name, Kind::Cosignature, &seed)?;
    fs_err::create_dir_all(folder)?;
    let secret = Zeroizing::new(format!("{}\n", key.to_secret().as_str()));
    Ok(write_whole(&SystemDisk, &path, secret.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_witness_that_was_killed_making_its_key_makes_it_when_it_starts_again() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("witness");
        let make = || make_key(&folder, Some("temoin.example/1"));
        fs_err::create_dir_all(&folder).unwrap();
        fs_err::write(folder.join("key.draft"), "PRIVATE+KEY+tem").unwrap();
        make().unwrap();
        let key = fs_err::read_to_string(folder.join("key")).unwrap();
        assert!(key.trim_end().parse::<SignerKey>().is_ok());
        assert_eq!(fs_err::read_dir(&folder).unwrap().count(), 1);
        make().unwrap();
        assert_eq!(fs_err::read_to_string(folder.join("key")).unwrap(), key, "it has one already");
        // A key that was lost is not made anew beside what it signed.
        fs_err::rename(folder.join("key"), folder.join("0123.checkpoint")).unwrap();
        assert!(make().unwrap_err().to_string().contains("put the key back"));
    }
}
