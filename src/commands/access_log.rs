//! `registre access-log`: who read whose data, and why.

use super::Outcome;
use super::key::Folder;
use crate::console;
use crate::remote::table;
use access::log::{self, Line};

/// List who read of whom, and why, and check that no line was changed
///
/// Every read of personal data is a line in access/log of the data folder, which has the hash of the
/// line before. Names are pseudonyms: `registre key list` and `registre grant list` tell whose.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 when every line follows the one before, 1 otherwise. Lines are deleted after a year; the
log says so, and those that stay must follow what it says was deleted. Lines cut at the end do not
show: keep the last hash that this prints elsewhere, and it must be there again within the year.")]
pub(crate) struct Args {
    #[command(flatten)]
    folder: Folder,
    /// Only reads of this: enrolments/ID, contracts/ID
    #[arg(long, value_name = "NAME")]
    of: Option<String>,
    /// Only reads by this pseudonym
    #[arg(long, value_name = "WHO")]
    by: Option<String>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Outcome> {
    crate::wiring::must_exist(&args.folder.data)?;
    let mut rows = Vec::new();
    let is_asked = |line: &Line| {
        args.of.as_ref().is_none_or(|of| line.of == *of)
            && args.by.as_ref().is_none_or(|by| line.principal == *by)
    };
    let checked = log::read(&args.folder.data, |line| {
        if is_asked(line) {
            let Line { at, principal, role, call, of, reason, .. } = line.clone();
            rows.push(vec![at, principal, role, call, of, reason]);
        }
    })?;
    let header = ["when (UTC)", "who", "role", "call", "of", "why"];
    console::line(&table(&header, rows, header.len()))?;
    let log::Checked { lines, last, dropped, broken } = checked;
    if let Some(log::Dropped { until, .. }) = dropped {
        console::line(&format!(
            "the lines before {until} were deleted: they had been kept a year"
        ))?;
    }
    for log::Broken { file, line, what } in &broken {
        console::line(&format!("access/log/{file}, line {line}: {what}"))?;
    }
    if broken.is_empty() {
        console::line(&format!("{lines} lines, each follows the one before; last hash {last}"))?;
        return Ok(Outcome::Done);
    }
    Ok(Outcome::Failed)
}
