//! `registre generate`: the pushes of the demo, as files.

use super::Outcome;
use crate::generator::{Push, Settings, Simulation};
use crate::{console, files};
use anyhow::{Context, bail};
use chrono::{DateTime, NaiveDate, SecondsFormat};
use domain::runs::Extent;
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Write the pushes of a synthetic school year as files
///
/// Writes the nightly pushes of a synthetic school year as files: DIR/DAY/SOURCE.full.json or
/// SOURCE.partial.json, and DIR/pushes.jsonl that lists them in order. The same seed gives the
/// same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre generate --out year --apprentices 200 --from 2026-01-01 --to 2026-01-31")]
pub(crate) struct Args {
    /// The folder to make
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Number of persons
    #[arg(long, default_value_t = 2_000)]
    apprentices: u32,
    /// Another seed is another country
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// First night; 2025-08-25 when absent
    #[arg(long, value_name = "DAY", value_parser = super::day::parse)]
    from: Option<NaiveDate>,
    /// Last night; 2026-08-31 when absent
    #[arg(long, value_name = "DAY", value_parser = super::day::parse)]
    to: Option<NaiveDate>,
}

/// A line of `pushes.jsonl`.
#[derive(Serialize)]
struct Listed<'a> {
    file: String,
    source: &'a str,
    run_id: String,
    extracted_at: String,
    full: bool,
    rows: usize,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    if args.out.exists() {
        bail!("{} exists: name a folder that does not", args.out.display());
    }
    fs_err::create_dir_all(&args.out)?;
    let mut list = fs_err::File::create(args.out.join("pushes.jsonl"))?;
    let settings = Settings { apprentices: args.apprentices, seed: args.seed };
    let simulation = Simulation::new(settings);
    let bar = console::bar(simulation.nights().into(), "nights");
    let (mut pushes, mut rows) = (0_u64, 0_usize);
    for night in 0..simulation.nights() {
        bar.inc(1);
        let day = simulation.day(night);
        if args.from.is_some_and(|from| day < from) || args.to.is_some_and(|to| day > to) {
            continue;
        }
        for push in simulation.pushes(night) {
            let listed = write(&args.out, day, &push)?;
            serde_json::to_writer(&mut list, &listed)?;
            list.write_all(b"\n")?;
            pushes += 1;
            rows += push.rows.len();
        }
    }
    bar.finish_and_clear();
    console::line(&format!(
        "{rows} rows in {pushes} files under {}; pushes.jsonl lists them in order.\n\
         Push one with: registre push --full --source SOURCE --extracted-at INSTANT FILE",
        args.out.display()
    ))?;
    Ok(Outcome::Done)
}

fn write<'a>(out: &Path, day: NaiveDate, push: &'a Push) -> anyhow::Result<Listed<'a>> {
    let full = push.extent == Extent::Full;
    let kind = if full { "full" } else { "partial" };
    let file = format!("{day}/{}.{kind}.json", push.source);
    fs_err::create_dir_all(out.join(day.to_string()))?;
    fs_err::write(out.join(&file), files::to_json(&push.rows))?;
    let at = DateTime::from_timestamp_micros(push.extracted_at.0).context("not an instant")?;
    Ok(Listed {
        file,
        source: &push.source,
        run_id: push.run_id.to_string(),
        extracted_at: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        full,
        rows: push.rows.len(),
    })
}
