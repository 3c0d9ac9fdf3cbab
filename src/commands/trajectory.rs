//! `registre trajectory`: dossiers in, dated trajectories out, no server.

use super::Outcome;
use crate::{console, files};
use anyhow::Context;
use chrono::NaiveDate;
use domain::calendar::parse_day;
use domain::dossier::{ContractColumn, Field, RawDossier, RawValue};
use domain::rules::{ContractSpan, RuleSet, Status, StatusFacts, Step, trajectory};
use serde::Serialize;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// Compute trajectories from a file of dossiers, without a server
///
/// Prints one JSON object a line: the learner's id, the rule set, the status on a day, and the
/// dated trajectory. Reads a JSON array of v3 dossiers (or CSV with v3 column names).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre trajectory --rules R1 --as-of 2026-01-15 dossiers.json")]
pub(crate) struct Args {
    /// The rule set: R1 (July 2025), R2 (May 2026) or R3 (August 2026)
    #[arg(long, default_value = "R3")]
    rules: RuleSet,
    /// The day of the current status, YYYY-MM-DD; today in Paris when absent
    #[arg(long, value_name = "DAY", value_parser = super::day::parse)]
    as_of: Option<NaiveDate>,
    /// The file, or - for standard input
    file: PathBuf,
}

#[derive(Serialize)]
struct Line<'a> {
    id_erp_apprenant: Option<&'a str>,
    rules: RuleSet,
    current: Option<Status>,
    trajectory: Vec<Step>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    let read =
        files::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    read.warnings.iter().for_each(|warning| console::note(&format!("warning: {warning}")));
    let as_of = args.as_of.unwrap_or_else(console::today);
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut outcome = Outcome::Done;
    for (rank, row) in read.rows.iter().enumerate() {
        let mut doubts = Vec::new();
        let facts = facts(row, &mut doubts);
        for field in doubts {
            console::note(&format!(
                "row {}: {} is not a date that can be read and was dropped; write YYYY-MM-DD",
                rank + 1,
                field.name()
            ));
        }
        match facts {
            Ok(facts) => {
                serde_json::to_writer(&mut out, &line(row, &facts, args.rules, as_of))?;
                out.write_all(b"\n")?;
            }
            Err(field) => {
                outcome = Outcome::RowsLeft;
                console::note(&format!(
                    "row {}: {} is missing or is not a date; write YYYY-MM-DD",
                    rank + 1,
                    field.name()
                ));
            }
        }
    }
    out.flush()?;
    Ok(outcome)
}

fn line<'a>(
    row: &'a RawDossier,
    facts: &StatusFacts,
    rules: RuleSet,
    as_of: NaiveDate,
) -> Line<'a> {
    let found = trajectory(facts, rules);
    Line {
        id_erp_apprenant: text(row, Field::IdErpApprenant),
        rules,
        current: found.current(as_of),
        trajectory: found.0,
    }
}

/// What the rules read in a row; the names of people play no part. As in a push, a date that
/// cannot be read is dropped, unless the session stands on it.
fn facts(row: &RawDossier, doubts: &mut Vec<Field>) -> Result<StatusFacts, Field> {
    let required = |field| day(row, field).ok().flatten().ok_or(field);
    let entry_on = required(Field::DateEntreeFormation)?;
    let end_on = required(Field::DateFinFormation)?;
    let mut told = |field| {
        day(row, field).unwrap_or_else(|Unreadable| {
            doubts.push(field);
            None
        })
    };
    let mut contracts = Vec::new();
    for slot in 1..=Field::CONTRACT_SLOTS {
        let mut column = |column| told(Field::of_contract(slot, column));
        // A slot without a start date is no contract.
        if let Some(start_on) = column(ContractColumn::Start) {
            contracts.push(ContractSpan {
                start_on,
                end_on: column(ContractColumn::End),
                broken_on: column(ContractColumn::Rupture),
            });
        }
    }
    let excluded_on = told(Field::DateExclusionFormation);
    Ok(StatusFacts { entry_on, end_on, contracts, excluded_on })
}

/// There is a value, and it is no date.
struct Unreadable;

fn day(row: &RawDossier, field: Field) -> Result<Option<NaiveDate>, Unreadable> {
    match row.get(field) {
        None => Ok(None),
        Some(RawValue::Text(text)) => {
            parse_day(text).map(|parsed| Some(parsed.day)).map_err(|_| Unreadable)
        }
        Some(RawValue::Int(_) | RawValue::Bool(_)) => Err(Unreadable),
    }
}

fn text(row: &RawDossier, field: Field) -> Option<&str> {
    match row.get(field) {
        Some(RawValue::Text(text)) => Some(text),
        _ => None,
    }
}
