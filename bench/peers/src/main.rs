//! `registre bench` with other event stores beside the ledger, in the same run.
//!
//! | module | holds |
//! |---|---|
//! | `sqlite` | SQLite, tuned, with group commit |
//! | `postgres` | PostgreSQL row by row; clusters and databases |
//! | `cqrs` | cqrs-es with postgres-es |
//! | `umadb` | UmaDB over gRPC |
//!
//! A peer that is not there is named as not measured.

mod cqrs;
mod postgres;
mod sqlite;
mod umadb;

use anyhow::Context;
use bench::cells::names::{self, COMMAND, COMMAND_LEFT, JOURNAL, REPLAY_REMOTE};
use bench::cells::{
    LOADS, ONE, ONE_OF_HUNDREDS, SHARED, SIXTEEN_OF_HUNDREDS, Settings, in_process, plan,
};
use bench::harness::{Options, Plan, Promise, report, run};
use bench::premises::Premises;
use clap::Parser;
use postgres::{Cluster, PostgresServer};
use registre::wiring::Benched;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

const SQLITE: &str = "SQLite, tuned, group commit";

/// Measure the ledger and other event stores in the same run
#[derive(Debug, Parser)]
#[command(max_term_width = 100)]
struct Args {
    /// Rounds; the median of 5 or more can be believed
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds of a cell in a round
    #[arg(long, default_value_t = 1.0)]
    seconds: f64,
    /// Only cells with this text in their name; several times for several
    #[arg(long, value_name = "TEXT")]
    only: Vec<String>,
    /// A folder on the disk to measure; what is made there is removed
    #[arg(long, value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// MiB of the file that is written at once
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    sequential_mib: usize,
    /// Print the table of a run that is refused; it says so itself
    #[arg(long)]
    allow_unsteady: bool,
    /// The UmaDB server
    #[arg(long, value_name = "PROGRAM", default_value = "umadb")]
    umadb: PathBuf,
    /// A PostgreSQL server where databases may be made; without it a private one is started
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let folder = bench::folder_in(&args.dir)
        .with_context(|| format!("nothing can be made in {}", args.dir.display()))?;
    let premises: Arc<dyn Premises> = Arc::new(Benched);
    let mut plan = plan(Settings { sequential_mib: args.sequential_mib }, &premises)?;
    let missing = add_peers(&mut plan, &args, folder.path());
    plan.keep(&args.only)?;
    let length = Duration::try_from_secs_f64(args.seconds).context("--seconds")?;
    let rounds = args.rounds as usize;
    let options = Options { rounds, length, allow_unsteady: args.allow_unsteady };
    let results = run(&plan, &options, folder.path(), &mut |what| eprintln!("{what}"))?;
    println!("{}", report(&plan, &options, &results));
    for why in missing {
        println!("\nNOT MEASURED: {why}");
    }
    Ok(())
}

/// Adds each peer's cells beside ours; answers which peers are not there, and why.
fn add_peers(plan: &mut Plan, args: &Args, folder: &Path) -> Vec<String> {
    for load in LOADS {
        let ours = names::in_process(JOURNAL, load);
        plan.insert_after(&ours, [in_process(SQLITE, load, sqlite::Sqlite::open)]);
    }
    let mut missing = Vec::new();
    match umadb::find(&args.umadb) {
        Ok(program) => {
            for layout in [ONE, SHARED, ONE_OF_HUNDREDS, SIXTEEN_OF_HUNDREDS] {
                let ours = names::remote(JOURNAL, layout);
                plan.insert_after(&ours, umadb::appends(&program, layout));
            }
            plan.insert_after(REPLAY_REMOTE, [umadb::read_all(&program)]);
        }
        Err(why) => missing.push(format!("UmaDB ({why})")),
    }
    let postgres = match &args.postgres {
        Some(url) => Ok(PostgresServer::Theirs(url.clone())),
        None => Cluster::make(folder).map(PostgresServer::Ours),
    };
    match postgres.map(Rc::new) {
        Ok(postgres) => {
            let by_row = |connections| postgres::row_by_row(&postgres, connections);
            let cells = [cqrs::commands(&postgres), by_row(1), by_row(16)];
            plan.insert_after(COMMAND_LEFT, cells);
        }
        Err(why) => missing.push(format!("PostgreSQL, cqrs-es with postgres-es ({why})")),
    }
    plan.promises.extend(promises());
    missing
}

fn promises() -> Vec<Promise> {
    let [_, sixty_four, _] = LOADS;
    let over = |what: &str, of: &str, other: &str, floor| Promise::over(what, of, other, floor);
    let over_umadb = |umadb| {
        let layouts = [
            ("64 in flight on 4 connections", SHARED, 1.5),
            ("1 client x 100 events", ONE_OF_HUNDREDS, 2.5),
            ("16 clients x 100 events", SIXTEEN_OF_HUNDREDS, 2.5),
        ];
        layouts.map(|(layout, of, floor)| {
            let (ours, theirs) = (names::remote(JOURNAL, of), names::remote(umadb, of));
            over(&format!("gRPC, {layout}, over {umadb}"), &ours, &theirs, floor)
        })
    };
    let sqlite = over(
        "in process, 64 in flight, over tuned SQLite",
        &names::in_process(JOURNAL, sixty_four),
        &names::in_process(SQLITE, sixty_four),
        2.5,
    );
    let others = [
        over("unary command over cqrs-es + postgres-es", COMMAND, cqrs::NAME, 5.0),
        over("unary command, views left, over the same", COMMAND_LEFT, cqrs::NAME, 5.0),
        over("replay over gRPC, over UmaDB's read", REPLAY_REMOTE, umadb::READ_ALL, 1.8),
    ];
    let umadb = [umadb::NAME, umadb::CHECKED].into_iter().flat_map(over_umadb);
    std::iter::once(sqlite).chain(umadb).chain(others).collect()
}
