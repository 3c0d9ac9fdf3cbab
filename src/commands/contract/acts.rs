//! Acts that say little: which contract, and perhaps why.

use super::dates::Happened;
use super::verdicts::told_of_a_refusal;
use crate::console;
use crate::remote::{Server, answer, resource};
use anyhow::{Context, bail};
use domain::cerfa::json::JsonError;
use domain::cerfa::{Form, FormVersion};
use grpc::client::Keyed;
use proto::v1;
use proto::v1::contract_workflow_service_client::ContractWorkflowServiceClient;
use std::path::PathBuf;
use uuid::Uuid;

/// What every act on a contract says beside the act.
#[derive(Debug, clap::Args)]
pub(super) struct On {
    /// The contract, contracts/ID
    contract: String,
    /// The version on which you decide, as the last answer told it; whatever it is when absent
    #[arg(long, value_name = "VERSION", default_value = "")]
    etag: String,
    #[command(flatten)]
    pub(super) who: Who,
}

/// Who acts, and where.
#[derive(Debug, clap::Args)]
pub(super) struct Who {
    /// Who acts: a pseudonym of at most 64 bytes
    #[arg(long, value_name = "WHO")]
    pub(super) actor: String,
    #[command(flatten)]
    pub(super) server: Server,
}

/// A client of the service.
pub(super) type Client = ContractWorkflowServiceClient<Keyed>;

impl On {
    /// The resource name.
    pub(super) fn name(&self) -> String {
        resource("contracts", &self.contract)
    }

    /// The version, when it was said.
    pub(super) fn etag(&self) -> String {
        self.etag.clone()
    }

    /// What an act came to; when rules of the law refuse it, what they ask is told.
    async fn told_of_rules(&self, done: anyhow::Result<()>) -> anyhow::Result<()> {
        if let Err(refused) = &done {
            told_of_a_refusal(self, refused).await;
        }
        done
    }

    pub(super) async fn connect(&self) -> anyhow::Result<Client> {
        Ok(self.who.server.connect().await?.contract_workflow())
    }
}

/// Asks for an act and prints what it wrote.
macro_rules! act {
    ($on:expr, $method:ident, $request:ident { $($field:ident: $value:expr),* $(,)? }) => {{
        #[allow(clippy::needless_update, reason = "some acts say no more")]
        let request = proto::v1::$request {
            name: $on.name(),
            etag: $on.etag(),
            request_id: uuid::Uuid::new_v4().to_string(),
            actor: $on.who.actor.clone(),
            $($field: $value,)*
            ..Default::default()
        };
        let done = $on.connect().await?.$method(request).await;
        $crate::commands::contract::acts::told(&$crate::remote::answer(done)?)
    }};
}
pub(super) use act;

/// Prints what an act wrote.
pub(super) fn told(receipt: &v1::ContractReceipt) -> anyhow::Result<()> {
    let v1::ContractReceipt { name, etag, events, position, .. } = receipt;
    if events.is_empty() {
        return console::line(&format!("{name} : rien de nouveau (version {etag})"));
    }
    let events = events.join(", ");
    console::line(&format!("{name} : {events}, position {position} (version {etag})"))
}

#[derive(Debug, clap::Args)]
pub(super) struct Draft {
    /// The enrolment that it belongs to, enrolments/ID
    #[arg(long, value_name = "ENROLMENT")]
    enrolment: Option<String>,
    #[command(flatten)]
    who: Who,
}

