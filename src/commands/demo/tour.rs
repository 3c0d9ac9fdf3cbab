//! What the demo prints once the year is over.

use super::super::{alerts, headcount, history, outcomes};
use crate::console;
use crate::remote::{DEFAULT_URL, Printable, answer};
use chrono::NaiveDate;
use grpc::client::Client;
use proto::v1;
use std::net::SocketAddr;
use std::path::Path;

/// The last day of the simulated year.
const LAST_DAY: &str = "2026-08-31";
/// Broken contracts among which one with a correction is looked for.
const CANDIDATES: i32 = 400;
/// Alerts shown.
const ALERTS: i32 = 8;

/// Prints the tour.
pub(super) async fn print(client: &Client, data: &Path, at: SocketAddr) -> anyhow::Result<()> {
    // The answers wait until the views reflect the whole log.
    let head = answer(client.history().get_head(v1::GetHeadRequest {}).await)?.position;
    let time =
        v1::TimeQuery { as_of: LAST_DAY.to_owned(), known_at: String::new(), min_position: head };
    evolution(client, head).await?;
    alerts(client, &time).await?;
    outcomes(client, &time).await?;
    let contract = broken_contract(client, &time).await?;
    if let Some(contract) = &contract {
        title("The history of one broken contract")?;
        let question = history::Question {
            name: contract.clone(),
            time: time.clone(),
            rule_set: v1::RuleSet::R3.into(),
        };
        console::line(&question.ask(client).await?.table())?;
    }
    further(contract.as_deref(), data, at)
}

fn title(text: &str) -> anyhow::Result<()> {
    console::line(&format!("\n{text}"))
}

async fn evolution(client: &Client, head: u64) -> anyhow::Result<()> {
    for (known_at, text) in [
        ("", "The dashboard month by month, as it is known today"),
        ("each", "The same months, as each could be published at its end"),
    ] {
        let request = v1::ComputeEvolutionRequest {
            from_month: "2025-09".to_owned(),
            to_month: "2026-08".to_owned(),
            known_at: known_at.to_owned(),
            rule_set: v1::RuleSet::R3.into(),
            filter: Some(v1::HeadcountFilter::default()),
            min_position: head,
        };
        let response = answer(client.dashboard().compute_evolution(request).await)?;
        title(text)?;
        console::line(&headcount::Evolution::of(response).table())?;
    }
    Ok(())
}

async fn alerts(client: &Client, time: &v1::TimeQuery) -> anyhow::Result<()> {
    title("Open alerts")?;
    let request = v1::SummarizeAlertsRequest { time: Some(time.clone()), ..Default::default() };
    let summary = answer(client.alerts().summarize_alerts(request).await)?;
    console::line(&alerts::Summary::of(summary).table())?;
    title("The most urgent ones")?;
    let request =
        v1::ListAlertsRequest { time: Some(time.clone()), page_size: ALERTS, ..Default::default() };
    let list = answer(client.alerts().list_alerts(request).await)?;
    console::line(&alerts::List::of(list).table())
}

async fn outcomes(client: &Client, time: &v1::TimeQuery) -> anyhow::Result<()> {
    title("Outcomes of the contracts started from September to December 2025")?;
    let request = v1::ComputeOutcomesRequest {
        time: Some(time.clone()),
        started_from: "2025-09-01".to_owned(),
        started_to: "2025-12-31".to_owned(),
        filter: Some(v1::HeadcountFilter::default()),
        group_by: v1::GroupBy::Level.into(),
    };
    let response = answer(client.outcomes().compute_outcomes(request).await)?;
    console::line(&outcomes::Answer::of(response).table())
}

/// A broken contract of which a date was corrected, else any broken one.
async fn broken_contract(client: &Client, time: &v1::TimeQuery) -> anyhow::Result<Option<String>> {
    let request = v1::ListContractsRequest {
        time: Some(time.clone()),
        broken_only: true,
        page_size: CANDIDATES,
        ..Default::default()
    };
    let contracts = answer(client.contracts().list_contracts(request).await)?.contracts;
    for contract in &contracts {
        let request = v1::ListEventsRequest { parent: contract.name.clone(), ..Default::default() };
        let events = answer(client.history().list_events(request).await)?.events;
        let moved = |event: &v1::Event| {
            let corrected = events.iter().find(|other| other.event_id == event.corrects);
            corrected.is_some_and(|other| other.effective_on != event.effective_on)
        };
        if events.iter().any(moved) {
            return Ok(Some(contract.name.clone()));
        }
    }
    Ok(contracts.into_iter().next().map(|contract| contract.name))
}

/// The commands that ask the same things, with what they need filled in.
fn further(contract: Option<&str>, data: &Path, at: SocketAddr) -> anyhow::Result<()> {
    let to = format!("http://{at}");
    let to = if to == DEFAULT_URL { String::new() } else { format!(" --to {to}") };
    let march = NaiveDate::from_ymd_opt(2026, 3, 1).unwrap_or_default();
    title("How to go on")?;
    let mut lines = vec![
        format!("registre headcount{to} --as-of {march} --by region"),
        format!("registre headcount{to} --as-of {march} --known-at {march} --by region"),
        format!("registre headcount{to} --as-of 2026-07-15 --rules R1    (then --rules R3)"),
        format!("registre alerts{to} --as-of {march} --kind rupture-90-days"),
        format!("registre outcomes{to} --as-of {LAST_DAY} --started-from 2025-09-01 --by cfa"),
    ];
    if let Some(id) = contract.and_then(|name| name.strip_prefix("contracts/")) {
        lines.push(format!("registre history contract {id}{to} --known-at {march}"));
    }
    let data = data.display();
    lines.push(format!(
        "registre rebuild --data {data}    (the server stopped: every view anew from the log)"
    ));
    lines.push(format!(
        "registre serve --data {data}      (once this demo has stopped: the same ledger again)"
    ));
    console::line(&lines.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n"))
}
