//! `registre serve`: the ledger, its views and its services, on one folder.

use super::Outcome;
use crate::console;
use crate::wiring::{House, Schema};
use ledger::time::SystemClock;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

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
    /// Show the schema (server reflection) to whoever asks, without a key
    #[arg(long)]
    sandbox: bool,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let house = House::open(&args.data, Arc::new(SystemClock)).await?;
    let schema = if args.sandbox { Schema::Open } else { Schema::Closed };
    let served = house.serve(args.listen, schema).await?;
    console::line(&format!("serving {} on http://{}", args.data.display(), served.address))?;
    if let Some(file) = &served.new_key {
        console::line(&format!(
            "made a key for you, which may do everything: {}\nmake others with `registre key create \
             --data {}` (--help tells the roles)",
            file.display(),
            args.data.display()
        ))?;
    }
    let stopped = async {
        console::stop_asked().await;
        Ok(())
    };
    served.until(stopped).await?;
    house.close().await;
    Ok(Outcome::Done)
}
