//! Keys, what is signed, and signatures.

use super::acts::{Client, On, act};
use super::dates::Happened;
use super::french::phase;
use crate::commands::private_file;
use crate::console;
use crate::remote::{Server, answer, resource};
use anyhow::{Context, bail};
use clap::ValueEnum;
use domain::contract::signing;
use domain::ids::ContractId;
use ledger::random::{Random, SystemRandom};
use ledger::signatures::external::account_identity;
use ledger::signatures::{Asked, identity, sign};
use proto::v1;
use seal::{Kind, SignerKey, from_hex, hex};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use zeroize::Zeroizing;

/// A party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Party {
    Employer,
    Apprentice,
    Guardian,
    Cfa,
}

impl Party {
    const fn of(self) -> signing::Party {
        match self {
            Self::Employer => signing::Party::Employer,
            Self::Apprentice => signing::Party::Apprentice,
            Self::Guardian => signing::Party::Guardian,
            Self::Cfa => signing::Party::Cfa,
        }
    }

    const fn code(self) -> v1::Party {
        match self {
            Self::Employer => v1::Party::Employer,
            Self::Apprentice => v1::Party::Apprentice,
            Self::Guardian => v1::Party::Guardian,
            Self::Cfa => v1::Party::Cfa,
        }
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct NewKey {
    /// For which party it signs
    #[arg(value_enum)]
    party: Party,
    /// Where it is written. Only you may read it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

impl NewKey {
    pub(super) fn run(&self) -> anyhow::Result<()> {
        if self.output.exists() {
            bail!("{} is there already: a key is not replaced", self.output.display());
        }
        let mut seed = Zeroizing::new([0; 32]);
        SystemRandom.fill(&mut *seed)?;
        let key = SignerKey::new(self.party.of().name(), Kind::Ed25519, &seed)?;
        private_file::write(&self.output, key.to_secret().as_bytes())?;
        console::line(&format!(
            "{} : clé de démonstration, identité {}",
            self.output.display(),
            hex(&identity(key.public()))
        ))
    }
}

fn key(file: &Path) -> anyhow::Result<SignerKey> {
    let text = Zeroizing::new(fs_err::read_to_string(file)?);
    text.trim().parse().with_context(|| format!("{} is no key of a signer", file.display()))
}

/// Who signs for a party: a key's file, or what a provider knows them by.
#[derive(Debug, Clone)]
struct SignerOf {
    party: Party,
    by: String,
}

impl FromStr for SignerOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (party, by) = text
            .split_once('=')
            .ok_or("PARTY=FILE, PARTY=x509:SHA-256 or PARTY=PROVIDER:ACCOUNT")?;
        Ok(Self { party: Party::from_str(party, true)?, by: by.to_owned() })
    }
}

impl SignerOf {
    fn message(&self) -> anyhow::Result<v1::ContractSigner> {
        let (provider, identity) = match self.by.split_once(':') {
            Some((provider @ ("ed25519" | "x509"), identity)) => {
                from_hex::<32>(identity).context("an identity has 64 digits, 0 to 9 and a to f")?;
                (provider.to_owned(), identity.to_owned())
            }
            Some((provider, account)) if !Path::new(&self.by).exists() => {
                (provider.to_owned(), hex(&account_identity(account)?))
            }
            _ => {
                let key = key(Path::new(&self.by))?;
                ("ed25519".to_owned(), hex(&identity(key.public())))
            }
        };
        Ok(v1::ContractSigner { party: self.party.code().into(), provider, identity })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Ask {
    #[command(flatten)]
    on: On,
    /// The document that is signed: its SHA-256 is what counts
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    /// Who signs for a party: employer=FILE of a key, employer=x509:SHA-256 of the certificate, or
    /// employer=PROVIDER:ACCOUNT by what a provider outside knows them
    #[arg(long = "signer", value_name = "PARTY=WHO", required = true)]
    signers: Vec<SignerOf>,
}

impl Ask {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let document = fs_err::read(&self.document)?;
        if document.is_empty() {
            bail!("{} est vide : il n'y a rien à signer", self.document.display());
        }
        let document = hex(Sha256::digest(document).as_slice());
        let signers =
            self.signers.iter().map(SignerOf::message).collect::<anyhow::Result<Vec<_>>>()?;
        act!(
            self.on,
            request_signatures,
            RequestSignaturesRequest { document: document, signers: signers }
        )
    }
}

/// What a party is asked to sign now.
async fn asked(mut client: Client, name: &str, party: Party) -> anyhow::Result<Asked> {
    let request = v1::GetContractWorkflowRequest { name: name.to_owned(), ..Default::default() };
    let now = answer(client.get_contract_workflow(request).await)?;
    let round = now.rounds.last().context("nothing was written of the contract")?;
    let Some(document) = from_hex(&round.document) else {
        let phase = phase(round.phase());
        bail!("aucune signature n'est demandée ; où en est le formulaire : {phase}");
    };
    Ok(Asked {
        contract: name.trim_start_matches("contracts/").parse::<ContractId>()?,
        round: u16::try_from(round.number)?,
        request: u16::try_from(round.request)?,
        document,
        party: party.of(),
    })
}

#[derive(Debug, clap::Args)]
pub(super) struct Statement {
    /// The contract, contracts/ID
    contract: String,
    /// Who signs
    #[arg(long, value_enum)]
    party: Party,
    #[command(flatten)]
    server: Server,
}

impl Statement {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let name = resource("contracts", &self.contract);
        let client = self.server.connect().await?.contract_workflow();
        let asked = asked(client, &name, self.party).await?;
        console::line(asked.text().trim_end())
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Sign {
    #[command(flatten)]
    on: On,
    /// Who signs
    #[arg(long, value_enum)]
    party: Party,
    /// The key that signs, of `registre contract new-key`
    #[arg(long, value_name = "FILE", required_unless_present = "evidence")]
    key: Option<PathBuf>,
    /// What shows the signature, made elsewhere
    #[arg(long, value_name = "FILE", conflicts_with = "key")]
    evidence: Option<PathBuf>,
    /// By what it is verified
    #[arg(long, value_name = "NAME", default_value = "ed25519")]
    provider: String,
}

impl Sign {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let evidence = match (&self.evidence, &self.key) {
            (Some(file), _) => fs_err::read(file)?,
            (None, Some(file)) => {
                let key = key(file)?;
                let client = self.on.connect().await?;
                sign(&asked(client, &self.on.name(), self.party).await?, &key)
            }
            (None, None) => bail!("--key or --evidence"),
        };
        let (party, provider) = (self.party.code().into(), self.provider.clone());
        act!(
            self.on,
            sign_contract,
            SignContractRequest { party: party, provider: provider, evidence: evidence }
        )
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Refuse {
    #[command(flatten)]
    on: On,
    /// Which party
    #[arg(long, value_enum)]
    party: Party,
    /// Why; it is sealed
    #[arg(long, value_name = "TEXT")]
    why: String,
}

impl Refuse {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let (party, reason) = (self.party.code().into(), self.why.clone());
        act!(self.on, refuse_signature, RefuseSignatureRequest { party: party, reason: reason })
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct Paper {
    #[command(flatten)]
    on: On,
    /// The scan, at most 8 MiB; its bytes are sealed
    #[arg(long, value_name = "FILE")]
    scan: PathBuf,
    /// Who attests that the scan is of the signed paper, and how; it is sealed
    #[arg(long, value_name = "TEXT")]
    attestation: String,
    #[command(flatten)]
    happened: Happened,
}

impl Paper {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let content = fs_err::read(&self.scan)?;
        let (attestation, on) = (self.attestation.clone(), self.happened.on());
        act!(
            self.on,
            sign_contract_on_paper,
            SignContractOnPaperRequest { content: content, attestation: attestation, on: on }
        )
    }
}
