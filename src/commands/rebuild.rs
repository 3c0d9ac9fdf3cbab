//! `registre rebuild`: views anew from the log.

use super::Outcome;
use super::seal_dir::SealDir;
use crate::console;
use crate::wiring::House;
use ledger::time::SystemClock;
use projections::views::View;
use std::path::PathBuf;
use std::sync::Arc;

/// Rebuild views from the log
///
/// Deletes one view, or all, and folds the log into it again. The server must be stopped.
///
/// The same log gives the same files: a rebuilt view is a check of the one that was there.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The view; all of them when absent
    view: Option<View>,
    /// Where the ledger is kept
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    seal: SealDir,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    crate::wiring::must_exist(&args.data)?;
    let seal = args.seal.of(&args.data)?;
    let house = House::open_sealed(&args.data, seal, Arc::new(SystemClock)).await?;
    let started = std::time::Instant::now();
    let bar = console::bar(house.ledger().head().position.0, "events");
    house.views().rebuild(args.view, |progress| bar.set_position(progress.position.0)).await?;
    bar.finish_and_clear();
    let seconds = started.elapsed().as_secs_f64().max(0.001);
    let events = house.views().position().0;
    let what = args.view.map_or("every view".to_owned(), |view| format!("view {view}"));
    console::line(&format!(
        "{what} rebuilt from {events} events in {seconds:.1} s ({:.0} events/s)",
        events as f64 / seconds
    ))?;
    house.close().await;
    Ok(Outcome::Done)
}
