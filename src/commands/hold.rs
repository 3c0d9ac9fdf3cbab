//! `registre confirm` and `registre reject`: the CFA's word on a run that is held.

use super::Outcome;
use crate::console;
use crate::remote::{Server, answer, resource};
use proto::v1::{ConfirmPushRunRequest, PushRun, RejectPushRunRequest};
use uuid::Uuid;

/// Say that what vanished in a held run really vanished
///
/// A full push in which too much vanished at once is held: its ruptures, exclusions and learners
/// stay as they were. Confirming applies what it no longer has, but for what a newer push saw.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre confirm pushRuns/cfa-0751234j/6f0e… --actor agent-7")]
pub(crate) struct Confirm {
    #[command(flatten)]
    word: Word,
}

/// Say that a held run was a broken export
///
/// A full push in which too much vanished at once is held: its ruptures, exclusions and learners
/// stay as they were. Rejecting forgets what it no longer had; its rows stay.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre reject pushRuns/cfa-0751234j/6f0e… --actor agent-7")]
pub(crate) struct Reject {
    #[command(flatten)]
    word: Word,
}

#[derive(Debug, clap::Args)]
struct Word {
    /// The run, as `registre push` and the alert name it: pushRuns/SOURCE/RUN
    run: String,
    /// Who decides: a pseudonym of at most 64 bytes
    #[arg(long, value_name = "WHO")]
    actor: String,
    #[command(flatten)]
    server: Server,
}

impl Word {
    fn name(&self) -> String {
        resource("pushRuns", &self.run)
    }

    /// The same for the same word of the same person, so that it may be said again.
    fn request_id(&self, word: &str) -> String {
        let said = format!("{word} {} {}", self.name(), self.actor);
        Uuid::new_v5(&Uuid::NAMESPACE_OID, said.as_bytes()).to_string()
    }
}

pub(super) async fn confirm(Confirm { word }: &Confirm) -> anyhow::Result<Outcome> {
    let (name, request_id, actor) = (word.name(), word.request_id("confirm"), word.actor.clone());
    let client = word.server.connect().await?;
    let request = ConfirmPushRunRequest { name, request_id, actor };
    let run = answer(client.ingestion().confirm_push_run(request).await)?;
    tell(&run, "confirmed: what it no longer has is withdrawn, but for what a newer push saw")
}

pub(super) async fn reject(Reject { word }: &Reject) -> anyhow::Result<Outcome> {
    let (name, request_id, actor) = (word.name(), word.request_id("reject"), word.actor.clone());
    let client = word.server.connect().await?;
    let request = RejectPushRunRequest { name, request_id, actor };
    let run = answer(client.ingestion().reject_push_run(request).await)?;
    tell(&run, "rejected: what it no longer had stays as it was")
}

fn tell(run: &PushRun, what: &str) -> anyhow::Result<Outcome> {
    console::line(&format!("{} is {what}", run.name))?;
    Ok(Outcome::Done)
}
