//! `registre provider`: who outside verifies signatures of contracts.

use super::Outcome;
use super::key::Folder;
use crate::console;
use crate::remote::table;
use access::providers::{ProviderEntry, ProviderKey, ProviderList, Worth};
use chrono::DateTime;
use clap::Subcommand;
use ledger::signatures::External;

/// Trust a provider of signatures, list them and trust one no more
///
/// A provider says by signed messages (Standard Webhooks) what became of a signature; `registre serve
/// --webhook-listen` takes them. The folder keeps its public key alone. The server may run meanwhile, and sees what
/// changed in a moment. docs/access.md tells what a message says.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre provider add signe-ici --data DIR --level advanced \\
      --key whpk_oUa5a9yPmCd3oWZ6sLqz3SVJ5Uq1mP5bYmRzXvXjyz0=
  registre contract ask contracts/6f0e… --document contrat.pdf \\
      --signer employer=signe-ici:6f9619ff-8b86-d011-b42d-00cf4fc964ff …")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Trust a provider; one that is trusted already, under a second key while it changes its key
    Add {
        #[command(flatten)]
        folder: Folder,
        /// What contracts name it by, and its path at the door: /signatures/NAME
        name: String,
        /// Its public key
        #[arg(long, value_name = "whpk_…")]
        key: ProviderKey,
        /// What its signatures are worth by eIDAS, for which you vouch: simple, advanced or qualified
        #[arg(long)]
        level: Worth,
    },
    /// List those that are trusted
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Trust one no more, or one key of it; what was signed stays signed
    Remove {
        #[command(flatten)]
        folder: Folder,
        /// Which
        name: String,
        /// This key alone; without it all of them, and so the provider
        #[arg(long, value_name = "whpk_…")]
        key: Option<ProviderKey>,
    },
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Add { folder, name, key, level } => {
            // A key for which anybody signs is refused here, not at the first message.
            External::new(name, &[key.0], (*level).into())?;
            let by = match list_of(folder)?.add(name, *key, *level, console::now())? {
                1 => String::new(),
                keys => format!(" by {keys} keys"),
            };
            console::line(&format!("{name} is trusted{by}: POST /signatures/{name}"))?;
        }
        What::Remove { folder, name, key } => {
            let line = match list_of(folder)?.remove(name, *key)? {
                0 => format!("{name} is trusted no more"),
                _ => format!("{name} is trusted by its other key alone"),
            };
            console::line(&line)?;
        }
        What::List { folder } => list(&list_of(folder)?)?,
    }
    Ok(Outcome::Done)
}

fn list_of(folder: &Folder) -> anyhow::Result<ProviderList> {
    crate::wiring::must_exist(&folder.data)?;
    Ok(ProviderList::of(&folder.data))
}

fn list(all: &ProviderList) -> anyhow::Result<()> {
    let row = |entry: ProviderEntry| {
        let since = DateTime::from_timestamp_micros(entry.created_at.0).unwrap_or_default();
        let (level, since) = (entry.level.name().to_owned(), since.date_naive().to_string());
        vec![entry.name, level, entry.key.to_string(), since]
    };
    let header = ["name", "level", "key", "since"];
    let rows: Vec<Vec<String>> = all.list()?.into_iter().map(row).collect();
    console::line(&table(&header, rows, header.len()))
}
