//! `registre history`: every event of one contract or one enrolment.

use super::Outcome;
use crate::remote::{
    Basis, Output, Printable, Rules, Server, Times, answer, resource, status_name, table,
};
use anyhow::bail;
use grpc::client::Client;
use proto::v1;
use serde::Serialize;

/// The most events that one call gives.
const PAGE: i32 = 1_000;

/// Show every event of a contract or an enrolment
///
/// Shows what was written of one contract or one enrolment, event by event, and the trajectory
/// that follows from it; of a contract that is written and signed here, its own events. Personal data
/// stays sealed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  registre history contract 6f0e…
  registre history contracts/6f0e…
  registre history enrolment 91aa… --known-at 2026-02-28 --rules R1")]
pub(crate) struct Args {
    #[command(flatten)]
    of: Of,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    times: Times,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    output: Output,
}

/// Whose history: `contract ID`, `enrolment ID`, or a name alone.
#[derive(Debug, clap::Args)]
pub(super) struct Of {
    /// contract or enrolment, and then its id; or its whole name, contracts/ID or enrolments/ID
    #[arg(value_name = "WHAT")]
    what: String,
    /// Its id, as alerts and answers name it
    id: Option<String>,
}

impl Of {
    /// Its name.
    ///
    /// # Errors
    /// When it is none.
    pub(super) fn name(&self) -> anyhow::Result<String> {
        match (self.what.as_str(), &self.id) {
            ("contract", Some(id)) => Ok(resource("contracts", id)),
            ("enrolment", Some(id)) => Ok(resource("enrolments", id)),
            (name, None) if name.starts_with("contracts/") || name.starts_with("enrolments/") => {
                Ok(name.to_owned())
            }
            (other, _) => bail!(
                "{other} names nothing: say `contract ID`, `enrolment ID`, or the name alone, contracts/ID or \
                 enrolments/ID"
            ),
        }
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let client = args.server.connect().await?;
    let question =
        Question { name: args.of.name()?, time: args.times.query(), rule_set: args.rules.code() };
    args.output.print(&question.ask(&client).await?)?;
    Ok(Outcome::Done)
}

/// Which history.
#[derive(Debug)]
pub(crate) struct Question {
    /// `contracts/{id}` or `enrolments/{id}`
    pub(crate) name: String,
    /// When.
    pub(crate) time: v1::TimeQuery,
    /// Which rules.
    pub(crate) rule_set: i32,
}

impl Question {
    /// Asks for the events, and for the trajectory of the enrolment.
    pub(crate) async fn ask(&self, client: &Client) -> anyhow::Result<History> {
        let (events, drafted, position) = self.events(client).await?;
        // A contract that is written here has a stream of its own, and no trajectory.
        let own = events.first().is_some_and(|event| event.stream.starts_with("contracts/"));
        let dossier = if own { None } else { Some(self.dossier(client).await?) };
        Ok(History { name: self.name.clone(), dossier, events, drafted, position })
    }

    async fn dossier(&self, client: &Client) -> anyhow::Result<Dossier> {
        let (enrolment, verdicts) = if self.name.starts_with("contracts/") {
            let request =
                v1::GetContractRequest { name: self.name.clone(), time: Some(self.time.clone()) };
            let found = answer(client.contracts().get_contract(request).await)?;
            (found.contract.unwrap_or_default().enrolment, found.verdicts)
        } else {
            (self.name.clone(), Vec::new())
        };
        let request = v1::GetTrajectoryRequest {
            name: enrolment.clone(),
            time: Some(self.time.clone()),
            rule_set: self.rule_set,
        };
        let found = answer(client.enrolments().get_trajectory(request).await)?;
        Ok(Dossier {
            enrolment,
            current: status_name(found.current()),
            trajectory: found
                .trajectory
                .iter()
                .map(|step| Step { from: step.from.clone(), status: status_name(step.status()) })
                .collect(),
            verdicts: verdicts.into_iter().map(Verdict::of).collect(),
            basis: Basis::of(found.basis),
        })
    }

    /// The events, the contracts that are written here for an enrolment, and the position of the log reflected.
    async fn events(&self, client: &Client) -> anyhow::Result<(Vec<Event>, Vec<String>, u64)> {
        let mut events = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = v1::ListEventsRequest {
                parent: self.name.clone(),
                known_at: self.time.known_at.clone(),
                page_size: PAGE,
                page_token,
            };
            let page = answer(client.history().list_events(request).await)?;
            events.extend(page.events.into_iter().map(Event::from));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok((events, page.drafted, page.position));
            }
        }
    }
}

/// A history.
#[derive(Debug, Serialize)]
pub(crate) struct History {
    name: String,
    /// Where the learner stands; none of a contract that is written here.
    #[serde(flatten)]
    dossier: Option<Dossier>,
    events: Vec<Event>,
    /// Contracts that are written here for the enrolment.
    drafted: Vec<String>,
    position: u64,
}

