//! `registre retention`: what the rules of retention say, and having it done.

use super::{Outcome, day};
use crate::console;
use crate::remote::{Server, answer};
use chrono::NaiveDate;
use grpc::client::Client;
use proto::v1;
use std::path::PathBuf;

/// Report whose dossiers fall due, or erase them
///
/// A dossier names its learner for as long as the rules of retention say; then the learner, and the
/// learner's legal representatives, are erased as by `registre erase`. What names nobody stays.
/// A person is erased once all dossiers that are known to be of that person are due.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").args(["dry_run", "execute"]).required(true)))]
#[command(after_help = RULES)]
pub(crate) struct Args {
    /// Report what falls due, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: by which day; 30 days from today when absent
    #[arg(long, value_name = "DAY", value_parser = day::parse, requires = "dry_run")]
    on: Option<NaiveDate>,
    /// Erase whoever is due today
    #[arg(long, requires = "reference", requires = "actor")]
    execute: bool,
    /// With --execute: the reference of the decision, A-Z a-z 0-9 . _ / -
    #[arg(long)]
    reference: Option<String>,
    /// With --execute: who has it done, a pseudonym of at most 64 bytes
    #[arg(long, value_name = "WHO")]
    actor: Option<String>,
    /// The rules, dated; those of the program when absent
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

const RULES: &str = "\
The rules of the program, as a file (those with the newest in_force_from that has come apply):
  {\"notice_days\": 30, \"rules\": [{\"in_force_from\": \"2020-01-01\",
    \"years_after_conclusion\": 5, \"months_after_end\": 12, \"years_without_contract\": 2,
    \"years_after_end_of_written\": 10,
    \"cohorts\": [{\"concluded_from\": \"2020-07-01\", \"concluded_to\": \"2023-12-31\",
                 \"kept_until\": \"2031-12-31\"}]}]}
They are to be confirmed by the data protection officer.

Examples:
  registre retention --dry-run --on 2031-01-31
  registre retention --execute --reference DPO/2031-1 --actor dpo-1";

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let rules_json = args.rules.as_ref().map(fs_err::read).transpose()?.unwrap_or_default();
    let client = args.server.connect().await?;
    if args.dry_run {
        report(args, &client, &rules_json).await
    } else {
        execute(args, &client, &rules_json).await
    }
}

async fn report(args: &Args, client: &Client, rules_json: &[u8]) -> anyhow::Result<Outcome> {
    let (mut due, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = v1::ListDueErasuresRequest {
            until: args.on.map(|day| day.to_string()).unwrap_or_default(),
            rules_json: rules_json.to_vec(),
            page_token,
            ..Default::default()
        };
        let page = answer(client.privacy().list_due_erasures(asked).await)?;
        due.extend(page.due.into_iter().map(|one| (one.due_on, one.enrolments)));
        page_token = page.next_page_token;
        if !page_token.is_empty() {
            continue;
        }
        due.sort_unstable();
        for (on, enrolments) in &due {
            console::line(&format!("{on}  {}", enrolments.join(" ")))?;
        }
        let (until, from) = (page.until, page.rules_in_force_from);
        let persons = due.len();
        console::line(&format!(
            "{persons} persons fall due by {until}, by the rules in force from {from}"
        ))?;
        return Ok(Outcome::Done);
    }
}

async fn execute(args: &Args, client: &Client, rules_json: &[u8]) -> anyhow::Result<Outcome> {
    let (mut done, mut left, mut page_token) = (0, 0, String::new());
    loop {
        let asked = v1::ExecuteRetentionRequest {
            actor: args.actor.clone().unwrap_or_default(),
            reference: args.reference.clone().unwrap_or_default(),
            rules_json: rules_json.to_vec(),
            page_token,
        };
        let batch = answer(client.privacy().execute_retention(asked).await)?;
        for erasure in &batch.erasures {
            console::line(&super::erase::line(erasure))?;
        }
        for one in &batch.passed_over {
            console::line(&passed_over(one))?;
        }
        done += batch.erasures.len();
        left += batch.passed_over.len();
        page_token = batch.next_page_token;
        if page_token.is_empty() {
            console::line(&format!("{done} erasures done"))?;
            return Ok(if left == 0 { Outcome::Done } else { Outcome::RowsLeft });
        }
    }
}

/// Who was not erased, and what to do.
fn passed_over(one: &v1::PassedOver) -> String {
    let why = one.text.as_ref().map_or("", |text| &text.en);
    format!(
        "passed over: {}: {why} (registre erase request … --only-these)",
        one.enrolments.join(" ")
    )
}
