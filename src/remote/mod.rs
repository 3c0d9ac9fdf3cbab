//! What the commands that ask a server share: where it is, when, for whom, how to print.

mod filter;
mod print;

pub use filter::{Filter, Split};
pub use print::{Basis, Printable, count, percent, rule_set_name, status_name, table};

use crate::wiring::local_key_of;
use anyhow::{Context, anyhow, bail};
use chrono::NaiveDate;
use clap::ValueEnum;
use domain::rules::RuleSet;
use grpc::client::{Client, ClientError, Credential, Trust};
use proto::v1;
use std::net::ToSocketAddrs;
use std::path::PathBuf;

/// Where a server listens when nobody says otherwise.
pub const DEFAULT_URL: &str = "http://127.0.0.1:50051";

/// The environment variable that holds an API key.
const KEY_VARIABLE: &str = "REGISTRE_KEY";

/// Which server.
#[derive(Debug, clap::Args)]
pub struct Server {
    /// The server
    #[arg(long, default_value = DEFAULT_URL, value_name = "URL")]
    to: String,
    /// The file of the API key [default: $REGISTRE_KEY, which is the key itself, else the key of a
    /// server that you run on this machine]
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The authority of the server's certificate, PEM, when browsers do not know it
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Your certificate, PEM, for a server that wants one
    #[arg(long, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// The key of your certificate, PEM
    #[arg(long, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// Send the key in clear to another machine: something else encrypts on the way
    #[arg(long)]
    insecure: bool,
    /// Why you read of somebody: roles that are no CFA's must say so
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
}

impl Server {
    /// Connects.
    ///
    /// # Errors
    /// When nobody answers there, with what to do.
    pub async fn connect(&self) -> anyhow::Result<Client> {
        let credential = self.credential()?.because(&self.reason);
        Client::connect_with(&self.to, credential, &self.trust()?).await.map_err(|error| match error {
            ClientError::Clear(_) => anyhow!(
                "{error}: name it as https://…, or say --insecure where something else encrypts on the way \
                 (nommez-la par https://…, ou ajoutez --insecure si autre chose chiffre en chemin)"
            ),
            error => anyhow!(
                "{error}; start a server with `registre serve --data DIR` or `registre demo`, or \
                 name another with --to URL"
            ),
        })
    }
}

impl Server {
    fn trust(&self) -> anyhow::Result<Trust> {
        let read = |path: &Option<PathBuf>| path.as_ref().map(fs_err::read).transpose();
        let identity = read(&self.client_cert)?.zip(read(&self.client_key)?);
        Ok(Trust { authority: read(&self.ca)?, identity, clear: self.insecure })
    }

    fn credential(&self) -> anyhow::Result<Credential> {
        if let Some(file) = &self.key_file {
            return Ok(Credential::new(&fs_err::read_to_string(file)?)?);
        }
        if let Ok(key) = std::env::var(KEY_VARIABLE) {
            return Credential::new(&key).with_context(|| format!("${KEY_VARIABLE}"));
        }
        let authority = self.to.split_once("://").map_or(&*self.to, |(_, rest)| rest);
        let mut addresses = authority.trim_end_matches('/').to_socket_addrs().into_iter().flatten();
        match addresses.find_map(local_key_of) {
            Some(file) => Ok(Credential::new(&fs_err::read_to_string(file)?)?),
            None => bail!(
                "no key for {to}: you run no server there (`registre serve --data DIR` or \
                 `registre demo`). For another server name the file of your key with --key-file, \
                 or put the key in ${KEY_VARIABLE}",
                to = self.to
            ),
        }
    }
}

/// The two times of a question.
#[derive(Debug, clap::Args)]
pub struct Times {
    /// The day in the world, YYYY-MM-DD; today in Paris when absent
    #[arg(long, value_name = "DAY", value_parser = crate::commands::day::parse)]
    pub as_of: Option<NaiveDate>,
    /// What the ledger knew then: a day (its end in Paris), an RFC 3339 instant, or @POSITION
    #[arg(long, value_name = "WHEN")]
    pub known_at: Option<String>,
}

impl Times {
    /// As the services take it.
    #[must_use]
    pub fn query(&self) -> v1::TimeQuery {
        v1::TimeQuery {
            as_of: self.as_of.map(|day| day.to_string()).unwrap_or_default(),
            known_at: self.known_at.clone().unwrap_or_default(),
            min_position: 0,
        }
    }
}

/// Which rules, where a status matters.
#[derive(Debug, clap::Args)]
pub struct Rules {
    /// The rule set of every status: R1 (July 2025), R2 (May 2026) or R3 (August 2026)
    #[arg(long, default_value = "R3")]
    rules: RuleSet,
}

impl Rules {
    /// As the services take it.
    #[must_use]
    pub fn code(&self) -> i32 {
        match self.rules {
            RuleSet::R1 => v1::RuleSet::R1,
            RuleSet::R2 => v1::RuleSet::R2,
            RuleSet::R3 => v1::RuleSet::R3,
        }
        .into()
    }
}

/// How an answer is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

/// The `--format` option.
#[derive(Debug, clap::Args)]
pub struct Output {
    /// How to print the answer
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Output {
    /// Prints an answer.
    ///
    /// # Errors
    /// When standard output is closed.
    pub fn print(&self, answer: &impl Printable) -> anyhow::Result<()> {
        match self.format {
            Format::Table => crate::console::line(&answer.table()),
            Format::Json => crate::console::json(answer),
        }
    }
}

/// The body of an answer, or the refusal in words.
///
/// # Errors
/// What the server refused.
pub fn answer<T>(response: Result<tonic::Response<T>, tonic::Status>) -> anyhow::Result<T> {
    Ok(response.map_err(ClientError::from)?.into_inner())
}

/// A name in a collection, from an id with or without it.
#[must_use]
pub fn resource(collection: &str, id: &str) -> String {
    let prefix = format!("{collection}/");
    if id.starts_with(&prefix) { id.to_owned() } else { prefix + id }
}
