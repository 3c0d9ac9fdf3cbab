//! Documents of a contract: attached, and read back.

use super::acts::{On, act};
use crate::commands::private_file;
use crate::console;
use crate::remote::{Server, answer, resource};
use clap::ValueEnum;
use grpc::client::ClientError;
use proto::v1;
use std::path::PathBuf;

/// What a document is.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    TrainingAgreement,
    DurationAgreement,
    MobilityAgreement,
    Invoice,
    TrainingCertificate,
    Other,
}

impl Kind {
    const fn code(self) -> v1::DocumentKind {
        match self {
            Self::TrainingAgreement => v1::DocumentKind::TrainingAgreement,
            Self::DurationAgreement => v1::DocumentKind::DurationAgreement,
            Self::MobilityAgreement => v1::DocumentKind::MobilityAgreement,
            Self::Invoice => v1::DocumentKind::Invoice,
            Self::TrainingCertificate => v1::DocumentKind::TrainingCertificate,
            Self::Other => v1::DocumentKind::Other,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Attach {
    #[command(flatten)]
    on: On,
    /// The document, at most 8 MiB; its bytes are sealed
    file: PathBuf,
    /// What it is
    #[arg(long, value_enum)]
    kind: Kind,
}

impl Attach {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let content = fs_err::read(&self.file)?;
        let kind = self.kind.code().into();
        act!(self.on, attach_document, AttachDocumentRequest { kind: kind, content: content })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Download {
    /// The contract, contracts/ID
    contract: String,
    /// SHA-256 of the document or of the evidence, as `registre contract show` tells it
    digest: String,
    /// Where it is written; a file that is there is replaced. Only you may read it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    server: Server,
}

impl Download {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let name = resource("contracts", &self.contract);
        let request = v1::DownloadDocumentRequest { name, digest: self.digest.clone() };
        let mut client = self.server.connect().await?.contract_workflow();
        let mut parts = answer(client.download_document(request).await)?;
        let mut bytes = Vec::new();
        while let Some(part) = parts.message().await.map_err(ClientError::from)? {
            bytes.extend(part.data);
        }
        private_file::write(&self.output, &bytes)?;
        console::line(&format!("{} octets dans {}", bytes.len(), self.output.display()))
    }
}
