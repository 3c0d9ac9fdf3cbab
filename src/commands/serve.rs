//! `registre serve`: the ledger, its views and its services, on one folder.

use super::Outcome;
use super::authorities::Authorities;
use super::seal_dir::SealDir;
use crate::console;
use crate::wiring::{Front, House, Schema};
use access::oidc::Provider;
use anyhow::Context;
use grpc::connections::Tls;
use ledger::notary::Options;
use ledger::time::SystemClock;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tlog::submit::{Remote, witnesses};
use tokio::net::TcpListener;

/// Serve a ledger over gRPC
///
/// Whoever calls shows a key. `registre key create` makes one for a CFA, an administration, an
/// auditor, while the server runs. At the first start one is made for you, in access/local.key of the
/// folder: commands of yours on this machine find it. It may do everything.
///
/// The folder is made when it does not exist. One process opens a folder at a time. It stops on
/// Ctrl-C or SIGTERM.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
RUST_LOG=info tells more on standard error.

registre backup copies the folder while it is served. It leaves out keys/kek, which you keep apart.")]
pub(crate) struct Args {
    /// Where the ledger is kept
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    listen: SocketAddr,
    /// Where anybody may fetch the newest checkpoint and the hashes of the tree over HTTP (tlog-tiles); nowhere
    /// without it
    #[arg(long, value_name = "ADDRESS")]
    tiles: Option<SocketAddr>,
    /// Where providers of signatures say what became of one (registre provider), over HTTP; nowhere without it. It is
    /// not encrypted: an address of this machine, behind something that encrypts
    #[arg(long, value_name = "ADDRESS")]
    webhook_listen: Option<SocketAddr>,
    #[command(flatten)]
    authorities: Authorities,
    #[command(flatten)]
    seal: SealDir,
    /// Sign under a new name and a new key: once, when the folder apart is lost, as after a restore without it
    #[arg(long)]
    new_log_key: bool,
    /// A witness that is asked to cosign: the key that `registre witness` prints, and where it is
    #[arg(long = "witness", value_name = "KEY=URL")]
    witnesses: Vec<Remote>,
    /// Show the schema (server reflection) to whoever asks, without a key
    #[arg(long)]
    sandbox: bool,
    /// Encrypt: the certificate chain, PEM; TLS 1.3 alone
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The key of the certificate, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Let in only who shows a certificate of these authorities, PEM (mutual TLS), and then a key
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// Allow TLS 1.2 too
    #[arg(long, requires = "tls_cert")]
    tls_1_2: bool,
    /// Listen without TLS on an address that others reach: something before the server encrypts
    #[arg(long, conflicts_with = "tls_cert")]
    insecure: bool,
    /// Let persons in with tokens of this OpenID Connect provider (docs/access.md): its issuer
    #[arg(long, value_name = "URL", requires = "oidc_audience")]
    oidc_issuer: Option<String>,
    /// The client id under which the provider knows this ledger
    #[arg(long, value_name = "ID", requires = "oidc_issuer")]
    oidc_audience: Option<String>,
}

impl Args {
    fn front(&self) -> anyhow::Result<Front> {
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => {
                let authorities = self.client_ca.as_deref();
                Some(Tls::of(certificate, key, authorities, self.tls_1_2)?)
            }
            _ => None,
        };
        let provider = match (&self.oidc_issuer, &self.oidc_audience) {
            (Some(issuer), Some(audience)) => {
                Some(Provider { issuer: issuer.clone(), audience: audience.clone() })
            }
            _ => None,
        };
        let schema = if self.sandbox { Schema::Open } else { Schema::Closed };
        Ok(Front {
            listen: self.listen,
            schema,
            tls,
            insecure: self.insecure,
            provider,
            authorities: self.authorities.read()?,
            webhooks: self.webhook_listen,
        })
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    // Before the folder is made: a server that cannot serve makes none.
    let front = args.front()?;
    let (new_key, witnesses) = (args.new_log_key, witnesses(&args.witnesses));
    let seal = Options { new_key, witnesses, ..args.seal.of(&args.data)? };
    let house = House::open_sealed(&args.data, seal, Arc::new(SystemClock)).await?;
    let scheme = if front.tls.is_some() { "https" } else { "http" };
    let served = house.serve(front).await?;
    console::line(&format!("serving {} on {scheme}://{}", args.data.display(), served.address))?;
    console::line(&format!("log {}", house.notary().log()))?;
    if let Some(address) = served.webhooks {
        console::line(&format!("webhooks on http://{address}/signatures/PROVIDER"))?;
    }
    if let Some(file) = &served.new_key {
        console::line(&format!(
            "made a key for you, which may do everything: {}\nmake others with `registre key create \
             --data {}` (--help tells the roles)",
            file.display(),
            args.data.display()
        ))?;
    }
    let stopped = async {
        match args.tiles {
            Some(listen) => serve_tiles(&house, listen).await,
            None => {
                console::stop_asked().await;
                Ok(())
            }
        }
    };
    served.until(stopped).await?;
    house.close().await;
    Ok(Outcome::Done)
}

/// Serves checkpoint and tiles until somebody asks to stop.
async fn serve_tiles(house: &House, listen: SocketAddr) -> anyhow::Result<()> {
    let listener = TcpListener::bind(listen).await;
    let listener = listener.with_context(|| format!("cannot listen on {listen}"))?;
    console::line(&format!("tiles on http://{}/checkpoint", listener.local_addr()?))?;
    let router = tlog::tiles::router(Arc::clone(house.notary()));
    tlog::door::serve(listener, router, console::stop_asked()).await;
    Ok(())
}
