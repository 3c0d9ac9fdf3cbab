//! `registre import`: reference sets.

use super::Outcome;
use crate::console;
use crate::remote::{Server, answer};
use clap::Subcommand;
use proto::v1;
use std::path::PathBuf;
use uuid::Uuid;

/// Import reference tables: what places a commune, a CFA or a certification
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Load a reference set, whole: docs/formats/reference-set.md says what a file holds
    References {
        /// The JSON file
        file: PathBuf,
        #[command(flatten)]
        server: Server,
    },
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let What::References { file, server } = &args.what;
    let json = fs_err::read(file)?;
    // The same file is the same request: importing it twice writes one event.
    let request_id = Uuid::new_v5(&Uuid::NAMESPACE_OID, &json).to_string();
    let request = v1::ImportReferenceSetRequest { json, request_id };
    let mut references = server.connect().await?.references();
    let set = answer(references.import_reference_set(request).await)?;
    console::line(&format!(
        "{}: {}\nhash {}, in force from log position {}",
        set.title, set.summary, set.hash, set.position
    ))?;
    Ok(Outcome::Done)
}
