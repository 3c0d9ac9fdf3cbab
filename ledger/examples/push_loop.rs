//! How fast the ledger takes a nightly push, in one process:
//! `cargo run --release -p ledger --example push_loop -- 20000 64`.
//!
//! It pushes 20,000 new dossiers, then the same again unchanged, then the same
//! after a restart and with another telephone number, 64 at a time, into a new folder under the temporary one. A checkpoint is signed
//! each second meanwhile, as a server does; with `unsigned` as third word, nobody signs.

#![allow(clippy::print_stdout, reason = "it prints its figures")]

use domain::dossier::{Field, check, example_row};
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::{Instant, RequestId, RunId, Source, StreamKey};
use futures::StreamExt;
use ledger::notary::{self, Notary};
use ledger::{Ledger, Options, RequestMeta};
use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant as Timer};
use tokio::sync::oneshot;
use tokio::time::timeout;

type Failure = Box<dyn Error + Send + Sync>;

/// The run in which every row says something new.
const CHANGED: u8 = 4;

/// The row of a learner, as a run of the source brings it.
fn command(
    ledger: &Ledger,
    source: &Source,
    n: u64,
    run: u8,
) -> Result<(StreamKey, Command), Failure> {
    let mut row = example_row().with(Field::IdErpApprenant, &format!("A-{n}"));
    if run == CHANGED {
        row = row.with(Field::TelApprenant, "0698765432");
    }
    let declaration = check(&row, "2024-10-01".parse()?).map_err(|_| "the row is refused")?;
    let (names, training) = (ledger.names(), &declaration.training);
    let id_erp = &declaration.identity.id_erp;
    let (uai, certification) = (&training.trainer.uai, &training.certification);
    let key = names.enrolment(source, uai, id_erp, certification, training.entry_on);
    let lookup = names.lookup(source, id_erp, certification);
    let extracted_at = Instant(1_727_780_400_000_000 + i64::from(run) * 86_400_000_000);
    let provenance =
        Provenance { run: RunId([run; 16]), extracted_at, full: true, stated: Stated::Everything };
    let settled = Vec::new();
    Ok((
        key,
        Command::Declare {
            declaration,
            lookup,
            provenance,
            settled,
            held: Vec::new(),
            unseen_since: None,
        },
    ))
}

async fn push(ledger: &Ledger, source: &Source, n: u64, run: u8) -> Result<usize, Failure> {
    let (key, command) = command(ledger, source, n, run)?;
    let mut request = [run; 16];
    request[..8].copy_from_slice(&n.to_be_bytes());
    let meta = RequestMeta {
        source: source.clone(),
        actor: String::new(),
        request_id: RequestId(request),
        digest: ledger.names().request_digest(&request),
    };
    let done = ledger.execute(meta, key, command).await?;
    Ok(done.receipt.map_or(0, |receipt| receipt.lines.len()))
}

/// Pushes every row; `at_once` are in flight, and those that wait share one sync.
async fn run(
    ledger: &Ledger,
    source: &Source,
    (rows, at_once): (u64, usize),
    run: u8,
    what: &str,
) -> Result<(), Failure> {
    let timer = Timer::now();
    let pushes = futures::stream::iter(0..rows).map(|n| push(ledger, source, n, run));
    let mut pushes = pushes.buffer_unordered(at_once);
    let mut events = 0;
    while let Some(written) = pushes.next().await {
        events += written?;
    }
    let seconds = timer.elapsed().as_secs_f64();
    println!(
        "{what}: {rows} rows, {events} events, {seconds:.2} s, {:.0} rows/s, {:.0} events/s",
        rows as f64 / seconds,
        events as f64 / seconds
    );
    Ok(())
}

/// Signs from time to time what was written, until it is told to stop.
async fn sign(notary: Option<Arc<Notary>>, mut stop: oneshot::Receiver<()>) -> Result<(), Failure> {
    let Some(notary) = notary else { return Ok(()) };
    while timeout(Duration::from_secs(1), &mut stop).await.is_err() {
        let notary = Arc::clone(&notary);
        tokio::task::spawn_blocking(move || notary.sign()).await??;
    }
    Ok(())
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let rows = std::env::args().nth(1).map_or(Ok(20_000), |rows| rows.parse())?;
    let at_once = std::env::args().nth(2).map_or(Ok(64), |at_once| at_once.parse())?;
    let rows = (rows, at_once);
    let (folder, apart) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let source = Source::parse("erp-one").map_err(|_| "the source is refused")?;
    let seal = notary::Options::new(folder.path(), apart.path());
    let unsigned = std::env::args().nth(3).is_some_and(|word| word == "unsigned");
    let open = || {
        let options = Options::default();
        if unsigned {
            return Ledger::open(folder.path(), &options).map(|ledger| (ledger, None));
        }
        let (ledger, notary) = Ledger::open_sealed(folder.path(), &options, &seal)?;
        Ok((ledger, Some(notary)))
    };
    let (ledger, notary) = open()?;
    let (stop, stopped) = oneshot::channel();
    let signing = tokio::spawn(sign(notary, stopped));
    run(&ledger, &source, rows, 1, "first declarations").await?;
    run(&ledger, &source, rows, 2, "unchanged").await?;
    // Whatever it is signing is over before the folder is opened again; one that failed has said so.
    let _ = stop.send(());
    signing.await??;
    drop(ledger);
    let timer = Timer::now();
    let (ledger, _notary) = open()?;
    println!("opened in {:.2} s", timer.elapsed().as_secs_f64());
    run(&ledger, &source, rows, 3, "unchanged after a restart").await?;
    run(&ledger, &source, rows, CHANGED, "changed after it").await
}
