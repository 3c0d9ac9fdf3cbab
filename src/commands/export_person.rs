//! `registre export-person`: all that the ledger holds of one person.

use super::{Outcome, private_file};
use crate::console;
use crate::remote::{Server, answer, resource};
use grpc::client::ClientError;
use proto::v1;
use std::path::PathBuf;

/// Write all that the ledger holds of one person to a file
///
/// For a request of access (GDPR, art. 15): every dossier that is known to be of the same person, every
/// contract of theirs that is written here with its documents, every event with what was sealed in it, and who
/// read of them, as one JSON document. Of a person who was
/// erased it is what the certificate says. That you read it is recorded, with your --reason.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  registre export-person enrolments/6f0e… -o personne.json --reason \"demande d'accès DPO/2026-21\"

The file names people: only you may read it. What is of others in it (legal representatives, the
referent, the employer, the maîtres d'apprentissage) is for the DPO to look at before it is handed over.")]
pub(crate) struct Args {
    /// A dossier of the person: enrolments/ID, or contracts/ID of a contract that is written here
    enrolment: String,
    /// Where the document is written; a file that is there is replaced
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let client = args.server.connect().await?;
    let of = &args.enrolment;
    let drafted = of.starts_with("contracts/");
    let name = if drafted { of.clone() } else { resource("enrolments", of) };
    let asked = client.privacy().export_person(v1::ExportPersonRequest { name }).await;
    let (mut parts, mut bytes) = (answer(asked)?, Vec::new());
    while let Some(part) = parts.message().await.map_err(ClientError::from)? {
        bytes.extend(part.data);
    }
    private_file::write(&args.output, &bytes)?;
    console::line(&format!("{} bytes in {}", bytes.len(), args.output.display()))?;
    Ok(Outcome::Done)
}
