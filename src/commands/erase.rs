//! `registre erase`: a request of erasure, its decision, its execution.

use super::{Outcome, day};
use crate::console;
use crate::remote::{Server, answer, resource};
use chrono::NaiveDate;
use clap::{Subcommand, ValueEnum};
use proto::v1;
use std::path::PathBuf;
use uuid::Uuid;

/// Erase persons, by a decision
///
/// Three steps, each written in the ledger: somebody asks, somebody decides with a legal basis, and
/// then the persons are erased: their keys are destroyed and their sealed data become zeros.
/// What names nobody stays, and so do the figures. It cannot be undone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre erase request enrolments/6f0e… --requester person --received 2026-09-30 --actor dpo-1
  registre erase decide erasures/91ab… --grant objection --reference DPO/2026-17 --actor dpo-1
  registre erase execute erasures/91ab… --actor dpo-1 --certificate attestation.txt

Backups taken before still hold the persons: take a new one, and delete the older ones. Put back,
an older backup is erased again at the next start, as long as keys/ or log/ is the newer one.")]
pub(crate) struct Args {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, Subcommand)]
enum Step {
    /// Write down that somebody asked
    Request(Request),
    /// Write down the decision
    Decide(Decide),
    /// Erase the persons of a request that was granted
    Execute(Execute),
    /// Show one erasure
    Show(Show),
    /// List erasures, the newest request first
    List(List),
}

#[derive(Debug, clap::Args)]
struct Request {
    /// The dossiers, or contracts that belong to none (contracts/ID): their learners and the legal representatives of
    /// those
    #[arg(required = true, value_name = "ENROLMENT")]
    enrolments: Vec<String>,
    /// Only these dossiers, not the others that are known to be of the same persons
    #[arg(long)]
    only_these: bool,
    /// Who asked
    #[arg(long, value_enum)]
    requester: Requester,
    /// When the request was received
    #[arg(long, value_name = "DAY", value_parser = day::parse)]
    received: NaiveDate,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("decision").args(["grant", "refuse"]).required(true)))]
struct Decide {
    /// The erasure: erasures/ID
    erasure: String,
    /// Grant it, on this ground
    #[arg(long, value_enum)]
    grant: Option<Ground>,
    /// Refuse it, on this ground
    #[arg(long, value_enum)]
    refuse: Option<Refusal>,
    /// The reference of the decision in your files: A-Z a-z 0-9 . _ / -
    #[arg(long)]
    reference: String,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, clap::Args)]
struct Execute {
    /// The erasure: erasures/ID
    erasure: String,
    /// Write the certificate to a file too
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    #[command(flatten)]
    act: Act,
}

#[derive(Debug, clap::Args)]
struct Show {
    /// The erasure: erasures/ID
    erasure: String,
    #[command(flatten)]
    server: Server,
}

#[derive(Debug, clap::Args)]
struct List {
    #[command(flatten)]
    server: Server,
}

/// Who acts, and where.
#[derive(Debug, clap::Args)]
struct Act {
    /// Who acts: a pseudonym of at most 64 bytes
    #[arg(long, value_name = "WHO")]
    actor: String,
    #[command(flatten)]
    server: Server,
}

