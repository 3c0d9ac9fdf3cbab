//! Contracts whose workflow runs here: the queue of who examines them, in French.

use super::french::{life_on, phase};
use super::words;
use crate::console;
use crate::remote::{Basis, Output, Printable, Server, Times, answer, table};
use chrono::NaiveDate;
use domain::identifiers::Uai;
use proto::v1;
use proto::v1::{ContractLife, ContractPhase, DepositDecision};
use serde::Serialize;

/// The most contracts that one call gives.
const PAGE: i32 = 1_000;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  registre contract list --phase submitted --phase incomplete --departement 35
  registre contract list --late --format json")]
pub(super) struct List {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    times: Times,
    /// Only in this phase; more than one may be named
    #[arg(long, value_name = "PHASE", value_parser = words::phases())]
    phase: Vec<ContractPhase>,
    /// Only this life
    #[arg(long, value_name = "LIFE", value_parser = words::lives())]
    life: Option<ContractLife>,
    /// Only this département of the place of work
    #[arg(long, value_name = "CODE", default_value = "")]
    departement: String,
    /// Only those that were sent to this deposit body, by its name
    #[arg(long, value_name = "NAME", default_value = "")]
    body: String,
    /// Only this CFA
    #[arg(long, value_name = "UAI", value_parser = uai)]
    cfa: Option<Uai>,
    /// Only those with which somebody is late: not signed, not sent, or the deposit body was silent
    #[arg(long)]
    late: bool,
    /// Print at most so many
    #[arg(long, default_value_t = 50)]
    limit: usize,
    #[command(flatten)]
    output: Output,
}

impl List {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let mut client = self.server.connect().await?.contract_workflow();
        let mut listed = Listed { contracts: Vec::new(), more: false, basis: Basis::of(None) };
        let mut page_token = String::new();
        loop {
            let left = self.limit.saturating_sub(listed.contracts.len());
            let request = v1::ListContractWorkflowsRequest {
                time: Some(self.times.query()),
                phases: self.phase.iter().map(|phase| (*phase).into()).collect(),
                life: self.life.unwrap_or_default().into(),
                departement: self.departement.clone(),
                deposit_body: self.body.clone(),
                late_only: self.late,
                trainer_uai: self.cfa.map(|uai| uai.to_string()).unwrap_or_default(),
                page_size: i32::try_from(left).unwrap_or(PAGE).clamp(1, PAGE),
                page_token,
            };
            let response = answer(client.list_contract_workflows(request).await)?;
            listed.contracts.extend(response.contracts.into_iter().take(left).map(Into::into));
            listed.basis = Basis::of(response.basis);
            page_token = response.next_page_token;
            listed.more = !page_token.is_empty();
            if !listed.more || listed.contracts.len() >= self.limit {
                break;
            }
        }
        self.output.print(&listed)
    }
}

/// A UAI with its right letter.
fn uai(text: &str) -> Result<Uai, String> {
    Uai::parse(text).map_err(|error| error.text.fr)
}

/// Contracts.
#[derive(Debug, Serialize)]
struct Listed {
    contracts: Vec<Contract>,
    more: bool,
    basis: Basis,
}

/// A contract.
#[derive(Debug, Serialize)]
struct Contract {
    name: String,
    etag: String,
    enrolment: String,
    round: u32,
    #[serde(serialize_with = "words::phase")]
    phase: ContractPhase,
    #[serde(serialize_with = "words::life")]
    life: ContractLife,
    deposit_body: String,
    departement: String,
    trainer_uai: String,
    start_on: String,
    end_on: String,
    submitted_on: String,
    #[serde(serialize_with = "words::decision")]
    decision: DepositDecision,
    decide_by: String,
    asked_on: String,
    broken_on: String,
    ended_on: String,
    next_due: String,
    next_due_on: String,
    late: bool,
}

impl From<v1::ContractWorkflowSummary> for Contract {
    fn from(of: v1::ContractWorkflowSummary) -> Self {
        let (phase, life, decision) = (of.phase(), of.life(), of.decision());
        Self {
            name: of.name,
            etag: of.etag,
            enrolment: of.enrolment,
            round: of.round,
            phase,
            life,
            deposit_body: of.deposit_body,
            departement: of.departement,
            trainer_uai: of.trainer_uai,
            start_on: of.start_on,
            end_on: of.end_on,
            submitted_on: of.submitted_on,
            decision,
            decide_by: of.decide_by,
            asked_on: of.asked_on,
            broken_on: of.broken_on,
            ended_on: of.ended_on,
            next_due: of.next_due,
            next_due_on: of.next_due_on,
            late: of.late,
        }
    }
}

impl Contract {
    /// What comes next, and by when.
    fn next(&self) -> String {
        // The last day in time.
        let on = &self.next_due_on;
        let since = day_after(on);
        let said = match (self.next_due.as_str(), self.decision) {
            ("SIGN", _) => format!("à signer au plus tard le {on}"),
            ("SUBMIT", _) => format!("à transmettre au plus tard le {on}"),
            ("MAKE_COMPLETE", _) => format!("délai suspendu depuis le {on}"),
            ("DECIDE" | "DECIDE_AFTER_THE_END", DepositDecision::SilentAcceptance) => {
                format!("silence depuis le {since} : accepté")
            }
            ("DECIDE" | "DECIDE_AFTER_THE_END", DepositDecision::SilentRefusal) => {
                format!("silence depuis le {since} : refusé")
            }
            ("DECIDE" | "DECIDE_AFTER_THE_END", _) => format!("décision au plus tard le {on}"),
            _ => "-".to_owned(),
        };
        let is_silent = matches!(
            self.decision,
            DepositDecision::SilentAcceptance | DepositDecision::SilentRefusal
        );
        if self.late && !is_silent { format!("EN RETARD, {said}") } else { said }
    }
}

/// The day after one; what is no day as it is.
pub(super) fn day_after(day: &str) -> String {
    let next = day.parse::<NaiveDate>().ok().and_then(|day| day.succ_opt());
    next.map_or_else(|| day.to_owned(), |next| next.to_string())
}

impl Printable for Listed {
    fn table(&self) -> String {
        let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let as_of = self.basis.as_of().parse().unwrap_or_else(|_| console::today());
        let row = |one: &Contract| {
            let from = if one.broken_on.is_empty() { &one.ended_on } else { &one.broken_on };
            vec![
                one.name.clone(),
                or_dash(&one.departement),
                or_dash(&one.trainer_uai),
                or_dash(&one.start_on),
                phase(one.phase).to_owned(),
                life_on(one.life, from, as_of),
                or_dash(&one.deposit_body),
                or_dash(&one.submitted_on),
                one.next(),
            ]
        };
        let rows = self.contracts.iter().map(row).collect();
        let header = [
            "contrat",
            "dép.",
            "CFA",
            "début",
            "où il en est",
            "exécution",
            "organisme de dépôt",
            "transmis le",
            "à faire",
        ];
        let more =
            if self.more { "\nil y en a d'autres : augmentez --limit, ou filtrez" } else { "" };
        format!("{}{more}\n{}", table(&header, rows, 9), self.basis.line_in_french())
    }
}
