//! `registre grant`: what persons may do, by the provider that knows them.

use super::Outcome;
use super::key::{Folder, narrowed, state};
use super::scope::{ScopeOptions, siret};
use crate::console;
use crate::remote::table;
use access::grants::{Grant, Grants, NewGrant};
use clap::Subcommand;
use domain::identifiers::Siret;

/// Give persons a role, list and take back what was given
///
/// A person signs in at an OpenID Connect provider (`registre serve --oidc-issuer`), and is known by
/// its issuer and subject: never by an e-mail. docs/access.md tells how with ProConnect.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre grant give --data DIR --issuer https://idp.example.fr --sub 3f2c… \\
      --siret 13002526500013 --name \"DREETS AURA, apprentissage\" --role dreets --region 84")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Give a person a role
    Give {
        #[command(flatten)]
        folder: Folder,
        /// The provider, as its tokens say it
        #[arg(long, value_name = "URL")]
        issuer: String,
        /// Who, at the provider
        #[arg(long)]
        sub: String,
        /// The establishment for which the provider must say that they work
        #[arg(long, value_parser = siret)]
        siret: Option<Siret>,
        /// What it is called: a service or a post, no person's name
        #[arg(long)]
        name: String,
        #[command(flatten)]
        scope: Box<ScopeOptions>,
    },
    /// List what was given
    List {
        #[command(flatten)]
        folder: Folder,
    },
    /// Take back what was given
    Revoke {
        #[command(flatten)]
        folder: Folder,
        /// The pseudonym, as the list shows it
        principal: String,
    },
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.what {
        What::Give { folder, issuer, sub, siret, name, scope } => {
            crate::wiring::must_exist(&folder.data)?;
            let new = NewGrant {
                issuer: issuer.clone(),
                sub: sub.clone(),
                siret: *siret,
                name: name.clone(),
                role: scope.role,
                scope: scope.scope()?,
                sources: scope.sources(),
                days: scope.days,
            };
            let principal = Grants::of(&folder.data).give(new, console::now())?;
            console::line(&format!("given: acts as {principal}"))?;
        }
        What::Revoke { folder, principal } => {
            crate::wiring::must_exist(&folder.data)?;
            Grants::of(&folder.data).revoke(principal, console::now())?;
            console::line(&format!("{principal} is revoked"))?;
        }
        What::List { folder } => list(&Grants::of(&folder.data))?,
    }
    Ok(Outcome::Done)
}

fn list(grants: &Grants) -> anyhow::Result<()> {
    let now = console::now();
    let row = |grant: Grant| {
        vec![
            grant.principal,
            grant.role.to_string(),
            grant.name,
            narrowed(&grant.scope),
            grant.sub,
            grant.issuer,
            state(grant.revoked_at, grant.expires_at, now),
        ]
    };
    let header = ["acts as", "role", "name", "scope", "subject", "issuer", "state"];
    let rows: Vec<Vec<String>> = grants.list()?.into_iter().map(row).collect();
    console::line(&table(&header, rows, header.len()))
}