impl Draft {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let request = v1::DraftContractRequest {
            request_id: Uuid::new_v4().to_string(),
            actor: self.who.actor.clone(),
            enrolment: self
                .enrolment
                .as_deref()
                .map(|id| resource("enrolments", id))
                .unwrap_or_default(),
        };
        let mut client = self.who.server.connect().await?.contract_workflow();
        told(&answer(client.draft_contract(request).await)?)
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Fill {
    #[command(flatten)]
    on: On,
    /// The form, or a part of it, as JSON
    #[arg(required_unless_present = "set")]
    file: Option<PathBuf>,
    /// One field: terms.start_on=2026-09-01; without a value it is taken away
    #[arg(long = "set", value_name = "PATH=VALUE")]
    set: Vec<String>,
}

impl Fill {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let mut fields = Vec::new();
        if let Some(file) = &self.file {
            let form = match Form::from_json(&fs_err::read_to_string(file)?) {
                Ok(imported) => {
                    if imported.had_nir {
                        console::note(
                            "le NIR du fichier est laissé de côté : le registre ne l'enregistre jamais",
                        );
                    }
                    let (of, kept) = (imported.form.version, FormVersion::default());
                    if of != kept {
                        console::note(&format!(
                            "le fichier est un formulaire {} : le registre en tient les champs comme un formulaire {}",
                            of.name(),
                            kept.name()
                        ));
                    }
                    imported.form
                }
                Err(JsonError::Form(text)) => bail!("{} : {}", file.display(), text.fr),
                Err(JsonError::Fields(refused)) => {
                    let told: Vec<String> = refused.iter().map(|one| one.text().fr).collect();
                    bail!("{} : {}", file.display(), told.join(" "))
                }
                Err(JsonError::Syntax { line, column }) => {
                    bail!(
                        "{} : ce n'est pas du JSON, ligne {line}, colonne {column}",
                        file.display()
                    )
                }
            };
            let met = form.fields().into_iter().filter(|met| met.value.is_some());
            fields.extend(met.map(|met| v1::FieldValue { path: met.path, value: met.value }));
        }
        for set in &self.set {
            let (path, value) = set.split_once('=').context("--set takes PATH=VALUE")?;
            let value = Some(value.to_owned()).filter(|value| !value.is_empty());
            fields.push(v1::FieldValue { path: path.to_owned(), value });
        }
        act!(self.on, fill_contract, FillContractRequest { fields: fields })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Plain {
    #[command(flatten)]
    on: On,
}

impl Plain {
    pub(super) async fn publish(&self) -> anyhow::Result<()> {
        let done = async { act!(self.on, publish_contract, PublishContractRequest {}) };
        self.on.told_of_rules(done.await).await
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct CompleteFile {
    #[command(flatten)]
    on: On,
    #[command(flatten)]
    happened: Happened,
}

impl CompleteFile {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        act!(self.on, complete_file, CompleteFileRequest { on: self.happened.on() })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Because {
    #[command(flatten)]
    on: On,
    /// Why; it is sealed
    #[arg(long, value_name = "TEXT")]
    why: String,
}

impl Because {
    pub(super) async fn reopen(&self) -> anyhow::Result<()> {
        act!(self.on, reopen_contract, ReopenContractRequest { reason: self.why.clone() })
    }

    pub(super) async fn withdraw(&self) -> anyhow::Result<()> {
        act!(self.on, withdraw_contract, WithdrawContractRequest { reason: self.why.clone() })
    }

    pub(super) async fn cancel(&self) -> anyhow::Result<()> {
        act!(self.on, cancel_contract, CancelContractRequest { reason: self.why.clone() })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Submit {
    #[command(flatten)]
    on: On,
    /// The OPCO of a private employer
    #[arg(long, value_name = "NAME", default_value = "", conflicts_with = "service")]
    opco: String,
    /// The service of the State, as "DDETS 35", where the ledger does not know it
    #[arg(long, value_name = "NAME", default_value = "")]
    service: String,
    #[command(flatten)]
    happened: Happened,
}

impl Submit {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let (opco, service) = (self.opco.clone(), self.service.clone());
        let on = self.happened.on();
        let done = async {
            act!(
                self.on,
                submit_contract,
                SubmitContractRequest { opco: opco, service: service, on: on }
            )
        };
        self.on.told_of_rules(done.await).await
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct AskFor {
    #[command(flatten)]
    on: On,
    /// What is missing; it is sealed
    #[arg(long, value_name = "TEXT")]
    missing: String,
    #[command(flatten)]
    happened: Happened,
}

impl AskFor {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let (missing, on) = (self.missing.clone(), self.happened.on());
        act!(self.on, request_document, RequestDocumentRequest { missing: missing, on: on })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Deposit {
    #[command(flatten)]
    on: On,
    /// Under which number; it is sealed
    #[arg(long, value_name = "NUMBER")]
    number: String,
    /// Of which round: 0 the contract, 1 its first amendment; needed when several that were sent wait for a decision
    #[arg(long, value_name = "N")]
    round: Option<u32>,
    #[command(flatten)]
    happened: Happened,
}

impl Deposit {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let (number, on, round) = (self.number.clone(), self.happened.on(), self.round);
        act!(
            self.on,
            deposit_contract,
            DepositContractRequest { number: number, on: on, round: round }
        )
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct RefuseDeposit {
    #[command(flatten)]
    on: On,
    /// Why; it is sealed
    #[arg(long, value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    happened: Happened,
}

impl RefuseDeposit {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let (motive, on) = (self.why.clone(), self.happened.on());
        act!(self.on, refuse_deposit, RefuseDepositRequest { motive: motive, on: on })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Amend {
    #[command(flatten)]
    on: On,
    /// Its type on the form, 31 to 38
    #[arg(long = "type", value_name = "TYPE")]
    kind: String,
}

impl Amend {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        act!(self.on, amend_contract, AmendContractRequest { r#type: self.kind.clone() })
    }
}
