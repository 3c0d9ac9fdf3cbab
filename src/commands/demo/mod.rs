//! `registre demo`: a year of apprenticeship passes through the ledger.
//!
//! | file | holds |
//! |---|---|
//! | `folder.rs` | a data folder that is a demo's, and no other |
//! | `year.rs` | the simulated nights, pushed through the gRPC client |
//! | `tour.rs` | what is printed at the end |
//! | `contract.rs` | one public contract, from its draft to its bundle |

mod contract;
mod folder;
mod tour;
mod year;

use super::Outcome;
use crate::console;
use crate::generator::Settings;
use crate::wiring::{Front, House, Schema, seal_folder};
use domain::ids::Instant;
use grpc::client::{Client, Credential};
use ledger::notary::Options;
use ledger::time::ManualClock;
use seal::VerifierKey;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How often the ledger's clock is set once the simulated year is over.
const TICK: Duration = Duration::from_secs(1);

/// Watch a year of apprenticeship pass through the ledger
///
/// Starts a server on the embedded store, invents a country of apprentices, pushes what their CFAs'
/// systems say each night of a school year through the gRPC client, then prints the dashboard
/// month by month, the open alerts, the outcomes and the history of a broken contract, and has one public
/// contract written, signed by its four parties, deposited, amended, broken and proven.
///
/// The population is calibrated on published figures. Systems tell late, correct themselves, fall
/// silent, and one export breaks. The same seed gives the same year.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Number of persons
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(50..=2_000_000))]
    apprentices: u32,
    /// Another seed is another country
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the ledger is kept; an older demo there is replaced, anything else is left alone
    #[arg(long, value_name = "DIR", default_value = "registre-data")]
    data: PathBuf,
    /// Stop when the tables are printed, instead of serving on
    #[arg(long)]
    exit: bool,
    /// Where the server listens
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:50051")]
    listen: SocketAddr,
}

impl Args {
    const fn settings(&self) -> Settings {
        Settings { apprentices: self.apprentices, seed: self.seed }
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let apart = seal_folder(&args.data)?;
    folder::prepare(&args.data, &apart, args.settings())?;
    // Until the first night, the ledger stands before it.
    let clock = Arc::new(ManualClock::new(Instant::default()));
    let seal = Options::new(&args.data, &apart);
    let house = House::open_sealed(&args.data, seal, clock.clone()).await?;
    let front = Front { schema: Schema::Open, ..Front::local(args.listen) };
    let served = house.serve(front).await?;
    let address = served.address;
    served.until(show(args, &clock, address, house.notary().log())).await?;
    house.close().await;
    Ok(Outcome::Done)
}

/// Lets the year pass, prints what it came to, and waits until somebody has seen enough.
async fn show(
    args: &Args,
    clock: &ManualClock,
    address: SocketAddr,
    log: &VerifierKey,
) -> anyhow::Result<()> {
    let file = args.data.join("access/local.key");
    let credential = Credential::new(&fs_err::read_to_string(&file)?)?;
    let client = Client::connect(&format!("http://{address}"), credential).await?;
    console::note(&format!("made a key for this demo, which commands find: {}", file.display()));
    let counts = year::pass(&client, clock, args.settings()).await?;
    console::line(&counts.line(&args.data)?)?;
    tour::print(&client, &args.data, address).await?;
    contract::show(&client, clock, args.settings(), address, log).await?;
    // The year is over: from here on the ledger's clock is the world's.
    clock.set(console::now());
    if args.exit {
        return Ok(());
    }
    console::line(&format!("\nserving on http://{address}; stop with Ctrl-C\nlog {log}"))?;
    let mut tick = tokio::time::interval(TICK);
    let stopped = console::stop_asked();
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return Ok(()),
            _ = tick.tick() => clock.set(console::now()),
        }
    }
}
