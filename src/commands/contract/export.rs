//! The form as a file that leaves, with what is known of its deposit: the employer adds the NIR here, and the server
//! never hears of it.

use crate::commands::private_file;
use crate::console;
use crate::remote::{Server, answer, resource};
use anyhow::{Context, anyhow, bail};
use domain::cerfa::{DepositFrame, Form};
use proto::v1;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Bytes that are read of where the NIR is: it has 15 characters, and whoever writes it may put spaces.
const NIR_BYTES_MAX: u64 = 64;

#[derive(Debug, clap::Args)]
pub(super) struct Export {
    /// The contract, contracts/ID
    contract: String,
    /// Which round: 0 is the contract, 1 its first amendment; the newest when absent
    #[arg(long, value_name = "NUMBER")]
    round: Option<u32>,
    /// Where it is written; a file that is there is replaced. Only you may read it
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// The file whose only line is the apprentice's NIR, or "-" for standard input; it is added to what is written, and goes nowhere else
    #[arg(long, value_name = "FILE")]
    nir: Option<PathBuf>,
    #[command(flatten)]
    server: Server,
}

impl Export {
    pub(super) async fn run(&self) -> anyhow::Result<()> {
        let name = resource("contracts", &self.contract);
        let request = v1::GetContractWorkflowRequest { name, as_of: String::new() };
        let mut client = self.server.connect().await?.contract_workflow();
        let rounds = answer(client.get_contract_workflow(request).await)?.rounds;
        let round = match self.round {
            None => rounds.last(),
            Some(number) => rounds.iter().find(|round| round.number == number),
        };
        let Some(round) = round else { bail!("ce contrat n'a pas cet avenant (--round)") };
        let nir = self.nir.as_deref().map(read_nir).transpose()?;
        let form = leaving(round, nir.as_deref())?;
        private_file::write(&self.output, form.as_bytes())?;
        console::line(&format!("formulaire dans {}", self.output.display()))
    }
}

/// The form with what is known of its deposit, and with the NIR; what is said of a wrong one never quotes it.
fn leaving(round: &v1::ContractRound, nir: Option<&str>) -> anyhow::Result<String> {
    let read =
        Form::from_json(&round.form).map_err(|_| anyhow!("le formulaire reçu est illisible"))?;
    let deposit = DepositFrame {
        body: &round.deposit_body,
        complete_on: &round.complete_on,
        number: &round.deposit_number,
        decided_on: &round.decided_on,
        amendment: round.number,
    };
    read.form.to_json_leaving(&deposit, nir).map_err(|why| anyhow!(why.fr))
}

fn read_nir(file: &Path) -> anyhow::Result<String> {
    let mut nir = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().take(NIR_BYTES_MAX).read_to_string(&mut nir)
    } else {
        fs_err::File::open(file).and_then(|open| open.take(NIR_BYTES_MAX).read_to_string(&mut nir))
    };
    read.context("le NIR ne peut pas être lu (--nir)")?;
    Ok(nir.trim().to_owned())
}
