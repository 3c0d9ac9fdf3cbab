//! `registre push`: one file of dossiers, one run.

use super::Outcome;
use crate::remote::{Output, Printable, Server, table};
use crate::{console, files};
use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::dossier::{Field, RawDossier, RawValue};
use domain::ids::Source;
use grpc::client::PushReceipt;
use proto::v1::{self, RowOutcome};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// How many refused or held rows the table shows.
const SHOWN: usize = 20;

/// Push a file of dossiers, JSON or CSV
///
/// The file is a JSON array of v3 objects, or CSV with v3 column names
/// (separated by ; or , in UTF-8 or Windows-1252, dates ISO or French).
///
/// Only what changed since the source's last push is written. The same file with the same
/// --extracted-at is the same run: it may be sent again after any failure.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  registre push dossiers.csv
  registre push --full --extracted-at 2026-01-15T22:00:00+01:00 dossiers.json
  registre push --receipts recus dossiers.csv && registre verify --receipt recus/* --policy politique
  cat dossiers.json | registre push --source my-cfa -")]
pub(crate) struct Args {
    /// The file, or - for standard input
    file: PathBuf,
    #[command(flatten)]
    server: Server,
    /// The file is everything that the source has: what is not in it is gone
    #[arg(long)]
    full: bool,
    /// When the rows were extracted, RFC 3339; now when absent
    #[arg(long, value_name = "INSTANT")]
    extracted_at: Option<DateTime<Utc>>,
    /// Who declares: 1 to 64 of a-z 0-9 . _ -; cfa-UAI of the trainer when absent
    #[arg(long, value_parser = Source::parse)]
    source: Option<Source>,
    /// Ask for the receipt of each event that is written, and put it into this folder, in a file named by its
    /// position: registre verify --receipt checks it, with no server
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let read =
        files::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    read.warnings.iter().for_each(|warning| console::note(&format!("warning: {warning}")));
    if read.rows.is_empty() && !args.full {
        bail!("{} has no row: nothing to push", args.file.display());
    }
    let source = match &args.source {
        Some(source) => source.clone(),
        None => source_of(&read.rows)?,
    };
    let run = declaration(args, &source, &read.rows);
    let client = args.server.connect().await?;
    let bar = console::bar(read.rows.len() as u64, "rows");
    let receipt = client.push(&run, &read.rows, |done| bar.set_position(done as u64)).await?;
    bar.finish_and_clear();
    let receipts = args.receipts.as_ref().map(|folder| keep(folder, &receipt)).transpose()?;
    let report = Report { receipts, ..Report::of(receipt) };
    args.output.print(&report)?;
    Ok(if report.is_complete() { Outcome::Done } else { Outcome::RowsLeft })
}

/// Puts the receipt of each event into a folder; gives how many there are.
fn keep(folder: &Path, receipt: &PushReceipt) -> anyhow::Result<usize> {
    fs_err::create_dir_all(folder)?;
    let events = receipt.answers.iter().flat_map(|answer| &answer.events);
    let mut kept = 0;
    for event in events {
        if event.proof.is_empty() {
            bail!(
                "the server gave no receipt of the event at position {}: push the file in smaller parts, \
                 which are answered with theirs",
                event.position
            );
        }
        // Padded, so that names sort in the order of the log.
        fs_err::write(folder.join(format!("{:012}.receipt", event.position)), &event.proof)?;
        kept += 1;
    }
    Ok(kept)
}

fn declaration(args: &Args, source: &Source, rows: &[RawDossier]) -> v1::RunDeclaration {
    let at = args.extracted_at.unwrap_or_else(Utc::now);
    let extracted_at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let extent = if args.full { v1::RunExtent::Full } else { v1::RunExtent::Partial };
    // The run is named by its content, so that sending it again is a retry.
    let mut content = Sha256::new();
    content.update(format!("{source}/{extracted_at}/{}/", extent.as_str_name()));
    content.update(files::to_json(rows));
    v1::RunDeclaration {
        run_id: Uuid::new_v5(&Uuid::NAMESPACE_OID, &content.finalize()).to_string(),
        source: source.to_string(),
        software: concat!("registre push ", env!("CARGO_PKG_VERSION")).to_owned(),
        extracted_at,
        extent: extent.into(),
        row_count: Some(u32::try_from(rows.len()).unwrap_or(u32::MAX)),
        proofs: args.receipts.is_some(),
    }
}

/// `cfa-` and the UAI that all rows name as trainer.
fn source_of(rows: &[RawDossier]) -> anyhow::Result<Source> {
    let uai = |row: &RawDossier| match row.get(Field::EtablissementFormateurUai) {
        Some(RawValue::Text(text)) => Some(text.trim().to_lowercase()),
        _ => None,
    };
    let mut known = rows.iter().filter_map(uai);
    let first = known.next();
    match first.filter(|first| known.all(|other| other == *first)) {
        Some(uai) => Ok(Source::parse(&format!("cfa-{uai}"))?),
        None => bail!("the rows do not name one trainer: say who declares with --source NAME"),
    }
}

/// What a push came to.
#[derive(Debug, Serialize)]
struct Report {
    run: String,
    state: &'static str,
    hold_reason: Option<String>,
    position: u64,
    events: usize,
    received: u32,
    written: u32,
    unchanged: u32,
    stale: u32,
    held: u32,
    refused: u32,
    unseen: u32,
    vanished: u32,
    held_disappearances: u32,
    warnings: BTreeMap<String, usize>,
    refusals: Vec<Refusal>,
    /// Receipts that were kept, when that was asked.
    receipts: Option<usize>,
}

/// A row that was not accepted.
#[derive(Debug, Serialize)]
struct Refusal {
    row: u32,
    field: String,
    rule: String,
    en: String,
    fr: String,
}

impl Report {
    fn of(receipt: PushReceipt) -> Self {
        let PushReceipt { answers, run } = receipt;
        let summary = run.summary.unwrap_or_default();
        let mut warnings = BTreeMap::new();
        for warning in answers.iter().flat_map(|answer| &answer.warnings) {
            *warnings.entry(format!("{} {}", warning.field, warning.rule)).or_default() += 1;
        }
        let refused = answers
            .iter()
            .filter(|answer| matches!(answer.outcome(), RowOutcome::Refused | RowOutcome::Held));
        Self {
            state: match run.state() {
                v1::RunState::Held => "held",
                v1::RunState::Confirmed => "confirmed",
                v1::RunState::Rejected => "rejected",
                v1::RunState::Superseded => "superseded",
                _ => "closed",
            },
            run: run.name,
            hold_reason: run.hold_reason.map(|text| text.fr),
            position: run.position,
            events: answers.iter().map(|answer| answer.events.len()).sum(),
            received: summary.received,
            written: summary.written,
            unchanged: summary.unchanged,
            stale: summary.stale,
            held: summary.held,
            refused: summary.refused,
            unseen: summary.unseen,
            vanished: summary.vanished,
            held_disappearances: summary.held_disappearances,
            warnings,
            refusals: refused.flat_map(refusals).collect(),
            receipts: None,
        }
    }

    fn is_complete(&self) -> bool {
        self.refused == 0 && self.held == 0 && self.state != "held"
    }
}

fn refusals(answer: &v1::RowAnswer) -> impl Iterator<Item = Refusal> {
    answer.errors.iter().map(|issue| {
        let text = issue.text.clone().unwrap_or_default();
        Refusal {
            row: answer.row + 1,
            field: issue.field.clone(),
            rule: issue.rule.clone(),
            en: text.en,
            fr: text.fr,
        }
    })
}

impl Printable for Report {
    fn table(&self) -> String {
        let mut lines = vec![
            format!(
                "{} rows: {} written, {} unchanged, {} stale, {} held, {} refused; {} events",
                self.received,
                self.written,
                self.unchanged,
                self.stale,
                self.held,
                self.refused,
                self.events
            ),
            format!("run {}, {}, log position {}", self.run, self.state, self.position),
        ];
        if let Some(receipts) = self.receipts {
            lines.push(format!("{receipts} receipts kept"));
        }
        if self.unseen + self.vanished > 0 {
            lines.push(format!(
                "{} learners are not transmitted any more, {} ruptures or exclusions withdrawn",
                self.unseen, self.vanished
            ));
        }
        if let Some(reason) = &self.hold_reason {
            lines.push(format!("{} disappearances are held: {reason}", self.held_disappearances));
            let run = &self.run;
            lines
                .push(format!("say which: registre confirm {run} --actor WHO, or registre reject"));
        }
        for (what, times) in &self.warnings {
            lines.push(format!("warning: {what}, {times} times"));
        }
        if !self.refusals.is_empty() {
            let row = |r: &Refusal| {
                vec![r.row.to_string(), r.field.clone(), r.rule.clone(), r.fr.clone()]
            };
            let rows = self.refusals.iter().take(SHOWN).map(row).collect();
            lines.push(table(&["row", "field", "rule", "what to do"], rows, 4));
            let left = self.refusals.len().saturating_sub(SHOWN);
            if left > 0 {
                lines.push(format!("and {left} more: --format json shows all"));
            }
        }
        lines.join("\n")
    }
}
