//! `registre serve`: the ledger, its views and its services, on one folder.

use super::Outcome;
use crate::console;
use crate::wiring::House;
use ledger::time::SystemClock;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Serve a ledger over gRPC
///
/// Reflection and health are on. It stops on Ctrl-C or SIGTERM.
///
/// The folder is made when it does not exist. One process opens a folder at a time.
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
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let house = House::open(&args.data, Arc::new(SystemClock)).await?;
    let served = house.serve(args.listen).await?;
    console::line(&format!("serving {} on http://{}", args.data.display(), served.address))?;
    let stopped = async {
        console::stop_asked().await;
        Ok(())
    };
    served.until(stopped).await?;
    house.close().await;
    Ok(Outcome::Done)
}
