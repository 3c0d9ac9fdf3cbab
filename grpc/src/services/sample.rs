//! A sample of the contracts of a département, for who checks.

use super::house::House;
use super::read_of::Of;
use crate::errors::{Failure, query};
use crate::{limits, names, times};
use access::Tenant;
use domain::text::Text;
use projections::time::TimeQuery;
use proto::v1 as wire;
use seal::sample;

impl House {
    pub(super) async fn draw_sample(
        &self,
        tenant: &Tenant,
        request: wire::DrawSampleRequest,
    ) -> Result<wire::DrawSampleResponse, Failure> {
        let wire::DrawSampleRequest { departement, size, seed, known_at } = request;
        let departement = names::departement("departement", departement)?;
        let size = size as usize;
        if !(1..=limits::SAMPLE_CONTRACTS).contains(&size) {
            return Err(no_size());
        }
        let asked = wire::TimeQuery { known_at, ..Default::default() };
        // What the ledger acknowledged may be drawn at once.
        let head = self.ledger.head().position;
        let time = TimeQuery { min_position: head, ..self.time(Some(asked))? };
        let views = self.views(tenant, &Of::Sample(departement.clone()))?;
        let found = views.contracts_of_departement(&departement, time).await.map_err(query)?;
        let all: Vec<String> = found.value.into_iter().map(names::of_contract).collect();
        let drawn = sample::draw(&all, size, seed);
        let newest = self.notary.newest();
        let covers = newest.checkpoint.size >= found.basis.position.0;
        Ok(wire::DrawSampleResponse {
            contracts: drawn.into_iter().map(str::to_owned).collect(),
            population: all.len() as u64,
            population_digest: sample::population(&all).to_vec(),
            position: found.basis.position.0,
            recorded_at: found.basis.recorded_at.map(times::of_instant).unwrap_or_default(),
            checkpoint: if covers { newest.text.to_string() } else { String::new() },
        })
    }
}

fn no_size() -> Failure {
    let most = limits::SAMPLE_CONTRACTS;
    Failure::field(
        "size",
        Text::new(
            format!("a sample has 1 to {most} contracts"),
            format!("Un échantillon compte de 1 à {most} contrats."),
        ),
    )
}
