//! A large ledger for measures: five events a dossier, 500 dossiers a source.
//! `cargo run --release -p ledger --example fill -- DIR 1000000`
//!
//! It writes through the same commands as a push, 64 at a time, and goes on
//! where an earlier fill of the folder stopped.

#![allow(clippy::print_stdout, reason = "it prints its figures")]

use domain::dossier::{Field, RawDossier, check, example_row};
use domain::enrolment::{Command, Provenance, Stated};
use domain::ids::{Instant, RequestId, RunId, Source};
use futures::StreamExt;
use ledger::{Ledger, Options, RequestMeta};
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant as Timer;

type Failure = Box<dyn Error + Send + Sync>;

/// Dossiers of one source.
const PER_SOURCE: u64 = 500;

/// A learner with two broken contracts of three.
fn row(n: u64) -> RawDossier {
    let birth = format!("{}-{:02}-{:02}", 2000 + n % 9, 1 + n / 9 % 12, 1 + n / 108 % 28);
    let letters: String = (0..7).map(|at| char::from(b'A' + (n >> (4 * at) & 15) as u8)).collect();
    let fields = [
        (Field::IdErpApprenant, format!("A-{n}")),
        (Field::NomApprenant, letters),
        (Field::DateDeNaissanceApprenant, birth),
        (Field::IneApprenant, format!("{n:010}A")),
        (Field::EmailContact, format!("a{n}@exemple.fr")),
        (Field::ContratDateRupture, "2024-12-01".to_owned()),
        (Field::CauseRuptureContrat, "Accord des deux parties".to_owned()),
        (Field::ContratDateDebut2, "2025-01-06".to_owned()),
        (Field::ContratDateFin2, "2026-08-31".to_owned()),
        (Field::ContratDateRupture2, format!("2025-0{}-12", 3 + n % 6)),
        (Field::CauseRuptureContrat2, "Liquidation".to_owned()),
        (Field::SiretEmployeur2, "35600000000048".to_owned()),
    ];
    fields.iter().fold(example_row(), |row, (field, value)| row.with(*field, value))
}

async fn declare(ledger: Arc<Ledger>, n: u64) -> Result<usize, Failure> {
    let source = Source::parse(&format!("cfa-{}", n / PER_SOURCE)).map_err(|_| "a bad source")?;
    let declaration = check(&row(n), "2026-10-01".parse()?).map_err(|_| "the row is refused")?;
    let (names, training) = (ledger.names(), &declaration.training);
    let id_erp = &declaration.identity.id_erp;
    let (uai, certification) = (&training.trainer.uai, &training.certification);
    let key = names.enrolment(&source, uai, id_erp, certification, training.entry_on);
    let lookup = names.lookup(&source, id_erp, certification);
    let extracted_at = Instant(1_790_856_000_000_000);
    let provenance =
        Provenance { run: RunId([1; 16]), extracted_at, full: true, stated: Stated::Everything };
    let (settled, held) = (Vec::new(), Vec::new());
    let command =
        Command::Declare { declaration, lookup, provenance, settled, held, unseen_since: None };
    let mut request = [7; 16];
    request[..8].copy_from_slice(&n.to_be_bytes());
    let digest = names.request_digest(&request);
    let meta = RequestMeta { source, actor: String::new(), request_id: RequestId(request), digest };
    let done = ledger.execute(meta, key, command).await?;
    Ok(done.receipt.map_or(0, |receipt| receipt.lines.len()))
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().ok_or("name a folder, then how many dossiers")?);
    let dossiers: u64 = args.next().ok_or("say how many dossiers")?.parse()?;
    let timer = Timer::now();
    let ledger = Arc::new(Ledger::open(&folder, &Options::default())?);
    println!("opened at {} in {:?}", ledger.head().position, timer.elapsed());
    let (timer, first) = (Timer::now(), ledger.head().position.0 / 5);
    let declared = futures::stream::iter(first..dossiers).map(|n| {
        let declaring = declare(Arc::clone(&ledger), n);
        async move { tokio::spawn(declaring).await? }
    });
    let mut declared = declared.buffer_unordered(64);
    let (mut events, mut rows) = (0, 0_u64);
    while let Some(written) = declared.next().await {
        (events, rows) = (events + written?, rows + 1);
        if rows.is_multiple_of(100_000) {
            let rate = events as f64 / timer.elapsed().as_secs_f64();
            println!("{rows} dossiers, {events} events, {rate:.0} events/s");
        }
    }
    println!("{rows} dossiers, {events} events in {:?}", timer.elapsed());
    Ok(())
}
