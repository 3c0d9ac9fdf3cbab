//! `registre bundle`: the history of a contract or an enrolment in one file, proven.

use super::history::Of;
use super::{Outcome, private_file};
use crate::console;
use crate::remote::{Server, answer};
use grpc::client::{Client, ClientError};
use proto::v1;
use std::path::PathBuf;

/// Write the proven history of a contract or an enrolment to a file
///
/// Whoever has the file and a policy checks it with `registre verify`, with no network and no database. That
/// of a contract that a source declares is the history of its whole enrolment. Personal data stays sealed,
/// unless --opened asks for it and your key may.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  registre bundle contract 6f0e… -o contrat.tar
  registre verify contrat.tar --policy politique")]
pub(crate) struct Args {
    #[command(flatten)]
    of: Of,
    /// Where the bundle is written; a file that is there is replaced. Only you may read it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// With the personal data that was not erased; the read is recorded with its --reason
    #[arg(long)]
    opened: bool,
    #[command(flatten)]
    server: Server,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let client = args.server.connect().await?;
    let name = args.of.name()?;
    let bytes = fetch(&client, name, args.opened).await?;
    private_file::write(&args.output, &bytes)?;
    console::line(&format!("{} bytes in {}", bytes.len(), args.output.display()))?;
    Ok(Outcome::Done)
}

/// The bytes of a bundle; with the personal data that may be seen if `opened`.
pub(super) async fn fetch(client: &Client, name: String, opened: bool) -> anyhow::Result<Vec<u8>> {
    let (mut proofs, mut bytes) = (client.proofs(), Vec::new());
    if opened {
        let asked = proofs.export_opened_bundle(v1::ExportOpenedBundleRequest { name }).await;
        let mut parts = answer(asked)?;
        while let Some(part) = parts.message().await.map_err(ClientError::from)? {
            bytes.extend(part.data);
        }
    } else {
        let mut parts = answer(proofs.export_bundle(v1::ExportBundleRequest { name }).await)?;
        while let Some(part) = parts.message().await.map_err(ClientError::from)? {
            bytes.extend(part.data);
        }
    }
    Ok(bytes)
}
