//! `registre key`: the API keys of a data folder.

use super::Outcome;
use super::scope::ScopeOptions;
use crate::console;
use crate::remote::table;
use access::Scope;
use access::keyring::{KeyEntry, Keyring, NewKey};
use access::limits;
use access::secret::KeyId;
use chrono::DateTime;
use clap::Subcommand;
use domain::ids::Instant;
use std::path::{Path, PathBuf};

/// Make, list, rotate and revoke API keys
///
/// A key is shown once, when it is made: the folder keeps its SHA-256. The server may run meanwhile,
/// and sees what changed in a moment.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  registre key create --data DIR --role cfa.depot --name \"CFA du Nord, Ypareo\" \\
      --cfa 0751234J/13002526500013 --source cfa-0751234j
  registre key create --data DIR --role employeur --name \"Ville de Rennes\" --employer 21350238800019
  registre key create --data DIR --role opco --name \"OPCO 2i, depot\" --opco \"OPCO 2i\"
  registre key create --data DIR --role auditeur --name \"DREETS, controle\" --region 84
  registre key rotate --data DIR 4f1c09a2b7d3    (the old one lives on until it is revoked)")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make a key; it is printed once
    Create {
        #[command(flatten)]
        folder: Folder,
        /// What its holder is called: a CFA and its software
        #[arg(long)]
        name: String,
        #[command(flatten)]
        scope: Box<ScopeOptions>,
        /// Part of the key: prod, test…
        #[arg(long, default_value = "prod")]
        environment: String,
        /// Calls in a minute at most
        #[arg(long, default_value_t = limits::KEY_CALLS_PER_MINUTE)]
        calls_per_minute: u32,
    },
    /// List the keys: which are alive, and when each was used last
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Make the key that takes the place of another, which lives on
    Rotate {
        #[command(flatten)]
        folder: Folder,
        /// Which
        id: KeyId,
        /// How many days the new one lives
        #[arg(long, default_value_t = limits::KEY_DAYS)]
        days: u32,
    },
    /// Close the door to a key
    Revoke {
        #[command(flatten)]
        folder: Folder,
        /// Which
        id: KeyId,
    },
}

/// Which data folder.
#[derive(Debug, clap::Args)]
pub(super) struct Folder {
    /// Where the ledger is kept
    #[arg(long, value_name = "DIR")]
    pub(super) data: PathBuf,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Create { folder, name, scope, environment, calls_per_minute } => {
            let new = NewKey {
                name: name.clone(),
                environment: environment.clone(),
                role: scope.role,
                scope: scope.scope()?,
                sources: scope.sources(),
                days: scope.days,
                calls_per_minute: Some(*calls_per_minute),
            };
            let key = keys(&folder.data)?.create(new, console::now())?;
            show(key.text())?;
        }
        What::Rotate { folder, id, days } => {
            let key = keys(&folder.data)?.rotate(*id, *days, console::now())?;
            show(key.text())?;
            console::note(&format!("once it is in use: registre key revoke {id}"));
        }
        What::Revoke { folder, id } => {
            keys(&folder.data)?.revoke(*id, console::now())?;
            console::line(&format!("{id} is revoked"))?;
        }
        What::List { folder } => list(&keys(&folder.data)?)?,
    }
    Ok(Outcome::Done)
}

/// The keys of a folder where a ledger is.
fn keys(data: &Path) -> anyhow::Result<Keyring> {
    crate::wiring::must_exist(data)?;
    Ok(Keyring::of(data))
}

/// The key alone on standard output, so that it can go to a file.
fn show(key: &str) -> anyhow::Result<()> {
    console::note("the key is shown this once:");
    console::line(key)
}

fn list(keys: &Keyring) -> anyhow::Result<()> {
    let (now, used) = (console::now(), keys.last_uses()?);
    let row = |key: KeyEntry| {
        vec![
            key.id.to_string(),
            key.principal.clone(),
            key.role.to_string(),
            key.name.clone(),
            narrowed(&key.scope),
            state(key.revoked_at, key.expires_at, now),
            used.get(&key.id).cloned().unwrap_or_else(|| "never".to_owned()),
        ]
    };
    let header = ["id", "acts as", "role", "holder", "scope", "state", "last used"];
    let rows: Vec<Vec<String>> = keys.list()?.into_iter().map(row).collect();
    console::line(&table(&header, rows, header.len()))
}

/// A scope in a few words.
pub(super) fn narrowed(scope: &Scope) -> String {
    match scope {
        Scope::Establishments(named) if named.len() > 3 => format!("{} CFAs", named.len()),
        Scope::Employer(named) if named.len() > 3 => {
            format!("employer of {} establishments", named.len())
        }
        scope => scope.to_string(),
    }
}

/// Whether a key or a grant holds.
pub(super) fn state(revoked_at: Option<Instant>, expires_at: Instant, now: Instant) -> String {
    let day = |at: Instant| DateTime::from_timestamp_micros(at.0).unwrap_or_default().date_naive();
    match revoked_at {
        Some(at) => format!("revoked {}", day(at)),
        None if now >= expires_at => format!("expired {}", day(expires_at)),
        None => format!("until {}", day(expires_at)),
    }
}