impl Act {
    /// The same for the same words of the same person, so that they may be said again.
    fn request_id(&self, words: &str) -> String {
        let said = format!("erase {words} {}", self.actor);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, said.as_bytes()).to_string()
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Requester {
    /// The learner
    Person,
    /// A legal representative
    Guardian,
    /// The training organisation
    Cfa,
    /// The data protection officer
    Dpo,
    /// A supervisory authority or a court
    Authority,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Ground {
    /// Art. 17(1)(a)
    NoLongerNecessary,
    /// Art. 17(1)(b)
    ConsentWithdrawn,
    /// Art. 17(1)(c)
    Objection,
    /// Art. 17(1)(d)
    Unlawful,
    /// Art. 17(1)(e)
    RequiredByLaw,
    /// Art. 5(1)(e)
    RetentionExpired,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Refusal {
    /// Art. 17(3)(a)
    FreedomOfExpression,
    /// Art. 17(3)(b)
    PublicTask,
    /// Art. 17(3)(c)
    PublicHealth,
    /// Art. 17(3)(d)
    Archiving,
    /// Art. 17(3)(e)
    LegalClaims,
    /// Art. 12(5)(b)
    ManifestlyUnfounded,
    /// Art. 12(6)
    IdentityNotEstablished,
}

impl Requester {
    fn code(self) -> i32 {
        use v1::ErasureRequester as R;
        match self {
            Self::Person => R::Person,
            Self::Guardian => R::Guardian,
            Self::Cfa => R::Cfa,
            Self::Dpo => R::Dpo,
            Self::Authority => R::Authority,
        }
        .into()
    }
}

impl Ground {
    fn code(self) -> i32 {
        use v1::LegalBasis as B;
        match self {
            Self::NoLongerNecessary => B::NoLongerNecessary,
            Self::ConsentWithdrawn => B::ConsentWithdrawn,
            Self::Objection => B::Objection,
            Self::Unlawful => B::UnlawfulProcessing,
            Self::RequiredByLaw => B::ErasureRequiredByLaw,
            Self::RetentionExpired => B::RetentionExpired,
        }
        .into()
    }
}

impl Refusal {
    fn code(self) -> i32 {
        use v1::LegalBasis as B;
        match self {
            Self::FreedomOfExpression => B::FreedomOfExpression,
            Self::PublicTask => B::PublicTask,
            Self::PublicHealth => B::PublicHealth,
            Self::Archiving => B::Archiving,
            Self::LegalClaims => B::LegalClaims,
            Self::ManifestlyUnfounded => B::ManifestlyUnfounded,
            Self::IdentityNotEstablished => B::IdentityNotEstablished,
        }
        .into()
    }
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    match &args.step {
        Step::Request(step) => request(step).await,
        Step::Decide(step) => decide(step).await,
        Step::Execute(step) => execute(step).await,
        Step::Show(step) => {
            let client = step.server.connect().await?;
            let name = resource("erasures", &step.erasure);
            let asked = v1::GetErasureRequest { name };
            tell(answer(client.privacy().get_erasure(asked).await)?.erasure)
        }
        Step::List(step) => list(step).await,
    }
}

async fn request(step: &Request) -> anyhow::Result<Outcome> {
    let enrolments: Vec<String> = step.enrolments.iter().map(|id| dossier(id)).collect();
    let words = format!("request {} {}", enrolments.join(" "), step.received);
    let asked = v1::RequestErasureRequest {
        request_id: step.act.request_id(&words),
        actor: step.act.actor.clone(),
        enrolments,
        with_linked: !step.only_these,
        requester: step.requester.code(),
        received_on: step.received.to_string(),
    };
    let client = step.act.server.connect().await?;
    tell(answer(client.privacy().request_erasure(asked).await)?.erasure)
}

async fn decide(step: &Decide) -> anyhow::Result<Outcome> {
    let name = resource("erasures", &step.erasure);
    let ground = step.grant.map(Ground::code).or_else(|| step.refuse.map(Refusal::code));
    let asked = v1::DecideErasureRequest {
        request_id: step.act.request_id(&format!("decide {name}")),
        actor: step.act.actor.clone(),
        name,
        granted: step.grant.is_some(),
        basis: ground.unwrap_or_default(),
        reference: step.reference.clone(),
    };
    let client = step.act.server.connect().await?;
    tell(answer(client.privacy().decide_erasure(asked).await)?.erasure)
}

async fn execute(step: &Execute) -> anyhow::Result<Outcome> {
    let name = resource("erasures", &step.erasure);
    let asked = v1::ExecuteErasureRequest {
        request_id: step.act.request_id(&format!("execute {name}")),
        actor: step.act.actor.clone(),
        name,
    };
    let client = step.act.server.connect().await?;
    let done = answer(client.privacy().execute_erasure(asked).await)?.erasure;
    let certificate = done.as_ref().and_then(|done| done.certificate.as_ref());
    if let (Some(path), Some(certificate)) = (&step.certificate, certificate) {
        fs_err::write(path, &certificate.text)?;
    }
    tell(done)
}

async fn list(step: &List) -> anyhow::Result<Outcome> {
    let client = step.server.connect().await?;
    let mut page_token = String::new();
    loop {
        let asked = v1::ListErasuresRequest { page_size: 0, page_token };
        let page = answer(client.privacy().list_erasures(asked).await)?;
        for erasure in &page.erasures {
            console::line(&line(erasure))?;
        }
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return Ok(Outcome::Done);
        }
    }
}

fn tell(erasure: Option<v1::Erasure>) -> anyhow::Result<Outcome> {
    let erasure = erasure.unwrap_or_default();
    console::line(&line(&erasure))?;
    if let Some(certificate) = &erasure.certificate {
        console::line(&format!("\n{}", certificate.text))?;
    }
    Ok(Outcome::Done)
}

/// An erasure in one line.
pub(super) fn line(erasure: &v1::Erasure) -> String {
    let stands = match erasure.state() {
        v1::ErasureState::Unspecified => "unknown",
        v1::ErasureState::Requested => "waits for a decision",
        v1::ErasureState::Granted => "granted, to be executed",
        v1::ErasureState::Refused => "refused",
        v1::ErasureState::Done => "done",
    };
    let decision = match erasure.article.as_str() {
        "" => String::new(),
        article => format!(", art. {article} ({})", erasure.reference),
    };
    format!(
        "{}: {stands}{decision}; {} persons, {} dossiers, received on {}",
        erasure.name,
        erasure.subjects.len(),
        erasure.enrolments.len(),
        erasure.received_on
    )
}

/// The name of a dossier, or of a contract whose workflow runs in the ledger.
fn dossier(id: &str) -> String {
    if id.starts_with("contracts/") { id.to_owned() } else { resource("enrolments", id) }
}
