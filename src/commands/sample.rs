//! `registre sample`: an auditor's sample of contracts, each proven.

use super::verify::Trusted;
use super::{Outcome, bundle, private_file, verify};
use crate::console;
use crate::remote::{Output, Printable, Server, answer, count, table};
use anyhow::bail;
use grpc::client::Client;
use proto::v1;
use seal::{Checkpoint, Policy, hex, sample};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Draw contracts of a département that nobody chose, and check the proven history of each
///
/// Of a CFA there, where a source declares them, and of a place of work there, where they are written here. Those are
/// drawn whose hash of the seed and their name is smallest: whoever draws again with the same seed, of the same
/// position, draws the same, and whoever knows the names can see that none was preferred. Then the bundle of each is
/// fetched and checked as `registre verify` does. Each read is recorded.
///
/// It is drawn from what your key may see, of contracts that all have signed. The erasure of an employer takes the place
/// of work away: a sample that is drawn later, of the same position, may lack that contract.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Exit code 0 when every bundle holds, 1 when one does not, or when fewer contracts were drawn than there are.

Examples:
  registre sample --departement 35 --n 50 --seed 1
  registre sample --departement 35 --n 50 --seed 1 --known-at @10159 --out echantillon --policy politique \\
      --reason \"contrôle de service fait 2026\"
  registre verify echantillon/001-*.tar --policy politique

Without --policy the log is believed by the key that the server itself shows: whoever wants to judge the server has
the key from elsewhere.")]
pub(crate) struct Args {
    /// The département: 35, 2A, 974
    #[arg(long, value_name = "CODE")]
    departement: String,
    /// How many contracts
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    n: u32,
    /// Another seed draws another sample
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// What the ledger knew then: a day (its end in Paris), an RFC 3339 instant, or @POSITION
    #[arg(long, value_name = "WHEN")]
    known_at: Option<String>,
    /// Where the bundles are written, with what was drawn (echantillon.json); the folder is made. Nowhere when absent
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Whose signatures are asked for; see registre verify --help
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    trust: verify::Trust,
    /// With the personal data that was not erased, if your key may
    #[arg(long)]
    opened: bool,
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    output: Output,
}

pub(super) async fn run(args: &Args) -> anyhow::Result<Outcome> {
    let policy = args.policy.as_deref().map(verify::policy_of).transpose()?;
    let trusted = args.trust.read()?;
    let client = args.server.connect().await?;
    let policy = match policy {
        Some(policy) => policy,
        None => shown_by(&client).await?,
    };
    let request = v1::DrawSampleRequest {
        departement: args.departement.clone(),
        size: args.n,
        seed: args.seed,
        known_at: args.known_at.clone().unwrap_or_default(),
    };
    let drawn = answer(client.proofs().draw_sample(request).await)?;
    let ranks = drawn.contracts.iter().map(|name| sample::rank(args.seed, name));
    if !ranks.is_sorted_by(|one, next| one < next) {
        bail!("what the server drew is not in the order of its ranks: it is no sample");
    }
    let (found, due) = (drawn.contracts.len() as u64, drawn.population.min(args.n.into()));
    if found != due {
        bail!(
            "the server drew {found} of {} contracts, and {due} were due: it is no sample",
            drawn.population
        );
    }
    if let Some(folder) = &args.out {
        fs_err::create_dir_all(folder)?;
    }
    let mut told = Sample::of(args, &drawn, &policy);
    for (rank, name) in (1..).zip(&drawn.contracts) {
        told.contracts.push(check(&client, args, (&policy, &trusted), (rank, name)).await?);
    }
    if let Some(folder) = &args.out {
        let text = serde_json::to_vec_pretty(&told)?;
        private_file::write(&folder.join("echantillon.json"), &text)?;
    }
    args.output.print(&told)?;
    let holds = told.contracts.iter().all(|contract| contract.events.is_some());
    Ok(if holds { Outcome::Done } else { Outcome::Failed })
}

/// The policy that believes the server's own key.
async fn shown_by(client: &Client) -> anyhow::Result<Policy> {
    let asked = client.proofs().get_checkpoint(v1::GetCheckpointRequest {}).await;
    let key = answer(asked)?.log_key;
    console::note(&format!("la clé du registre est celle que le serveur montre : {key}"));
    Ok(format!("log {key}\nquorum none\n").parse()?)
}