#[derive(Debug, Serialize)]
struct Dossier {
    enrolment: String,
    current: &'static str,
    trajectory: Vec<Step>,
    /// What the law says of a contract that a source declares.
    verdicts: Vec<Verdict>,
    basis: Basis,
}

/// What a rule says of it.
#[derive(Debug, Serialize)]
struct Verdict {
    rule: String,
    article: String,
    outcome: &'static str,
    fr: String,
}

impl Verdict {
    fn of(verdict: v1::RuleVerdict) -> Self {
        let outcome = match verdict.outcome() {
            v1::RuleOutcome::Holds => "holds",
            v1::RuleOutcome::Warned => "warned",
            v1::RuleOutcome::Undetermined => "undetermined",
            v1::RuleOutcome::Unspecified | v1::RuleOutcome::Refused => "unknown",
        };
        let v1::RuleVerdict { rule, article, text, .. } = verdict;
        Self { rule, article, outcome, fr: text.unwrap_or_default().fr }
    }

    /// A line for people, of what they should look at.
    fn warning(&self) -> Option<String> {
        let Self { rule, article, outcome, fr } = self;
        (*outcome == "warned").then(|| format!("\nto check: {fr} ({rule}, {article})"))
    }
}

#[derive(Debug, Serialize)]
struct Step {
    from: String,
    status: &'static str,
}

#[derive(Debug, Serialize)]
struct Event {
    position: u64,
    recorded_at: String,
    effective_on: String,
    #[serde(rename = "type")]
    kind: String,
    event_id: String,
    stream: String,
    version: u64,
    source: String,
    actor: String,
    corrects: String,
    superseded_by: String,
    contract: String,
    sealed: Vec<String>,
    sentence_fr: String,
    body: serde_json::Value,
}

impl From<v1::Event> for Event {
    fn from(event: v1::Event) -> Self {
        Self {
            position: event.position,
            recorded_at: event.recorded_at,
            effective_on: event.effective_on,
            kind: event.r#type,
            event_id: event.event_id,
            stream: event.stream,
            version: event.version,
            source: event.source,
            actor: event.actor,
            corrects: event.corrects,
            superseded_by: event.superseded_by,
            contract: event.contract,
            sealed: event.sealed,
            sentence_fr: event.sentence_fr,
            body: serde_json::from_str(&event.body_json).unwrap_or_default(),
        }
    }
}

impl Event {
    /// What a correction replaces, or what replaced this event, by position.
    fn link(&self, events: &[Self], words: &Words) -> String {
        let position = |id: &str| {
            let found = events.iter().find(|event| event.event_id == id);
            found.map_or_else(|| words.another.to_owned(), |event| event.position.to_string())
        };
        match (self.corrects.as_str(), self.superseded_by.as_str()) {
            ("", "") => String::new(),
            (corrects, "") => format!("{} {}", words.replaces, position(corrects)),
            (_, by) => format!("{} {}", words.replaced_by, position(by)),
        }
    }
}

/// What stands around the events.
struct Words {
    header: [&'static str; 6],
    replaces: &'static str,
    replaced_by: &'static str,
    another: &'static str,
}

const ENGLISH: Words = Words {
    header: ["position", "recorded (UTC)", "true on", "event", "in words", ""],
    replaces: "replaces",
    replaced_by: "replaced by",
    another: "another",
};

/// Of a contract that is written here, as every command on it.
const FRENCH: Words = Words {
    header: ["position", "enregistré (UTC)", "à effet du", "événement", "en mots", ""],
    replaces: "remplace",
    replaced_by: "remplacé par",
    another: "un autre",
};

impl Printable for History {
    fn table(&self) -> String {
        let words = if self.dossier.is_some() { &ENGLISH } else { &FRENCH };
        let row = |event: &Event| {
            vec![
                event.position.to_string(),
                event.recorded_at.chars().take(16).collect(),
                event.effective_on.clone(),
                event.kind.clone(),
                event.sentence_fr.clone(),
                event.link(&self.events, words),
            ]
        };
        let rows = self.events.iter().map(row).collect();
        let events = table(&words.header, rows, 6);
        let Some(dossier) = &self.dossier else {
            return format!("{}\n{events}\nposition {} du journal", self.name, self.position);
        };
        let step = |step: &Step| format!("{} {}", step.from, step.status);
        let steps: Vec<String> = dossier.trajectory.iter().map(step).collect();
        let named = |name: &String| format!("\nwritten here: {name}");
        let warnings: String = dossier.verdicts.iter().filter_map(Verdict::warning).collect();
        format!(
            "{}, of {}\n{events}{}{warnings}\ntrajectory: {}\nstatus: {}\n{}",
            self.name,
            dossier.enrolment,
            self.drafted.iter().map(named).collect::<String>(),
            steps.join(" → "),
            dossier.current,
            dossier.basis.line()
        )
    }
}