/// Fetches the bundle of a contract, keeps it and checks what is kept.
async fn check(
    client: &Client,
    args: &Args,
    (policy, trusted): (&Policy, &Trusted),
    (rank, name): (usize, &String),
) -> anyhow::Result<Checked> {
    let mut checked = Checked { rank, name: name.clone(), events: None, bytes: 0, why: Vec::new() };
    let bytes = match bundle::fetch(client, name.clone(), args.opened).await {
        Ok(bytes) => bytes,
        // It is said of this one, and the others are checked all the same.
        Err(error) => {
            checked.why.push(format!("{error:#}"));
            return Ok(checked);
        }
    };
    checked.bytes = bytes.len() as u64;
    if let Some(folder) = &args.out {
        private_file::write(&file_of(folder, rank, name), &bytes)?;
    }
    match verify::bundle::events(&bytes, policy, trusted, name) {
        Ok(events) => checked.events = Some(events as u64),
        Err(findings) => checked.why.extend(findings.iter().map(seal::bundle::Finding::fr)),
    }
    Ok(checked)
}

/// Whether a checkpoint is signed as a policy asks, and a position is in its tree.
fn covers(policy: &Policy, note: &str, position: u64) -> bool {
    let opened = Checkpoint::open_by(note.as_bytes(), policy.logs());
    opened.is_ok_and(|(checkpoint, note)| {
        checkpoint.size >= position && policy.cosigned(&note).is_ok()
    })
}

fn file_of(folder: &Path, rank: usize, name: &str) -> PathBuf {
    let id = name.rsplit('/').next().unwrap_or_default();
    folder.join(format!("{rank:03}-{id}.tar"))
}

/// A sample, as it was drawn and checked.
#[derive(Debug, Serialize)]
struct Sample {
    departement: String,
    seed: u64,
    population: u64,
    population_digest: String,
    position: u64,
    recorded_at: String,
    checkpoint: String,
    /// Whether the policy believes the checkpoint, and the position is in it.
    covered: bool,
    contracts: Vec<Checked>,
}

/// A contract, and what came of its bundle.
#[derive(Debug, Serialize)]
struct Checked {
    rank: usize,
    name: String,
    /// Events proven; none when the bundle does not hold.
    events: Option<u64>,
    bytes: u64,
    /// Why not.
    why: Vec<String>,
}

impl Sample {
    fn of(args: &Args, drawn: &v1::DrawSampleResponse, policy: &Policy) -> Self {
        Self {
            departement: args.departement.clone(),
            seed: args.seed,
            population: drawn.population,
            population_digest: drawn.population_digest.iter().map(|b| format!("{b:02x}")).collect(),
            position: drawn.position,
            recorded_at: drawn.recorded_at.clone(),
            checkpoint: drawn.checkpoint.clone(),
            covered: covers(policy, &drawn.checkpoint, drawn.position),
            contracts: Vec::with_capacity(drawn.contracts.len()),
        }
    }
}

impl Printable for Sample {
    fn table(&self) -> String {
        let row = |contract: &Checked| {
            vec![
                contract.rank.to_string(),
                contract.name.clone(),
                hex(&sample::rank(self.seed, &contract.name)).chars().take(12).collect(),
                contract.events.map(count).unwrap_or_default(),
                count(contract.bytes),
                if contract.events.is_some() {
                    "valide".to_owned()
                } else {
                    contract.why.join(" ; ")
                },
            ]
        };
        let header = ["n°", "contrat", "rang", "événements", "octets", "dossier de preuve"];
        let rows = self.contracts.iter().map(row).collect();
        let holds = self.contracts.iter().filter(|contract| contract.events.is_some()).count();
        let covered = match (self.covered, self.checkpoint.is_empty()) {
            (true, _) => "couverte par un point de contrôle signé",
            (false, true) => "pas encore couverte par un point de contrôle signé",
            (false, false) => {
                "NON couverte : le point de contrôle montré n'est pas signé comme la politique le \
                 demande, ou ne va pas jusque là"
            }
        };
        let (drawn, valid) = (
            if self.contracts.len() < 2 { "contrat tiré" } else { "contrats tirés" },
            if holds < 2 { "dossier de preuve valide" } else { "dossiers de preuve valides" },
        );
        format!(
            "{} {drawn} parmi {} du département {}, graine {}, à la position {} ({}), {covered}\n\
             empreinte de la population : {}\n{}\n{holds} {valid} sur {}",
            self.contracts.len(),
            count(self.population),
            self.departement,
            self.seed,
            self.position,
            self.recorded_at,
            self.population_digest,
            table(&header, rows, 5),
            self.contracts.len(),
        )
    }
}
